"""Meter: how many beats a bar has, into how many parts a beat falls, and which beats are downbeats.

Method: every number of beats and every phase is scored by how much more weight (bass, long notes, many notes, change
of harmony) falls on its downbeats than on its other beats; onsets at thirds against halves of a beat tell compound
from simple meters. The accents are those of Temperley, "The Cognition of Basic Musical Structures", 2001, ch. 2
(preference rules event, length, bass, harmony). Differs from it: one meter for the piece.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import Beat, BeatGrid, FloatArray, Meter, Note

# Weights of the accents: coarse search on folds 0 and 1 of data/train (bench/results.md, "Meter").
BASS, LENGTH, COUNT, HARMONY = 2.0, 0.7, 0.3, 1.0
# Felt beats a bar may have; five and seven are left to a person's choice.
BEATS_PER_BAR = (2, 3, 4)
# Beats are compound where thirds hold more than this share of the onsets between beats (same search).
COMPOUND_SHARE = 0.55


def tactus_beats(beats: int, beat_type: int) -> int:
    """Felt beats of a bar: dotted ones in 6/x, 9/x and 12/x, else as written."""
    return beats // 3 if is_compound(beats, beat_type) else beats


def is_compound(beats: int, beat_type: int) -> bool:
    """Whether the beats of a meter fall into three."""
    return beats > 3 and beats % 3 == 0


def beat_quarters(meter: Meter) -> Fraction:
    """Length of a felt beat in quarter notes."""
    return bar_quarters(meter) / tactus_beats(meter.beats, meter.beat_type)


def bar_quarters(meter: Meter) -> Fraction:
    """Length of a bar in quarter notes."""
    return Fraction(4 * meter.beats, meter.beat_type)


def estimate_meter(
    notes: Sequence[Note],
    times_sec: NDArray[np.float64],
    given: tuple[int, int] | None = None,
    downbeat_sec: float | None = None,
) -> tuple[Meter, BeatGrid]:
    """Estimate the meter and the downbeats.

    Parameters
    ----------
    notes
        Sorted by onset.
    times_sec
        Beat times, shape (n_beats,), increasing.
    given
        (beats, beat_type) where a person chose the meter.
    downbeat_sec
        Where given, the beat nearest to this time is a downbeat.

    Returns
    -------
    tuple of Meter and BeatGrid
        The meter from the first bar on, and the beats with their places in the bar.
    """
    accents = compute_accents(notes, times_sec)
    sizes = BEATS_PER_BAR if given is None else (tactus_beats(*given),)
    fixed = None if downbeat_sec is None else int(np.argmin(np.abs(times_sec - downbeat_sec)))
    _, size, phase = max(
        (_downbeat_contrast(accents, size, phase), size, phase)
        for size in sizes
        for phase in (range(size) if fixed is None else [fixed % size])
    )
    if given is None:
        given = (3 * size, 8) if compound_share(notes, times_sec) > COMPOUND_SHARE else (size, 4)
    beat_in_bar = (np.arange(len(times_sec), dtype=np.int64) - phase) % size + 1
    return Meter(Fraction(0), *given), BeatGrid(times_sec, beat_in_bar)


def number_beats(grid: BeatGrid, meter: Meter, first_onset: Fraction) -> tuple[tuple[Beat, ...], Fraction]:
    """Name the place of every beat in the score, and find the pickup.

    Parameters
    ----------
    grid
        All beats of the performance.
    meter
        The meter of the piece.
    first_onset
        Place of the first note on the beat count (0 = first beat of ``grid``), at least 0.

    Returns
    -------
    tuple of (tuple of Beat, Fraction)
        The beats from the first note's on, quarter 0 on the first downbeat that a bar begins with, and the length of
        the pickup before it in quarter notes, whole beats, 0 without one.
    """
    size, unit = tactus_beats(meter.beats, meter.beat_type), beat_quarters(meter)
    begin = max(0, int(first_onset // 1))
    downbeat = begin + (1 - int(grid.beat_in_bar[begin])) % size
    beats = tuple(
        Beat(float(grid.times_sec[i]), (i - downbeat) * unit, int(grid.beat_in_bar[i]), (i - downbeat) // size + 1)
        for i in range(begin, len(grid.times_sec))
    )
    return beats, (downbeat - begin) * unit


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


def beat_positions(seconds: FloatArray, times_sec: NDArray[np.float64]) -> NDArray[np.float64]:
    """Positions of recording times on the beat count (beat 0 = first), straight lines between beats and beyond them."""
    index = np.clip(np.searchsorted(times_sec, seconds, side="right") - 1, 0, len(times_sec) - 2)
    return np.asarray(index + (seconds - times_sec[index]) / (times_sec[index + 1] - times_sec[index]))


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
