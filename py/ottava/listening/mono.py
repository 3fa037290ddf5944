"""Channels become one: their mean, or where they cancel each other, one of them; of several tracks one is chosen.

A microphone or a cable with its poles changed gives a channel that is another one upside down: their mean is silence,
or what little they differ by. Blocks are judged one by one, as only a part of a recording may be so, and as long ones
are read in slices: what a sample becomes depends on its block alone. The page does the same (``web/mono.js``).
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

BLOCK_SEC = 0.5
# Energy of the sum of all channels as a share of the sum of their energies: 2 of equal ones, 1 of those that have
# nothing in common (a silent one, two microphones far apart), 0 of opposite ones. In stereo recordings of pianos no
# block had less than 0.6; a channel upside down and half as loud as the other has 0.2.
CANCELLED_SHARE = 0.25
QUIET_SHARE = 1e-3  # of the energy of the loudest block of all tracks: noise, or the sound between notes
LOUD_SHARE = 0.5  # of the energy of the loudest channel; the first one that has it is taken, so that blocks agree


def mix_blocks(chunks: Iterable[NDArray[np.float32]], sample_rate: int) -> Iterator[NDArray[np.float32]]:
    """Mix sound that comes in chunks.

    Parameters
    ----------
    chunks
        Shape (n_samples, n_channels), of any length; a block ends where the number of channels changes.
    sample_rate
        In Hz.

    Returns
    -------
    Iterator
        As many samples in all; blocks of half a second, but the last of a number of channels.
    """
    n_block = round(BLOCK_SEC * sample_rate)
    held: list[NDArray[np.float32]] = []
    for chunk in chunks:
        if held and held[0].shape[1] != chunk.shape[1]:
            yield mix_to_mono(np.concatenate(held))
            held = []
        held.append(chunk)
        if sum(map(len, held)) < n_block:
            continue
        whole = np.concatenate(held)
        n_whole = len(whole) - len(whole) % n_block
        for first in range(0, n_whole, n_block):
            yield mix_to_mono(whole[first : first + n_block])
        held = [whole[n_whole:]]
    if held:
        yield mix_to_mono(np.concatenate(held))


def mix_to_mono(block: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mix one block, shape (n_samples, n_channels); what is no number stays none."""
    with np.errstate(invalid="ignore", over="ignore"):
        products = block.T @ block
        energies = products.diagonal()
        if products.sum() < CANCELLED_SHARE * energies.sum():
            return block[:, int(np.argmax(energies >= LOUD_SHARE * energies.max()))].copy()
        return np.asarray(block.mean(axis=1), np.float32)


def measure_energy(samples: NDArray[np.float32]) -> float:
    """Compute the mean square of samples."""
    with np.errstate(invalid="ignore", over="ignore"):
        return float(samples @ samples) / max(1, len(samples))


def choose_track(energies: Sequence[NDArray[np.float64]]) -> int:
    """Choose among the sound tracks of a file: the first that sounds for at least half as long as any other.

    Parameters
    ----------
    energies
        Of each track, the mean square of its blocks.
    """
    loudest = max((float(track.max()) for track in energies if len(track)), default=0.0)
    n_sounding = [int((track > QUIET_SHARE * loudest).sum()) for track in energies]
    return next(number for number, n in enumerate(n_sounding) if 2 * n >= max(n_sounding))
