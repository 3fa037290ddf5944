"""Bars: which beats are downbeats and what the time signature is, where the beats are known.

Method: a network sees the chords on the count of beats, where what comes back every bar comes back after a whole number
of beats; Viterbi over (beats in the bar, beat of the bar) then numbers the beats, and may cut a bar short or change to
another size at a price (bar pointer: Whiteley, Cemgil and Godsill, ISMIR 2006).

Conventions: beats and chords count from 0; a bar's beats too.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ottava.chords import N_FEATURES as N_CHORD_FEATURES
from ottava.chords import Chords, Floats, compute_chord_features
from ottava.datatypes import IntArray
from ottava.meter import tactus_beats
from ottava.rhythm_classes import METERS, N_BAR_BEATS, PHASES

Signature = tuple[int, int]
# Beats may be counted too fast or too slowly.
LEVELS = tuple(Fraction(level) for level in "1 2 1/2 3/2 2/3 3 1/3".split())
# Numbers that the network gives for each chord, in order.
OUTPUT_SIZES = {
    "downbeat": 1,  # log odds that a beat on which the chord stands is the first of its bar
    "bar": N_BAR_BEATS,  # number of the beat within the bar
    "level": len(LEVELS),  # how many of the beats that it sees make one as it would be written
    "meter": len(METERS) + 1,
}
N_FEATURES = N_CHORD_FEATURES + len(PHASES) + 2
SAME_BEATS = 0.02
SIZES = (2, 3, 4)
# Weights and prices in natural logarithms: coordinate search on fold 1 (bench/results.md, "Rhythm").
DOWNBEAT_WEIGHT, BAR_WEIGHT, METER_WEIGHT = 1.0, 0.3, 0.1
SIZE_CHANGE_COST, CUT_BAR_COST = 8.0, 8.0
METER_CHANGE_COST = 12.0
LATE_START_COST = 1.0  # of a first beat that is not a downbeat
IMPOSSIBLE = -1e9


def compute_bar_features(
    chords: Chords,
    lengths_beats: Floats,
    pitches: IntArray,
    velocities: Floats,
    pedals_beats: Floats | None,
    period_sec: Floats,
) -> NDArray[np.float32]:
    """What the network of bars reads, a row a chord: as `compute_chord_features` with beats for seconds.

    ``period_sec`` (n_chords,): length of a beat. Shape (n_chords, N_FEATURES).
    """
    places = chords.times_sec
    features = np.zeros((len(places), N_FEATURES), np.float32)
    features[:, :N_CHORD_FEATURES] = compute_chord_features(chords, lengths_beats, pitches, velocities, pedals_beats)
    distance = np.abs((places % 1.0)[:, None] - np.array([float(phase) for phase in (*PHASES, 1)]))
    phase = np.where(distance.min(axis=1) < SAME_BEATS, distance.argmin(axis=1) % len(PHASES), len(PHASES))
    features[np.arange(len(places)), N_CHORD_FEATURES + phase] = 1
    features[:, -1] = np.log2(np.clip(np.nan_to_num(period_sec, nan=0.6), 0.05, 4.0)) + 0.7
    return features


def number_bars(
    outputs: Mapping[str, Floats],
    beats: IntArray,
    is_on_beat: NDArray[np.bool_],
    given: Sequence[tuple[int, Signature]] = (),
    downbeats: Sequence[int] = (),
) -> tuple[IntArray, list[Signature]]:
    """Number the beats in their bars.

    Parameters
    ----------
    outputs
        Of the network, each (n_chords, size).
    beats, is_on_beat
        Shape (n_chords,): the beat in which each chord stands, never decreasing, and whether it stands on it.
    given
        Time signatures that a person chose, each with its first beat; in order.
    downbeats
        Beats that are downbeats for certain.

    Returns
    -------
    tuple of (ndarray, list)
        Number in the bar, from 0, and time signature of each beat up to the last chord's.
    """
    n_beats = int(beats[-1]) + 1
    sizes = tuple(sorted({tactus_beats(*signature) for _, signature in given})) if given else SIZES
    kind = np.repeat(np.arange(len(sizes)), sizes)
    number = np.concatenate([np.arange(size) for size in sizes])
    meter = _average(_log_softmax(outputs["meter"])[:, : len(METERS)], beats, n_beats)
    scores = _score_beats(outputs, meter, beats, is_on_beat, np.array(sizes), kind, number)
    if given:
        in_force = np.clip(np.searchsorted([beat for beat, _ in given], np.arange(n_beats), side="right") - 1, 0, None)
        wanted = np.array([sizes.index(tactus_beats(*signature)) for _, signature in given])[in_force]
        scores[kind != wanted[:, None]] += IMPOSSIBLE
    for beat in downbeats:
        scores[beat, number > 0] += IMPOSSIBLE
    scores[0] -= LATE_START_COST * (number > 0)
    path = _find_path(scores, np.array(sizes), kind, number)
    if given:
        return number[path], [given[index][1] for index in in_force]
    return number[path], _name_meters(meter, np.array(sizes)[kind[path]])


def _score_beats(
    outputs: Mapping[str, Floats],
    meter: Floats,
    beats: IntArray,
    is_on_beat: NDArray[np.bool_],
    sizes: IntArray,
    kind: IntArray,
    number: IntArray,
) -> Floats:
    """What each state is worth in each beat, shape (n_beats, n_states)."""
    n_beats = len(meter)
    odds = outputs["downbeat"][is_on_beat]
    downbeat = np.where(number == 0, -np.logaddexp(0, -odds), -np.logaddexp(0, odds))
    scores = DOWNBEAT_WEIGHT * _average(downbeat, beats[is_on_beat], n_beats)
    bar = _average(_log_softmax(outputs["bar"]), beats, n_beats)
    scores += BAR_WEIGHT * bar[:, np.minimum(number, N_BAR_BEATS - 1)]
    tactus = np.array([tactus_beats(*signature) for signature in METERS])
    of_size = np.stack([
        np.logaddexp.reduce(meter[:, tactus == size], axis=1) if size in tactus else np.zeros(n_beats) for size in sizes
    ], axis=1)  # fmt: skip
    return np.asarray(scores + METER_WEIGHT * of_size[:, kind])


def _find_path(scores: Floats, sizes: IntArray, kind: IntArray, number: IntArray) -> IntArray:
    """The state of each beat."""
    is_last = number == sizes[kind] - 1
    first = np.flatnonzero(number == 0)
    # From each state (row) to the next beat's (column).
    cost = np.full((len(kind), len(kind)), -IMPOSSIBLE)
    cost[:, first] = (kind[:, None] != np.arange(len(sizes))) * SIZE_CHANGE_COST + ~is_last[:, None] * CUT_BAR_COST
    going_on = np.flatnonzero(~is_last)
    cost[going_on, going_on + 1] = 0.0
    best, back = scores[0], np.zeros(scores.shape, np.int64)
    for beat in range(1, len(scores)):
        reach = best[:, None] - cost
        back[beat] = reach.argmax(axis=0)
        best = reach[back[beat], np.arange(len(kind))] + scores[beat]
    path = [int(best.argmax())]
    for beat in range(len(scores) - 1, 0, -1):
        path.append(int(back[beat, path[-1]]))
    return np.array(path[::-1])


def _name_meters(meter: Floats, size_of: IntArray) -> list[Signature]:
    """Time signature of each beat: of those with as many beats the most likely, which seldom changes."""
    tactus = np.array([tactus_beats(*signature) for signature in METERS])
    scores = np.where(tactus == size_of[:, None], meter, IMPOSSIBLE)
    best, back = scores[0], np.zeros(scores.shape, np.int64)
    for beat in range(1, len(scores)):
        other = int(best.argmax())
        # A bar of another size has another signature in any case.
        cost = METER_CHANGE_COST if size_of[beat] == size_of[beat - 1] else 0.0
        stays = best >= best[other] - cost
        back[beat] = np.where(stays, np.arange(len(METERS)), other)
        best = np.where(stays, best, best[other] - cost) + scores[beat]
    index = int(best.argmax())
    path = [index]
    for beat in range(len(scores) - 1, 0, -1):
        index = int(back[beat, index])
        path.append(index)
    return [METERS[index] for index in reversed(path)]


def _average(values: Floats, beats: IntArray, n_beats: int) -> Floats:
    """Mean over the chords of each beat, shape (n_beats, columns); 0 without any."""
    sums = np.stack([np.bincount(beats, column, n_beats) for column in values.T], axis=1)
    return np.asarray(sums / np.maximum(np.bincount(beats, minlength=n_beats), 1)[:, None])


def _log_softmax(values: Floats) -> Floats:
    return np.asarray(values - np.logaddexp.reduce(values, axis=1, keepdims=True))
