"""Meter: bars, downbeats and pickups."""

from fractions import Fraction

import numpy as np
import pytest

from ottava.datatypes import BeatGrid, Meter
from ottava.meter import bar_quarters, beat_positions, beat_quarters, estimate_meter, number_beats, tactus_beats
from tests.performances import WALTZ, Written, perform

BEATS = 0.5 + np.arange(37, dtype=np.float64) * 0.6


def test_a_waltz_has_three_beats_and_its_downbeats() -> None:
    meter, grid = estimate_meter(perform(WALTZ, 100, 0.01).notes, BEATS)
    assert (meter.beats, meter.beat_type) == (3, 4)
    assert list(grid.beat_in_bar[:6]) == [1, 2, 3, 1, 2, 3]


def test_a_march_has_an_even_meter() -> None:
    march: list[Written] = []
    for bar in range(12):
        bass = (36, 43, 41, 43)[bar % 4]
        march += [(4 * bar, 1.0, bass), (4 * bar, 2.0, 72 + bar % 3), (4 * bar + 1, 0.5, 64)]
        march += [(4 * bar + 2, 1.0, bass + 7), (4 * bar + 2, 1.0, 71)]
        march += [(4 * bar + 3, 0.5, 64), (4 * bar + 3.5, 0.5, 65)]
    meter, grid = estimate_meter(perform(march, 100).notes, 0.5 + np.arange(49, dtype=np.float64) * 0.6)
    assert meter.beats in (2, 4)
    assert grid.beat_in_bar[0] == 1


def test_thirds_of_a_beat_make_a_compound_meter() -> None:
    jig: list[Written] = [(1.5 * i / 3, 0.4, (48, 67, 71, 60, 67, 71)[i % 6]) for i in range(72)]
    meter, _ = estimate_meter(perform(jig, 100).notes, 0.5 + np.arange(25, dtype=np.float64) * 0.9)
    assert meter.beat_type == 8
    assert meter.beats % 3 == 0


def test_given_meter_and_downbeat_are_kept() -> None:
    meter, grid = estimate_meter(perform(WALTZ, 100).notes, BEATS, given=(4, 4), downbeat_sec=0.5 + 2 * 0.6 + 0.1)
    assert (meter.beats, meter.beat_type) == (4, 4)
    assert list(grid.beat_in_bar[:7]) == [3, 4, 1, 2, 3, 4, 1]


@pytest.mark.parametrize(
    ("beats", "beat_type", "tactus", "unit", "bar"),
    [(3, 4, 3, "1", "3"), (6, 8, 2, "3/2", "3"), (3, 8, 3, "1/2", "3/2"), (12, 8, 4, "3/2", "6"), (2, 2, 2, "2", "4")],
)
def test_units_of_meters(beats: int, beat_type: int, tactus: int, unit: str, bar: str) -> None:
    meter = Meter(Fraction(0), beats, beat_type)
    assert tactus_beats(beats, beat_type) == tactus
    assert beat_quarters(meter) == Fraction(unit)
    assert bar_quarters(meter) == Fraction(bar)


def test_a_pickup_counts_up_to_its_bar_line() -> None:
    grid = BeatGrid(BEATS[:6], np.array([4, 1, 2, 3, 4, 1], np.int64))
    beats, pickup = number_beats(grid, Meter(Fraction(0), 4, 4), Fraction(1, 2))
    assert pickup == 1
    assert [(int(b.quarter), b.beat_in_bar, b.bar) for b in beats[:3]] == [(-1, 4, 0), (0, 1, 1), (1, 2, 1)]


def test_positions_go_on_beyond_the_beats() -> None:
    places = beat_positions(np.array([-1.0, 0.5, 1.5, 5.0]), np.array([0.0, 1.0, 3.0]))
    assert places == pytest.approx([-1.0, 0.5, 1.25, 3.0])
