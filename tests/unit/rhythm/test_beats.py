"""Beats: where a listener would tap."""

import mir_eval
import numpy as np
import pytest
from hypothesis import given, settings

from ottava.datatypes import Note, Performance
from ottava.rhythm.beats import compute_onset_strength, cover_notes, estimate_tempo, track_beats
from tests.performances import WALTZ, perform, performances


@pytest.mark.parametrize("bpm", [80, 100, 132])
def test_beats_of_an_uneven_waltz_are_found(bpm: float) -> None:
    performance = perform(WALTZ, bpm, unevenness_sec=0.01)
    times = track_beats(performance.notes, 36 * 60 / bpm + 1)
    truth = 0.5 + np.arange(36) * 60 / bpm
    assert mir_eval.beat.f_measure(truth, times, f_measure_threshold=0.07) > 0.9
    assert estimate_tempo(times) == pytest.approx(bpm, rel=0.03)


def test_a_given_tempo_chooses_the_level() -> None:
    performance = perform(WALTZ, 100)
    assert estimate_tempo(track_beats(performance.notes, 22.0, beat_bpm=200.0)) == pytest.approx(200, rel=0.05)


@given(performances())
@settings(max_examples=40, deadline=None)
def test_beats_increase_and_cover_all_onsets(performance: Performance) -> None:
    times = track_beats(performance.notes, 25.0)
    assert len(times) >= 2
    assert np.all(np.diff(times) > 0)
    assert times[0] <= performance.notes[0].onset_sec + 0.4
    assert times[-1] >= performance.notes[-1].onset_sec


def test_a_shift_in_time_shifts_the_beats() -> None:
    performance = perform(WALTZ, 100, unevenness_sec=0.01)
    later = [Note(n.onset_sec + 1.0, n.offset_sec + 1.0, n.pitch, n.velocity) for n in performance.notes]
    first, second = track_beats(performance.notes, 23.0), track_beats(later, 24.0)
    assert mir_eval.beat.f_measure(first + 1.0, second, f_measure_threshold=0.03) > 0.95


def test_strength_peaks_at_onsets() -> None:
    strength = compute_onset_strength([Note(1.0, 1.5, 60, 64), Note(2.0, 2.5, 60, 64)], 3.0)
    assert set(np.flatnonzero(strength == strength.max())) <= {50, 100}
    assert strength[75] == 0.0


def test_beats_that_follow_at_once_are_one() -> None:
    """A finger that bounced, or a damaged project: in steps of a nanosecond the notes were never covered."""
    covered = cover_notes(np.array([1.0, 1.0 + 1e-9, 1.5, 2.0, 2.0 + 1e-9]), 0.6, 3.4)
    np.testing.assert_allclose(covered, [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5])
    assert len(cover_notes(np.array([1.0, 1.0 + 1e-9]), 0.0, 60.0)) < 200
