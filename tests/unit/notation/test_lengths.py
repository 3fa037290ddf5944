"""Lengths: how long notes are written without anything trained."""

from fractions import Fraction

import numpy as np

from ottava.datatypes import Span
from ottava.notation.lengths import measure_durations, trim_durations
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
