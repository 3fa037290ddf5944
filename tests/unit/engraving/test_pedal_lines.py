"""Pedals as lines that can be read."""

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ottava.datatypes import ScorePedal
from ottava.engraving.pedal_lines import SHORTEST_QUARTER, draw_pedals

BEGIN, END = Fraction(-1), Fraction(16)


def draw(presses: list[tuple[str, str]]) -> list[tuple[str, str]]:
    pedals = [ScorePedal(Fraction(onset), Fraction(offset)) for onset, offset in presses]
    return [(str(line.onset_quarter), str(line.offset_quarter)) for line in draw_pedals(pedals, BEGIN, END)]


@pytest.mark.parametrize(("presses", "lines"), [
    ([("0", "2"), ("3", "4")], [("0", "2"), ("3", "4")]),
    ([("0", "15/8"), ("17/8", "4")], [("0", "17/8"), ("17/8", "4")]),  # changed
    ([("0", "1/4"), ("2", "4")], [("2", "4")]),
    ([("0", "2"), ("9/4", "19/8"), ("5/2", "4")], [("0", "5/2"), ("5/2", "4")]),
    ([("-2", "1"), ("15", "20")], [("-1", "1"), ("15", "16")]),
])  # fmt: skip
def test_short_lifts_are_changes_and_short_presses_are_none(
    presses: list[tuple[str, str]], lines: list[tuple[str, str]]
) -> None:
    assert draw(presses) == lines


@given(st.lists(st.tuples(st.integers(-16, 160), st.integers(1, 40)), max_size=20))
def test_lines_are_in_order_and_long_enough(presses: list[tuple[int, int]]) -> None:
    pedals, last = [], -16
    for onset, length in sorted(presses):
        onset = max(onset, last)
        last = onset + length
        pedals.append(ScorePedal(Fraction(onset, 8), Fraction(last, 8)))
    lines = draw_pedals(pedals, BEGIN, END)
    assert all(line.offset_quarter - line.onset_quarter >= SHORTEST_QUARTER for line in lines)
    assert all(a.offset_quarter <= b.onset_quarter for a, b in itertools.pairwise(lines))
    assert all(line.onset_quarter >= BEGIN and line.offset_quarter <= END for line in lines)
