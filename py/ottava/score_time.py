"""Score time: the beat, the place in the beat and the bar on which each chord stands, decoded together.

Method: Viterbi over (beats in the bar, beat of the bar, place in the beat) of one chord after the other. What a state is
worth comes from the rhythm network; a step from one chord to the next is worth what the network thinks of that many
beats, and of the length of a beat that it would mean. So the tempo may follow the player, and beats without a note are
stepped over. After hidden Markov models of rhythm (Raphael, "A hybrid graphical model for rhythmic parsing", AI 137,
2002) and bar pointers (Whiteley, Cemgil and Godsill, ISMIR 2006); differs from them: the network's numbers in place of
a model of timing.

Conventions: places in a beat are whole numbers of `PARTS`; outputs are those of the rhythm network, logarithms of odds
(beat, downbeat) or of what a softmax makes probabilities (the others).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ottava.chords import Floats
from ottava.datatypes import IntArray
from ottava.meter import tactus_beats
from ottava.rhythm_classes import METERS, N_BAR_BEATS, PERIODS_LOG2_SEC, PHASES, STEPS

PARTS = 24  # of a beat: all of PHASES are whole numbers of these
BAR_SIZES = (2, 3, 4)
# What each output counts, and what is paid, in natural logarithms: coordinate search on fold 1 (bench/results.md,
# "Rhythm").
PHASE_WEIGHT, BEAT_WEIGHT, DOWNBEAT_WEIGHT = 0.5, 0.5, 0.7
METER_WEIGHT, BAR_WEIGHT = 0.08, 0.1
PERIOD_WEIGHT, STEP_WEIGHT = 1.0, 0.7
SIZE_CHANGE_COST, CUT_BAR_COST = 8.0, 8.0
METER_CHANGE_COST = 12.0
LEAST_PERIOD_SCORE = -8.0
OTHER_STEP_COST = 2.0  # of a step that is not in STEPS, beside what the network gives them together
BROKEN_COST, BROKEN_SEC, BROKEN_COST_A_SEC = 1.0, 0.06, 20.0  # of a chord that is broken
LATE_START_COST = 1.0  # of a first note that is not a downbeat
# A chord that more likely than this is an ornament or a wrong note has no place.
UNWRITTEN_CHANCE = 0.6
MOST_BEATS = 6  # between two chords
SHORTEST_BEAT_SEC = 0.15
GIVEN_PERIOD_OCTAVES = 0.15  # how far beats stray from a tempo that a person gave
# Given beats: a chord this much before a beat belongs to it, and chords stray from their places by about this much.
EARLY_BEATS, GIVEN_BEATS_SPREAD = 0.1, 0.06
IMPOSSIBLE = -1e9
EDGE_CHORDS = 8  # that tell the tempo beyond the first and the last chord
LONE_BEAT_SEC = 0.5  # where there is one chord alone

_PHASE_PARTS = np.array([int(phase * PARTS) for phase in PHASES])
_MOST_PARTS = PARTS * (MOST_BEATS + 1)
_STEP_OF_PARTS = np.full(_MOST_PARTS + 1, len(STEPS))
_STEP_OF_PARTS[[int(step * PARTS) for step in STEPS]] = np.arange(len(STEPS))
_LOG2_BEATS = np.log2(np.maximum(np.arange(_MOST_PARTS + 1), 1) / PARTS)


def _tabulate_parts() -> IntArray:
    """Parts of a step over n beats from one phase to another, shape (n * phases, phases); the last for no such step."""
    n_beats = np.arange(MOST_BEATS + 1)[:, None, None]
    parts = PARTS * n_beats + _PHASE_PARTS[None, None, :] - _PHASE_PARTS[None, :, None]
    is_step = (parts > 0) | ((parts == 0) & (n_beats == 0))
    return np.where(is_step, parts, _MOST_PARTS + 1).reshape(-1, len(PHASES))


_PARTS_OF_STEP = _tabulate_parts()


@dataclass(frozen=True, slots=True)
class Given:
    """What a person decided about the chords; the rest is None.

    ``period_sec`` (n_chords,): about how long a beat is; ``meters`` (beats, beat_type) and from which chord on each
    holds; ``downbeats``: chords on downbeats; ``beats`` (n_chords,): where the chords stand on a count of beats, when
    these are known.
    """

    period_sec: Floats | None = None
    meters: Sequence[tuple[int, tuple[int, int]]] = ()
    downbeats: Sequence[int] = ()
    beats: Floats | None = None


@dataclass(frozen=True, slots=True)
class ScoreTime:
    """Where the chords of a performance stand.

    ``written`` (n_written,) are the chords that have a place; ``beat`` and ``part`` (n_written,) that place, never
    decreasing, beat 0 being that of the first; ``bar_beat`` (n_beats,) counts from 0 in each bar, ``signatures``
    has the time signature of each beat.
    """

    written: IntArray
    beat: IntArray
    part: IntArray
    bar_beat: IntArray
    signatures: list[tuple[int, int]]


def decode_score_time(times_sec: Floats, outputs: Mapping[str, Floats], given: Given) -> ScoreTime:
    """Find the places of the chords.

    Parameters
    ----------
    times_sec
        Of the chords, shape (n_chords,), increasing.
    outputs
        Of the rhythm network, each (n_chords, size).
    given
        What is known already.
    """
    logs = {name: values if values.shape[1] == 1 else _log_softmax(values) for name, values in outputs.items()}
    written = np.flatnonzero(np.exp(logs["phase"][:, -1]) < UNWRITTEN_CHANCE)
    written = np.union1d(written, np.array(given.downbeats, np.int64))
    if len(written) < min(2, len(times_sec)):
        written = np.arange(len(times_sec))
    gaps_sec = np.diff(times_sec[written])
    sizes, allowed = _list_sizes(given.meters, written)
    bars = Bars(sizes)
    bar_score, downbeat_score = _score_bars(logs, written, bars, allowed)
    phase_score = _score_phases(logs, written)
    least = np.zeros(len(gaps_sec), np.int64)
    most = np.clip(np.ceil(gaps_sec / SHORTEST_BEAT_SEC), 1, MOST_BEATS).astype(np.int64)
    step_score = _score_steps(gaps_sec, logs, written, given.period_sec)
    if given.beats is not None:
        known = given.beats[written]
        beat = np.floor(known + EARLY_BEATS)
        phase_score -= 0.5 * (((known - beat)[:, None] - _PHASE_PARTS / PARTS) / GIVEN_BEATS_SPREAD) ** 2
        least = most = np.diff(beat).astype(np.int64)
        step_score[:, :-1] = 0.0
    path = _find_path(
        phase_score, bar_score, downbeat_score, step_score, least, most, bars, np.searchsorted(written, given.downbeats),
        is_on_beat=given.beats is None,
    )  # fmt: skip
    beat = np.cumsum(path[:, 2])
    size_of, bar_beat = _count_bars(beat, path[:, 0], bars)
    from_written = np.searchsorted(written, np.array([chord for chord, _ in given.meters], np.int64))
    meters = _name_meters(logs["meter"][written], beat, size_of, given.meters, from_written)
    return ScoreTime(written, beat, _PHASE_PARTS[path[:, 1]], bar_beat, meters)


class Bars:
    """The beats of bars of several sizes, as states: their size, their number in the bar, and how bars follow bars."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes = np.array(sizes)
        self.kind = np.repeat(np.arange(len(sizes)), sizes)  # which of sizes
        self.number = np.concatenate([np.arange(size) for size in sizes])
        self.first = np.flatnonzero(self.number == 0)  # state of each size's first beat
        size = self.sizes[self.kind]
        self.before = self.find_before(np.arange(MOST_BEATS + 1))
        is_last = self.number == size - 1
        is_other = self.kind[:, None] != np.arange(len(sizes))
        # Of going on with the first beat of a bar of each size; to the same size from a whole bar it is no event.
        self.turn_cost = is_other * SIZE_CHANGE_COST + ~is_last[:, None] * CUT_BAR_COST
        self.turn_cost[is_last[:, None] & ~is_other] = -IMPOSSIBLE

    def find_before(self, n_beats: IntArray) -> IntArray:
        """The states that lie numbers of beats before each state, shape (n_states, len(n_beats))."""
        back = (self.number[:, None] - n_beats) % self.sizes[self.kind][:, None]
        return np.asarray(self.first[self.kind][:, None] + back)


