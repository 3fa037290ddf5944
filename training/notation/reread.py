"""Performances and played scores as the rhythm network reads them: what the network of bars learns from.

    python -m training.notation.reread --weights .cache/rhythm --without 0 1 --out .cache/rhythm/reread01.npz

FOLDER holds rhythm01.pt (training/notation/rhythm.py --without 0 1), or without ``--without`` rhythm.pt. They are read
freely, at about the true tempo, at twice and half of it, and on the true beats: bars have to be found on beats that are
not quite right. 0.3 s of one core an excerpt; half of them are scores.
"""

import argparse
import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ottava.datatypes import Floats, IntArray, Note, Pedal, Run
from ottava.rhythm.bars import N_BAR_BEATS, Signature, describe_bars
from ottava.rhythm.chords import Chords, group_notes
from ottava.rhythm.meter import METERS
from ottava.rhythm.readings import Decided, find_chords, hear, tell_decided
from ottava.rhythm.score_time import Given, ScoreTime, ask_chords, find_score_time, locate_beats
from ottava.rhythm.steps import PARTS
from training.notation.corpus import N_FOLDS, UNKNOWN, Taught, find_shared, read_performances, weigh_performances
from training.notation.encoder import SHAPES, Encoder
from training.notation.excerpts import NO_PEDAL_CHANCE, Excerpt, draw_excerpt
from training.notation.habits import collect_curves
from training.notation.loop import weigh_scores
from training.notation.player import play
from training.notation.rhythm import label_bars, label_chords, suppose_period
from training.notation.scores import read_scores

N_CHORDS = (100, 640)
THIN_CHANCE = 0.2
# How they are read: freely, at the true tempo and at others, on the true beats.
WAYS = {"free": 0.25, "true": 0.4, "double": 0.08, "half": 0.07, "beats": 0.2}
LEVEL_OF_WAY = {"true": 1.0, "double": 2.0, "half": 0.5, "beats": 1.0}
SAME_DOWNBEAT_SEC = 0.07  # the benchmark's
OUTSIDE_SEC = 0.2  # before the first and after the last true beat nothing is known
# Where beats are this near in length to the true ones, they are those of the true meter. Not tuned.
SAME_LEVEL_OCTAVES = 0.2
# How often a person has decided something, and then the meter; up to so many downbeats. Not tuned.
DECIDED_CHANCE, DECIDED_METER_CHANCE, MOST_DOWNBEATS = 0.6, 0.7, 4
LABELS = ("downbeat", "bar", "meter")


