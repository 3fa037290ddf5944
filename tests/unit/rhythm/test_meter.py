"""Meter: bars, downbeats and pickups."""

from fractions import Fraction

import numpy as np
import pytest

from ottava.datatypes import BeatGrid, Meter
from ottava.rhythm.meter import (
    bar_quarters,
    beat_positions,
    beat_quarters,
    complete_grid,
    list_bars,
    number_beats,
    quarter_at,
    tactus_beats,
)

BEATS = 0.5 + np.arange(37, dtype=np.float64) * 0.6


@pytest.mark.parametrize(
    ("beats", "beat_type", "tactus", "unit", "bar"),
    [(3, 4, 3, "1", "3"), (6, 8, 2, "3/2", "3"), (3, 8, 3, "1/2", "3/2"), (12, 8, 4, "3/2", "6"), (2, 2, 2, "2", "4")],
)
def test_units_of_meters(beats: int, beat_type: int, tactus: int, unit: str, bar: str) -> None:
    meter = Meter(Fraction(0), beats, beat_type)
    assert tactus_beats(beats) == tactus
    assert beat_quarters(meter) == Fraction(unit)
    assert bar_quarters(meter) == Fraction(bar)


def test_a_pickup_counts_up_to_its_bar_line() -> None:
    grid = complete_grid(BeatGrid(BEATS[:6], np.array([4, 1, 2, 3, 4, 1], np.int64), ((4, 4),) * 6), Fraction(5))
    quarters, beats, meters = number_beats(grid, Fraction(1, 2))
    assert [(int(b.quarter), b.beat_in_bar, b.bar) for b in beats[:3]] == [(-1, 4, 0), (0, 1, 1), (1, 2, 1)]
    assert (beats[-1].bar, beats[-1].beat_in_bar) == (2, 4)
    assert [(m.quarter, m.beats, m.beat_type) for m in meters] == [(Fraction(0), 4, 4)]
    assert quarter_at(quarters, Fraction(3, 2)) == Fraction(1, 2)


def test_a_pickup_as_long_as_the_bar_after_it_is_a_bar() -> None:
    numbers = np.array([2, 3, 4, 1, 1, 2, 3, 4], np.int64)
    quarters, beats, meters = number_beats(BeatGrid(BEATS[:8], numbers, ((4, 4),) * 8), Fraction(1, 2))
    assert [(int(m.quarter), m.beats, m.beat_type) for m in meters] == [(0, 3, 4), (3, 1, 4), (4, 4, 4)]
    assert quarters[0] == beats[0].quarter == 0


def test_a_bar_cut_short_has_a_meter_of_its_own() -> None:
    numbers = np.array([1, 2, 3, 4, 1, 2, 1, 2, 3, 4], np.int64)
    _, _, meters = number_beats(BeatGrid(BEATS[:10], numbers, ((4, 4),) * 10), Fraction(0))
    assert [(int(m.quarter), m.beats, m.beat_type) for m in meters] == [(0, 4, 4), (4, 2, 4), (6, 4, 4)]
    bars = list_bars(meters, Fraction(0), Fraction(10))
    assert [(bar.number, int(bar.start_quarter)) for bar in bars] == [(1, 0), (2, 4), (3, 6)]
    assert [int(bar.length_quarter) for bar in bars] == [4, 2, 4]


def test_compound_beats_are_three_eighths_long() -> None:
    grid = BeatGrid(BEATS[:5], np.array([2, 1, 2, 1, 2], np.int64), ((6, 8),) * 5)
    quarters, beats, _ = number_beats(grid, Fraction(0))
    assert [beat.quarter for beat in beats] == [Fraction(-3, 2), 0, Fraction(3, 2), 3, Fraction(9, 2)]
    assert quarter_at(quarters, Fraction(4, 3)) == Fraction(1, 2)


def test_positions_go_on_beyond_the_beats() -> None:
    places = beat_positions(np.array([-1.0, 0.5, 1.5, 5.0]), np.array([0.0, 1.0, 3.0]))
    assert places == pytest.approx([-1.0, 0.5, 1.25, 3.0])
