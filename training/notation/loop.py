"""What the trainings of the networks of rhythm and names share: command line, losses and a resumable loop."""

import argparse
import copy
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from ottava.datatypes import Floats
from training.notation.corpus import (
    N_FOLDS,
    UNKNOWN,
    Batch,
    Taught,
    Window,
    find_shared,
    read_performances,
    stack_windows,
    weigh_performances,
)
from training.notation.encoder import Encoder, Shape, split_outputs
from training.notation.habits import collect_curves
from training.notation.player import play
from training.notation.scores import Written, read_scores

LEARNING_RATE = 2e-3
WARM_UP_STEPS = 200
WEIGHT_DECAY = 0.03
DECAY_SHARE = 0.25  # of the steps, in which the rate falls to nothing
AVERAGING = 0.998  # of the weights over steps; the average is what is kept
SAVE_STEPS = 200
# How often what is right on works left out is counted, and on how many windows, half of them of scores. Not tuned.
WATCH_STEPS, N_WATCHED = 600, 96
SCORES_CHANCE = 0.5  # of the windows: real performances stay half of what is learned from
# Of scores: short pieces, which are the easy ones, count nearly as much as long ones, and rare meters more than
# they are. Not tuned.
MOST_NOTES, RARE_METERS = 600, 0.4


def run_training(
    text: str | None,
    shape: Shape,
    draw_window: Callable[[Sequence[Taught], int, np.random.Generator], Window],
    n_tokens: int,
    batch: int,
    n_steps: int,
    compute_losses: Callable[[Tensor, dict[str, Tensor]], dict[str, Tensor]],
    weights: dict[str, float],
    n_chords: int,
) -> None:
    """Read the command line that ``text`` describes, train on all folds but the one left out, and save.

    ``n_chords`` of a score are played for a window.
    """
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--without", type=int, nargs="+", default=(), choices=range(N_FOLDS), help="folds to leave out")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only-performances", action="store_true", help="learn nothing from scores")
    parser.add_argument("--only-free", action="store_true", help="learn from what is free of non-commercial terms")
    parser.add_argument("--begin", type=Path, metavar="WEIGHTS", help="to begin with")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn: another one, to go on from weights")
    parser.add_argument("--rate", type=float, default=LEARNING_RATE)
    parser.add_argument("--bfloat16", action="store_true", help="quicker, where the processor has it")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    network = Encoder(shape)
    if options.begin:
        network.load_state_dict(widen_features(torch.load(options.begin, weights_only=True), shape.n_features))
    folds = [fold for fold in range(N_FOLDS) if fold not in options.without]
    corpus = read_performances(folds, only_free=options.only_free)
    curves = collect_curves(corpus)
    scores: list[Written] = []
    if not options.only_performances:
        scores = read_scores(find_shared() / "scores", folds, only_free=options.only_free)
    print(f"{len(corpus)} performances and {len(scores)} scores to learn from", flush=True)

    def open_source(corpus: Sequence[Taught], scores: Sequence[Written]) -> Callable[[np.random.Generator, int], Batch]:
        chances = weigh_performances(corpus)
        if scores:
            chances = np.concatenate([(1 - SCORES_CHANCE) * chances, SCORES_CHANCE * weigh_scores(scores)])

        def draw_one(index: int, rng: np.random.Generator) -> Window:
            if index < len(corpus):
                return draw_window(corpus, index, rng)
            return draw_window([play(scores[index - len(corpus)], n_chords, curves, rng)], 0, rng)

        def draw(rng: np.random.Generator, n_windows: int) -> Batch:
            chosen = rng.choice(len(chances), n_windows, p=chances).tolist()
            return stack_windows([draw_one(index, rng) for index in chosen], n_tokens)

        return draw

    draw, watched = open_source(corpus, scores), None
    if options.without:
        others = read_performances(options.without), read_scores(find_shared() / "scores", options.without)
        watched = open_source(*others)(np.random.default_rng(1), N_WATCHED)
    train(
        network, lambda rng: draw(rng, batch), compute_losses, weights, options.out, options.steps or n_steps,
        watched=watched, seed=options.seed, highest_rate=options.rate, bfloat16=options.bfloat16,
    )  # fmt: skip


def widen_features(weights: dict[str, Tensor], n_features: int) -> dict[str, Tensor]:
    """Weights of an encoder that saw fewer features, the first ones: the others mean nothing to it yet."""
    enter = weights["enter.weight"]
    return weights | {"enter.weight": F.pad(enter, (0, n_features - enter.shape[1]))}


