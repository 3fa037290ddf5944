"""The parts of a MIDI file: the notes that sound in them, which ones are a piano's, and what is left out."""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple

from ottava.datatypes import HIGHEST_PITCH, LOWEST_PITCH
from ottava.files.midi_messages import KEY_SIGNATURE, META, SET_TEMPO, TIME_SIGNATURE, TRACK_NAME, Track
from ottava.rhythm.meter import is_meter

DRUMS_CHANNEL = 9
# All Sound Off, All Notes Off, and the four changes of mode that imply it.
NOTES_OFF = (120, 123, 124, 125, 126, 127)
PIANOS = range(8)  # programs of General MIDI: pianos, electric ones, harpsichord, clavinet
FAMILIES = ("piano", "bells", "organ", "guitar", "bass", "strings", "strings or voices", "brass", "reeds", "flutes",
            "synthesizer", "synthesizer", "synthesizer", "folk instruments", "percussion", "effects")  # fmt: skip
# Names of tracks that say more than a program that is missing or was left at 0. "Bass" alone may be a left hand.
PIANO_NAME = re.compile(r"piano|klavier|keyboard", re.IGNORECASE)
OTHER_NAME = re.compile(
    r"drum|percussion|schlagzeug|guitar|gitarre|violin|viola|cello|strings\b|streicher|flute|flöte|clarinet|klarinette"
    r"|oboe|trumpet|trompete|\bsax|trombone|posaune|brass|organ\b|orgel|vocal|choir|\bchor\b|bass guitar"
    r"|contrabass|double bass|synth",
    re.IGNORECASE,
)
QUICKEST_QUARTER_USEC = 10_000  # 6000 quarters a minute: quicker tempos are damage; not tuned
LONGEST_PAUSE_QUARTERS = 4000  # what comes after half an hour of nothing was misplaced by damage; not tuned
HELD_QUARTERS = 16  # at most, by a key whose end is hours away; not tuned
MOST_NAMES, LONGEST_NAME = 4, 30  # in a sentence

Signs = dict[int, list[tuple[int, tuple[int, ...]]]]
"""By type of meta message: (tick, values)."""


class PartNote(NamedTuple):
    """A press of a key from tick to tick."""

    tick: int
    end_tick: int
    pitch: int
    velocity: int


class Control(NamedTuple):
    """A control change: of a pedal, for instance."""

    tick: int
    number: int
    value: int


@dataclass(frozen=True, slots=True)
class Part:
    """What one track plays on one channel with one program; None where it says none."""

    name: str
    channel: int
    program: int | None
    notes: list[PartNote] = field(default_factory=list)
    controls: list[Control] = field(default_factory=list)


class _Stroke(NamedTuple):
    """A key goes down (with a velocity) or up, or up with all others of its channel."""

    tick: int
    velocity: int
    program: int | None = None
    is_all: bool = False


def read_parts(tracks: Sequence[Track], ticks_per_quarter: int) -> list[Part]:
    """Pair the beginnings and ends of notes.

    Parameters
    ----------
    tracks, ticks_per_quarter
        See `ottava.files.midi_messages.MidiFile`.

    Returns
    -------
    list of Part
        Those with notes, in order. A key that is never released sounds until it is struck again or its track ends; one
        that is released as it is struck, until the next note of its track, for a quarter at most.
    """
    parts: list[Part] = []
    lone_controls: list[tuple[int, list[Control]]] = []
    file_end = max((track.end_tick for track in tracks), default=0)
    for track in tracks:
        strokes, controls = _sort_strokes(track)
        onsets = sorted({one.tick for keys in strokes.values() for one in keys if one.velocity})
        last_end = (onsets[-1] if onsets else 0) + HELD_QUARTERS * ticks_per_quarter
        ends = [min(end, last_end) for end in (track.end_tick, file_end)]
        following = dict(pairwise(onsets))
        found: dict[tuple[int, int | None], Part] = {}
        # A track of several channels is called after the piece.
        name = _read_name(track) if len({channel for channel, _ in strokes}) == 1 else ""
        for (channel, pitch), keys in strokes.items():
            for stroke, end in _pair_strokes(keys):
                part = found.setdefault((channel, stroke.program), Part(name, channel, stroke.program))
                begin, shortest = stroke.tick, stroke.tick + ticks_per_quarter
                if end is None:
                    end = next((tick for tick in ends if tick > begin), shortest)
                elif end <= begin:
                    end = min(following.get(begin, shortest), shortest)
                elif end - begin > LONGEST_PAUSE_QUARTERS * ticks_per_quarter:
                    end = begin + HELD_QUARTERS * ticks_per_quarter
                part.notes.append(PartNote(begin, end, pitch, stroke.velocity))
        for channel, changes in controls.items():
            of_channel = [part for part in found.values() if part.channel == channel]
            if of_channel:
                of_channel[0].controls.extend(changes)
            else:
                lone_controls.append((channel, changes))
        parts += found.values()
    for channel, changes in lone_controls:  # pedals in a track of their own
        for part in [part for part in parts if part.channel == channel][:1]:
            part.controls.extend(changes)
    for part in parts:
        part.notes.sort()
    return parts


