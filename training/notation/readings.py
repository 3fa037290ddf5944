"""Train what chooses between readings, by readings of works that the networks of rhythm and bars have not seen.

    python -m training.notation.readings --weights .cache/rhythm

FOLDER holds rhythm0.pt to rhythm4.pt and bars0.pt to bars4.pt (training/notation/rhythm.py, train_bars.py); written are
readings.pt, from all five folds, and readings0.pt to readings4.pt, each without what its fold says. The figures of each
fold are kept in figures0.npz and so on. requirements/export.txt pins all that is needed.

Method: the greatest expected worth where a reading is drawn by softmax of the scores, with a prior on small weights.
"""

import argparse
import asyncio
import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import mir_eval
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize

from ottava.datatypes import Floats, Run
from ottava.rhythm.bars import METERS
from ottava.rhythm.chords import group_notes
from ottava.rhythm.meter import is_same_meter, signature_quarters
from ottava.rhythm.readings import (
    FEWEST_BEATS,
    MOST_CHORDS,
    N_FIGURES,
    N_READINGS,
    Decided,
    Reading,
    describe_reading,
    find_period,
    hear,
    level_period,
    list_readings,
    read_performance,
    take_excerpt,
)
from training.notation.corpus import Taught, list_notes, read_corpus
from training.notation.encoder import SHAPES, Encoder, Readings
from training.notation.excerpts import NOTE_FIELDS, Excerpt, thin_notes
from training.notation.loop import N_FOLDS, ROOT

MOST_OF_A_PIECE = 2  # performances
PLAYED_TIMES = 3  # that whole performances count: 1 and 3 are within .01 of each other (docs/notes.md)
FEW_CHORDS = (64, 128, 256)  # of music that is read alone: short pieces are not the middles of long ones
# Of beats, downbeats, meter and quarters: of seven sets of weights the one with most of all four (docs/notes.md).
TERM_WEIGHTS = np.array([2.0, 1.0, 0.5, 1.0])
SAME_QUARTER_OCTAVES = 0.25  # not tuned
LEAST_BEAT_SEC = 0.07  # beats farther than this beyond the first or last chord are not asked for
WEIGHT_PRIOR = 1e-3  # 1e-3 to 1e-2 are within .007 (docs/notes.md)


