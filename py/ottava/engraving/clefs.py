"""Clefs: in which clef a staff stands, and where an octave line spares it ledger lines.

Method: the cheapest path through five ways to draw each stretch of a staff (treble and bass clef, the treble one with
an octave line one or two octaves up, the bass one with a line below), by Viterbi; ledger lines and changes cost.

Conventions: a position is a number of diatonic steps, C0 = 0.
"""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, groupby
from operator import attrgetter
from typing import Literal

import numpy as np

from ottava.datatypes import Floats, ScoreNote
from ottava.engraving.signs import Sign, Voices
from ottava.rhythm.meter import Bar, beat_quarters

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
FORBIDDEN = 1e9


@dataclass(frozen=True, slots=True)
class Stretch:
    """How a staff is drawn from a place in a bar (as `Sign` counts) up to the next stretch."""

    bar: int
    start_quarter: Fraction
    clef: Clef
    octaves: int


@dataclass(frozen=True, slots=True)
class _Cell:
    """A stretch that is not divided further: the outermost ``positions`` of its chords, from below.

    ``is_inside`` a bar, not at its beginning.
    """

    bar: int
    start_quarter: Fraction
    positions: list[tuple[int, int]]
    is_tied_back: bool
    is_inside: bool


def choose_clefs(
    bars: Sequence[Bar],
    voices: Sequence[Voices],
    staff: int,
    drawn: Sequence[Stretch] = (),
    changed: Collection[int] = (),
) -> list[Stretch]:
    """How a staff is drawn from its beginning to its end.

    Parameters
    ----------
    bars, voices
        All bars of a score and the signs in them.
    staff
        1 or 2.
    drawn, changed
        How the staff was drawn before bars were corrected, and the indices of these: all others stay as they were.

    Returns
    -------
    list of Stretch
        In order, the first one at the beginning; two neighbours differ. They begin at bar lines, in bars where the
        staff has one voice also at beats.
    """
    cells = [cell for number in range(len(bars)) for cell in _cut_cells(number, bars[number], voices[number], staff)]
    costs = _cost_ways(cells, staff)
    if drawn:
        costs += _forbid_ways(cells, drawn, changed)
    changes = np.array([[
        CLEF_CHANGE * (one != other) + LINE_CHANGE * (up != above and bool(up or above))
        for other, above in WAYS] for one, up in WAYS])  # fmt: skip
    is_change = changes > 0
    total, back = costs[0] + LINE_CHANGE * np.array([bool(octaves) for _, octaves in WAYS]), []
    for cell, cost in zip(cells[1:], costs[1:], strict=True):
        extra = INSIDE_BAR * cell.is_inside + OVER_TIE * cell.is_tied_back
        steps = total[:, None] + (changes + extra * is_change if extra else changes)
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


def _forbid_ways(cells: Sequence[_Cell], before: Sequence[Stretch], changed: Collection[int]) -> Floats:
    """What it costs to draw an unchanged bar otherwise than before, shape (n_cells, n_ways)."""
    begins = [(stretch.bar, stretch.start_quarter) for stretch in before]
    costs = np.zeros((len(cells), len(WAYS)))
    for row, cell in zip(costs, cells, strict=True):
        stretch = before[max(0, bisect_right(begins, (cell.bar, cell.start_quarter)) - 1)]
        if cell.bar not in changed:
            row += [0.0 if way == (stretch.clef, stretch.octaves) else FORBIDDEN for way in WAYS]
    return costs


def count_ledger_lines(position: Floats, clef: Clef, octaves: int = 0) -> Floats:
    """Ledger lines of notes."""
    above = position - 7 * octaves - LOWEST_LINE[clef]
    return np.asarray(np.maximum(0, np.maximum(-above, above - STAFF_STEPS)) // 2)


def _cut_cells(number: int, bar: Bar, voices: Voices, staff: int) -> list[_Cell]:
    """A bar, or its beats where they part the only voice of the staff."""
    own = [signs for (other, _), signs in voices.items() if other == staff]
    begin, beat = bar.lead_quarter, beat_quarters(bar.meter)
    parts: list[tuple[Fraction, list[Sign]]] = [(begin, [] if len(own) == 1 else [*chain(*own)])]
    for start, group in groupby(own[0] if len(own) == 1 else (), attrgetter("start_quarter")):
        signs = [*group]  # grace notes and what they lead to
        if start != begin and (start / beat).denominator == 1 and any(sign.length_quarter for sign in signs):
            parts.append((start, signs))
        else:
            parts[-1][1].extend(signs)
    return [_make_cell(number, start, signs, is_inside=bool(index)) for index, (start, signs) in enumerate(parts)]


def _make_cell(number: int, start: Fraction, signs: Sequence[Sign], *, is_inside: bool) -> _Cell:
    positions = [(find_position(sign.notes[0]), find_position(sign.notes[-1])) for sign in signs if sign.notes]
    tied = any(sign.tied_back and sign.start_quarter == start for sign in signs)
    return _Cell(number, start, positions, tied, is_inside)


def find_position(note: ScoreNote) -> int:
    """Diatonic steps from C0 to a note as it is written."""
    return 7 * note.spelling.octave + "CDEFGAB".index(note.spelling.step)


def _cost_ways(cells: Sequence[_Cell], staff: int) -> Floats:
    """What each way to draw each cell costs, shape (n_cells, n_ways)."""
    n_chords = [len(cell.positions) for cell in cells]
    cell_of = np.repeat(np.arange(len(cells)), n_chords)
    positions = np.array([pair for cell in cells for pair in cell.positions], np.float64).reshape(-1, 2)
    ledgers = [count_ledger_lines(positions, clef, octaves).max(axis=1) ** LEDGER_POWER for clef, octaves in WAYS]
    costs = np.stack([np.bincount(cell_of, lines, len(cells)) for lines in ledgers], axis=1)
    return np.asarray(costs + WAY_COSTS[staff] * np.array(n_chords)[:, None])
