"""Train what chooses between readings, by readings of music that the networks of rhythm and bars have not seen.

    python -m training.notation.readings --weights .cache/rhythm --without 0 1

FOLDER holds rhythm01.pt and bars01.pt (training/notation/rhythm.py, bars.py). Read are performances of the folds that
these left out, and scores of the others, played once more. Written are readings01.pt, and readings0.pt and
readings1.pt, which the performances of that fold had no part in: with them it is measured. The figures are kept in
figures01.npz. Twenty minutes of one core. requirements/export.txt pins all that is needed.

Method: the greatest expected worth where a reading is drawn by softmax of the scores, with a prior on small weights.
"""

import argparse
import asyncio
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import mir_eval
import numpy as np
import torch
from scipy.optimize import minimize

from ottava.datatypes import Floats, IntArray
from ottava.rhythm.chords import group_notes
from ottava.rhythm.meter import METERS, is_same_meter, signature_quarters
from ottava.rhythm.readings import (
    FEWEST_BEATS,
    N_FIGURES,
    N_READINGS,
    Decided,
    Reading,
    describe_readings,
    find_period,
    hear,
    level_period,
    list_readings,
    read_performance,
)
from training.notation.corpus import N_FOLDS, Taught, find_shared, read_performances, weigh_performances
from training.notation.encoder import Readings
from training.notation.excerpts import draw_excerpt
from training.notation.habits import collect_curves
from training.notation.loop import weigh_scores
from training.notation.player import play
from training.notation.reread import list_excerpt, open_networks, time_true_beats
from training.notation.scores import read_scores

# Excerpts of each kind: performances of a fold, thinned and as they are, and played scores.
N_OF_FOLD, N_OF_SCORES = 160, 320
N_CHORDS = (64, 500)
THIN_CHANCE = 0.3
# Of beats, downbeats, meter and quarters: of seven sets of weights the one with most of all four (docs/notes.md).
TERM_WEIGHTS = np.array([2.0, 1.0, 0.5, 1.0])
SAME_QUARTER_OCTAVES = 0.25  # not tuned
LEAST_BEAT_SEC = 0.07  # beats farther than this beyond the first or last chord are not asked for
WEIGHT_PRIOR = 1e-3  # 1e-3 to 1e-2 are within .007 (docs/notes.md)
SCORES = -1  # the fold of what is no performance of a fold left out