def _sort_strokes(track: Track) -> tuple[dict[tuple[int, int], list[_Stroke]], dict[int, list[Control]]]:
    """The strokes of each key by (channel, pitch), and the control changes of each channel."""
    strokes: dict[tuple[int, int], list[_Stroke]] = defaultdict(list)
    controls: dict[int, list[Control]] = defaultdict(list)
    programs: dict[int, int] = {}
    for tick, status, data in track.messages:
        kind, channel = status >> 4, status & 0xF
        if kind == 0x9:
            strokes[channel, data[0]].append(_Stroke(tick, data[1], programs.get(channel)))
        elif kind == 0x8:
            strokes[channel, data[0]].append(_Stroke(tick, 0))
        elif kind == 0xB:
            controls[channel].append(Control(tick, *data))
            if data[0] in NOTES_OFF:
                for key in [key for key in strokes if key[0] == channel]:
                    strokes[key].append(_Stroke(tick, 0, is_all=True))
        elif kind == 0xC:
            programs[channel] = data[0]
    return strokes, controls


def _pair_strokes(strokes: Sequence[_Stroke]) -> list[tuple[_Stroke, int | None]]:
    """Each press of a key and the tick of its release: in turn, unless one is missing; then a new press is one, too."""
    pairs = _pair_in_turn(strokes)
    return pairs if all(end is not None for _, end in pairs) else _pair_nearest(strokes)


def _pair_in_turn(strokes: Sequence[_Stroke]) -> list[tuple[_Stroke, int | None]]:
    held: list[_Stroke] = []
    pairs: list[tuple[_Stroke, int | None]] = []
    for stroke in strokes:
        if stroke.velocity:
            held.append(stroke)
            continue
        # A release at the tick of a press is that of the press before, where there is one.
        earlier = [one for one in held if one.tick < stroke.tick]
        released = earlier if stroke.is_all else (earlier or held)[:1]
        for one in released:
            held.remove(one)
            pairs.append((one, stroke.tick))
    return [*pairs, *((one, None) for one in held)]


def _pair_nearest(strokes: Sequence[_Stroke]) -> list[tuple[_Stroke, int | None]]:
    held: list[_Stroke] = []
    pairs: list[tuple[_Stroke, int | None]] = []
    for stroke in strokes:
        pairs += [(one, stroke.tick) for one in held if one.tick < stroke.tick]
        held = [one for one in held if one.tick >= stroke.tick]
        if stroke.velocity:
            held.append(stroke)
    return [*pairs, *((one, None) for one in held)]


def _read_name(track: Track) -> str:
    names = [one.data[1:] for one in track.messages if one.status == META and one.data[0] == TRACK_NAME]
    try:
        name = names[0].decode("utf-8") if names else ""
    except UnicodeDecodeError:
        name = names[0].decode("latin-1")
    return " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())[:LONGEST_NAME]


def find_signs(tracks: Sequence[Track], last_tick: int) -> tuple[Signs, int]:
    """Find tempos, meters and keys in all tracks.

    Parameters
    ----------
    tracks
        Of several signs at a tick, those of the first track count, and of these the last one.
    last_tick
        Signs from there on are left out, as there is no music for them.

    Returns
    -------
    Signs
        By type: of SET_TEMPO the microseconds of a quarter, of TIME_SIGNATURE beats and beat type, of KEY_SIGNATURE
        fifths and 1 for minor; none equal to the one before.
    int
        How many cannot be: a tempo of 0, a meter of 0/4, a key of nine sharps.
    """
    n_impossible = 0
    found: dict[int, dict[int, tuple[int, tuple[int, ...]]]] = {SET_TEMPO: {}, TIME_SIGNATURE: {}, KEY_SIGNATURE: {}}
    for number, track in enumerate(tracks):
        for tick, status, data in track.messages:
            if status != META or data[0] not in found or (tick and tick >= last_tick):
                continue
            values = _read_sign(data[0], data[1:])
            if not values:
                n_impossible += 1
            elif found[data[0]].get(tick, (number,))[0] == number:
                found[data[0]][tick] = (number, values)
    signs: Signs = {}
    for kind, by_tick in found.items():
        signs[kind] = []
        for tick, (_, values) in sorted(by_tick.items()):
            if not signs[kind] or signs[kind][-1][1] != values:
                signs[kind].append((tick, values))
    return signs, n_impossible


