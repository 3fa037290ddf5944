"""Voices: which notes of a staff move together."""

from fractions import Fraction

from ottava.datatypes import Note, Span
from ottava.notation.voices import separate_voices


def label(rows: list[tuple[str, str, int]]) -> list[int]:
    spans = [Span(Fraction(onset), Fraction(duration)) for onset, duration, _ in rows]
    notes = [Note(float(s.onset_quarter), float(s.onset_quarter + s.duration_quarter), p, 60)
             for s, (_, _, p) in zip(spans, rows, strict=True)]
    return separate_voices(notes, spans, [1] * len(rows))


def test_a_tune_is_one_voice() -> None:
    assert label([("0", "1", 60), ("1", "5/4", 62), ("2", "1", 64)]) == [1, 1, 1]


def test_a_held_bass_takes_the_lower_voice() -> None:
    assert label([("0", "4", 48), ("1", "1", 60), ("2", "1", 62), ("3", "1", 64)]) == [2, 1, 1, 1]


def test_a_held_tune_takes_the_upper_voice() -> None:
    assert label([("0", "4", 72), ("1", "1", 60), ("2", "1", 62), ("3", "1", 64)]) == [1, 2, 2, 2]


def test_a_held_note_beside_short_ones_of_its_chord_stands_alone() -> None:
    assert label([("0", "3", 48), ("0", "1", 64), ("1", "1", 65), ("2", "1", 67)]) == [2, 1, 1, 1]
