"""Networks: trained ones that read notes, chords or beats one after the other, run through the seam.

All read windows of a fixed number of tokens. These overlap, and what two windows say of a token is mixed: each counts
by how far the token is from the window's edge.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import Floats, Run

ABSENT = -1e4


@dataclass(frozen=True, slots=True)
class Network:
    """What is known of a network to run it.

    ``graph``: its name at the host; ``window`` and ``hop``: tokens of a window, and from one window to the next;
    ``sizes``: how many numbers it gives for each token, by what they say, in order.
    """

    graph: str
    window: int
    hop: int
    sizes: Mapping[str, int]


async def run_network(
    network: Network, features: NDArray[np.float32], coordinates: Floats, run: Run
) -> dict[str, Floats]:
    """Ask a network about tokens.

    Parameters
    ----------
    network, run
        The network, and the host's call that runs it.
    features
        Shape (n_tokens, n_features).
    coordinates
        Where each token lies, shape (n_tokens, n_coordinates); only differences count.

    Returns
    -------
    dict
        By the names of ``network.sizes``, each (n_tokens, size): logarithms of odds where the size is 1, else of
        probabilities.
    """
    n_tokens, window, hop = len(features), network.window, network.hop
    begins = range(0, max(1, n_tokens - (window - hop)), hop)
    total, weights = np.zeros((n_tokens, sum(network.sizes.values()))), np.zeros((n_tokens, 1))
    for begin in begins:
        # The last window looks back as far as it can.
        first = max(0, min(begin, n_tokens - window))
        count = min(window, n_tokens - first)
        padding = ((0, window - count), (0, 0))
        moved = coordinates[first : first + count] - coordinates[first]
        outputs = await run(network.graph, {
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
    ends = np.cumsum(list(network.sizes.values()))[:-1]
    parts = np.split(total / weights, ends, axis=1)
    return {name: _log_chances(part) for name, part in zip(network.sizes, parts, strict=True)}


def _log_chances(outputs: Floats) -> Floats:
    """Logarithms of probabilities; a single output is the logarithm of odds and stays."""
    return outputs if outputs.shape[1] == 1 else outputs - np.logaddexp.reduce(outputs, axis=1, keepdims=True)