def _read_sign(kind: int, data: bytes) -> tuple[int, ...]:
    """Values of a tempo, meter or key; empty where they cannot be."""
    if kind == SET_TEMPO:
        quarter_usec = int.from_bytes(data[:3], "big")
        return (quarter_usec,) if quarter_usec >= QUICKEST_QUARTER_USEC else ()
    if kind == TIME_SIGNATURE:
        beats, beat_type = (data[0], 1 << min(data[1], 8)) if len(data) > 1 else (0, 0)
        return (beats, beat_type) if is_meter(beats, beat_type) else ()
    fifths = int.from_bytes(data[:1], "big", signed=True)
    is_minor = data[1] if len(data) > 1 else 0
    return (fifths, is_minor) if data and abs(fifths) <= 7 and is_minor <= 1 else ()


def choose_parts(parts: Sequence[Part], ticks_per_quarter: int) -> tuple[list[Part], list[str], list[str]]:
    """Choose what a pianist plays.

    Parameters
    ----------
    parts, ticks_per_quarter
        See `read_parts`.

    Returns
    -------
    list of Part
        The piano's; where there is none all but drums, and where there is nothing else those.
    list of str
        What is left out of the file, as parts of a sentence.
    list of str
        What else is to be said, in sentences.
    """
    pitched = [part for part in parts if part.channel != DRUMS_CHANNEL]
    pianos = [part for part in pitched if _is_piano(part)]
    taken = pianos or pitched or list(parts)
    left_out, remarks = [], []
    is_named_only = len(pitched) == 1 and not pitched[0].program  # perhaps after the piece: Trumpet Voluntary
    if not pianos and taken and not is_named_only:
        remarks.append(
            f"This MIDI file has no part of a piano; written down was: {_list_names(taken)}." if pitched else
            "All notes of this MIDI file are on the channel of drums; they were written down as a piano's."
        )  # fmt: skip
    others = [part for part in parts if part not in taken]
    if n_others := sum(len(part.notes) for part in others):
        left_out.append(f"{_count(n_others)} of other instruments ({_list_names(others)})")
    within = [_keep(part, lambda note: LOWEST_PITCH <= note.pitch <= HIGHEST_PITCH) for part in taken]
    if n_beyond := _count_notes(taken) - _count_notes(within):
        left_out.append(f"{_count(n_beyond)} beyond the keys of a piano")
    last_tick = _find_long_pause(within, LONGEST_PAUSE_QUARTERS * ticks_per_quarter)
    kept = [_keep(part, lambda note: note.tick <= last_tick) for part in within]
    if n_late := _count_notes(within) - _count_notes(kept):
        left_out.append(f"{_count(n_late)} after a pause of more than {LONGEST_PAUSE_QUARTERS} quarters")
    return [part for part in kept if part.notes], left_out, remarks


def _is_piano(part: Part) -> bool:
    if PIANO_NAME.search(part.name):
        return True
    # Programs that were never chosen are 0.
    return part.program in PIANOS[1:] or (not part.program and not OTHER_NAME.search(part.name))


def _keep(part: Part, holds: Callable[[PartNote], bool]) -> Part:
    return replace(part, notes=[*filter(holds, part.notes)])


def _count_notes(parts: Sequence[Part]) -> int:
    return sum(len(part.notes) for part in parts)


def _find_long_pause(parts: Sequence[Part], pause_ticks: int) -> int:
    """The tick of the last note before a pause that long."""
    notes = sorted(note for part in parts for note in part.notes)
    last_tick, end_tick = 0, notes[0].end_tick if notes else 0
    for note in notes:
        if note.tick - end_tick > pause_ticks:
            break
        last_tick, end_tick = note.tick, max(end_tick, note.end_tick)
    return last_tick


def _count(n_notes: int) -> str:
    return "1 note" if n_notes == 1 else f"{n_notes} notes"


def _list_names(parts: Sequence[Part]) -> str:
    """What parts are called, or their instruments; each once."""
    names = [*dict.fromkeys(_name_part(part) for part in parts)]
    return ", ".join(names if len(names) <= MOST_NAMES else [*names[:MOST_NAMES], "..."])


def _name_part(part: Part) -> str:
    name = re.sub(r"[;()]", " ", part.name).strip()
    return name or ("drums" if part.channel == DRUMS_CHANNEL else FAMILIES[(part.program or 0) // 8])
