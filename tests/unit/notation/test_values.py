"""Values: written lengths and what the network sees of the notes."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings

from ottava.datatypes import BeatGrid, Note, Pedal, Performance
from ottava.notation.values import N_FEATURES, VALUES, choose_values, describe_values
from ottava.rhythm.divisions import Grid
from ottava.rhythm.features import hold_notes
from tests.performances import performances

GRID = BeatGrid(np.array([0.0, 1.0]), np.array([1, 2]), ((2, 4),) * 2)


def choose(value: str | None, place: str, played: str = "1", limit: Grid = "auto") -> Fraction:
    """The length of a note whose ``value`` the network prefers, an eighth next to it."""
    outputs = np.zeros((1, len(VALUES) + 1))
    outputs[0, VALUES.index(Fraction(1, 2))] = 1.0
    outputs[0, VALUES.index(Fraction(value)) if value else len(VALUES)] = 2.0
    return choose_values(outputs, [Fraction(place)], [1], [Fraction(played)], GRID, limit)[0]


def test_the_likeliest_length_that_fits_is_written() -> None:
    assert choose("3/2", "1/2") == Fraction(3, 2)
    assert choose("1/9", "1/4") == Fraction(1, 2)  # would end at 13/36
    assert choose("1/3", "1/3") == Fraction(1, 3)


def test_a_limit_of_the_grid_holds_for_lengths_too() -> None:
    assert choose("1/4", "0") == Fraction(1, 4)
    assert choose("1/4", "0", limit="8") == Fraction(1, 2)
    assert choose("1/3", "0", limit="triplet") == Fraction(1, 3)


def test_another_length_is_that_of_the_key() -> None:
    assert choose(None, "0", "7/4") == Fraction(7, 4)


def test_no_note_ends_between_the_notes_of_a_quintuplet() -> None:
    places = [Fraction(0), Fraction(6, 5), Fraction(8, 5)]
    outputs = np.zeros((3, len(VALUES) + 1))
    outputs[0, [VALUES.index(Fraction(4, 3)), VALUES.index(Fraction(1))]] = 2.0, 1.0
    outputs[1:, VALUES.index(Fraction(1, 5))] = 2.0
    lengths = choose_values(outputs, places, [1] * 3, [Fraction(1)] * 3, GRID)
    assert lengths == [Fraction(1), Fraction(1, 5), Fraction(1, 5)]


def test_the_pedal_holds_what_is_released_while_it_is_down() -> None:
    pedals = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert hold_notes(np.array([0.5, 1.5, 2.5, 3.5]), pedals) == pytest.approx([0.5, 2.0, 2.5, 4.0])
    assert hold_notes(np.array([0.5]), np.zeros((0, 2))) == pytest.approx([0.5])


@given(performances())
@settings(max_examples=40, deadline=None)
def test_features_are_finite(performance: Performance) -> None:
    notes = performance.notes
    grid = BeatGrid(np.array([0.0, 1.0, 2.0, 30.0]), np.array([1, 2, 1, 2]), ((6, 8),) * 4)
    places = sorted(Fraction(round(note.onset_sec * 2), 4) for note in notes)
    features, where, pitches = describe_values(notes, [Pedal(0.1, 9.0, "sustain")], places, grid)
    assert features.shape == (len(notes), N_FEATURES)
    assert np.isfinite(features).all()
    assert len(where) == len(pitches) == len(notes)


def test_a_note_alone_has_features() -> None:
    assert describe_values([Note(0.0, 1.0, 60, 64)], (), [Fraction(0)], GRID)[0].shape == (1, N_FEATURES)


def test_the_last_chord_of_a_staff_ends_together() -> None:
    outputs = np.zeros((4, len(VALUES) + 1))
    for row, value in enumerate(("1", "1/4", "1", "1/2")):
        outputs[row, VALUES.index(Fraction(value))] = 9.0
    places = [Fraction(0), Fraction(1), Fraction(1), Fraction(1)]
    assert choose_values(outputs, places, [1, 1, 1, 2], [Fraction(1)] * 4, GRID) == [1, 1, 1, Fraction(1, 2)]
