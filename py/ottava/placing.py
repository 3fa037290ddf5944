"""Placing: the beats and bars of a performance and the place of every chord on them, as people want them.

By two trained networks (`ottava.score_time`, `ottava.bars`), or without anything trained (`ottava.beats`,
`ottava.meter`). Either way beats come first, then bars, then places.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from ottava.bars import describe_bars, number_bars
from ottava.beats import cover_notes, estimate_tempo, track_beats
from ottava.chords import Chords, describe_chords
from ottava.datatypes import BeatGrid, Choices, Floats, Note, Pedal, Run
from ottava.meter import beat_positions, complete_grid, estimate_meter, signature_quarters
from ottava.rhythm import division_costs, refine_places, snap_onsets
from ottava.rhythm_classes import PHASES
from ottava.rhythm_model import compute_bars, compute_rhythm
from ottava.score_time import EARLY_BEATS, PARTS, Given, ScoreTime, decode_score_time, locate_beats

Places = list[Fraction | None]


async def place_by_model(
    notes: Sequence[Note], pedals: Sequence[Pedal], chords: Chords, choices: Choices, run: Run
) -> tuple[BeatGrid, Places]:
    """Place chords by the rhythm network and the network of bars.

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

    Returns
    -------
    tuple of BeatGrid and list
        Beats up to the end of the last bar, and for each chord its place in beats from the first of them, never
        decreasing; None where it has no place of its own (ornaments, wrong notes).
    """
    outputs = await compute_rhythm(chords, describe_chords(notes, pedals, chords), run)
    placed = await _place(notes, pedals, chords, outputs, choices, run)
    if choices.tempo_bpm and not choices.meters and not choices.beats_sec and not choices.tempo_factor:
        # How many quarters a beat has, which the tempo counts, is known only now.
        signatures = placed[0].signatures
        known = replace(choices, meters=((0.0, *signatures[len(signatures) // 2]),))
        return await _place(notes, pedals, chords, outputs, known, run)
    return placed


async def _place(
    notes: Sequence[Note],
    pedals: Sequence[Pedal],
    chords: Chords,
    outputs: Mapping[str, Floats],
    choices: Choices,
    run: Run,
) -> tuple[BeatGrid, Places]:
    """`place_by_model` with the outputs of the rhythm network."""
    times_sec = chords.times_sec
    turns = [_find_chord(times_sec, sec) for sec, _, _ in choices.meters]
    downbeats = sorted({*turns[1:], *(_find_chord(times_sec, sec) for sec in choices.downbeats_sec)})
    tapped = cover_notes(np.array(choices.beats_sec), times_sec[0], times_sec[-1]) if choices.beats_sec else None
    given = Given(None, downbeats, None if tapped is None else beat_positions(times_sec, tapped))
    score_time = decode_score_time(times_sec, outputs, given)
    period_sec = _choose_period(times_sec, score_time, choices)
    if period_sec is not None:
        score_time = decode_score_time(times_sec, outputs, replace(given, period_sec=period_sec))
    beats_sec = _time_beats(times_sec, score_time, tapped, given.beats)
    bar_outputs = await compute_bars(describe_bars(notes, pedals, chords, score_time, beats_sec), run)

    known, beats = score_time.written.tolist(), score_time.beat.tolist()
    meters = [
        (beats[min(bisect_left(known, chord), len(known) - 1)] if index else 0, (count, kind))
        for index, (chord, (_, count, kind)) in enumerate(zip(turns, choices.meters, strict=True))
    ]
    numbers, signatures = number_bars(bar_outputs, meters, [beats[bisect_left(known, chord)] for chord in downbeats])
    grid = BeatGrid(beats_sec[: len(numbers)], numbers + 1, tuple(signatures))
    places: Places = [None] * len(times_sec)
    for chord, beat, part in zip(known, beats, score_time.part.tolist(), strict=True):
        places[chord] = beat + Fraction(part, PARTS)
    if choices.grid == "auto":
        places = refine_places(times_sec, places, beats_sec, signatures, np.exp(outputs["phase"][:, len(PHASES)]))
    return complete_grid(grid, max(place for place in places if place is not None)), places


def _find_chord(times_sec: Floats, sec: float) -> int:
    return int(np.argmin(np.abs(times_sec - sec)))


def _time_beats(times_sec: Floats, score_time: ScoreTime, tapped: Floats | None, beats: Floats | None) -> Floats:
    """Seconds of the beats from the first chord's on and of the one after the last; tapped ones stay as they are."""
    located = locate_beats(times_sec, score_time)
    if tapped is None or beats is None:
        return located
    first = int(np.floor(beats[score_time.written[0]] + EARLY_BEATS))
    return np.append(tapped[first : first + len(located)], located[len(tapped) - first :])


def _choose_period(times_sec: Floats, score_time: ScoreTime, choices: Choices) -> Floats | None:
    """Seconds of a beat about each chord by the tempo that a person gave, None where that is nothing of use."""
    if choices.beats_sec:
        return None
    if choices.tempo_bpm and choices.meters:
        unit = float(signature_quarters(choices.meters[0][1:]))
        return np.full(len(times_sec), 60.0 / choices.tempo_bpm * unit)
    if choices.tempo_factor:
        beats_sec = locate_beats(times_sec, score_time)
        return np.asarray(np.interp(times_sec, beats_sec[:-1], np.diff(beats_sec)) / choices.tempo_factor)
    return None


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
    places = snap_onsets(chords.times_sec, times_sec, costs)
    return complete_grid(grid, places[-1]), list(places)


def _choose_bpm(choices: Choices) -> float | None:
    """Felt beats a minute of a tempo given in quarter notes."""
    if choices.tempo_bpm is None or not choices.meters:
        return choices.tempo_bpm
    return choices.tempo_bpm / float(signature_quarters(choices.meters[0][1:]))