def _list_sizes(
    meters: Sequence[tuple[int, tuple[int, int]]], written: IntArray
) -> tuple[tuple[int, ...], NDArray[np.bool_] | None]:
    """Sizes of bars, and which are allowed at each written chord, shape (n_written, n_sizes)."""
    if not meters:
        return BAR_SIZES, None
    sizes = tuple(sorted({tactus_beats(*meter) for _, meter in meters}))
    from_chord = np.array([chord for chord, _ in meters])
    in_force = np.clip(np.searchsorted(from_chord, written, side="right") - 1, 0, None)
    wanted = np.array([sizes.index(tactus_beats(*meter)) for _, meter in meters])[in_force]
    return sizes, wanted[:, None] == np.arange(len(sizes))


def _score_phases(logs: Mapping[str, Floats], written: IntArray) -> Floats:
    """What each place in the beat is worth, shape (n_written, n_phases)."""
    odds = logs["beat"][written]
    on_beat = np.where(_PHASE_PARTS == 0, -np.logaddexp(0, -odds), -np.logaddexp(0, odds))
    return np.asarray(PHASE_WEIGHT * logs["phase"][written][:, : len(PHASES)] + BEAT_WEIGHT * on_beat)


def _score_bars(
    logs: Mapping[str, Floats], written: IntArray, bars: Bars, allowed: NDArray[np.bool_] | None
) -> tuple[Floats, Floats]:
    """What each beat of the bar is worth, and how much more on the beat itself; both (n_written, n_states)."""
    tactus = np.array([tactus_beats(*meter) for meter in METERS])
    meter = logs["meter"][written][:, : len(METERS)]
    size = np.stack([
        np.logaddexp.reduce(meter[:, tactus == n], axis=1) if n in tactus else np.zeros(len(meter)) for n in bars.sizes
    ], axis=1)  # fmt: skip
    if allowed is not None:
        size = np.where(allowed, 0.0, IMPOSSIBLE)
    number = logs["bar"][written][:, np.minimum(bars.number, N_BAR_BEATS - 1)]
    odds = logs["downbeat"][written]
    downbeat = np.where(bars.number == 0, -np.logaddexp(0, -odds), -np.logaddexp(0, odds))
    return METER_WEIGHT * size[:, bars.kind] + BAR_WEIGHT * number, DOWNBEAT_WEIGHT * downbeat


