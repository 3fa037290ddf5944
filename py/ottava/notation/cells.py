"""Cells: a staff in a bar, and which of them two scores of one piece differ in."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from fractions import Fraction

from ottava.datatypes import Corrected, Result, Score, ScoreNote
from ottava.rhythm.meter import list_bars

Cell = tuple[int, int]  # number of the staff, index of the bar


def identify(one: Corrected) -> tuple[int | None, int | None]:
    """Say which note of a piece this is, whatever else is corrected."""
    return one.index, one.added


def list_starts(score: Score, end_quarter: Fraction = Fraction(0)) -> list[float]:
    """Quarters of the bars, as floats, which compare many times as fast."""
    ends = (note.span.onset_quarter + note.span.duration_quarter for note in score.notes if note)
    bars = list_bars(score.meters, score.pickup_quarter, max(ends, default=end_quarter, key=float))
    return [float(bar.start_quarter) for bar in bars]


def list_cells(note: ScoreNote, starts: Sequence[float]) -> list[Cell]:
    """The staff of a note in the bar where it begins and in those that its tie reaches."""
    begin = float(note.span.onset_quarter)
    first = max(0, bisect_right(starts, begin) - 1)
    last = bisect_left(starts, float(note.span.onset_quarter + note.span.duration_quarter)) - 1
    return [(note.staff, bar) for bar in range(first, max(first, last) + 1)]


def list_touched(draft: Result, result: Result) -> set[Cell]:
    """The staffs and bars in which a result differs from its draft; bars are those of the result."""
    starts = list_starts(result.score)
    before = {identify(one): note for one, note in zip(draft.corrected, draft.score.notes, strict=True)}
    after = {identify(one): note for one, note in zip(result.corrected, result.score.notes, strict=True)}
    changed = [(before.get(name), after.get(name)) for name in before.keys() | after.keys()]
    return {cell for old, new in changed if old != new for note in (old, new) if note
            for cell in list_cells(note, starts)}


def count_other_bars(result: Result, reread: Result) -> int:
    """How many bars another reading would change beyond those that corrections of single notes have changed.

    Parameters
    ----------
    result, reread
        The same notes: with the corrections put into a draft, and read from the beginning.
    """
    starts = list_starts(result.score)
    differing = {
        cell
        for note, other in zip(result.score.notes, reread.score.notes, strict=True)
        if note and (not other or (note.span, note.staff, note.spelling) != (other.span, other.staff, other.spelling))
        for cell in list_cells(note, starts)
    }
    touched = list_touched(result.draft, result) if result.draft else set()
    return len({bar for _, bar in differing - touched})
