"""Placing: the beats and bars of a performance and the place of every chord on them, as people want them.

By the rhythm network (`ottava.score_time`), or without anything trained (`ottava.beats`, `ottava.meter`): that way
beats come first, then bars, then places.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from ottava.beats import cover_notes, estimate_tempo, track_beats
from ottava.chords import Chords, Floats
from ottava.datatypes import BeatGrid, Choices, Note
from ottava.meter import beat_positions, complete_grid, estimate_meter, signature_quarters
from ottava.rhythm import division_costs, limit_places, snap_onsets
from ottava.score_time import EARLY_BEATS, PARTS, Given, ScoreTime, decode_score_time, locate_beats

Places = list[Fraction | None]


def place_by_model(chords: Chords, outputs: dict[str, Floats], choices: Choices) -> tuple[BeatGrid, Places]:
    """Place chords by what the rhythm network says of them.

    Parameters
    ----------
    chords, outputs
        See `ottava.rhythm_model.compute_rhythm`.
    choices
        What a person decided of beats, tempo, meter, downbeats and grid is honoured.

    Returns
    -------
    tuple of BeatGrid and list
        Beats up to the end of the last bar, and for each chord its place in beats from the first of them, never
        decreasing; None where it has no place of its own (ornaments, wrong notes).
    """
    times_sec = chords.times_sec
    meters = [(_find_chord(times_sec, sec), (beats, kind)) for sec, beats, kind in choices.meters]
    turns = [chord for chord, _ in meters[1:]]
    downbeats = sorted({*turns, *(_find_chord(times_sec, sec) for sec in choices.downbeats_sec)})
    tapped = cover_notes(np.array(choices.beats_sec), times_sec[0], times_sec[-1]) if choices.beats_sec else None
    beats = None if tapped is None else beat_positions(times_sec, tapped)
    score_time = decode_score_time(times_sec, outputs, Given(None, meters, downbeats, beats))
    if tapped is None and (choices.tempo_bpm or choices.tempo_factor):
        period_sec = _choose_period(times_sec, score_time, choices)
        score_time = decode_score_time(times_sec, outputs, Given(period_sec, meters, downbeats))
    grid = _make_grid(times_sec, score_time, tapped, beats)
    places: Places = [None] * len(times_sec)
    for chord, beat, part in zip(
        score_time.written.tolist(), score_time.beat.tolist(), score_time.part.tolist(), strict=True
    ):
        places[chord] = beat + Fraction(part, PARTS)
    if choices.grid != "auto":
        places = limit_places(places, grid, choices.grid)
    return complete_grid(grid, max(place for place in places if place is not None)), places


def _find_chord(times_sec: Floats, sec: float) -> int:
    return int(np.argmin(np.abs(times_sec - sec)))


def _choose_period(times_sec: Floats, score_time: ScoreTime, choices: Choices) -> Floats:
    """Seconds of a beat about each chord, by the tempo that a person gave."""
    if choices.tempo_bpm:
        unit = float(signature_quarters(score_time.signatures[0]))
        return np.full(len(times_sec), 60.0 / choices.tempo_bpm * unit)
    beats_sec = locate_beats(times_sec, score_time)
    periods = np.interp(times_sec, beats_sec[:-1], np.diff(beats_sec))
    return np.asarray(periods / (choices.tempo_factor or 1))


def _make_grid(
    times_sec: Floats, score_time: ScoreTime, tapped: Floats | None, beats: Floats | None
) -> BeatGrid:
    """Beats with their bars, from the first chord's on."""
    signatures = score_time.signatures
    if tapped is None or beats is None:
        beats_sec = locate_beats(times_sec, score_time)[:-1]
        return BeatGrid(beats_sec, score_time.bar_beat + 1, tuple(signatures))
    # Tapped beats stay where they are; the chords' bars tell which of them are downbeats.
    first = int(np.floor(beats[score_time.written[0]] + EARLY_BEATS))
    numbers = score_time.bar_beat + 1
    count = min(len(numbers), len(tapped) - first)
    return BeatGrid(tapped[first : first + count], numbers[:count], tuple(signatures[:count]))


def place_by_tracking(
    notes: Sequence[Note], chords: Chords, duration_sec: float, choices: Choices
) -> tuple[BeatGrid, Places]:
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
    places, _ = snap_onsets(chords.times_sec, times_sec, costs)
    return complete_grid(grid, places[-1]), list(places)


def _choose_bpm(choices: Choices) -> float | None:
    """Felt beats a minute of a tempo given in quarter notes."""
    if choices.tempo_bpm is None or not choices.meters:
        return choices.tempo_bpm
    return choices.tempo_bpm / float(signature_quarters(choices.meters[0][1:]))
