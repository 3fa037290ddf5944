"""The time left: by the segments that were heard, not by the first, which also warms up."""

from playwright.sync_api import Page, expect

WATCH = """async () => {
  const { ProgressView } = await import("./progress-view.js");
  let now_ms = 0;
  performance.now = () => now_ms;
  const view = new ProgressView();
  document.body.append(view);
  view.start();
  return [[0, 0], [6000, 0.1], [9000, 0.2], [30000, 0.9]].map(([ms, fraction]) => {
    now_ms = ms;
    view.update("listening", fraction);
    return view.querySelector(".time-left").textContent;
  });
}"""


def test_a_slow_first_segment_does_not_frighten(page: Page, site: str) -> None:
    """Ten segments, the first of 6 s, the others of 3; two seconds more for the score."""
    page.goto(site)
    expect(page.get_by_role("button", name="Choose a recording")).to_be_visible()
    assert page.evaluate(WATCH) == [
        "estimating the time…",
        "about 55 s left",
        "about 25 s left",
        "about 5 s left",
    ]
