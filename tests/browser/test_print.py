"""Paper: printing gives the score and nothing else, a sheet for each engraved page."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest
from playwright.sync_api import Browser, Page, expect

from ottava.files.musicxml import write_musicxml
from tests.performances import WALTZ, notate_here, perform

TITLE = "A waltz, <b>again</b> & again"
FORMATS = ("A4", "Letter")
INTERFACE = ("header", "footer", "#welcome", ".toolbar", "#facts", "#warnings", "#print")
SHEETS = ".score-sheets > svg"
MOST_ON_A_SHEET = 3  # pages of the screen

# As after a transcription; the dialog itself would wait for a person.
SHOW = """async ([musicxml, title]) => {
  dispatchEvent(new Event("dragenter")); // somebody comes with a file: the views are loaded
  await customElements.whenDefined("score-view");
  delete document.body.dataset.printed;
  window.print = () => { document.body.dataset.printed = "yes"; };
  document.body.dataset.state = "result";
  document.querySelector("#welcome").hidden = true;
  document.querySelector("#result").hidden = false;
  return document.querySelector("score-view").show(musicxml, title);
}"""


@cache
def write(n_times: int, title: str) -> str:
    """The waltz so many times, as MusicXML; in a thread, because the browser's event loop runs in this one."""
    written = [(quarter + 36 * turn, length, pitch) for turn in range(n_times) for quarter, length, pitch in WALTZ]
    with ThreadPoolExecutor() as pool:
        return pool.submit(lambda: write_musicxml(notate_here(perform(written), 400.0, title=title))).result()


@pytest.fixture(scope="module", params=[(1280, "light"), (390, "dark")], ids=["desk", "phone"])
def opened(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[Page]:
    """One page for all tests: the engraver boots once."""
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    page.goto(site)
    yield page
    context.close()


@pytest.fixture
def page(opened: Page) -> Page:
    """The page with a score of several pages, shown anew: nothing is engraved for paper yet."""
    assert opened.evaluate(SHOW, [write(12, TITLE), TITLE]) > 1
    expect(opened.locator(SHEETS)).to_have_count(0)
    return opened


def press_print(page: Page) -> None:
    """On a phone the button lies in a menu."""
    more = page.get_by_role("button", name="More")
    if more.is_visible():
        more.click()
    page.get_by_role("button", name="Print", exact=True).click()


def count_pdf_pages(page: Page, paper: str) -> int:
    return len(re.findall(rb"/Type ?/Page\b", page.pdf(format=paper)))


def expect_the_score_alone(page: Page) -> None:
    page.emulate_media(media="print")
    for selector in INTERFACE:
        expect(page.locator(selector).first).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('score-view svg')).color") == "rgb(0, 0, 0)"
    page.emulate_media(media="null")


@pytest.mark.parametrize("way", ["button", "keys"])
def test_printing_gives_a_sheet_for_each_page_engraved_for_paper(page: Page, way: str) -> None:
    if way == "button":
        press_print(page)
    else:
        page.keyboard.press("Control+p")
    expect(page.locator("body[data-printed]")).to_be_attached()
    n_sheets = page.locator(SHEETS).count()
    assert n_sheets > 2
    expect_the_score_alone(page)
    heading, number = (page.locator(f"{SHEETS} .pgHead").nth(index).text_content() or "" for index in (0, 1))
    assert TITLE in heading
    assert "2" in number
    assert page.locator(f"{SHEETS}:first-child g.staff").first.is_hidden()  # on the screen
    # All notes are there.
    assert page.locator(f"{SHEETS} g.note").count() == page.locator(".score-pages g.note").count()
    for paper in FORMATS:
        assert count_pdf_pages(page, paper) == n_sheets


def test_the_menu_of_the_browser_prints_what_is_on_the_screen(page: Page) -> None:
    """It does not wait for the engraver; a page of the screen lies on one sheet, beside others where there is room."""
    n_pages = page.locator(".score-page").count()
    expect_the_score_alone(page)
    page.emulate_media(media="print")
    expect(page.locator(".score-title")).to_be_visible()
    page.emulate_media(media="null")
    for paper in FORMATS:
        assert n_pages / MOST_ON_A_SHEET <= count_pdf_pages(page, paper) <= (n_pages + 2) / 2


def test_another_score_is_engraved_anew(page: Page) -> None:
    press_print(page)
    expect(page.locator("body[data-printed]")).to_be_attached()
    page.evaluate(SHOW, [write(1, "Short"), "Short"])
    expect(page.locator(SHEETS)).to_have_count(0)
    press_print(page)
    expect(page.locator(SHEETS)).to_have_count(1)
    assert "Short" in (page.locator(f"{SHEETS} .pgHead").text_content() or "")
