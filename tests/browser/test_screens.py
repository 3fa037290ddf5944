"""Pictures of the main views, for people to look at (test-results/screens); here: none is wider than the window."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserType, Page

from tests.browser.conftest import CHROMIUM_ARGUMENTS
from tests.browser.views import MICROPHONE, VIEWS
from tests.browser.visitor import ROOT

FOLDER = ROOT / "test-results" / "screens"
SIZES = {360: 740, 768: 1024, 1280: 800}
SHOWN = [view for view in VIEWS if view not in ("record-failed", "record-paused", "renaming")]
# The score is engraved anew for another width; the roll is drawn in the next frame.
REST = """async () => {
  await new Promise((resolve) => setTimeout(resolve, 200));
  if (document.body.dataset.state !== "result") return;
  const width = () => document.querySelector(".score-page svg")?.viewBox.baseVal.width;
  for (let n = 0, before; n < 4; n = width() === before ? n + 1 : 0) {
    before = width();
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}"""


@pytest.fixture(scope="module")
def page(browser_type: BrowserType, browser_type_launch_args: dict[str, Any], site: str) -> Iterator[Page]:
    browser = browser_type.launch(**browser_type_launch_args | {"args": [*CHROMIUM_ARGUMENTS, *MICROPHONE]})
    page = browser.new_page()
    page.goto(site)
    yield page
    browser.close()


@pytest.fixture(scope="module", params=SHOWN)
def view(request: pytest.FixtureRequest, page: Page) -> Iterator[tuple[str, Page]]:
    """Each view in turn with its name."""
    page.set_viewport_size({"width": 1280, "height": 800})
    with VIEWS[request.param](page):
        yield request.param, page


@pytest.mark.parametrize("width", SIZES)
def test_picture(view: tuple[str, Page], width: int) -> None:
    name, page = view
    page.set_viewport_size({"width": width, "height": SIZES[width]})
    page.evaluate(REST)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=FOLDER / f"{name}-{width}-{scheme}.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert len(page.locator("main").inner_text()) > 20
