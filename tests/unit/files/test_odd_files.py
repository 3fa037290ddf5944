"""Files that mean harm, or nothing at all: each gives a result that can be written, or one sentence."""

import copy
import io
import json
import math
from collections.abc import Iterator
from typing import Any

import mido
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ottava.datatypes import Choices, Correction, Note, Pedal, Performance, Spelling
from ottava.errors import TranscriptionError
from ottava.files.midi import (
    LONGEST_SEC,
    MOST_MIDI_BYTES,
    MOST_NOTES,
    read_midi,
    read_written,
    write_midi,
    write_quantised_midi,
)
from ottava.files.musicxml import write_musicxml
from ottava.files.project import LONGEST_TEXT, MOST_JSON_BYTES, read_result, result_to_json
from tests.performances import WALTZ, notate_here, perform

LONGEST_SENTENCE = 200
PROJECT = json.loads(
    result_to_json(
        notate_here(
            Performance(
                perform(WALTZ[:24], 100).notes, (Pedal(0.5, 2.0, "sustain"),), "m", (Note(0.7, 0.9, 90, 40, 0.3),)
            ),
            8.0,
            Choices(
                title="T", composer="C", tempo_bpm=90.0, meters=((0.0, 3, 4),), keys=((0.0, -3, "minor"),),
                downbeats_sec=(0.5,), beats_sec=(0.5, 1.1, 1.7), split_pitch=60, setting="exact", sensitivity=0.6,
                swing=False, beats="dp", tempo_factor=2,
                corrections={1: Correction(pitch=61, staff=1, spelling=Spelling("C", 1, 4), onset_sec=0.6)},
                added=((Note(3.0, 3.4, 80, 50), Correction(staff=1)),),
            ),
        )
    )
)  # fmt: skip
ODD_NUMBERS = [math.nan, math.inf, -math.inf, -1, -0.0, 1e308, 5e-324, 10**400, -(10**400), 2**63, 0.5, 1e9]
ODD_TEXTS = ["", "<script>alert(1)</script>", "\ud800", "\x00", "\u202ecod.exe", "9" * 5000, "x" * 100_000, "nan", "C9"]
ODD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.sampled_from(ODD_NUMBERS + ODD_TEXTS) | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=6,
)
SOUND = (lambda read: (read[2], read[3], read[1]))(read_result(json.dumps(PROJECT)))
"""What needs no second try."""


@st.composite
def projects(draw: st.DrawFn) -> str:
    """A sound project with some of its values replaced by anything."""
    project = copy.deepcopy(PROJECT)
    for _ in range(draw(st.integers(1, 3))):
        place: Any = project
        name: Any = draw(st.sampled_from(("performance", "choices", "title", "duration_sec", "format")))
        while isinstance(place[name], dict | list) and place[name] and draw(st.integers(0, 3)):
            place = place[name]
            name = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        place[name] = draw(ODD)
    return json.dumps(project)


def write_all(performance: Performance, duration_sec: float, choices: Choices, title: str) -> None:
    """Write whatever can be written of a performance, or get a sentence."""
    try:
        result = notate_here(performance, duration_sec, choices, title)
    except TranscriptionError as error:
        check_sentence(error)
        return
    json.loads(result_to_json(result).encode("utf-8"), parse_constant=pytest.fail)
    write_musicxml(result).encode("utf-8")
    assert write_midi(result)
    assert write_quantised_midi(result)


def check_sentence(error: TranscriptionError) -> None:
    text = str(error)
    assert text.endswith(".")
    assert len(text) < LONGEST_SENTENCE
    assert "\n" not in text


@given(ODD)
@example({"format": "ottava-1", "performance": {"notes": [{}]}})
@settings(deadline=None)
def test_any_json_is_refused_with_a_sentence(anything: Any) -> None:
    with pytest.raises(TranscriptionError) as refused:
        read_result(json.dumps(anything))
    check_sentence(refused.value)


