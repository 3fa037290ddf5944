"""The training loop that the rhythm network and the network of values share: resumable, on a CPU."""

import copy
import math
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from build.rhythm_corpus import Batch

ROOT = Path(__file__).parent.parent
N_FOLDS = 5
WARM_UP_STEPS = 200
WEIGHT_DECAY = 0.03
AVERAGING = 0.997  # of the weights over steps; the average is what is kept
SAVE_STEPS = 200


def read_folder() -> Path:
    """The folder of the corpus."""
    return Path(os.environ.get("OTTAVA_SHARED", ROOT.parent / "shared")) / "data" / "train"


def train(
    network: nn.Module,
    draw: Callable[[np.random.Generator], Batch],
    compute_losses: Callable[[Tensor, dict[str, Tensor]], dict[str, Tensor]],
    weights: dict[str, float],
    path: Path,
    n_steps: int,
    learning_rate: float,
) -> None:
    """Train up to ``n_steps`` and write the averaged weights; goes on from the checkpoint beside ``path``, if any."""
    averaged = copy.deepcopy(network)
    optimizer = torch.optim.AdamW(network.parameters(), learning_rate, (0.9, 0.98), weight_decay=WEIGHT_DECAY)
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
        rate = learning_rate * min(1.0, (step + 1) / WARM_UP_STEPS) * 0.5 * (1 + math.cos(math.pi * step / n_steps))
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
            state = {"network": network.state_dict(), "averaged": averaged.state_dict(),
                     "optimizer": optimizer.state_dict(), "step": step + 1}
            torch.save(state, checkpoint.with_suffix(".new"))
            checkpoint.with_suffix(".new").replace(checkpoint)
            shown = " ".join(f"{name} {loss:.3f}" for name, loss in running.items())
            print(f"{step + 1} {time.monotonic() - begin_sec:.0f} s {shown}", flush=True)
    torch.save(averaged.state_dict(), path)
