"""Train the network of bars, on a CPU: about ten minutes of one core.

    python -m training.notation.bars --read .cache/rhythm/reread01.npz --watch .cache/rhythm/unseen01.npz \
        --out .cache/rhythm/bars01.pt

It learns on beats as the rhythm network finds them (training/notation/reread.py), which says what is left out. Started
again it goes on where it stopped. requirements/export.txt pins all that is needed.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ottava.rhythm.bars import N_OPINIONS, NETWORK
from training.notation.corpus import Batch, Window, stack_windows
from training.notation.encoder import BARS, Encoder, split_outputs
from training.notation.loop import compute_entropies, train
from training.notation.reread import LABELS

N_BEATS = NETWORK.window
BATCH = 32
STEPS = 2500
N_WATCHED = 256  # excerpts of works left out; not tuned
VEIL_CHANCE, BLUR = 0.1, 0.05
NO_OPINION_CHANCE = 0.2  # where beats are given, the rhythm network is not asked
LOSS_WEIGHTS = {"downbeat": 1.0, "bar": 1.0, "meter": 0.5}


def main() -> None:
    """Read the command line, train, and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--read", type=Path, nargs="+", required=True, help="what training/notation/reread.py wrote")
    parser.add_argument("--watch", type=Path, help="the same of works that were left out: what is best there is kept")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=STEPS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    draw = open_source(options.read)
    watched = open_source([options.watch])(np.random.default_rng(1), N_WATCHED) if options.watch else None
    train(
        Encoder(BARS), lambda rng: draw(rng, BATCH), compute_losses, LOSS_WEIGHTS, options.out, options.steps,
        watched=watched,
    )  # fmt: skip


def open_source(paths: Sequence[Path]) -> Callable[[np.random.Generator, int], Batch]:
    """What draws so many windows of what was read."""
    read = [dict(np.load(path)) for path in paths]
    excerpts = [(file, first, last) for file, of in enumerate(read)
                for first, last in zip(of["begin"][:-1].tolist(), of["begin"][1:].tolist(), strict=True)]  # fmt: skip
    print(f"{len(excerpts)} excerpts", flush=True)

    def draw(rng: np.random.Generator, n_windows: int) -> Batch:
        chosen = (excerpts[index] for index in rng.integers(0, len(excerpts), n_windows).tolist())
        return stack_windows([draw_bars(read[file], first, last, rng) for file, first, last in chosen], N_BEATS)

    return draw


def draw_bars(read: dict[str, NDArray[Any]], first: int, last: int, rng: np.random.Generator) -> Window:
    """Some beats of an excerpt, with some of what is known of them hidden and all of it blurred."""
    first = int(rng.integers(first, max(first, last - N_BEATS) + 1))
    last = min(last, first + N_BEATS)
    features = read["features"][first:last].astype(np.float32)
    features += rng.normal(0, BLUR, features.shape).astype(np.float32)
    features[:, rng.random(features.shape[1]) < VEIL_CHANCE] = 0
    if rng.random() < NO_OPINION_CHANCE:
        features[:, -N_OPINIONS:] = 0
    numbers = np.arange(last - first, dtype=np.float32)[:, None]
    return Window(features, numbers, {name: read[name][first:last].astype(np.int64) for name in LABELS})


def compute_losses(outputs: Tensor, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """The mean loss of each output over the beats whose label is known."""
    return compute_entropies(split_outputs(outputs, BARS.outputs), batch, LOSS_WEIGHTS)


if __name__ == "__main__":
    main()
