"""Checkpoints: what listening knows after each segment, so that it can go on where it was broken off.

Each holds what its segment added and the little that the next one needs; a host keeps them in order, as JSON.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ottava.datatypes import IntArray
from ottava.listening.activations import N_TRACKS
from ottava.listening.presses import Press

_PRESSES = ("presses", "possible", "last_presses")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """After a segment.

    ``listening`` names what is listened to and how: checkpoints of another are of no use. ``fraction`` of it is heard.
    ``presses`` (final) and ``possible`` are those of this segment; ``last_presses`` may still change; ``first_frames``
    (N_TRACKS,) are where the next segment is read on; ``peak`` is that of all samples so far.
    """

    listening: str
    fraction: float
    presses: Sequence[Press]
    possible: Sequence[Press]
    last_presses: Sequence[Press]
    first_frames: IntArray
    peak: float
    tuning_cents: float


def checkpoint_to_dict(checkpoint: Checkpoint) -> dict[str, Any]:
    """Give what `read_checkpoints` reads."""
    presses = {name: [asdict(press) for press in getattr(checkpoint, name)] for name in _PRESSES}
    return {
        "listening": checkpoint.listening,
        "fraction": checkpoint.fraction,
        **presses,
        "first_frames": checkpoint.first_frames.tolist(),
        "peak": float(checkpoint.peak),
        "tuning_cents": float(checkpoint.tuning_cents),
    }


def read_checkpoints(kept: Any) -> tuple[Checkpoint, ...]:
    """Read what a host has kept; empty where it is not what it should be, and all has to be heard again."""
    try:
        return tuple(_read_checkpoint(one) for one in kept)
    except (TypeError, KeyError, ValueError):
        return ()


def _read_checkpoint(kept: dict[str, Any]) -> Checkpoint:
    presses, possible, last_presses = ([Press(**press) for press in kept[name]] for name in _PRESSES)
    first_frames = np.array(kept["first_frames"], np.int64)
    if first_frames.shape != (N_TRACKS,):
        raise ValueError(f"Frames of {first_frames.shape} tracks")
    fraction, peak, tuning_cents = (float(kept[name]) for name in ("fraction", "peak", "tuning_cents"))
    listening = str(kept["listening"])
    return Checkpoint(listening, fraction, presses, possible, last_presses, first_frames, peak, tuning_cents)
