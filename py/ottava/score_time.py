"""Score time: the beat, and the place in the beat, on which each chord stands.

Method: Viterbi over the places in a beat, from one chord to the next. What a place is worth comes from the rhythm
network; a step is worth what the network thinks of that many beats, and of the length of a beat that it would mean. So
the tempo may follow the player, and beats without a note are stepped over. After hidden Markov models of rhythm
(Raphael, "A hybrid graphical model for rhythmic parsing", AI 137, 2002); differs from them: a network's numbers in
place of a model of timing, and no state for the tempo. Bars are no part of it: with them beats were found no better
(bench/results.md, "Rhythm").

Conventions: places in a beat are whole numbers of `PARTS`; outputs are those of the rhythm network, logarithms of odds
(beat) or of what a softmax makes probabilities (the others).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ottava.chords import Floats
from ottava.datatypes import IntArray
from ottava.rhythm_classes import PERIODS_LOG2_SEC, PHASES, STEPS

PARTS = 24  # of a beat: all of PHASES are whole numbers of these
# What each output counts, and what is paid, in natural logarithms: coordinate search on fold 1 (bench/results.md,
# "Rhythm").
PHASE_WEIGHT, BEAT_WEIGHT, PERIOD_WEIGHT, STEP_WEIGHT = 0.5, 0.5, 0.6, 0.7
LEAST_PERIOD_SCORE = -8.0
OTHER_STEP_COST = 2.0  # of a step that is not in STEPS, beside what the network gives them together
BROKEN_COST, BROKEN_SEC, BROKEN_COST_A_SEC = 1.0, 0.06, 20.0  # of a chord that is broken
# A chord that more likely than this is an ornament or a wrong note has no place.
UNWRITTEN_CHANCE = 0.6
MOST_BEATS = 6  # between two chords
SHORTEST_BEAT_SEC = 0.15
GIVEN_PERIOD_OCTAVES = 0.15  # how far beats stray from a tempo that a person gave
# Given beats: a chord this much before a beat belongs to it, and chords stray from their places by about this much.
EARLY_BEATS, GIVEN_BEATS_SPREAD = 0.1, 0.06
EDGE_CHORDS = 8  # that tell the tempo beyond the first and the last chord
LONE_BEAT_SEC = 0.5  # where there is one chord alone
IMPOSSIBLE = -1e9

_PHASE_PARTS = np.array([int(phase * PARTS) for phase in PHASES])
_MOST_PARTS = PARTS * (MOST_BEATS + 1)
_STEP_OF_PARTS = np.full(_MOST_PARTS + 1, len(STEPS))
_STEP_OF_PARTS[[int(step * PARTS) for step in STEPS]] = np.arange(len(STEPS))
_LOG2_BEATS = np.log2(np.maximum(np.arange(_MOST_PARTS + 1), 1) / PARTS)
_BLOCK = 2048  # chords whose steps are weighed at once: 3 MB


def _tabulate_parts() -> IntArray:
    """Parts of a step over n beats from one phase to another, shape (n * phases, phases); the last for no such step."""
    n_beats = np.arange(MOST_BEATS + 1)[:, None, None]
    parts = PARTS * n_beats + _PHASE_PARTS[None, None, :] - _PHASE_PARTS[None, :, None]
    is_step = (parts > 0) | ((parts == 0) & (n_beats == 0))
    return np.where(is_step, parts, _MOST_PARTS + 1).reshape(-1, len(PHASES))


_PARTS_OF_STEP = _tabulate_parts()


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
    logs = {name: values if values.shape[1] == 1 else _log_softmax(values) for name, values in outputs.items()}
    written = np.flatnonzero(np.exp(logs["phase"][:, -1]) < UNWRITTEN_CHANCE)
    on_beat = np.array(given.on_beat, np.int64)
    written = np.union1d(written, on_beat)
    if len(written) < min(2, len(times_sec)):
        written = np.arange(len(times_sec))
    phase_score = _score_phases(logs, written)
    least = most = None
    if given.beats is not None:
        known = given.beats[written]
        beat = np.floor(known + EARLY_BEATS)
        phase_score -= 0.5 * (((known - beat)[:, None] - _PHASE_PARTS / PARTS) / GIVEN_BEATS_SPREAD) ** 2
        least = most = np.diff(beat).astype(np.int64)
    else:
        away = np.searchsorted(written, on_beat)[:, None], np.flatnonzero(_PHASE_PARTS)
        phase_score[away] = IMPOSSIBLE
    path = _find_path(phase_score, _Steps(times_sec, logs, written, given, least, most))
    return ScoreTime(written, np.cumsum(path[:, 1]), _PHASE_PARTS[path[:, 0]])


def _score_phases(logs: Mapping[str, Floats], written: IntArray) -> Floats:
    """What each place in the beat is worth, shape (n_written, n_phases)."""
    odds = logs["beat"][written]
    on_beat = np.where(_PHASE_PARTS == 0, -np.logaddexp(0, -odds), -np.logaddexp(0, odds))
    return np.asarray(PHASE_WEIGHT * logs["phase"][written][:, : len(PHASES)] + BEAT_WEIGHT * on_beat)


class _Steps:
    """What the steps between neighbours are worth, weighed a block at a time."""

    def __init__(
        self,
        times_sec: Floats,
        logs: Mapping[str, Floats],
        written: IntArray,
        given: Given,
        least: IntArray | None,
        most: IntArray | None,
    ) -> None:
        self._gaps_sec = np.maximum(np.diff(times_sec[written]), 0.005)
        self._logs, self._written, self._given = logs, written, given
        beats = np.ceil(self._gaps_sec / SHORTEST_BEAT_SEC)
        self._least = np.zeros(len(beats), np.int64) if least is None else least
        self._most = np.clip(beats, 1, MOST_BEATS).astype(np.int64) if most is None else most
        self._begin, self._scores = 0, np.zeros((0, 0))

    def weigh(self, index: int) -> tuple[int, Floats]:
        """The fewest beats from chord ``index`` to the next, and the scores by (beats * phases, phases)."""
        if not self._begin <= index < self._begin + len(self._scores):
            self._begin = index
            self._scores = self._weigh_block(slice(index, index + _BLOCK))
        least, most = min(int(self._least[index]), MOST_BEATS), min(int(self._most[index]), MOST_BEATS)
        parts = _PARTS_OF_STEP[least * len(PHASES) : (most + 1) * len(PHASES)]
        return int(self._least[index]), self._scores[index - self._begin][parts]

    def _weigh_block(self, block: slice) -> Floats:
        """Scores by number of parts, shape (n_steps, _MOST_PARTS + 2)."""
        gaps_sec, here, there = self._gaps_sec[block], self._written[:-1][block], self._written[1:][block]
        step = self._logs["step"][here]
        if self._given.beats is not None:
            scores = np.zeros((len(gaps_sec), _MOST_PARTS + 1))
        else:
            scores = self._weigh_periods(gaps_sec, here, there)
            by_step = step[:, _STEP_OF_PARTS] - OTHER_STEP_COST * (len(STEPS) == _STEP_OF_PARTS)
            # Where chords in between have no place the network meant a nearer one.
            by_step[there - here > 1] /= 2
            scores += STEP_WEIGHT * by_step
        late = np.maximum(0, gaps_sec - BROKEN_SEC)
        scores[:, 0] = STEP_WEIGHT * step[:, 0] - BROKEN_COST - BROKEN_COST_A_SEC * late
        return np.concatenate([scores, np.full((len(scores), 1), IMPOSSIBLE)], axis=1)

    def _weigh_periods(self, gaps_sec: Floats, here: IntArray, there: IntArray) -> Floats:
        """What the length of a beat is worth that a step of each number of parts means."""
        width = PERIODS_LOG2_SEC[1] - PERIODS_LOG2_SEC[0]
        period_log2 = np.log2(gaps_sec)[:, None] - _LOG2_BEATS
        bins = (period_log2 - PERIODS_LOG2_SEC[0]) / width
        left = np.clip(np.floor(bins).astype(np.intp), 0, len(PERIODS_LOG2_SEC) - 2)
        share = np.clip(bins - left, 0, 1)
        density = (self._logs["period"][here] + self._logs["period"][there]) / 2
        score = np.take_along_axis(density, left, 1) * (1 - share) + np.take_along_axis(density, left + 1, 1) * share
        is_inside = (bins >= 0) & (bins <= len(PERIODS_LOG2_SEC) - 1)
        score = PERIOD_WEIGHT * np.where(is_inside, np.maximum(score, LEAST_PERIOD_SCORE), LEAST_PERIOD_SCORE)
        if self._given.period_sec is not None:
            wanted = np.log2(self._given.period_sec[here])[:, None]
            score -= 0.5 * ((period_log2 - wanted) / GIVEN_PERIOD_OCTAVES) ** 2
        return np.asarray(score)


def _find_path(phase_score: Floats, steps: _Steps) -> IntArray:
    """The best places: rows of (phase, beats since the row before), shape (n_written, 2)."""
    n_written, n_phases = phase_score.shape
    back = np.zeros((n_written, 2, n_phases), np.int64)
    best = phase_score[0]
    columns = np.arange(n_phases)
    for chord in range(1, n_written):
        least, scores = steps.weigh(chord - 1)
        total = np.concatenate([best] * (len(scores) // n_phases))[:, None] + scores
        choice = total.argmax(axis=0)
        beats, phase = np.divmod(choice, n_phases)
        back[chord] = phase, beats + least
        best = total[choice, columns] + phase_score[chord]
    path = np.zeros((n_written, 2), np.int64)
    phase = int(best.argmax())
    for chord in range(n_written - 1, -1, -1):
        path[chord] = phase, back[chord, 1, phase]
        phase = int(back[chord, 0, phase])
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


def _log_softmax(values: Floats) -> Floats:
    return np.asarray(values - np.logaddexp.reduce(values, axis=1, keepdims=True))
