"""Files that are damaged in every way that a disk, a transfer or a bad program knows, the same ones every time.

A damaged file is made of its number and a seed alone, and its name says how: ``00017-wrong_length-flac.flac``.
"""

import io
import os
import struct
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

import av

from ottava.check import find_examples_folder

SHARED = Path(os.environ.get("OTTAVA_SHARED", Path(__file__).parents[2] / "shared"))
EXCERPT_SEC = 6
SEED = 11
HEAD_BYTES = 512

Sources = dict[str, tuple[str, bytes]]
"""Suffix and content by name."""

Encoding = tuple[str, str, str, int]
# Suffix, encoder, sample format of the encoder, sample rate.
ENCODINGS: dict[str, Encoding] = {
    "wav": ("wav", "pcm_s16le", "s16", 44100),
    "wav24": ("wav", "pcm_s24le", "s32", 48000),
    "wavfloat": ("wav", "pcm_f32le", "flt", 44100),
    "aiff": ("aiff", "pcm_s16be", "s16", 44100),
    "mp3": ("mp3", "libmp3lame", "fltp", 44100),
    "flac": ("flac", "flac", "s16", 44100),
    "vorbis": ("ogg", "vorbis", "fltp", 44100),
    "opus": ("ogg", "libopus", "flt", 48000),
    "m4a": ("m4a", "aac", "fltp", 44100),
}

# What stands before a length, a count or a rate in these formats.
MARKS = (
    b"RIFF", b"fmt ", b"data", b"FORM", b"COMM", b"SSND", b"Info", b"Xing", b"fLaC", b"OggS", b"vorbis", b"OpusHead",
    b"ftyp", b"moov", b"mvhd", b"mdhd", b"stsd", b"stts", b"stsc", b"stsz", b"stco", b"mdat", b"esds", b"ID3",
    b"MThd", b"MTrk",
)  # fmt: skip
LENGTHS = (0, 1, 2, 7, 255, 4095, 65535, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)


def encode_sources() -> Sources:
    """The beginning of the example in each encoding."""
    return {name: (encoding[0], _encode(*encoding)) for name, encoding in ENCODINGS.items()}


def read_shared_sources() -> Sources:
    """What other programs have encoded, from the shared folder; empty where there is none."""
    paths = sorted((SHARED / "data" / "formats").glob("*.*"))
    return _read_sources([path for path in paths if path.suffix != ".md"])


def read_shared_midi() -> Sources:
    """MIDI files as other programs write and spoil them, from the shared folder; empty where there is none."""
    return _read_sources(sorted((SHARED / "cases" / "open").glob("*.mid")))


def _read_sources(paths: Sequence[Path]) -> Sources:
    """What is empty cannot be damaged."""
    return {f"{path.stem}_{path.suffix[1:]}": (path.suffix[1:], path.read_bytes())
            for path in paths if path.stat().st_size}  # fmt: skip


def _encode(suffix: str, encoder: str, sample_format: str, sample_rate: int) -> bytes:
    """The beginning of the example, in stereo."""
    content = io.BytesIO()
    with (
        av.open(str(find_examples_folder() / "minuet.mp3")) as source,
        av.open(content, "w", format={"m4a": "ipod"}.get(suffix, suffix)) as container,
    ):
        stream: Any = container.add_stream(encoder, rate=sample_rate, layout="stereo", format=sample_format)
        stream.codec_context.options = {"strict": "experimental"}  # FFmpeg's own encoder of Vorbis
        stream.codec_context.open()
        resampler = av.AudioResampler(sample_format, "stereo", sample_rate, stream.frame_size or None)
        frames: list[Any] = [*_read_excerpt(source), None]
        for part in [*chain.from_iterable(map(resampler.resample, frames)), None]:
            container.mux(stream.encode(part))
    return content.getvalue()


def _read_excerpt(source: Any) -> Iterator[Any]:
    for frame in source.decode(audio=0):
        if frame.time >= EXCERPT_SEC:
            return
        yield frame


def make_damaged(sources: Sources, number: int, seed: int = SEED) -> tuple[str, bytes]:
    """Name and content of a damaged file."""
    random = Random(f"{seed} {number}")
    kind = list(DAMAGES)[number % len(DAMAGES)]
    source = random.choice(sorted(sources))
    suffix, content = sources[source]
    other = sources[random.choice(sorted(sources))][1]
    return f"{number:05}-{kind}-{source}.{suffix}", bytes(DAMAGES[kind](random, bytearray(content), other))


def _pick_place(random: Random, content: bytearray) -> int:
    """Anywhere; as often in the head, where a byte says more."""
    return random.randrange(len(content) if random.random() < 0.5 else min(HEAD_BYTES, len(content)))


def _flip_bits(random: Random, content: bytearray, _: bytes) -> bytearray:
    for _n in range(round(10 ** random.uniform(0, 3))):
        content[_pick_place(random, content)] ^= 1 << random.randrange(8)
    return content


def _cut_off(random: Random, content: bytearray, _: bytes) -> bytearray:
    return content[: round(len(content) ** random.random())]


def _cut_out(random: Random, content: bytearray, _: bytes) -> bytearray:
    """A part is missing, also the beginning."""
    first = 0 if random.random() < 0.3 else _pick_place(random, content)
    del content[first : first + round(10 ** random.uniform(0, 5))]
    return content


def _swap_head(random: Random, content: bytearray, other: bytes) -> bytearray:
    """The beginning of another file in the place of its own, or before it."""
    n_bytes = round(10 ** random.uniform(0.5, 4))
    content[: n_bytes if random.random() < 0.7 else 0] = other[:n_bytes]
    return content


def _state_wrong_length(random: Random, content: bytearray, _: bytes) -> bytearray:
    """Numbers after a mark of the format, or anywhere in the head, are others."""
    for _n in range(random.randint(1, 3)):
        places = [at for mark in MARKS if (at := content.find(mark)) >= 0]
        begin = random.choice(places) + 4 if places and random.random() < 0.8 else random.randrange(HEAD_BYTES)
        at = min(begin + random.choice((0, 0, 4, 8, 10, 12, 14, 16, 18)), len(content) - 4)
        form = random.choice(("<I", ">I", "<H", ">H"))
        value = random.choice((*LENGTHS, random.getrandbits(32), random.getrandbits(16)))
        struct.pack_into(form, content, at, value & (0xFFFF if form[1] == "H" else 0xFFFFFFFF))
    return content


def _add_garbage(random: Random, content: bytearray, other: bytes) -> bytearray:
    """After the end, or before the beginning: noise, or another file."""
    garbage = other if random.random() < 0.3 else random.randbytes(round(10 ** random.uniform(0, 5)))
    return content + garbage if random.random() < 0.7 else bytearray(garbage) + content


def _overwrite(random: Random, content: bytearray, other: bytes) -> bytearray:
    """A stretch of zeros, of noise or of another file."""
    n_bytes = round(10 ** random.uniform(0, 5))
    begin = _pick_place(random, content)
    stretch = random.choice((bytes(n_bytes), random.randbytes(n_bytes), other[-n_bytes:]))
    content[begin : begin + len(stretch)] = stretch
    return content


DAMAGES: dict[str, Callable[[Random, bytearray, bytes], bytearray]] = {
    "flipped_bits": _flip_bits,
    "cut_off": _cut_off,
    "cut_out": _cut_out,
    "swapped_head": _swap_head,
    "wrong_length": _state_wrong_length,
    "garbage": _add_garbage,
    "overwritten": _overwrite,
}
