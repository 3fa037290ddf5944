"""Placing: the beats and bars of a performance and the place of every chord on them, as people want them.

By trained networks (`ottava.rhythm.readings`), or without anything trained (`ottava.rhythm.beats`,
`ottava.rhythm.accents`). Either way beats come first, then bars, then places; on
beats that a person gave, `ottava.rhythm.quantizing` finds the places.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor

import numpy as np

from ottava.datatypes import BeatGrid, Choices, Floats, Note, Pedal, Performance, Run
from ottava.rhythm.accents import estimate_meter
from ottava.rhythm.bars import THIRDS, ask_bars, describe_bars, number_bars
from ottava.rhythm.beats import cover_notes, estimate_tempo, track_beats
from ottava.rhythm.chords import Chords, group_notes
from ottava.rhythm.divisions import division_costs
from ottava.rhythm.meter import beat_positions, complete_grid, signature_quarters, tactus_beats
from ottava.rhythm.places import (
    is_written,
    place_exactly,
    refine_places,
    snap_onsets,
    straighten_swing,
    straighten_thirds,
)
from ottava.rhythm.quantizing import part_chords, quantize, tell_beats
from ottava.rhythm.readings import (
    Decided,
    Pace,
    Reading,
    choose_pace,
    find_period,
    hear,
    read_at_pace,
    read_performance,
)
from ottava.rhythm.score_time import find_parts
from ottava.rhythm.steps import PARTS, PHASES

Places = list[Fraction | None]
# A bar line that a person sets this much before a given beat is on it. Not tuned.
EARLY_BAR_BEATS = 0.25


@dataclass(frozen=True, slots=True)
class Placed:
    """Chords where they are written.

    ``grid``: beats up to the end of the last bar; ``places``: for each chord its place in beats from the first of them,
    never decreasing, None where it has no place of its own (ornaments, wrong notes). ``is_written``: whether all stand
    exactly on given beats and their divisions, because they were written and not played.
    """

    chords: Chords
    grid: BeatGrid
    places: Places
    is_written: bool = False


def needs_pace(choices: Choices) -> bool:
    """Whether the tempo has to be found."""
    return choices.beats == "model" and not choices.beats_sec


async def find_pace(performance: Performance, run: Run) -> Pace:
    """How fast a performance goes as it was heard."""
    chords = group_notes(np.array([note.onset_sec for note in performance.notes]))
    return await choose_pace(hear(performance.notes, performance.pedals, chords), run)


async def place_chords(
    performance: Performance,
    notes: Sequence[Note],
    chords: Chords,
    duration_sec: float,
    choices: Choices,
    run: Run | None,
    pace: Pace | None = None,
) -> tuple[Placed, bool]:
    """Place chords as they are written, by the trained networks or without them.

    Parameters
    ----------
    performance, pace
        As it was heard, and how fast it goes, where that was found before.
    notes, chords
        As they are after correction.
    duration_sec
        Length of the recording.
    choices, run
        See `place_by_model`; without ``run`` no network is asked.

    Returns
    -------
    tuple of Placed and bool
        The chords, which given beats may have parted; whether swung eighths are written as even ones.
    """
    if run is None:
        placed = place_by_tracking(notes, chords, duration_sec, choices)
    else:
        if pace is None and needs_pace(choices):
            pace = await find_pace(performance, run)
        placed = await place_by_model(notes, performance.pedals, chords, choices, run, pace)
    signatures = placed.grid.signatures
    places, is_swung = straighten_swing(placed.places, signatures, choices.swing)
    if choices.grid == "auto" and not choices.beats_sec:
        places = straighten_thirds(places, signatures)
    return replace(placed, places=places), is_swung


def decide(choices: Choices) -> Decided:
    """What a person decided of bars and tempo."""
    meters = tuple((sec, (count, kind)) for sec, count, kind in choices.meters)
    downbeats_sec = sorted({sec for sec, _ in meters[1:]} | {*choices.downbeats_sec})
    return Decided(tuple(downbeats_sec), meters, 60.0 / choices.tempo_bpm if choices.tempo_bpm else 0.0)


async def place_by_model(
    notes: Sequence[Note], pedals: Sequence[Pedal], chords: Chords, choices: Choices, run: Run, pace: Pace | None
) -> Placed:
    """Place chords by the trained networks.

    Parameters
    ----------
    notes, pedals
        The performance.
    chords
        Of the notes.
    choices
        What a person decided of beats, tempo, meter and downbeats is honoured; what a grid allows is for who has given
        ornaments their places.
    run
        The host's call that runs the networks.
    pace
        Of the performance as it was heard; None where ``choices`` do not need it (`needs_pace`).
    """
    if choices.beats_sec:
        return await place_on_beats(notes, pedals, chords, choices, run)
    heard = hear(notes, pedals, chords)
    # What is decided is weighed on the performance as it was heard: corrected notes do not change the tempo.
    if pace is None:
        pace = await choose_pace(heard, run)
    decided = decide(choices)
    if decided != pace.decided:
        pace = await choose_pace(pace.heard, run, decided, pace)
    reading = await read_at_pace(heard, decided, pace, run)
    if choices.tempo_factor:
        period_sec = find_period(chords.times_sec, reading.beats_sec) / choices.tempo_factor
        reading = await read_performance(heard, decided, run, period_sec)
    return _place_reading(chords, reading, choices)


async def place_on_beats(
    notes: Sequence[Note], pedals: Sequence[Pedal], chords: Chords, choices: Choices, run: Run
) -> Placed:
    """Place chords on the beats that a person gave, under the bars and meters that they gave; see `place_by_model`."""
    times_sec = cover_notes(np.array(choices.beats_sec), chords.times_sec[0], chords.times_sec[-1])
    exact = place_written(chords, times_sec)
    if exact and choices.meters:
        grid = estimate_meter(notes, times_sec, choices.meters, choices.downbeats_sec)
        return Placed(chords, complete_grid(grid, exact[-1], choices.beats_sec), [*exact], is_written=True)
    turns = [(_find_beat(times_sec, sec) if index else 0, (count, kind))
             for index, (sec, count, kind) in enumerate(choices.meters)]
    downbeats = {beat for beat, _ in turns[1:]} | {_find_beat(times_sec, sec) for sec in choices.downbeats_sec}
    if exact:
        places: Places = [exact[chord] for chord in chords.chord_of.tolist()]
    else:
        places = await quantize(notes, chords, tell_beats(times_sec, sorted(downbeats), turns), run)
    # Beats from the first note's to the last's, and one more.
    known = [place for place in places if place is not None]
    first, last = floor(known[0]), floor(known[-1])
    while len(times_sec) < last + 2:
        times_sec = np.append(times_sec, 2 * times_sec[-1] - times_sec[-2])
    times_sec = times_sec[first : last + 2]
    places = [None if place is None else place - first for place in places]
    parts = find_parts(chords, places)
    described = describe_bars(notes, pedals, chords, parts, times_sec, None)
    turns = [(max(0, beat - first), signature) for beat, signature in turns]
    inside = [beat - first for beat in sorted(downbeats) if first <= beat <= last]
    has_thirds = bool(np.isin(parts.part, THIRDS).any())
    numbers, signatures = number_bars(await ask_bars(described, run), turns, inside, has_thirds=has_thirds)
    if exact and not choices.meters:
        signatures = [(tactus_beats(count), 4) for count, _ in signatures]  # A file's beats are quarters.
    grid = BeatGrid(times_sec[:-1], numbers + 1, tuple(signatures))
    parted, chord_places = part_chords(notes, chords, places)
    grid = complete_grid(grid, known[-1] - first, choices.beats_sec)
    return Placed(parted, grid, chord_places, is_written=bool(exact))


def _find_beat(times_sec: Floats, sec: float) -> int:
    """The beat on which a bar line stands that a person set."""
    return max(0, floor(float(beat_positions(np.array([sec]), times_sec)[0]) + EARLY_BAR_BEATS))


def place_written(chords: Chords, beats_sec: Floats) -> list[Fraction]:
    """Places of music that stands exactly on the beats and their divisions; none where it was played."""
    positions = np.maximum(beat_positions(chords.times_sec, beats_sec), 0.0).tolist()
    return place_exactly(positions) if is_written(positions) else []


def _place_reading(chords: Chords, reading: Reading, choices: Choices) -> Placed:
    """Beats and places of a reading."""
    times_sec = chords.times_sec
    score_time, n_beats = reading.score_time, len(reading.numbers)
    grid = BeatGrid(reading.beats_sec[:n_beats], reading.numbers + 1, tuple(reading.signatures))
    places: Places = [None] * len(times_sec)
    triples = zip(score_time.written.tolist(), score_time.beat.tolist(), score_time.part.tolist(), strict=True)
    for chord, beat, part in triples:
        places[chord] = beat + Fraction(part, PARTS)
    if choices.grid == "auto":
        elsewhere = np.exp(reading.outputs["phase"][:, len(PHASES)])
        places = refine_places(times_sec, places, reading.beats_sec, reading.signatures, elsewhere)
    return Placed(chords, complete_grid(grid, max(place for place in places if place is not None)), places)


def place_by_tracking(
    notes: Sequence[Note], chords: Chords, duration_sec: float, choices: Choices
) -> Placed:
    """Place chords without a trained model; see `place_by_model`, but every chord has a place."""
    if choices.beats_sec:
        times_sec = cover_notes(np.array(choices.beats_sec), chords.times_sec[0], chords.times_sec[-1])
    else:
        bpm = _choose_bpm(choices)
        times_sec = track_beats(notes, duration_sec, bpm)
        if choices.tempo_factor and bpm is None:
            times_sec = track_beats(notes, duration_sec, estimate_tempo(times_sec) * choices.tempo_factor)
    grid = estimate_meter(notes, times_sec, choices.meters, choices.downbeats_sec)
    costs = division_costs(signature_quarters(grid.signatures[0]), choices.grid)
    exact = place_written(chords, times_sec) if choices.beats_sec else []
    places = exact or snap_onsets(chords.times_sec, times_sec, costs)
    return Placed(chords, complete_grid(grid, places[-1], choices.beats_sec), [*places], is_written=bool(exact))


def _choose_bpm(choices: Choices) -> float | None:
    """Felt beats a minute of a tempo given in quarter notes."""
    if choices.tempo_bpm is None or not choices.meters:
        return choices.tempo_bpm
    return choices.tempo_bpm / float(signature_quarters(choices.meters[0][1:]))
