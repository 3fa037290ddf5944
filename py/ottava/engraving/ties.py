"""Ties: the printable note values, tied, that write a length so that a reader sees the beats; rests alike.

No published method: the rules of engraving (Gould, "Behind Bars", 2011, part one: a tie where a beat would be hidden,
tuplets inside their beat, rests that stand where a value of their length would begin).
"""

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import lcm

from ottava.datatypes import Meter
from ottava.rhythm.divisions import is_odd
from ottava.rhythm.meter import bar_quarters, beat_quarters

# Note values that one sign can show, longest first: whole to 64th, with one dot, and parts of triplets and sextuplets.
PRINTABLE = sorted(
    {Fraction(4, 2**n) * dot for n in range(7) for dot in (1, Fraction(3, 2))}
    | {Fraction(2, 3) / 2**n for n in range(5)},
    reverse=True,
)

LONGEST_REST = 12  # quarters: a dotted breve; in 6/1 two beats are twice as long


def split_span(start: Fraction, duration: Fraction, meter: Meter) -> list[Fraction]:
    """Lengths of the tied notes that write a note which does not leave its bar.

    Parameters
    ----------
    start
        Place in the bar, in quarter notes.
    duration
        Length in quarter notes, > 0.
    meter
        Of the bar.

    Returns
    -------
    list of Fraction
        Each is one printable value (no, or one dot; tuplets within a beat); they sum to ``duration``.
    """
    return list(_split(start, duration, beat_quarters(meter), _shows_beat))


def split_rest(start: Fraction, duration: Fraction, meter: Meter) -> list[Fraction]:
    """Lengths of the rests that write a silence which does not leave its bar; as `split_span`."""
    beat, end = beat_quarters(meter), start + duration
    # Two beats are one rest where they are a half of the bar: in bars of three beats never.
    pair = 2 * beat if (bar_quarters(meter) / beat) % 2 == 0 and 2 * beat <= LONGEST_REST else beat
    lengths: list[Fraction] = []
    while start < end:
        whole = next((unit for unit in (pair, beat) if start % unit == 0 and start + unit <= end), None)
        stop = start + whole if whole else min(end, (start // beat + 1) * beat)
        lengths += [whole] if whole else _split(start, stop - start, beat, _is_aligned)
        start = stop
    return lengths


@cache  # a piece has few lengths and places
def _split(
    start: Fraction,
    duration: Fraction,
    beat_quarter: Fraction,
    fits: Callable[[Fraction, Fraction, Fraction, Fraction], bool],
) -> tuple[Fraction, ...]:
    end = start + duration
    # What begins or ends in a quintuplet or septuplet is tied at its beat's bounds.
    cuts = [start]
    if is_odd(start.denominator):
        cuts.append(min(end, (start // beat_quarter + 1) * beat_quarter))
    if is_odd(end.denominator):
        cuts.append(max(cuts[-1], end // beat_quarter * beat_quarter))
    lengths: list[Fraction] = []
    for begin, stop in pairwise([*cuts, end]):
        lengths += _split_piece(begin, stop - begin, beat_quarter, fits)
    return tuple(lengths)


def _split_piece(
    start: Fraction,
    duration: Fraction,
    beat_quarter: Fraction,
    fits: Callable[[Fraction, Fraction, Fraction, Fraction], bool],
) -> list[Fraction]:
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
             and (is_odd(value.denominator) or fits(start, value, duration, beat_quarter))),
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


def _is_aligned(start: Fraction, value: Fraction, _duration: Fraction, beat_quarter: Fraction) -> bool:
    """Whether a rest of ``value`` stands inside its beat where such values begin."""
    into_beat = start % beat_quarter
    return into_beat % value == 0 and into_beat + value <= beat_quarter
