"""Meter: how long bars and their beats are, and where beats and bars stand in the score."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import Beat, BeatGrid, FloatArray, Meter, Span

# Time signatures that hold for more than half a percent of the time in data/train; networks tell them apart.
METERS = ((2, 4), (3, 4), (4, 4), (2, 2), (3, 8), (6, 8), (9, 8), (12, 8), (12, 16), (4, 2), (6, 4), (3, 2))
LONE_BEAT_SEC = 0.5  # where there is one beat or one chord alone


def tactus_beats(beats: int) -> int:
    """Felt beats of a bar of so many: dotted ones in 6/x, 9/x and 12/x, else as written."""
    return beats // 3 if is_compound(beats) else beats


def is_compound(beats: int) -> bool:
    """Whether the beats of a meter fall into three."""
    return beats > 3 and beats % 3 == 0


def beat_quarters(meter: Meter) -> Fraction:
    """Length of a felt beat in quarter notes."""
    return _measure_signature(meter.beats, meter.beat_type)[1]


def signature_quarters(signature: tuple[int, int]) -> Fraction:
    """Length of a felt beat of a time signature in quarter notes."""
    return beat_quarters(Meter(Fraction(0), *signature))


def is_same_meter(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether the bars of two time signatures are as long, and both simple or both compound."""
    return one[0] * other[1] == other[0] * one[1] and is_compound(one[0]) == is_compound(other[0])


def bar_quarters(meter: Meter) -> Fraction:
    """Length of a bar in quarter notes."""
    return _measure_signature(meter.beats, meter.beat_type)[0]


@cache  # asked for every note
def _measure_signature(beats: int, beat_type: int) -> tuple[Fraction, Fraction]:
    """Lengths of a bar and of a felt beat in quarter notes."""
    bar = Fraction(4 * beats, beat_type)
    return bar, bar / tactus_beats(beats)


def is_meter(beats: int, beat_type: int) -> bool:
    """Whether a time signature is one that can be written."""
    return 1 <= beats <= 32 and beat_type in (1, 2, 4, 8, 16, 32)


def complete_grid(grid: BeatGrid, last_place: Fraction, given_sec: Sequence[float] = ()) -> BeatGrid:
    """Go on with beats up to the end of the bar in which ``last_place`` lies.

    With those of the beats that a person gave, ``given_sec`` in order, that come later; else as long as those before.
    """
    times, numbers, signatures = grid.times_sec.tolist(), grid.beat_in_bar.tolist(), list(grid.signatures)
    period = (times[-1] - times[-min(len(times), 5)]) / (min(len(times), 5) - 1) if len(times) > 1 else LONE_BEAT_SEC
    later = iter([sec for sec in given_sec if sec > times[-1]])
    while len(times) < 2 or len(times) <= last_place or numbers[-1] < tactus_beats(signatures[-1][0]):
        sec = next(later, None)
        if sec is not None:
            period = sec - times[-1]
        times.append(times[-1] + period)
        numbers.append(numbers[-1] % tactus_beats(signatures[-1][0]) + 1)
        signatures.append(signatures[-1])
    return BeatGrid(np.array(times), np.array(numbers), tuple(signatures))


