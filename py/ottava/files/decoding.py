"""Recordings decoded by PyAV: blocks of mono samples on one time grid, whatever is wrong in the middle of a file.

What cannot be decoded is silence of the same length, and told. The length is what the time stamps say; packets of MP3
and of bare AAC have none, and there it follows from the number of bytes that are lost. A chained Ogg file, which FFmpeg
gives up where the format changes, is read link by link.
"""

import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, groupby, pairwise
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
from numpy.typing import NDArray

from ottava.errors import TranscriptionError
from ottava.listening.mono import mix_blocks

# Hz; what browsers open. Beyond it the number is damage, and resampling would take for ever.
LOWEST_RATE, HIGHEST_RATE = 3000, 768_000
COUNTED = {"mp3", "aac", "ac3", "eac3", "dts"}  # formats whose packets have no time stamps: FFmpeg counts them
LEAST_HOLE_SEC = 0.001
FRAME_SEC = 0.03  # of MP3: one that makes no sense may be a part of a tag
JUMP_SEC = 0.1  # time stamps jump by up to 0.02 s where nothing is missing (Vorbis, Matroska)
STRAY_SEC = 0.15  # sound of another rate or with other channels that is shorter is noise that looks like a frame
RATE_KNOWN_SEC = 1.0  # of sound, until its bytes a second are known
MOST_ERRORS = 100  # of reading, in a row: some come for ever
PROBED_RATE = 8000  # Hz, where only the fact that there is sound matters
MARGIN_SEC = 1.0  # that a recording may be longer than what its header states
LEAST_BYTES_SEC = 100  # silence in FLAC takes 150; for a longer hole a file has no room: its time stamp is damaged
# What is no sound between two files that were joined: tags, and the frame that states the length of an MP3.
TAGS = (b"ID3", b"TAG", b"APETAGEX", b"Xing", b"Info")
ID3_BYTES, HEAD_BYTES = 10, 4096
MPEG_1_RATE = 32_000  # Hz, the lowest; at lower ones an MP3 frame is half as long
PAGE_BYTES, FIRST_PAGE = 6, 2  # that say that an Ogg page begins; the bit of the last: it is the first of a stream
SCANNED_BYTES = 1 << 20
ZEROS = 1 << 16  # samples in one block

Link = tuple[int, int]
"""First byte and number of bytes of what is one recording to FFmpeg."""


