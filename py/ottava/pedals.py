"""Pedals: the sustain pedal on the page, as few lines as say where it is down and where it is changed.

No published method: a short lift is a change, not an end; what is too short to be read is left out.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import Pedal, ScorePedal
from ottava.meter import beat_positions, quarter_at

# A press shorter than this says nothing to a reader; where the pedal is down again within it, it was changed.
SHORTEST_QUARTER = Fraction(1, 2)


def place_pedals(
    pedals: Sequence[Pedal], times_sec: NDArray[np.float64], quarters: Sequence[Fraction]
) -> list[ScorePedal]:
    """Presses of the sustain pedal on the eighths of the beats; a press too short for the grid is left out.

    ``quarters`` of the beats at ``times_sec``, and of their end (`ottava.meter.number_beats`).
    """
    sustain = [pedal for pedal in pedals if pedal.kind == "sustain"]
    onsets = beat_positions(np.array([pedal.onset_sec for pedal in sustain]), times_sec)
    offsets = beat_positions(np.array([pedal.offset_sec for pedal in sustain]), times_sec)
    placed = [
        ScorePedal(*(quarter_at(quarters, Fraction(round(float(place) * 8), 8)) for place in press))
        for press in zip(onsets, offsets, strict=True)
    ]
    return [pedal for pedal in placed if pedal.offset_quarter > pedal.onset_quarter]


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
