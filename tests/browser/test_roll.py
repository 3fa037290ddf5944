"""The piano roll: it fills while listening, shows the result, and is where notes are corrected."""

import json
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.browser.visitor import ROOT, SAMPLE_RATE, Ottava, read_notes, settle

PROJECT = ROOT / "tests" / "data" / "prelude.json"
WRITTEN_MS = 60_000  # a correction takes a second, on a busy machine more
DOUBTFUL = 3  # the note that the test's project is not sure of
NOTE = 20
"""One with free rows five and seven semitones below."""

# What the roll tells, in order.
LISTEN_IN = """
() => {
  const roll = document.querySelector("#result roll-view");
  if (!window.told)
    for (const type of ["strike", "seek", "add", "change", "delete", "select"])
      roll.addEventListener(type, ({ detail }) => window.told.push({ type, ...detail }));
  window.told = [];
}"""


# What has just been unfolded is laid out for its room when the next frame is drawn.
DRAW_TWICE = "new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))"


@dataclass(frozen=True)
class Roll:
    """The roll of a result in the page, and what a person does there."""

    page: Page
    notes: list[dict[str, Any]]
    """As heard."""
    folder: Path

    @property
    def stage(self) -> Any:
        """What has the focus."""
        return self.page.get_by_role("application", name="Piano roll")

    @property
    def status(self) -> Any:
        """What a screen reader is told."""
        return self.page.locator("#result roll-view [role=status]")

    def show(self) -> None:
        """Scroll the page to the roll."""
        self.stage.evaluate("(stage) => stage.scrollIntoView({ block: 'center', behavior: 'instant' })")

    def find(self, number: int) -> dict[str, float]:
        """Where a note is in the window."""
        box = self.page.evaluate("(n) => document.querySelector('#result roll-view').findBox(n)?.toJSON()", number)
        assert box is not None
        return dict(box)

    def middle(self, number: int) -> tuple[float, float]:
        """The middle of a note in the window."""
        box = self.find(number)
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def place(self, note: dict[str, Any]) -> int:
        """The number of a note that was added, once its score is written: notes are counted by time."""
        settle(self.page)
        return sum((one["onset_sec"], one["pitch"]) < (note["onset_sec"], note["pitch"]) for one in self.notes)

    def press(self, number: int) -> None:
        """Press a note."""
        self.show()
        self.page.mouse.click(*self.middle(number))

    def drag(self, start: tuple[float, float], by: tuple[float, float]) -> None:
        """Drag from a place, without letting go."""
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move(start[0] + by[0] / 2, start[1] + by[1] / 2)
        self.page.mouse.move(start[0] + by[0], start[1] + by[1])

    def told(self, kind: str) -> list[dict[str, Any]]:
        """What the roll has told of this kind."""
        return [told for told in self.page.evaluate("window.told") if told["type"] == kind]

    def scroll(self) -> float:
        """How far the roll is scrolled."""
        return float(self.stage.evaluate("(stage) => stage.scrollLeft"))

    def save(self) -> list[tuple[float, int]]:
        """Notes of the MIDI file; the focus stays where it is."""
        with self.page.expect_download() as download:
            self.page.locator("#save-menu [data-format=midi]").evaluate("(button) => button.click()")
        return read_notes(Path(download.value.path()))

    def wait_for(self, is_there: Callable[[list[tuple[float, int]]], bool]) -> list[tuple[float, int]]:
        """Save the MIDI file until its notes are as wanted; gives them."""
        notes: list[tuple[float, int]] = []
        for _ in range(WRITTEN_MS // 500):
            notes = self.save()
            if is_there(notes):
                return notes
            self.page.wait_for_timeout(500)
        raise AssertionError(f"The notes never became as wanted: {notes}")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved project, one note of which is doubtful."""
    project = json.loads(PROJECT.read_text("utf-8"))
    project["performance"]["notes"][DOUBTFUL]["confidence"] = 0.5
    path = tmp_path_factory.mktemp("project") / "prelude.json"
    path.write_text(json.dumps(project), "utf-8")
    return path


@pytest.fixture(scope="module")
def page(browser: Browser, site: str) -> Iterator[Page]:
    """One page for all tests: Python boots once."""
    # High enough for all notes of the piece to be seen in the roll without scrolling.
    context = browser.new_context(viewport={"width": 1280, "height": 1400}, accept_downloads=True)
    page = context.new_page()
    page.goto(site)
    yield page
    context.close()


@pytest.fixture
def roll(page: Page, project: Path, tmp_path: Path) -> Iterator[Roll]:
    """The project opened anew, with the roll in view; however a test ends, the next one does not draw."""
    yield open_roll(page, project, tmp_path)
    page.locator("#result roll-view [aria-pressed]").evaluate("(draw) => draw.ariaPressed === 'true' && draw.click()")


def open_roll(page: Page, project: Path, folder: Path) -> Roll:
    ottava = Ottava(page)
    ottava.drop(project)
    assert ottava.wait() == ""
    if page.locator("#roll-fold:not([open])").count():
        page.get_by_text("Piano roll", exact=True).click()
        page.evaluate(DRAW_TWICE)
    page.evaluate(LISTEN_IN)
    roll = Roll(page, json.loads(project.read_text("utf-8"))["performance"]["notes"], folder)
    roll.show()
    expect(page.locator("#result roll-view")).to_have_attribute("data-notes", str(len(roll.notes)))
    return roll


def test_fold_is_remembered(browser: Browser, site: str, project: Path, tmp_path: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(site)
    expect(page.locator("#roll-fold")).not_to_have_attribute("open", "")
    open_roll(page, project, tmp_path)
    page.reload()
    expect(page.locator("#roll-fold")).to_have_attribute("open", "")
    context.close()


def test_press_selects_strikes_and_announces(roll: Roll) -> None:
    roll.press(NOTE)
    note = roll.notes[NOTE]
    assert [told["note"] for told in roll.told("strike")] == [NOTE]
    assert roll.told("select")[-1]["notes"] == [NOTE]
    expect(roll.status).to_contain_text(f"at 0:{note['onset_sec']:05.2f}, right hand")
    roll.press(DOUBTFUL)
    expect(roll.status).to_contain_text("unsure")


def test_press_of_the_ruler_seeks(roll: Roll) -> None:
    box, top = roll.find(NOTE), roll.stage.bounding_box()
    roll.page.mouse.click(box["x"], top["y"] + 8)
    (told,) = roll.told("seek")
    assert told["sec"] == pytest.approx(roll.notes[NOTE]["onset_sec"], abs=0.02)


def test_note_is_dragged_to_another_pitch_and_undone(roll: Roll) -> None:
    before = roll.save()
    pitch = roll.notes[NOTE]["pitch"]
    roll.drag(roll.middle(NOTE), (0, -roll.find(NOTE)["height"] - 1))
    roll.page.mouse.up()
    assert roll.told("change")[0]["fields"][0]["pitch"] == pitch + 1
    after = roll.wait_for(lambda notes: notes != before)
    assert sorted(p for _, p in after) == sorted([*(p for _, p in before if p != pitch), *_others(before, pitch)])
    saved = Ottava(roll.page).save("MusicXML", roll.folder).read_text("utf-8")
    roll.page.get_by_role("button", name="Undo").click()
    assert roll.wait_for(lambda notes: notes == before)
    assert Ottava(roll.page).save("MusicXML", roll.folder).read_text("utf-8") != saved
    settle(roll.page)
    roll.press(NOTE)
    assert roll.told("strike")[-1]["shown"]["pitch"] == pitch


def _others(notes: list[tuple[float, int]], pitch: int) -> list[int]:
    """All of a pitch, one of them a semitone higher."""
    same = [p for _, p in notes if p == pitch]
    return [*same[1:], pitch + 1]


def test_note_is_dragged_in_time(roll: Roll) -> None:
    onset_sec, pitch = roll.notes[NOTE]["onset_sec"], roll.notes[NOTE]["pitch"]
    px_per_sec = (roll.find(NOTE)["x"] - roll.find(0)["x"]) / (onset_sec - roll.notes[0]["onset_sec"])
    roll.drag(roll.middle(NOTE), (0.12 * px_per_sec, 0))
    roll.page.mouse.up()
    (field,) = roll.told("change")[0]["fields"]
    assert field["onset_sec"] == pytest.approx(onset_sec + 0.12, abs=0.02)
    assert field["pitch"] == pitch
    roll.wait_for(lambda notes: any(p == pitch and abs(sec - field["onset_sec"]) < 0.01 for sec, p in notes))


def test_end_of_a_note_is_dragged(roll: Roll) -> None:
    box = roll.find(NOTE)
    roll.drag((box["x"] + box["width"] - 2, box["y"] + box["height"] / 2), (60, 0))
    roll.page.mouse.up()
    (field,) = roll.told("change")[0]["fields"]
    assert field["onset_sec"] == roll.notes[NOTE]["onset_sec"]
    assert field["offset_sec"] > roll.notes[NOTE]["offset_sec"] + 0.1
    assert roll.find(NOTE)["width"] == pytest.approx(box["width"] + 60, abs=1.5)


def test_escape_cancels_a_drag(roll: Roll) -> None:
    box = roll.find(NOTE)
    roll.drag(roll.middle(NOTE), (50, 40))
    roll.page.keyboard.press("Escape")
    roll.page.mouse.up()
    assert roll.told("change") == []
    assert roll.find(NOTE) == box


def test_note_is_deleted_by_key_and_comes_back(roll: Roll) -> None:
    n_notes = len(roll.notes)
    roll.press(NOTE)
    roll.page.keyboard.press("Delete")
    expect(roll.status).to_have_text("Deleted")
    expect(roll.page.locator("#result roll-view")).to_have_attribute("data-notes", str(n_notes - 1))
    roll.wait_for(lambda notes: len(notes) == n_notes - 1)
    roll.page.get_by_role("button", name="Undo").click()
    expect(roll.page.locator("#result roll-view")).to_have_attribute("data-notes", str(n_notes), timeout=WRITTEN_MS)
    roll.wait_for(lambda notes: len(notes) == n_notes)


def test_double_click_adds_a_note_and_arrows_move_it_before_it_is_written(roll: Roll) -> None:
    x, y = roll.middle(NOTE)
    row_px = roll.find(NOTE)["height"] + 1
    pitch = roll.notes[NOTE]["pitch"]
    roll.page.mouse.dblclick(x, y + 5 * row_px)
    (told,) = roll.told("add")
    assert told["note"]["pitch"] == pitch - 5
    for _ in range(3):
        roll.page.keyboard.press("Shift+ArrowUp")
    pitches = [note["pitch"] for note in roll.notes]
    roll.wait_for(lambda notes: sorted(p for _, p in notes) == sorted([*pitches, pitch - 5 + 36]))
    roll.page.keyboard.press("ArrowDown")  # it is still the one that is selected
    roll.wait_for(lambda notes: sorted(p for _, p in notes) == sorted([*pitches, pitch - 5 + 35]))


def test_of_two_added_notes_the_first_is_deleted_and_the_second_moved(roll: Roll) -> None:
    """At once: the place of the second among those added changes before any score of it is written."""
    x, y = roll.middle(NOTE)
    row_px, pitch = roll.find(NOTE)["height"] + 1, roll.notes[NOTE]["pitch"]
    for steps in (5, 7):
        roll.page.mouse.dblclick(x, y + steps * row_px)
    roll.page.mouse.click(x + 3, y + 5 * row_px)
    roll.page.keyboard.press("Delete")
    roll.page.mouse.click(x + 3, y + 7 * row_px)
    roll.page.keyboard.press("ArrowUp")
    pitches = [note["pitch"] for note in roll.notes]
    roll.wait_for(lambda notes: sorted(p for _, p in notes) == sorted([*pitches, pitch - 6]))


def test_note_is_drawn_with_its_length(roll: Roll) -> None:
    x, y = roll.middle(NOTE)
    draw = roll.page.get_by_role("button", name="Draw notes")
    draw.click()
    expect(draw).to_have_attribute("aria-pressed", "true")
    x, y = roll.middle(NOTE)
    roll.drag((x, y + 5 * (roll.find(NOTE)["height"] + 1)), (90, 0))
    roll.page.mouse.up()
    (told,) = roll.told("add")
    assert roll.find(roll.place(told["note"]))["width"] == pytest.approx(90, abs=3)
    assert 1 <= told["note"]["velocity"] <= 127


def test_several_are_selected_and_moved_together(roll: Roll) -> None:
    boxes = [roll.find(number) for number in (0, 1, 2)]
    left, top = min(box["x"] for box in boxes) - 12, min(box["y"] for box in boxes) - 2
    right, bottom = max(box["x"] for box in boxes) + 4, max(box["y"] + box["height"] for box in boxes) + 2
    roll.drag((left, top), (right - left, bottom - top))
    roll.page.mouse.up()
    assert sorted(roll.told("select")[-1]["notes"]) == [0, 1, 2]
    expect(roll.status).to_have_text("3 notes selected")
    roll.page.keyboard.down("Shift")
    roll.press(2)
    roll.page.keyboard.up("Shift")
    assert sorted(roll.told("select")[-1]["notes"]) == [0, 1]
    roll.drag(roll.middle(0), (0, 2 * (boxes[0]["height"] + 1)))
    roll.page.mouse.up()
    told = roll.told("change")[0]
    moved = dict(zip(told["notes"], (field["pitch"] for field in told["fields"]), strict=True))
    assert moved == {number: roll.notes[number]["pitch"] - 2 for number in (0, 1)}


def test_keys_alone_edit(roll: Roll) -> None:
    draw = roll.page.get_by_role("button", name="Zoom in")
    draw.focus()
    roll.page.keyboard.press("Tab")  # what the keys do stands beside the tools
    roll.page.keyboard.press("Tab")
    expect(roll.stage).to_be_focused()
    first = min(range(len(roll.notes)), key=lambda n: (roll.notes[n]["onset_sec"], roll.notes[n]["pitch"]))
    roll.page.keyboard.press("n")
    while roll.told("select")[-1]["notes"] != [first]:
        roll.page.keyboard.press("p")
    roll.page.keyboard.press("n")
    expect(roll.status).to_contain_text("E4")
    roll.page.keyboard.press("Shift+ArrowUp")
    expect(roll.status).to_contain_text("E5")
    roll.page.keyboard.press("ArrowRight")
    roll.page.keyboard.press("ArrowRight")
    onset_sec = roll.notes[1]["onset_sec"] + 0.02
    roll.wait_for(lambda notes: any(p == 76 and abs(sec - onset_sec) < 0.005 for sec, p in notes))
    width = roll.find(1)["width"]
    roll.page.keyboard.press("Shift+L")
    assert roll.find(1)["width"] > width
    roll.page.keyboard.press("a")
    assert roll.told("add")[0]["note"]["pitch"] == 76
    roll.page.keyboard.press("Escape")
    assert roll.told("select")[-1]["notes"] == []
    roll.page.keyboard.press("Tab")
    expect(roll.stage).not_to_be_focused()


def test_zoom_keeps_its_place(roll: Roll) -> None:
    x, y = roll.middle(NOTE)
    width = roll.find(NOTE)["width"]
    roll.page.mouse.move(x, y)
    roll.page.keyboard.down("Control")
    roll.page.mouse.wheel(0, -300)
    roll.page.keyboard.up("Control")
    _wait(roll.page, lambda: roll.find(NOTE)["width"] > 1.8 * width)
    assert roll.middle(NOTE)[0] == pytest.approx(x, abs=3)
    roll.page.get_by_role("button", name="Zoom out").click()
    roll.page.get_by_role("button", name="Zoom out").click()
    _wait(roll.page, lambda: roll.find(NOTE)["width"] < 1.2 * width)


def _wait(page: Page, is_so: Callable[[], bool]) -> None:
    for _ in range(100):
        if is_so():
            return
        page.wait_for_timeout(100)
    raise AssertionError("It never came to be so.")


def test_roll_follows_the_playhead_but_not_for_one_who_looks_elsewhere(roll: Roll) -> None:
    for _ in range(4):
        roll.page.get_by_role("button", name="Zoom in").click()
    roll.stage.evaluate("(stage) => stage.scrollTo(0, stage.scrollTop)")
    set_time = "(sec) => document.querySelector('#result roll-view').setTime(sec)"
    roll.page.evaluate(set_time, 0.1)
    assert roll.scroll() == 0
    roll.page.evaluate(set_time, 6.0)
    _wait(roll.page, lambda: roll.scroll() > 1000)
    _wait(roll.page, lambda: 0 < _playhead(roll, 6.0) < 300)
    roll.stage.evaluate("(stage) => stage.scrollTo(0, stage.scrollTop)")
    roll.page.evaluate(set_time, 6.1)
    roll.page.wait_for_timeout(300)
    assert roll.scroll() == 0


def _playhead(roll: Roll, sec: float) -> float:
    """Pixels from the left of the stage, by way of a note."""
    one, other = roll.find(0), roll.find(NOTE)
    px_per_sec = (other["x"] - one["x"]) / (roll.notes[NOTE]["onset_sec"] - roll.notes[0]["onset_sec"])
    return float(one["x"] + (sec - roll.notes[0]["onset_sec"]) * px_per_sec - roll.stage.bounding_box()["x"])


def test_doubtful_notes_are_tinted(roll: Roll) -> None:
    colours = [_colour(roll, DOUBTFUL, is_tinted) for is_tinted in (True, False)]
    assert colours[0] != colours[1]
    assert _colour(roll, NOTE, True) == _colour(roll, NOTE, False)


def test_doubtful_notes_are_counted_and_tinted_in_the_score(roll: Roll) -> None:
    count = roll.page.get_by_role("button", name="Doubtful notes")
    expect(count).to_have_text("Doubtful notes 1")
    fill = "getComputedStyle(document.querySelector('score-view g.doubtful')).fill"
    plain = roll.page.evaluate(fill)
    count.click()
    assert roll.page.evaluate(fill) != plain
    count.click()
    assert roll.page.evaluate(fill) == plain
    # What a person has touched is certain.
    roll.page.locator("score-view g.doubtful .notehead").first.click()
    roll.page.get_by_role("button", name="Other hand").click()
    expect(count).to_have_text("Doubtful notes 0")
    expect(roll.page.locator("score-view g.doubtful")).to_have_count(0)


def _colour(roll: Roll, number: int, is_tinted: bool) -> list[int]:
    """The pixel in the middle of a note."""
    roll.page.evaluate("(is_tinted) => document.querySelector('#result roll-view').setTint(is_tinted)", is_tinted)
    script = """([x, y]) => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => {
      const canvas = document.querySelector("#result roll-view canvas");
      const { left, top } = canvas.getBoundingClientRect();
      const at = [x - left, y - top].map((px) => Math.round(px * devicePixelRatio));
      resolve([...canvas.getContext("2d").getImageData(...at, 1, 1).data]);
    })))"""
    return list(roll.page.evaluate(script, roll.middle(number)))


def test_finger_scrolls_and_after_a_long_press_moves(
    browser: Browser, site: str, project: Path, tmp_path: Path
) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 780}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(site)
    roll = open_roll(page, project, tmp_path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    touch = context.new_cdp_session(page)
    x, y = roll.middle(4)
    _touch(touch, "touchStart", (x, y))
    for step in range(1, 9):
        _touch(touch, "touchMove", (x - 15 * step, y))
    _touch(touch, "touchEnd")
    _wait(page, lambda: roll.scroll() > 50)
    before = -1.0
    while before != (before := roll.scroll()):
        page.wait_for_timeout(200)  # it rolls on
    assert roll.told("change") == []

    x, y = roll.middle(9)
    _touch(touch, "touchStart", (x, y))
    page.wait_for_timeout(700)  # that is what a long press is
    for step in range(1, 5):
        _touch(touch, "touchMove", (x, y - step * roll.find(9)["height"] / 2))
    _touch(touch, "touchEnd")
    (told,) = roll.told("change")
    assert told["notes"] == [9]
    assert told["fields"][0]["pitch"] == roll.notes[9]["pitch"] + 2

    width = roll.find(9)["width"]
    for apart in (20, 30, 40, 50):
        _touch(touch, "touchStart" if apart == 20 else "touchMove", (150 - apart, y), (150 + apart, y))
    _touch(touch, "touchEnd")
    _wait(page, lambda: roll.find(9)["width"] > 2 * width)
    context.close()


def _touch(session: CDPSession, kind: str, *points: tuple[float, float]) -> None:
    touches = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(points)]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


def test_roll_fills_over_the_waveform_while_listening(browser: Browser, site: str, clip: Path) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(site)
    page.evaluate(
        """async () => {
          await import("./roll-view.js");
          window.filling = [];
          const roll = document.querySelector("#working roll-view");
          const count = () => window.filling.push(Number(roll.dataset.notes));
          new MutationObserver(count).observe(roll, { attributes: true });
          const { setPeaks } = roll;
          roll.setPeaks = (peaks) => {
            if (peaks) window.peaks = peaks;
            setPeaks.call(roll, peaks);
          };
        }"""
    )
    ottava = Ottava(page)
    ottava.drop(clip)
    assert ottava.wait() == ""
    filling = page.evaluate("window.filling")
    assert filling[-1] > 10 and filling == sorted(filling)
    n_notes = page.locator("#result roll-view").get_attribute("data-notes")
    assert int(n_notes or 0) == filling[-1]

    with wave.open(str(clip)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    per_peak = SAMPLE_RATE // 100
    loudest = np.abs(samples[: len(samples) // per_peak * per_peak]).reshape(-1, per_peak).max(axis=1)
    peaks = np.array(page.evaluate("[...window.peaks]"))[: len(loudest)]
    np.testing.assert_allclose(peaks, 255 * loudest, atol=1)
    context.close()
