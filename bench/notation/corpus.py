"""The performances of data/train whose score is known, notated by networks that have not seen the work."""

import argparse
import asyncio
import csv
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bench.constants import add_set_option, set_constants
from bench.notation.folds import DATA
from bench.report import replace_section
from ottava.datatypes import Choices, Note, Pedal, Performance, Run, Score
from ottava.hosts.native import create_run
from ottava.models import read_rhythm
from ottava.pipeline import notate

Truth = dict[str, NDArray[Any]]  # as data/train/README.md describes it
Figures = dict[str, float]
Measured = tuple[dict[str, str], Truth, Figures]  # row of index.csv, truth, figures


def run_bench(
    text: str | None,
    title: str,
    measure: Callable[[Truth, Score], Figures],
    make_section: Callable[[list[Measured], str], str],
    tell: Callable[[Truth], Choices] | None = None,
) -> int:
    """Read the command line that ``text`` describes, measure, and write a section of results.md.

    ``tell`` gives what a person told of each performance.
    """
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=Path)
    parser.add_argument("--all", action="store_true", help="every performance, not one of each piece")
    parser.add_argument("--of", type=Path, metavar="FOLDER", help="other performances than those of data/train")
    parser.add_argument("--dp", action="store_true", help="without trained networks")
    add_set_option(parser)
    options = parser.parse_args()
    set_constants(options.set)
    folder = options.of or DATA / "train"
    if not (folder / "index.csv").is_file():
        print(f"There are no performances in {folder}; set OTTAVA_SHARED.", file=sys.stderr)
        return 1
    runs: Mapping[str, Run | None] = dict.fromkeys("01234") if options.dp else open_folds(options.models)
    beats: Literal["dp", "model"] = "dp" if options.dp else "model"
    rows = choose_rows(folder, options.all or bool(options.of))
    # What is in no fold was seen by none of the networks.
    rows = [row | {"fold": min(runs)} if row.get("fold", "-1") == "-1" else row for row in rows]
    rows = [row for row in rows if row["fold"] in runs]
    measured = []
    for count, row in enumerate(rows, 1):
        truth = dict(np.load(folder / row["file"]))
        choices = replace(tell(truth) if tell else Choices(), beats=beats)
        measured.append((row, truth, measure(truth, notate_truth(truth, choices, runs[row["fold"]]))))
        print(f"\r{count} of {len(rows)}", end="", file=sys.stderr)
    heading = ", ".join(filter(None, [
        title,
        options.of.name if options.of else "",
        "without trained networks" if options.dp else "",
        "every performance" if options.all else "",
        f"folds {' '.join(runs)}" if len(runs) < 5 else "",
    ]))  # fmt: skip
    section = make_section(measured, heading)
    if not options.set:
        replace_section(section)
    print(section)
    return 0


def open_folds(folder: Path) -> dict[str, Run]:
    """The seam's ``run`` of each fold that is there; works of others are not measured."""
    return {
        str(fold): create_run(read_rhythm((path / "models.json").read_text("utf-8")).graphs, path)
        for fold in range(5)
        if (path := folder / f"fold{fold}").is_dir()
    }


def choose_rows(folder: Path, is_all: bool) -> list[dict[str, str]]:
    """Rows of index.csv: all, or one of each piece by a fixed lot."""
    with (folder / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if is_all:
        return rows
    Random(0).shuffle(rows)
    return sorted({f"{row['composer']} {row['piece']}": row for row in rows}.values(), key=lambda row: row["file"])


def notate_truth(truth: Truth, choices: Choices, run: Run | None) -> Score:
    """The score of what was played."""
    columns = (truth[name].tolist() for name in ("onset_sec", "offset_sec", "pitch", "velocity"))
    notes = tuple(Note(on, max(off, on + 0.01), pitch, loud) for on, off, pitch, loud in zip(*columns, strict=True))
    performance = Performance(notes, tuple(read_pedals(truth)), "played")
    return asyncio.run(notate(performance, notes[-1].offset_sec + 1, choices, run)).score


def read_pedals(truth: dict[str, NDArray[Any]]) -> list[Pedal]:
    """Presses of the sustain pedal."""
    is_down = np.concatenate([[False], truth["pedal_value"] >= 64, [False]]).astype(np.int8)
    times = np.append(truth["pedal_time_sec"], truth["offset_sec"].max())
    begins, ends = times[np.diff(is_down) > 0], times[np.diff(is_down) < 0]
    presses = zip(begins.tolist(), ends.tolist(), strict=True)
    return [Pedal(begin, end, "sustain") for begin, end in presses if begin < end]
