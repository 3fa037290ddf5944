"""Performances of data/train as the networks read them that have not seen them: with the beats that they find.

    python -m training.notation.reread --models .cache/rhythm/folds --out .cache/rhythm/reread

MODELS holds fold0 to fold4 (training/notation/export.py --fold k --out MODELS/foldk). Written are reread0.npz to
reread4.npz, from which training/notation/bars.py learns to bar beats that are not quite right. A few minutes of one
core.
"""

import argparse
import asyncio
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import Floats, Run
from ottava.hosts.native import create_run
from ottava.models import read_rhythm
from ottava.rhythm.bars import N_BAR_BEATS, smooth_periods
from ottava.rhythm.chords import group_notes
from ottava.rhythm.readings import Reading, choose_pace, hear
from training.notation.corpus import UNKNOWN, Taught, find_beats, list_notes, read_corpus
from training.notation.loop import N_FOLDS, ROOT

MOST_OF_A_PIECE = 4  # performances
SAME_DOWNBEAT_SEC = 0.07  # the benchmark's
OUTSIDE_SEC = 0.2  # before the first and after the last annotated beat nothing is known
# Where beats are this near in length to the annotated ones, they are those of the annotated meter. Not tuned.
SAME_LEVEL_OCTAVES = 0.2
FIELDS = ("place", "beat", "beats_sec", "is_downbeat", "period_sec", "meter", "is_compound", "bar_beat")


def main() -> None:
    """Read and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    folder = Path(os.environ.get("OTTAVA_SHARED", ROOT.parent / "shared")) / "data" / "train"
    for fold in range(N_FOLDS):
        models = options.models / f"fold{fold}"
        run = create_run(read_rhythm((models / "models.json").read_text("utf-8")).graphs, models)
        found = {}
        for taught in choose_performances(read_corpus(folder, [fold])):
            labels = asyncio.run(reread_performance(taught, run))
            found.update({f"{taught.name} {name}": labels[name] for name in FIELDS})
        np.savez_compressed(options.out / f"reread{fold}.npz", allow_pickle=False, **found)
        print(f"fold {fold}: {len(found) // len(FIELDS)} performances", flush=True)


def read_reread(folder: Path, corpus: list[Taught]) -> list[Taught]:
    """Those performances of a corpus that were read again, as they were read."""
    arrays = {name: array for path in sorted(folder.glob("reread*.npz")) for name, array in np.load(path).items()}
    reread = []
    for taught in choose_performances(corpus):
        found = {name: arrays[f"{taught.name} {name}"] for name in FIELDS}
        unknown = np.full(len(taught.onset), np.nan)
        reread.append(replace(taught, **found, value=unknown, is_unwritten=np.isnan(found["place"])))
    return reread


def choose_performances(corpus: list[Taught]) -> list[Taught]:
    """The first few of each piece."""
    seen: Counter[str] = Counter()
    chosen = []
    for taught in corpus:
        seen[taught.piece] += 1
        if seen[taught.piece] <= MOST_OF_A_PIECE:
            chosen.append(taught)
    return chosen


async def reread_performance(taught: Taught, run: Run) -> dict[str, NDArray[Any]]:
    """The `FIELDS` of a performance by the beats that are found; downbeats and meters as annotated."""
    notes, pedals = list_notes(taught)
    chords = group_notes(taught.onset)
    reading = (await choose_pace(hear(notes, pedals, chords), run)).reading
    places = np.full(len(chords.times_sec), np.nan)
    places[reading.score_time.written] = reading.score_time.places
    return label_beats(taught, reading, places[chords.chord_of])


def label_beats(taught: Taught, reading: Reading, place: Floats) -> dict[str, NDArray[Any]]:
    """The `FIELDS` of a performance by the beats of a reading; ``place`` of each note on them."""
    beats_sec, true_sec = reading.beats_sec, taught.beats_sec
    numbers = np.arange(len(beats_sec))
    away_sec = np.abs(beats_sec[:, None] - true_sec[taught.is_downbeat]).min(axis=1)
    is_inside = (beats_sec > true_sec[0] - OUTSIDE_SEC) & (beats_sec < true_sec[-1] + OUTSIDE_SEC)
    is_downbeat = (away_sec < SAME_DOWNBEAT_SEC) & is_inside
    last_downbeat = np.maximum.accumulate(np.where(is_downbeat, numbers, -1))
    is_known = is_inside & (last_downbeat >= 0)
    nearest = np.abs(beats_sec[:, None] - true_sec).argmin(axis=1)
    octaves = np.log2(np.median(np.diff(beats_sec)) / np.median(np.diff(true_sec)))
    return {
        "place": place,
        "beat": find_beats(place, taught.onset, beats_sec),
        "beats_sec": beats_sec,
        "is_downbeat": is_downbeat,
        "period_sec": smooth_periods(beats_sec),
        "meter": np.where(is_inside & (abs(octaves) < SAME_LEVEL_OCTAVES), taught.meter[nearest], UNKNOWN),
        "is_compound": taught.is_compound[nearest],
        "bar_beat": np.where(is_known, np.minimum(numbers - last_downbeat, N_BAR_BEATS - 1), UNKNOWN),
    }


if __name__ == "__main__":
    main()
