"""Lengths: how long notes are written without anything trained."""

from fractions import Fraction

import numpy as np

from ottava.datatypes import Note, Pedal, Span
from ottava.notation.lengths import cut_silent, measure_durations, trim_durations
from tests.performances import perform

QUARTER = Fraction(1)


def test_lengths_follow_the_keys() -> None:
    performance = perform([(0, 2.0, 60), (2, 1.0, 62)], 100)
    times = 0.5 + np.arange(5, dtype=np.float64) * 0.6
    lengths = measure_durations(performance.notes, [Fraction(0), Fraction(2)], times)
    assert [round(length) for length in lengths] == [2, 1]


def test_legato_reaches_the_next_note_and_staccato_does_not() -> None:
    spans = [Span(Fraction(0), Fraction(3, 4)), Span(Fraction(1), Fraction(1, 4)), Span(Fraction(2), Fraction(3))]
    trimmed = trim_durations([*spans, Span(Fraction(3), QUARTER)], [1] * 4, [1] * 4)
    assert [span.duration_quarter for span in trimmed] == [1, Fraction(1, 4), 1, 1]


def cut(rows: list[tuple[int, float, int]], pedals: list[Pedal]) -> list[int]:
    """Lengths of notes of (place, seconds held, pitch), a second a beat, that would all be three beats long."""
    notes = [Note(float(place), place + held, pitch, 60) for place, held, pitch in rows]
    places = [Fraction(place) for place, _, _ in rows]
    return [int(length) for length in cut_silent(notes, pedals, places, [1] * len(rows), [Fraction(3)] * len(rows))]


def test_a_line_does_not_sound_on_behind_its_keys() -> None:
    assert cut([(0, 0.8, 60), (1, 0.8, 62), (3, 0.8, 64)], []) == [1, 2, 3]


def test_what_is_held_by_hand_or_foot_and_chords_may_sound_on() -> None:
    assert cut([(0, 1.5, 60), (1, 0.8, 62), (3, 0.8, 64)], []) == [3, 2, 3]
    assert cut([(0, 0.8, 60), (1, 0.8, 62), (3, 0.8, 64)], [Pedal(0.5, 2.5, "sustain")]) == [3, 2, 3]
    assert cut([(0, 0.8, 60), (1, 0.8, 62), (1, 0.8, 65), (3, 0.8, 64)], []) == [3, 3, 3, 3]
