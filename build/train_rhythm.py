"""Train the rhythm network on data/train, on a CPU: about twenty minutes of one core a fold.

    python -m build.train_rhythm --fold 0 --out .cache/rhythm/fold0.pt     leaves the works of fold 0 out
    python -m build.train_rhythm --out .cache/rhythm/all.pt                the one that ships

Started again it goes on where it stopped. requirements/export.txt pins all that is needed.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from build.encoder import RHYTHM, Encoder, split_outputs
from build.rhythm_corpus import UNKNOWN, Batch, draw_window, read_corpus, stack_windows, weigh_performances
from build.training import N_FOLDS, read_folder, train
from ottava.rhythm_classes import PERIODS_LOG2_SEC

N_CHORDS = 320
BATCH = 16
STEPS = 1200
LEARNING_RATE = 2e-3
LOSS_WEIGHTS = {"beat": 1.0, "phase": 0.5, "period": 0.3, "step": 0.3}
PERIOD_SPREAD_OCTAVES = 0.1


def main() -> None:
    """Train and save; print the running losses."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fold", type=int, choices=range(N_FOLDS), help="the fold to leave out")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    corpus = read_corpus(read_folder(), [fold for fold in range(N_FOLDS) if fold != options.fold])
    chances = weigh_performances(corpus)

    def draw(rng: np.random.Generator) -> Batch:
        chosen = rng.choice(len(corpus), BATCH, p=chances).tolist()
        return stack_windows([draw_window(corpus, index, N_CHORDS, rng) for index in chosen], N_CHORDS)

    train(Encoder(RHYTHM), draw, compute_losses, LOSS_WEIGHTS, options.out, options.steps, LEARNING_RATE)


def compute_losses(outputs: Tensor, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """The mean loss of each output over the chords whose label is known."""
    parts = split_outputs(outputs, RHYTHM.outputs)
    known = batch["beat"] != UNKNOWN
    losses = {"beat": F.binary_cross_entropy_with_logits(parts["beat"][..., 0][known], batch["beat"][known].float())}
    for name in ("phase", "step"):
        losses[name] = F.cross_entropy(parts[name].flatten(0, 1), batch[name].flatten(), ignore_index=UNKNOWN)
    known = torch.isfinite(batch["period"])
    distance = batch["period"][known][:, None] - torch.from_numpy(PERIODS_LOG2_SEC).float()
    wanted = torch.softmax(-0.5 * (distance / PERIOD_SPREAD_OCTAVES) ** 2, -1)
    losses["period"] = -(wanted * F.log_softmax(parts["period"][known], -1)).sum(-1).mean()
    return losses


if __name__ == "__main__":
    main()