def _score_steps(
    gaps_sec: Floats, logs: Mapping[str, Floats], written: IntArray, given_period_sec: Floats | None
) -> Floats:
    """What a step of each number of parts is worth between neighbours, shape (n_written - 1, _MOST_PARTS + 2)."""
    gaps_sec = np.maximum(gaps_sec, 0.005)
    first, width = PERIODS_LOG2_SEC[0], PERIODS_LOG2_SEC[1] - PERIODS_LOG2_SEC[0]
    period_log2 = np.log2(gaps_sec)[:, None] - _LOG2_BEATS
    places = (period_log2 - first) / width
    left = np.clip(np.floor(places).astype(np.intp), 0, len(PERIODS_LOG2_SEC) - 2)
    share = np.clip(places - left, 0, 1)
    density = (logs["period"][written[:-1]] + logs["period"][written[1:]]) / 2
    period = np.take_along_axis(density, left, 1) * (1 - share) + np.take_along_axis(density, left + 1, 1) * share
    is_inside = (places >= 0) & (places <= len(PERIODS_LOG2_SEC) - 1)
    scores = PERIOD_WEIGHT * np.where(is_inside, np.maximum(period, LEAST_PERIOD_SCORE), LEAST_PERIOD_SCORE)
    if given_period_sec is not None:
        wanted = np.log2(given_period_sec[written[:-1]])[:, None]
        scores -= 0.5 * ((period_log2 - wanted) / GIVEN_PERIOD_OCTAVES) ** 2
    step = logs["step"][written[:-1]]
    by_step = step[:, _STEP_OF_PARTS] - OTHER_STEP_COST * (_STEP_OF_PARTS == len(STEPS))
    # Where chords in between have no place the network meant a nearer one.
    by_step[np.diff(written) > 1] /= 2
    scores += STEP_WEIGHT * by_step
    scores[:, 0] = STEP_WEIGHT * step[:, 0] - BROKEN_COST - BROKEN_COST_A_SEC * np.maximum(0, gaps_sec - BROKEN_SEC)
    return np.concatenate([scores, np.full((len(scores), 1), IMPOSSIBLE)], axis=1)


