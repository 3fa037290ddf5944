"""Keys and names of notes on human performances whose score is known, by networks that have not seen the work.

    python -m bench.notation.names MODELS [--all] [--dp] [--set key.CHANGE_COST=80]

MODELS holds fold0 to fold4 (training/notation/export.py --fold k --out MODELS/foldk). One performance a piece, or with
``--all`` every one; ``--dp`` measures the rule without a trained network, ``--set`` another value of a constant, which
is only printed. Writes results.md, "Keys and names": whether the signature is right at the beginning, in what share of
the time from the first annotated beat to the last, how many keys were found and are printed, and the share of matched
notes that are named as printed; means by composer, and the ten performances with the fewest names right.
"""

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.notation.corpus import Figures, Measured, Truth, run_bench
from bench.report import describe_run
from ottava.datatypes import Score

NAMES = ("signature at the beginning", "signature in time", "names")


def measure(truth: Truth, score: Score) -> Figures:
    """Figures of one performance."""
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


def make_section(measured: list[Measured], title: str) -> str:
    """The Markdown section."""
    groups: dict[str, list[Figures]] = defaultdict(list)
    for row, _, figures in measured:
        groups[row["composer"]].append(figures)
    worst = sorted(measured, key=lambda item: item[2]["names"])[:10]
    return "\n".join([
        f"## {title}", "", describe_run(), "",
        f"| | performances | {' | '.join(NAMES)} | keys found | printed |", "|---|--:|" + "--:|" * (len(NAMES) + 2),
        make_row("all", [figures for _, _, figures in measured]),
        *(make_row(composer, groups[composer]) for composer in sorted(groups)),
        "",
        f"| fewest names right | {' | '.join(NAMES)} | keys found | printed |", "|---|" + "--:|" * (len(NAMES) + 2),
        *(f"| {Path(row['file']).stem} | {make_cells([figures])} |" for row, _, figures in worst),
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
    sys.exit(run_bench(__doc__, "Keys and names", measure, make_section))
