"""Train what chooses between readings, by readings of music that the networks of rhythm and bars have not seen.

    python -m training.notation.readings --weights .cache/rhythm --without 0 1

FOLDER holds rhythm01.pt and bars01.pt (training/notation/rhythm.py, bars.py). Read are performances and played scores
of the folds that these left out. Written are readings01.pt, and readings0.pt and readings1.pt, which that fold had no
part in: with them it is measured. The figures are kept in figures01.npz. Ten minutes of two cores.
requirements/export.txt pins all that is needed.

Method: the greatest expected worth where a reading is drawn by softmax of the scores, with a prior on small weights.
"""

import argparse
import asyncio
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import mir_eval
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize

from ottava.datatypes import Floats, IntArray
from ottava.rhythm.chords import group_notes
from ottava.rhythm.meter import METERS, is_same_meter, signature_quarters
from ottava.rhythm.readings import (
    BAR_FIGURE,
    BEAT_FIGURE,
    FEWEST_BEATS,
    FEWEST_CHORDS,
    N_FIGURES,
    N_READINGS,
    Decided,
    Reading,
    compare_readings,
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
from training.notation.reread import draw_decided, list_excerpt, open_networks, time_true_beats
from training.notation.scores import read_scores

# Excerpts of a fold: of performances, thinned and as they are, and of played scores.
N_PERFORMED, N_PLAYED = 600, 600
N_CHORDS = (FEWEST_CHORDS, 600)
THIN_CHANCE = 0.3
# Of beats, downbeats, meter and quarters: of seven sets of weights the one with most of all four (docs/notes.md).
TERM_WEIGHTS = np.array([2.0, 1.0, 0.5, 1.0])
SAME_QUARTER_OCTAVES = 0.25  # not tuned
LEAST_BEAT_SEC = 0.07  # beats farther than this beyond the first or last chord are not asked for
WEIGHT_PRIOR = 1e-3  # 1e-2 is worth .014 less, a hidden layer of 64 .004 more (bench/results.md)


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
        parts = [(fold, part) for fold in options.without for part in range(options.jobs)]
        read = partial(read_part, options.weights, tuple(options.without), options.jobs)
        with ProcessPoolExecutor(options.jobs) as pool:
            rows = [row for part in pool.map(read, parts) for row in part]
        np.savez(kept, allow_pickle=False, **{name: np.array([row[name] for row in rows]) for name in rows[0]})
    arrays = dict(np.load(kept))
    for left_out in (None, *options.without):
        chooser = train(arrays, arrays["fold"] != left_out)
        torch.save(chooser.state_dict(), options.weights / f"readings{suffix if left_out is None else left_out}.pt")
        if left_out is not None:
            for is_played in (False, True):
                shown = (arrays["fold"] == left_out) & (arrays["is_played"] == is_played)
                kind = "scores" if is_played else "performances"
                print(f"fold {left_out}, {kind}: beats, downbeats, meter, quarters")
                show(chooser, arrays, shown)


def show(chooser: Readings, arrays: dict[str, NDArray[Any]], shown: NDArray[np.bool_]) -> None:
    """Print what is right where nobody chooses, where the network does, and where somebody who knows does."""
    drafts = choose(chooser, 0, compare(arrays["figures"]))
    told = compare(arrays["told_figures"], measure_drafts(arrays, drafts))
    shown_told = shown & arrays["is_told"]
    for kind, chosen, terms, rows in (("nothing decided", drafts, arrays["terms"], shown),
                                      ("decided", choose(chooser, 1, told), arrays["told_terms"], shown_told)):
        every, best = np.flatnonzero(rows), (terms @ TERM_WEIGHTS).argmax(axis=1)
        ways = {"free": 0 * best, "at its own tempo": 0 * best + 1, "chosen": chosen, "best": best}
        means = (f"{way} {terms[every, row[every]].mean(axis=0).round(3).tolist()}" for way, row in ways.items())
        print(f"  {kind}:", "; ".join(means))


def choose(chooser: Readings, column: int, figures: Floats) -> IntArray:
    """The readings that are chosen, shape (n,); ``figures`` (n, N_READINGS, N_FIGURES)."""
    with torch.no_grad():
        return np.asarray(chooser(torch.from_numpy(figures).float())[:, column].argmax(1).numpy(), np.int64)


def compare(figures: Floats, drafts: Floats | None = None) -> Floats:
    """Figures of readings with how far they are from drafts, shape (n, N_READINGS, N_FIGURES)."""
    return np.stack([
        compare_readings(own, (float(drafts[row][0]), float(drafts[row][1])) if drafts is not None else None)
        for row, own in enumerate(figures)
    ])  # fmt: skip


def measure_drafts(arrays: dict[str, NDArray[Any]], drafts: IntArray) -> Floats:
    """Lengths of a beat and of a bar of the readings that are corrected, in octaves of a second, shape (n, 2)."""
    return np.asarray(arrays["figures"][np.arange(len(drafts)), drafts][:, [BEAT_FIGURE, BAR_FIGURE]])


def read_part(
    folder: Path, without: tuple[int, ...], n_parts: int, part: tuple[int, int]
) -> list[dict[str, Any]]:
    """Of excerpts the fold, whether it is a played score, the figures and the worth of readings.

    ``figures`` (N_READINGS, N_OWN_FIGURES), ``terms`` (N_READINGS, 4); ``is_told`` says whether somebody decided
    something, with which ``told_figures`` and ``told_terms`` are.
    """
    torch.set_num_threads(1)
    fold, number = part
    run = open_networks(folder, "".join(map(str, without)), ("rhythm", "bars"))
    corpus, scores = read_performances([fold]), read_scores(find_shared() / "scores", [fold])
    curves = collect_curves(corpus)
    weights = weigh_performances(corpus), weigh_scores(scores, rare_meters=0.0)
    rows = []
    for index in range(number, N_PERFORMED + N_PLAYED, n_parts):
        rng = np.random.default_rng([7, fold, index])
        is_played = index >= N_PERFORMED
        n_chords = int(np.exp(rng.uniform(*np.log(N_CHORDS))))
        chosen = int(rng.choice(len(weights[is_played]), p=weights[is_played]))
        music = [play(scores[chosen], n_chords, curves, rng)] if is_played else [corpus[chosen]]
        taught, excerpt, pedals_sec = draw_excerpt(music, 0, n_chords, rng, THIN_CHANCE, mix_chance=0.0)
        beats_sec, kept = time_true_beats(taught, excerpt)
        if len(beats_sec) < FEWEST_BEATS:
            continue
        notes, pedals = list_excerpt(excerpt, pedals_sec)
        heard = hear(notes, pedals, group_notes(excerpt.onset))
        times_sec = heard.chords.times_sec
        decided = draw_decided(taught, excerpt, heard.chords, rng)
        is_told = bool(decided.meters or decided.downbeats_sec)
        row: dict[str, Any] = {"fold": fold, "is_played": is_played, "is_told": is_told}
        for kind, known in {"": Decided(), **({"told_": decided} if is_told else {})}.items():
            free = asyncio.run(read_performance(heard, known, run))
            if len(free.beats_sec) < FEWEST_BEATS:
                break
            period_sec = level_period(find_period(times_sec, free.beats_sec))
            readings = asyncio.run(list_readings(heard, period_sec, run, known))
            row[f"{kind}figures"] = describe_readings(readings)
            row[f"{kind}terms"] = np.stack([rate(taught, beats_sec, kept, one, times_sec) for one in readings])
        else:
            rows.append({"told_figures": row["figures"], "told_terms": row["terms"], **row})
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


def train(arrays: dict[str, NDArray[Any]], chosen: NDArray[np.bool_]) -> Readings:
    """The weights that choose best among some excerpts: first drafts, then what these become by what is decided."""
    chooser = Readings()
    figures = compare(arrays["figures"])
    fit(chooser, 0, figures[chosen], (arrays["terms"] @ TERM_WEIGHTS)[chosen])
    told = compare(arrays["told_figures"], measure_drafts(arrays, choose(chooser, 0, figures)))
    chosen = chosen & arrays["is_told"]
    fit(chooser, 1, told[chosen], (arrays["told_terms"] @ TERM_WEIGHTS)[chosen])
    return chooser


def fit(chooser: Readings, column: int, figures: Floats, gains: Floats) -> None:
    """Find the weights of one of its scores; ``figures`` (n, N_READINGS, N_FIGURES), ``gains`` (n, N_READINGS)."""
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
    weights = found[:N_FIGURES] / spread
    with torch.no_grad():
        chooser.weights[column] = torch.from_numpy(weights)
        chooser.offsets[column] = torch.from_numpy(found[N_FIGURES:] - mean @ weights)


if __name__ == "__main__":
    main()
