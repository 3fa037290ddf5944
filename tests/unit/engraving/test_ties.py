"""Ties: tied lengths show the beats."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ottava.datatypes import Meter
from ottava.engraving.ties import PRINTABLE, split_rest, split_span
from ottava.engraving.tuplets import name_value

COMMON, COMPOUND, WALTZ = Meter(Fraction(0), 4, 4), Meter(Fraction(0), 12, 8), Meter(Fraction(0), 3, 4)


Split = Callable[[Fraction, Fraction, Meter], list[Fraction]]


@given(
    st.integers(0, 95).map(lambda n: Fraction(n, 24)),
    st.integers(1, 96).map(lambda n: Fraction(n, 24)),
    st.sampled_from([COMMON, COMPOUND]),
    st.sampled_from([split_span, split_rest]),
)
def test_tied_lengths_sum_and_are_printable(start: Fraction, duration: Fraction, meter: Meter, split: Split) -> None:
    lengths = split(start, duration, meter)
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
    assert split_span(Fraction(start), Fraction(duration), COMMON) == [Fraction(length) for length in lengths]


@pytest.mark.parametrize(
    ("meter", "start", "duration", "lengths"),
    [
        (COMMON, "0", "2", ["2"]),
        (COMMON, "1", "2", ["1", "1"]),
        (COMMON, "1/2", "7/2", ["1/2", "1", "2"]),
        (COMMON, "1/4", "3/4", ["1/4", "1/2"]),
        (COMMON, "1/3", "5/3", ["1/3", "1/3", "1"]),
        (WALTZ, "1", "2", ["1", "1"]),
        (COMPOUND, "1/2", "11/2", ["1/2", "1/2", "3/2", "3"]),
    ],
)
def test_rests_stand_where_their_value_begins(meter: Meter, start: str, duration: str, lengths: list[str]) -> None:
    assert split_rest(Fraction(start), Fraction(duration), meter) == [Fraction(length) for length in lengths]


def test_rests_of_the_longest_bars_have_signs() -> None:
    lengths = split_rest(Fraction(0), Fraction(96), Meter(Fraction(0), 30, 1))
    assert sum(lengths) == 96
    assert all(name_value(length) for length in lengths)
