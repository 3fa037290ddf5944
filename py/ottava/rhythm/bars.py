"""Bars: which beats are downbeats and what the time signature is, where the beats are known.

Method: a small network sees of every beat how it is accented and what of it comes back some beats later; Viterbi over
(beats in the bar, beat of the bar) then numbers the beats, and may cut a bar short or change to another size at a price
(bar pointer: Whiteley, Cemgil and Godsill, ISMIR 2006).

Conventions: beats count from 0, in a bar too.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import Floats, IntArray, Note, Pedal, Run
from ottava.networks import Network, run_network
from ottava.paths import best_path
from ottava.rhythm.chords import Chords
from ottava.rhythm.features import tabulate_notes, tabulate_presses
from ottava.rhythm.meter import METERS, beat_positions, is_compound, signature_quarters, tactus_beats
from ottava.rhythm.score_time import ScoreTime
from ottava.rhythm.steps import PARTS
from ottava.smoothing import take_means

Signature = tuple[int, int]
# Numbers of the beat in its bar that are told apart; the last one stands for all that follow.
N_BAR_BEATS = 6
NETWORK = Network("bars", window=256, hop=128, sizes={
    "downbeat": 1,  # log odds that the beat is the first of its bar
    "bar": N_BAR_BEATS,  # number of the beat within the bar
    "meter": len(METERS) + 1,
})  # fmt: skip
LAGS = (1, 2, 3, 4, 6, 8, 12)  # beats after which something may come back
HARMONY_BEATS = (1, 2, 4)
N_OPINIONS = 1 + len(METERS) + 1
N_FEATURES = 12 + len(HARMONY_BEATS) + 4 * len(LAGS) + N_OPINIONS
MOST_ODDS = 6.0  # of a downbeat, as logarithms, that are told apart; not tuned
THIRDS = [8, 16, 4, 20]
QUARTERS = [6, 12, 18]
SMOOTH_BEATS = 17
PEDAL_EARLY_BEATS, PEDAL_LATE_BEATS = 0.2, 0.4
SAME_BEATS = 0.02
SHORTEST_BEATS = 0.02
SIZES = (2, 3, 4)
# Weights and prices in natural logarithms: search on fold 1 (bench/results.md, "Rhythm, constants"); the price of a cut
# bar under a meter that a person gave: 6, 12, 20 and none were tried on songs ("Told").
DOWNBEAT_WEIGHT, BAR_WEIGHT, METER_WEIGHT = 1.0, 0.3, 0.05
SIZE_CHANGE_COST, CUT_BAR_COST, GIVEN_CUT_BAR_COST = 8.0, 6.0, 8.0
METER_CHANGE_COST = 12.0
# Of each beat of a meter whose beats are not quarters, dotted ones or eighths, which are rarer in what is printed today
# than in the corpora; and of one whose beats fall into three, where nothing stands on a third: never. Of eighths .25,
# 0, -.3 and -.6 were tried (bench/results.md, "Rhythm, learned from scores").
UNCOMMON_COST, NO_THIRDS_COST = 0.25, 20.0
NEVER_CUT_COST = 1e5  # less than what is impossible: a downbeat that is given still cuts
MOST_CUT_SHARE = 0.2  # of the bars under a meter that a person gave; not tuned
LATE_START_COST = 3.0  # of a first beat that is not a downbeat: 1, 3 and 6 were tried (bench/results.md, "Told")
IMPOSSIBLE = -1e9
_COMMON_QUARTERS = (Fraction(1, 2), 1, Fraction(3, 2))
_IS_UNCOMMON = np.array([signature_quarters(signature) not in _COMMON_QUARTERS for signature in METERS])
_IS_COMPOUND = np.array([is_compound(beats) for beats, _ in METERS])


async def ask_bars(features: NDArray[np.float32], run: Run) -> dict[str, Floats]:
    """What the network says of each beat, see `NETWORK`; features as `describe_bars` gives them."""
    numbers = np.arange(len(features), dtype=np.float64)[:, None]
    return await run_network(NETWORK, features, numbers, run)


def compute_beat_features(
    places: Floats,
    lengths_beats: Floats,
    pitches: IntArray,
    velocities: Floats,
    pedals_beats: Floats,
    period_sec: Floats,
    opinions: Floats,
) -> NDArray[np.float32]:
    """What the network of bars reads, a row a beat: accents, changes of harmony, and what comes back after how long.

    Parameters
    ----------
    places, lengths_beats, pitches, velocities
        Of the notes, shape (n_notes,): where they stand and how long the key is down, in beats; MIDI number; 1..127.
    pedals_beats
        Shape (n_pedals,): when the sustain pedal is pressed, in beats.
    period_sec
        Shape (n_beats,): length of each beat.
    opinions
        Shape (n_beats, N_OPINIONS), see `gather_opinions`.

    Returns
    -------
    ndarray, shape (n_beats, N_FEATURES), float32
        The accents are those of Temperley, "The Cognition of Basic Musical Structures", 2001, ch. 2.
    """
    n_beats = len(period_sec)
    beat = np.clip(np.floor(places + SAME_BEATS).astype(np.int64), 0, n_beats - 1)
    part = np.round((places - beat) * PARTS).astype(np.int64) % PARTS
    on = part == 0
    lengths = np.log2(np.clip(lengths_beats, 1 / 16, 4)) / 2
    counts, counts_on = np.bincount(beat, minlength=n_beats), np.bincount(beat[on], minlength=n_beats)
    low_on, low = _extreme(np.minimum, beat[on], pitches[on], n_beats), _extreme(np.minimum, beat, pitches, n_beats)
    high = _extreme(np.maximum, beat, pitches, n_beats)
    loud_on = _extreme(np.maximum, beat[on], velocities[on], n_beats)
    loud = np.bincount(beat, velocities, n_beats) / np.maximum(counts, 1)
    columns = [
        counts_on > 0,
        np.log2(1 + counts_on) / 2,
        np.where(counts_on > 0, low_on - take_means(low, SMOOTH_BEATS, counts > 0), 0) / 12,
        np.where(counts_on > 0, _extreme(np.maximum, beat[on], lengths[on], n_beats), -2),
        np.where(counts_on > 0, loud_on - take_means(loud, SMOOTH_BEATS, counts > 0), 0) / 16,
        np.log2(1 + counts) / 2,
        np.bincount(beat[np.isin(part, THIRDS)], minlength=n_beats) / np.maximum(counts, 1),
        np.bincount(beat[np.isin(part, QUARTERS)], minlength=n_beats) / np.maximum(counts, 1),
        _count_near(pedals_beats, n_beats),
        np.append(0, np.diff(low) != 0),
        np.append(0, np.clip(np.diff(high) / 12, -2, 2)),
        np.log2(np.clip(period_sec, 0.1, 4.0)) + 0.7,
    ]
    harmony = np.zeros((n_beats, 12))
    np.add.at(harmony, (beat, pitches % 12), np.clip(lengths_beats, 0.1, 1))
    rhythm = np.zeros((n_beats, PARTS))
    np.add.at(rhythm, (beat, part), 1.0)
    for width in HARMONY_BEATS:
        columns.append(1 - _compare(_sum_ahead(harmony, width), _sum_ahead(_shift(harmony, width), width)))
    for lag in LAGS:
        for profile in (np.sqrt(harmony), np.sqrt(rhythm)):
            columns += [_compare(profile, _shift(profile, lag)), _compare(profile, _shift(profile, -lag))]
    return np.concatenate([np.stack(columns, axis=1), opinions], axis=1).astype(np.float32)


def gather_opinions(outputs: Mapping[str, Floats], chords: IntArray, beat: IntArray, part: IntArray) -> Floats:
    """What the rhythm network thinks of the bars, a row a beat.

    Parameters
    ----------
    outputs
        Of the rhythm network, by chord.
    chords, beat, part
        Shape (n,): chords that have a place, never decreasing, and that place.

    Returns
    -------
    ndarray, shape (n_beats, N_OPINIONS)
        The log odds of a downbeat, 0 where no chord falls on the beat, and the chances of the meters.
    """
    n_beats = int(beat[-1]) + 1
    odds = np.full(n_beats, -np.inf)
    np.maximum.at(odds, beat[part == 0], outputs["downbeat"][chords[part == 0], 0])
    odds = np.where(np.isfinite(odds), np.clip(odds, -MOST_ODDS, MOST_ODDS) / 4, 0)
    nearest = np.clip(np.searchsorted(beat, np.arange(n_beats), side="right") - 1, 0, None)
    return np.concatenate([odds[:, None], np.exp(outputs["meter"][chords[nearest]])], axis=1)


def _extreme(choose: np.ufunc, beat: IntArray, values: NDArray[Any], n_beats: int) -> Floats:
    """The least or greatest value of each beat; beats without any go on with the one before (0 before all)."""
    empty = np.inf if choose is np.minimum else -np.inf
    found = np.full(n_beats, empty)
    choose.at(found, beat, values)
    last = np.maximum.accumulate(np.where(np.isfinite(found), np.arange(n_beats), -1))
    return np.where(last >= 0, np.where(np.isfinite(found), found, 0)[last], 0.0)


def _count_near(pedals_beats: Floats, n_beats: int) -> Floats:
    """Whether the pedal is pressed about each beat: mostly a little after it."""
    pressed = np.zeros(n_beats)
    beat = np.floor(pedals_beats + PEDAL_EARLY_BEATS)
    near = (pedals_beats - beat < PEDAL_LATE_BEATS) & (beat >= 0) & (beat < n_beats)
    pressed[beat[near].astype(np.int64)] = 1
    return pressed


def _shift(values: Floats, lag: int) -> Floats:
    """Rows from ``lag`` rows before (after, where negative); zeros where there are none."""
    shifted = np.zeros_like(values)
    if abs(lag) < len(values):
        shifted[max(lag, 0) : len(values) + min(lag, 0)] = values[max(-lag, 0) : len(values) - max(lag, 0)]
    return shifted


def _sum_ahead(values: Floats, width: int) -> Floats:
    """Sum of each row and the ``width`` - 1 after it."""
    return np.asarray(sum(_shift(values, -ahead) for ahead in range(width)))


def _compare(a: Floats, b: Floats) -> Floats:
    """Cosine of the angle between rows; 0 where one is empty."""
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.asarray((a * b).sum(axis=1) / np.maximum(norms, 1e-9))


def describe_bars(
    notes: Sequence[Note],
    pedals: Sequence[Pedal],
    chords: Chords,
    score_time: ScoreTime,
    beats_sec: Floats,
    outputs: Mapping[str, Floats] | None,
) -> NDArray[np.float32]:
    """Features of the beats.

    ``beats_sec``: seconds of all beats of ``score_time`` and of the one after; ``outputs`` of the rhythm network, None
    where it was not asked.
    """
    places = np.full(len(chords.times_sec), np.nan)
    places[score_time.written] = score_time.places
    place = places[chords.chord_of]
    has_place = np.isfinite(place)
    onsets, offsets, pitches, velocities = tabulate_notes(notes)
    lengths = np.maximum(beat_positions(offsets, beats_sec) - beat_positions(onsets, beats_sec), SHORTEST_BEATS)
    pressed = beat_positions(tabulate_presses(pedals)[:, 0], beats_sec)
    return compute_beat_features(
        place[has_place], lengths[has_place], pitches[has_place], velocities[has_place], pressed,
        smooth_periods(beats_sec),
        gather_opinions(outputs, score_time.written, score_time.beat, score_time.part) if outputs
        else np.zeros((len(beats_sec) - 1, N_OPINIONS)),
    )  # fmt: skip


def smooth_periods(beats_sec: Floats) -> Floats:
    """Seconds from each beat to the next, the median of three, shape (len(beats_sec) - 1,)."""
    gaps = np.diff(beats_sec)
    # At the ends the median of the two that are there, which is their mean.
    padded = np.concatenate([[gaps[:2].mean()], gaps, [gaps[-2:].mean()]])
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, 3), axis=1))


def number_bars(
    outputs: Mapping[str, Floats],
    given: Sequence[tuple[int, Signature]] = (),
    downbeats: Sequence[int] = (),
    *,
    has_thirds: bool = True,
) -> tuple[IntArray, list[Signature]]:
    """Number the beats in their bars.

    Parameters
    ----------
    outputs
        Of the network, each (n_beats, size), see `NETWORK`.
    given
        Time signatures that a person chose, each with its first beat; in order.
    downbeats
        Beats that are downbeats for certain.
    has_thirds
        Whether anything stands on a third of a beat: without it no meter is found whose beats fall into three.

    Returns
    -------
    tuple of (ndarray, list)
        Number in the bar, from 0, and time signature of each beat up to the last chord's.
    """
    n_beats = len(outputs["downbeat"])
    free_beats = given[0][0] if given else n_beats  # before the first meter that was given
    sizes = tuple(sorted({tactus_beats(signature[0]) for _, signature in given} | {*(SIZES if free_beats else ())}))
    kind = np.repeat(np.arange(len(sizes)), sizes)
    number = np.concatenate([np.arange(size) for size in sizes])
    meter = outputs["meter"][:, : len(METERS)] - UNCOMMON_COST * _IS_UNCOMMON
    if not has_thirds:
        meter = meter - NO_THIRDS_COST * _IS_COMPOUND
    scores = _score_beats(outputs, meter, np.array(sizes), kind, number)
    in_force = np.zeros(n_beats, np.int64)
    if given:
        in_force = np.clip(np.searchsorted([beat for beat, _ in given], np.arange(n_beats), side="right") - 1, 0, None)
        wanted = np.array([sizes.index(tactus_beats(signature[0])) for _, signature in given])[in_force]
        is_free = (np.arange(n_beats) < free_beats)[:, None]
        scores[np.where(is_free, ~np.isin(np.array(sizes)[kind], SIZES), kind != wanted[:, None])] += IMPOSSIBLE
    for beat in downbeats:
        scores[beat, number > 0] += IMPOSSIBLE
    if not any(0 < beat < max(sizes) for beat in downbeats):  # which would be the reason of a pickup
        scores[0] -= LATE_START_COST * (number > 0)
    path = _find_path(scores, np.array(sizes), kind, number, GIVEN_CUT_BAR_COST if given else CUT_BAR_COST)
    if given and _share_of_cut(number[path], np.array(sizes)[kind[path]]) > MOST_CUT_SHARE:
        # The music says otherwise: then a bar is cut only where a downbeat that a person gave demands it.
        path = _find_path(scores, np.array(sizes), kind, number, NEVER_CUT_COST)
    named = _name_meters(meter[:free_beats], np.array(sizes)[kind[path[:free_beats]]]) if free_beats else []
    return number[path], [*named, *(given[index][1] for index in in_force[free_beats:])]


def _share_of_cut(numbers: IntArray, sizes: IntArray) -> float:
    """The share of the bars that are shorter than they should be, the first and the last one left out."""
    begins = np.flatnonzero(numbers == 0)
    return float(np.mean(np.diff(begins) < sizes[begins[:-1]])) if len(begins) > 1 else 0.0


def _score_beats(
    outputs: Mapping[str, Floats], meter: Floats, sizes: IntArray, kind: IntArray, number: IntArray
) -> Floats:
    """What each state is worth in each beat, shape (n_beats, n_states)."""
    odds = outputs["downbeat"]
    scores = DOWNBEAT_WEIGHT * np.where(number == 0, -np.logaddexp(0, -odds), -np.logaddexp(0, odds))
    scores += BAR_WEIGHT * outputs["bar"][:, np.minimum(number, N_BAR_BEATS - 1)]
    tactus = np.array([tactus_beats(signature[0]) for signature in METERS])
    of_size = np.stack([
        np.logaddexp.reduce(meter[:, tactus == size], axis=1) if size in tactus else np.zeros(len(meter))
        for size in sizes
    ], axis=1)  # fmt: skip
    return np.asarray(scores + METER_WEIGHT * of_size[:, kind])


def _find_path(scores: Floats, sizes: IntArray, kind: IntArray, number: IntArray, cut_bar_cost: float) -> IntArray:
    """The state of each beat."""
    is_last = number == sizes[kind] - 1
    first = np.flatnonzero(number == 0)
    # From each state (row) to the next beat's (column).
    cost = np.full((len(kind), len(kind)), -IMPOSSIBLE)
    cost[:, first] = (kind[:, None] != np.arange(len(sizes))) * SIZE_CHANGE_COST + ~is_last[:, None] * cut_bar_cost
    going_on = np.flatnonzero(~is_last)
    cost[going_on, going_on + 1] = 0.0
    return best_path(scores, cost)


def _name_meters(meter: Floats, size_of: IntArray) -> list[Signature]:
    """Time signature of each beat: of those with as many beats the most likely, which seldom changes."""
    tactus = np.array([tactus_beats(signature[0]) for signature in METERS])
    scores = np.where(tactus == size_of[:, None], meter, IMPOSSIBLE)
    # A bar of another size has another signature in any case: all paths pay for it.
    return [METERS[index] for index in best_path(scores, METER_CHANGE_COST * (1 - np.eye(len(METERS)))).tolist()]
