"""Pedal lines: the sustain pedal on the page, as few lines as say where it is down and where it is changed.

No published method: a short lift is a change, not an end; what is too short to be read is left out.
"""

from collections.abc import Sequence
from fractions import Fraction

from ottava.datatypes import ScorePedal

# A press shorter than this says nothing to a reader; where the pedal is down again within it, it was changed.
SHORTEST_QUARTER = Fraction(1, 2)


def draw_pedals(pedals: Sequence[ScorePedal], begin_quarter: Fraction, end_quarter: Fraction) -> list[ScorePedal]:
    """The lines that show the pedal between the first and the last bar line: in order, apart or end to end."""
    lines: list[ScorePedal] = []
    for pedal in pedals:
        onset, offset = max(pedal.onset_quarter, begin_quarter), min(pedal.offset_quarter, end_quarter)
        before = lines[-1] if lines else None
        if before and onset - before.offset_quarter < SHORTEST_QUARTER:
            if onset - before.onset_quarter < SHORTEST_QUARTER or offset - onset < SHORTEST_QUARTER:
                # One of the two is too short to stand alone.
                lines[-1] = ScorePedal(before.onset_quarter, max(before.offset_quarter, offset))
                continue
            lines[-1] = ScorePedal(before.onset_quarter, onset)
        if offset - onset >= SHORTEST_QUARTER:
            lines.append(ScorePedal(onset, offset))
    return lines
