"""Clefs: in which clef a staff stands, and where an octave line spares it ledger lines.

Method: the cheapest path through five ways to draw each stretch of a staff (treble and bass clef, the treble one with
an octave line one or two octaves up, the bass one with a line below), by Viterbi; ledger lines and changes cost.

Conventions: a position is a number of diatonic steps, C0 = 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Literal

import numpy as np

from ottava.datatypes import Floats, IntArray, ScoreNote
from ottava.meter import Bar, beat_quarters
from ottava.signs import Voices

Clef = Literal["treble", "bass"]
LOWEST_LINE: dict[Clef, int] = {"treble": 30, "bass": 18}  # E4, G2
STAFF_STEPS = 8  # from the lowest line to the highest one
# Clef and octaves that its octave line lifts: what is drawn lies as many octaves nearer to the staff.
WAYS: tuple[tuple[Clef, int], ...] = (("treble", 0), ("treble", 1), ("treble", 2), ("bass", 0), ("bass", -1))
# Costs in those of a chord on one ledger line; three of them are read as easily as an octave line, four are not. The
# price of a new clef was chosen by how often printed scores have one (docs/notes.md, "Tried").
LEDGER_POWER = 2.0
WAY_COSTS = {1: np.array([0.0, 8.0, 20.0, 1.0, 20.0]), 2: np.array([0.5, 8.0, 20.0, 0.0, 12.0])}  # of a chord, by staff
CLEF_CHANGE, LINE_CHANGE, INSIDE_BAR, OVER_TIE = 12.0, 14.0, 8.0, 30.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """How a staff is drawn from a place in a bar (as `Sign` counts) up to the next stretch."""

    bar: int
    start_quarter: Fraction
    clef: Clef
    octaves: int


@dataclass(frozen=True, slots=True)
class _Cell:
    """A stretch that is not divided further: the outermost positions of its chords, shape (n_chords, 2)."""

    bar: int
    start_quarter: Fraction
    positions: IntArray
    is_tied_back: bool


def choose_clefs(bars: Sequence[Bar], voices: Sequence[Voices], staff: int) -> list[Stretch]:
    """How a staff is drawn from its beginning to its end.

    Parameters
    ----------
    bars, voices
        All bars of a score and the signs in them.
    staff
        1 or 2.

    Returns
    -------
    list of Stretch
        In order, the first one at the beginning; two neighbours differ. They begin at bar lines, in bars where the
        staff has one voice also at beats.
    """
    cells = [cell for number in range(len(bars)) for cell in _cut_cells(number, bars[number], voices[number], staff)]
    costs = np.array([_cost_ways(cell, staff) for cell in cells])
    changes = np.array([[
        CLEF_CHANGE * (one != other) + LINE_CHANGE * (up != above and bool(up or above))
        for other, above in WAYS] for one, up in WAYS])  # fmt: skip
    total, back = costs[0] + LINE_CHANGE * np.array([bool(octaves) for _, octaves in WAYS]), []
    for cell, cost in zip(cells[1:], costs[1:], strict=True):
        extra = INSIDE_BAR * (cell.start_quarter != bars[cell.bar].lead_quarter) + OVER_TIE * cell.is_tied_back
        steps = total[:, None] + changes + extra * (changes > 0)
        back.append(steps.argmin(axis=0))
        total = steps.min(axis=0) + cost
    path = [int(total.argmin())]
    for before in reversed(back):
        path.append(int(before[path[-1]]))
    path.reverse()
    stretches = []
    for cell, way, previous in zip(cells, path, [-1, *path], strict=False):
        if way != previous:
            stretches.append(Stretch(cell.bar, cell.start_quarter, *WAYS[way]))
    return stretches


def count_ledger_lines(position: Floats, clef: Clef, octaves: int = 0) -> Floats:
    """Ledger lines of notes."""
    above = position - 7 * octaves - LOWEST_LINE[clef]
    return np.asarray(np.maximum(0, np.maximum(-above, above - STAFF_STEPS)) // 2)


def _cut_cells(number: int, bar: Bar, voices: Voices, staff: int) -> list[_Cell]:
    """A bar, or its beats where they part the only voice of the staff."""
    own = [signs for (other, _), signs in voices.items() if other == staff]
    begin, end = bar.lead_quarter, bar.lead_quarter + bar.length_quarter
    starts = {begin}
    if len(own) == 1:
        beat = beat_quarters(bar.meter)
        starts |= {sign.start_quarter for sign in own[0] if sign.length_quarter and sign.start_quarter % beat == 0}
    cells = []
    for start, stop in pairwise([*sorted(starts), end]):
        inside = [sign for signs in own for sign in signs if sign.notes and start <= sign.start_quarter < stop]
        positions = [[find_position(sign.notes[0]), find_position(sign.notes[-1])] for sign in inside]
        tied = any(sign.tied_back and sign.start_quarter == start for sign in inside)
        cells.append(_Cell(number, start, np.array(positions, np.int64).reshape(-1, 2), tied))
    return cells


def find_position(note: ScoreNote) -> int:
    """Diatonic steps from C0 to a note as it is written."""
    return 7 * note.spelling.octave + "CDEFGAB".index(note.spelling.step)


def _cost_ways(cell: _Cell, staff: int) -> Floats:
    """What each way to draw a cell costs, shape (n_ways,)."""
    if not len(cell.positions):
        return np.zeros(len(WAYS))
    ledgers = np.array([
        (count_ledger_lines(cell.positions.astype(np.float64), clef, octaves).max(axis=1) ** LEDGER_POWER).sum()
        for clef, octaves in WAYS
    ])
    return np.asarray(ledgers + WAY_COSTS[staff] * len(cell.positions))
