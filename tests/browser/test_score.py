"""A recording dropped on the page becomes an engraved score, two good files, and no request to anybody else."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import music21
import numpy as np
import pretty_midi
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.visitor import CLIP_SEC, EXAMPLE_MIDI, EXAMPLE_MP3, Ottava, read_notes, score_onsets
from tests.musicxml_schema import read_schema

pytestmark = pytest.mark.alone  # the page is measured while it works

WIDTHS_PX = (1280, 360)
LONG_TASK_MS = 100

COUNT_LONG_TASKS = """
  window.longTasks = [];
  new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((entry) => entry.duration)))
    .observe({ type: "longtask", buffered: true });
"""


@dataclass(frozen=True)
class Outcome:
    """A page that shows a score, and what came of it."""

    page: Page
    musicxml: Path
    midi: Path
    truth: Path
    last_sec: float
    """Notes that begin later are not in the recording."""
    complaints: list[str]
    requests: list[str]


@pytest.fixture(scope="module", params=["wav", "mp3"])
def outcome(
    request: pytest.FixtureRequest, browser: Browser, site: str, clip: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Outcome]:
    """Drop the clip as wav, and the whole example as mp3."""
    folder = tmp_path_factory.mktemp("saved")
    context = browser.new_context(viewport={"width": WIDTHS_PX[0], "height": 900}, accept_downloads=True)
    complaints: list[str] = []
    requests: list[str] = []
    # Also what the page's workers and the service worker ask for.
    context.on("request", lambda sent: requests.append(sent.url))
    context.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.add_init_script(COUNT_LONG_TASKS)
    page.goto(site)
    ottava = Ottava(page)
    ottava.drop(clip if request.param == "wav" else EXAMPLE_MP3)
    assert ottava.wait() == ""
    saved = [ottava.save(name, folder) for name in ("MusicXML", "MIDI, as played")]
    last_sec = CLIP_SEC - 0.1 if request.param == "wav" else np.inf
    yield Outcome(page, saved[0], saved[1], EXAMPLE_MIDI, last_sec, complaints, requests)
    context.close()


def test_notes_are_those_that_were_played(outcome: Outcome) -> None:
    truth = [note for note in read_notes(outcome.truth) if note[0] < outcome.last_sec]
    assert score_onsets(read_notes(outcome.midi), truth) >= 0.95


def test_page_counts_the_notes(outcome: Outcome) -> None:
    n_notes = len(read_notes(outcome.midi))
    expect(outcome.page.locator("#facts")).to_contain_text(f"{n_notes} notes ·")
    # A note may be drawn as several that are tied.
    assert outcome.page.locator("score-view g.note").count() >= n_notes


def test_score_has_the_pitches_that_were_played(outcome: Outcome) -> None:
    score = music21.converter.parse(outcome.musicxml)
    # Not by stripTies(), which leaves a chord tied to one in a tuplet as two.
    struck = [
        note
        for element in score.recurse().notes
        for note in (element.notes if element.isChord else [element])
        if note.tie is None or note.tie.type == "start"
    ]
    written = Counter(note.pitch.midi for note in struck)
    played = Counter(pitch for _, pitch in read_notes(outcome.midi))
    assert written.total() > 0
    assert (written & played).total() >= 0.95 * max(written.total(), played.total())


def test_musicxml_is_valid_and_is_a_grand_staff(outcome: Outcome) -> None:
    assert list(read_schema().iter_errors(str(outcome.musicxml))) == []
    score = music21.converter.parse(outcome.musicxml)
    assert len(score.getElementsByClass(music21.stream.PartStaff)) == 2


def test_files_are_named_after_the_recording(outcome: Outcome) -> None:
    stems = {outcome.musicxml.stem, outcome.midi.stem}
    assert stems in ({"minuet"}, {"minuet_beginning"})
    assert (outcome.musicxml.suffix, outcome.midi.suffix) == (".musicxml", ".mid")


def test_midi_lasts_as_long_as_the_recording(outcome: Outcome) -> None:
    last_sec = min(outcome.last_sec, read_notes(outcome.truth)[-1][0])
    assert pretty_midi.PrettyMIDI(str(outcome.midi)).get_end_time() > last_sec - 2


def test_strokes_and_fills_arrive_under_the_policy(outcome: Outcome) -> None:
    style = """(selector) => {
      const { stroke, strokeWidth, fill, color, fontWeight } = getComputedStyle(document.querySelector(selector));
      return { stroke, strokeWidth, fill, color, fontWeight };
    }"""
    line: dict[str, Any] = outcome.page.evaluate(style, "score-view g.staff > path")
    assert line["stroke"] == line["color"] != "none"
    assert float(line["strokeWidth"].removesuffix("px")) > 0
    head = outcome.page.evaluate(style, "score-view g.notehead path")
    assert head["fill"] == head["color"]
    assert outcome.page.locator("score-view use").count() == 0  # each costs a hidden tree (glyphs.js)
    assert outcome.page.evaluate(style, "score-view g.tempo text")["fontWeight"] == "700"
    # The note of the tempo mark is a letter of Verovio's music font.
    assert outcome.page.evaluate("[...document.fonts].filter((font) => font.status === 'loaded').length") == 1


def test_score_fits_every_width(outcome: Outcome) -> None:
    """No sideways scrolling, and fewer bars a line where there is less room."""
    heights = []
    systems = outcome.page.locator("score-view g.system")
    n_systems = systems.count()
    for width in WIDTHS_PX:
        outcome.page.set_viewport_size({"width": width, "height": 800})
        if width != WIDTHS_PX[0]:
            expect(systems).not_to_have_count(n_systems)
            assert systems.count() > n_systems
        assert outcome.page.evaluate("document.documentElement.scrollWidth") <= width
        heights.append(outcome.page.locator("score-view g.staff").first.bounding_box())
    assert all(box is not None and box["height"] > 20 for box in heights)
    outcome.page.set_viewport_size({"width": WIDTHS_PX[0], "height": 900})


def test_score_is_laid_out_for_paper(outcome: Outcome) -> None:
    """What is printed then: test_print.py."""
    outcome.page.evaluate("window.print = () => {}")  # the dialog would wait for a person
    outcome.page.get_by_role("button", name="Print", exact=True).click()
    title = outcome.page.locator(".score-title").text_content() or "?"
    expect(outcome.page.locator(".score-sheets .pgHead").first).to_contain_text(title)


def test_no_request_leaves_the_origin(outcome: Outcome, site: str) -> None:
    asked = {urlsplit(url).path.rsplit("/", 1)[-1] for url in outcome.requests}
    # What the workers ask for is seen too; the example is asked for by the service worker only.
    assert {"main.js", "worker.js", "models.json", "verovio-module.mjs", "minuet.mp3"} <= asked
    origin = urlsplit(site).netloc
    strangers = [url for url in outcome.requests if urlsplit(url).scheme != "blob" and urlsplit(url).netloc != origin]
    assert strangers == []


def test_nothing_complains(outcome: Outcome) -> None:
    """No error, no warning, no breach of the Content-Security-Policy."""
    assert outcome.complaints == []


def test_page_stays_alive_while_it_works(outcome: Outcome) -> None:
    """One long task may come from a busy machine; a page that blocks makes many or long ones."""
    long_tasks = [duration for duration in outcome.page.evaluate("window.longTasks") if duration > LONG_TASK_MS]
    assert sum(long_tasks) < 1500, json.dumps(long_tasks)
