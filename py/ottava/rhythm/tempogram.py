"""Tempogram: after how many seconds the music about a moment comes back.

Method: autocorrelation of onset signals in windows (Grosche, Müller and Kurth, "Cyclic tempogram", ICASSP 2010).
Differs from it: notes instead of audio, and more than one signal, since what is played evenly still has a bass.
"""

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import Floats

FRAME_RATE = 40  # Hz
BLUR_SEC = 0.03
WINDOW_SEC = 10.0
COLUMN_SEC = 1.5
# Of a longer silence only this much counts.
LONGEST_GAP_SEC = 8.0


def compute_tempogram(times_sec: Floats, signals: Floats, lags_sec: Floats) -> NDArray[np.float32]:
    """Autocorrelation about each of some onsets.

    Parameters
    ----------
    times_sec
        Of the onsets, shape (n_onsets,), increasing.
    signals
        Shape (n_signals, n_onsets).
    lags_sec
        Shape (n_lags,), in equal ratios.

    Returns
    -------
    ndarray, shape (n_onsets, n_signals, n_lags), float32
        1 where a signal is the same after that time, 0 where it is by chance; the greatest about each lag.
    """
    times = np.cumsum(np.minimum(np.diff(times_sec, prepend=times_sec[0]), LONGEST_GAP_SEC))
    width, hop = int(WINDOW_SEC * FRAME_RATE), int(COLUMN_SEC * FRAME_RATE)
    n_frames = int(times[-1] * FRAME_RATE) + 2
    n_columns = n_frames // hop + 2
    frames = _place_onsets(times * FRAME_RATE, signals, n_frames)
    padded = np.pad(frames, ((0, 0), (width // 2, width // 2 + 2 * hop)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, width, axis=1)[:, : n_columns * hop : hop]
    windows = windows - windows.mean(axis=2, keepdims=True)
    edges = lags_sec * FRAME_RATE
    ratio = np.sqrt(lags_sec[1] / lags_sec[0])
    starts = np.floor(np.append(edges / ratio, edges[-1] * ratio)).astype(np.intp)
    n_fft = 1 << int(np.ceil(np.log2(width + starts[-1] + 2)))
    power = np.abs(np.fft.rfft(windows, n_fft, axis=2)) ** 2
    correlation = np.fft.irfft(power, n_fft, axis=2)
    # Equal neighbours would be taken as empty: short lags lie closer than frames.
    greatest = np.maximum(np.maximum.reduceat(correlation[:, :, : starts[-1] + 2], starts, axis=2)[:, :, :-1], 0)
    columns = (greatest / np.maximum(correlation[:, :, :1], 1e-9)).transpose(1, 0, 2)
    place = times / COLUMN_SEC
    left = np.floor(place).astype(np.int64)
    share = (place - left)[:, None, None]
    return np.asarray(columns[left] * (1 - share) + columns[left + 1] * share, np.float32)


def _place_onsets(places: Floats, signals: Floats, n_frames: int) -> Floats:
    """Signals at frames, each onset blurred."""
    left = np.floor(places).astype(np.int64)
    share = places - left
    half = int(3 * BLUR_SEC * FRAME_RATE) + 1
    kernel = np.exp(-0.5 * (np.arange(-half, half + 1) / FRAME_RATE / BLUR_SEC) ** 2)
    frames = []
    for signal in signals:
        impulses = np.bincount(left, signal * (1 - share), n_frames) + np.bincount(left + 1, signal * share, n_frames)
        frames.append(np.convolve(impulses, kernel)[half : half + n_frames])
    return np.stack(frames)
