"""Divisions: into how many parts a beat is divided, and what each way to do so costs."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import floor, lcm
from typing import Literal

Grid = Literal["auto", "8", "16", "triplet"]

# Divisions of a beat with their costs, in squared deviations of an onset: coarse search on folds 0 and 1 of
# data/train with annotated beats (bench/results.md, "Rhythm").
SIMPLE_COSTS = {1: 0.0, 2: 0.5, 3: 3.0, 4: 1.5, 6: 5.0, 8: 10.0}
COMPOUND_COSTS = {1: 0.0, 3: 0.5, 2: 4.0, 6: 1.5, 4: 6.0, 12: 10.0}
# What --grid allows, as divisions of a quarter note.
GRID_DIVISIONS: dict[Grid, tuple[int, ...]] = {"8": (1, 2), "16": (1, 2, 4), "triplet": (1, 2, 3, 6)}
# Divisions on which written music stands.
EXACT_DIVISIONS = (1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24)
PLAIN_DIVISIONS = (1, 2, 3, 4, 6, 8)


def find_divisions(places: Sequence[Fraction]) -> dict[int, int]:
    """Into how many parts the places of each beat divide it; beats without a place are left out."""
    divisions: dict[int, int] = {}
    for place in places:
        divisions[floor(place)] = lcm(divisions.get(floor(place), 1), place.denominator)
    return divisions


def is_odd(division: int) -> bool:
    """Whether a division is one of quintuplets or septuplets, beside which no other can stand in a beat."""
    return division % 5 == 0 or division % 7 == 0


def division_costs(beat_quarter: Fraction, grid: Grid) -> dict[int, float]:
    """Divisions of a beat allowed by ``grid``, with their costs."""
    costs = SIMPLE_COSTS if beat_quarter.numerator != 3 else COMPOUND_COSTS
    if grid == "auto":
        return costs
    steps = [Fraction(1, division) for division in GRID_DIVISIONS[grid]]
    return {n: cost for n, cost in costs.items() if n == 1 or any((beat_quarter / n) % step == 0 for step in steps)}


def fits_beat(end: Fraction, divisions: Mapping[int, int]) -> bool:
    """Whether a note may end there: among quintuplets on one of theirs, and on none elsewhere."""
    division = divisions.get(floor(end), 1)
    return division % end.denominator == 0 or not (is_odd(division) or is_odd(end.denominator))


def snap_exactly(positions: Sequence[float]) -> list[Fraction]:
    """The nearest multiples of one of `EXACT_DIVISIONS`."""
    snapped = []
    for position in positions:
        places = (Fraction(round(position * n), n) for n in EXACT_DIVISIONS)
        snapped.append(min(places, key=lambda place: abs(float(place) - position)))
    return snapped
