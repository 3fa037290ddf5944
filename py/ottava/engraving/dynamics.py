"""Dynamics: the few marks from pp to ff that say how loud a piece is played, and hairpins where it changes slowly.

Method: the loudness of each bar is that of its louder notes, the melody; the cheapest path through the marks follows
it, where every change has its price (Viterbi). A hairpin leads to a mark that is reached step by step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from ottava.datatypes import Floats, IntArray
from ottava.rhythm.meter import Bar
from ottava.smoothing import take_means

MARKS = ("pp", "p", "mp", "mf", "f", "ff")
# Velocity at which each mark lies: every 16 as sequencers have them, from pp = 33 on.
VELOCITIES = np.array([33.0, 49.0, 64.0, 80.0, 96.0, 112.0])
LOUD_SHARE = 0.7  # the quantile of a bar's velocities that is its loudness
CHANGE_COST, STEP_VELOCITY = 4.0, 8.0  # a change pays when it brings the marks 8 nearer for four bars
SMOOTH_BARS = 3
# A hairpin has so many bars, rises by so much, and no step of it is more than this share of all. Nothing here is tuned:
# data/train says nothing of dynamics.
MOST_HAIRPIN_BARS, LEAST_HAIRPIN_BARS, LEAST_RISE, MOST_STEP = 4, 2, 10.0, 0.8


@dataclass(frozen=True, slots=True)
class Mark:
    """A dynamic mark at the beginning of a bar."""

    bar: int
    text: str


@dataclass(frozen=True, slots=True)
class Hairpin:
    """A crescendo or diminuendo from the beginning of one bar to that of another."""

    first_bar: int
    last_bar: int
    kind: Literal["crescendo", "diminuendo"]


def estimate_dynamics(
    bars: Sequence[Bar], onsets_quarter: Sequence[Fraction], velocities: Sequence[int]
) -> tuple[list[Mark], list[Hairpin]]:
    """Marks and hairpins of a score.

    Parameters
    ----------
    bars
        All bars.
    onsets_quarter, velocities
        Of its notes, 1..127, in any order; at least one.

    Returns
    -------
    tuple of (list of Mark, list of Hairpin)
        In order; the first mark stands in the first bar that has a note, and every hairpin ends at a mark.
    """
    starts = np.array([float(bar.start_quarter) for bar in bars])
    bar_of = np.clip(np.searchsorted(starts, [float(q) for q in onsets_quarter], side="right") - 1, 0, None)
    filled, loudness = _measure_loudness(bar_of, np.array(velocities, np.float64))
    path = _choose_marks(loudness)
    changes = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist()]
    marks = [Mark(int(filled[index]), MARKS[path[index]]) for index in changes]
    smooth = take_means(loudness, SMOOTH_BARS)
    hairpins = []
    for last, index in enumerate(changes[1:]):
        begin = _find_rise(loudness, smooth, index, path[index] > path[index - 1], changes[last])
        if begin is not None:
            kind: Literal["crescendo", "diminuendo"] = "crescendo" if path[index] > path[index - 1] else "diminuendo"
            hairpins.append(Hairpin(int(filled[begin]), int(filled[index]), kind))
    return marks, hairpins


def _measure_loudness(bar_of: IntArray, velocities: Floats) -> tuple[IntArray, Floats]:
    """The bars that have notes, and the quantile of the velocities in each, between two of them by straight lines."""
    order = np.lexsort((velocities, bar_of))
    filled, first, counts = np.unique(bar_of[order], return_index=True, return_counts=True)
    place = LOUD_SHARE * (counts - 1)
    below = first + place.astype(np.int64)
    above = np.minimum(below + 1, first + counts - 1)
    loud = velocities[order]
    return filled, loud[below] + (place % 1) * (loud[above] - loud[below])


def _choose_marks(loudness: Floats) -> list[int]:
    """The mark of each bar."""
    cost = np.abs(loudness[:, None] - VELOCITIES) / STEP_VELOCITY
    change = CHANGE_COST * (1 - np.eye(len(MARKS)))
    total, back = cost[0], []
    for row in cost[1:]:
        steps = total[:, None] + change
        back.append(steps.argmin(axis=0))
        total = steps.min(axis=0) + row
    path = [int(total.argmin())]
    for before in reversed(back):
        path.append(int(before[path[-1]]))
    return path[::-1]


def _find_rise(loudness: Floats, smooth: Floats, end: int, is_rising: bool, earliest: int) -> int | None:
    """The bar from which the loudness goes one way up to ``end``, after the mark before; None where it jumps."""
    steps = np.diff(smooth[: end + 1]) * (1 if is_rising else -1)
    begin = end
    while begin > max(earliest, end - MOST_HAIRPIN_BARS) and steps[begin - 1] > 0:
        begin -= 1
    rise = abs(float(loudness[end] - loudness[begin]))
    is_long = end - begin >= LEAST_HAIRPIN_BARS and rise >= LEAST_RISE
    return begin if is_long and np.abs(np.diff(loudness[begin : end + 1])).max() < MOST_STEP * rise else None
