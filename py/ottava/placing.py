"""Placing: the beats and bars of a performance and the place of every chord on them, as people want them.

By two trained networks (`ottava.score_time`, `ottava.bars`), or without anything trained (`ottava.beats`,
`ottava.meter`). Either way beats come first, then bars, then places.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ottava.bars import describe_bars, number_bars
from ottava.beats import cover_notes, estimate_tempo, track_beats
from ottava.chords import Chords, Floats
from ottava.datatypes import BeatGrid, Choices, Note, Pedal, Run
from ottava.meter import beat_positions, complete_grid, estimate_meter, signature_quarters
from ottava.rhythm import division_costs, limit_places, refine_places, snap_onsets
from ottava.rhythm_classes import PHASES
from ottava.rhythm_model import compute_bars, compute_rhythm
from ottava.score_time import EARLY_BEATS, PARTS, Given, ScoreTime, decode_score_time, locate_beats

Places = list[Fraction | None]


async def place_by_model(
    notes: Sequence[Note],
    pedals: Sequence[Pedal],
    chords: Chords,
    features: NDArray[np.float32],
    choices: Choices,
    run: Run,
) -> tuple[BeatGrid, Places]:
    """Place chords by the rhythm network and the network of bars.

    Parameters
    ----------
    notes, pedals
        The performance.
    chords, features
        See `ottava.chords.describe_notes`.
    choices
        What a person decided of beats, tempo, meter, downbeats and grid is honoured.
    run
        The host's call that runs the networks.

    Returns
    -------
    tuple of BeatGrid and list
        Beats up to the end of the last bar, and for each chord its place in beats from the first of them, never
        decreasing; None where it has no place of its own (ornaments, wrong notes).
    """
    times_sec = chords.times_sec
    outputs = await compute_rhythm(chords, features, run)
    turns = [_find_chord(times_sec, sec) for sec, _, _ in choices.meters]
    downbeats = sorted({*turns[1:], *(_find_chord(times_sec, sec) for sec in choices.downbeats_sec)})
    tapped = cover_notes(np.array(choices.beats_sec), times_sec[0], times_sec[-1]) if choices.beats_sec else None
    beats = None if tapped is None else beat_positions(times_sec, tapped)
    given = Given(None, downbeats, beats)

    score_time = decode_score_time(times_sec, outputs, given)
    signature = choices.meters[0][1:] if choices.meters else None
    if tapped is None and (choices.tempo_factor or (choices.tempo_bpm and signature)):
        period_sec = _choose_period(times_sec, score_time, choices, signature)
        score_time = decode_score_time(times_sec, outputs, replace(given, period_sec=period_sec))
    beats_sec = _time_beats(times_sec, score_time, tapped, beats)
    bar_outputs = await compute_bars(describe_bars(notes, pedals, chords, score_time, beats_sec), run)

    beat_of = dict(zip(score_time.written.tolist(), score_time.beat.tolist(), strict=True))
    known = sorted(beat_of)
    given_meters = [
        (beat_of[known[min(bisect_left(known, chord), len(known) - 1)]] if index else 0, (count, kind))
        for index, (chord, (_, count, kind)) in enumerate(zip(turns, choices.meters, strict=True))
    ]
    numbers, signatures = number_bars(bar_outputs, given_meters, [beat_of[chord] for chord in downbeats])
    if choices.tempo_bpm and not signature and tapped is None and not choices.tempo_factor:
        # Only now is it known how many quarters a beat has.
        only = replace(choices, meters=((0.0, *signatures[len(signatures) // 2]),))
        return await place_by_model(notes, pedals, chords, features, only, run)
    grid = BeatGrid(beats_sec[: len(numbers)], numbers + 1, tuple(signatures))
    places: Places = [None] * len(times_sec)
    for chord, beat, part in zip(known, score_time.beat.tolist(), score_time.part.tolist(), strict=True):
        places[chord] = beat + Fraction(part, PARTS)
    if choices.grid == "auto":
        places = refine_places(times_sec, places, beats_sec, signatures, _chance(outputs["phase"])[:, len(PHASES)])
    else:
        places = limit_places(places, grid, choices.grid)
    return complete_grid(grid, max(place for place in places if place is not None)), places


def _chance(outputs: Floats) -> Floats:
    """Softmax."""
    powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _find_chord(times_sec: Floats, sec: float) -> int:
    return int(np.argmin(np.abs(times_sec - sec)))


def _time_beats(times_sec: Floats, score_time: ScoreTime, tapped: Floats | None, beats: Floats | None) -> Floats:
    """Seconds of the beats from the first chord's on and of the one after the last; tapped ones stay as they are."""
    located = locate_beats(times_sec, score_time)
    if tapped is None or beats is None:
        return located
    first = int(np.floor(beats[score_time.written[0]] + EARLY_BEATS))
    return np.append(tapped[first : first + len(located)], located[len(tapped) - first :])


def _choose_period(
    times_sec: Floats, score_time: ScoreTime, choices: Choices, signature: tuple[int, int] | None
) -> Floats:
    """Seconds of a beat about each chord, by the tempo that a person gave."""
    if choices.tempo_bpm and signature:
        return np.full(len(times_sec), 60.0 / choices.tempo_bpm * float(signature_quarters(signature)))
    beats_sec = locate_beats(times_sec, score_time)
    return np.asarray(np.interp(times_sec, beats_sec[:-1], np.diff(beats_sec)) / (choices.tempo_factor or 1))


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
