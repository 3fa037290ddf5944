"""Score time: the beat, and the place in the beat, on which each chord stands.

Method: Viterbi over (length of a beat, place in the beat) from one chord to the next. What a place is worth comes from
the rhythm network; a step is worth what the network thinks of that many beats, and how well the time that it takes fits
the length of a beat, which changes at a price. So equal steps are written alike, the tempo follows the player, and
beats without a note are stepped over. After hidden Markov models of rhythm (Raphael, "A hybrid graphical model for
rhythmic parsing", AI 137, 2002); differs from them: a network's numbers in place of a model of what is played. Bars are
no part of it: with them beats were found no better (docs/notes.md).

Conventions: places in a beat are whole numbers of `PARTS`; outputs are logarithms of odds (beat) and of
probabilities (the others).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import Floats, IntArray, Run
from ottava.networks import Network, run_network
from ottava.rhythm.chords import Chords, suppose_tempo
from ottava.rhythm.meter import LONE_BEAT_SEC, METERS
from ottava.rhythm.steps import (
    IMPOSSIBLE,
    PARTS,
    PHASE_PARTS,
    PHASES,
    STEPS,
    TEMPOS_LOG2_SEC,
    TEMPOS_SEC,
    weigh_steps,
)

# Length of a beat: octaves of a second.
PERIODS_LOG2_SEC = np.linspace(np.log2(0.12), np.log2(3.2), 48)
# How a supposed length of a beat may stand to the right one.
LEVELS = (1.0, 2.0, 1 / 2, 3.0, 1 / 3, 3 / 2, 2 / 3)
NETWORK = Network("rhythm", window=320, hop=224, sizes={
    "beat": 1,  # log odds that a beat falls on the chord
    "phase": len(PHASES) + 2,  # place in the beat; elsewhere; not written (ornaments, grace notes, wrong notes)
    "period": len(PERIODS_LOG2_SEC),
    "step": len(STEPS) + 1,  # beats to the next chord that is written
    "downbeat": 1,  # log odds that a bar begins on the chord
    "meter": len(METERS) + 1,
    "level": len(LEVELS),  # of the tempo that is supposed; means nothing where none is
})  # fmt: skip
# What each output counts, and what is paid, in natural logarithms: search on folds 0 and 1 of data/train
# (bench/results.md, "Rhythm, constants"); what steps cost stands in `ottava.rhythm.steps`.
PHASE_WEIGHT, BEAT_WEIGHT, PERIOD_WEIGHT = 1.0, 1.0, 0.5
# Beats are felt most easily about this far apart (van Noorden and Moelants, "Resonance in the perception of musical
# pulse", JNMR 28, 1999); what an octave, squared, away from it costs at each chord, where no tempo is supposed (how it
# was chosen: docs/notes.md, "Tried").
RESONANCE_SEC, RESONANCE_COST = 0.5, 1.0
# Of one step of tempo in a beat; of two it is four times as much, and any other tempo is a new beginning.
TEMPO_COST, NEW_TEMPO_COST = 0.5, 6.0
TEMPO_STEPS = 2
# A chord that more likely than this is an ornament or a wrong note has no place.
UNWRITTEN_CHANCE = 0.6
GIVEN_PERIOD_OCTAVES = 0.15  # how far beats stray from a tempo that is given
GIVEN_PERIOD_SPREADS = 3  # of these, beyond which no tempo is tried
EDGE_CHORDS = 8  # that tell the tempo beyond the first and the last chord
SHORTEST_GAP_SEC = 0.005
_AWAY = np.abs(np.arange(len(TEMPOS_SEC)) - np.arange(len(TEMPOS_SEC))[:, None])
_SQUARES = np.where(_AWAY <= TEMPO_STEPS, _AWAY**2.0, np.inf)  # of the steps from one tempo to another


@dataclass(frozen=True, slots=True)
class Given:
    """What a person decided about the chords, or what is supposed of them; the rest is None or empty.

    ``period_sec`` (n_chords,): about how long a beat is; ``on_beat``: chords that stand on a beat.
    """

    period_sec: Floats | None = None
    on_beat: Sequence[int] = ()


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


async def find_score_time(
    times_sec: Floats, features: NDArray[np.float32], given: Given, run: Run
) -> tuple[ScoreTime, dict[str, Floats]]:
    """Ask the rhythm network where chords stand.

    Parameters
    ----------
    times_sec, features
        Of the chords, shape (n_chords,), increasing, and as `ottava.rhythm.chords.describe_chords` gives them.
    given
        What is known already.
    run
        The host's call that runs the network.

    Returns
    -------
    tuple of (ScoreTime, dict)
        The places, and what the network says of each chord, see `NETWORK`.
    """
    outputs = await ask_chords(times_sec, features, given.period_sec, run)
    return decode_score_time(times_sec, outputs, given), outputs


async def ask_chords(
    times_sec: Floats, features: NDArray[np.float32], period_sec: Floats | None, run: Run
) -> dict[str, Floats]:
    """What the network says of each chord, see `NETWORK`; ``period_sec`` (n_chords,): about how long a beat is."""
    if period_sec is not None:
        features = suppose_tempo(features, times_sec, period_sec)
    coordinates = np.stack([times_sec, np.arange(len(features))], axis=1)
    return await run_network(NETWORK, features, coordinates, run)


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
    tempos = slice(0, len(TEMPOS_SEC))
    if given.period_sec is not None:
        tempos = _choose_tempos(given.period_sec)
        octaves = TEMPOS_LOG2_SEC - np.log2(given.period_sec[written])[:, None]
        tempo_score = tempo_score - 0.5 * (octaves / GIVEN_PERIOD_OCTAVES) ** 2
    else:
        tempo_score = tempo_score - RESONANCE_COST * (TEMPOS_LOG2_SEC - np.log2(RESONANCE_SEC)) ** 2
    phase_score[np.searchsorted(written, on_beat)[:, None], np.flatnonzero(PHASE_PARTS)] = IMPOSSIBLE
    path = _find_path(phase_score, tempo_score, np.diff(times_sec[written]), outputs["step"], written, tempos)
    return ScoreTime(written, np.cumsum(path[:, 1]), PHASE_PARTS[path[:, 0]])


def _choose_tempos(period_sec: Floats) -> slice:
    """The lengths of a beat that are near enough to a given one somewhere."""
    within = GIVEN_PERIOD_SPREADS * GIVEN_PERIOD_OCTAVES
    ends = np.log2([period_sec.min(), period_sec.max()]) + np.array([-within, within])
    first, last = np.searchsorted(TEMPOS_LOG2_SEC, ends)
    last = max(int(last), 1)
    return slice(min(int(first), last - 1), last)


def _score_phases(outputs: Mapping[str, Floats], written: IntArray) -> Floats:
    """What each place in the beat is worth, shape (n_written, n_phases)."""
    odds = outputs["beat"][written]
    on_beat = np.where(PHASE_PARTS == 0, -np.logaddexp(0, -odds), -np.logaddexp(0, odds))
    return np.asarray(PHASE_WEIGHT * outputs["phase"][written][:, : len(PHASES)] + BEAT_WEIGHT * on_beat)


def _score_tempos(outputs: Mapping[str, Floats], written: IntArray) -> Floats:
    """What each length of a beat is worth, shape (n_written, n_tempos)."""
    width = PERIODS_LOG2_SEC[1] - PERIODS_LOG2_SEC[0]
    bins = (TEMPOS_LOG2_SEC - PERIODS_LOG2_SEC[0]) / width
    left = np.clip(np.floor(bins).astype(np.int64), 0, len(PERIODS_LOG2_SEC) - 2)
    share = bins - left
    period = outputs["period"][written]
    return np.asarray(PERIOD_WEIGHT * (period[:, left] * (1 - share) + period[:, left + 1] * share))


def _find_path(
    phase_score: Floats,
    tempo_score: Floats,
    gaps_sec: Floats,
    step_logs: Floats,
    written: IntArray,
    tempos: slice,
) -> IntArray:
    """The best places: rows of (phase, beats since the row before), shape (n_written, 2).

    ``tempos``: those that are tried.
    """
    n_written = len(phase_score)
    tempo_score = tempo_score[:, tempos]
    n_tempos = tempo_score.shape[1]
    gaps_sec = np.maximum(gaps_sec, SHORTEST_GAP_SEC)
    costs = TEMPO_COST / (gaps_sec[:, None] / TEMPOS_SEC[tempos] + 0.15)
    steps = weigh_steps(gaps_sec, step_logs[written[:-1]], np.diff(written) > 1)

    # The way there is not kept, only what each state is worth: found again for the one path that is wanted.
    kept = np.zeros((n_written, n_tempos, len(PHASES)), np.float32)
    best = kept[0] = tempo_score[0][:, None] + phase_score[0]
    squares = np.arange(-TEMPO_STEPS, TEMPO_STEPS + 1)[:, None] ** 2
    padded = np.full((n_tempos + 2 * TEMPO_STEPS, len(PHASES)), IMPOSSIBLE)
    near = np.lib.stride_tricks.sliding_window_view(padded, len(squares), axis=0).transpose(2, 0, 1)
    changed = np.zeros(near.shape)  # by change, tempo and place
    for chord in range(n_written - 1):
        padded[TEMPO_STEPS:-TEMPO_STEPS] = best
        reached = np.subtract(near, (costs[chord] * squares)[:, :, None], out=changed).max(axis=0)
        np.maximum(reached, best.max(axis=0) - NEW_TEMPO_COST, out=reached)
        scores = steps.score(chord, tempos)
        scores += reached.T[:, :, None]
        best = scores.max(axis=0)
        best += tempo_score[chord + 1][:, None] + phase_score[chord + 1]
        best -= best.max()
        kept[chord + 1] = best
    path = np.zeros((n_written, 2), np.int64)
    tempo, phase = (int(index) for index in np.unravel_index(int(best.argmax()), best.shape))
    for chord in range(n_written - 2, -1, -1):
        scores, beats = steps.score_to(chord, tempos, tempo, phase)
        change = np.minimum(costs[chord, tempo] * _SQUARES[tempo, :n_tempos], NEW_TEMPO_COST)
        sources = kept[chord] - change[:, None]
        phase_from = int((scores + sources.max(axis=0)).argmax())
        path[chord + 1] = phase, beats[phase_from]
        tempo, phase = int(sources[:, phase_from].argmax()), phase_from
    path[0] = phase, 0
    return path


def find_parts(chords: Chords, places: Sequence[Fraction | None]) -> ScoreTime:
    """Where chords stand whose notes have ``places`` in beats, or None: at the first of them, in whole `PARTS`."""
    parts: dict[int, int] = {}
    for chord, place in zip(chords.chord_of.tolist(), places, strict=True):
        if place is not None:
            parts.setdefault(chord, round(place * PARTS))
    beat, part = np.divmod(np.array([*parts.values()], np.int64), PARTS)
    return ScoreTime(np.array([*parts], np.int64), beat, part)


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
