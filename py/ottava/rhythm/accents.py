"""Accents: how many beats a bar has, into how many parts a beat falls, and which beats are downbeats, by ear alone.

Method: every number of beats and every phase is scored by how much more weight (bass, long notes, many notes, change
of harmony) falls on its downbeats than on its other beats; onsets at thirds against halves of a beat tell compound
from simple meters. The accents are those of Temperley, "The Cognition of Basic Musical Structures", 2001, ch. 2
(preference rules event, length, bass, harmony). Differs from it: one meter for the piece.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import BeatGrid, Note
from ottava.rhythm.meter import beat_positions, find_nearest, tactus_beats

# Weights of the accents: coarse search on folds 0 and 1 of data/train (bench/results.md, "Meter").
BASS, LENGTH, COUNT, HARMONY = 2.0, 0.7, 0.3, 1.0
# Felt beats a bar may have; five and seven are left to a person's choice.
BEATS_PER_BAR = (2, 3, 4)
# Beats are compound where thirds hold more than this share of the onsets between beats (same search).
COMPOUND_SHARE = 0.55


def estimate_meter(
    notes: Sequence[Note],
    times_sec: NDArray[np.float64],
    meters: Sequence[tuple[float, int, int]] = (),
    downbeats_sec: Sequence[float] = (),
) -> BeatGrid:
    """Estimate the meter and the downbeats of beats that are known.

    Parameters
    ----------
    notes
        Sorted by onset.
    times_sec
        Beat times, shape (n_beats,), increasing.
    meters
        (from which second on, beats, beat_type) where a person chose; each but the first begins with a downbeat.
    downbeats_sec
        The beats nearest to these times are downbeats.
    """
    n_beats = len(times_sec)
    fixed = sorted({find_nearest(times_sec, sec) for sec in (*downbeats_sec, *(sec for sec, _, _ in meters[1:]))})
    if not meters:
        accents = compute_accents(notes, times_sec)
        _, size, phase = max(
            (_downbeat_contrast(accents, size, phase), size, phase)
            for size in BEATS_PER_BAR
            for phase in ([fixed[0] % size] if fixed else range(min(size, n_beats)))
        )
        falls_into_three = compound_share(notes, times_sec) > COMPOUND_SHARE
        signatures = [(3 * size, 8) if falls_into_three else (size, 4)] * n_beats
        anchors = fixed or [phase]
    else:
        begins = [0, *(find_nearest(times_sec, sec) for sec, _, _ in meters[1:])]
        signatures = [
            meters[int(np.searchsorted(begins, index, side="right")) - 1][1:] for index in range(n_beats)
        ]
        anchors = fixed
        if not anchors:
            accents, size = compute_accents(notes, times_sec), tactus_beats(signatures[0][0])
            phases = range(min(size, n_beats))
            anchors = [max((_downbeat_contrast(accents, size, phase), phase) for phase in phases)[1]]
    beat_in_bar = np.ones(n_beats, np.int64)
    for index in range(anchors[0] - 1, -1, -1):
        beat_in_bar[index] = (beat_in_bar[index + 1] - 2) % tactus_beats(signatures[index][0]) + 1
    for index in range(anchors[0] + 1, n_beats):
        size = tactus_beats(signatures[index - 1][0])
        beat_in_bar[index] = 1 if index in anchors else beat_in_bar[index - 1] % size + 1
    return BeatGrid(times_sec, beat_in_bar, tuple(signatures))


def compute_accents(notes: Sequence[Note], times_sec: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metrical accent of every beat, shape (n_beats,), mean 0, standard deviation about 1."""
    n_beats = len(times_sec)
    place = beat_positions(np.array([note.onset_sec for note in notes]), times_sec)
    nearest = np.clip(np.round(place), 0, n_beats - 1).astype(np.int64)
    on_beat = np.abs(place - nearest) < 0.2
    bass, length, count = np.zeros(n_beats), np.zeros(n_beats), np.zeros(n_beats)
    harmony = np.zeros((n_beats, 12))
    for note, beat, on, position in zip(notes, nearest, on_beat, place, strict=True):
        harmony[int(np.clip(np.floor(position + 0.2), 0, n_beats - 1)), note.pitch % 12] += 1.0
        if on:
            bass[beat] = max(bass[beat], 72 - note.pitch)
            length[beat] = max(length[beat], min(2.0, note.offset_sec - note.onset_sec))
            count[beat] += 1
    # The two beats from here on against the two before: a bar brings its own harmony.
    ahead = harmony + np.vstack([harmony[1:], np.zeros((1, 12))])
    before = np.vstack([np.zeros((2, 12)), ahead])[:n_beats]
    norms = np.linalg.norm(ahead, axis=1) * np.linalg.norm(before, axis=1)
    change = np.where(norms > 0, 1 - (ahead * before).sum(axis=1) / np.maximum(norms, 1e-9), 0.0)
    return np.asarray(BASS * _standardise(bass) + LENGTH * _standardise(length)
                      + COUNT * _standardise(np.sqrt(count)) + HARMONY * _standardise(change))


def compound_share(notes: Sequence[Note], times_sec: NDArray[np.float64]) -> float:
    """Share of the onsets between beats that stand at thirds rather than at halves and quarters; 0 without any."""
    phase = beat_positions(np.array([note.onset_sec for note in notes]), times_sec) % 1.0
    thirds = np.minimum(np.abs(phase - 1 / 3), np.abs(phase - 2 / 3)) < 1 / 18
    halves = np.min(np.abs(phase[:, None] - np.array([0.25, 0.5, 0.75])), axis=1) < 1 / 18
    # A quarter lies 1/12 from a third: the windows do not meet.
    n_between = int(thirds.sum() + halves.sum())
    return float(thirds.sum()) / n_between if n_between else 0.0


def _downbeat_contrast(accents: NDArray[np.float64], size: int, phase: int) -> float:
    """How far the downbeats stand out, in standard deviations, less what the best of ``size`` phases gets by chance."""
    downbeats = np.arange(len(accents)) % size == phase
    if not downbeats.any() or downbeats.all():
        return 0.0
    chance = np.sqrt(2 * np.log(size) / max(1, int(downbeats.sum())))
    return float(accents[downbeats].mean() - accents[~downbeats].mean() - chance * accents.std())


def _standardise(values: NDArray[np.float64]) -> NDArray[np.float64]:
    deviation = float(values.std())
    return (values - values.mean()) / deviation if deviation > 0 else np.zeros_like(values)