def number_beats(grid: BeatGrid, first_place: Fraction) -> tuple[list[Fraction], list[Beat], list[Meter]]:
    """Name the place of every beat in the score.

    Parameters
    ----------
    grid
        All beats of the performance, up to a bar's end.
    first_place
        Place of the first note on the beat count (0 = first beat of ``grid``), at least 0.

    Returns
    -------
    tuple of (list of Fraction, list of Beat, list of Meter)
        Quarters of all beats of ``grid`` and of its end, 0 on the first downbeat at or after the first note's beat, or
        on that beat where no pickup could be as long; the beats from the first note's on, what comes before quarter 0
        being the pickup; the meters, of which each bar
        that is shorter or longer than its signature says has one of its own.
    """
    n_beats, begin = len(grid.times_sec), int(first_place // 1)
    starts = [index for index in range(begin, n_beats) if grid.beat_in_bar[index] == 1] or [begin]
    first_bar = (starts[1] if len(starts) > 1 else n_beats) - starts[0]
    if starts[0] - begin >= first_bar:
        # A pickup is shorter than the bar that follows: this is a bar of its own, perhaps of another meter.
        starts.insert(0, begin)
    length = signature_quarters(grid.signatures[starts[0]])
    quarters = [(index - starts[0]) * length for index in range(starts[0])]
    beats = [Beat(float(grid.times_sec[i]), quarters[i], int(grid.beat_in_bar[i]), 0) for i in range(begin, starts[0])]
    meters: list[Meter] = []
    quarter = Fraction(0)
    for bar, (start, end) in enumerate(zip(starts, [*starts[1:], n_beats], strict=True), 1):
        beat_quarter = signature_quarters(grid.signatures[start])
        signature = _fit_signature(grid.signatures[start], end - start)
        if not meters or (meters[-1].beats, meters[-1].beat_type) != signature:
            meters.append(Meter(quarter, *signature))
        for index in range(start, end):
            beats.append(Beat(float(grid.times_sec[index]), quarter, index - start + 1, bar))
            quarters.append(quarter)
            quarter += beat_quarter
    return [*quarters, quarter], beats, meters


def quarter_at(quarters: Sequence[Fraction], place: Fraction) -> Fraction:
    """Quarter of a place on the beat count; ``quarters`` of all beats, see `number_beats`."""
    beat = min(max(place.numerator // place.denominator, 0), len(quarters) - 2)
    if place == beat:
        return quarters[beat]
    return quarters[beat] + (place - beat) * (quarters[beat + 1] - quarters[beat])


def place_spans(quarters: Sequence[Fraction], begins: Sequence[Fraction], ends: Sequence[Fraction]) -> list[Span]:
    """Spans of notes that begin and end at places on the beat count; ``quarters`` of all beats, see `number_beats`."""
    # Most places are those of many notes.
    quarter_of = {place: quarter_at(quarters, place) for place in {*begins, *ends}}
    return [Span(quarter_of[begin], quarter_of[end] - quarter_of[begin])
            for begin, end in zip(begins, ends, strict=True)]


def find_place(quarter: Fraction, quarters: Sequence[Fraction]) -> Fraction:
    """Place of a quarter on the beat count; the inverse of `quarter_at`."""
    beat = min(max(bisect_right(quarters, quarter) - 1, 0), len(quarters) - 2)
    return beat + (quarter - quarters[beat]) / (quarters[beat + 1] - quarters[beat])


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the score: its number, where it begins and how long it is in quarters, and its meter.

    ``lead_quarter``: how much of the meter's bar is missing before it, in a pickup.
    """

    number: int
    start_quarter: Fraction
    length_quarter: Fraction
    meter: Meter
    lead_quarter: Fraction = Fraction(0)


def list_bars(meters: Sequence[Meter], pickup_quarter: Fraction, end_quarter: Fraction) -> list[Bar]:
    """All bars up to ``end_quarter``, one at least; the pickup has number 0.

    A meter holds from its quarter to the next one's, which is a whole number of its bars later.
    """
    bars = []
    if pickup_quarter:
        lead = (bar_quarters(meters[0]) - pickup_quarter) % bar_quarters(meters[0])
        bars.append(Bar(0, -pickup_quarter, pickup_quarter, meters[0], lead))
    start, number = Fraction(0), 1
    for meter, following in zip(meters, [*meters[1:], None], strict=True):
        stop = following.quarter if following else max(end_quarter, start + bar_quarters(meter))
        while start < stop:
            bars.append(Bar(number, start, bar_quarters(meter), meter))
            start, number = start + bar_quarters(meter), number + 1
    return bars


def _fit_signature(signature: tuple[int, int], n_beats: int) -> tuple[int, int]:
    """The signature of a bar that has ``n_beats``."""
    beats, beat_type = signature
    return n_beats * beats // tactus_beats(beats), beat_type


def beat_positions(seconds: FloatArray, times_sec: NDArray[np.float64]) -> NDArray[np.float64]:
    """Positions of recording times on the beat count (beat 0 = first), straight lines between beats and beyond them."""
    index = np.clip(np.searchsorted(times_sec, seconds, side="right") - 1, 0, len(times_sec) - 2)
    return np.asarray(index + (seconds - times_sec[index]) / (times_sec[index + 1] - times_sec[index]))


def find_nearest(times_sec: NDArray[np.float64], sec: float) -> int:
    """The number of the time that is nearest to ``sec``."""
    return int(np.argmin(np.abs(times_sec - sec)))
