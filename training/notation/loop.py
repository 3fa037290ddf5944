"""What the trainings of the networks of rhythm and names share: command line, losses and a resumable loop."""

import argparse
import copy
import math
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from training.notation.corpus import (
    UNKNOWN,
    Batch,
    Taught,
    Window,
    read_corpus,
    stack_windows,
    weigh_performances,
)
from training.notation.encoder import Encoder, Shape

ROOT = Path(__file__).parents[2]
N_FOLDS = 5
LEARNING_RATE = 2e-3
WARM_UP_STEPS = 200
WEIGHT_DECAY = 0.03
AVERAGING = 0.997  # of the weights over steps; the average is what is kept
SAVE_STEPS = 200


@dataclass(frozen=True)
class Further:
    """A second part of a training, which begins with the weights of the first."""

    draw_window: Callable[[Sequence[Taught], int, np.random.Generator], Window]
    n_steps: int
    rate: float


def run_training(
    text: str | None,
    shape: Shape,
    draw_window: Callable[[Sequence[Taught], int, np.random.Generator], Window],
    n_tokens: int,
    batch: int,
    n_steps: int,
    compute_losses: Callable[[Tensor, dict[str, Tensor]], dict[str, Tensor]],
    weights: dict[str, float],
    further: Further | None = None,
    more: Callable[[Path, list[Taught]], list[Taught]] | None = None,
) -> None:
    """Read the command line that ``text`` describes, train on all folds but the one left out, and save.

    ``more`` reads other performances of the same works from a folder; they are drawn half of the time.
    """
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--without", type=int, nargs="+", default=(), choices=range(N_FOLDS), help="folds to leave out")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--threads", type=int, default=1)
    if more:
        parser.add_argument("--more", type=Path, metavar="FOLDER", help="of performances to learn from as well")
    if further:
        parser.add_argument("--begin", type=Path, metavar="WEIGHTS", help="of the first part: train the second")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    network, rate = Encoder(shape), LEARNING_RATE
    if further and options.begin:
        draw_window, n_steps, rate = further.draw_window, further.n_steps, further.rate
        network.load_state_dict(torch.load(options.begin, weights_only=True))
    corpus = read_corpus(find_shared() / "train", [fold for fold in range(N_FOLDS) if fold not in options.without])
    chances = weigh_performances(corpus)
    if more and options.more:
        others = more(options.more, corpus)
        chances = np.concatenate([chances, weigh_performances(others)]) / 2
        corpus += others

    def draw(rng: np.random.Generator) -> Batch:
        chosen = rng.choice(len(corpus), batch, p=chances).tolist()
        return stack_windows([draw_window(corpus, index, rng) for index in chosen], n_tokens)

    train(network, draw, compute_losses, weights, options.out, options.steps or n_steps, rate)


def find_shared() -> Path:
    """The folder of the corpora."""
    return Path(os.environ.get("OTTAVA_SHARED", ROOT.parent / "shared")) / "data"


def compute_entropies(parts: dict[str, Tensor], batch: dict[str, Tensor], names: Iterable[str]) -> dict[str, Tensor]:
    """The mean cross entropy of some outputs over the tokens whose label is known; of a single number that of odds."""
    losses = {}
    for name in names:
        known = batch[name] != UNKNOWN
        if parts[name].shape[-1] == 1:
            losses[name] = F.binary_cross_entropy_with_logits(parts[name][..., 0][known], batch[name][known].float())
        else:
            losses[name] = F.cross_entropy(parts[name][known], batch[name][known])
    return losses


def train(
    network: nn.Module,
    draw: Callable[[np.random.Generator], Batch],
    compute_losses: Callable[[Tensor, dict[str, Tensor]], dict[str, Tensor]],
    weights: dict[str, float],
    path: Path,
    n_steps: int,
    highest_rate: float,
) -> None:
    """Train up to ``n_steps`` and write the averaged weights; goes on from the checkpoint beside ``path``, if any."""
    averaged = copy.deepcopy(network)
    optimizer = torch.optim.AdamW(network.parameters(), highest_rate, (0.9, 0.98), weight_decay=WEIGHT_DECAY)
    first_step = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    checkpoint = path.with_suffix(".checkpoint")
    if checkpoint.is_file():
        saved = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(saved["network"])
        averaged.load_state_dict(saved["averaged"])
        optimizer.load_state_dict(saved["optimizer"])
        first_step = saved["step"]
    running: dict[str, float] = {}
    begin_sec = time.monotonic()
    network.train()
    for step in range(first_step, n_steps):
        batch = {name: torch.from_numpy(array) for name, array in draw(np.random.default_rng([0, step])).items()}
        rate = highest_rate * min(1.0, (step + 1) / WARM_UP_STEPS) * 0.5 * (1 + math.cos(math.pi * step / n_steps))
        for group in optimizer.param_groups:
            group["lr"] = rate
        losses = compute_losses(network(batch["features"], batch["coordinates"], batch["absent"]), batch)
        optimizer.zero_grad()
        sum(weights[name] * loss for name, loss in losses.items()).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        # Early weights are not worth remembering.
        share = min(AVERAGING, (step + 1) / (step + 10))
        for kept, now in zip(averaged.parameters(), network.parameters(), strict=True):
            kept.data.lerp_(now.data, 1 - share)
        for name, loss in losses.items():
            value = float(loss.detach())
            running[name] = 0.98 * running.get(name, value) + 0.02 * value
        if (step + 1) % SAVE_STEPS == 0 or step + 1 == n_steps:
            state = {
                "network": network.state_dict(),
                "averaged": averaged.state_dict(),
                "optimizer": optimizer.state_dict(),
                "step": step + 1,
            }
            torch.save(state, checkpoint.with_suffix(".new"))
            checkpoint.with_suffix(".new").replace(checkpoint)
            shown = " ".join(f"{name} {loss:.3f}" for name, loss in running.items())
            print(f"{step + 1} {time.monotonic() - begin_sec:.0f} s {shown}", flush=True)
    torch.save(averaged.state_dict(), path)
