"""Corrections: what a person decides is in the next score, can be undone, and costs no other correction."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import music21
import pytest
from playwright.sync_api import Browser, Page, expect

from ottava.datatypes import Choices, Correction
from ottava.files.midi import read_midi
from ottava.hosts.native import create_run
from ottava.models import read_rhythm
from ottava.notation.cells import count_other_bars
from ottava.notation.corrections import take_as_heard
from ottava.pipeline import notate
from ottava.rhythm.placing import find_pace
from tests.browser.visitor import EXAMPLE_MIDI, ROOT, Ottava, repeat_example, settle

PRELUDE = ROOT / "tests" / "data" / "prelude.json"
DOUBTFUL = (5, 11)
POSSIBLE_PITCH = 84  # C6, higher than all others

UNDO_WHILE_LOOKING = """async () => {
  const { Piece } = await import("./piece.js");
  const told = [];
  let endLooking, begin;
  const looking = new Promise((resolve) => { begin = resolve; });
  const compare = () => new Promise((end) => { endLooking = end; begin(); });
  const piece = new Piece({ choices: {}, performance: {} }, { notate: async () => ({}), compare }, {});
  for (const type of ["corrected", "written"]) piece.addEventListener(type, () => told.push(type));
  await piece.correct((choices) => ({ ...choices, notes: [{ index: 0, deleted: true }] }));
  await looking;
  piece.correct((choices) => ({ ...choices, title: "Minuet" }));
  const undone = piece.undo();
  endLooking(0);
  await undone;
  piece.close();
  return told;
}"""


@pytest.fixture(scope="module")
def page(browser: Browser, site: str) -> Iterator[Page]:
    """The example's notes, opened as MIDI: no listening."""
    with open_to_correct(browser, site, EXAMPLE_MIDI) as page:
        yield page


@pytest.fixture
def ottava(page: Page) -> Iterator[Ottava]:
    """The open piece, as it was opened: whatever a test did is undone after it."""
    yield Ottava(page)
    undo_all(page)


