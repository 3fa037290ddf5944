"""Readings: at which of several tempos a performance is read.

Twice a beat, half or two thirds of it can often be a beat as well; what a musician would write shows only when all is
read: then beats come evenly, and bars are like each other. So the networks read the middle of the performance at each
of a few tempos, and a linear function of some figures of each reading says which is best. Its weights were trained to
choose what has most beats, downbeats, meter and quarters right (training/notation/readings.py). After the rescoring of
hypotheses in speech recognition (Ostendorf et al., "Integration of diverse recognition methodologies through
reevaluation of N-best sentence hypotheses", HLT 1991).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import Floats, IntArray, Note, Pedal, Run
from ottava.rhythm.bars import SIZES, THIRDS, Signature, ask_bars, describe_bars, number_bars
from ottava.rhythm.chords import UNKNOWN, Chords, describe_chords, tell_known
from ottava.rhythm.meter import METERS, find_nearest, is_compound, signature_quarters, tactus_beats
from ottava.rhythm.score_time import (
    LEVELS,
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
# Figures of a reading, and by how much it differs from the draft that a person corrects.
N_OWN_FIGURES, N_FIGURES = 32, 35
BEAT_FIGURE, LEVEL_FIGURE, BAR_FIGURE, AGREEMENT_FIGURE = 12, 22, 29, 31
FEWEST_BEATS = 8  # of a performance that is read more than once
# Of one whose tempo is chosen: the least that the weights were trained on. Less is read at its own tempo.
FEWEST_CHORDS = 20
# Of the middle, by which the tempo is chosen: three windows of the rhythm network.
MOST_CHORDS = NETWORK.window + 2 * NETWORK.hop
SMOOTH_CHORDS, LEVEL_CHORDS = 17, 33
# Most beats are within so much of one length; what is farther from it is of another level. Not tuned.
LEVEL_OCTAVES, SAME_LEVEL_OCTAVES, LEVEL_STEP_OCTAVES = 0.2, 0.35, 0.05
# By which neighbouring beats, or readings, differ, as far as it counts; up to which bars are as long. Not tuned.
MOST_OCTAVES, SAME_BAR_OCTAVES = 1.0, 0.15
SAME_RATIO_OCTAVES = 0.15  # less than half of what lies between two of the ratios that are told apart
LEAST_LEVEL_LOG = -4.0  # of the chance of a level that the network does not tell apart; not tuned
SAME_CHORD_SEC = 0.07  # up to which a bar that is said to begin begins with a chord: the measures' own
SAME_TEMPO_OCTAVES = 0.25  # a quarter note of about the length that is decided; not tuned
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

    ``downbeats_sec``: when bars begin; ``meters``: time signatures, each from a second on; ``quarter_sec``: how long a
    quarter note is, or 0.
    """

    downbeats_sec: tuple[float, ...] = ()
    meters: tuple[tuple[float, Signature], ...] = ()
    quarter_sec: float = 0.0

    def cut(self, begin_sec: float, end_sec: float) -> "Decided":
        """What is decided of an excerpt."""
        before = [meter for meter in self.meters if meter[0] <= begin_sec]
        meters = before[-1:] + [meter for meter in self.meters if begin_sec < meter[0] <= end_sec]
        inside = [sec for sec in self.downbeats_sec if begin_sec - SAME_CHORD_SEC <= sec <= end_sec + SAME_CHORD_SEC]
        return Decided(tuple(inside), tuple(meters), self.quarter_sec)


