"""Keys and names of notes on human performances whose score is known, by networks that have not seen the work.

    python bench/names.py MODELS [--all] [--dp] [--set key.CHANGE_COST=80]

MODELS holds fold0 to fold4 (build/export_rhythm.py --fold k --out MODELS/foldk). One performance a piece, or with
``--all`` every one; ``--dp`` measures the rule without a trained network, ``--set`` another value of a constant, which
is only printed. Writes results.md, "Keys and names": whether the signature is right at the beginning, in what share of
the time from the first annotated beat to the last, how many keys were found and are printed, and the share of matched
notes that are named as printed; means by composer, and the ten performances with the fewest names right.
"""

import argparse
import asyncio
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from constants import add_set_option, set_constants
from folds import DATA
from ottava.__main__ import run_nothing
from ottava.datatypes import Choices, Note, Performance, Run, Score
from ottava.pipeline import notate
from report import describe_run, replace_section
from rhythm import choose_rows, open_folds, read_pedals

NAMES = ("signature at the beginning", "signature in time", "names")
Figures = dict[str, float]


def main() -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=Path)
    parser.add_argument("--all", action="store_true", help="every performance, not one of each piece")
    parser.add_argument("--dp", action="store_true", help="without trained networks")
    add_set_option(parser)
    options = parser.parse_args()
    set_constants(options.set)
    folder = DATA / "train"
    if not (folder / "index.csv").is_file():
        print(f"There are no performances in {folder}; set OTTAVA_SHARED.", file=sys.stderr)
        return 1
    runs = dict.fromkeys("01234", run_nothing) if options.dp else open_folds(options.models)
    choices = Choices(beats="dp" if options.dp else "model")
    rows = [row for row in choose_rows(folder, options.all) if row["fold"] in runs]
    measured = []
    for count, row in enumerate(rows, 1):
        measured.append((row, measure(dict(np.load(folder / row["file"])), choices, runs[row["fold"]])))
        print(f"\r{count} of {len(rows)}", end="", file=sys.stderr)
    title = ", ".join(filter(None, [
        "Keys and names",
        "without trained networks" if options.dp else "",
        "every performance" if options.all else "",
        f"folds {' '.join(runs)}" if len(runs) < 5 else "",
    ]))  # fmt: skip
    text = make_section(measured, title)
    if not options.set:
        replace_section(text)
    print(text)
    return 0


def measure(truth: dict[str, NDArray[Any]], choices: Choices, run: Run) -> Figures:
    """Figures of one performance; ``truth`` as data/train/README.md describes it."""
    columns = (truth[name].tolist() for name in ("onset_sec", "offset_sec", "pitch", "velocity"))
    notes = tuple(Note(on, max(off, on + 0.01), pitch, loud) for on, off, pitch, loud in zip(*columns, strict=True))
    performance = Performance(notes, tuple(read_pedals(truth)), "played")
    score = asyncio.run(notate(performance, notes[-1].offset_sec + 1, choices, run)).score
    beats, keys = truth["beat_time_sec"], truth["key_signatures"]
    known = truth["matched"] & ~truth["suspect"] & (truth["step"] >= 0)
    printed = zip(truth["step"][known].tolist(), truth["alter"][known].tolist(), strict=True)
    found = [score.notes[index] for index in np.flatnonzero(known).tolist()]
    is_named = [
        note is not None and (note.spelling.step, note.spelling.alter) == ("CDEFGAB"[step], alter)
        for note, (step, alter) in zip(found, printed, strict=True)
    ]
    return {
        NAMES[0]: float(score.keys[0].fifths == keys[0, 1]),
        NAMES[1]: compare_keys(beats, keys, score),
        NAMES[2]: float(np.mean(is_named)),
        "found": len(score.keys),
        "printed": len(keys),
    }


def compare_keys(beats: NDArray[np.float64], keys: NDArray[np.int64], score: Score) -> float:
    """Share of the time between the first annotated beat and the last in which the signature is the printed one."""
    quarters, times = [float(beat.quarter) for beat in score.beats], [beat.time_sec for beat in score.beats]
    changes_sec = np.interp([float(key.quarter) for key in score.keys[1:]], quarters, times)
    printed_sec = beats[np.minimum(keys[1:, 0], len(beats) - 1)]
    edges = np.unique(np.clip([beats[0], beats[-1], *changes_sec, *printed_sec], beats[0], beats[-1]))
    middles = (edges[1:] + edges[:-1]) / 2
    found = np.array([key.fifths for key in score.keys])[np.searchsorted(changes_sec, middles)]
    wanted = keys[np.searchsorted(printed_sec, middles), 1]
    return float(np.diff(edges)[found == wanted].sum() / (beats[-1] - beats[0]))


def make_section(measured: list[tuple[dict[str, str], Figures]], title: str) -> str:
    """The Markdown section."""
    groups: dict[str, list[Figures]] = defaultdict(list)
    for row, figures in measured:
        groups[row["composer"]].append(figures)
    worst = sorted(measured, key=lambda item: item[1]["names"])[:10]
    return "\n".join([
        f"## {title}", "", describe_run(), "",
        f"| | performances | {' | '.join(NAMES)} | keys found | printed |", "|---|--:|" + "--:|" * (len(NAMES) + 2),
        make_row("all", [figures for _, figures in measured]),
        *(make_row(composer, groups[composer]) for composer in sorted(groups)),
        "",
        f"| fewest names right | {' | '.join(NAMES)} | keys found | printed |", "|---|" + "--:|" * (len(NAMES) + 2),
        *(f"| {Path(row['file']).stem} | {make_cells([figures])} |" for row, figures in worst),
        "",
    ])  # fmt: skip


def make_row(name: str, figures: list[Figures]) -> str:
    """Means of a group."""
    return f"| {name} | {len(figures)} | {make_cells(figures)} |"


def make_cells(figures: list[Figures]) -> str:
    """Means, shares in percent."""
    shares = [f"{100 * np.mean([of[name] for of in figures]):.1f}" for name in NAMES]
    return " | ".join(shares + [f"{np.mean([of[name] for of in figures]):.1f}" for name in ("found", "printed")])


if __name__ == "__main__":
    sys.exit(main())
