"""Recordings out of the laboratory, made of good ones: rooms, noise, codecs, levels and pianos out of tune.

Samples are mono at 44.1 kHz, -1..1. All randomness has a fixed seed, so that a condition is the same every time.
"""

import asyncio
import io
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from numpy.typing import NDArray

from ottava.hosts.native import open_recording
from ottava.listening.audio import SAMPLE_RATE

Samples = NDArray[np.float32]

SEED = 3


def make_condition(recording: Path, condition: str, seconds: float) -> Samples:
    """The beginning of a recording under a condition."""
    # A recording played faster is one that was sampled more slowly.
    sample_rate = round(SAMPLE_RATE / get_speed(condition))
    return CONDITIONS[condition](read_samples(recording.with_name(recording.name + ".flac"), sample_rate, seconds))


def read_samples(path: Path, sample_rate: int, seconds: float) -> Samples:
    """Decode the beginning of a file."""
    recording = open_recording(path, sample_rate)

    async def read() -> Samples:
        return await recording.read(0, min(recording.n_samples, round(seconds * sample_rate)))

    return asyncio.run(read())


def add_room(samples: Samples, decay_sec: float, direct_db: float, damping_hz: float) -> Samples:
    """Put a piano into a room: noise that decays, the treble sooner, after the direct sound.

    Parameters
    ----------
    samples
        The direct sound.
    decay_sec
        Seconds in which the room's sound falls by 60 dB at low frequencies.
    direct_db
        Energy of the direct sound over that of the room, in this recording.
    damping_hz
        Where the room's sound decays twice as fast.
    """
    n = round(1.2 * decay_sec * SAMPLE_RATE)
    spectrum, hz = np.fft.rfft(np.random.default_rng(SEED).standard_normal(n)), np.fft.rfftfreq(n, 1 / SAMPLE_RATE)
    seconds = np.arange(n) / SAMPLE_RATE
    response = np.zeros(n)
    for low, high in pairwise([0, 125, 250, 500, 1000, 2000, 4000, 8000, SAMPLE_RATE]):
        band = np.fft.irfft(np.where((hz >= low) & (hz < high), spectrum, 0), n)
        response += band * 10 ** (-3 * seconds / decay_sec * (1 + np.sqrt(low * high) / damping_hz))
    response[: round(0.004 * SAMPLE_RATE)] = 0  # the first reflection comes 4 ms after the direct sound
    size = len(samples) + n
    room = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)[: len(samples)]
    gain = 10 ** (-direct_db / 20) * np.sqrt(np.square(samples, dtype=np.float64).mean() / np.square(room).mean())
    return np.asarray(samples + gain * room, np.float32)


def add_noise(samples: Samples, ratio_db: float) -> Samples:
    """Add pink noise, `ratio_db` softer than the recording as a whole."""
    spectrum = np.fft.rfft(np.random.default_rng(SEED).standard_normal(len(samples)))
    hz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(hz, 20.0)), len(samples))
    gain = 10 ** (-ratio_db / 20) * np.sqrt(np.square(samples, dtype=np.float64).mean() / np.square(noise).mean())
    return np.asarray(samples + gain * noise, np.float32)


def cut_treble(samples: Samples, edge_hz: float) -> Samples:
    """Let only what is below `edge_hz` pass, as a Butterworth filter of the eighth order does, without its delay."""
    hz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    passed = np.fft.rfft(samples) / np.sqrt(1 + (hz / edge_hz) ** 16)
    return np.asarray(np.fft.irfft(passed, len(samples)), np.float32)


def soften(samples: Samples, gain_db: float) -> Samples:
    """Record at a lower level with 16 bits."""
    return np.asarray(np.round(samples * 10 ** (gain_db / 20) * 32768) / 32768, np.float32)


def clip(samples: Samples, share: float) -> Samples:
    """Record too loud: the loudest `share` of the samples is cut off."""
    limit = np.quantile(np.abs(samples), 1 - share)
    return np.asarray(np.clip(samples, -limit, limit))


def code_mp3(samples: Samples, bit_rate: int) -> Samples:
    """Encode and decode."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=SAMPLE_RATE, layout="mono")
        stream.bit_rate = bit_rate
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "coded.mp3"
        path.write_bytes(file.getvalue())
        return read_samples(path, SAMPLE_RATE, len(samples) / SAMPLE_RATE)


def hold_phone(samples: Samples) -> Samples:
    """All of it at once: a phone 3 m away, whose microphone hears no bass and no treble, in a noisy room, as mp3."""
    heard = add_noise(add_room(samples, decay_sec=0.8, direct_db=-6.0, damping_hz=2000.0), ratio_db=15.0)
    hz = np.fft.rfftfreq(len(heard), 1 / SAMPLE_RATE)
    passed = np.fft.rfft(heard) / np.sqrt(1 + (200.0 / np.maximum(hz, 1.0)) ** 4)
    without_bass = np.asarray(np.fft.irfft(passed, len(heard)), np.float32)
    return code_mp3(clip(cut_treble(without_bass, edge_hz=6000.0), share=0.001), bit_rate=64000)


def keep(samples: Samples) -> Samples:
    """Leave a recording as it is."""
    return samples


CONDITIONS: dict[str, Callable[[Samples], Samples]] = {
    "clean": keep,
    "room": partial(add_room, decay_sec=0.5, direct_db=3.0, damping_hz=4000.0),
    "hall": partial(add_room, decay_sec=1.5, direct_db=0.0, damping_hz=4000.0),
    "3 m": partial(add_room, decay_sec=0.8, direct_db=-6.0, damping_hz=2000.0),
    "phone at 3 m": hold_phone,
    "noise 20 dB": partial(add_noise, ratio_db=20.0),
    "noise 10 dB": partial(add_noise, ratio_db=10.0),
    "noise 0 dB": partial(add_noise, ratio_db=0.0),
    "below 4 kHz": partial(cut_treble, edge_hz=4000.0),
    "mp3 64 kbit/s": partial(code_mp3, bit_rate=64000),
    "-30 dB": partial(soften, gain_db=-30.0),
    "clipped 1 %": partial(clip, share=0.01),
    **{f"{cents:+d} cents": keep for cents in (-50, -30, -15, 15, 30, 50)},
}

HALF_A_SEMITONE = ("-50 cents", "+50 cents")


def get_speed(condition: str) -> float:
    """How much faster a recording out of tune is played."""
    return float(2 ** (int(condition.split()[0]) / 1200)) if condition.endswith("cents") else 1.0