def weigh_scores(scores: Sequence[Written], rare_meters: float = RARE_METERS) -> Floats:
    """Chance of each score to be drawn, by its length and its first meter; 0 leaves meters as often as they are."""
    notes = np.array([min(len(score.pitch), MOST_NOTES) for score in scores])
    meter = np.array([score.meter[0] for score in scores])
    weights = np.sqrt(notes) * np.bincount(meter)[meter] ** -rare_meters
    return np.asarray(weights / weights.sum())


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


@torch.no_grad()  # type: ignore[untyped-decorator]
def count_right(network: Encoder, batch: Batch, names: Iterable[str]) -> dict[str, float]:
    """The share of the tokens of known label that have the right one, of each output that tells classes apart."""
    given = {name: torch.from_numpy(array) for name, array in batch.items()}
    network.eval()
    parts = split_outputs(network(given["features"], given["coordinates"], given["absent"]), network.shape.outputs)
    shares = {}
    for name in names:
        label, part = batch[name], parts[name].numpy()
        known = label != UNKNOWN if label.dtype != np.float32 else np.zeros(label.shape, np.bool_)
        if known.any():
            found = part[..., 0] > 0 if part.shape[-1] == 1 else part.argmax(axis=-1)
            shares[name] = float(np.mean(found[known] == label[known]))
    return shares


def train(
    network: Encoder,
    draw: Callable[[np.random.Generator], Batch],
    compute_losses: Callable[[Tensor, dict[str, Tensor]], dict[str, Tensor]],
    weights: dict[str, float],
    path: Path,
    n_steps: int,
    *,
    watched: Batch | None = None,
    seed: int = 0,
    highest_rate: float = LEARNING_RATE,
    bfloat16: bool = False,
) -> None:
    """Train up to ``n_steps`` and write the averaged weights; goes on from the checkpoint beside ``path``, if any.

    Where works are ``watched`` that are not learned from, what is written is what had most of them right: the shares of
    the outputs, each as heavy as its loss.
    """
    averaged = copy.deepcopy(network)
    optimizer = torch.optim.AdamW(network.parameters(), highest_rate, (0.9, 0.98), weight_decay=WEIGHT_DECAY)
    first_step, most_right, best = 0, 0.0, averaged.state_dict()
    path.parent.mkdir(parents=True, exist_ok=True)
    checkpoint = path.with_suffix(".checkpoint")
    if checkpoint.is_file():
        saved = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(saved["network"])
        averaged.load_state_dict(saved["averaged"])
        optimizer.load_state_dict(saved["optimizer"])
        first_step, most_right, best = saved["step"], saved["most_right"], saved["best"]
    running: dict[str, float] = {}
    begin_sec = time.monotonic()
    network.train()
    for step in range(first_step, n_steps):
        batch = {name: torch.from_numpy(array) for name, array in draw(np.random.default_rng([seed, step])).items()}
        rate = highest_rate * min(1.0, (step + 1) / WARM_UP_STEPS, (n_steps - step) / (DECAY_SHARE * n_steps))
        for group in optimizer.param_groups:
            group["lr"] = rate
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            outputs = network(batch["features"], batch["coordinates"], batch["absent"])
        losses = compute_losses(outputs.float(), batch)
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
        if watched and ((step + 1) % WATCH_STEPS == 0 or step + 1 == n_steps):
            shares = count_right(averaged, watched, weights)
            right = sum(weights[name] * share for name, share in shares.items()) / sum(weights[name] for name in shares)
            if right > most_right:
                most_right, best = right, copy.deepcopy(averaged.state_dict())
            told = " ".join(f"{name} {share:.3f}" for name, share in shares.items())
            print(f"{step + 1} right on works left out: {told}, mean {right:.4f}", flush=True)
        if (step + 1) % SAVE_STEPS == 0 or step + 1 == n_steps:
            state = {
                "network": network.state_dict(),
                "averaged": averaged.state_dict(),
                "optimizer": optimizer.state_dict(),
                "step": step + 1,
                "most_right": most_right,
                "best": best,
            }
            torch.save(state, checkpoint.with_suffix(".new"))
            checkpoint.with_suffix(".new").replace(checkpoint)
            shown = " ".join(f"{name} {loss:.3f}" for name, loss in running.items())
            print(f"{step + 1} {time.monotonic() - begin_sec:.0f} s {shown}", flush=True)
    torch.save(best if watched else averaged.state_dict(), path)
