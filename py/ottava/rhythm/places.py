"""Places: where in a beat each chord stands in the score.

Method: notes that begin together are taken together; in every beat the chords snap to the division of the beat
(halves, thirds, quarters, ...) whose squared errors and complexity cost least (the description-length view of
Cemgil, Desain and Kappen, "Rhythm Quantization for Transcription", CMJ 24(2), 2000). Differs from it: costs set by
search, beats already known.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from math import floor

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import BeatGrid
from ottava.rhythm.divisions import EXACT_DIVISIONS, Grid, division_costs, find_divisions, is_odd, snap_exactly
from ottava.rhythm.meter import beat_positions, is_compound, signature_quarters

# Standard deviation of a played onset, in seconds.
ONSET_SPREAD_SEC = 0.025
# Divisions that no chord of the rhythm network's usual places needs, with their costs, and how likely a chord must be
# elsewhere for them to be tried: not tuned; bench/results.md, "Rhythm, constants", has the figures without them.
UNUSUAL_COSTS = {5: 2.0, 7: 4.0, 10: 6.0, 12: 4.0, 16: 6.0}
UNUSUAL_COMPOUND_COSTS = {4: 2.0, 12: 4.0}
ELSEWHERE_CHANCE = 0.5
# How near to one of `EXACT_DIVISIONS` written music is (a third is as near in a file of 128 ticks a quarter), and the
# share of the notes that are. Played music is as near to one of the 47 places of a beat in two fifths of its notes.
NEAR_EXACT, EXACT_SHARE = 0.004, 0.95
# Swing: so many late offbeats at least, and of others no more than this share. No piece of data/train is taken for it.
LEAST_SWUNG, MOST_STRAIGHT = 24, 0.1


def is_written(positions: Sequence[float]) -> bool:
    """Whether nearly all positions are places of written music, as those of music that is played never are."""
    return measure_written(positions) >= EXACT_SHARE


def measure_written(positions: Sequence[float], divisions: Sequence[int] = EXACT_DIVISIONS) -> float:
    """The share of positions, one at least, that stand on one of these divisions."""
    parts, where = np.array(divisions)[:, None], np.array(positions)
    off = np.abs(np.round(where * parts) / parts - where).min(axis=0)
    return float((off < NEAR_EXACT).mean())


def place_exactly(positions: Sequence[float]) -> list[Fraction]:
    """The places of written music that are nearest to positions in beats; see `unmix_places`."""
    return unmix_places(snap_exactly(positions))


def unmix_places(places: Sequence[Fraction]) -> list[Fraction]:
    """Places in beats, never decreasing, but of the finest plain division where no signs would show them.

    That is where a beat has quintuplets or septuplets beside anything else: all of it goes there.
    """
    finest = EXACT_DIVISIONS[-1]
    divisions = find_divisions(places)
    mixed = {beat for beat, division in divisions.items() if is_odd(division) and division not in UNUSUAL_COSTS}
    return [Fraction(round(place * finest), finest) if floor(place) in mixed else place for place in places]


def limit_places(places: Sequence[Fraction], grid: BeatGrid, limit: Grid) -> list[Fraction]:
    """Move places to the nearest ones that a limit allows, so that they never decrease; with "auto" they stay.

    ``places`` in beats of ``grid``, those of notes or chords in their order.
    """
    if limit == "auto":
        return list(places)
    moved = []
    for place in places:
        beat = min(floor(place), len(grid.signatures) - 1)
        divisions = division_costs(signature_quarters(grid.signatures[beat]), limit)
        moved.append(min((Fraction(round(place * n), n) for n in divisions), key=lambda other: abs(other - place)))
    return list(accumulate(moved, max))


def snap_onsets(
    starts_sec: NDArray[np.float64], times_sec: NDArray[np.float64], costs: dict[int, float]
) -> list[Fraction]:
    """Places of chords on the beat count.

    ``starts_sec`` shape (n_chords,), increasing; the places never decrease and begin at 0 or later.
    """
    positions = beat_positions(starts_sec, times_sec)
    # A chord a little before a beat belongs to it: beats are cut in the middle of the last sixteenth.
    beats = np.floor(positions + 1 / 8).astype(np.int64)
    places: list[Fraction] = []
    for beat in np.unique(beats):
        phases = positions[beats == beat] - beat
        near = int(np.clip(beat, 0, len(times_sec) - 2))
        deviation = ONSET_SPREAD_SEC / float(times_sec[near + 1] - times_sec[near])
        best = min(costs, key=lambda n: costs[n] + _misfit(phases, n) / deviation**2)
        places += [int(beat) + Fraction(round(float(phase) * best), best) for phase in phases]
    # A late chord of one beat and an early one of the next may cross when each snaps on its own grid.
    return list(accumulate(places, max, initial=Fraction(0)))[1:]


def _misfit(phases: NDArray[np.float64], division: int) -> float:
    """Sum of squared errors in beats, and a whole step for every two chords that fall together."""
    steps = np.round(phases * division)
    together = len(steps) - len(np.unique(steps))
    return float(np.sum((phases - steps / division) ** 2)) + together * (0.5 / division) ** 2


def refine_places(
    times_sec: NDArray[np.float64],
    places: Sequence[Fraction | None],
    beats_sec: NDArray[np.float64],
    signatures: Sequence[tuple[int, int]],
    elsewhere: NDArray[np.float64],
) -> list[Fraction | None]:
    """Give chords that stand on none of the usual places of a beat the division that fits all chords of their beat.

    Parameters
    ----------
    times_sec, places
        Of the chords, never decreasing; None for a chord without a place.
    beats_sec, signatures
        Seconds and time signatures of the beats that ``places`` count.
    elsewhere
        Shape (n_chords,): how likely each chord stands on no usual place.
    """
    refined = list(places)
    by_beat: dict[int, list[int]] = {}
    for chord, place in enumerate(places):
        if place is not None and place < min(len(beats_sec) - 1, len(signatures)):
            by_beat.setdefault(floor(place), []).append(chord)
    for beat, chords in by_beat.items():
        if not any(elsewhere[chord] > ELSEWHERE_CHANCE for chord in chords):
            continue
        period_sec = float(beats_sec[beat + 1] - beats_sec[beat])
        phases = (times_sec[chords] - beats_sec[beat]) / period_sec
        spread = ONSET_SPREAD_SEC / period_sec
        usual = float(np.sum((phases - [float(places[chord] or 0) - beat for chord in chords]) ** 2))
        unusual = UNUSUAL_COMPOUND_COSTS if is_compound(signatures[beat][0]) else UNUSUAL_COSTS
        costs = {n: cost + _misfit(phases, n) / spread**2 for n, cost in unusual.items()}
        best = min(costs, key=lambda n: costs[n])
        if costs[best] < usual / spread**2:
            steps = np.clip(np.round(phases * best), 0, best - 1).astype(int).tolist()
            for chord, step in zip(chords, accumulate(steps, max), strict=True):
                refined[chord] = beat + Fraction(step, best)
    return refined


def straighten_thirds(
    places: Sequence[Fraction | None], signatures: Sequence[tuple[int, int]]
) -> list[Fraction | None]:
    """Move a chord that is the only one on a third or sixth of a simple beat to the nearest quarter of it.

    A triplet of one chord is hard to read and mostly none (166 pieces, networks of the folds: position .343 without
    this and .344 with it, value .449 and .451; nothing is gained where the beats around must have no thirds either).
    """
    thirds: dict[int, list[int]] = {}
    for chord, place in enumerate(places):
        if place is not None and place.denominator % 3 == 0:
            thirds.setdefault(floor(place), []).append(chord)
    alone = {chords[0] for beat, chords in thirds.items()
             if len(chords) == 1 and not is_compound(signatures[min(beat, len(signatures) - 1)][0])}
    straight = list(places)
    last = Fraction(0)
    for chord, place in enumerate(places):
        if place is None:
            continue
        moved = Fraction(round(place * 4), 4)
        following = next((other for other in places[chord + 1 :] if other is not None), None)
        if chord in alone and last <= moved and (following is None or moved <= following):
            straight[chord] = moved
        last = straight[chord] or Fraction(0)
    return straight


def straighten_swing(
    places: Sequence[Fraction | None], signatures: Sequence[tuple[int, int]], swing: bool | None
) -> tuple[list[Fraction | None], bool]:
    """Write swung eighths as even ones, where all of a piece is swung or a person says so; tells whether that was done.

    Notes that swing stand at two thirds of the beat, and hardly any at its half or its first third. Where a person says
    that it swings, a dotted eighth and a sixteenth with nothing between are two swung eighths as well.
    """
    phases = [
        None if place is None or is_compound(signatures[min(floor(place), len(signatures) - 1)][0]) else place % 1
        for place in places
    ]
    late, even, early = (phases.count(Fraction(phase)) for phase in ("2/3", "1/2", "1/3"))
    is_swung = swing if swing is not None else late >= LEAST_SWUNG and max(even, early) < MOST_STRAIGHT * late
    if not is_swung:
        return list(places), False
    in_beat: dict[int, set[Fraction]] = {}
    for place, phase in zip(places, phases, strict=True):
        if place is not None and phase is not None:
            in_beat.setdefault(floor(place), set()).add(phase)
    straight = {Fraction(2, 3): Fraction(1, 2), Fraction(1, 3): Fraction(1, 4), Fraction(5, 6): Fraction(3, 4)}
    dotted = {Fraction(3, 4): Fraction(1, 2)}

    def straighten(place: Fraction | None, phase: Fraction | None) -> Fraction | None:
        if place is None or phase is None:
            return place
        is_dotted = swing and in_beat[floor(place)] <= {Fraction(0), Fraction(3, 4)}
        return floor(place) + (dotted if is_dotted else straight).get(phase, phase)

    return [straighten(place, phase) for place, phase in zip(places, phases, strict=True)], True
