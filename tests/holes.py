"""Recordings with holes, several recordings in one file, and where the sound of one lies in another."""

import io
from collections.abc import Sequence
from fractions import Fraction
from random import Random
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 44100


def zero(content: bytes, share: float, n_bytes: int) -> bytes:
    """Write zeros over a place that is this share of the file away from its beginning."""
    at = round(share * len(content))
    return content[:at] + bytes(n_bytes) + content[at + n_bytes :]


def spoil(content: bytes, share: float, n_bytes: int) -> bytes:
    """Write noise there."""
    at = round(share * len(content))
    return content[:at] + Random(5).randbytes(n_bytes) + content[at + n_bytes :]


def cut_out(content: bytes, share: float, n_bytes: int) -> bytes:
    """Take bytes away there."""
    at = round(share * len(content))
    return content[:at] + content[at + n_bytes :]


def encode(suffix: str, tracks: Sequence[tuple[str, NDArray[np.float32], int]]) -> bytes:
    """Encode tracks, each an encoder, samples (n_channels, n_samples) and a sample rate."""
    content = io.BytesIO()
    with av.open(content, "w", format={"mkv": "matroska"}.get(suffix, suffix)) as container:
        streams = []
        for encoder, samples, sample_rate in tracks:
            layout = "stereo" if len(samples) == 2 else "mono"
            stream: Any = container.add_stream(encoder, rate=sample_rate, layout=layout)
            stream.codec_context.options = {"strict": "experimental"}  # FFmpeg's own encoder of Vorbis
            stream.codec_context.open()
            streams.append((stream, samples, layout, sample_rate))
        for stream, samples, layout, sample_rate in streams:
            resampler = av.AudioResampler(stream.format.name, layout, sample_rate, stream.frame_size or None)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples, np.float32), "fltp", layout)
            frame.sample_rate, frame.time_base, frame.pts = sample_rate, Fraction(1, sample_rate), 0
            for part in [*resampler.resample(frame), *resampler.resample(None), None]:
                container.mux(stream.encode(part))
    return content.getvalue()


def find_delay(samples: NDArray[np.float32], whole: NDArray[np.float32], begin_sec: float, sec: float) -> float:
    """Find how much later, in seconds, the sound of a place in ``whole`` comes in ``samples``."""
    begin, n_samples = round(begin_sec * SAMPLE_RATE), round(sec * SAMPLE_RATE)
    margin = SAMPLE_RATE // 2
    part = whole[begin : begin + n_samples]
    where = samples[begin - margin : begin + n_samples + margin]
    n_fft = 1 << (len(where) + len(part)).bit_length()
    match = np.fft.irfft(np.fft.rfft(where, n_fft) * np.conj(np.fft.rfft(part, n_fft)), n_fft)[: 2 * margin]
    return float(np.argmax(match) - margin) / SAMPLE_RATE
