"""Ties: tied lengths show the beats."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ottava.ties import PRINTABLE, split_span

QUARTER = Fraction(1)


@given(
    st.integers(0, 95).map(lambda n: Fraction(n, 24)),
    st.integers(1, 96).map(lambda n: Fraction(n, 24)),
    st.sampled_from([Fraction(1), Fraction(3, 2)]),
)
def test_tied_lengths_sum_and_are_printable(start: Fraction, duration: Fraction, beat: Fraction) -> None:
    lengths = split_span(start, duration, beat)
    assert sum(lengths) == duration
    assert all(length in PRINTABLE for length in lengths)


@pytest.mark.parametrize(
    ("start", "duration", "lengths"),
    [
        ("0", "4", ["4"]),
        ("1", "2", ["2"]),
        ("1/2", "1", ["1"]),
        ("1/2", "2", ["1/2", "3/2"]),
        ("0", "5/4", ["1", "1/4"]),
        ("1/3", "2/3", ["2/3"]),
        ("2/3", "4/3", ["1/3", "1"]),
        ("3/4", "1/2", ["1/4", "1/4"]),
        ("3/5", "9/10", ["2/5", "1/2"]),
        ("1/2", "25/14", ["1/2", "1", "2/7"]),
    ],
)
def test_ties_show_the_beats(start: str, duration: str, lengths: list[str]) -> None:
    assert split_span(Fraction(start), Fraction(duration), QUARTER) == [Fraction(length) for length in lengths]
