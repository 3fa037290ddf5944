"""Pedals in score time."""

from fractions import Fraction

import numpy as np

from ottava.datatypes import Pedal
from ottava.notation.pedals import place_pedals


def test_pedals_land_on_the_beats_they_are_pressed_at() -> None:
    pedals = [Pedal(0.5, 1.7, "sustain"), Pedal(0.5, 0.6, "soft"), Pedal(2.0, 2.01, "sustain")]
    placed = place_pedals(pedals, np.array([0.5, 1.1, 1.7, 2.3]), [Fraction(n) for n in range(-1, 4)])
    assert [(int(p.onset_quarter), int(p.offset_quarter)) for p in placed] == [(-1, 1)]
