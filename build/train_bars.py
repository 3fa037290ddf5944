"""Train the network of bars on data/train, on a CPU: about ten minutes of one core a fold.

    python -m build.train_bars --fold 0 --out .cache/rhythm/bars0.pt     leaves the works of fold 0 out
    python -m build.train_bars --out .cache/rhythm/bars.pt               the one that ships

It learns with the annotated beats, which slip now and then. Started again it goes on where it stopped.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from build.encoder import BARS, Encoder, split_outputs
from build.rhythm_corpus import UNKNOWN, Batch, draw_bars, read_corpus, stack_windows, weigh_performances
from build.training import N_FOLDS, read_folder, train

N_BEATS = 256
BATCH = 32
STEPS = 1200
LEARNING_RATE = 2e-3
LOSS_WEIGHTS = {"downbeat": 1.0, "bar": 1.0, "meter": 0.3}


def main() -> None:
    """Train and save; print the running losses."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fold", type=int, choices=range(N_FOLDS), help="the fold to leave out")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    corpus = read_corpus(read_folder(), [fold for fold in range(N_FOLDS) if fold != options.fold])
    chances = weigh_performances(corpus)

    def draw(rng: np.random.Generator) -> Batch:
        chosen = rng.choice(len(corpus), BATCH, p=chances).tolist()
        return stack_windows([draw_bars(corpus, index, N_BEATS, rng) for index in chosen], N_BEATS)

    train(Encoder(BARS), draw, compute_losses, LOSS_WEIGHTS, options.out, options.steps, LEARNING_RATE)


def compute_losses(outputs: Tensor, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """The mean loss of each output over the chords whose label is known."""
    parts = split_outputs(outputs, BARS.outputs)
    known = batch["downbeat"] != UNKNOWN
    downbeat = F.binary_cross_entropy_with_logits(parts["downbeat"][..., 0][known], batch["downbeat"][known].float())
    others = {
        name: F.cross_entropy(parts[name].flatten(0, 1), batch[name].flatten(), ignore_index=UNKNOWN)
        for name in ("bar", "meter")
    }
    return {"downbeat": downbeat, **others}


if __name__ == "__main__":
    main()
