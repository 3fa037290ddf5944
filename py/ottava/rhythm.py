"""Rhythm: where each note stands in the score and how long it is written.

Method: notes that begin together are taken together; in every beat the chords snap to the division of the beat
(halves, thirds, quarters, ...) whose squared errors and complexity cost least (the description-length view of
Cemgil, Desain and Kappen, "Rhythm Quantization for Transcription", CMJ 24(2), 2000). Differs from it: costs set by
search, beats already known. Written lengths follow the key's release, legato notes reach the next one of their voice.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import accumulate
from math import floor, lcm
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import BeatGrid, Note, Span
from ottava.meter import beat_positions, is_compound, signature_quarters

Grid = Literal["auto", "8", "16", "triplet"]

# Divisions of a beat with their costs, in squared deviations of an onset: coarse search on folds 0 and 1 of
# data/train with annotated beats (bench/results.md, "Rhythm").
SIMPLE_COSTS = {1: 0.0, 2: 0.5, 3: 3.0, 4: 1.5, 6: 5.0, 8: 10.0}
COMPOUND_COSTS = {1: 0.0, 3: 0.5, 2: 4.0, 6: 1.5, 4: 6.0, 12: 10.0}
# Standard deviation of a played onset, in seconds.
ONSET_SPREAD_SEC = 0.025
# What --grid allows, as divisions of a quarter note.
GRID_DIVISIONS: dict[Grid, tuple[int, ...]] = {"8": (1, 2), "16": (1, 2, 4), "triplet": (1, 2, 3, 6)}
# Divisions that no chord of the rhythm network's usual places needs, with their costs, and how likely a chord must be
# elsewhere for them to be tried: not tuned; bench/results.md, "Rhythm, constants", has the figures without them.
UNUSUAL_COSTS = {5: 2.0, 7: 4.0, 10: 6.0, 12: 4.0, 16: 6.0}
UNUSUAL_COMPOUND_COSTS = {4: 2.0, 12: 4.0}
ELSEWHERE_CHANCE = 0.5
# Divisions on which written music stands, how near to one of them is on it, and the share of the notes that are. Played
# music is as near to one of the 47 places of a beat in a fifth of its notes.
EXACT_DIVISIONS = (1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24)
NEAR_EXACT, EXACT_SHARE = 0.002, 0.95
# Swing: so many late offbeats at least, and of others no more than this share. No piece of data/train is taken for it.
LEAST_SWUNG, MOST_STRAIGHT = 24, 0.1
# A note held for at least this share (same search) of the way to the next one of its voice is written up to it:
# pianists lift before the next note, and the page shows legato.
LEGATO_SHARE = 0.3


def measure_durations(
    notes: Sequence[Note], places: Sequence[Fraction], times_sec: NDArray[np.float64]
) -> list[Fraction]:
    """Lengths in beats, from the place to where the key's release falls on the grid, at least one step.

    Parameters
    ----------
    notes, places
        Of one length; places in beats, those of a chord alike.
    times_sec
        Beat times, shape (n_beats,), increasing.

    Returns
    -------
    list of Fraction
        Greater than 0. The grid is what the places of the beat in which the key is released need, else that of the
        note's own beat.
    """
    divisions = find_divisions(places)
    releases = beat_positions(np.array([note.offset_sec for note in notes]), times_sec)
    shortest = {division: Fraction(1, division) for division in divisions.values()}
    lengths = []
    for place, release in zip(places, releases.tolist(), strict=True):
        own = divisions[floor(place)]
        division = divisions.get(floor(release), own)
        lengths.append(max(Fraction(round(release * division), division) - place, shortest[own]))
    return lengths


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


def is_written(positions: Sequence[float]) -> bool:
    """Whether nearly all positions are places of written music, as those of music that is played never are."""
    divisions, where = np.array(EXACT_DIVISIONS)[:, None], np.array(positions)
    off = np.abs(np.round(where * divisions) / divisions - where).min(axis=0)
    return bool((off < NEAR_EXACT).sum() >= EXACT_SHARE * len(where))


def place_exactly(positions: Sequence[float]) -> list[Fraction]:
    """The places of written music that are nearest to positions in beats.

    Where a beat has quintuplets or septuplets beside anything else, all of it goes to the finest plain division.
    """
    places = _snap_exactly(positions)
    divisions = find_divisions(places)
    mixed = {beat for beat, division in divisions.items() if is_odd(division) and division not in UNUSUAL_COSTS}
    return [Fraction(round(position * EXACT_DIVISIONS[-1]), EXACT_DIVISIONS[-1]) if floor(place) in mixed else place
            for place, position in zip(places, positions, strict=True)]


def measure_exactly(
    places: Sequence[Fraction], releases: Sequence[float], measured: Sequence[Fraction]
) -> list[Fraction]:
    """Lengths of written music whose keys are released at these positions; ``measured`` where the end fits no beat."""
    divisions = find_divisions(places)
    return [end - place if end > place and fits_beat(end, divisions) else length
            for place, end, length in zip(places, _snap_exactly(releases), measured, strict=True)]


def _snap_exactly(positions: Sequence[float]) -> list[Fraction]:
    """The nearest multiples of one of `EXACT_DIVISIONS`."""
    snapped = []
    for position in positions:
        places = (Fraction(round(position * n), n) for n in EXACT_DIVISIONS)
        snapped.append(min(places, key=lambda place: abs(float(place) - position)))
    return snapped


def fits_beat(end: Fraction, divisions: Mapping[int, int]) -> bool:
    """Whether a note may end there: among quintuplets on one of theirs, and on none elsewhere."""
    division = divisions.get(floor(end), 1)
    return division % end.denominator == 0 or not (is_odd(division) or is_odd(end.denominator))


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


def trim_durations(
    spans: Sequence[Span], staffs: Sequence[int], voices: Sequence[int], *, joins_legato: bool = True
) -> list[Span]:
    """Written lengths: no note reaches over the next of its voice, legato notes reach up to it.

    Parameters
    ----------
    spans, staffs, voices
        Of one length; a span of length 0 is a grace note, and stays one.
    joins_legato
        Whether a note held for most of the way to the next one (`LEGATO_SHARE`) reaches up to it.

    Returns
    -------
    list of Span
        One for each note, in order; notes of a chord in one voice share one duration, spans of a voice do not overlap.
    """
    by_voice: dict[tuple[int, int], dict[Fraction, list[int]]] = {}
    for index, span in enumerate(spans):
        if span.duration_quarter:
            by_voice.setdefault((staffs[index], voices[index]), {}).setdefault(span.onset_quarter, []).append(index)
    trimmed = list(spans)
    for chords in by_voice.values():
        onsets = sorted(chords)
        for onset, following in zip(onsets, [*onsets[1:], None], strict=True):
            duration = max(spans[i].duration_quarter for i in chords[onset])
            if following is not None:
                gap = following - onset
                # Up to a half note of silence is bridged, never more: a long rest is meant.
                if duration >= gap or (joins_legato and duration >= LEGATO_SHARE * gap and gap <= 2):
                    duration = gap
            for index in chords[onset]:
                trimmed[index] = Span(onset, duration)
    return trimmed
