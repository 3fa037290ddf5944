"""Ties: the printable note values, tied, that write a length so that a reader sees the beats.

No published method: the rules of engraving (a tie where a beat would be hidden; tuplets stay inside their beat).
"""

from fractions import Fraction
from itertools import pairwise
from math import lcm

from ottava.rhythm import is_odd

# Note values that one sign can show, longest first: whole to 64th, with one dot, and parts of triplets and sextuplets.
PRINTABLE = sorted(
    {Fraction(4, 2**n) * dot for n in range(7) for dot in (1, Fraction(3, 2))}
    | {Fraction(2, 3) / 2**n for n in range(5)},
    reverse=True,
)


def split_span(start: Fraction, duration: Fraction, beat_quarter: Fraction) -> list[Fraction]:
    """Lengths of the tied notes that write a note which does not leave its bar.

    Parameters
    ----------
    start
        Place in the bar, in quarter notes.
    duration
        Length in quarter notes, > 0.
    beat_quarter
        Length of a felt beat.

    Returns
    -------
    list of Fraction
        Each is one printable value (no, or one dot; tuplets within a beat); they sum to ``duration``.
    """
    end = start + duration
    # What begins or ends in a quintuplet or septuplet is tied at its beat's bounds.
    cuts = [start]
    if is_odd(start.denominator):
        cuts.append(min(end, (start // beat_quarter + 1) * beat_quarter))
    if is_odd(end.denominator):
        cuts.append(max(cuts[-1], end // beat_quarter * beat_quarter))
    lengths = []
    for begin, stop in pairwise([*cuts, end]):
        lengths += _split_piece(begin, stop - begin, beat_quarter)
    return lengths


def _split_piece(start: Fraction, duration: Fraction, beat_quarter: Fraction) -> list[Fraction]:
    """As `split_span`, for what does not cross the bounds of a quintuplet or septuplet."""
    # The grid on which both ends lie: what left it would never come back to the end.
    finest = Fraction(1, lcm(start.denominator, (start + duration).denominator))
    values = [value for value in PRINTABLE if value % finest == 0]
    if is_odd(finest.denominator):
        values = [finest * steps for steps in (4, 3, 2)]
    lengths = []
    while duration > 0:
        length = next(
            (value for value in values if value <= duration
             and (is_odd(value.denominator) or _shows_beat(start, value, duration, beat_quarter))),
            finest,
        )  # fmt: skip
        lengths.append(length)
        start, duration = start + length, duration - length
    return lengths


def _shows_beat(start: Fraction, value: Fraction, duration: Fraction, beat_quarter: Fraction) -> bool:
    """Whether a reader still sees the beats when ``value``, all or part of ``duration``, is written at ``start``."""
    into_beat = start % beat_quarter
    end = into_beat + value
    if value.denominator % 3 == 0:
        # A note of a tuplet stands on the tuplet's own grid, inside its beat.
        return end <= beat_quarter and start % min(value, Fraction(1, 3)) == 0
    if into_beat.denominator % 3 == 0:
        return False
    if into_beat == 0:
        # Whole beats; a dotted beat; or inside the beat.
        return value % beat_quarter == 0 or end <= beat_quarter or value == beat_quarter * Fraction(3, 2)
    # Inside the beat, or the plain syncopation (eighth, quarter, eighth).
    return end <= beat_quarter or (into_beat * 2 == beat_quarter and value == beat_quarter == duration)
