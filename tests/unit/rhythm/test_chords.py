"""Chords and their features; the tempogram in them."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ottava.datatypes import Note, Pedal, Performance
from ottava.rhythm.chords import (
    N_FEATURES,
    N_LAGS,
    SUPPOSED,
    SUPPOSED_BEATS,
    TEMPOGRAM,
    TEMPOGRAM_LAGS_SEC,
    describe_chords,
    group_notes,
    group_spreads,
    suppose_tempo,
)
from tests.performances import WALTZ, perform, performances


def describe(notes: Sequence[Note], pedals: Sequence[Pedal] = ()) -> NDArray[np.float32]:
    return describe_chords(notes, pedals, group_notes(np.array([note.onset_sec for note in notes])))


def test_onsets_in_a_chain_are_one_chord() -> None:
    chords = group_notes(np.array([0.0, 0.02, 0.045, 0.1]))
    assert chords.chord_of.tolist() == [0, 0, 0, 1]
    assert chords.times_sec == pytest.approx([0.065 / 3, 0.1])


def test_fast_notes_are_a_chord_only_as_far_as_it_is_spread() -> None:
    assert group_spreads([0.0, 0.02, 0.045, 0.065, 0.2]) == [[0, 1, 2], [3], [4]]


@given(performances())
@settings(max_examples=40, deadline=None)
def test_features_are_small_finite_numbers(performance: Performance) -> None:
    chords = group_notes(np.array([note.onset_sec for note in performance.notes]))
    features = describe(performance.notes, performance.pedals)
    assert features.shape == (len(chords.times_sec), N_FEATURES)
    assert np.isfinite(features).all()
    assert np.abs(features).max() < 12


def test_features_do_not_depend_on_when_the_music_begins() -> None:
    performance = perform(WALTZ, 100)
    later = [Note(n.onset_sec + 3600, n.offset_sec + 3600, n.pitch, n.velocity) for n in performance.notes]
    pedals = [Pedal(1.0, 1.5, "sustain")]
    late_pedals = [Pedal(3601.0, 3601.5, "sustain")]
    features = describe(performance.notes, pedals)
    assert describe(later, late_pedals) == pytest.approx(features, abs=1e-4)


def test_the_bass_of_a_waltz_comes_back_after_a_bar() -> None:
    performance = perform(WALTZ, 100)  # a bar takes 1.8 s
    features = describe(performance.notes)
    bass = features[20, TEMPOGRAM.start + N_LAGS : TEMPOGRAM.start + 2 * N_LAGS]
    assert TEMPOGRAM_LAGS_SEC[bass.argmax()] == pytest.approx(1.8, rel=0.07)


def test_a_supposed_tempo_is_told_and_nothing_else_changes() -> None:
    performance = perform(WALTZ, 100)  # a beat takes 0.6 s
    chords = group_notes(np.array([note.onset_sec for note in performance.notes]))
    features = describe(performance.notes)
    assert not features[:, SUPPOSED].any()
    supposed = suppose_tempo(features, chords.times_sec, np.full(len(features), 0.6))
    assert (supposed[:, : SUPPOSED.start] == features[:, : SUPPOSED.start]).all()
    told = supposed[:, SUPPOSED]
    assert (told[:, 0] == 1).all()
    # The turn of the beat is the same on all beats, and the bass comes back after three of them.
    on_beat = np.abs((chords.times_sec - 0.5) / 0.6 % 1) < 0.01
    assert told[on_beat, 4] == pytest.approx(np.ones(on_beat.sum()), abs=0.01)
    assert SUPPOSED_BEATS[told[20, -len(SUPPOSED_BEATS) :].argmax()] == 3


@given(performances(), st.floats(0.05, 8.0))
@settings(max_examples=40, deadline=None)
def test_any_tempo_can_be_supposed(performance: Performance, period_sec: float) -> None:
    chords = group_notes(np.array([note.onset_sec for note in performance.notes]))
    features = describe(performance.notes)
    supposed = suppose_tempo(features, chords.times_sec, np.full(len(features), period_sec))
    assert np.isfinite(supposed).all()
    assert np.abs(supposed).max() < 12


def test_an_hour_of_silence_costs_nothing() -> None:
    notes = [Note(1.0, 1.5, 60, 64), Note(2.0, 2.5, 62, 64), Note(1e5, 1e5 + 1, 64, 64)]
    assert np.isfinite(describe(notes)).all()
