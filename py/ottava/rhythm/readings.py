"""Readings: at which of several tempos a performance is read.

Twice a beat, half or two thirds of it can often be a beat as well; what a musician would write shows only when all is
read: then beats come evenly, and bars are like each other. So the networks read the middle of the performance at each
of a few tempos, and a linear function of some figures of each reading says which is best. Its weights were trained to
choose what has most beats, downbeats, meter and quarters right (training/notation/readings.py). After the rescoring of
hypotheses in speech recognition (Ostendorf et al., "Integration of diverse recognition methodologies through
reevaluation of N-best sentence hypotheses", HLT 1991).
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import Floats, IntArray, Note, Pedal, Run
from ottava.rhythm.bars import SIZES, THIRDS, Signature, ask_bars, describe_bars, number_bars
from ottava.rhythm.chords import Chords, describe_chords
from ottava.rhythm.meter import METERS, is_compound, tactus_beats
from ottava.rhythm.score_time import (
    NETWORK,
    PERIODS_LOG2_SEC,
    Given,
    ScoreTime,
    find_score_time,
    locate_beats,
)
from ottava.rhythm.steps import PHASE_PARTS
from ottava.smoothing import take_medians

# Lengths of a beat that are tried, as shares of the one that was found when none was supposed.
FACTORS = (1.0, 2.0, 1 / 2, 3 / 2, 2 / 3, 3.0, 1 / 3)
N_READINGS = 1 + len(FACTORS)
N_FIGURES, LEVEL_FIGURE = 31, 22
FEWEST_BEATS = 8  # of a performance that is read more than once
# Of one whose tempo is chosen: the least that the weights were trained on. Less is read at its own tempo.
FEWEST_CHORDS = 64
# Of the middle, by which the tempo is chosen: three windows of the rhythm network.
MOST_CHORDS = NETWORK.window + 2 * NETWORK.hop
SMOOTH_CHORDS, LEVEL_CHORDS = 17, 33
# Most beats are within so much of one length; what is farther from it is of another level. Not tuned.
LEVEL_OCTAVES, SAME_LEVEL_OCTAVES, LEVEL_STEP_OCTAVES = 0.2, 0.35, 0.05
MOST_OCTAVES = 1.0  # by which neighbouring beats differ, as far as it counts
_LEVELS_LOG2 = np.log2([1 / 4, 1 / 3, 1 / 2, 2 / 3, 1, 3 / 2, 2, 3, 4])
_FIGURE_PARTS = ([0], [12], [6, 18], [8, 16], [4, 20], [3, 9, 15, 21])


@dataclass(frozen=True, slots=True)
class Heard:
    """A performance, its chords and their features."""

    notes: Sequence[Note]
    pedals: Sequence[Pedal]
    chords: Chords
    features: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Decided:
    """What a person decided.

    ``downbeats``: chords that are downbeats; ``meters``: time signatures, each from a chord on.
    """

    downbeats: Sequence[int] = ()
    meters: Sequence[tuple[int, Signature]] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a performance.

    ``beats_sec`` are all beats of ``score_time`` and the one after; ``numbers`` (in the bar, from 0) and ``signatures``
    those of the beats; ``has_note`` whether one falls on a beat; ``outputs`` and ``bar_outputs`` what the networks say.
    """

    outputs: Mapping[str, Floats]
    score_time: ScoreTime
    beats_sec: Floats
    bar_outputs: Mapping[str, Floats]
    has_note: NDArray[np.float32]
    numbers: IntArray
    signatures: list[Signature]


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a performance goes as it was heard: corrected notes and bars leave the tempo as it is.

    ``reading`` is how ``heard`` is read where a person decided nothing; ``period_sec`` (n_chords,) about how long a
    beat is at its chords, None where it is read freely.
    """

    heard: Heard
    reading: Reading
    period_sec: Floats | None


def hear(notes: Sequence[Note], pedals: Sequence[Pedal], chords: Chords) -> Heard:
    """Describe a performance."""
    return Heard(notes, pedals, chords, describe_chords(notes, pedals, chords))


async def read_performance(heard: Heard, decided: Decided, run: Run, period_sec: Floats | None = None) -> Reading:
    """Read a performance; ``period_sec`` (n_chords,): about how long a beat is there, where that is supposed."""
    times_sec = heard.chords.times_sec
    known_before = Given(period_sec, decided.downbeats)
    score_time, outputs = await find_score_time(times_sec, heard.features, known_before, run)
    beats_sec = locate_beats(times_sec, score_time)
    described = describe_bars(heard.notes, heard.pedals, heard.chords, score_time, beats_sec, outputs)
    bar_outputs = await ask_bars(described, run)
    known, beats = score_time.written.tolist(), score_time.beat.tolist()
    meters = [
        (beats[min(bisect_left(known, chord), len(known) - 1)] if index else 0, signature)
        for index, (chord, signature) in enumerate(decided.meters)
    ]
    downbeats = [beats[bisect_left(known, chord)] for chord in decided.downbeats]
    has_thirds = bool(np.isin(score_time.part, THIRDS).any())
    numbers, signatures = number_bars(bar_outputs, meters, downbeats, has_thirds=has_thirds)
    return Reading(outputs, score_time, beats_sec, bar_outputs, described[:, 0], numbers, signatures)


async def choose_pace(heard: Heard, run: Run) -> Pace:
    """Read a performance freely, then at the tempo at which its middle is read best."""
    free = await read_performance(heard, Decided(), run)
    if len(free.beats_sec) < FEWEST_BEATS:
        return Pace(heard, free, None)
    period_sec = level_period(find_period(heard.chords.times_sec, free.beats_sec))
    chosen = 1 if len(period_sec) < FEWEST_CHORDS else await _choose_tempo(heard, period_sec, run)
    if chosen == 0:
        return Pace(heard, free, None)
    period_sec = period_sec * FACTORS[chosen - 1]
    return Pace(heard, await read_performance(heard, Decided(), run, period_sec), period_sec)


async def read_at_pace(heard: Heard, decided: Decided, pace: Pace, run: Run) -> Reading:
    """Read a performance, which may be corrected, at the pace that it had as it was heard."""
    if not (decided.downbeats or decided.meters) and [*heard.notes] == [*pace.heard.notes]:
        return pace.reading
    period_sec = pace.period_sec
    if period_sec is not None:
        period_sec = np.interp(heard.chords.times_sec, pace.heard.chords.times_sec, period_sec)
    return await read_performance(heard, decided, run, period_sec)


async def _choose_tempo(heard: Heard, period_sec: Floats, run: Run) -> int:
    """Which of the readings of its middle is best."""
    first = max(0, (len(period_sec) - MOST_CHORDS) // 2)
    excerpt = take_excerpt(heard, first, first + MOST_CHORDS)
    readings = await list_readings(excerpt, period_sec[first : first + MOST_CHORDS], run)
    figures = describe_readings(readings)
    scores = await run("readings", {"figures": figures[None].astype(np.float32)})
    return int(scores["outputs"][0].argmax())


def take_excerpt(heard: Heard, first: int, last: int) -> Heard:
    """The chords from ``first`` up to ``last``, which is left out, with their notes."""
    chord_of = heard.chords.chord_of
    chosen = np.flatnonzero((chord_of >= first) & (chord_of < last))
    notes = [heard.notes[index] for index in chosen.tolist()]
    chords = Chords(chord_of[chosen] - first, heard.chords.times_sec[first:last])
    return Heard(notes, heard.pedals, chords, heard.features[first:last])


async def list_readings(heard: Heard, period_sec: Floats, run: Run) -> list[Reading]:
    """Read a performance freely and at each of the `FACTORS` of a length of the beat; ``period_sec`` (n_chords,)."""
    supposed = (None, *(period_sec * factor for factor in FACTORS))
    return [await read_performance(heard, Decided(), run, period) for period in supposed]


def find_period(times_sec: Floats, beats_sec: Floats) -> Floats:
    """About how long a beat is at each chord, in seconds: the median over the chords nearby.

    ``times_sec`` (n_chords,) of the chords, ``beats_sec`` at least two and increasing; gives (n_chords,).
    """
    octaves = np.log2(np.interp(times_sec, beats_sec[:-1], np.diff(beats_sec)))
    return np.asarray(2 ** take_medians(octaves, SMOOTH_CHORDS))


def level_period(period_sec: Floats) -> Floats:
    """Lengths of a beat, those of another metrical level than most brought to theirs: it seldom changes in a piece.

    ``period_sec`` (n_chords,), > 0, as `find_period` gives them; as many come back.
    """
    octaves = np.log2(period_sec)
    levels = np.arange(octaves.min(), octaves.max() + LEVEL_STEP_OCTAVES, LEVEL_STEP_OCTAVES)
    near = np.searchsorted(np.sort(octaves), [levels - LEVEL_OCTAVES, levels + LEVEL_OCTAVES])
    away = octaves - levels[(near[1] - near[0]).argmax()]
    ratio = _LEVELS_LOG2[np.abs(away[:, None] - _LEVELS_LOG2).argmin(axis=1)]
    octaves = np.where(np.abs(away) < SAME_LEVEL_OCTAVES, octaves, octaves - ratio)
    return np.asarray(2 ** take_medians(octaves, LEVEL_CHORDS))


def describe_readings(readings: Sequence[Reading]) -> Floats:
    """Figures of readings, the first of which supposes no tempo, shape (n_readings, N_FIGURES)."""
    figures = np.stack([_describe_reading(reading) for reading in readings])
    figures[0, LEVEL_FIGURE] = 0.0  # nothing was asked
    return figures


def _describe_reading(reading: Reading) -> Floats:
    """Figures of a reading, shape (N_FIGURES,).

    How sure the networks are, how even and long the beats are, what divides them, how many make a bar.
    """
    score_time, outputs, bars = reading.score_time, reading.outputs, reading.bar_outputs
    beat = outputs["beat"][score_time.written, 0]
    phase, step, period = (outputs[name][score_time.written] for name in ("phase", "step", "period"))
    is_beat = score_time.part == 0
    is_downbeat = is_beat & (reading.numbers[score_time.beat] == 0)
    phase_index = np.abs(score_time.part[:, None] - PHASE_PARTS).argmin(axis=1)
    octaves = np.log2(np.diff(reading.beats_sec))
    lengths = octaves[np.minimum(score_time.beat, len(octaves) - 1)]
    period_index = np.abs(lengths[:, None] - PERIODS_LOG2_SEC).argmin(axis=1)
    downbeat = bars["downbeat"][:, 0]
    n_bar_beats = np.array([tactus_beats(signature[0]) for signature in reading.signatures])
    meter = np.array([METERS.index(one) if one in METERS else len(METERS) for one in reading.signatures])
    return np.array([
        np.mean(_log_chance(downbeat, reading.numbers == 0)),
        np.mean(np.abs(downbeat)),
        np.mean(bars["bar"].max(axis=1)),
        _mean(np.minimum(np.abs(np.diff(octaves)), MOST_OCTAVES)),
        np.mean(phase[np.arange(len(phase)), phase_index]),
        _mean(beat[is_beat]),
        _mean(beat[~is_beat]),
        np.mean(_log_chance(beat, is_beat)),
        np.mean(np.abs(beat)),
        _mean_entropy(phase),
        _mean_entropy(step),
        _mean_entropy(period),
        np.median(octaves),
        np.mean(reading.has_note),
        len(score_time.part) / len(reading.beats_sec),
        np.mean(period[np.arange(len(period)), period_index]),
        *(np.mean(np.isin(score_time.part, parts)) for parts in _FIGURE_PARTS),
        np.mean(outputs["level"][score_time.written, 0]),
        _mean(_log_chance(outputs["downbeat"][score_time.written, 0], is_downbeat)),
        np.mean(np.exp(bars["meter"]).max(axis=1)),
        *(np.mean(n_bar_beats == size) for size in SIZES),
        np.mean([is_compound(signature[0]) for signature in reading.signatures]),
        np.median(octaves) + np.mean(np.log2(n_bar_beats)),
        np.mean(outputs["meter"][score_time.written, meter[np.minimum(score_time.beat, len(meter) - 1)]]),
    ])  # fmt: skip


def _log_chance(odds: Floats, is_true: NDArray[np.bool_]) -> Floats:
    """Logarithm of the chance that was given to what is taken for true."""
    return np.asarray(-np.logaddexp(0, np.where(is_true, -odds, odds)))


def _mean(values: Floats) -> float:
    """The mean, 0 of nothing."""
    return float(values.mean()) if len(values) else 0.0


def _mean_entropy(logs: Floats) -> float:
    return float(np.mean(-(np.exp(logs) * logs).sum(axis=1)))
