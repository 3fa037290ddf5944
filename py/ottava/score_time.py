"""Score time: the beat, and the place in the beat, on which each chord stands.

Method: Viterbi over (length of a beat, place in the beat) from one chord to the next. What a place is worth comes from
the rhythm network; a step is worth what the network thinks of that many beats, and how well the time that it takes fits
the length of a beat, which changes at a price. So equal steps are written alike, the tempo follows the player, and
beats without a note are stepped over. After hidden Markov models of rhythm (Raphael, "A hybrid graphical model for
rhythmic parsing", AI 137, 2002); differs from them: a network's numbers in place of a model of what is played. Bars are
no part of it: with them beats were found no better (docs/notes.md).

Conventions: places in a beat are whole numbers of `PARTS`; outputs are those of `ottava.rhythm_model`: logarithms of
odds (beat) and of probabilities (the others).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import Floats, IntArray
from ottava.rhythm_classes import PERIODS_LOG2_SEC, PHASES, STEPS

PARTS = 24  # of a beat: all of PHASES are whole numbers of these
# What each output counts, and what is paid, in natural logarithms: search on folds 0 and 1 of data/train
# (bench/results.md, "Rhythm, constants").
PHASE_WEIGHT, BEAT_WEIGHT, PERIOD_WEIGHT, STEP_WEIGHT = 1.0, 1.0, 0.5, 1.0
# What a beat twice as long is worth at each chord, in the same unit: without it beats are found too fast more often
# than too slow.
OCTAVE_WEIGHT = 1.0
OTHER_STEP_COST = 2.0  # of a step that is not in STEPS, beside what the network gives them together
BROKEN_COST, BROKEN_SEC, BROKEN_COST_A_SEC = 1.0, 0.06, 60.0  # of a chord that is broken
# How far a step strays from the beat's length, in octaves and in seconds, and the most that this costs.
STRAY_OCTAVES, STRAY_SEC, MOST_STRAY_COST = 0.1, 0.02, 6.0
# Of one step of tempo in a beat; of two it is four times as much, and any other tempo is a new beginning.
TEMPO_COST, NEW_TEMPO_COST = 0.5, 6.0
TEMPO_STEPS = 2
# A chord that more likely than this is an ornament or a wrong note has no place.
UNWRITTEN_CHANCE = 0.6
MOST_BEATS = 8  # between two chords
GIVEN_PERIOD_OCTAVES = 0.15  # how far beats stray from a tempo that a person gave
# Given beats, not tuned: a chord this much before a beat belongs to it; how far chords stray from their places.
EARLY_BEATS, GIVEN_BEATS_SPREAD = 0.1, 0.06
EDGE_CHORDS = 8  # that tell the tempo beyond the first and the last chord
LONE_BEAT_SEC = 0.5  # where there is one chord alone
IMPOSSIBLE = -1e9

_TEMPOS_LOG2_SEC = np.linspace(np.log2(0.14), np.log2(3.2), 32)
_TEMPOS_SEC = 2**_TEMPOS_LOG2_SEC
_PHASE_PARTS = np.array([int(phase * PARTS) for phase in PHASES])
_PHASE_STEP = (_PHASE_PARTS[None, :] - _PHASE_PARTS[:, None]) / PARTS  # from, to
_DIAGONAL = np.arange(len(PHASES))
_MOST_PARTS = PARTS * (MOST_BEATS + 2)
_STEP_OF_PARTS = np.full(_MOST_PARTS + 1, len(STEPS))
_STEP_OF_PARTS[[int(step * PARTS) for step in STEPS]] = np.arange(len(STEPS))


@dataclass(frozen=True, slots=True)
class Given:
    """What a person decided about the chords; the rest is None or empty.

    ``period_sec`` (n_chords,): about how long a beat is; ``on_beat``: chords that stand on a beat; ``beats``
    (n_chords,): where the chords stand on a count of beats, when these are known.
    """

    period_sec: Floats | None = None
    on_beat: Sequence[int] = ()
    beats: Floats | None = None


@dataclass(frozen=True, slots=True)
class ScoreTime:
    """Where the chords of a performance stand.

    ``written`` (n_written,) are the chords that have a place; ``beat`` and ``part`` (n_written,) that place, never
    decreasing, beat 0 being that of the first.
    """

    written: IntArray
    beat: IntArray
    part: IntArray

    @property
    def places(self) -> Floats:
        """Places in beats."""
        return self.beat + self.part / PARTS


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
    written = np.flatnonzero(np.exp(outputs["phase"][:, -1]) < UNWRITTEN_CHANCE)
    on_beat = np.array(given.on_beat, np.int64)
    written = np.union1d(written, on_beat)
    if len(written) < min(2, len(times_sec)):
        written = np.arange(len(times_sec))
    phase_score = _score_phases(outputs, written)
    tempo_score = _score_tempos(outputs, written)
    exact: IntArray | None = None
    if given.period_sec is not None:
        octaves = _TEMPOS_LOG2_SEC - np.log2(given.period_sec[written])[:, None]
        tempo_score = tempo_score - 0.5 * (octaves / GIVEN_PERIOD_OCTAVES) ** 2
    if given.beats is not None:
        known = given.beats[written]
        beat = np.floor(known + EARLY_BEATS)
        phase_score -= 0.5 * (((known - beat)[:, None] - _PHASE_PARTS / PARTS) / GIVEN_BEATS_SPREAD) ** 2
        exact = np.diff(beat).astype(np.int64)
    else:
        phase_score[np.searchsorted(written, on_beat)[:, None], np.flatnonzero(_PHASE_PARTS)] = IMPOSSIBLE
    path = _find_path(phase_score, tempo_score, np.diff(times_sec[written]), outputs["step"], written, exact)
    return ScoreTime(written, np.cumsum(path[:, 1]), _PHASE_PARTS[path[:, 0]])


def _score_phases(outputs: Mapping[str, Floats], written: IntArray) -> Floats:
    """What each place in the beat is worth, shape (n_written, n_phases)."""
    odds = outputs["beat"][written]
    on_beat = np.where(_PHASE_PARTS == 0, -np.logaddexp(0, -odds), -np.logaddexp(0, odds))
    return np.asarray(PHASE_WEIGHT * outputs["phase"][written][:, : len(PHASES)] + BEAT_WEIGHT * on_beat)


def _score_tempos(outputs: Mapping[str, Floats], written: IntArray) -> Floats:
    """What each length of a beat is worth, shape (n_written, n_tempos)."""
    width = PERIODS_LOG2_SEC[1] - PERIODS_LOG2_SEC[0]
    bins = (_TEMPOS_LOG2_SEC - PERIODS_LOG2_SEC[0]) / width
    left = np.clip(np.floor(bins).astype(np.int64), 0, len(PERIODS_LOG2_SEC) - 2)
    share = bins - left
    period = outputs["period"][written]
    network = period[:, left] * (1 - share) + period[:, left + 1] * share
    return np.asarray(PERIOD_WEIGHT * network + OCTAVE_WEIGHT * _TEMPOS_LOG2_SEC)


def _weigh_steps(gap_sec: float, step: Floats, *, is_far: bool) -> tuple[NDArray[np.float64], Floats]:
    """Beats of the best step of a time by (length of a beat, phase from, phase to), and what it is worth.

    ``step``: what the network says of it; ``is_far`` where chords without a place lie between.
    """
    beats = np.clip(np.round(gap_sec / _TEMPOS_SEC[:, None, None] - _PHASE_STEP), 0, MOST_BEATS)
    beats += beats + _PHASE_STEP < 1e-6
    length = beats + _PHASE_STEP
    octaves = np.log2(gap_sec / length) - _TEMPOS_LOG2_SEC[:, None, None]
    # A time that is uncertain by so many seconds is so by that share of itself.
    spread = STRAY_OCTAVES**2 + (STRAY_SEC / gap_sec / np.log(2)) ** 2
    kind = _STEP_OF_PARTS[np.round(length * PARTS).astype(np.int64)]
    by_step = (step - OTHER_STEP_COST * (np.arange(len(step)) == len(STEPS)))[kind]
    scores = np.maximum(-0.5 * octaves**2 / spread, -MOST_STRAY_COST) + STEP_WEIGHT * by_step / (2 if is_far else 1)
    # Or the chord is broken: no step at all.
    broken = STEP_WEIGHT * step[0] - BROKEN_COST - BROKEN_COST_A_SEC * max(0.0, gap_sec - BROKEN_SEC)
    is_broken = broken > scores[:, _DIAGONAL, _DIAGONAL]
    scores[:, _DIAGONAL, _DIAGONAL] = np.where(is_broken, broken, scores[:, _DIAGONAL, _DIAGONAL])
    beats[:, _DIAGONAL, _DIAGONAL] *= ~is_broken
    return beats, scores


def _keep_steps(n_beats: int) -> tuple[NDArray[np.float64], Floats]:
    """As `_weigh_steps`, where the number of beats is known."""
    length = n_beats + _PHASE_STEP
    is_step = (length > 0) | ((length == 0) & (n_beats == 0))
    scores = np.where(is_step, 0.0, IMPOSSIBLE)
    shape = (len(_TEMPOS_SEC), *scores.shape)
    return np.full(shape, float(n_beats)), np.broadcast_to(scores, shape)


def _change_tempo(best: Floats, gap_sec: float) -> tuple[Floats, IntArray]:
    """The best of each state after a change of tempo, and the tempo from which it came; both (n_tempos, n_phases)."""
    n_tempos, n_phases = best.shape
    cost = TEMPO_COST / (gap_sec / _TEMPOS_SEC + 0.15)
    reached = best.copy()
    source = np.repeat(np.arange(n_tempos)[:, None], n_phases, axis=1)
    for shift in range(-TEMPO_STEPS, TEMPO_STEPS + 1):
        to = slice(max(0, shift), n_tempos + min(0, shift))
        other = best[max(0, -shift) : n_tempos - max(0, shift)] - (cost[to] * shift**2)[:, None]
        is_better = other > reached[to]
        reached[to] = np.where(is_better, other, reached[to])
        source[to] = np.where(is_better, np.arange(n_tempos)[to][:, None] - shift, source[to])
    anew = best.argmax(axis=0)
    other = best[anew, np.arange(n_phases)] - NEW_TEMPO_COST
    is_better = other > reached
    return np.where(is_better, other, reached), np.where(is_better, anew, source)


def _find_path(
    phase_score: Floats,
    tempo_score: Floats,
    gaps_sec: Floats,
    step_logs: Floats,
    written: IntArray,
    exact: IntArray | None,
) -> IntArray:
    """The best places: rows of (phase, beats since the row before), shape (n_written, 2).

    ``exact`` (n_written - 1,): the beats between neighbours, where they are known.
    """
    n_written, n_phases = phase_score.shape
    n_tempos = tempo_score.shape[1]
    back = np.zeros((n_written, n_tempos, n_phases), np.int16)
    beats_back = np.zeros((n_written, n_tempos, n_phases), np.int32 if exact is not None else np.int8)
    rows = np.arange(n_tempos)[:, None]
    best = tempo_score[0][:, None] + phase_score[0]
    for chord in range(1, n_written):
        gap_sec = max(float(gaps_sec[chord - 1]), 0.005)
        if exact is None:
            is_far = bool(written[chord] - written[chord - 1] > 1)
            beats, scores = _weigh_steps(gap_sec, step_logs[written[chord - 1]], is_far=is_far)
        else:
            beats, scores = _keep_steps(int(exact[chord - 1]))
        reached, source = _change_tempo(best, gap_sec)
        total = reached[:, :, None] + scores
        phase = total.argmax(axis=1)
        back[chord] = source[rows, phase] * n_phases + phase
        beats_back[chord] = np.take_along_axis(beats, phase[:, None], 1)[:, 0]
        best = np.take_along_axis(total, phase[:, None], 1)[:, 0] + tempo_score[chord][:, None] + phase_score[chord]
    path = np.zeros((n_written, 2), np.int64)
    tempo, phase_now = np.unravel_index(int(best.argmax()), best.shape)
    for chord in range(n_written - 1, -1, -1):
        path[chord] = phase_now, beats_back[chord, tempo, phase_now] if chord else 0
        tempo, phase_now = divmod(int(back[chord, tempo, phase_now]), n_phases)
    return path


def locate_beats(times_sec: Floats, score_time: ScoreTime) -> Floats:
    """Seconds at which each beat falls, and the one after the last, shape (n_beats + 1,), increasing.

    A beat with a chord is where the chord is, any other between its neighbours; before the first and after the last
    chord the beats go on as those nearby.
    """
    places, first = np.unique(score_time.beat * PARTS + score_time.part, return_index=True)
    seconds = times_sec[score_time.written][first]
    wanted = np.arange(int(score_time.beat[-1]) + 2) * PARTS
    if len(places) < 2:
        return np.asarray(seconds[0] + (wanted - places[0]) / PARTS * LONE_BEAT_SEC)
    located = np.interp(wanted, places, seconds)
    near = min(len(places) - 1, EDGE_CHORDS)
    begin = (seconds[near] - seconds[0]) / (places[near] - places[0])
    end = (seconds[-1] - seconds[-1 - near]) / (places[-1] - places[-1 - near])
    located = np.where(wanted < places[0], seconds[0] + (wanted - places[0]) * begin, located)
    return np.asarray(np.where(wanted > places[-1], seconds[-1] + (wanted - places[-1]) * end, located))
