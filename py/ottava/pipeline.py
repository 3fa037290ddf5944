"""The whole way, in two stages: `listen` hears a performance in a recording, `notate` writes a performance down.

The cut lies where people correct things: every correction is a `Choices` value and runs `notate` alone.
"""

from fractions import Fraction

import numpy as np

from ottava.activations import N_TRACKS, compute_attributes, compute_segment, plan_segments
from ottava.audio import check_length, check_loudness
from ottava.beats import estimate_tempo, track_beats
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
    check_piano,
    clean_presses,
    convert_notes,
    convert_pedals,
    decode_intervals,
    find_first_frames,
    join_presses,
    place_presses,
)
from ottava.rhythm import place_pedals, quantize_notes, trim_durations
from ottava.spelling import spell_pitches
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
        Seconds between segments, see `ottava.models.choose_hop`.
    report
        Called after every segment with stage "listening", the share done, and the notes and pedals that are final.

    Returns
    -------
    Performance
        Notes sorted by (onset_sec, pitch); those of a pitch do not overlap.

    Raises
    ------
    TranscriptionError
        The recording is too short, damaged, silent, or not of a piano.
    """
    check_length(n_samples, model.sample_rate)
    plan = plan_segments(n_samples, model, hop_sec)
    first_frames = np.full(N_TRACKS, plan.first_frame, np.int64)
    last_presses: dict[int, Press] = {}
    presses: list[Press] = []
    peak = 0.0
    report("listening", 0.0, (), ())
    for count, begin_sample in enumerate(plan.begin_samples, 1):
        segment = await compute_segment(read, n_samples, begin_sample, model, run)
        intervals = decode_intervals(segment.candidates, segment.single, first_frames)
        attributes = await compute_attributes(segment.hidden, intervals, run)
        first_frames = find_first_frames(intervals, attributes, plan)
        placed = place_presses(intervals, attributes, segment, plan)
        heard = join_presses(last_presses, placed, segment.begin_sec + plan.hop_sec)
        report("listening", count / len(plan.begin_samples), convert_notes(heard), convert_pedals(heard))
        presses.extend(heard)
        peak = max(peak, segment.peak)
    check_loudness(peak)
    presses = clean_presses([*presses, *last_presses.values()])
    notes = convert_notes(presses)
    check_piano(notes, n_samples / model.sample_rate)
    return Performance(notes, convert_pedals(presses), model.name)


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
        With a score note, or None where the note is left out, for each note of the performance, in order.

    Raises
    ------
    TranscriptionError
        When the choices leave no note.
    """
    is_kept = [note.confidence >= 1 - choices.sensitivity for note in performance.notes]
    notes = [note for note, kept in zip(performance.notes, is_kept, strict=True) if kept]
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
    return Result(choices.title or title, duration_sec, performance, choices, score)


def _felt_bpm(choices: Choices) -> float | None:
    """Felt beats a minute of a tempo given in quarter notes."""
    if choices.tempo_bpm is None:
        return None
    if choices.meter is None:
        return choices.tempo_bpm
    beats, beat_type = choices.meter
    return choices.tempo_bpm * beat_type / 4 / (3 if is_compound(beats, beat_type) else 1)
