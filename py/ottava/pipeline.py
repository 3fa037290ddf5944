"""The whole way, in two stages: `listen` hears a performance in a recording, `notate` writes a performance down.

The cut lies where people correct things: every correction is a `Choices` value and runs `notate` alone.
"""

from fractions import Fraction

from ottava.beats import estimate_tempo, track_beats
from ottava.datatypes import Choices, Key, Performance, Result, Score, ScoreNote, Span, Tempo
from ottava.hands import split_hands
from ottava.key import estimate_key
from ottava.meter import beat_quarters, estimate_meter, is_compound, number_beats
from ottava.rhythm import place_pedals, quantize_notes, trim_durations
from ottava.spelling import spell_pitches
from ottava.voices import separate_voices


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
        With a score note for each note of the performance, in order.
    """
    notes = performance.notes
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

    score = Score(
        beats=beats,
        meters=(meter,),
        pickup_quarter=pickup_quarter,
        keys=(key,),
        tempos=(Tempo(Fraction(0), estimate_tempo(times_sec) * float(beat_quarter)),),
        notes=tuple(map(ScoreNote, spans, staffs, voices, spellings)),
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
