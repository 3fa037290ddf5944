"""The whole way, in two stages: `listen` hears a performance in a recording, `notate` writes a performance down.

The cut lies where people correct things: every correction is a `Choices` value and runs `notate` alone.
"""

from dataclasses import replace
from fractions import Fraction

import numpy as np

from ottava.activations import N_TRACKS, compute_attributes, compute_places, compute_segment, plan_segments
from ottava.audio import check_length, check_loudness
from ottava.beats import estimate_tempo, track_beats
from ottava.confidence import check_notes, choose_notes, find_warnings
from ottava.datatypes import (
    Choices,
    Key,
    Performance,
    Read,
    Report,
    Result,
    Run,
    Score,
    ScoreNote,
    Span,
    Tempo,
)
from ottava.errors import TranscriptionError
from ottava.hands import split_hands
from ottava.key import estimate_key
from ottava.meter import beat_quarters, estimate_meter, is_compound, number_beats
from ottava.models import Model
from ottava.notes import (
    Press,
    clean_presses,
    convert_notes,
    convert_pedals,
    decode_intervals,
    drop_overlapping,
    find_first_frames,
    find_possible,
    join_presses,
    place_presses,
)
from ottava.rhythm import place_pedals, quantize_notes, trim_durations
from ottava.spelling import spell_pitches
from ottava.tuning import describe_tuning, estimate_tuning
from ottava.voices import separate_voices


async def listen(read: Read, n_samples: int, model: Model, hop_sec: float, run: Run, report: Report) -> Performance:
    """Hear the notes and pedals of a recording.

    Parameters
    ----------
    read, n_samples
        The recording, at the model's sample rate.
    model, run
        The model and the host's call that runs its graphs.
    hop_sec
        Seconds between segments, see `ottava.models.choose_setting`.
    report
        Called after every segment with stage "listening", the share done, and the notes and pedals that are final.

    Returns
    -------
    Performance
        Notes sorted by (onset_sec, pitch); those of a pitch do not overlap.

    Raises
    ------
    TranscriptionError
        The recording is too short, damaged or silent, or no note was heard in it.
    """
    check_length(n_samples, model.sample_rate)
    plan = plan_segments(n_samples, model, hop_sec)
    first_frames = np.full(N_TRACKS, plan.first_frame, np.int64)
    last_presses: dict[int, Press] = {}
    presses: list[Press] = []
    possible: list[Press] = []
    peak = 0.0
    report("listening", 0.0, (), ())
    tuning_cents = await estimate_tuning(read, n_samples)
    places = await compute_places(run)
    for count, begin_sample in enumerate(plan.begin_samples, 1):
        segment = await compute_segment(read, n_samples, begin_sample, tuning_cents, places, model, run)
        intervals = decode_intervals(segment.candidates, segment.single, first_frames)
        attributes = await compute_attributes(segment.hidden, intervals, run)
        placed = place_presses(intervals, attributes, segment, plan)
        heard = join_presses(last_presses, placed, segment.begin_sec + plan.hop_sec)
        report("listening", count / len(plan.begin_samples), convert_notes(heard), convert_pedals(heard))
        presses.extend(heard)
        others = find_possible(segment.candidates, segment.single, intervals, first_frames)
        possible += place_presses(others, await compute_attributes(segment.hidden, others, run), segment, plan)
        first_frames = find_first_frames(intervals, attributes, plan)
        peak = max(peak, segment.peak)
    check_loudness(peak)
    presses = clean_presses([*presses, *last_presses.values()])
    possible = drop_overlapping(possible, presses)
    notes = convert_notes(presses)
    check_notes(notes, n_samples / model.sample_rate)
    return Performance(notes, convert_pedals(presses), model.name, convert_notes(possible), tuning_cents)


def notate(performance: Performance, duration_sec: float, choices: Choices, title: str = "") -> Result:
    """Write a performance down.

    Parameters
    ----------
    performance
        At least one note.
    duration_sec
        Length of the recording.
    choices
        What a person decided.
    title
        Of the piece, where ``choices`` has none.

    Returns
    -------
    Result
        Its performance has the notes heard and the possible ones that ``choices`` ask for, its score a note for each of
        them, in order, or None where it is left out.

    Raises
    ------
    TranscriptionError
        When the choices leave no note.
    """
    all_notes, is_kept = choose_notes(performance, choices.sensitivity)
    notes = [note for note, kept in zip(all_notes, is_kept, strict=True) if kept]
    if not notes:
        raise TranscriptionError("No note is this certain; choose a higher sensitivity.")
    beat_bpm = _felt_bpm(choices)
    times_sec = track_beats(notes, duration_sec, beat_bpm)
    meter, grid = estimate_meter(notes, times_sec, choices.meter, choices.downbeat_sec)
    beat_quarter = beat_quarters(meter)
    spans = quantize_notes(notes, times_sec, beat_quarter, choices.grid)

    first_onset = min(span.onset_quarter for span in spans) / beat_quarter
    beats, pickup_quarter = number_beats(grid, meter, first_onset)
    # Quarters count from the first downbeat: from here on the pickup is negative.
    shift = (first_onset // 1) * beat_quarter + pickup_quarter
    spans = [Span(span.onset_quarter - shift, span.duration_quarter) for span in spans]

    staffs = split_hands(notes, choices.split_pitch)
    voices = separate_voices(notes, spans, staffs)
    spans = trim_durations(spans, staffs, voices)
    key = Key(Fraction(0), *choices.key) if choices.key else estimate_key(notes)
    spellings = spell_pitches(notes, key)

    written = map(ScoreNote, spans, staffs, voices, spellings)
    bpm = choices.tempo_bpm or estimate_tempo(times_sec) * float(beat_quarter)
    score = Score(
        beats=beats,
        meters=(meter,),
        pickup_quarter=pickup_quarter,
        keys=(key,),
        tempos=(Tempo(Fraction(0), bpm),),
        notes=tuple(next(written) if kept else None for kept in is_kept),
        pedals=tuple(place_pedals(performance.pedals, times_sec, -shift, beat_quarter)),
    )
    warnings = (*describe_tuning(performance.tuning_cents), *find_warnings(performance.notes))
    performance = replace(performance, notes=all_notes)
    return Result(choices.title or title, duration_sec, performance, choices, score, warnings)


def _felt_bpm(choices: Choices) -> float | None:
    """Felt beats a minute of a tempo given in quarter notes."""
    if choices.tempo_bpm is None:
        return None
    if choices.meter is None:
        return choices.tempo_bpm
    beats, beat_type = choices.meter
    return choices.tempo_bpm * beat_type / 4 / (3 if is_compound(beats, beat_type) else 1)
