"""MusicXML: what other programs read back."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from xml.etree import ElementTree

import music21
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ottava.datatypes import Choices, Note, Pedal, Performance
from ottava.files.musicxml import write_musicxml
from tests.musicxml_schema import bar_sums, read_schema
from tests.performances import WALTZ, Written, notate_anyhow, notate_here, perform, performances


def write(performance: Performance, choices: Choices | None = None, title: str = "A piece") -> str:
    return write_musicxml(notate_here(performance, 25.0, choices or Choices(), title))


def sounding_pitches(text: str) -> Counter[int]:
    """Pitches as often as they begin, tied ones once."""
    begun: Counter[int] = Counter()
    for element in music21.converter.parse(text, format="musicxml").recurse().notes:
        for note in element.notes if element.isChord else [element]:
            if note.tie is None or note.tie.type == "start":
                begun[note.pitch.midi] += 1
    return begun


@given(performances())
@settings(max_examples=10, deadline=None)
def test_any_performance_is_written_whole(performance: Performance) -> None:
    text = write(performance)
    assert not list(read_schema().iter_errors(text))
    assert all(total == length for total, length in bar_sums(text))
    # Notes of one pitch may fall on one place; no pitch is lost and none is made up.
    assert set(sounding_pitches(text)) == {note.pitch for note in performance.notes}


@st.composite
def written_music(draw: st.DrawFn) -> tuple[Performance, Choices]:
    """Notes that stand exactly on divisions of beats half a second long, and these beats."""
    rows = []
    for _ in range(draw(st.integers(1, 40))):
        division = draw(st.sampled_from((1, 2, 3, 4, 5, 6, 7, 8, 12, 16)))
        onset, length = draw(st.integers(0, 8 * division)) / division, draw(st.integers(1, 3 * division)) / division
        rows.append(Note(onset / 2, (onset + length) / 2, draw(st.integers(30, 100)), 64))
    rows.sort(key=lambda note: (note.onset_sec, note.pitch))
    beats_sec = tuple(beat / 2 for beat in range(12))
    meter = draw(st.sampled_from(((4, 4), (6, 8), (2, 2), (3, 8))))
    return Performance(tuple(rows), (), "written"), Choices(beats_sec=beats_sec, meters=((0.0, *meter),))


CHOICES = (
    Choices(),
    Choices(meters=((0.0, 3, 4),), downbeats_sec=(4.0,)),
    Choices(meters=((0.0, 5, 8), (7.0, 6, 8)), tempo_bpm=90.0),
    Choices(tempo_factor=2.0, grid="8"),
    Choices(beats_sec=(1.0, 1.6, 2.1, 2.8, 9.0, 9.5), grid="triplet"),
    Choices(beats_sec=(3.0, 4.0), meters=((0.0, 2, 4),), downbeats_sec=(4.0, 8.1), split_pitch=60),
)


@given(performances(), st.sampled_from(CHOICES), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_whatever_the_networks_say_bars_add_up(performance: Performance, choices: Choices, seed: int) -> None:
    result = notate_anyhow(performance, choices, seed)
    text = write_musicxml(result)
    assert not list(read_schema().iter_errors(text))
    assert all(total == length for total, length in bar_sums(text))
    shown = {note.pitch for note, scored in zip(result.performance.notes, result.score.notes, strict=True) if scored}
    assert set(sounding_pitches(text)) == shown
    beats = result.score.beats
    assert all(a.time_sec < b.time_sec and a.quarter < b.quarter for a, b in pairwise(beats))


@given(performances(), st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_a_grid_of_eighths_has_nothing_shorter(performance: Performance, seed: int) -> None:
    score = notate_anyhow(performance, Choices(grid="8", meters=((0.0, 4, 4),)), seed).score
    spans = [note.span for note in score.notes if note]
    assert all(span.onset_quarter % Fraction(1, 2) == 0 == span.duration_quarter % Fraction(1, 2) for span in spans)


@given(written_music(), st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_a_grid_holds_for_written_music_too(music: tuple[Performance, Choices], seed: int) -> None:
    performance, choices = music
    given_grid = replace(choices, grid="8", meters=((0.0, 4, 4),))
    spans = [note.span for note in notate_anyhow(performance, given_grid, seed).score.notes if note]
    assert all(span.onset_quarter % Fraction(1, 2) == 0 == span.duration_quarter % Fraction(1, 2) for span in spans)


def test_a_waltz_comes_back_note_for_note() -> None:
    performance = perform(WALTZ, 100, 0.01)
    text = write(performance)
    assert sounding_pitches(text) == Counter(note.pitch for note in performance.notes)
    assert "<beats>3</beats>" in text


def test_triplets_have_a_bracket_or_beam_and_sum() -> None:
    written: list[Written] = [(i / 3, 0.3, 60 + i % 5) for i in range(24)] + [(float(i), 0.9, 43) for i in range(9)]
    text = write(perform(written, 60), Choices(meters=((0.0, 4, 4),), tempo_bpm=60))
    assert text.count("<actual-notes>3</actual-notes>") == 24
    assert text.count('<tuplet ') == 16  # a start and a stop for each of eight


def test_a_long_note_is_tied_over_the_bar_line() -> None:
    written: list[Written] = [(0.0, 1.0, 60), (1.0, 1.0, 62), (2.0, 1.0, 64), (3.0, 5.0, 65), (8.0, 4.0, 67)]
    text = write(perform(written, 60), Choices(meters=((0.0, 4, 4),), downbeats_sec=(0.5,)))
    assert text.count('<tie type="start"') == 1
    assert sounding_pitches(text)[65] == 1


def test_the_page_bears_title_key_tempo_and_brace() -> None:
    text = write(perform(WALTZ, 100), Choices(keys=((0.0, -3, "minor"),)), title="Walzer <Nr. 1>\x00\x1b & mehr")
    root = ElementTree.fromstring(text)
    assert "Walzer <Nr. 1> & mehr" in [e.text for e in root.iter()]
    assert root.findtext(".//fifths") == "-3"
    assert root.findtext(".//staves") == "2"
    assert root.find(".//metronome") is not None
    assert "music21" not in text.lower()


def test_an_octave_higher_moves_the_page_and_nothing_else() -> None:
    performance = perform(WALTZ, 100)
    choices = Choices(split_pitch=62)
    higher = Performance(
        tuple(Note(n.onset_sec, n.offset_sec, n.pitch + 12, n.velocity) for n in performance.notes), (), "hand-made"
    )
    low = notate_here(performance, 25.0, choices)
    high = notate_here(higher, 25.0, Choices(split_pitch=74))
    for below, above in zip(low.score.notes, high.score.notes, strict=True):
        assert below and above
        assert (below.span, below.staff, below.voice) == (above.span, above.staff, above.voice)
        assert (below.spelling.step, below.spelling.octave + 1) == (above.spelling.step, above.spelling.octave)


@pytest.mark.parametrize("meter", [(2, 4), (3, 4), (4, 4), (6, 8), (9, 8), (2, 2), (5, 4), (3, 8)])
def test_every_meter_is_written_with_full_bars(meter: tuple[int, int]) -> None:
    text = write(perform(WALTZ, 100, 0.01), Choices(meters=((0.0, *meter),)))
    assert f"<beats>{meter[0]}</beats>" in text
    assert all(total == length for total, length in bar_sums(text))


def test_spans_of_a_voice_do_not_overlap() -> None:
    score = notate_here(perform(WALTZ, 100, 0.02), 25.0, Choices()).score
    for staff, voice in {(n.staff, n.voice) for n in score.notes if n}:
        spans = sorted({(n.span.onset_quarter, n.span.duration_quarter)
                        for n in score.notes if n and (n.staff, n.voice) == (staff, voice)})
        assert all(a + d <= b for (a, d), (b, _) in pairwise(spans))


@given(written_music(), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_what_stands_exactly_on_the_beats_is_written_whole(music: tuple[Performance, Choices], seed: int) -> None:
    result = notate_anyhow(*music, seed)
    text = write_musicxml(result)
    assert not list(read_schema().iter_errors(text))
    assert all(total == length for total, length in bar_sums(text))
    assert set(sounding_pitches(text)) == {note.pitch for note in result.performance.notes}


@pytest.mark.parametrize("pickup", [1, 2, 3])
def test_the_rest_of_a_pickup_has_its_own_length(pickup: int) -> None:
    notes = [Note(0.5 * beat, 0.5 * beat + 0.5, 72 if beat < pickup else 50, 64) for beat in range(pickup + 8)]
    choices = Choices(
        beats_sec=tuple(0.5 * beat for beat in range(pickup + 8)), meters=((0.0, 4, 4),), downbeats_sec=(0.5 * pickup,)
    )
    text = write(Performance(tuple(notes), (), "hand-made"), choices)
    bar = next(ElementTree.fromstring(text).iter("measure"))
    rests = [note for note in bar.findall("note") if note.find("rest") is not None]
    assert bar.get("implicit") == "yes"
    assert rests
    assert all("measure" not in note.find("rest").attrib and note.findtext("type") for note in rests)  # type: ignore[union-attr]
    first = music21.converter.parse(text, format="musicxml").parts[1].getElementsByClass("Measure")[0]
    assert sum(rest.quarterLength for rest in first.recurse().notesAndRests) == pickup


def test_marks_inside_a_bar_of_rest_are_written_with_the_staff_that_moves() -> None:
    """At a distance from a rest that fills its bar other programs misplace or lose them."""
    notes = tuple(Note(0.5 * beat, 0.5 * beat + 0.5, 72 + beat % 3, 64) for beat in range(16))
    pedals = tuple(Pedal(0.5 * beat, 0.5 * beat + 1.0, "sustain") for beat in (0, 5, 8))
    choices = Choices(beats_sec=tuple(0.5 * beat for beat in range(16)), meters=((0.0, 4, 4),), downbeats_sec=(0.0,))
    root = ElementTree.fromstring(write(Performance(notes, pedals, "hand-made"), choices))
    marks = [mark for mark in root.iter("direction") if mark.find("direction-type/pedal") is not None]
    assert len(marks) == 2 * len(pedals)
    assert {mark.findtext("staff") for mark in marks} == {"2"}
    assert not [mark for mark in marks if mark.find("offset") is not None]
    kinds = [mark.find("direction-type/pedal").get("type") for mark in marks]  # type: ignore[union-attr]
    assert kinds == ["start", "stop"] * len(pedals)
