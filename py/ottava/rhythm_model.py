"""The trained networks of rhythm, run through the seam: what they make of chords and notes.

Both read windows of a fixed number of tokens. These overlap, and what two windows say of a token is mixed: each counts
by how far the token is from the window's edge.
"""

import numpy as np
from numpy.typing import NDArray

from ottava.chords import Chords, Floats
from ottava.datatypes import Run
from ottava.rhythm_classes import OUTPUT_SIZES
from ottava.values import OUTPUT_SIZES as VALUE_OUTPUT_SIZES

# Tokens of a window, as the graphs have them, and from one window to the next.
RHYTHM_WINDOW, RHYTHM_HOP = 320, 224
VALUES_WINDOW, VALUES_HOP = 384, 288
ABSENT = -1e4


async def compute_rhythm(chords: Chords, features: NDArray[np.float32], run: Run) -> dict[str, Floats]:
    """What the rhythm network says of each chord: outputs by name, shape (n_chords, size)."""
    coordinates = np.stack([chords.times_sec, np.arange(len(features))], axis=1)
    return await _run_windows("rhythm", features, coordinates, run, RHYTHM_WINDOW, RHYTHM_HOP, OUTPUT_SIZES)


async def compute_values(
    features: NDArray[np.float32], places: Floats, pitches: NDArray[np.int64], run: Run
) -> dict[str, Floats]:
    """What the network of values says of each note: outputs by name, shape (n_notes, size)."""
    coordinates = np.stack([places, pitches], axis=1)
    return await _run_windows("values", features, coordinates, run, VALUES_WINDOW, VALUES_HOP, VALUE_OUTPUT_SIZES)


async def _run_windows(
    graph: str,
    features: NDArray[np.float32],
    coordinates: Floats,
    run: Run,
    window: int,
    hop: int,
    sizes: dict[str, int],
) -> dict[str, Floats]:
    n_tokens = len(features)
    begins = range(0, max(1, n_tokens - (window - hop)), hop)
    total, weights = np.zeros((n_tokens, sum(sizes.values()))), np.zeros((n_tokens, 1))
    for begin in begins:
        # The last window looks back as far as it can.
        first = max(0, min(begin, n_tokens - window))
        count = min(window, n_tokens - first)
        padding = ((0, window - count), (0, 0))
        moved = coordinates[first : first + count] - coordinates[first]
        outputs = await run(graph, {
            "features": np.pad(features[first : first + count], padding)[None],
            "coordinates": np.pad(moved, padding, mode="edge")[None].astype(np.float32),
            "absent": np.where(np.arange(window) < count, 0, ABSENT)[None].astype(np.float32),
        })  # fmt: skip
        weight = np.minimum(np.arange(count) + 1, np.arange(count, 0, -1)).astype(np.float64)
        half = (window + 1) // 2
        if first == 0:
            weight[:half] = half  # nothing else hears the ends
        if first + count == n_tokens:
            weight[-half:] = half
        total[first : first + count] += weight[:, None] * outputs["outputs"][0, :count]
        weights[first : first + count, 0] += weight
    ends = np.cumsum(list(sizes.values()))[:-1]
    return dict(zip(sizes, np.split(total / weights, ends, axis=1), strict=True))
