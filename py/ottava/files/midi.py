"""MIDI: the performance as it was played, out to a file and in from one."""

import io
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Literal

import numpy as np
import pretty_midi

from ottava.datatypes import (
    HIGHEST_PITCH,
    LOWEST_PITCH,
    Choices,
    Note,
    Pedal,
    Performance,
    Result,
    Score,
)
from ottava.errors import TranscriptionError
from ottava.files.tracks import find_hands
from ottava.files.written import find_delay, rule_beats
from ottava.notation.key import tonic_fifths
from ottava.notation.spelling import sound_spelling
from ottava.rhythm.meter import bar_quarters

SUSTAIN_CONTROL, SOFT_CONTROL = 64, 67
# MIDI's own threshold between a pedal that is up and one that is down.
PEDAL_DOWN = 64
SLOWEST_QUARTER_SEC = 16.0  # a MIDI file counts 24 bits of microseconds
# Fine enough that the times of the notes survive to a millisecond where a quarter takes five seconds; 24 divides it.
TICKS_PER_QUARTER = 4800
# Beats before this begin with the file: MIDI has no tempo for no time.
SHORTEST_LEAD_SEC = 0.02
LONGEST_QUARTER_SEC = 16  # of a tempo in MIDI: 16.8
HANDS = {1: "Right hand", 2: "Left hand"}
GRACE_QUARTER = Fraction(1, 8)
# What is opened is bounded before it fills the memory: three hours of the densest music have 100,000 notes, and with
# every movement of the pedals 4 MB.
MOST_NOTES, MOST_MIDI_BYTES = 200_000, 5_000_000
LONGEST_SEC = 12 * 3600.0
pretty_midi.pretty_midi.MAX_TICK = 40_000_000  # two hours as we write them; a table of so many numbers is 320 MB


def write_midi(result: Result) -> bytes:
    """Write the performed notes and pedals as a standard MIDI file, with tempo, meters and key.

    Parameters
    ----------
    result
        Times of the notes are kept; the tempo changes with every beat, so that bar lines are where the score has them.

    Returns
    -------
    bytes
        A MIDI file, format 1.
    """
    score = result.score
    file = pretty_midi.PrettyMIDI(resolution=TICKS_PER_QUARTER)
    _set_keys(file, score, _set_tempos(file, score))
    piano = pretty_midi.Instrument(program=0, name="Piano")
    piano.notes = [
        pretty_midi.Note(note.velocity, note.pitch, note.onset_sec, note.offset_sec)
        for note in sorted(
            (one.note for one in result.corrected if one.note), key=lambda note: (note.onset_sec, note.pitch)
        )
    ]
    for pedal in result.performance.pedals:
        control = SUSTAIN_CONTROL if pedal.kind == "sustain" else SOFT_CONTROL
        piano.control_changes.append(pretty_midi.ControlChange(control, 127, pedal.onset_sec))
        piano.control_changes.append(pretty_midi.ControlChange(control, 0, pedal.offset_sec))
    file.instruments.append(piano)
    return _encode(file)


def write_quantised_midi(result: Result) -> bytes:
    """Write the score as a standard MIDI file: every note as long as it is written, in the first tempo, a track a hand.

    Parameters
    ----------
    result
        Its notes keep the velocity of the performance; grace notes come shortly before theirs.

    Returns
    -------
    bytes
        A MIDI file, format 1.
    """
    score = result.score
    bpm = max(score.tempos[0].bpm, 60 / SLOWEST_QUARTER_SEC)
    file = pretty_midi.PrettyMIDI(resolution=TICKS_PER_QUARTER, initial_tempo=bpm)

    def time_at(quarter: Fraction) -> float:
        return float(quarter + score.pickup_quarter) * 60.0 / bpm

    _set_signatures(file, score, time_at, begins_with_pickup=True)
    _set_keys(file, score, time_at)
    hands = {staff: pretty_midi.Instrument(program=0, name=name) for staff, name in HANDS.items()}
    for scored, note in zip(score.notes, result.performance.notes, strict=True):
        if scored:
            begin, length = scored.span.onset_quarter, scored.span.duration_quarter
            if not length:
                begin, length = max(begin - GRACE_QUARTER, -score.pickup_quarter), GRACE_QUARTER
            pitch = sound_spelling(scored.spelling)
            hands[scored.staff].notes.append(
                pretty_midi.Note(note.velocity, pitch, time_at(begin), time_at(begin + length))
            )
    for pedal in score.pedals:
        for quarter, value in ((pedal.onset_quarter, 127), (pedal.offset_quarter, 0)):
            sec = max(0.0, time_at(quarter))
            for hand in hands.values():
                hand.control_changes.append(pretty_midi.ControlChange(SUSTAIN_CONTROL, value, sec))
    file.instruments += hands.values()
    return _encode(file)


