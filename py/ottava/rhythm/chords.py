"""Chords: the notes that are struck together, and what the rhythm network is told of each.

Conventions: a chord is a chain of onsets with less than `CHAIN_SEC` between neighbours; its time is their mean. Where
no network tells the hands apart, fast notes must not form a chain: there a chord is what begins within `SPREAD_SEC`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import Floats, IntArray, Note, Pedal
from ottava.rhythm.features import scale_lengths, tabulate_notes, tabulate_presses
from ottava.rhythm.meter import METERS
from ottava.rhythm.tempogram import compute_tempogram
from ottava.smoothing import take_means

# Of neighbouring onsets that the score has together 90 % follow within this time, of those that it has apart 4 % do
# (fold 1 of data/train).
CHAIN_SEC = 0.03
# Of 41,217 written chords in 60 pieces of data/train 88 % are spread by less from the first note to the last.
SPREAD_SEC = 0.05
# A press of the pedal this long before a chord still belongs to it.
PEDAL_BEFORE_SEC = 0.05
BASS_WEIGHT = 0.3  # of an octave below middle C in the accents of the tempogram
SHORTEST_SEC, LONGEST_SEC = 0.02, 4.0
SHORTEST_BEATS, LONGEST_BEATS = 1 / 16, 8.0
NEAR_CHORDS = 32  # among which one like this is looked for
SMOOTH_CHORDS = 33
HARMONY_CHORDS = (1, 4, 8)
# Columns of the features: what has one kind is hidden together in training.
SHAPES, PITCHES, VELOCITIES, LENGTHS = slice(0, 3), slice(3, 8), slice(8, 11), slice(11, 16)
PEDALS, HARMONY, RETURNS = slice(16, 19), slice(19, 22), slice(22, 32)
N_SIGNALS, N_LAGS = 2, 32  # of the tempogram: accents, low notes
TEMPOGRAM = slice(32, 32 + N_SIGNALS * N_LAGS)
TEMPOGRAM_LAGS_SEC = np.geomspace(0.12, 4.0, N_LAGS)
FEATURE_KINDS = (PITCHES, VELOCITIES, LENGTHS, HARMONY, RETURNS, TEMPOGRAM)
# What the music is at a tempo that is supposed; all 0 where none is.
SUPPOSED_BEATS = np.array([1 / 3, 1 / 2, 2 / 3, 1, 3 / 2, 2, 3, 4])  # after which the music may come back
SUPPOSED = slice(TEMPOGRAM.stop, TEMPOGRAM.stop + 9 + N_SIGNALS * len(SUPPOSED_BEATS))
# What a person knows of a chord; all 0 where nothing is known: the meter (the last column: one that is not there),
# whether a bar begins on it (known to, known not to), whether a beat falls on it (the same).
KNOWN = slice(SUPPOSED.stop, SUPPOSED.stop + len(METERS) + 1 + 2 + 2)
N_FEATURES = KNOWN.stop
UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Chords:
    """``chord_of`` (n_notes,) numbers the chord of each note; ``times_sec`` (n_chords,) increases."""

    chord_of: IntArray
    times_sec: Floats


def group_notes(onsets_sec: Floats) -> Chords:
    """Group notes into chords.

    Parameters
    ----------
    onsets_sec
        Shape (n_notes,), increasing, n_notes >= 1.
    """
    chord_of = np.concatenate([[0], np.cumsum(np.diff(onsets_sec) > CHAIN_SEC)]).astype(np.int64)
    return Chords(chord_of, np.bincount(chord_of, onsets_sec) / np.bincount(chord_of))


def group_spreads(onsets_sec: Sequence[float]) -> list[list[int]]:
    """Indices of the notes that begin soon after a first one; ``onsets_sec`` increasing, groups cover all in order."""
    chords: list[list[int]] = []
    for index, onset in enumerate(onsets_sec):
        if chords and onset - onsets_sec[chords[-1][0]] < SPREAD_SEC:
            chords[-1].append(index)
        else:
            chords.append([index])
    return chords


def describe_chords(notes: Sequence[Note], pedals: Sequence[Pedal], chords: Chords) -> NDArray[np.float32]:
    """Features of the chords of a performance, see `compute_chord_features`."""
    onsets, offsets, pitches, velocities = tabulate_notes(notes)
    presses = tabulate_presses(pedals)
    return compute_chord_features(
        chords, offsets - onsets, pitches, velocities, presses if len(presses) else None
    )


def compute_chord_features(
    chords: Chords,
    lengths_sec: Floats,
    pitches: IntArray,
    velocities: Floats,
    pedals_sec: Floats | None,
) -> NDArray[np.float32]:
    """What the rhythm network reads, a row a chord.

    Parameters
    ----------
    chords
        Of the notes.
    lengths_sec, pitches, velocities
        Shape (n_notes,): time that the key is down, MIDI number, 1..127.
    pedals_sec
        Shape (n_pedals, 2): presses of the sustain pedal; None where nothing is known of it.

    Returns
    -------
    ndarray, shape (n_chords, N_FEATURES), float32
        Each about -2..2.
    """
    n_chords = len(chords.times_sec)
    by_pitch = np.lexsort((pitches, chords.chord_of))
    first = np.searchsorted(chords.chord_of, np.arange(n_chords)).astype(np.intp)
    last = np.append(first[1:], len(pitches)) - 1
    bottom, top = by_pitch[first], by_pitch[last]
    low, high = pitches[bottom].astype(np.float64), pitches[top].astype(np.float64)
    counts = np.bincount(chords.chord_of).astype(np.float64)
    loud = np.maximum.reduceat(velocities, first)
    lengths = _scale_sec(lengths_sec)
    gaps = np.diff(chords.times_sec)
    longest = np.maximum.reduceat(lengths, first)
    columns = [
        np.append(0, _scale_sec(gaps)),
        np.append(_scale_sec(gaps), 0),
        np.log2(counts),
        (low - 50) / 12,
        (high - 70) / 12,
        (low - take_means(low, SMOOTH_CHORDS)) / 12,
        np.append(0, np.clip(np.diff(low) / 12, -2, 2)),
        np.append(0, np.clip(np.diff(high) / 12, -2, 2)),
        np.bincount(chords.chord_of, velocities) / counts / 32 - 2,
        (loud - take_means(loud, SMOOTH_CHORDS)) / 16,
        np.append(0, np.diff(loud)) / 16,
        longest,
        np.minimum.reduceat(lengths, first),
        lengths[bottom],
        lengths[top],
        longest - np.append(_scale_sec(gaps), 0),
    ]
    features = np.zeros((n_chords, N_FEATURES), np.float32)
    features[:, : PEDALS.start] = np.stack(columns, axis=1)
    if pedals_sec is not None:
        features[:, PEDALS] = _describe_pedals(chords.times_sec - PEDAL_BEFORE_SEC, pedals_sec)
    harmony = np.zeros((n_chords, 12))
    harmony[chords.chord_of, pitches % 12] = 1
    features[:, HARMONY] = _describe_harmony(harmony)
    features[:, RETURNS] = _find_returns(chords.times_sec, low, high, counts, loud)
    accents = (0.3 + loud / 127) * np.sqrt(counts) * (1 + BASS_WEIGHT * np.clip((60 - low) / 12, -1, 2))
    signals = np.stack([accents, np.clip((take_means(low, SMOOTH_CHORDS) - low) / 12, 0, 2)])
    tempogram = compute_tempogram(chords.times_sec, signals, TEMPOGRAM_LAGS_SEC)
    features[:, TEMPOGRAM] = 2 * tempogram.reshape(n_chords, -1)
    return features


def suppose_tempo(
    features: NDArray[np.float32], times_sec: Floats, period_sec: Floats, first_beat: float = 0.0
) -> NDArray[np.float32]:
    """The features of chords with those of a supposed tempo filled in.

    Parameters
    ----------
    features
        Of the chords, shape (n_chords, N_FEATURES).
    times_sec, period_sec
        Shape (n_chords,): when they are struck, and about how long a beat is there, > 0.
    first_beat
        Where the first chord stands on the count of such beats, which begins anywhere.
    """
    n_chords = len(times_sec)
    beats = np.diff(times_sec) * 2 / (period_sec[1:] + period_sec[:-1])
    turns = 2 * np.pi * (first_beat + np.append(0, np.cumsum(beats)))
    steps = np.log2(np.clip(beats, SHORTEST_BEATS, LONGEST_BEATS)) / 2 + 0.5
    octaves = np.log2(period_sec)
    columns = [
        # Shifted and scaled to about -1..1 over usual beats and steps.
        np.ones(n_chords), octaves + 0.7, np.append(0, steps), np.append(steps, 0),
        np.cos(turns), np.sin(turns), np.cos(2 * turns), np.sin(2 * turns), np.cos(3 * turns),
    ]  # fmt: skip
    # The tempogram between the lags that it has.
    lags = np.log2(TEMPOGRAM_LAGS_SEC)
    lag = (octaves[:, None] + np.log2(SUPPOSED_BEATS) - lags[0]) / (lags[1] - lags[0])
    left = np.clip(np.floor(lag).astype(np.int64), 0, N_LAGS - 2)
    share = np.clip(lag - left, 0, 1)[:, None]
    tempogram = features[:, TEMPOGRAM].reshape(n_chords, N_SIGNALS, N_LAGS)
    below, above = (np.take_along_axis(tempogram, index[:, None], axis=2) for index in (left, left + 1))
    supposed = features.copy()
    supposed[:, SUPPOSED] = np.concatenate(
        [np.stack(columns, axis=1), (below * (1 - share) + above * share).reshape(n_chords, -1)], axis=1
    )
    return supposed


def tell_known(
    features: NDArray[np.float32], meter: IntArray, on_downbeat: IntArray, on_beat: IntArray
) -> NDArray[np.float32]:
    """The features of chords with what is known of them filled in.

    Parameters
    ----------
    features
        Of the chords, shape (n_chords, N_FEATURES).
    meter, on_downbeat, on_beat
        Shape (n_chords,): number of the meter in `METERS`, or one more for another; whether a bar begins on the chord;
        whether a beat falls on it, as 0 and 1. UNKNOWN where it is not known.
    """
    columns = [meter[:, None] == np.arange(len(METERS) + 1)]
    columns += [known[:, None] == [1, 0] for known in (on_downbeat, on_beat)]
    told = features.copy()
    told[:, KNOWN] = np.concatenate(columns, axis=1)
    return told


def _scale_sec(seconds: Floats) -> Floats:
    return scale_lengths(seconds, SHORTEST_SEC, LONGEST_SEC)


def _describe_harmony(harmony: Floats) -> Floats:
    """How much the pitch classes from each chord on differ from those before, over some numbers of chords."""
    sums = np.cumsum(np.concatenate([np.zeros((1, 12)), harmony]), axis=0)
    index = np.arange(len(harmony))
    columns = []
    for width in HARMONY_CHORDS:
        ahead = sums[np.minimum(index + width, len(harmony))] - sums[index]
        before = sums[index] - sums[np.maximum(index - width, 0)]
        norms = np.linalg.norm(ahead, axis=1) * np.linalg.norm(before, axis=1)
        columns.append(1 - (ahead * before).sum(axis=1) / np.maximum(norms, 1e-9))
    return np.stack(columns, axis=1)


def _find_returns(times_sec: Floats, low: Floats, high: Floats, counts: Floats, loud: Floats) -> Floats:
    """Time since and until a chord as low, as high, as full, as loud, and with the same bass; shape (n_chords, 10)."""
    n_chords = len(times_sec)
    seconds = np.full((n_chords, 10), LONGEST_SEC)
    for away in range(min(NEAR_CHORDS, n_chords - 1), 0, -1):
        gap = times_sec[away:] - times_sec[:-away]
        for column, (ahead, back) in enumerate((
            (low[away:] <= low[:-away] + 2, low[:-away] <= low[away:] + 2),
            (high[away:] >= high[:-away] - 2, high[:-away] >= high[away:] - 2),
            (counts[away:] >= counts[:-away], counts[:-away] >= counts[away:]),
            (loud[away:] >= loud[:-away] - 2, loud[:-away] >= loud[away:] - 2),
            (low[away:] == low[:-away], low[:-away] == low[away:]),
        )):  # fmt: skip
            seconds[:-away, 2 * column][ahead] = gap[ahead]
            seconds[away:, 2 * column + 1][back] = gap[back]
    return _scale_sec(seconds)


def _describe_pedals(times_sec: Floats, pedals_sec: Floats) -> Floats:
    """For each chord: 1, whether the pedal was down already, and whether it is pressed before the next chord."""
    pressed = np.searchsorted(pedals_sec[:, 0], times_sec)
    released = np.searchsorted(np.sort(pedals_sec[:, 1]), times_sec)
    is_pressed = np.diff(pressed, append=len(pedals_sec)) > 0
    return np.stack([np.ones(len(times_sec)), pressed > released, is_pressed], axis=1)