def _find_path(
    phase_score: Floats,
    bar_score: Floats,
    downbeat_score: Floats,
    step_score: Floats,
    least: IntArray,
    most: IntArray,
    bars: Bars,
    downbeats: IntArray,
    *,
    is_on_beat: bool,
) -> IntArray:
    """The best states: rows of (state of `Bars`, phase, beats since the row before), shape (n_written, 3).

    ``least`` and ``most`` (n_written - 1,) are the beats that may lie between neighbours; ``downbeats`` are in the
    first beat of a bar, and where ``is_on_beat`` on it.
    """
    n_written, n_phases = phase_score.shape
    n_states = len(bars.kind)
    must = np.zeros(n_written, np.bool_)
    must[downbeats] = True
    back = np.zeros((n_written, 3, n_states, n_phases), np.int16)
    rows = np.arange(n_states)[:, None]
    best = np.where(bars.number == 0, 0.0, -LATE_START_COST)[:, None].repeat(n_phases, axis=1)
    for chord in range(n_written):
        if chord:
            first, last = int(least[chord - 1]), int(most[chord - 1])
            before = bars.before[:, first : last + 1] if last <= MOST_BEATS else bars.find_before(np.array([last]))
            blocks = slice(min(first, MOST_BEATS) * n_phases, (min(last, MOST_BEATS) + 1) * n_phases)
            steps = step_score[chord - 1][_PARTS_OF_STEP[blocks]]
            total = best[before].reshape(n_states, -1, 1) + steps
            choice = total.argmax(axis=1)
            column, phase = np.divmod(choice, n_phases)
            beats = column + first
            reached = np.take_along_axis(total, choice[:, None], 1)[:, 0]
            state = before[rows, column]
            # Instead of going on in its bar a path may turn to the first beat of another one.
            if last > 0:
                turn_beats = max(first, 1)
                block = slice((turn_beats - first) * n_phases, (turn_beats - first + 1) * n_phases)
                turn = best[:, None] - bars.turn_cost[:, :, None]
                turn_state = turn.argmax(axis=0)
                turn_total = np.take_along_axis(turn, turn_state[None], 0)[0][:, :, None] + steps[block]
                turn_phase = turn_total.argmax(axis=1)
                turned = np.take_along_axis(turn_total, turn_phase[:, None], 1)[:, 0]
                kind, to_phase = np.nonzero(turned > reached[bars.first])
                if len(kind):
                    target, from_phase = bars.first[kind], turn_phase[kind, to_phase]
                    reached[target, to_phase] = turned[kind, to_phase]
                    beats[target, to_phase], phase[target, to_phase] = turn_beats, from_phase
                    state[target, to_phase] = turn_state[kind, from_phase]
            back[chord] = state, phase, beats
            best = reached
        best = best + bar_score[chord][:, None] + phase_score[chord]
        best[:, 0] += downbeat_score[chord]
        if must[chord]:
            kept = np.full_like(best, IMPOSSIBLE)
            phases = slice(0, 1 if is_on_beat else n_phases)
            kept[bars.first, phases] = best[bars.first, phases]
            best = kept
    state, phase = np.unravel_index(int(best.argmax()), best.shape)
    path = np.zeros((n_written, 3), np.int64)
    for chord in range(n_written - 1, -1, -1):
        path[chord] = state, phase, back[chord, 2, state, phase]
        state, phase = back[chord, 0, state, phase], back[chord, 1, state, phase]
    return path