def main() -> None:
    """Read, and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, metavar="FOLDER", required=True)
    parser.add_argument("--without", type=int, nargs="+", required=True, choices=range(N_FOLDS))
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    suffix = "".join(map(str, options.without))
    kept = options.weights / f"figures{suffix}.npz"
    if not kept.is_file():
        parts = [(fold, part) for fold in (*options.without, SCORES) for part in range(options.jobs)]
        read = partial(read_part, options.weights, tuple(options.without), options.jobs)
        with ProcessPoolExecutor(options.jobs) as pool:
            rows = [row for part in pool.map(read, parts) for row in part]
        folds, figures, terms = (np.array(column) for column in zip(*rows, strict=True))
        np.savez(kept, folds=folds, figures=figures, terms=terms)
    arrays = np.load(kept)
    folds, figures, terms = arrays["folds"], arrays["figures"], arrays["terms"]
    for left_out in (None, *options.without):
        chosen = folds != left_out
        chooser = train(figures[chosen], terms[chosen] @ TERM_WEIGHTS)
        name = suffix if left_out is None else str(left_out)
        torch.save(chooser.state_dict(), options.weights / f"readings{name}.pt")
        shown = folds == (SCORES if left_out is None else left_out)
        with torch.no_grad():
            choice = chooser(torch.from_numpy(figures[shown]).float()).argmax(1).numpy()
        best, every = (terms[shown] @ TERM_WEIGHTS).argmax(axis=1), np.arange(int(shown.sum()))
        ways = {"free": 0 * best, "at its own tempo": 0 * best + 1, "chosen": choice, "best": best}
        means = (f"{way} {terms[shown][every, row].mean(axis=0).round(3).tolist()}" for way, row in ways.items())
        print(f"{'scores' if left_out is None else f'fold {left_out}'}: beats, downbeats, meter, quarters:",
              "; ".join(means), flush=True)  # fmt: skip


def read_part(
    folder: Path, without: tuple[int, ...], n_parts: int, part: tuple[int, int]
) -> list[tuple[int, Floats, Floats]]:
    """The fold, the figures and the worth of readings of excerpts: (N_READINGS, N_FIGURES) and (N_READINGS, 4)."""
    torch.set_num_threads(1)
    fold, number = part
    run = open_networks(folder, "".join(map(str, without)), ("rhythm", "bars"))
    others = [fold for fold in range(N_FOLDS) if fold not in without]
    corpus = read_performances([fold] if fold != SCORES else others)
    scores = read_scores(find_shared() / "scores", others) if fold == SCORES else []
    curves = collect_curves(corpus)
    weights = weigh_scores(scores, rare_meters=0.0) if scores else weigh_performances(corpus)
    rows = []
    for index in range(number, N_OF_SCORES if scores else N_OF_FOLD, n_parts):
        rng = np.random.default_rng([7, fold + 1, index])
        n_chords, chosen = int(rng.integers(*N_CHORDS)), int(rng.choice(len(weights), p=weights))
        music = [play(scores[chosen], n_chords, curves, rng)] if scores else corpus
        taught, excerpt, pedals_sec = draw_excerpt(
            music, 0 if scores else chosen, n_chords, rng, THIN_CHANCE, mix_chance=0.0
        )
        beats_sec, kept = time_true_beats(taught, excerpt)
        if len(beats_sec) < FEWEST_BEATS:
            continue
        notes, pedals = list_excerpt(excerpt, pedals_sec)
        heard = hear(notes, pedals, group_notes(excerpt.onset))
        times_sec = heard.chords.times_sec
        free = asyncio.run(read_performance(heard, Decided(), run))
        if len(free.beats_sec) < FEWEST_BEATS:
            continue
        period_sec = level_period(find_period(times_sec, free.beats_sec))
        readings = asyncio.run(list_readings(heard, period_sec, run))
        terms = np.stack([rate(taught, beats_sec, kept, reading, times_sec) for reading in readings])
        rows.append((fold, describe_readings(readings), terms))
    return rows


def rate(taught: Taught, true_sec: Floats, kept: IntArray, reading: Reading, times_sec: Floats) -> Floats:
    """What a reading is worth, shape (4,): F1 of beats and of downbeats, shares of right meters and quarters.

    ``true_sec``: when the true beats come, which are ``kept`` of the performance's.
    """
    begin, end = times_sec[0] - LEAST_BEAT_SEC, times_sec[-1] + LEAST_BEAT_SEC
    found = reading.beats_sec[: len(reading.numbers)]
    is_downbeat = taught.is_downbeat[kept]
    scores = [
        mir_eval.beat.f_measure(*(
            np.unique(np.maximum(times[(times >= begin) & (times <= end)], 0)) for times in (true, beats)
        ))
        for true, beats in ((true_sec, found), (true_sec[is_downbeat], found[reading.numbers == 0]))
    ]  # fmt: skip
    # At each chord the signature, or another with as long a bar and the same division, and the length of a quarter.
    here = np.clip(np.searchsorted(found, times_sec, side="right") - 1, 0, len(found) - 1)
    there = np.clip(np.searchsorted(true_sec, times_sec, side="right") - 1, 0, len(true_sec) - 2)
    meters = [METERS[index] if index < len(METERS) else None for index in taught.meter[kept[there]].tolist()]
    signatures = [reading.signatures[beat] for beat in here.tolist()]
    same = [other is not None and is_same_meter(one, other) for one, other in zip(signatures, meters, strict=True)]
    quarter = find_period(times_sec, reading.beats_sec) / [float(signature_quarters(one)) for one in signatures]
    true_quarter = np.diff(true_sec)[there] / [float(signature_quarters(one)) if one else np.inf for one in meters]
    close = np.abs(np.log2(quarter / np.maximum(true_quarter, 1e-3))) < SAME_QUARTER_OCTAVES
    return np.array([*scores, np.mean(same), np.mean(close)])


def train(figures: Floats, gains: Floats) -> Readings:
    """The weights that choose best."""
    mean, spread = figures.mean(axis=(0, 1)), figures.std(axis=(0, 1)) + 1e-6
    described = np.concatenate(
        [(figures - mean) / spread, np.broadcast_to(np.eye(N_READINGS), (len(figures), N_READINGS, N_READINGS))], axis=2
    )

    def lose(weights: Floats) -> tuple[float, Floats]:
        scores = described @ weights
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        expected = (chances * gains).sum(axis=1, keepdims=True)
        slope = np.einsum("ij,ijk->k", chances * (gains - expected), described) / len(figures)
        return WEIGHT_PRIOR * weights @ weights - expected.mean(), 2 * WEIGHT_PRIOR * weights - slope

    found = minimize(lose, np.zeros(N_FIGURES + N_READINGS), jac=True, method="L-BFGS-B").x
    chooser = Readings()
    chooser.load_state_dict({
        "weights": torch.from_numpy(found[:N_FIGURES] / spread).float(),
        "offsets": torch.from_numpy(found[N_FIGURES:] - mean @ (found[:N_FIGURES] / spread)).float(),
    })  # fmt: skip
    return chooser


if __name__ == "__main__":
    main()
