"""Tempo: the metronome mark of a piece, and where it slows down so much that a page says so.

Conventions: marks are in quarter notes a minute; a metronome's figures are for the felt beat.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ottava.datatypes import Beat, Meter, Tempo
from ottava.rhythm.meter import beat_quarters

# The figures on the scale of a metronome, beats a minute.
METRONOME = (*range(20, 60, 2), *range(60, 72, 3), *range(72, 120, 4), *range(120, 144, 6), *range(144, 209, 8))
# A ritardando is printed when the tempo falls to this share of what it was in so many beats before. Not tuned: on the
# 62 performances of data/dev it was said 106 times, once in 175 beats, and in 23 of them never (2026-11-21).
STRONG_SHARE = 0.6
STEADY_BEATS, SLOW_BEATS = 12, 3
# A tempo that a file says holds for so many beats, within a share that is less than any figure's; not tuned.
LEAST_WRITTEN_BEATS, SAME_TEMPO = 4, 0.002


def choose_tempos(
    beats: Sequence[Beat], meters: Sequence[Meter], given_bpm: float | None, *, is_written: bool = False
) -> tuple[Tempo, ...]:
    """The tempo marks of a piece.

    Parameters
    ----------
    beats, meters
        Of the score; two beats at least.
    given_bpm
        Quarter notes a minute where a person chose; printed as it is.
    is_written
        Whether the beats are those of written music, which says its tempos itself.

    Returns
    -------
    tuple of Tempo
        The first at quarter 0: that of the median beat, as a metronome has it, or what is written. Then "rit." and "a
        tempo" in turn, and what else is written.
    """
    times = np.array([beat.time_sec for beat in beats])
    quarters = np.array([float(beat.quarter) for beat in beats])
    bpm = 60.0 * np.diff(quarters) / np.diff(times)
    median = float(np.median(np.repeat(bpm, np.maximum(1, np.round(np.diff(times) * 4).astype(int)))))
    unit = float(beat_quarters(meters[0]))
    written = _find_written(bpm) if is_written and not given_bpm else {}
    first = given_bpm or written.pop(0, 0.0) or round_to_metronome(median / unit) * unit
    tempos = [Tempo(Fraction(0), first)]
    for begin, end in _find_ritardandi(bpm):
        slow = float(np.median(bpm[end - SLOW_BEATS : end]))
        tempos.append(Tempo(beats[begin].quarter, slow, "rit."))
        if end < len(bpm):
            tempos.append(Tempo(beats[end].quarter, float(np.median(bpm[end : end + STEADY_BEATS])), "a tempo"))
    last = first
    for beat, figure in written.items():
        if abs(figure - last) > SAME_TEMPO * last:
            tempos = [tempo for tempo in tempos if tempo.quarter != beats[beat].quarter]
            tempos.append(Tempo(beats[beat].quarter, figure))
        last = figure
    return tuple(sorted(tempos, key=lambda tempo: tempo.quarter))


def _find_written(bpm: np.ndarray) -> dict[int, float]:
    """The beats at which a tempo begins that holds for some beats, and its figure, in order."""
    changes = np.flatnonzero(np.abs(np.diff(bpm)) > SAME_TEMPO * bpm[:-1]) + 1
    bounds = [0, *changes.tolist(), len(bpm)]
    # A file counts microseconds of a quarter: no figure comes back to all its decimals.
    return {begin: round(float(bpm[begin]), 2) for begin, end in pairwise(bounds)
            if end - begin >= min(LEAST_WRITTEN_BEATS, len(bpm))}


def round_to_metronome(bpm: float) -> float:
    """The nearest figure of a metronome, by ratio; beyond its scale whole numbers."""
    if not METRONOME[0] <= bpm <= METRONOME[-1]:
        return max(1.0, float(round(bpm)))
    right = min(bisect_left(METRONOME, bpm), len(METRONOME) - 1)
    left = max(0, bisect_right(METRONOME, bpm) - 1)
    low, high = METRONOME[left], METRONOME[right]
    return float(low if bpm * bpm < low * high else high)


def _find_ritardandi(bpm: np.ndarray) -> list[tuple[int, int]]:
    """First beat and the beat after the last of each strong slowing down."""
    found: list[tuple[int, int]] = []
    if len(bpm) < STEADY_BEATS + SLOW_BEATS:
        return found
    steady_bpm = np.median(sliding_window_view(bpm[:-SLOW_BEATS], STEADY_BEATS), axis=1)  # before each possible one
    slow = sliding_window_view(bpm[STEADY_BEATS:], SLOW_BEATS)
    falls = (np.diff(slow, axis=1) <= 0).all(axis=1) & (slow[:, -1] < STRONG_SHARE * steady_bpm)
    falls &= np.median(slow, axis=1) < (1 + STRONG_SHARE) / 2 * steady_bpm
    index = 0
    for begin in (np.flatnonzero(falls) + STEADY_BEATS).tolist():
        if begin < index:
            continue
        end = begin + SLOW_BEATS
        while end < len(bpm) and bpm[end] < STRONG_SHARE * steady_bpm[begin - STEADY_BEATS]:
            end += 1
        found.append((begin, end))
        index = end + STEADY_BEATS
    return found