def _encode(file: pretty_midi.PrettyMIDI) -> bytes:
    buffer = io.BytesIO()
    file.write(buffer)
    return buffer.getvalue()


def _set_keys(file: pretty_midi.PrettyMIDI, score: Score, time_at: Callable[[Fraction], float]) -> None:
    for index, key in enumerate(score.keys):
        tonic = key.fifths * 7 % 12 if key.mode == "major" else (key.fifths * 7 - 3) % 12 + 12
        sec = time_at(key.quarter) if index else 0.0
        file.key_signature_changes.append(pretty_midi.KeySignature(tonic, sec))


def _set_tempos(file: pretty_midi.PrettyMIDI, score: Score) -> Callable[[Fraction], float]:
    """Set tempos and time signatures: what is before the first beat fills its bar, or a bar of its own.

    Gives what tells the time in the file, in seconds, of a quarter.
    """
    beats, bar = score.beats, bar_quarters(score.meters[0])
    start_sec = beats[0].time_sec
    has_lead = start_sec >= SHORTEST_LEAD_SEC
    lead = (beats[0].quarter % bar or bar) if has_lead else Fraction(0)
    lead += _fill_bars(start_sec, lead, bar)
    scales = [(0, start_sec / float(lead * TICKS_PER_QUARTER))] if has_lead else []
    tick = lead * TICKS_PER_QUARTER
    for beat, following in pairwise(beats):
        quarters, beat_sec = following.quarter - beat.quarter, following.time_sec - beat.time_sec
        meter = score.meters[bisect_right(score.meters, max(beat.quarter, 0), key=lambda meter: meter.quarter) - 1]
        ticks = (quarters + _fill_bars(beat_sec, quarters, bar_quarters(meter))) * TICKS_PER_QUARTER
        scales.append((round(tick), beat_sec / float(ticks)))
        tick += ticks
    # pretty_midi writes a tempo map, but has no public way to make one.
    file._tick_scales = scales
    file._update_tick_to_time(round(tick))
    quarters_of_beats, times_sec = [float(beat.quarter) for beat in beats], [beat.time_sec for beat in beats]

    def time_at(quarter: Fraction) -> float:
        return float(np.interp(float(quarter), quarters_of_beats, times_sec))

    _set_signatures(file, score, time_at, begins_with_pickup=not has_lead)
    return time_at


def _fill_bars(sec: float, quarters: Fraction, bar: Fraction) -> Fraction:
    """Whole bars to be added to so many quarters, so that none lasts longer than MIDI can say: a long rest is bars."""
    return max(0, ceil((Fraction(sec) / LONGEST_QUARTER_SEC - quarters) / bar)) * bar


def _set_signatures(
    file: pretty_midi.PrettyMIDI, score: Score, time_at: Callable[[Fraction], float], *, begins_with_pickup: bool
) -> None:
    signatures = [(meter.quarter, meter.beats, meter.beat_type) for meter in score.meters]
    if begins_with_pickup and score.pickup_quarter:
        pickup = score.pickup_quarter
        signatures.insert(0, (-pickup, pickup.numerator, 4 * pickup.denominator))
    for index, (quarter, n_beats, beat_type) in enumerate(signatures):
        sec = time_at(quarter) if index else 0.0
        file.time_signature_changes.append(pretty_midi.TimeSignature(n_beats, beat_type, sec))


def check_size(is_small: bool) -> None:
    """Refuse a file that would fill the memory."""
    if not is_small:
        raise TranscriptionError("This file is too large: it holds more than Ottava can write down.")


