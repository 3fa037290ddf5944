"""Where things stand: the note that is pressed is chosen and can be seen and let go, the line stands on what sounds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pretty_midi
import pytest
from playwright.sync_api import Browser, Page, expect

from ottava.datatypes import Note
from tests.browser.visitor import Ottava
from tests.performances import WALTZ, perform

SIZES = {390: 844, 820: 1180, 1280: 800}
N_TIMES = 6
NOTES = perform([(quarter + 36 * turn, length, pitch) for turn in range(N_TIMES) for quarter, length, pitch in WALTZ])
N_PRESSED = 30
N_TIMES_LOOKED = 12
LINE_PX = 3

# Engraved for this window and this view.
IS_ENGRAVED = """(in_pages) => {
  const pages = document.querySelector(".score-pages");
  const width = pages.querySelector("svg").viewBox.baseVal.width;
  const is_paper = pages.querySelector(".pgHead") !== null;
  return is_paper === in_pages && (in_pages || Math.abs(width - pages.clientWidth) < 2);
}"""

LIST_NOTES = """(notes) => notes.map((note) => {
  const page = [...document.querySelectorAll(".score-page")].indexOf(note.closest(".score-page"));
  const staff = [...note.closest("g.measure").querySelectorAll("g.staff")].indexOf(note.closest("g.staff"));
  return { id: note.id, page, staff, is_in_chord: note.closest("g.chord") !== null };
})"""

# The middle of a note head in the window, once nothing that sticks to the window can lie over it.
FIND_HEAD = """(note) => {
  const head = note.querySelector(".notehead");
  head.scrollIntoView({ block: "center", inline: "center" });
  const { left, top, width, height } = head.getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}"""

# The line, the heads of the notes that are marked with it, and the staff lines of their system.
SHOW_TIME = """(sec) => {
  document.querySelector("score-view").setTime(sec, false);
  const boxes = (root, selector) =>
    Array.from(root.querySelectorAll(selector), (one) => one.getBoundingClientRect().toJSON());
  const systems = [...document.querySelectorAll(".score-pages g.system")];
  const number = systems.findIndex((one) => one.querySelector("g.sounding"));
  const lines = boxes(systems[number], "g.staff > path");
  const [line] = boxes(document, ".score-cursor");
  return { line, heads: boxes(document, "g.sounding .notehead"), lines, system: number };
}"""

# What lies over a box of the window, or "the window" where the box goes beyond it.
FIND_COVERS = """
  const covers = "header, #corrections, note-bar, tap-view, #roll-fold, transport-bar";
  const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const findCovers = (box) => {
    const over = [...document.querySelectorAll(covers)].filter(
      (one) => one.checkVisibility() && meet(one.getBoundingClientRect(), box));
    const is_in = box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight;
    return [...over.map(({ tagName, id }) => id || tagName.toLowerCase()), ...(is_in ? [] : ["the window"])];
  };