@dataclass(frozen=True, slots=True)
class Block:
    """Mono samples at the rate that was asked for; ``is_hole`` where nothing could be decoded."""

    samples: NDArray[np.float32]
    is_hole: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file says of itself: sound tracks, its length in seconds if it states one, whether it has time stamps."""

    n_tracks: int
    promised_sec: float | None
    is_stamped: bool


def read_facts(path: Path, track: int = 0) -> Facts:
    """Read the headers of a recording.

    Parameters
    ----------
    path
        Any format that FFmpeg knows.
    track
        Number of the sound track whose length is asked for.

    Raises
    ------
    TranscriptionError
        When the file is missing, may not be read or holds no sound.
    """
    links = []
    for link in _find_links(path):
        with _spare_later(link), _open_audio(path, link) as container:
            name, streams = container.format.name, container.streams.audio
            stream = streams[min(track, len(streams) - 1)]
            # Without time stamps FFmpeg guesses from the bytes of the first frames.
            promised_sec = (
                float(stream.duration * stream.time_base) if stream.duration and name not in COUNTED else None
            )
            if name == "mp3" and (n_frames := _read_frame_count(path)):
                promised_sec = n_frames * (1152 if stream.rate >= MPEG_1_RATE else 576) / stream.rate
            links.append(Facts(len(streams), promised_sec, name not in COUNTED))
    promises = [link.promised_sec for link in links if link.promised_sec is not None]
    promised_sec = sum(promises) if len(promises) == len(links) else None
    return Facts(links[0].n_tracks, promised_sec, links[0].is_stamped)


def _read_frame_count(path: Path) -> int:
    """Read how many frames an MP3 file states that it has; 0 where it states none."""
    with path.open("rb") as file:
        tag = file.read(ID3_BYTES)
        if tag.startswith(b"ID3"):
            file.seek(ID3_BYTES + sum(byte << shift for byte, shift in zip(tag[6:], (21, 14, 7, 0), strict=True)))
        else:
            file.seek(0)
        stated = re.search(rb"(?:Xing|Info)...[\1\3\5\7\x09\x0b\x0d\x0f](....)", file.read(HEAD_BYTES), re.DOTALL)
    return int.from_bytes(stated[1], "big") if stated else 0


def is_recording(path: Path) -> bool:
    """Whether a file holds sound that can be decoded."""
    try:
        return next(decode(path, 0, PROBED_RATE), None) is not None
    except TranscriptionError:
        return False


def decode(path: Path, track: int, sample_rate: int) -> Iterator[Block]:
    """Decode a sound track, the same way every time.

    Parameters
    ----------
    path
        Any format that FFmpeg knows.
    track
        Number of the sound track, from 0.
    sample_rate
        In Hz, of the samples to give.

    Raises
    ------
    TranscriptionError
        When the file is missing, may not be read or holds no sound.
    """
    for link in _find_links(path):
        with _spare_later(link), _open_audio(path, link) as container:
            streams = container.streams.audio
            stream = streams[min(track, len(streams) - 1)]
            sounds = _fill_holes(_drop_strays(_decode_packets(container, stream)), container, stream, link)
            for name, group in groupby(sounds, _name_format):
                if name:
                    yield from map(Block, mix_blocks(_resample(_check_rates(path, group), sample_rate), sample_rate))
                else:
                    yield from _write_zeros(sum(group) * sample_rate)


def _name_format(sound: Any) -> str:
    """Name what a resampler has to know; nothing for a hole."""
    return "" if isinstance(sound, float) else f"{sound.sample_rate} {sound.layout.name} {sound.format.name}"


def _resample(frames: Iterable[Any], sample_rate: int) -> Iterator[NDArray[np.float32]]:
    """Bring frames of one format to another rate; shape (n_samples, n_channels)."""
    resampler = av.AudioResampler(format="flt", rate=sample_rate)  # in planes PyAV 18 crashes on a ninth channel
    for frame in chain(frames, [None]):
        for resampled in resampler.resample(frame):
            yield np.asarray(resampled.to_ndarray(), np.float32).reshape(-1, len(resampled.layout.channels))


def _check_rates(path: Path, frames: Iterable[Any]) -> Iterator[Any]:
    for frame in frames:
        if not LOWEST_RATE <= frame.sample_rate <= HIGHEST_RATE:
            raise TranscriptionError(
                f"{path.name} states a sample rate of {frame.sample_rate} Hz, which no recording has; "
                "it may be damaged."
            )
        yield frame


def _write_zeros(n_samples: float) -> Iterator[Block]:
    for n_left in range(round(n_samples), 0, -ZEROS):
        yield Block(np.zeros(min(n_left, ZEROS), np.float32), is_hole=True)


def _decode_packets(container: Any, stream: Any) -> Iterator[tuple[Any, Any]]:
    """Decode packet by packet: each frame with the packet it came from, None for a packet that is damaged.

    Raises the first error where there is no frame at all.
    """
    is_begun, first_error, n_errors = False, None, 0
    while n_errors < MOST_ERRORS:
        try:
            for packet in container.demux(stream):
                n_errors = 0
                try:
                    frames = packet.decode()
                except (av.FFmpegError, ValueError) as error:
                    first_error = first_error or error
                    frames = [None]
                is_begun = is_begun or any(frames)
                yield from ((packet, frame) for frame in frames)
            break
        except av.FFmpegError as error:
            first_error = first_error or error
            n_errors += 1
    if first_error and not is_begun:
        raise first_error


def _drop_strays(decoded: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """Count as damaged what has another format than what is around it and is short."""
    name, strays = "", list[tuple[Any, Any]]()
    for packet, frame in decoded:
        if frame is None or (name and not LOWEST_RATE <= frame.sample_rate <= HIGHEST_RATE):
            yield packet, None
            continue
        if strays and _name_format(strays[0][1]) != _name_format(frame):
            yield from ((stray, None) for stray, _ in strays)
            strays.clear()
        strays.append((packet, frame))
        sec = sum(stray.samples / stray.sample_rate for _, stray in strays)
        if name in ("", _name_format(frame)) or sec >= STRAY_SEC:
            name = _name_format(frame)
            yield from strays
            strays.clear()
    yield from ((stray, None) for stray, _ in strays)


def _fill_holes(decoded: Iterable[tuple[Any, Any]], container: Any, stream: Any, link: Link) -> Iterator[Any]:
    """Yield the frames in order, and where some are missing, their length in seconds."""
    is_counted = container.format.name in COUNTED
    limit_sec = _find_limit(container, stream, link)
    # Where the next frame should begin, and where the last packet ends; FLAC alone is known to begin at 0.
    end_sec, last_sec = 0.0 if container.format.name == "flac" else None, 0.0
    n_lost, is_damaged, is_joined = 0, False, False  # since the last frame
    n_bytes, sounding_sec = 0, 0.0
    for packet, frame in decoded:
        if packet.pts is not None:
            begin_sec = max(0.0, float(packet.pts * packet.time_base))
            last_sec = begin_sec + float((packet.duration or 0) * packet.time_base)
            end_sec = begin_sec if end_sec is None else end_sec
        if frame is None:
            n_lost, is_damaged = n_lost + packet.size, True
            is_joined = is_joined or (is_counted and any(tag in bytes(packet) for tag in TAGS))
            continue
        begin_sec = end_sec or 0.0 if frame.time is None else frame.time
        hole_sec = begin_sec - (begin_sec if end_sec is None else end_sec)
        if is_joined:
            hole_sec = 0.0
        elif is_counted and is_damaged:
            bytes_sec = n_bytes / sounding_sec if sounding_sec > RATE_KNOWN_SEC else (container.bit_rate or 0) / 8
            hole_sec = max(hole_sec, n_lost / bytes_sec if bytes_sec else 0.0)
        least_sec = (FRAME_SEC if is_counted else LEAST_HOLE_SEC) if is_damaged else JUMP_SEC
        if hole_sec > least_sec and (is_counted or begin_sec < limit_sec):
            yield hole_sec
        elif is_counted:
            begin_sec -= hole_sec  # it is made up for when more is missing
        yield frame
        n_lost, is_damaged, is_joined = 0, False, False
        end_sec = begin_sec + frame.samples / frame.sample_rate
        n_bytes, sounding_sec = n_bytes + packet.size, sounding_sec + frame.samples / frame.sample_rate
    is_whole = limit_sec - MARGIN_SEC <= last_sec + JUMP_SEC < limit_sec  # else it was cut off
    if is_damaged and not is_counted and end_sec is not None and is_whole and last_sec - end_sec > JUMP_SEC:
        yield last_sec - end_sec


def _find_limit(container: Any, stream: Any, link: Link) -> float:
    """Find where a recording can end at the latest, in seconds: later time stamps are damaged."""
    start_sec = float(stream.start_time * stream.time_base) if stream.start_time else 0.0
    most_sec = link[1] / LEAST_BYTES_SEC
    stated_sec = container.duration / av.time_base + MARGIN_SEC if container.duration else most_sec
    return start_sec + min(stated_sec, most_sec)


def _find_links(path: Path) -> list[Link]:
    """Find the recordings that were written one after the other into an Ogg file; any other file is one."""
    with _tell_errors(path), path.open("rb") as file:
        begins, was_first = [0], True
        for at, is_first in _find_pages(file):
            if is_first and not was_first:  # streams that sound together begin together
                begins.append(at)
            was_first = is_first
        return [(begin, end - begin) for begin, end in pairwise([*begins, path.stat().st_size])]


def _find_pages(file: BinaryIO) -> Iterator[tuple[int, bool]]:
    """Find the pages of an Ogg file: where each begins, and whether it is a stream's first one."""
    at, chunk = 0, file.read(SCANNED_BYTES)
    if not chunk.startswith(b"OggS"):
        return
    while len(chunk) > PAGE_BYTES:
        for page in re.finditer(rb"OggS\0([\0-\7])", chunk):
            yield at + page.start(), bool(page[1][0] & FIRST_PAGE)
        kept = chunk[1 - PAGE_BYTES :]  # what a page begins with may lie across the border
        at += len(chunk) - len(kept)
        chunk = kept + file.read(SCANNED_BYTES)