def read_midi(data: bytes) -> Performance:
    """Read the piano notes and pedals of a MIDI file.

    Parameters
    ----------
    data
        A standard MIDI file.

    Returns
    -------
    Performance
        Notes of all tracks but drums, sorted; confidence 1. Where its tracks are hands each note has its hand.

    Raises
    ------
    TranscriptionError
        When the file is damaged or holds no note of a piano.
    """
    file = _open_midi(data)
    instruments = [instrument for instrument in file.instruments if not instrument.is_drum]
    parts = [(instrument.name, part) for instrument in instruments if (part := _read_notes(instrument))]
    hands = find_hands(*zip(*parts, strict=True)) if parts else []
    notes = sorted(
        (replace(note, hand=hand) for (_, part), hand in zip(parts, hands, strict=True) for note in part),
        key=lambda note: (note.onset_sec, note.pitch),
    )
    if not notes:
        raise TranscriptionError("This MIDI file holds no notes of a piano.")
    end_sec = max(note.offset_sec for note in notes)
    check_size(len(notes) <= MOST_NOTES and end_sec < LONGEST_SEC)
    pedals = [pedal for instrument in instruments for pedal in _read_pedals(instrument, end_sec)]
    return Performance(tuple(notes), tuple(sorted(pedals, key=lambda pedal: pedal.onset_sec)), "midi")


def read_written(data: bytes) -> Choices:
    """What a MIDI file says of beats, meters and key, where it was written and not played.

    Parameters
    ----------
    data
        A standard MIDI file.

    Returns
    -------
    Choices
        Beats, meters, the first downbeat and the keys: as if a person had chosen them. Nothing unless nearly all notes
        begin on the file's own beats and their divisions.

    Raises
    ------
    TranscriptionError
        When the file is damaged.
    """
    file = _open_midi(data)
    notes = [note for instrument in file.instruments if not instrument.is_drum for note in instrument.notes]
    onsets = sorted({int(file.time_to_tick(note.start)) for note in notes})
    delay = find_delay(onsets, file.resolution) if notes else None
    if delay is None:
        return Choices()
    signatures = [(int(file.time_to_tick(change.time)), change.numerator, change.denominator)
                  for change in file.time_signature_changes]
    last_tick = int(file.time_to_tick(file.get_end_time()))
    ruled = rule_beats(signatures, file.resolution, max(0, onsets[0] - delay), last_tick)

    def time_at(tick: int) -> float:
        return float(file.tick_to_time(max(0, tick + delay)))

    keys = [(time_at(int(file.time_to_tick(change.time))), *_name_key(change.key_number))
            for change in file.key_signature_changes]
    return Choices(
        meters=tuple((time_at(tick), *signature) for tick, signature in ruled.signatures),
        downbeats_sec=() if ruled.downbeat is None else (time_at(ruled.downbeat),),
        beats_sec=tuple(sorted({time_at(tick) for tick in ruled.beats})),
        keys=tuple(keys) if keys and file.key_signature_changes[0].time == 0 else (),
    )


def _name_key(key_number: int) -> tuple[int, Literal["major", "minor"]]:
    """Fifths and mode of pretty_midi's number: major keys from C on, then minor ones."""
    mode: Literal["major", "minor"] = "major" if key_number < 12 else "minor"
    return tonic_fifths(key_number % 12, mode), mode


def _open_midi(data: bytes) -> pretty_midi.PrettyMIDI:
    check_size(len(data) <= MOST_MIDI_BYTES)
    try:
        return pretty_midi.PrettyMIDI(io.BytesIO(data))
    except Exception as error:  # mido and pretty_midi raise a dozen kinds on damaged files
        raise TranscriptionError("This MIDI file is damaged and cannot be read.") from error


def _read_notes(instrument: pretty_midi.Instrument) -> list[Note]:
    """The notes of a part that a piano has, sorted."""
    return sorted(
        (
            Note(float(note.start), float(note.end), int(note.pitch), max(1, int(note.velocity)))
            for note in instrument.notes
            if LOWEST_PITCH <= note.pitch <= HIGHEST_PITCH and note.end > note.start
        ),
        key=lambda note: (note.onset_sec, note.pitch),
    )


def _read_pedals(instrument: pretty_midi.Instrument, end_sec: float) -> list[Pedal]:
    """Presses of both pedals; one that is never lifted lasts to the last note's end."""
    pedals = []
    kinds: dict[int, Literal["sustain", "soft"]] = {SUSTAIN_CONTROL: "sustain", SOFT_CONTROL: "soft"}
    for control, kind in kinds.items():
        down_sec: float | None = None
        changes = sorted((c for c in instrument.control_changes if c.number == control), key=lambda c: c.time)
        for change in changes:
            if change.value >= PEDAL_DOWN and down_sec is None:
                down_sec = float(change.time)
            elif change.value < PEDAL_DOWN and down_sec is not None:
                if change.time > down_sec:
                    pedals.append(Pedal(down_sec, float(change.time), kind))
                down_sec = None
        if down_sec is not None and down_sec < end_sec:
            pedals.append(Pedal(down_sec, end_sec, kind))
    return pedals
