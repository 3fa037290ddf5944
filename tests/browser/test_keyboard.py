"""The main way without a pointer: from the file chooser to a corrected score, the roll and My pieces."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.views import PROJECT
from tests.browser.visitor import Ottava, settle

MOST_TABS = 60
DESCRIBE_FOCUS = """() => {
  const element = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const is_ringed = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  const { top, bottom } = element.getBoundingClientRect();
  const is_seen = bottom > 0 && top < innerHeight;
  return { name: (element.ariaLabel ?? element.innerText ?? "").trim(), ring: is_ringed, seen: is_seen };
}"""


@pytest.fixture(scope="module")
def page(browser: Browser, site: str) -> Iterator[Page]:
    """One visit; each test goes on where the one before it ended."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.on("filechooser", lambda _: None)  # from now on, not only when a key has been pressed
    page.goto(site)
    yield page
    context.close()


def tab_to(page: Page, goal: Locator, key: str = "Tab") -> None:
    """Press a key until the focus is there."""
    passed = []
    for _ in range(MOST_TABS):
        page.keyboard.press(key)
        if goal.evaluate("(element) => element === document.activeElement"):
            return
        passed.append(page.evaluate(DESCRIBE_FOCUS)["name"])
    pytest.fail(f"the focus never came there, but to: {passed}")


def open_project(page: Page) -> None:
    """Have the score open, however the test before ended."""
    if page.locator("body").get_attribute("data-state") != "result":
        Ottava(page).drop(PROJECT)
        Ottava(page).wait()
    settle(page)


def test_a_file_is_chosen(page: Page) -> None:
    tab_to(page, page.locator("#choose"))
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(PROJECT)
    assert Ottava(page).wait() == ""
    expect(page.locator("#facts")).to_be_focused()
    expect(page.locator("#announcement")).to_have_text("The score is ready.")


def test_the_order_is_that_of_the_page_and_the_focus_is_seen(page: Page) -> None:
    open_project(page)
    page.locator("#facts").focus()
    stops = []
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        stop = page.evaluate(DESCRIBE_FOCUS)
        if not stop["name"]:
            break
        assert stop["ring"], stop
        assert stop["seen"], stop
        stops.append(stop["name"])
        if stop["name"] == "Sound and loop":
            break
    wanted = ["Save", "New recording", "Corrections", "Smaller", "Pages", "Score", "Piano roll", "Play"]
    assert [name for name in stops if name in wanted] == wanted, stops


def test_a_note_is_chosen_deleted_and_brought_back(page: Page) -> None:
    open_project(page)
    score = page.get_by_role("application", name="Score")
    expect(score).to_have_accessible_description(re.compile("Left and right choose a note"))
    n_notes = page.locator("score-view g.note").count()
    page.locator("#facts").focus()
    tab_to(page, score)
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator("note-bar [role=status]")).to_contain_text("bar 1")
    page.keyboard.press("Delete")
    expect(page.locator("#announcement")).to_have_text("The score is written anew.")
    expect(page.locator("score-view g.note")).to_have_count(n_notes - 1)
    expect(score).to_be_focused()
    page.keyboard.press("Control+z")
    expect(page.locator("score-view g.note")).to_have_count(n_notes)
    page.keyboard.press("ArrowRight")
    expect(page.locator("note-bar")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("note-bar")).to_be_hidden()


def test_the_focus_outlives_the_button_that_had_it(page: Page) -> None:
    open_project(page)
    score = page.get_by_role("application", name="Score")
    score.focus()
    page.keyboard.press("ArrowRight")
    tab_to(page, page.locator("note-bar").get_by_role("button", name="Delete"), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("note-bar")).to_be_hidden()
    expect(score).to_be_focused()
    settle(page)
    undo, redo = page.locator("#undo"), page.locator("#redo")
    tab_to(page, undo, "Shift+Tab")
    page.keyboard.press("Enter")
    expect(undo).to_be_disabled()
    expect(redo).to_be_focused()
    page.keyboard.press("Enter")
    expect(undo).to_be_focused()
    page.keyboard.press("Enter")
    settle(page)


def test_the_menu_opens_and_closes(page: Page) -> None:
    open_project(page)
    save = page.locator("#save")
    page.locator("#facts").focus()
    tab_to(page, save)
    page.keyboard.press("Enter")
    expect(page.locator("#save-menu")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator("#save-menu button").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#save-menu")).to_be_hidden()
    expect(save).to_be_focused()


def test_it_plays_and_pauses(page: Page) -> None:
    open_project(page)
    page.locator("#facts").focus()
    tab_to(page, page.get_by_role("button", name="Play", exact=True))
    page.keyboard.press("Enter")
    pause = page.get_by_role("button", name="Pause", exact=True)
    expect(pause).to_be_focused()
    page.get_by_role("application", name="Score").focus()
    page.keyboard.press("Space")
    expect(pause).to_be_hidden()


def test_the_roll_is_no_trap(page: Page) -> None:
    open_project(page)
    page.locator("#facts").focus()
    fold, roll = page.locator("#roll-fold"), page.get_by_role("application", name="Piano roll")
    tab_to(page, fold.locator("summary").first)
    page.keyboard.press("Enter")
    tab_to(page, roll)
    page.keyboard.press("n")
    expect(page.locator("#result roll-view [role=status]")).to_contain_text("right hand")
    page.keyboard.press("Tab")
    expect(roll).not_to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(roll).to_be_focused()
    page.keyboard.press("n")
    tab_to(page, page.locator("#result roll-view").get_by_role("button", name="Delete"), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(roll).to_be_focused()
    page.keyboard.press("Control+z")
    settle(page)
    tab_to(page, fold.locator("summary").first, "Shift+Tab")
    page.keyboard.press("Enter")
    expect(roll).to_be_hidden()


def test_beats_are_tapped_and_the_focus_comes_back(page: Page) -> None:
    open_project(page)
    page.locator("#facts").focus()
    tab_to(page, page.locator("#corrections summary"))
    page.keyboard.press("Enter")
    tap = page.get_by_role("button", name="Tap along")
    tab_to(page, tap)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Tap", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("alert")).to_contain_text("at least four")
    expect(tap).to_be_focused()


def test_a_piece_is_renamed_deleted_and_brought_back(page: Page) -> None:
    open_project(page)
    page.locator("#again").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#choose")).to_be_focused()
    row = page.locator("piece-row").first
    rename = row.get_by_role("button", name="Rename")
    tab_to(page, rename)
    page.keyboard.press("Enter")
    expect(page.get_by_label("New title")).to_be_focused()
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    expect(rename).to_be_focused()
    expect(row).to_contain_text("By keyboard")
    tab_to(page, row.get_by_role("button", name="Delete"))
    page.keyboard.press("Enter")
    undo = page.locator("library-view").get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    page.keyboard.press("Enter")
    expect(row.locator(".piece-open")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#facts")).to_be_focused()