@contextmanager
def _spare_later(link: Link) -> Iterator[None]:
    """Pass over a link that cannot be read, unless it is the first."""
    try:
        yield
    except TranscriptionError:
        if link[0] == 0:
            raise


@contextmanager
def _open_audio(path: Path, link: Link) -> Iterator[Any]:
    """The container of a link that has sound; whatever is wrong with it becomes one sentence."""
    begin, n_bytes = link
    with _tell_errors(path), path.open("rb") as file:
        if n_bytes == 0:
            raise TranscriptionError(f"{path.name} is empty.")
        whole: BinaryIO = file
        if begin or n_bytes < path.stat().st_size:
            file.seek(begin)
            whole = io.BytesIO(file.read(n_bytes))
        with av.open(whole, metadata_errors="replace") as container:
            if not container.streams.audio:
                raise TranscriptionError(f"{path.name} holds no sound.")
            yield container


@contextmanager
def _tell_errors(path: Path) -> Iterator[None]:
    """Say in one sentence what is wrong with a file."""
    try:
        yield
    except FileNotFoundError as error:
        raise TranscriptionError(f"There is no file {path}.") from error
    except IsADirectoryError as error:
        raise TranscriptionError(f"{path} is a folder; give a recording in it.") from error
    except (av.FFmpegError, OSError, ValueError) as error:
        if isinstance(error, PermissionError) and not isinstance(error, av.FFmpegError):
            raise TranscriptionError(f"You have no permission to read {path.name}.") from error
        raise TranscriptionError(
            f"{path.name} is not a recording that can be read; WAV, MP3, FLAC, Ogg, Opus, M4A and AIFF work."
        ) from error
