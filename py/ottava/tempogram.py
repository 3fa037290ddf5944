"""Tempogram: after how many seconds the accents of the music about a moment come back.

Method: autocorrelation of an onset signal in windows (Grosche, Müller and Kurth, "Cyclic tempogram", ICASSP 2010).
Differs from it: notes instead of audio.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FRAME_RATE = 50  # Hz
BLUR_SEC = 0.03
WINDOW_SEC = 10.0
COLUMN_SEC = 1.0
# Silence is left out: a pause of hours is as long as this one.
LONGEST_GAP_SEC = 8.0


def compute_tempogram(times_sec: Floats, weights: Floats, lags_sec: Floats) -> NDArray[np.float32]:
    """Autocorrelation about each of some onsets.

    Parameters
    ----------
    times_sec, weights
        Of the onsets, shape (n_onsets,), times increasing.
    lags_sec
        Shape (n_lags,).

    Returns
    -------
    ndarray, shape (n_onsets, n_lags), float32
        1 where the signal is the same after that time, 0 where it is by chance.
    """
    gaps = np.minimum(np.diff(times_sec, prepend=times_sec[0]), LONGEST_GAP_SEC)
    times = np.cumsum(gaps)
    n_frames = int(times[-1] * FRAME_RATE) + 2
    place = times * FRAME_RATE
    left = np.floor(place).astype(np.int64)
    share = place - left
    signal = np.bincount(left, weights * (1 - share), n_frames) + np.bincount(left + 1, weights * share, n_frames)
    half = int(3 * BLUR_SEC * FRAME_RATE) + 1
    kernel = np.exp(-0.5 * (np.arange(-half, half + 1) / FRAME_RATE / BLUR_SEC) ** 2)
    signal = np.convolve(signal, kernel)[half : half + n_frames]
    width = int(WINDOW_SEC * FRAME_RATE)
    padded = np.pad(signal, (width // 2, width // 2 + int(COLUMN_SEC * FRAME_RATE)))
    starts = np.arange(0, n_frames + int(COLUMN_SEC * FRAME_RATE), int(COLUMN_SEC * FRAME_RATE))
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)[starts[starts + width <= len(padded)]]
    windows = windows - windows.mean(axis=1, keepdims=True)
    n_fft = 1 << int(np.ceil(np.log2(width + lags_sec[-1] * FRAME_RATE + 1)))
    power = np.abs(np.fft.rfft(windows, n_fft, axis=1)) ** 2
    correlation = np.fft.irfft(power, n_fft, axis=1)
    lags = lags_sec * FRAME_RATE
    low = np.floor(lags).astype(np.int64)
    columns = correlation[:, low] * (1 - lags + low) + correlation[:, low + 1] * (lags - low)
    columns /= np.maximum(correlation[:, :1], 1e-9)
    at = np.minimum(times / COLUMN_SEC, len(columns) - 1.0)
    column = np.minimum(np.floor(at).astype(np.int64), max(0, len(columns) - 2))
    mix = (at - column)[:, None]
    after = columns[np.minimum(column + 1, len(columns) - 1)]
    return np.asarray(columns[column] * (1 - mix) + after * mix, np.float32)
