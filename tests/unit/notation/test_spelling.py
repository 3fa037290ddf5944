"""Spelling: names of pitches."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ottava.datatypes import Key, Note
from ottava.notation.spelling import NATURAL_PITCH_CLASS, name_pitch, read_pitch, spell_pitch, spell_pitches


@given(st.integers(21, 108), st.integers(-7, 10))
def test_a_spelling_sounds_its_pitch(pitch: int, centre: int) -> None:
    spelling = spell_pitch(pitch, centre)
    assert NATURAL_PITCH_CLASS[spelling.step] + spelling.alter + 12 * (spelling.octave + 1) == pitch
    assert -2 <= spelling.alter <= 2


@given(st.integers(21, 96), st.integers(-7, 10))
def test_an_octave_higher_is_the_same_name(pitch: int, centre: int) -> None:
    low, high = spell_pitch(pitch, centre), spell_pitch(pitch + 12, centre)
    assert (low.step, low.alter, low.octave + 1) == (high.step, high.alter, high.octave)


def names(pitches: list[int], fifths: int, mode: str) -> list[str]:
    notes = [Note(i, i + 1, pitch, 64) for i, pitch in enumerate(pitches)]
    key = Key(Fraction(0), fifths, "minor" if mode == "minor" else "major")
    return [f"{s.step}{'#' * s.alter}{'b' * -s.alter}{s.octave}" for s in spell_pitches(notes, key)]


@pytest.mark.parametrize(
    ("pitches", "fifths", "mode", "expected"),
    [
        ([60, 62, 64, 65, 66, 70], 0, "major", ["C4", "D4", "E4", "F4", "F#4", "Bb4"]),
        ([69, 68, 66, 65], 0, "minor", ["A4", "G#4", "F#4", "F4"]),
        ([60, 61, 63, 59], -5, "major", ["C4", "Db4", "Eb4", "Cb4"]),
        ([71, 72, 61, 63], 6, "major", ["B4", "B#4", "C#4", "D#4"]),
    ],
)
def test_names_belong_to_the_key(pitches: list[int], fifths: int, mode: str, expected: list[str]) -> None:
    assert names(pitches, fifths, mode) == expected


@given(st.integers(21, 108))
def test_names_are_read_as_written(pitch: int) -> None:
    assert read_pitch(name_pitch(pitch)) == pitch


def test_no_name_is_refused() -> None:
    with pytest.raises(ValueError, match="is no pitch"):
        read_pitch("H4")
