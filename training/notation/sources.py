"""What the networks that know the beats learn from: performances of two corpora, and printed scores played by program.

Sources: data/train, data/performances, data/scores (licences in their folders).
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.notation.corpus import Batch, Taught, Window, read_corpus, stack_windows, weigh_performances
from training.notation.encoder import Encoder, Shape
from training.notation.habits import collect_curves
from training.notation.loop import LEARNING_RATE, N_FOLDS, find_shared, train
from training.notation.player import play
from training.notation.scores import read_scores

SCORES_SHARE = 1 / 3  # of the windows
OTHERS_SHARE = 1 / 4  # of those of performances
FEWEST_CHORDS, FEWEST_BEATS = 24, 8


def run_mixed_training(
    text: str | None,
    shape: Shape,
    draw_window: Callable[[Sequence[Taught], int, np.random.Generator], Window],
    n_tokens: int,
    n_chords: int,
    batch: int,
    n_steps: int,
    compute_losses: Callable[[Tensor, dict[str, Tensor]], dict[str, Tensor]],
    weights: dict[str, float],
) -> None:
    """Read the command line that ``text`` describes, train and save; ``n_chords``: about as many as fill a window."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--without", type=int, nargs="+", default=(), choices=range(N_FOLDS), help="folds to leave out")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--begin", type=Path, metavar="WEIGHTS", help="to begin with")
    parser.add_argument("--steps", type=int, default=n_steps)
    parser.add_argument("--rate", type=float, default=LEARNING_RATE)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    network = Encoder(shape)
    if options.begin:
        network.load_state_dict(torch.load(options.begin, weights_only=True))
    draw_taught = open_sources([fold for fold in range(N_FOLDS) if fold not in options.without], n_chords)

    def draw(rng: np.random.Generator) -> Batch:
        return stack_windows([draw_window(*draw_taught(rng), rng) for _ in range(batch)], n_tokens)

    train(network, draw, compute_losses, weights, options.out, options.steps, options.rate)


def open_sources(
    folds: Sequence[int], n_chords: int
) -> Callable[[np.random.Generator], tuple[Sequence[Taught], int]]:
    """A function that draws a performance: it gives a corpus, and the number of the one that was drawn."""
    shared = find_shared()
    corpus = read_corpus(shared / "train", folds)
    others = [
        taught for taught in read_corpus(shared / "performances", folds)
        if len(taught.chord_begin) > FEWEST_CHORDS and len(taught.beats_sec) > FEWEST_BEATS
    ]  # fmt: skip
    curves = collect_curves(corpus)
    chances = np.concatenate([
        (1 - OTHERS_SHARE) * weigh_performances(corpus), OTHERS_SHARE * weigh_performances(others)
    ])
    corpus += others
    scores = read_scores(shared / "scores", folds)
    # No piece more than so many windows of it.
    lengths = np.array([min(len(written.place), 8 * n_chords) for written in scores], np.float64)
    score_chances = lengths / lengths.sum()

    def draw(rng: np.random.Generator) -> tuple[Sequence[Taught], int]:
        if rng.random() >= SCORES_SHARE:
            return corpus, int(rng.choice(len(corpus), p=chances))
        played = play(scores[int(rng.choice(len(scores), p=score_chances))], n_chords * 5 // 4, curves, rng)
        return [*corpus, played], len(corpus)

    return draw
