"""Pedals: where in the score the sustain pedal is pressed and lifted."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import Pedal, ScorePedal
from ottava.rhythm.meter import beat_positions, quarter_at


def place_pedals(
    pedals: Sequence[Pedal], times_sec: NDArray[np.float64], quarters: Sequence[Fraction]
) -> list[ScorePedal]:
    """Presses of the sustain pedal on the eighths of the beats; a press too short for the grid is left out.

    ``quarters`` of the beats at ``times_sec``, and of their end (`ottava.rhythm.meter.number_beats`).
    """
    sustain = [pedal for pedal in pedals if pedal.kind == "sustain"]
    onsets = beat_positions(np.array([pedal.onset_sec for pedal in sustain]), times_sec)
    offsets = beat_positions(np.array([pedal.offset_sec for pedal in sustain]), times_sec)
    placed = [
        ScorePedal(*(quarter_at(quarters, Fraction(round(float(place) * 8), 8)) for place in press))
        for press in zip(onsets, offsets, strict=True)
    ]
    return [pedal for pedal in placed if pedal.offset_quarter > pedal.onset_quarter]
