"""People: axe-core finds no violation in any view; each is fit for a finger, for a narrow window and for rest."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserType, Page, ViewportSize, expect

from tests.browser.conftest import CHROMIUM_ARGUMENTS
from tests.browser.views import MICROPHONE, VIEWS, open_piece
from tests.browser.visitor import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
WIDE: ViewportSize = {"width": 1280, "height": 900}
TARGET_PX = 44

RUN_AXE = """async () => {
  const { violations } = await axe.run();
  return violations.map(({ id, help, nodes }) => {
    const places = nodes.slice(0, 4).map(({ target, failureSummary }) => `${target}: ${failureSummary}`);
    return `${id} (${help}): ${places.join(" | ")}`;
  });
}"""

# A box or circle is pressed by its label, too.
FIND_SMALL = """(least_px) => {
  const controls = document.querySelectorAll("button, input, select, summary, a[href]");
  const seen = [...controls].filter((control) => control.checkVisibility({ visibilityProperty: true }));
  const boxes = seen.map((control) => [control, (control.closest("label") ?? control).getBoundingClientRect()]);
  const small = boxes.filter(([, { width, height }]) => Math.min(width, height) < least_px - 0.5);
  return small.map(([{ outerHTML }, { width, height }]) => `${outerHTML.slice(0, 80)}: ${width} by ${height}`);
}"""

# What scrolls by itself may be as wide as it likes.
FIND_WIDE = """() => {
  const scrolls = (element) =>
    element && (getComputedStyle(element).overflowX !== "visible" || scrolls(element.parentElement));
  const { clientWidth: width, scrollWidth } = document.documentElement;
  const wide = [...document.querySelectorAll("body *")].filter((element) => {
    const { left, right, width: own } = element.getBoundingClientRect();
    return own > 1 && (right > width + 1 || left < -1) && element.checkVisibility() && !scrolls(element.parentElement);
  });
  const names = wide.map(({ tagName, id, className }) => `${tagName}#${id}.${className.baseVal ?? className}`);
  return scrollWidth > width ? [`the page is ${scrollWidth} px wide`, ...names] : names;
}"""

# Text in a box that is too small for it, and buttons that lie one over the other.
FIND_CUT = """() => {
  const seen = (selector) => [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());
  const name = (element) => element.outerHTML.slice(0, 80);
  const cut = seen("button, summary, label, p, h1, h2, select, legend, dd").filter(
    ({ scrollWidth, clientWidth }) => clientWidth > 1 && scrollWidth > clientWidth + 1,
  );
  const floats = ":is(transport-bar, note-bar, tap-view, dialog, [popover]) *"; // they lie over the others
  const controls = seen("button, summary, select, input:not([type=range])").filter((one) => !one.matches(floats));
  const boxes = controls.map((control) => [control, control.getBoundingClientRect()]);
  const meet = (a, b) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
  const over = boxes.filter(([, a], place) => boxes.slice(place + 1).some(([, b]) => meet(a, b)));
  return [...cut, ...over.map(([one]) => one)].map(name);
}"""


@pytest.fixture(scope="module")
def page(browser_type: BrowserType, browser_type_launch_args: dict[str, Any], site: str) -> Iterator[Page]:
    """A page that goes through all views; its policy does not stop axe-core."""
    browser = browser_type.launch(**browser_type_launch_args | {"args": [*CHROMIUM_ARGUMENTS, *MICROPHONE]})
    page = browser.new_context(viewport=WIDE, bypass_csp=True).new_page()
    page.add_init_script(path=AXE)
    page.goto(site)
    yield page
    browser.close()


@pytest.fixture(scope="module", params=VIEWS)
def view(request: pytest.FixtureRequest, page: Page) -> Iterator[Page]:
    """Each view in turn, for all tests that take it."""
    page.set_viewport_size(WIDE)
    with VIEWS[request.param](page):
        yield page
        page.set_viewport_size(WIDE)


def test_phone_shows_the_score_first(browser: Browser, site: str) -> None:
    """What stands in rows on a wide screen lies in menus; the notes' buttons neither scroll nor move the score."""
    page = browser.new_page(viewport={"width": 360, "height": 740})
    page.goto(site)
    open_piece(page)
    top = page.locator("score-view").evaluate("(view) => view.getBoundingClientRect().top")
    assert top < 740 / 3
    for menu in ("#more", "#view"):
        page.locator(f"[popovertarget={menu[1:]}]").click()
        expect(page.locator(menu)).to_be_visible()
        assert page.evaluate(FIND_SMALL, TARGET_PX) == []
        assert page.evaluate(FIND_WIDE) == []
        page.keyboard.press("Escape")
        expect(page.locator(menu)).to_be_hidden()
    page.locator("score-view .notehead").first.click(force=True)
    for button in page.locator("note-bar button").all():
        expect(button).to_be_in_viewport(ratio=1)
    assert page.locator("score-view").evaluate("(view) => view.getBoundingClientRect().top") == top
    page.close()


def test_pressed_note_stays_under_the_pointer(browser: Browser, site: str) -> None:
    """What can be done with it comes above the score."""
    page = browser.new_page(viewport=WIDE)
    page.goto(site)
    open_piece(page)
    head = page.locator("score-view .notehead").first
    box = head.bounding_box()
    head.click(force=True)
    expect(page.locator("note-bar")).to_be_visible()
    assert head.bounding_box() == pytest.approx(box, abs=1)
    page.keyboard.press("Escape")
    expect(page.locator("note-bar")).to_be_hidden()
    assert head.bounding_box() == pytest.approx(box, abs=1)
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(view: Page, scheme: Any) -> None:
    view.set_viewport_size(WIDE)
    view.emulate_media(color_scheme=scheme)
    assert view.evaluate(RUN_AXE) == []


def test_targets_are_large_enough_for_a_finger(view: Page) -> None:
    view.set_viewport_size({"width": 360, "height": 740})
    assert view.evaluate(FIND_SMALL, TARGET_PX) == []


@pytest.mark.parametrize("width", [640, 320])  # 1280 px at 200 %; 1280 px at 400 %
def test_nothing_is_wider_than_the_window(view: Page, width: int) -> None:
    view.set_viewport_size({"width": width, "height": 450})
    assert view.evaluate(FIND_WIDE) == []
    assert view.evaluate(FIND_CUT) == []


def test_one_heading_names_the_view(view: Page) -> None:
    [heading] = view.get_by_role("heading", level=1).all_text_contents()
    assert heading.strip()


def test_nothing_moves_for_those_who_want_rest(view: Page) -> None:
    view.emulate_media(reduced_motion="reduce")
    moving = "document.getAnimations().map(({ effect }) => effect.target?.outerHTML.slice(0, 80) ?? '')"
    assert view.evaluate(moving) == []
    assert view.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
