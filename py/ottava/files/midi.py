"""MIDI: the performance as it was played, out to a file and in from one."""

import io
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Literal

import numpy as np
import pretty_midi

from ottava.datatypes import (
    Choices,
    Mode,
    Note,
    Pedal,
    Performance,
    Result,
    Score,
)
from ottava.errors import TranscriptionError
from ottava.files.midi_messages import KEY_SIGNATURE, SET_TEMPO, TIME_SIGNATURE, read_messages
from ottava.files.midi_parts import HELD_QUARTERS, choose_parts, find_signs, read_parts
from ottava.files.tracks import find_hands
from ottava.files.written import find_delay, rule_beats
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
UNSAID_QUARTER_SEC = 0.5  # of a quarter where no tempo is given
MODES: tuple[Mode, Mode] = ("major", "minor")
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
        sec = time_at(key.quarter) if index else 0.0
        number = _number_key(key.fifths, is_minor=key.mode == "minor")
        file.key_signature_changes.append(pretty_midi.KeySignature(number, sec))


def _number_key(fifths: int, *, is_minor: bool) -> int:
    """pretty_midi's number of a key: major keys from C on, then minor ones."""
    return (fifths * 7 - 3) % 12 + 12 if is_minor else fifths * 7 % 12


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
        A standard MIDI file, see `ottava.files.midi_messages.read_messages`.

    Returns
    -------
    Performance
        Notes of the piano's parts, or of all but drums where there is no piano, sorted; confidence 1. Where its tracks
        are hands each note has its hand. ``remarks`` say what else the file holds.

    Raises
    ------
    TranscriptionError
        When the file is damaged or holds no note of a piano.
    """
    opened = _open_midi(data)
    instruments = opened.file.instruments
    parts = [(instrument.name, _read_notes(instrument)) for instrument in instruments if instrument.notes]
    hands = find_hands(*zip(*parts, strict=True)) if parts else []
    notes = sorted(
        {
            (note.onset_sec, note.pitch, note.offset_sec): replace(note, hand=hand)
            for (_, part), hand in zip(parts, hands, strict=True)
            for note in part
        }.values(),
        key=lambda note: (note.onset_sec, note.pitch),
    )
    if not notes:
        raise TranscriptionError("This MIDI file holds no notes of a piano.")
    end_sec = max(note.offset_sec for note in notes)
    check_size(len(notes) <= MOST_NOTES and end_sec < LONGEST_SEC)
    pedals = [pedal for instrument in instruments for pedal in _read_pedals(instrument, end_sec)]
    pedals.sort(key=lambda pedal: pedal.onset_sec)
    return Performance(tuple(notes), tuple(pedals), "midi", remarks=opened.remarks)


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
    opened = _open_midi(data)
    file = opened.file
    onsets = sorted({int(file.time_to_tick(note.start)) for part in file.instruments for note in part.notes})
    delay = find_delay(onsets, file.resolution) if onsets and not opened.counts_frames else None
    if delay is None:
        return Choices()
    signatures = [(int(file.time_to_tick(change.time)), change.numerator, change.denominator)
                  for change in file.time_signature_changes]
    last_tick = int(file.time_to_tick(file.get_end_time()))
    ruled = rule_beats(signatures, file.resolution, max(0, onsets[0] - delay), last_tick)

    def time_at(tick: int) -> float:
        return float(file.tick_to_time(max(0, tick + delay)))

    keys = tuple((time_at(int(file.time_to_tick(sec))), fifths, mode) for sec, fifths, mode in opened.keys)
    return Choices(
        meters=tuple((time_at(tick), *signature) for tick, signature in ruled.signatures),
        downbeats_sec=() if ruled.downbeat is None else (time_at(ruled.downbeat),),
        beats_sec=tuple(sorted({time_at(tick) for tick in ruled.beats})),
        keys=keys if keys and opened.keys[0][0] <= file.tick_to_time(onsets[0]) else (),
    )


@dataclass(frozen=True, slots=True)
class _Opened:
    """The parts to be written down, the keys as `Choices` has them, remarks, and whether a file knows no quarters."""

    file: pretty_midi.PrettyMIDI
    keys: tuple[tuple[float, int, Mode], ...]
    remarks: tuple[str, ...]
    counts_frames: bool


def _open_midi(data: bytes) -> _Opened:
    """Take the parts of a piano, and the tempos, meters and keys of all tracks up to its last note."""
    check_size(len(data) <= MOST_MIDI_BYTES)
    source = read_messages(data)
    parts = read_parts(source.tracks, source.ticks_per_quarter)
    taken, left_out, remarks = choose_parts(parts, source.ticks_per_quarter)
    last_tick = max((note.end_tick for part in taken for note in part.notes), default=0)
    check_size(sum(len(part.notes) for part in taken) <= MOST_NOTES and last_tick < pretty_midi.pretty_midi.MAX_TICK)
    signs, n_impossible = find_signs(source.tracks, last_tick)
    if n_impossible:
        left_out.append("a tempo, meter or key that cannot be")
    if left_out:
        remarks.append(f"Left out of this MIDI file: {'; '.join(left_out)}.")
    if any(track.is_cut for track in source.tracks):
        remarks.append("This MIDI file is cut off: what is still there was written down.")
    file = pretty_midi.PrettyMIDI(resolution=source.ticks_per_quarter)
    # pretty_midi has no public way to make a tempo map.
    file._tick_scales = [(0, UNSAID_QUARTER_SEC / source.ticks_per_quarter)]
    if source.ticks_per_sec:
        file._tick_scales = [(0, 1 / source.ticks_per_sec)]
    else:
        for tick, tempo in signs[SET_TEMPO]:
            scale = (tick, tempo[0] / 1e6 / source.ticks_per_quarter)
            file._tick_scales = [*file._tick_scales, scale] if tick else [scale]
    # A pedal may be lifted some time after the last key.
    last_control = last_tick + HELD_QUARTERS * source.ticks_per_quarter
    file._update_tick_to_time(max([last_tick + 1, *(one.tick for part in taken for one in part.controls
                                                    if one.tick <= last_control)]))  # fmt: skip
    time_at = file.tick_to_time
    file.time_signature_changes = [pretty_midi.TimeSignature(*meter, time_at(tick))
                                   for tick, meter in signs[TIME_SIGNATURE]]  # fmt: skip
    # pretty_midi's keys do not tell C flat from B.
    keys = tuple((float(time_at(tick)), fifths, MODES[is_minor])
                 for tick, (fifths, is_minor) in signs[KEY_SIGNATURE])  # fmt: skip
    for part in taken:
        instrument = pretty_midi.Instrument(part.program or 0, is_drum=False, name=part.name)
        instrument.notes = [
            pretty_midi.Note(note.velocity, note.pitch, float(time_at(note.tick)), float(time_at(note.end_tick)))
            for note in part.notes
        ]
        instrument.control_changes = [pretty_midi.ControlChange(control, value, float(time_at(tick)))
                                      for tick, control, value in part.controls if tick <= last_control]  # fmt: skip
        file.instruments.append(instrument)
    return _Opened(file, keys, tuple(remarks), source.ticks_per_sec is not None)


def _read_notes(instrument: pretty_midi.Instrument) -> list[Note]:
    """The notes of a part, sorted."""
    notes = (Note(note.start, note.end, note.pitch, note.velocity) for note in instrument.notes)
    return sorted(notes, key=lambda note: (note.onset_sec, note.pitch))


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
