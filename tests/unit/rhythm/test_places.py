"""Places of chords in the beat."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ottava.datatypes import BeatGrid
from ottava.rhythm.chords import group_notes
from ottava.rhythm.divisions import Grid, division_costs
from ottava.rhythm.places import limit_places, refine_places, snap_onsets, straighten_swing, straighten_thirds
from tests.performances import Written, perform

QUARTER = Fraction(1)


def onsets(written: list[Written], unevenness_sec: float = 0.0, grid: Grid = "auto") -> list[Fraction]:
    performance = perform(written, 100, unevenness_sec)
    times = 0.5 + np.arange(20, dtype=np.float64) * 0.6
    chords = group_notes(np.array([note.onset_sec for note in performance.notes]))
    return snap_onsets(chords.times_sec, times, division_costs(QUARTER, grid))


@pytest.mark.parametrize(
    "places",
    [
        ["0", "1/2", "1", "3/2", "2"],
        ["0", "1/4", "1/2", "3/4", "1"],
        ["0", "1/3", "2/3", "1", "4/3", "5/3", "2"],
        ["0", "3/4", "1", "7/4", "2"],
    ],
)
def test_usual_divisions_are_found_in_uneven_playing(places: list[str]) -> None:
    expected = [Fraction(place) for place in places]
    assert onsets([(float(place), 0.2, 60 + i) for i, place in enumerate(expected)], 0.008) == expected


def test_a_spread_chord_is_one_chord() -> None:
    assert group_notes(np.array([0.50, 0.52, 0.54, 0.60])).chord_of.tolist() == [0, 0, 0, 1]


def test_a_grid_of_eighths_has_no_finer_place() -> None:
    written: list[Written] = [(i / 4, 0.2, 60 + i % 7) for i in range(16)]
    assert all((onset * 2).denominator == 1 for onset in onsets(written, grid="8"))


def test_five_in_a_beat_are_a_quintuplet() -> None:
    times = np.array([0.0, 0.21, 0.39, 0.6, 0.81, 1.0, 1.5])
    given = [Fraction(0), Fraction(1, 4), Fraction(3, 8), Fraction(5, 8), Fraction(3, 4), Fraction(1), Fraction(3, 2)]
    elsewhere = np.array([0, 0.9, 0.9, 0.9, 0.9, 0, 0])
    places = refine_places(times, given, np.array([0.0, 1.0, 2.0]), [(2, 4)] * 2, elsewhere)
    assert places == [*(Fraction(step, 5) for step in range(5)), Fraction(1), Fraction(3, 2)]
    assert refine_places(times, given, np.array([0.0, 1.0, 2.0]), [(2, 4)] * 2, np.zeros(7)) == given


def test_swing_is_written_straight_when_it_is_everywhere_or_wanted() -> None:
    swung: list[Fraction | None] = [beat + phase for beat in range(30) for phase in (Fraction(0), Fraction(2, 3))]
    straight = [beat + phase for beat in range(30) for phase in (Fraction(0), Fraction(1, 2))]
    assert straighten_swing(swung, [(4, 4)] * 30, None) == (straight, True)
    assert straighten_swing(swung, [(4, 4)] * 30, False) == (swung, False)
    assert straighten_swing(swung, [(6, 8)] * 30, None) == (swung, False)
    assert straighten_swing(swung[:8], [(4, 4)] * 4, None) == (swung[:8], False)
    assert straighten_swing(swung[:8], [(4, 4)] * 4, True) == (straight[:8], True)


def test_dotted_eighths_swing_where_a_person_says_so() -> None:
    dotted = [Fraction(n, 4) for n in (0, 3, 4, 7, 8, 10, 11)]
    even = [Fraction(n, 4) for n in (0, 2, 4, 6, 8, 10, 11)]
    assert straighten_swing(dotted, [(4, 4)] * 4, True) == (even, True)
    assert straighten_swing(dotted, [(4, 4)] * 4, None) == (dotted, False)


def test_a_limit_moves_places_to_the_nearest_that_it_allows() -> None:
    grid = BeatGrid(np.arange(3.0), np.array([1, 2, 1]), ((2, 4),) * 3)
    places = [Fraction(0), Fraction(1, 5), Fraction(2, 3), Fraction(5, 4)]
    assert limit_places(places, grid, "8") == [0, 0, Fraction(1, 2), 1]
    assert limit_places(places, grid, "auto") == places


def test_a_triplet_of_one_chord_is_none() -> None:
    places = [Fraction(place) for place in ("0", "2/3", "1", "4/3", "5/3", "2", "7/3", "5/2", "3")]
    straight = straighten_thirds([*places, None], [(2, 4)] * 4)
    moved = ["0", "3/4", "1", "4/3", "5/3", "2", "9/4", "5/2", "3"]
    assert straight == [*(Fraction(place) for place in moved), None]
    assert straighten_thirds([*places, None], [(6, 8)] * 4) == [*places, None]


@given(st.lists(st.integers(0, 96), min_size=1, max_size=20))
def test_straight_thirds_keep_their_order(twelfths: list[int]) -> None:
    places = [Fraction(place, 12) for place in sorted(twelfths)]
    straight = straighten_thirds(places, [(4, 4)] * 9)
    moved = [place for place in straight if place is not None]
    assert moved == sorted(moved)
    assert len(moved) == len(places)
