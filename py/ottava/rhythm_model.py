"""The trained networks of rhythm, run through the seam: what they make of chords and notes.

All read windows of a fixed number of tokens. These overlap, and what two windows say of a token is mixed: each counts
by how far the token is from the window's edge.

Conventions: outputs are (n_tokens, size): logarithms of odds where the size is 1, else of probabilities.
"""

import numpy as np
from numpy.typing import NDArray

from ottava.bars import OUTPUT_SIZES as BAR_OUTPUT_SIZES
from ottava.chords import Chords
from ottava.datatypes import Floats, Run
from ottava.hands import OUTPUT_SIZES as HAND_OUTPUT_SIZES
from ottava.names import OUTPUT_SIZES as NAME_OUTPUT_SIZES
from ottava.score_time import OUTPUT_SIZES
from ottava.values import OUTPUT_SIZES as VALUE_OUTPUT_SIZES

# Tokens of a window, as the graphs have them, and from one window to the next.
WINDOWS = {
    "rhythm": (320, 224), "bars": (256, 128), "values": (384, 288), "hands": (384, 288), "names": (384, 288),
}  # fmt: skip
ABSENT = -1e4


async def compute_rhythm(chords: Chords, features: NDArray[np.float32], run: Run) -> dict[str, Floats]:
    """What the rhythm network says of each chord: outputs by name, shape (n_chords, size)."""
    coordinates = np.stack([chords.times_sec, np.arange(len(features))], axis=1)
    return await _run_windows("rhythm", features, coordinates, run, OUTPUT_SIZES)


async def compute_bars(features: NDArray[np.float32], run: Run) -> dict[str, Floats]:
    """What the network of bars says of each beat: outputs by name, shape (n_beats, size)."""
    numbers = np.arange(len(features), dtype=np.float64)[:, None]
    return await _run_windows("bars", features, numbers, run, BAR_OUTPUT_SIZES)


async def compute_values(
    features: NDArray[np.float32], places: Floats, pitches: NDArray[np.int64], run: Run
) -> dict[str, Floats]:
    """What the network of values says of each note: outputs by name, shape (n_notes, size)."""
    coordinates = np.stack([places, pitches], axis=1)
    return await _run_windows("values", features, coordinates, run, VALUE_OUTPUT_SIZES)


async def compute_hands(
    features: NDArray[np.float32], times_sec: Floats, pitches: NDArray[np.int64], run: Run
) -> dict[str, Floats]:
    """What the network of hands says of each note: outputs by name, shape (n_notes, size)."""
    coordinates = np.stack([times_sec, pitches], axis=1)
    return await _run_windows("hands", features, coordinates, run, HAND_OUTPUT_SIZES)


async def compute_names(
    features: NDArray[np.float32], onsets_sec: Floats, pitches: NDArray[np.int64], run: Run
) -> dict[str, Floats]:
    """What the network of names says of each note: outputs by name, shape (n_notes, size)."""
    coordinates = np.stack([onsets_sec, pitches], axis=1)
    return await _run_windows("names", features, coordinates, run, NAME_OUTPUT_SIZES)


async def rate_readings(figures: Floats, run: Run) -> Floats:
    """How good each of some readings is, shape (n_readings,); figures (n_readings, n_figures)."""
    return np.asarray((await run("readings", {"figures": figures[None].astype(np.float32)}))["outputs"][0], np.float64)


async def _run_windows(
    graph: str,
    features: NDArray[np.float32],
    coordinates: Floats,
    run: Run,
    sizes: dict[str, int],
) -> dict[str, Floats]:
    n_tokens, (window, hop) = len(features), WINDOWS[graph]
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
    parts = np.split(total / weights, ends, axis=1)
    return {name: _log_chances(part) for name, part in zip(sizes, parts, strict=True)}


def _log_chances(outputs: Floats) -> Floats:
    """Logarithms of probabilities; a single output is the logarithm of odds and stays."""
    return outputs if outputs.shape[1] == 1 else outputs - np.logaddexp.reduce(outputs, axis=1, keepdims=True)