def _count_bars(beat: IntArray, state: IntArray, bars: Bars) -> tuple[IntArray, IntArray]:
    """Size of the bar and number in it, from 0, of each beat up to the last chord's."""
    n_beats = int(beat[-1]) + 1
    states = np.full(n_beats, -1)
    states[beat] = state
    for index in range(1, n_beats):
        if states[index] < 0:  # no chord in this beat
            last = states[index - 1]
            is_end = bars.number[last] == bars.sizes[bars.kind[last]] - 1
            states[index] = bars.first[bars.kind[last]] if is_end else last + 1
    return bars.sizes[bars.kind[states]], bars.number[states]


def _name_meters(
    meter_logs: Floats,
    beat: IntArray,
    size_of: IntArray,
    given: Sequence[tuple[int, tuple[int, int]]],
    given_from: IntArray,
) -> list[tuple[int, int]]:
    """Time signature of each beat: of those with as many beats the most likely, which seldom changes."""
    n_beats = len(size_of)
    if given:
        in_force = np.clip(np.searchsorted(beat[np.minimum(given_from, len(beat) - 1)], np.arange(n_beats), "right") - 1, 0, None)
        return [given[index][1] for index in in_force]
    tactus = np.array([tactus_beats(*meter) for meter in METERS])
    sums = np.stack([np.bincount(beat, column, n_beats) for column in meter_logs[:, : len(METERS)].T], axis=1)
    means = sums / np.maximum(np.bincount(beat, minlength=n_beats), 1)[:, None]
    means[tactus != size_of[:, None]] = IMPOSSIBLE
    best, back = means[0], np.zeros(means.shape, np.int64)
    for index in range(1, n_beats):
        other = int(best.argmax())
        # A bar of another size has another signature in any case.
        cost = METER_CHANGE_COST if size_of[index] == size_of[index - 1] else 0.0
        stays = best >= best[other] - cost
        back[index] = np.where(stays, np.arange(len(METERS)), other)
        best = np.where(stays, best, best[other] - cost) + means[index]
    meter = int(best.argmax())
    path = [meter]
    for index in range(n_beats - 1, 0, -1):
        meter = int(back[index, meter])
        path.append(meter)
    return [METERS[meter] for meter in reversed(path)]


def _log_softmax(values: Floats) -> Floats:
    return np.asarray(values - np.logaddexp.reduce(values, axis=1, keepdims=True))


def locate_beats(times_sec: Floats, score_time: ScoreTime) -> Floats:
    """Seconds at which each beat falls, and the one after the last, shape (n_beats + 1,), increasing.

    A beat with a chord is where the chord is, any other between its neighbours; before the first and after the last
    chord the beats go on as those nearby.
    """
    places, first = np.unique(score_time.beat * PARTS + score_time.part, return_index=True)
    seconds = times_sec[score_time.written][first]
    wanted = np.arange(len(score_time.bar_beat) + 1) * PARTS
    if len(places) < 2:
        return np.asarray(seconds[0] + (wanted - places[0]) / PARTS * LONE_BEAT_SEC)
    located = np.interp(wanted, places, seconds)
    near = min(len(places) - 1, EDGE_CHORDS)
    begin = (seconds[near] - seconds[0]) / (places[near] - places[0])
    end = (seconds[-1] - seconds[-1 - near]) / (places[-1] - places[-1 - near])
    located = np.where(wanted < places[0], seconds[0] + (wanted - places[0]) * begin, located)
    return np.asarray(np.where(wanted > places[-1], seconds[-1] + (wanted - places[-1]) * end, located))