@pytest.fixture(scope="module")
def prelude_page(browser: Browser, site: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A piece in sixteenths with two doubtful notes, and one that may have been heard."""
    project = json.loads(PRELUDE.read_text("utf-8"))
    performance = project["performance"]
    for number in DOUBTFUL:
        performance["notes"][number]["confidence"] = 0.55
    performance["possible"] = [performance["notes"][20] | {"pitch": POSSIBLE_PITCH, "confidence": 0.4}]
    path = tmp_path_factory.mktemp("project") / "prelude.json"
    path.write_text(json.dumps(project), "utf-8")
    with open_to_correct(browser, site, path) as page:
        yield page


@pytest.fixture
def prelude(prelude_page: Page) -> Iterator[Ottava]:
    """The prelude, as it was opened."""
    yield Ottava(prelude_page)
    undo_all(prelude_page)


@contextmanager
def open_to_correct(browser: Browser, site: str, path: Path) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.goto(site)
    ottava = Ottava(page)
    ottava.drop(path)
    assert ottava.wait() == ""
    page.locator("#corrections summary").click()
    yield page
    context.close()


def undo_all(page: Page) -> None:
    while page.locator("#undo").is_enabled():
        page.locator("#undo").click()
    settle(page)


def save(ottava: Ottava, folder: Path) -> music21.stream.Score:
    settle(ottava.page)
    return music21.converter.parse(ottava.save("MusicXML", folder))


def count_pitches(score: music21.stream.Score) -> Counter[str]:
    """Names of the notes that are struck."""
    notes = [note for element in score.recurse().notes for note in (element.notes if element.isChord else [element])]
    return Counter(n.pitch.nameWithOctave for n in notes if n.tie is None or n.tie.type == "start")


def test_meter_and_key_and_names_are_as_chosen(ottava: Ottava, tmp_path: Path) -> None:
    page = ottava.page
    page.locator("corrections-panel").get_by_label("Meter").select_option("4/4")
    page.locator("corrections-panel").get_by_label("Key").select_option(label="A major")
    page.locator("corrections-panel").get_by_label("Title").fill("Ein <b>Menuett</b>")
    page.locator("corrections-panel").get_by_label("Composer").fill("Petzold")
    page.locator("corrections-panel").get_by_label("Composer").press("Tab")
    score = save(ottava, tmp_path)
    [meter, *_] = score.recurse().getElementsByClass(music21.meter.TimeSignature)
    [key, *_] = score.recurse().getElementsByClass(music21.key.KeySignature)
    assert (meter.ratioString, key.sharps) == ("4/4", 3)
    assert (score.metadata.title, score.metadata.composer) == ("Ein <b>Menuett</b>", "Petzold")
    expect(page.locator(".score-title")).to_have_text("Ein <b>Menuett</b>")
    expect(page.locator("#facts")).to_contain_text("A major · 4/4")


def test_what_is_typed_outlives_a_score_that_is_written(ottava: Ottava) -> None:
    page, composer = ottava.page, ottava.page.locator("corrections-panel").get_by_label("Composer")
    composer.fill("Petzold")
    page.get_by_role("button", name="Half", exact=True).evaluate("(button) => button.click()")  # the focus stays
    settle(page)
    expect(composer).to_have_value("Petzold")
    composer.press("Tab")
    settle(page)
    expect(page.locator(".score-composer")).to_have_text("Petzold")
    page.locator("#undo").click()
    expect(composer).to_have_value("")


def test_undo_and_redo_go_step_by_step(ottava: Ottava) -> None:
    page, facts = ottava.page, ottava.page.locator("#facts")
    page.locator("corrections-panel").get_by_label("Meter").select_option("2/4")
    expect(facts).to_contain_text("2/4", timeout=30_000)
    page.locator("corrections-panel").get_by_label("Key").select_option(label="C major")
    expect(facts).to_contain_text("C major", timeout=30_000)
    page.locator("#undo").click()
    expect(facts).to_contain_text("G major · 2/4", timeout=30_000)
    page.locator("#redo").click()
    expect(facts).to_contain_text("C major · 2/4", timeout=30_000)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(facts).to_contain_text("G major · 3/4", timeout=30_000)
    page.keyboard.press("Control+Shift+z")
    expect(facts).to_contain_text("G major · 2/4", timeout=30_000)


def test_what_is_undone_before_it_is_begun_ends_the_waiting(ottava: Ottava) -> None:
    """A correction waits while another reading is looked at; the score of what came before it is there already."""
    assert ottava.page.evaluate(UNDO_WHILE_LOOKING) == ["corrected", "written", "corrected", "corrected", "written"]


def test_twice_and_half_the_tempo(ottava: Ottava) -> None:
    page = ottava.page

    def read_tempo() -> int:
        settle(page)
        return int(re.findall(r"♩ = (\d+)", page.locator("#facts").text_content() or "")[0])

    before = read_tempo()
    page.get_by_role("button", name="Double", exact=True).click()
    expect(page.locator("#facts")).not_to_contain_text(f"= {before} ", timeout=30_000)
    assert read_tempo() == pytest.approx(2 * before, rel=0.06)
    expect(page.get_by_role("button", name="Double", exact=True)).to_be_disabled()
    page.get_by_role("button", name="Half", exact=True).click()
    expect(page.locator("#facts")).to_contain_text(f"= {before} ", timeout=30_000)


def test_no_note_is_shorter_than_is_wanted(prelude: Ottava, tmp_path: Path) -> None:
    grid = prelude.page.locator("corrections-panel").get_by_label("Shortest notes")

    def read_values() -> tuple[set[str], bool]:
        notes = [*save(prelude, tmp_path).recurse().notes]
        return {note.duration.type for note in notes}, any(note.duration.tuplets for note in notes)

    values, has_tuplets = read_values()
    assert "16th" in values and not has_tuplets
    grid.select_option("Eighths")
    values, has_tuplets = read_values()
    assert "eighth" in values and not values & {"16th", "32nd"} and not has_tuplets
    grid.select_option("Triplets")
    assert read_values()[1]
    grid.select_option("Automatic")
    values, has_tuplets = read_values()
    assert "16th" in values and not has_tuplets


def test_eighths_are_swung_or_straight(ottava: Ottava, tmp_path: Path) -> None:
    swing = ottava.page.locator("corrections-panel").get_by_role("combobox", name=re.compile("^Swing"))

    def read_directions() -> list[str]:
        return [words.content for words in save(ottava, tmp_path).recurse().getElementsByClass("TextExpression")]

    expect(swing.locator("option:checked")).to_have_text("Automatic: Straight")
    assert "swing" not in read_directions()
    swing.select_option("Swung")
    assert read_directions().count("swing") == 1
    expect(ottava.page.locator("score-view .score-pages")).to_contain_text("swing")
    swing.select_option("Straight")
    assert "swing" not in read_directions()
    expect(ottava.page.locator("score-view .score-pages")).not_to_contain_text("swing")


def test_sensitivity_decides_which_notes_are_written(prelude: Ottava, tmp_path: Path) -> None:
    page = prelude.page
    slider = page.get_by_role("slider", name="Sensitivity")
    expect(slider).to_have_attribute("aria-valuetext", "normal")
    heard = count_pitches(save(prelude, tmp_path))
    notes = json.loads(PRELUDE.read_text("utf-8"))["performance"]["notes"]
    doubtful = Counter(music21.pitch.Pitch(notes[number]["pitch"]).nameWithOctave for number in DOUBTFUL)

    for _ in range(2):
        slider.press("ArrowLeft")
    expect(slider).to_have_attribute("aria-valuetext", "only sure notes")
    sure = count_pitches(save(prelude, tmp_path))
    expect(page.locator("#facts")).to_contain_text(f"{len(notes) - len(DOUBTFUL)} notes")
    assert (heard - sure, sure - heard) == (doubtful, Counter())

    for _ in range(5):
        slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "also doubtful notes")
    possible = count_pitches(save(prelude, tmp_path))
    assert (possible - heard, heard - possible) == (Counter(["C6"]), Counter())

    slider.fill("0.5")
    expect(slider).to_have_attribute("aria-valuetext", "normal")
    assert count_pitches(save(prelude, tmp_path)) == heard


def test_a_deleted_note_changes_only_its_bar_and_reading_again_is_offered(
    browser: Browser, site: str, tmp_path: Path
) -> None:
    path = ROOT / "examples" / "prelude.mid"
    with ThreadPoolExecutor(1) as pool:  # the browser's event loop is this thread's
        number = pool.submit(asyncio.run, find_note_that_decides(path)).result()
    with open_to_correct(browser, site, path) as page:
        delete_and_read_again(Ottava(page), number, tmp_path)


async def find_note_that_decides(path: Path) -> int:
    """The first note without which the networks read other bars otherwise, too: which one that is, weights decide."""
    run = create_run(read_rhythm((ROOT / "models" / "models.json").read_text("utf-8")).graphs, ROOT / "models")
    performance = read_midi(path.read_bytes())
    duration_sec = max(note.offset_sec for note in performance.notes)
    pace = await find_pace(performance, run)
    before = await notate(performance, duration_sec, Choices(), run, pace=pace)
    for number in range(len(performance.notes)):
        choices = Choices(corrections={number: Correction(is_deleted=True)})
        result = await notate(performance, duration_sec, choices, run, pace=pace, before=before)
        reread = await notate(performance, duration_sec, take_as_heard(result.choices), run, pace=pace)
        if count_other_bars(result, reread):
            return number
    raise AssertionError("Every note of the piece may go without changing another bar.")


def delete_and_read_again(ottava: Ottava, number: int, tmp_path: Path) -> None:
    page = ottava.page

    def read_score() -> dict[str, Any]:
        settle(page)
        score: dict[str, Any] = json.loads(ottava.save("Ottava project", tmp_path).read_text("utf-8"))["score"]
        return score

    def read_notes() -> list[dict[str, Any] | None]:
        return [note for note in read_score()["notes"] if note]

    offer = page.locator("#reread-offer")
    sentence = re.compile(r"Read again with your notes, \d+ other bars? would change\.")
    again = page.get_by_role("group", name=sentence).get_by_role("button", name="Read again")
    score = read_score()
    before, meter = [note for note in score["notes"] if note], score["meters"][0]
    bar_quarters = Fraction(4 * meter["beats"], meter["beat_type"])
    ottava.press_note(number)
    page.keyboard.press("Delete")
    edited = read_notes()
    gone = before[number]
    assert len(edited) == len(before) - 1
    others = [(old, new) for old, new in zip(before[:number] + before[number + 1 :], edited, strict=True) if old != new]
    changed = [note for note in (gone, *(old for old, _ in others)) if note]
    bars = {int(Fraction(note["onset_quarter"]) // bar_quarters) for note in changed}
    assert len(bars) == 1
    assert all(old and gone and old["staff"] == gone["staff"] for old, _ in others)
    expect(offer).to_have_text("Read again?", timeout=30_000)
    again.click()
    expect(offer).to_be_empty()
    expect(again).to_be_hidden()
    assert read_notes() != edited
    page.locator("#undo").click()
    assert read_notes() == edited
    expect(again).to_be_visible(timeout=30_000)


def test_notes_are_deleted_moved_and_given_to_the_other_hand(ottava: Ottava, tmp_path: Path) -> None:
    page = ottava.page
    before = count_pitches(save(ottava, tmp_path))
    ottava.press_note(5)
    name = page.locator("note-bar p").text_content() or ""
    assert re.fullmatch(r"[A-G][♯♭]?\d, bar \d+, (right|left) hand", name), name
    page.get_by_role("button", name="Delete", exact=True).click()
    after = count_pitches(save(ottava, tmp_path))
    assert before - after == Counter([name.split(",")[0]]), "this note is gone"
    assert after - before == Counter()
    expect(page.locator("note-bar")).to_be_hidden()

    ottava.press_note(9)
    page.get_by_role("button", name="Higher", exact=True).click()
    expect(page.locator("note-bar p")).not_to_have_text(name, timeout=30_000)
    moved = count_pitches(save(ottava, tmp_path))
    assert (after - moved).total() == (moved - after).total() == 1

    staff = f"score-view g.staff:nth-of-type(1) #n{9}"
    was_upper = page.locator(staff).count()
    page.get_by_role("button", name="Other hand").click()
    settle(page)
    assert count_pitches(save(ottava, tmp_path)) == moved, "the deleted and the moved note stay as they are"
    expect(page.locator("note-bar p")).to_contain_text("left hand" if was_upper else "right hand")


def test_several_notes_are_chosen_with_shift_and_moved_by_keys(ottava: Ottava, tmp_path: Path) -> None:
    page = ottava.page
    before = count_pitches(save(ottava, tmp_path))
    ottava.press_note(5)
    ottava.press_note(9, adds=True)
    expect(page.locator("note-bar p")).to_have_text("2 notes")
    page.locator(".score-pages").press("Shift+ArrowUp")
    expect(page.locator("#undo")).to_be_enabled()
    after = count_pitches(save(ottava, tmp_path))
    up = Counter(re.sub(r"\d", lambda octave: str(int(octave[0]) + 1), name) for name in (before - after).elements())
    assert (after - before) == up
    assert up.total() == 2
    page.locator(".score-pages").press("Delete")
    page.locator(".score-pages").press("Escape")
    assert count_pitches(save(ottava, tmp_path)).total() == before.total() - 2


def test_a_note_gets_its_other_name(ottava: Ottava, tmp_path: Path) -> None:
    page = ottava.page
    before = count_pitches(save(ottava, tmp_path))
    sharps = [name for name in before if "#" in name]
    assert sharps, "the minuet has an F sharp"
    for candidate in range(0, 100):
        ottava.press_note(candidate)
        if "♯" in (page.locator("note-bar p").text_content() or ""):
            break
    page.get_by_role("button", name="Respell (♯/♭)").click()
    expect(page.locator("note-bar p")).to_contain_text("♭", timeout=30_000)
    after = count_pitches(save(ottava, tmp_path))
    assert after.total() == before.total()
    assert (after - before).total() == 1
    assert "-" in next(iter(after - before))


def test_a_bar_begins_where_it_is_said_to(ottava: Ottava) -> None:
    page = ottava.page
    ottava.press_note(8)
    page.get_by_role("button", name="Bar begins here").click()
    settle(page)
    expect(page.get_by_role("button", name="Bar begins here")).to_have_attribute("aria-pressed", "true")
    is_first = """(id) => {
      const note = document.querySelector(`score-view #${id}`);
      const measure = note.closest("g.measure");
      const place = (element) => element.querySelector("g.notehead path").getAttribute("transform");
      const x = (element) => Number(/translate\\(([-\\d.]+)/.exec(place(element))[1]);
      return [...measure.querySelectorAll("g.note")].every((other) => x(other) >= x(note) - 1);
    }"""
    assert page.evaluate(is_first, "n8")


def test_the_page_in_view_is_drawn_first(browser: Browser, site: str, tmp_path: Path) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.add_init_script("""
      globalThis.drawn = [];
      globalThis.Worker = class extends Worker {
        constructor(...rest) {
          super(...rest);
          this.addEventListener("message", ({ data }) => data.type === "page" && drawn.push(data.index));
        }
      };
    """)
    page.goto(site)
    ottava = Ottava(page)
    ottava.drop(repeat_example(tmp_path / "long.mid", 9))
    assert ottava.wait() == ""
    n_pages = page.locator(".score-page").count()
    assert page.evaluate("drawn.splice(0)") == list(range(n_pages))
    middle = page.locator(".score-page").nth(n_pages // 2)
    middle.evaluate("(page) => page.scrollIntoView({ block: 'start' })")
    name = middle.locator("g.note").nth(3).get_attribute("id") or ""
    ottava.press_note(int(name.removeprefix("n").split("-")[0]))
    expect(page.locator("score-view g.chosen").first).to_be_visible()
    page.evaluate("drawn.length = 0")
    page.keyboard.press("ArrowUp")
    settle(page)
    drawn = page.evaluate("drawn")
    assert sorted(drawn) == list(range(page.locator(".score-page").count()))
    assert drawn[0] in (n_pages // 2 - 1, n_pages // 2)  # the bars above it may be in view
    expect(page.locator("score-view g.chosen").first).to_be_visible()
    labels = page.locator(".score-page > svg").evaluate_all("(all) => all.map((one) => one.getAttribute('aria-label'))")
    assert labels == [f"Score, part {number} of {len(labels)}" for number in range(1, len(labels) + 1)]
    context.close()


def test_what_cannot_be_written_is_taken_back_with_a_sentence(ottava: Ottava) -> None:
    page = ottava.page
    facts = page.locator("#facts").text_content() or ""
    page.locator(".score-pages").press("ArrowRight")
    n_notes = int(re.findall(r"(\d+) notes", facts)[0])
    page.evaluate("document.querySelector('score-view').dispatchEvent(new CustomEvent('strike', {detail: {note: 0}}))")
    for number in range(1, n_notes):
        page.evaluate(
            "(note) => document.querySelector('score-view').dispatchEvent("
            "new CustomEvent('strike', {detail: {note, adds: true}}))",
            number,
        )
    expect(page.locator("note-bar p")).to_have_text(f"{n_notes} notes")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator("#problem-text")).to_have_text("Every note is deleted; take one of the corrections back.")
    expect(page.locator("#facts")).to_have_text(facts)
    expect(page.locator("#undo")).to_be_disabled()
    # A correction that was not written yet when the impossible one came is not lost with it.
    page.locator("corrections-panel").get_by_label("Meter").select_option("2/4")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator("#problem-text")).to_have_text("Every note is deleted; take one of the corrections back.")
    expect(page.locator("#facts")).to_contain_text("2/4", timeout=30_000)
    expect(page.locator("#redo")).to_be_disabled()


def test_pages_and_zoom(ottava: Ottava) -> None:
    page = ottava.page
    n_systems = page.locator("score-view .score-pages g.system").count()
    page.get_by_role("button", name="Larger", exact=True).click()
    expect(page.locator("score-view .score-pages g.system")).not_to_have_count(n_systems)
    page.get_by_role("button", name="Smaller", exact=True).click()
    expect(page.locator("score-view .score-pages g.system")).to_have_count(n_systems)
    page.get_by_role("button", name="Pages", exact=True).click()
    expect(page.locator("score-view .score-pages .pgHead")).to_be_visible()
    box = page.locator(".score-page").first.bounding_box()
    assert box
    assert box["height"] / box["width"] == pytest.approx(297 / 210, rel=0.08)
    page.get_by_role("button", name="Pages", exact=True).click()
    expect(page.locator("score-view .score-pages .pgHead")).to_have_count(0)


def test_cursor_follows_the_music(ottava: Ottava) -> None:
    page = ottava.page
    places = [
        page.evaluate(
            """(sec) => {
              document.querySelector("score-view").setTime(sec, false);
              const { left, top } = document.querySelector(".score-cursor").getBoundingClientRect();
              const heads = [...document.querySelectorAll("g.sounding .notehead")];
              return [top, left, ...heads.map((head) => head.getBoundingClientRect().left)];
            }""",
            sec,
        )
        for sec in (0.6, 3.1, 9.0, 20.0)
    ]
    for earlier, later in pairwise(places):
        assert (later[0], later[1]) > (earlier[0], earlier[1]), "on in the system, or on the next one"
    assert all(len(place) > 2 for place in places), "the notes under it are marked"


@pytest.mark.alone
def test_beats_are_tapped_along(ottava: Ottava) -> None:
    page = ottava.page
    page.get_by_role("button", name="Tap along").click()
    tap = page.get_by_role("button", name="Tap", exact=True)
    expect(tap).to_be_focused()
    expect(page.locator("transport-bar").get_by_role("button", name="Pause")).to_be_visible(timeout=30_000)
    # The first sound of a page takes seconds to load, and nobody taps along with silence.
    position = page.get_by_role("slider", name="Position")
    expect(position).not_to_have_value(re.compile(r"^0(\.0)?$"), timeout=30_000)
    for count in range(1, 7):
        page.keyboard.press("Space")
        expect(page.locator("tap-view p")).to_have_text(f"Tapped: {count}")
        page.evaluate("new Promise((resolve) => setTimeout(resolve, 400))")
    page.get_by_role("button", name="Done").click()
    expect(page.locator("#undo")).to_be_enabled()
    settle(page)
    tempo = int(re.findall(r"♩ = (\d+)", page.locator("#facts").text_content() or "")[0])
    assert 60 < tempo < 160, "four tenths of a second and what the machine adds"
    page.get_by_role("button", name="Reset rhythm").click()
    settle(page)
    expect(page.locator("#facts")).to_contain_text("♩ = 104")


def test_too_few_taps_change_nothing(ottava: Ottava) -> None:
    page = ottava.page
    page.get_by_role("button", name="Tap along").click()
    page.keyboard.press("Escape")
    expect(page.locator("#problem-text")).to_contain_text("at least four")
    expect(page.locator("#try-another")).to_be_hidden()
    expect(page.locator("#undo")).to_be_disabled()
