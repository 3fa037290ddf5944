"""Names: what the network sees of the notes, and what is written of what it says."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ottava.datatypes import Choices, Key, Note, Performance
from ottava.notation.names import N_FEATURES, agree_on_names, choose_names, describe_names, find_nearest_names
from ottava.notation.spelling import NATURAL_PITCH_CLASS, spell_place
from tests.performances import notate_anyhow, performances


def transpose(performance: Performance, semitones: int) -> tuple[Note, ...]:
    """The notes that many semitones higher."""
    return tuple(replace(note, pitch=note.pitch + semitones) for note in performance.notes)


@given(performances(), st.integers(-7, 7))
@settings(max_examples=40, deadline=None)
def test_features_are_finite(performance: Performance, fifths: int) -> None:
    n_notes = len(performance.notes)
    features, onsets, pitches = describe_names(performance.notes, np.full(n_notes, fifths))
    assert features.shape == (n_notes, N_FEATURES)
    assert np.isfinite(features).all()
    assert len(onsets) == len(pitches) == n_notes


@given(performances(), st.integers(-11, 11))
@settings(max_examples=40, deadline=None)
def test_transposed_notes_look_the_same_but_for_their_height(performance: Performance, semitones: int) -> None:
    here, there = np.zeros(len(performance.notes), np.int64), np.full(len(performance.notes), semitones * 7)
    features, _, _ = describe_names(performance.notes, here)
    moved, _, _ = describe_names(transpose(performance, semitones), there)
    height = np.flatnonzero(np.abs(moved - features).max(axis=0) > 1e-5)
    assert len(height) <= 1
    assert moved[:, height] - features[:, height] == pytest.approx(semitones / 12, abs=1e-5)


@given(performances(), st.integers(-7, 7), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_each_name_sounds_its_pitch_and_can_be_written(performance: Performance, fifths: int, seed: int) -> None:
    notes = performance.notes
    outputs = np.random.default_rng(seed).normal(0, 3, (len(notes), 3))
    pitches = np.array([note.pitch for note in notes])
    for note, place in zip(notes, choose_names(outputs, pitches, np.full(len(notes), fifths)).tolist(), strict=True):
        name = spell_place(note.pitch, place)
        assert NATURAL_PITCH_CLASS[name.step] + name.alter + 12 * (name.octave + 1) == note.pitch
        assert -2 <= name.alter <= 2


def test_the_nearest_names_are_those_of_the_scale_and_its_neighbours() -> None:
    near = find_nearest_names(np.arange(60, 72), np.zeros(12, np.int64))
    assert sorted(near.tolist()) == list(range(-5, 7))
    assert find_nearest_names(np.array([66]), np.array([6])).tolist() == [6]


@given(performances(), st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_whatever_the_networks_say_there_are_keys_and_names(performance: Performance, seed: int) -> None:
    score = notate_anyhow(performance, Choices(), seed).score
    assert score.keys[0].quarter == 0
    for note, scored in zip(performance.notes, score.notes, strict=True):
        if scored:
            name = scored.spelling
            assert NATURAL_PITCH_CLASS[name.step] + name.alter + 12 * (name.octave + 1) == note.pitch


@given(performances(), st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_a_chosen_key_holds_from_beginning_to_end(performance: Performance, seed: int) -> None:
    keys = notate_anyhow(performance, Choices(keys=((0.0, -3, "minor"),)), seed).score.keys
    assert keys == (Key(Fraction(0), -3, "minor"),)


def test_a_key_struck_twice_at_one_place_has_one_name() -> None:
    likely = np.log([[0.6, 0.3, 0.1], [0.1, 0.2, 0.7], [0.1, 0.1, 0.8], [0.8, 0.1, 0.1]])
    begins = [Fraction(0), Fraction(0), Fraction(0), Fraction(1)]
    agreed = agree_on_names(likely, begins, np.array([55, 60, 55, 55]))
    assert agreed[0].tolist() == agreed[2].tolist()
    assert agreed.argmax(axis=1).tolist() == [2, 2, 2, 0]