NOTHING = Decided()


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

    ``reading`` is how ``heard`` is read where a person ``decided`` so much; ``period_sec`` (n_chords,) about how long a
    beat is at its chords, None where it is read freely.
    """

    heard: Heard
    decided: Decided
    reading: Reading
    period_sec: Floats | None


def hear(notes: Sequence[Note], pedals: Sequence[Pedal], chords: Chords) -> Heard:
    """Describe a performance."""
    return Heard(notes, pedals, chords, describe_chords(notes, pedals, chords))


async def read_performance(heard: Heard, decided: Decided, run: Run, period_sec: Floats | None = None) -> Reading:
    """Read a performance; ``period_sec`` (n_chords,): about how long a beat is there, where that is supposed."""
    times_sec = heard.chords.times_sec
    on_downbeat = find_chords(times_sec, decided.downbeats_sec)
    struck = sorted({chord for chord in on_downbeat if chord is not None})
    features = tell_decided(heard, decided, struck)
    score_time, outputs = await find_score_time(times_sec, features, Given(period_sec, struck), run)
    beats_sec = locate_beats(times_sec, score_time)
    downbeats = score_time.beat[np.searchsorted(score_time.written, struck)].tolist()
    silent = [sec for sec, chord in zip(decided.downbeats_sec, on_downbeat, strict=True) if chord is None]
    downbeats += _move_silent_beats(beats_sec, score_time, silent)
    described = describe_bars(heard.notes, heard.pedals, heard.chords, score_time, beats_sec, outputs)
    bar_outputs = await ask_bars(described, run)
    last = len(bar_outputs["downbeat"]) - 1
    meters = [(int(np.abs(beats_sec[: last + 1] - sec).argmin()), signature) for sec, signature in decided.meters]
    if meters and meters[0][0] < tactus_beats(meters[0][1][0]):
        meters[0] = (0, meters[0][1])  # before its first bar line there is a pickup
    has_thirds = bool(np.isin(score_time.part, THIRDS).any())
    inside = [beat for beat in downbeats if beat <= last]
    numbers, signatures = number_bars(bar_outputs, meters, inside, has_thirds=has_thirds)
    return Reading(outputs, score_time, beats_sec, bar_outputs, described[:, 0], numbers, signatures)


def find_chords(times_sec: Floats, wanted_sec: Sequence[float]) -> list[int | None]:
    """The chord that is struck at each of some times, None where there is none; ``times_sec`` (n_chords,)."""
    nearest = [find_nearest(times_sec, sec) for sec in wanted_sec]
    return [chord if abs(times_sec[chord] - sec) <= SAME_CHORD_SEC else None
            for chord, sec in zip(nearest, wanted_sec, strict=True)]  # fmt: skip


def _move_silent_beats(beats_sec: Floats, score_time: ScoreTime, silent_sec: Sequence[float]) -> list[int]:
    """Let beats on which nothing is struck come when a person said that bars begin; gives which.

    ``beats_sec`` is changed. Where there is no such beat, it is the nearest that has a chord.
    """
    is_silent = np.ones(len(beats_sec), np.bool_)
    is_silent[score_time.beat[score_time.part == 0]] = False
    moved = []
    for sec in silent_sec:
        beat = int(np.abs(beats_sec - sec).argmin())
        near = [one for one in (beat, beat - 1, beat + 1) if 0 <= one < len(beats_sec) and is_silent[one]]
        before, after = np.append(-np.inf, beats_sec), np.append(beats_sec[1:], np.inf)
        if near and before[near[0]] < sec < after[near[0]]:
            beat = near[0]
            beats_sec[beat] = sec
        moved.append(beat)
    return moved


async def choose_pace(heard: Heard, run: Run, decided: Decided = NOTHING, draft: Pace | None = None) -> Pace:
    """Read a performance freely, then at the tempo at which its middle is read best.

    What is ``decided`` is weighed; ``draft`` is how it was read before. A tempo that is decided is kept: the one
    nearest to it of those that are tried, or where none is near, itself.
    """
    reading = await read_performance(heard, decided, run)
    period_sec = None
    if len(reading.beats_sec) >= FEWEST_BEATS:
        found_sec = level_period(find_period(heard.chords.times_sec, reading.beats_sec))
        chosen = await _choose_tempo(heard, found_sec, run, decided, draft)
        if chosen:
            period_sec = found_sec * FACTORS[chosen - 1]
            reading = await read_performance(heard, decided, run, period_sec)
    if decided.quarter_sec and abs(np.log2(measure_quarter(reading) / decided.quarter_sec)) > SAME_TEMPO_OCTAVES:
        quarters = float(signature_quarters(reading.signatures[len(reading.signatures) // 2]))
        period_sec = np.full(len(heard.chords.times_sec), decided.quarter_sec * quarters)
        reading = await read_performance(heard, decided, run, period_sec)
    return Pace(heard, decided, reading, period_sec)


async def read_at_pace(heard: Heard, decided: Decided, pace: Pace, run: Run) -> Reading:
    """Read a performance, whose notes may be corrected, at the pace that was found."""
    if decided == pace.decided and [*heard.notes] == [*pace.heard.notes]:
        return pace.reading
    period_sec = pace.period_sec
    if period_sec is not None:
        period_sec = np.interp(heard.chords.times_sec, pace.heard.chords.times_sec, period_sec)
    return await read_performance(heard, decided, run, period_sec)


async def _choose_tempo(heard: Heard, period_sec: Floats, run: Run, decided: Decided, draft: Pace | None) -> int:
    """Which of the readings of its middle is best; one at the tempo that is decided, or as near to it as there is."""
    if len(period_sec) < FEWEST_CHORDS:
        return 1
    first = max(0, (len(period_sec) - MOST_CHORDS) // 2)
    last = min(first + MOST_CHORDS, len(period_sec))
    excerpt = take_excerpt(heard, first, last)
    times_sec = excerpt.chords.times_sec
    readings = await list_readings(excerpt, period_sec[first:last], run, decided.cut(times_sec[0], times_sec[-1]))
    figures = compare_readings(
        describe_readings(readings), measure_bars(draft.reading, times_sec[0], times_sec[-1]) if draft else None
    )
    scores = (await run("readings", {"figures": figures[None].astype(np.float32)}))["outputs"][0, int(bool(draft))]
    if decided.quarter_sec:
        away = np.abs([np.log2(measure_quarter(reading) / decided.quarter_sec) for reading in readings])
        scores = np.where(away <= max(SAME_TEMPO_OCTAVES, away.min()), scores, -np.inf)
    return int(scores.argmax())


def measure_bars(reading: Reading, begin_sec: float, end_sec: float) -> tuple[float, float]:
    """Lengths of a beat and of a bar between two times, in octaves of a second."""
    n_beats = len(reading.numbers)
    inside = (reading.beats_sec[:n_beats] >= begin_sec) & (reading.beats_sec[:n_beats] <= end_sec)
    if not inside.any():
        inside[:] = True
    beat = float(np.median(np.log2(np.diff(reading.beats_sec)[:n_beats][inside])))
    sizes = np.array([tactus_beats(signature[0]) for signature in reading.signatures])
    return beat, beat + float(np.mean(np.log2(sizes[inside])))


def compare_readings(figures: Floats, draft: tuple[float, float] | None) -> Floats:
    """Figures of readings, (n_readings, N_OWN_FIGURES), with how far they are from a draft, (n_readings, N_FIGURES).

    ``draft``: lengths of a beat and of a bar in octaves of a second; None where there is none.
    """
    others = np.zeros((len(figures), N_FIGURES - N_OWN_FIGURES))
    if draft:
        beat, bar = (np.abs(figures[:, index] - octaves)
                     for index, octaves in zip((BEAT_FIGURE, BAR_FIGURE), draft, strict=True))
        far = (np.minimum(octaves, MOST_OCTAVES) for octaves in (beat, bar))
        others = np.stack([*far, bar < SAME_BAR_OCTAVES], axis=1)
    return np.concatenate([figures, others], axis=1)


def measure_quarter(reading: Reading) -> float:
    """Seconds of a quarter note in the middle of a reading."""
    quarters = np.array([float(signature_quarters(signature)) for signature in reading.signatures])
    return float(np.median(np.diff(reading.beats_sec)[: len(quarters)] / quarters))


def tell_decided(heard: Heard, decided: Decided, struck: Sequence[int]) -> NDArray[np.float32]:
    """The features of chords with what is decided of them; ``struck`` are those on which a bar is said to begin."""
    if not (struck or decided.meters):
        return heard.features
    times_sec = heard.chords.times_sec
    meter, on_downbeat = np.full((2, len(times_sec)), UNKNOWN)
    for sec, signature in decided.meters:
        first = np.searchsorted(times_sec, sec - SAME_CHORD_SEC)
        meter[first:] = METERS.index(signature) if signature in METERS else len(METERS)
    on_downbeat[[*struck]] = 1
    return tell_known(heard.features, meter, on_downbeat, on_downbeat)


def take_excerpt(heard: Heard, first: int, last: int) -> Heard:
    """The chords from ``first`` up to ``last``, which is left out, with their notes."""
    chord_of = heard.chords.chord_of
    chosen = np.flatnonzero((chord_of >= first) & (chord_of < last))
    notes = [heard.notes[index] for index in chosen.tolist()]
    chords = Chords(chord_of[chosen] - first, heard.chords.times_sec[first:last])
    return Heard(notes, heard.pedals, chords, heard.features[first:last])


async def list_readings(heard: Heard, period_sec: Floats, run: Run, decided: Decided = NOTHING) -> list[Reading]:
    """Read a performance freely and at each of the `FACTORS` of a length of the beat; ``period_sec`` (n_chords,)."""
    supposed = (None, *(period_sec * factor for factor in FACTORS))
    return [await read_performance(heard, decided, run, period) for period in supposed]


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
    """Figures of readings, the first of which supposes no tempo, shape (n_readings, N_OWN_FIGURES)."""
    figures = np.stack([_describe_reading(reading) for reading in readings])
    figures[0, LEVEL_FIGURE] = 0.0  # nothing was asked
    figures[:, AGREEMENT_FIGURE] = _compare_levels(readings)
    return figures


def _compare_levels(readings: Sequence[Reading]) -> Floats:
    """Of each reading the mean logarithm of the chance that all that were asked about their level give it.

    What is of half the right level at one tempo is of the right one at twice that tempo, and so on. Shape
    (n_readings,); the first one, which supposes nothing, has 0.
    """
    levels = np.stack([reading.outputs["level"][reading.score_time.written].mean(axis=0) for reading in readings[1:]])
    levels = np.maximum(levels, LEAST_LEVEL_LOG)
    # How each supposed tempo (row) would stand to the right one if that of a reading (column) were right.
    ratio = np.log2(FACTORS)[:, None] - np.log2(FACTORS)
    away = np.abs(ratio[:, :, None] - np.log2(LEVELS))
    said = np.take_along_axis(levels, away.argmin(axis=2), axis=1)
    said = np.where(away.min(axis=2) < SAME_RATIO_OCTAVES, said, LEAST_LEVEL_LOG)
    return np.append(0.0, said.mean(axis=0))


def _describe_reading(reading: Reading) -> Floats:
    """Figures of a reading, shape (N_OWN_FIGURES,).

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
        0.0,  # see `_compare_levels`
    ])  # fmt: skip


def _log_chance(odds: Floats, is_true: NDArray[np.bool_]) -> Floats:
    """Logarithm of the chance that was given to what is taken for true."""
    return np.asarray(-np.logaddexp(0, np.where(is_true, -odds, odds)))


def _mean(values: Floats) -> float:
    """The mean, 0 of nothing."""
    return float(values.mean()) if len(values) else 0.0


def _mean_entropy(logs: Floats) -> float:
    return float(np.mean(-(np.exp(logs) * logs).sum(axis=1)))
