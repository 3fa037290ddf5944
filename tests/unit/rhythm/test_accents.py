"""Accents: meters and downbeats without anything trained."""

import numpy as np

from ottava.datatypes import Note
from ottava.rhythm.accents import estimate_meter
from tests.performances import WALTZ, Written, perform

BEATS = 0.5 + np.arange(37, dtype=np.float64) * 0.6


def test_a_waltz_has_three_beats_and_its_downbeats() -> None:
    grid = estimate_meter(perform(WALTZ, 100, 0.01).notes, BEATS)
    assert set(grid.signatures) == {(3, 4)}
    assert list(grid.beat_in_bar[:6]) == [1, 2, 3, 1, 2, 3]


def test_a_march_has_an_even_meter() -> None:
    march: list[Written] = []
    for bar in range(12):
        bass = (36, 43, 41, 43)[bar % 4]
        march += [(4 * bar, 1.0, bass), (4 * bar, 2.0, 72 + bar % 3), (4 * bar + 1, 0.5, 64)]
        march += [(4 * bar + 2, 1.0, bass + 7), (4 * bar + 2, 1.0, 71)]
        march += [(4 * bar + 3, 0.5, 64), (4 * bar + 3.5, 0.5, 65)]
    grid = estimate_meter(perform(march, 100).notes, 0.5 + np.arange(49, dtype=np.float64) * 0.6)
    assert grid.signatures[0][0] in (2, 4)
    assert grid.beat_in_bar[0] == 1


def test_thirds_of_a_beat_make_a_compound_meter() -> None:
    jig: list[Written] = [(1.5 * i / 3, 0.4, (48, 67, 71, 60, 67, 71)[i % 6]) for i in range(72)]
    grid = estimate_meter(perform(jig, 100).notes, 0.5 + np.arange(25, dtype=np.float64) * 0.9)
    beats, beat_type = grid.signatures[0]
    assert beat_type == 8
    assert beats % 3 == 0


def test_given_meter_and_downbeat_are_kept() -> None:
    grid = estimate_meter(perform(WALTZ, 100).notes, BEATS, [(0.0, 4, 4)], [0.5 + 2 * 0.6 + 0.1])
    assert set(grid.signatures) == {(4, 4)}
    assert list(grid.beat_in_bar[:7]) == [3, 4, 1, 2, 3, 4, 1]


def test_meters_change_where_a_person_says_so() -> None:
    grid = estimate_meter(perform(WALTZ, 100).notes, BEATS, [(0.0, 3, 4), (0.5 + 6 * 0.6, 2, 4)], [0.5])
    assert grid.signatures[5:7] == ((3, 4), (2, 4))
    assert list(grid.beat_in_bar[3:10]) == [1, 2, 3, 1, 2, 1, 2]


def test_two_beats_are_not_enough_for_a_bar() -> None:
    notes = [Note(0.25, 0.5, 30, 64)]
    for meters in (((0.0, 4, 4),), ()):
        grid = estimate_meter(notes, np.array([0.0, 0.5]), meters)
        assert len(grid.beat_in_bar) == 2