def main() -> None:
    """Read and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--without", type=int, nargs="+", default=(), choices=range(N_FOLDS), help="folds to leave out")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--unseen", action="store_true", help="read the works of the folds that were left out instead")
    parser.add_argument("--count", type=int, default=6000, help="excerpts")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    folds = [fold for fold in range(N_FOLDS) if (fold in options.without) == options.unseen]
    corpus = read_performances(folds)
    scores = read_scores(find_shared() / "scores", folds)
    curves, weights = collect_curves(corpus), (weigh_performances(corpus), weigh_scores(scores, rare_meters=0.0))
    run = open_networks(options.weights, "".join(map(str, options.without)), ("rhythm",))
    rows, begin_sec = [], time.monotonic()
    for index in range(options.count):
        rng = np.random.default_rng([options.seed, index])
        n_chords = int(rng.integers(*N_CHORDS))
        if index % 2:
            music = [play(scores[int(rng.choice(len(scores), p=weights[1]))], n_chords, curves, rng)]
            drawn = draw_excerpt(music, 0, n_chords, rng, THIN_CHANCE)
        else:
            drawn = draw_excerpt(corpus, int(rng.choice(len(corpus), p=weights[0])), n_chords, rng, THIN_CHANCE)
        if row := asyncio.run(reread(*drawn, str(rng.choice([*WAYS], p=[*WAYS.values()])), run, rng)):
            rows.append(row)
        if (index + 1) % 500 == 0:
            write(rows, options.out)
            print(f"{index + 1} excerpts, {time.monotonic() - begin_sec:.0f} s", flush=True)
    write(rows, options.out)


def draw_decided(taught: Taught, excerpt: Excerpt, chords: Chords, rng: np.random.Generator) -> Decided:
    """What a person may have decided of the chords of an excerpt: nothing, the meters, some downbeats."""
    if rng.random() >= DECIDED_CHANCE:
        return Decided()
    on_beat = label_chords(chords.chord_of, excerpt.place, excerpt.is_unwritten)["beat"]
    labels = label_bars(taught, chords.chord_of, excerpt.place, on_beat)
    meters: list[tuple[float, Signature]] = []
    if rng.random() < DECIDED_METER_CHANCE:
        for chord in np.flatnonzero((labels["meter"] >= 0) & (labels["meter"] < len(METERS))).tolist():
            signature = METERS[labels["meter"][chord]]
            if not meters or meters[-1][1] != signature:
                meters.append((float(chords.times_sec[chord if meters else 0]), signature))
    downbeats = np.flatnonzero(labels["downbeat"] == 1)
    count = min(len(downbeats), int(rng.integers(0, MOST_DOWNBEATS + 1)))
    return Decided(tuple(np.sort(chords.times_sec[rng.permutation(downbeats)[:count]]).tolist()), tuple(meters))


def write(rows: Sequence[dict[str, NDArray[Any]]], path: Path) -> None:
    """Keep excerpts one after the other; ``begin`` says where each of them begins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    begin = np.cumsum([0, *(len(row["features"]) for row in rows)])
    arrays = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
    np.savez(path, allow_pickle=False, begin=begin, **arrays)


