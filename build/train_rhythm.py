"""Train the rhythm network on data/train, on a CPU: about twenty minutes of one core a fold.

    python -m build.train_rhythm --fold 0 --out .cache/rhythm/fold0.pt     leaves the works of fold 0 out
    python -m build.train_rhythm --out .cache/rhythm/all.pt                the one that ships

Started again it goes on where it stopped. requirements/export.txt pins all that is needed.
"""

import argparse
import copy
import math
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from build.rhythm_corpus import UNKNOWN, Taught, draw_window, read_corpus, stack_windows
from build.rhythm_network import OUTPUTS, RhythmNetwork
from ottava.rhythm_classes import PERIODS_LOG2_SEC

ROOT = Path(__file__).parent.parent
N_FOLDS = 5
N_CHORDS = 320
BATCH = 16
STEPS = 3000
WARM_UP_STEPS = 200
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 0.03
AVERAGING = 0.997  # of the weights over steps; the average is what is kept
# A piece counts by its length, and no more than this many times for its performances.
MOST_PERFORMANCES = 3
LOSS_WEIGHTS = {"beat": 1.0, "downbeat": 1.0, "phase": 0.5, "period": 0.3, "meter": 0.3, "bar": 0.3, "step": 0.3}
PERIOD_SPREAD_OCTAVES = 0.1
SAVE_STEPS = 200


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
    folder = Path(os.environ.get("OTTAVA_SHARED", ROOT.parent / "shared")) / "data" / "train"
    corpus = read_corpus(folder, [fold for fold in range(N_FOLDS) if fold != options.fold])
    print(f"{len(corpus)} performances, {sum(len(taught.onset) for taught in corpus):,} notes", flush=True)
    train(corpus, options.out, options.steps, options.seed)


def train(corpus: list[Taught], path: Path, n_steps: int, seed: int) -> None:
    """Train up to ``n_steps``, from the checkpoint beside ``path`` where there is one, and write the averaged weights."""
    torch.manual_seed(seed)
    network = RhythmNetwork()
    averaged = copy.deepcopy(network)
    optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE, (0.9, 0.98), weight_decay=WEIGHT_DECAY)
    first_step = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    checkpoint = path.with_suffix(".checkpoint")
    if checkpoint.is_file():
        saved = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(saved["network"])
        averaged.load_state_dict(saved["averaged"])
        optimizer.load_state_dict(saved["optimizer"])
        first_step = saved["step"]
    chances = weigh_performances(corpus)
    running: dict[str, float] = {}
    begin_sec = time.monotonic()
    network.train()
    for step in range(first_step, n_steps):
        rng = np.random.default_rng([seed, step])
        windows = [draw_window(corpus[i], N_CHORDS, rng) for i in rng.choice(len(corpus), BATCH, p=chances)]
        batch = {name: torch.from_numpy(array) for name, array in stack_windows(windows, N_CHORDS).items()}
        rate = LEARNING_RATE * min(1.0, (step + 1) / WARM_UP_STEPS) * 0.5 * (1 + math.cos(math.pi * step / n_steps))
        for group in optimizer.param_groups:
            group["lr"] = rate
        losses = compute_losses(network(batch["features"], batch["times_sec"], batch["absent"]), batch)
        optimizer.zero_grad()
        sum(LOSS_WEIGHTS[name] * loss for name, loss in losses.items()).backward()
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
            state = {"network": network.state_dict(), "averaged": averaged.state_dict(),
                     "optimizer": optimizer.state_dict(), "step": step + 1}
            torch.save(state, checkpoint.with_suffix(".new"))
            checkpoint.with_suffix(".new").replace(checkpoint)
            shown = " ".join(f"{name} {loss:.3f}" for name, loss in running.items())
            print(f"{step + 1} {time.monotonic() - begin_sec:.0f} s {shown}", flush=True)
    torch.save(averaged.state_dict(), path)


def weigh_performances(corpus: list[Taught]) -> np.ndarray:
    """Chance of each performance to be drawn."""
    names = [taught.piece for taught in corpus]
    weights = np.array([
        len(taught.chord_begin) * min(1.0, MOST_PERFORMANCES / names.count(taught.piece)) for taught in corpus
    ])
    return weights / weights.sum()


def compute_losses(outputs: Tensor, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """The mean loss of each output over the chords whose label is known."""
    parts = dict(zip(OUTPUTS, outputs.split(list(OUTPUTS.values()), -1), strict=True))
    losses = {}
    for name in ("beat", "downbeat"):
        known = batch[name] != UNKNOWN
        losses[name] = F.binary_cross_entropy_with_logits(parts[name][..., 0][known], batch[name][known].float())
    for name in ("phase", "meter", "bar", "step"):
        losses[name] = F.cross_entropy(parts[name].flatten(0, 1), batch[name].flatten(), ignore_index=UNKNOWN)
    known = torch.isfinite(batch["period"])
    distance = batch["period"][known][:, None] - torch.from_numpy(PERIODS_LOG2_SEC).float()
    wanted = torch.softmax(-0.5 * (distance / PERIOD_SPREAD_OCTAVES) ** 2, -1)
    losses["period"] = -(wanted * F.log_softmax(parts["period"][known], -1)).sum(-1).mean()
    return losses


if __name__ == "__main__":
    main()
