"""Smoothing: the mean and the median of what lies near in a row of numbers."""

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import Floats


def take_means(values: Floats, width: int, is_known: NDArray[np.bool_] | None = None) -> Floats:
    """Give for each number the mean of those around it.

    Parameters
    ----------
    values
        Shape (n,), n >= 1.
    width
        How many numbers are taken together, odd; fewer at the ends.
    is_known
        Shape (n,): the numbers that count; None for all of them.

    Returns
    -------
    ndarray, shape (n,), float64
        0 where no number counts.
    """
    known = np.ones(len(values)) if is_known is None else is_known.astype(float)
    return np.asarray(_sum_near(np.where(known, values, 0.0), width) / np.maximum(_sum_near(known, width), 1e-9))


def take_medians(values: Floats, width: int) -> Floats:
    """Give for each number the median of ``width`` around it, odd; beyond the ends the first and the last go on."""
    padded = np.pad(values, width // 2, mode="edge")
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1))


def _sum_near(values: Floats, width: int) -> Floats:
    return np.convolve(values, np.ones(width))[width // 2 : width // 2 + len(values)]