def open_networks(folder: Path, suffix: str, names: Sequence[str]) -> Run:
    """The seam's ``run`` by torch; where a training has not ended, by what it has averaged so far."""
    networks = {}
    for name in names:
        path = folder / f"{name}{suffix}.pt"
        is_done = path.is_file()
        saved = torch.load(path if is_done else path.with_suffix(".checkpoint"), weights_only=True)
        networks[name] = Encoder(SHAPES[name]).eval()
        networks[name].load_state_dict(saved if is_done else saved["averaged"])

    async def run(graph: str, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        with torch.inference_mode():
            given = (torch.from_numpy(inputs[name]) for name in ("features", "coordinates", "absent"))
            return {"outputs": networks[graph](*given).numpy()}

    return run


def list_excerpt(excerpt: Excerpt, pedals_sec: Floats) -> tuple[list[Note], list[Pedal]]:
    """What is heard of an excerpt."""
    velocity = np.clip(np.round(excerpt.velocity), 1, 127).astype(np.int64)
    columns = (excerpt.onset, np.maximum(excerpt.offset, excerpt.onset + 0.01), excerpt.pitch, velocity)
    notes = [Note(*note) for note in zip(*(column.tolist() for column in columns), strict=True)]
    presses = pedals_sec[np.argsort(pedals_sec[:, 0])]
    return notes, [Pedal(press, release, "sustain") for press, release in presses.tolist() if release > press]


async def reread(
    taught: Taught, excerpt: Excerpt, pedals_sec: Floats, way: str, run: Run, rng: np.random.Generator
) -> dict[str, NDArray[Any]] | None:
    """Features and labels of the beats that are found; None where too little of the score is known."""
    chords = group_notes(excerpt.onset)
    first = np.searchsorted(chords.chord_of, np.arange(len(chords.times_sec)))
    beats_sec, kept = time_true_beats(taught, excerpt)
    if len(beats_sec) < 4:
        return None
    notes, pedals = list_excerpt(excerpt, pedals_sec[:0] if rng.random() < NO_PEDAL_CHANCE else pedals_sec)
    heard = hear(notes, pedals, chords)
    decided = draw_decided(taught, excerpt, chords, rng)
    struck = [chord for chord in find_chords(chords.times_sec, decided.downbeats_sec) if chord is not None]
    features = tell_decided(heard, decided, struck)
    period_sec = None
    if way != "free":
        octaves = np.log2(excerpt.period[first])
        if not np.isfinite(octaves).any():
            return None
        period_sec = suppose_period(octaves, rng) * LEVEL_OF_WAY[way]
    if way == "beats":
        score_time = place_truly(chords, excerpt.place)
        outputs = await ask_chords(chords.times_sec, features, period_sec, run)
    else:
        score_time, outputs = await find_score_time(chords.times_sec, features, Given(period_sec, struck), run)
    found_sec = locate_beats(chords.times_sec, score_time)
    features = describe_bars(notes, pedals, chords, score_time, found_sec, outputs)
    return {"features": features.astype(np.float16), **label_beats(taught, kept, beats_sec, found_sec[:-1])}


def place_truly(chords: Chords, place: Floats) -> ScoreTime:
    """Where the chords stand in the score, but for those that the score does not have or has in another order."""
    places = np.full(len(chords.times_sec), np.inf)
    np.minimum.at(places, chords.chord_of, np.where(np.isnan(place), np.inf, place))
    known = np.flatnonzero(np.isfinite(places))
    parts = np.round(places[known] * PARTS).astype(np.int64)
    rises = parts >= np.maximum.accumulate(parts)
    known, parts = known[rises], parts[rises]
    beat = parts // PARTS
    return ScoreTime(known, beat - beat[0], parts % PARTS)


def time_true_beats(taught: Taught, excerpt: Excerpt) -> tuple[Floats, IntArray]:
    """When the true beats of an excerpt come, whose time line differs from the performance's, and their numbers."""
    known = np.isfinite(excerpt.place)
    places, index = np.unique(np.round(excerpt.place[known], 3), return_index=True)
    if len(places) < 2:
        return np.zeros(0), np.zeros(0, np.int64)
    order = np.argsort(places)
    seconds = np.maximum.accumulate(excerpt.onset[known][index][order])
    numbers = np.arange(int(np.floor(places[0])), int(np.ceil(places[-1])) + 1)
    numbers = numbers[(numbers >= 0) & (numbers < len(taught.is_downbeat))]
    return np.interp(numbers, places[order], seconds), numbers


def label_beats(taught: Taught, kept: IntArray, true_sec: Floats, found_sec: Floats) -> dict[str, IntArray]:
    """The `LABELS` of beats that were found; the true ones are ``kept`` of the performance, at ``true_sec``."""
    numbers = np.arange(len(found_sec))
    downbeats_sec = true_sec[taught.is_downbeat[kept]]
    away_sec = np.abs(found_sec[:, None] - downbeats_sec).min(axis=1) if len(downbeats_sec) else np.ones(len(numbers))
    is_inside = (found_sec > true_sec[0] - OUTSIDE_SEC) & (found_sec < true_sec[-1] + OUTSIDE_SEC)
    is_downbeat = (away_sec < SAME_DOWNBEAT_SEC) & is_inside
    last_downbeat = np.maximum.accumulate(np.where(is_downbeat, numbers, -1))
    nearest = np.abs(found_sec[:, None] - true_sec).argmin(axis=1)
    gaps = np.diff(found_sec), np.maximum(np.diff(true_sec), 1e-3)
    octaves = np.log2(np.median(gaps[0]) / np.median(gaps[1])) if len(found_sec) > 1 else np.inf
    is_known = is_inside & (abs(octaves) < SAME_LEVEL_OCTAVES)
    return {
        "downbeat": np.where(is_inside, is_downbeat, UNKNOWN).astype(np.int8),
        "bar": np.where(
            is_inside & (last_downbeat >= 0), np.minimum(numbers - last_downbeat, N_BAR_BEATS - 1), UNKNOWN
        ).astype(np.int8),
        "meter": np.where(is_known, taught.meter[kept[nearest]], UNKNOWN).astype(np.int8),
    }


if __name__ == "__main__":
    main()
