"""The messages of a standard MIDI file, also of one that libraries refuse: wrapped, cut, with wrong lengths or bytes.

Method: Standard MIDI Files 1.0. Differs from it where players do: lengths and counts that cannot be true are not
believed, a data byte above 127 is 127, what belongs to no message is skipped.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from ottava.errors import TranscriptionError

META = 0xFF
TRACK_NAME, END_OF_TRACK, SET_TEMPO, TIME_SIGNATURE, KEY_SIGNATURE = 0x03, 0x2F, 0x51, 0x58, 0x59
SYSEX = (0xF0, 0xF7)
HEADER_BYTES = 14
CHUNK_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9 ]{3}")
# Data bytes after a status: of a channel by its high four bits, of the system (which no file should have) by all.
DATA_BYTES = {8: 2, 9: 2, 10: 2, 11: 2, 12: 1, 13: 1, 14: 2}
SYSTEM_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1}
FILM_RATES = {29: 30000 / 1001}


class Message(NamedTuple):
    """At ``tick``: a status byte and its data; of a meta message the data begin with its type."""

    tick: int
    status: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Track:
    """Messages in order of their ticks, the tick where it ends, and whether its end is missing."""

    messages: list[Message]
    end_tick: int
    is_cut: bool


@dataclass(frozen=True, slots=True)
class MidiFile:
    """Tracks that sound together. ``ticks_per_sec`` is None unless the file counts frames of a film, not quarters."""

    tracks: list[Track]
    ticks_per_quarter: int
    ticks_per_sec: float | None


def read_messages(data: bytes) -> MidiFile:
    """Read what is there of a MIDI file.

    Parameters
    ----------
    data
        A standard MIDI file, whatever stands before or after it: RIFF (.rmi), MacBinary, foreign chunks.

    Returns
    -------
    MidiFile
        The tracks of format 2 one after another, each from a bar line on.

    Raises
    ------
    TranscriptionError
        When it has no header, or no length of a tick in it.
    """
    begin = data.find(b"MThd")
    header = data[begin : begin + HEADER_BYTES]
    division = int.from_bytes(header[12:14], "big")
    if begin < 0 or len(header) < HEADER_BYTES or not division:
        raise TranscriptionError("This MIDI file is damaged and cannot be read.")
    ticks_per_sec = None
    if division & 0x8000:
        frame_rate = 256 - (division >> 8)
        ticks_per_sec = FILM_RATES.get(frame_rate, frame_rate) * (division & 0xFF)
        if not ticks_per_sec:
            raise TranscriptionError("This MIDI file is damaged and cannot be read.")
        division = round(ticks_per_sec)
    tracks = _read_tracks(data, begin)
    if not tracks and int.from_bytes(header[4:8], "big") != HEADER_BYTES - 8:
        raise TranscriptionError("This MIDI file is damaged and cannot be read.")
    if int.from_bytes(header[8:10], "big") == 2:
        tracks = _lay_end_to_end(tracks, division)
    return MidiFile(tracks, division, ticks_per_sec)


def _read_tracks(data: bytes, begin: int) -> list[Track]:
    """Go from chunk to chunk; where a length leads nowhere, to the next track by its name."""
    tracks: list[Track] = []
    at = begin
    while 0 <= at <= len(data) - 8:
        name, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "big")
        end = at + 8 + length
        is_true = end == len(data) or bool(CHUNK_NAME.match(data, end))
        following = data.find(b"MTrk", at + 8)
        if name == b"MThd" and at > begin:
            break  # another file
        if name == b"MTrk":
            next_chunk = end if is_true else following if following >= 0 else len(data)
            tracks.append(_read_track(data, at + 8, next_chunk, goes_on=is_true))
        at = end if is_true and end < len(data) else following
    return tracks


def _read_track(data: bytes, at: int, limit: int, *, goes_on: bool) -> Track:
    """Read messages up to ``limit``; unless it ``goes_on`` after its end, as some files do, only up to that."""
    messages: list[Message] = []
    tick = running = 0
    while at < limit:
        wait, at = _read_number(data, at, limit)
        if at >= limit:
            return Track(messages, tick, is_cut=not goes_on)
        tick += wait
        status = data[at]
        if status >= 0xF0:
            at += 1
            if status == META:
                kind, at = data[at : at + 1], at + 1
            if status == META or status in SYSEX:
                length, at = _read_number(data, at, limit)
                if at + length > limit:
                    return Track(messages, tick, is_cut=True)
                if status == META:
                    messages.append(Message(tick, META, kind + data[at : at + length]))
                    if kind[0] == END_OF_TRACK:
                        running = 0
                        if not goes_on:
                            return Track(messages, tick, is_cut=False)
                at += length
            else:
                at += SYSTEM_BYTES.get(status, 0)
            continue
        if status >= 0x80:
            running, at = status, at + 1
        elif not running:
            at += 1  # belongs to nothing
            continue
        length = DATA_BYTES[running >> 4]
        if at + length > limit:
            return Track(messages, tick, is_cut=True)
        messages.append(Message(tick, running, bytes(min(byte, 127) for byte in data[at : at + length])))
        at += length
    return Track(messages, tick, is_cut=not goes_on)


def _read_number(data: bytes, at: int, limit: int) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    number = 0
    for at in range(at, min(at + 4, limit)):  # noqa: B020
        number = number << 7 | data[at] & 0x7F
        if data[at] < 0x80:
            break
    return number, at + 1


def _lay_end_to_end(tracks: list[Track], ticks_per_quarter: int) -> list[Track]:
    """The patterns of format 2, each from the bar line on after the one before."""
    laid: list[Track] = []
    begin_tick = 0
    for track in tracks:
        messages = [one._replace(tick=one.tick + begin_tick) for one in track.messages]
        meters = [one.data for one in messages if one.status == META and one.data[0] == TIME_SIGNATURE]
        beats, kind = (meters[-1][1], meters[-1][2]) if meters and len(meters[-1]) > 2 else (4, 2)
        bar_ticks = max(1, (beats or 4) * 4 * ticks_per_quarter >> min(kind, 5))
        end_tick = begin_tick + track.end_tick
        laid.append(Track(messages, end_tick, track.is_cut))
        begin_tick += -(-track.end_tick // bar_ticks) * bar_ticks
    return laid