"""
COVER_CHOSEN = (
    f"() => {{ {FIND_COVERS} return findCovers(document.querySelector('g.chosen').getBoundingClientRect()); }}"
)
COVER_IN_ROLL = f"""() => {{ {FIND_COVERS}
  const number = Number(document.querySelector("g.chosen").id.slice(1).split("-")[0]);
  const box = document.querySelector("#result roll-view").findBox(number);
  return findCovers(box).filter((name) => name !== "roll-fold");
}}"""
COVER_CORRECTIONS = (
    f"() => {{ {FIND_COVERS} return meet(...['note-bar', '#corrections'].map("
    "(name) => document.querySelector(name).getBoundingClientRect())); }"
)

# A place in the window and on the paper with no note head near it and nothing over it.
FIND_EMPTY = """(far_px) => {
  const heads = [...document.querySelectorAll(".score-pages .notehead")].map((one) => one.getBoundingClientRect());
  const isFar = (x, y) => heads.every(({ left, top }) => Math.hypot(left - x, top - y) > far_px);
  for (let y = 0; y < innerHeight; y += 10)
    for (let x = 0; x < innerWidth; x += 10)
      if (document.elementFromPoint(x, y)?.closest("score-view") && isFar(x, y)) return [x, y];
}"""
FAR_PX = 40


@pytest.fixture(scope="module")
def page(browser: Browser, site: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A waltz of several pages, with chords in the left hand."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, has_touch=True, reduced_motion="reduce")
    page = context.new_page()
    page.goto(site)
    ottava = Ottava(page)
    ottava.drop(write_midi(tmp_path_factory.mktemp("waltz") / "waltz.mid", NOTES.notes))
    assert ottava.wait() == ""
    yield page
    context.close()


@pytest.fixture(params=[(width, in_pages) for in_pages in (False, True) for width in SIZES],
                ids=lambda view: f"{view[0]}-{'pages' if view[1] else 'screen'}")  # fmt: skip
def view(request: pytest.FixtureRequest, page: Page) -> Page:
    """The score as wide as this, in one of its two views."""
    width, in_pages = request.param
    page.set_viewport_size({"width": width, "height": SIZES[width]})
    if page.locator("#in-pages").get_attribute("aria-pressed") != str(in_pages).lower():
        page.locator("#in-pages").evaluate("(button) => button.click()")  # in a menu on a phone
    page.wait_for_function(IS_ENGRAVED, arg=in_pages, polling=100)
    return page


def write_midi(path: Path, notes: tuple[Note, ...]) -> Path:
    midi, piano = pretty_midi.PrettyMIDI(), pretty_midi.Instrument(0)
    piano.notes = [pretty_midi.Note(note.velocity, note.pitch, note.onset_sec, note.offset_sec) for note in notes]
    midi.instruments.append(piano)
    midi.write(str(path))
    return path


def spread(items: list[Any], n_wanted: int) -> list[Any]:
    """So many of them, the first and the last among them."""
    return [items[round(place * (len(items) - 1) / (n_wanted - 1))] for place in range(n_wanted)]


def test_the_note_whose_head_is_pressed_is_chosen(view: Page) -> None:
    drawn = view.locator("score-view .score-pages g.note").evaluate_all(LIST_NOTES)
    pressed = spread(drawn, N_PRESSED)
    assert len({note["page"] for note in pressed}) > 1, "on several pages"
    assert {note["staff"] for note in pressed} == {0, 1}, "of both hands"
    assert sum(note["is_in_chord"] for note in pressed) > 5
    taken = {}
    for note in pressed:
        x, y = view.locator(f".score-pages [id='{note['id']}']").evaluate(FIND_HEAD)
        view.mouse.click(x, y)
        chosen = view.locator("g.chosen").evaluate_all("(notes) => notes.map(({ id }) => id.split('-')[0])")
        taken[note["id"]] = set(chosen)  # with those tied to it
    assert taken == {note["id"]: {note["id"].split("-")[0]} for note in pressed}


def test_the_line_stands_on_the_notes_that_sound(view: Page) -> None:
    onsets = sorted({note.onset_sec for note in NOTES.notes})
    systems = set()
    for sec in spread(onsets, N_TIMES_LOOKED):
        shown = view.evaluate(SHOW_TIME, sec + 0.005)
        line, lines = shown["line"], shown["lines"]
        head = min(shown["heads"], key=lambda head: head["left"])
        assert middle(line) == pytest.approx(middle(head), abs=LINE_PX), sec
        assert line["top"] == pytest.approx(min(one["top"] for one in lines), abs=LINE_PX), sec
        assert line["bottom"] == pytest.approx(max(one["bottom"] for one in lines), abs=LINE_PX), sec
        systems.add(shown["system"])
    assert len(systems) > 3


def middle(box: dict[str, float]) -> float:
    return box["left"] + box["width"] / 2


def test_the_line_moves_with_the_music(view: Page) -> None:
    """Without reduced motion its way over a system is told to the browser at once."""
    view.emulate_media(reduced_motion="no-preference")
    view.evaluate("new Promise(requestAnimationFrame)")
    test_the_line_stands_on_the_notes_that_sound(view)
    view.emulate_media(reduced_motion="reduce")
    view.evaluate("new Promise(requestAnimationFrame)")


def choose_middle(page: Page) -> None:
    """Choose a note in the middle of the piece, so that there is much before and after it."""
    Ottava(page).press_note(len(NOTES.notes) // 2)
    expect(page.locator("note-bar")).to_be_visible()


def test_no_bar_lies_over_a_note_that_is_chosen_by_keys(view: Page) -> None:
    choose_middle(view)
    for key in ["ArrowRight"] * 40 + ["ArrowLeft"] * 80:
        view.locator(".score-pages").press(key)
        assert view.evaluate(COVER_CHOSEN) == []
    view.evaluate("scrollTo(0, 0)")  # away from it
    view.keyboard.press("ArrowRight")
    assert view.evaluate(COVER_CHOSEN) == []


def test_no_bar_lies_over_a_note_that_is_pressed(view: Page) -> None:
    """Where its bar comes to lie, too: at the top of the window, or at its foot."""
    for block in ("start", "end"):
        view.keyboard.press("Escape")
        note = view.locator(f"score-view #n{len(NOTES.notes) // 2}")
        note.evaluate("(note, block) => note.scrollIntoView({ block })", block)
        note.locator(".notehead").first.click(force=True)
        assert view.evaluate(COVER_CHOSEN) == []


def test_the_bar_never_lies_over_the_corrections(view: Page) -> None:
    choose_middle(view)
    view.locator("#corrections").evaluate("(fold) => { fold.open = true; }")
    for y in range(0, 1600, 100):
        view.evaluate("(y) => scrollTo(0, y)", y)
        assert not view.evaluate(COVER_CORRECTIONS), y
    view.locator("#corrections").evaluate("(fold) => { fold.open = false; }")


def test_a_note_is_let_go_by_touch(view: Page) -> None:
    bar = view.locator("note-bar")
    choose_middle(view)
    view.touchscreen.tap(*view.evaluate(FIND_EMPTY, FAR_PX))
    expect(bar).to_be_hidden()
    choose_middle(view)
    close = bar.get_by_role("button", name="Let go", exact=True)
    expect(close).to_be_in_viewport(ratio=1)
    close.tap()
    expect(bar).to_be_hidden()
    assert view.locator("g.chosen").count() == 0


def test_escape_lets_go_wherever_the_focus_is(view: Page) -> None:
    bar, score = view.locator("note-bar"), view.get_by_role("application", name="Score")
    for button in bar.get_by_role("button").all():
        choose_middle(view)
        button.press("Escape")
        expect(bar).to_be_hidden()
        expect(score).to_be_focused()
    choose_middle(view)
    score.press("Escape")
    expect(bar).to_be_hidden()
    expect(score).to_be_focused()


def test_notes_chosen_in_the_roll_are_seen_and_let_go(view: Page) -> None:
    bar, fold, roll = view.locator("note-bar"), view.locator("#roll-fold"), view.locator("#result roll-view")
    fold.evaluate("(fold) => { fold.open = true; }")
    scroller = view.get_by_role("application", name="Piano roll")
    scroller.press("n")
    scroll_px = view.evaluate("scrollY")
    for key in "nnnpp":
        scroller.press(key)
        assert view.evaluate(COVER_IN_ROLL) == []
        assert view.evaluate("scrollY") == scroll_px, "the score stays where it is"
    bar.get_by_role("button", name="Let go", exact=True).click()
    expect(bar).to_be_hidden()
    expect(roll.get_by_role("button", name="Delete", exact=True)).to_be_disabled()
    for name in ("Delete", "Zoom in"):
        scroller.press("n")
        roll.get_by_role("button", name=name, exact=True).press("Escape")
        expect(bar).to_be_hidden()
        expect(roll.locator(":focus")).to_have_count(1)
    fold.evaluate("(fold) => { fold.open = false; }")