def main() -> None:
    """Read, and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, metavar="FOLDER", required=True)
    folder = parser.parse_args().weights
    with ProcessPoolExecutor() as pool:
        read = list(pool.map(partial(read_fold, folder), range(N_FOLDS)))
    for left_out in (None, *range(N_FOLDS)):
        chosen = [both for fold, both in enumerate(read) if fold != left_out]
        figures, terms = (np.concatenate(parts) for parts in zip(*chosen, strict=True))
        chooser = train(figures, terms @ TERM_WEIGHTS)
        name = "" if left_out is None else str(left_out)
        torch.save(chooser.state_dict(), folder / f"readings{name}.pt")
        if left_out is not None:
            figures, terms = read[left_out]
            with torch.no_grad():
                choice = chooser(torch.from_numpy(figures).float()).argmax(1).numpy()
            best = (terms @ TERM_WEIGHTS).argmax(axis=1)
            rows = {"free": 0, "chosen": choice, "best": best}
            every = np.arange(len(terms))
            shown = (f"{name} {terms[every, row].mean(axis=0).round(3).tolist()}" for name, row in rows.items())
            print(f"fold {left_out}: beats, downbeats, meter, quarters:", ", ".join(shown), flush=True)


def read_fold(folder: Path, fold: int) -> tuple[Floats, Floats]:
    """Figures of readings of excerpts from a fold, and what each is worth: (n, N_READINGS, N_FIGURES and 4)."""
    kept = folder / f"figures{fold}.npz"
    if kept.is_file():
        arrays = np.load(kept)
        return arrays["figures"], arrays["terms"]
    torch.set_num_threads(1)
    run = open_networks(folder, fold)
    corpus = read_corpus(Path(os.environ.get("OTTAVA_SHARED", ROOT.parent / "shared")) / "data" / "train", [fold])
    pieces: dict[str, list[Taught]] = {}
    for taught in corpus:
        pieces.setdefault(taught.piece, []).append(taught)
    rows = []
    rng = np.random.default_rng(fold)
    for performances in pieces.values():
        for taught in performances[:MOST_OF_A_PIECE]:
            easy = thin_performance(taught, rng)
            short = [cut_performance(music, n_chords, rng) for music in (taught, easy) for n_chords in FEW_CHORDS]
            rows += PLAYED_TIMES * asyncio.run(measure_readings(taught, run))
            for music in (easy, *short):
                rows += asyncio.run(measure_readings(music, run))
    figures, terms = (np.stack(arrays) for arrays in zip(*rows, strict=True))
    np.savez(kept, figures=figures, terms=terms)
    print(f"fold {fold}: {len(rows)} excerpts read", flush=True)
    return figures, terms


def open_networks(folder: Path, fold: int) -> Run:
    """The seam's ``run`` by torch, for a fold's networks of rhythm and of bars."""
    networks = {}
    for name in ("rhythm", "bars"):
        networks[name] = Encoder(SHAPES[name]).eval()
        networks[name].load_state_dict(torch.load(folder / f"{name}{fold}.pt", weights_only=True))

    async def run(graph: str, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        with torch.no_grad():
            given = (torch.from_numpy(inputs[name]) for name in ("features", "coordinates", "absent"))
            return {"outputs": networks[graph](*given).numpy()}

    return run


def thin_performance(taught: Taught, rng: np.random.Generator) -> Taught:
    """The same with few notes (`training.notation.excerpts.thin_notes`): easy music."""
    notes = {name: getattr(taught, name).copy() for name in NOTE_FIELDS}
    excerpt = Excerpt(**notes, period=np.zeros(len(taught.onset)))
    thin_notes(excerpt, taught, rng)
    chord_of = group_notes(excerpt.onset).chord_of
    begins = np.searchsorted(chord_of, np.arange(chord_of[-1] + 2))
    return replace(taught, **{name: getattr(excerpt, name) for name in notes}, chord_begin=begins)


def cut_performance(taught: Taught, n_chords: int, rng: np.random.Generator) -> Taught:
    """So many chords from anywhere, which are all that is heard."""
    begin = int(rng.integers(0, max(1, len(taught.chord_begin) - n_chords)))
    begins = taught.chord_begin[begin : begin + n_chords + 1]
    notes = {name: getattr(taught, name)[begins[0] : begins[-1]] for name in NOTE_FIELDS}
    return replace(taught, **notes, chord_begin=begins - begins[0])


async def measure_readings(taught: Taught, run: Run) -> list[tuple[Floats, Floats]]:
    """Figures of the readings of some excerpts of a performance, and what each reading is worth."""
    notes, pedals = list_notes(taught)
    heard = hear(notes, pedals, group_notes(taught.onset))
    times_sec = heard.chords.times_sec
    free = await read_performance(heard, Decided(), run)
    if len(free.beats_sec) < FEWEST_BEATS:
        return []
    period_sec = level_period(find_period(times_sec, free.beats_sec))
    most = max(0, len(times_sec) - MOST_CHORDS)
    measured = []
    for first in sorted({0, most // 2, most} if most > MOST_CHORDS // 2 else {most // 2}):
        chosen = slice(first, first + MOST_CHORDS)
        readings = await list_readings(take_excerpt(heard, first, first + MOST_CHORDS), period_sec[chosen], run)
        figures = np.stack([describe_reading(reading) for reading in readings])
        measured.append((figures, np.stack([rate(taught, reading, times_sec[chosen]) for reading in readings])))
    return measured


def rate(taught: Taught, reading: Reading, times_sec: Floats) -> Floats:
    """What a reading is worth, shape (4,): F1 of beats and of downbeats, shares of right meters and quarters."""
    begin, end = times_sec[0] - LEAST_BEAT_SEC, times_sec[-1] + LEAST_BEAT_SEC
    found = reading.beats_sec[: len(reading.numbers)]
    scores = [
        mir_eval.beat.f_measure(*(times[(times >= begin) & (times <= end)] for times in (true, np.maximum(beats, 0))))
        for true, beats in (
            (taught.beats_sec, found),
            (taught.beats_sec[taught.is_downbeat], found[reading.numbers == 0]),
        )
    ]
    # At each chord the signature, or another with as long a bar and the same division, and the length of a quarter.
    here = np.clip(np.searchsorted(found, times_sec, side="right") - 1, 0, len(found) - 1)
    there = np.clip(np.searchsorted(taught.beats_sec, times_sec, side="right") - 1, 0, len(taught.period_sec) - 1)
    meters = [METERS[index] if index < len(METERS) else None for index in taught.meter[there].tolist()]
    signatures = [reading.signatures[beat] for beat in here.tolist()]
    same = [other is not None and is_same_meter(one, other) for one, other in zip(signatures, meters, strict=True)]
    quarter = find_period(times_sec, reading.beats_sec) / [float(signature_quarters(one)) for one in signatures]
    true_quarter = taught.period_sec[there] / [float(signature_quarters(one)) if one else np.inf for one in meters]
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