def find_places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of everything in a project, of lists only the first entry."""
    yield path
    if isinstance(value, dict | list):
        for name in sorted(value) if isinstance(value, dict) else range(min(1, len(value))):
            yield from find_places(value[name], (*path, name))


def replace_at(path: tuple[str | int, ...], value: Any) -> str:
    """The project with another value at a place, as JSON."""
    project = copy.deepcopy(PROJECT)
    place: Any = project
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return json.dumps(project)


@pytest.mark.parametrize(
    "path",
    [path for path in find_places(PROJECT) if path and path[0] != "score"],
    ids=lambda path: ".".join(map(str, path)),
)
def test_a_project_with_one_odd_value_is_written_or_refused(path: tuple[str | int, ...]) -> None:
    value: Any
    for value in [*ODD_NUMBERS, *ODD_TEXTS, True, None, [], {}, [None], [[]], {"a": 1}, "1", 64, 1]:
        check_project(replace_at(path, value))


@given(projects())
@settings(max_examples=50, deadline=None)
def test_a_project_with_several_is_written_or_refused(text: str) -> None:
    check_project(text)


def check_project(text: str) -> None:
    try:
        title, duration_sec, performance, choices = read_result(text)
    except TranscriptionError as error:
        check_sentence(error)
        return
    assert len(title) <= LONGEST_TEXT
    if (performance, choices, duration_sec) != SOUND:
        write_all(performance, duration_sec, choices, title)


@pytest.mark.parametrize("text", ["[" * 1_000_000, '{"format":' * 200_000, "", "\x00", "{" + '"a":' * 10])
def test_text_that_is_no_json(text: str) -> None:
    with pytest.raises(TranscriptionError):
        read_result(text)


def test_ten_million_notes_are_refused_at_once() -> None:
    """By the length of the text: taken apart, they would fill the memory."""
    text = '{"format": "ottava-1", "performance": {"notes": [' + "0," * (MOST_JSON_BYTES // 2) + "0]}}"
    with pytest.raises(TranscriptionError, match="too large"):
        read_result(text)


def test_more_notes_than_anybody_plays() -> None:
    note = {"onset_sec": 0, "offset_sec": 1, "pitch": 60, "velocity": 64}
    with pytest.raises(TranscriptionError, match="too large"):
        read_result(json.dumps({"format": "ottava-1", "performance": {"notes": [note] * (MOST_NOTES + 1)}}))


def write_track(*messages: mido.Message | mido.MetaMessage, ticks_per_beat: int = 480) -> bytes:
    """A MIDI file of one track."""
    file = mido.MidiFile(ticks_per_beat=ticks_per_beat)
    file.tracks.append(mido.MidiTrack(messages))
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def press(ticks: int, pitch: int = 60) -> list[mido.Message]:
    """A note of so many ticks."""
    return [mido.Message("note_on", note=pitch), mido.Message("note_off", note=pitch, time=ticks)]


MIDI = write_midi(notate_here(perform(WALTZ[:24], 100), 8.0, Choices(beats="dp")))


@st.composite
def midi_files(draw: st.DrawFn) -> bytes:
    """A sound file with some bytes changed, and perhaps without its end."""
    data = bytearray(MIDI)
    for _ in range(draw(st.integers(1, 4))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(len(data) // 2, len(data)))])


@given(st.binary(max_size=60) | midi_files())
@settings(max_examples=150, deadline=None)
@example(MIDI[:12] + b"\x00\x00" + MIDI[14:])  # no ticks in a quarter
@example(MIDI[:12] + b"\xe7\x28" + MIDI[14:])  # ticks of a film, not of a quarter
def test_any_bytes_as_midi(data: bytes) -> None:
    try:
        performance, choices = read_midi(data), read_written(data)
    except TranscriptionError as error:
        check_sentence(error)
        return
    write_all(performance, performance.notes[-1].offset_sec, choices, "")


@pytest.mark.parametrize(("numerator", "denominator"), [(255, 4), (4, 64), (3, 2**20)])
def test_a_meter_that_nobody_writes(numerator: int, denominator: int) -> None:
    meter = mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator)
    data = write_track(meter, *(message for pitch in range(60, 72) for message in press(480, pitch)))
    performance, choices = read_midi(data), read_written(data)
    write_all(performance, 6.0, choices, "")


def test_a_million_notes_are_refused_at_once() -> None:
    with pytest.raises(TranscriptionError, match="too large"):
        read_midi(MIDI + b"\x00\x90\x3c\x40\x01\x80\x3c\x00" * (MOST_MIDI_BYTES // 8))


def test_longer_than_anybody_plays() -> None:
    slow = mido.MetaMessage("set_tempo", tempo=2**24 - 1)
    with pytest.raises(TranscriptionError, match="too large"):
        read_midi(write_track(slow, *press(100), *press(round(LONGEST_SEC / 16)), ticks_per_beat=1))


def test_a_long_rest_is_written() -> None:
    """MIDI has no quarter longer than 16.7 seconds; a person may pause for a minute."""
    notes = tuple(Note(sec, sec + 0.4, 60, 64) for sec in (0.5, 1.0, 61.0, 61.5))
    choices = Choices(beats="dp", beats_sec=(0.5, 1.0, 61.0, 61.5), meters=((0.0, 2, 4),))
    result = notate_here(Performance(notes, (), "m"), 62.0, choices)
    back = read_midi(write_midi(result))
    assert [note.onset_sec for note in back.notes] == pytest.approx([note.onset_sec for note in notes], abs=2e-3)
