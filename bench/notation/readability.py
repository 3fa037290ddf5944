"""How readable our scores are: the signs of a bar and of a note, beside the printed score of the same piece.

    python -m bench.notation.readability MODELS [--only Bach] [--set musicxml.TREBLE_ABOVE_PITCH=60]
    python -m bench.notation.readability --one FILE.musicxml

MODELS holds fold0 to fold4 (training/notation/export.py --fold k --out MODELS/foldk): no work is written down by a
network that has seen it. The pieces are the performances of data/dev with a printed score, one of each; those of Vienna
4x22 are left out, because their scores are lists of notes without rests and accidentals. `signs.py` says what is
counted. Where bench/notation/ceiling.py has been run, so are the scores that it made of the printed score's own MIDI.
Writes results.md, "Readability": means over the pieces, and the median over the pieces of |ours - printed| / printed (0
where neither has the sign, infinite where only ours has it); with ``--only`` or ``--set`` it only prints.
"""

import argparse
import asyncio
import csv
import sys
from collections import defaultdict
from pathlib import Path
from statistics import mean, median

from bench.constants import add_set_option, set_constants
from bench.notation.corpus import open_folds
from bench.notation.folds import DATA, find_fold
from bench.notation.signs import MEASURES, measure_score
from bench.report import ROOT, describe_run, replace_section
from ottava.datatypes import Choices, Result, Run
from ottava.files.midi import read_midi, read_written
from ottava.files.musicxml import write_musicxml
from ottava.pipeline import notate

DEADPAN = ROOT / ".cache" / "ceiling"  # where ceiling.py keeps, by item, what it made
SAME_LEVEL = 0.1  # bars counted and bars performed may differ by this share where meter and level are right
Figures = dict[str, float]


def main() -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=Path, nargs="?")
    parser.add_argument("--one", type=Path, metavar="FILE.musicxml", help="only print the figures of a file")
    parser.add_argument("--only", default="", help="items whose id contains this")
    add_set_option(parser)
    options = parser.parse_args()
    if options.one:
        print("\n".join(f"{name}: {value:.3f}" for name, value in measure_score(options.one.read_bytes()).items()))
        return 0
    if not options.models:
        parser.error("MODELS or --one is needed")
    set_constants(options.set)
    rows = [row for row in list_printed() if options.only in row["id"]]
    runs = open_folds(options.models)
    pieces = []
    for count, row in enumerate(rows, 1):
        pieces.append(measure_piece(row, runs))
        print(f"\r{count} of {len(rows)}", end="", file=sys.stderr)
    text = make_section(pieces)
    if not (options.only or options.set):
        replace_section(text)
    print(text)
    return 0


def list_printed() -> list[dict[str, str]]:
    """Rows of the manifest of data/dev: performances whose printed score is there."""
    with (DATA / "dev" / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["kind"] == "asap_performance"]


def notate_unseen(path: Path, runs: dict[str, Run], is_bare: bool = False) -> Result:
    """Write down a performance.mid of data/dev, or one in a folder of its name, by the network that has not seen it."""
    content = path.read_bytes()
    performance, choices = read_midi(content), Choices() if is_bare else read_written(content)
    duration_sec = max(note.offset_sec for note in performance.notes)
    return asyncio.run(notate(performance, duration_sec, choices, runs[str(find_fold(path))]))


class Piece:
    """The figures of one piece: printed, ours, and ours from the printed score's own MIDI if there is such."""

    def __init__(self, name: str, printed: Figures, ours: Figures, deadpan: Figures | None, n_performed: int) -> None:
        self.name, self.printed, self.ours, self.deadpan = name, printed, ours, deadpan
        self.is_level_right = abs(ours["bars"] - n_performed) <= SAME_LEVEL * n_performed


def measure_piece(row: dict[str, str], runs: dict[str, Run]) -> Piece:
    """Figures of one row of the manifest."""
    folder = DATA / "dev" / row["file"]
    ours = measure_score(write_musicxml(notate_unseen(folder / "performance.mid", runs)))
    deadpan = DEADPAN / row["id"] / "result.musicxml"
    return Piece(
        row["id"],
        measure_score((folder / "score.musicxml").read_bytes()),
        ours,
        measure_score(deadpan.read_bytes()) if deadpan.exists() else None,
        round(float(row["downbeats"])),
    )


def compare(printed: float, ours: float) -> float:
    """How much they differ, as a share of the printed one."""
    if printed:
        return abs(ours - printed) / printed
    return float("inf") if ours else 0.0


def make_section(pieces: list[Piece]) -> str:
    """The Markdown section."""
    right = [piece for piece in pieces if piece.is_level_right]
    deadpan = [piece for piece in pieces if piece.deadpan]
    composers: dict[str, list[Piece]] = defaultdict(list)
    for piece in pieces:
        composers[piece.name.partition("__")[0]].append(piece)
    lines = [
        "## Readability", "", describe_run(), "",
        f"Differences are medians over the pieces, in percent; the bars are right where as many were found as were "
        f"performed, within {100 * SAME_LEVEL:.0f} %.", "",
        f"| | printed | ours | difference | where the bars are right ({len(right)} of {len(pieces)}): printed | ours "
        f"| difference | from the score's own MIDI ({len(deadpan)}): ours | difference |",
        "|---|" + "--:|" * 8,
        *(make_row(name, pieces, right, deadpan) for name in MEASURES), "",
        f"| difference | pieces | {' | '.join(MEASURES)} |", "|---|--:|" + "--:|" * len(MEASURES),
        *(f"| {composer} | {len(of)} | {' | '.join(show_difference(name, of) for name in MEASURES)} |"
          for composer, of in sorted(composers.items())), "",
        "<details><summary>By piece: printed, ours</summary>", "",
        f"| piece | bars are right | {' | '.join(MEASURES)} |", "|---|---|" + "--:|" * len(MEASURES),
        *(f"| {piece.name} | {'yes' if piece.is_level_right else 'no'} | "
          f"{' | '.join(f'{piece.printed[name]:.2f}, {piece.ours[name]:.2f}' for name in MEASURES)} |"
          for piece in pieces), "",
        "</details>", "",
    ]  # fmt: skip
    return "\n".join(lines)


def make_row(name: str, pieces: list[Piece], right: list[Piece], deadpan: list[Piece]) -> str:
    """One measure: everything, where the bars are right, and from the score's own MIDI."""
    cells = [name]
    for of in (pieces, right):
        cells += [show_mean([piece.printed[name] for piece in of]), show_mean([piece.ours[name] for piece in of])]
        cells.append(show_difference(name, of))
    cells.append(show_mean([piece.deadpan[name] for piece in deadpan if piece.deadpan]))
    cells.append(show_difference(name, deadpan, is_deadpan=True))
    return f"| {' | '.join(cells)} |"


def show_mean(values: list[float]) -> str:
    """Mean, or nothing where there is none."""
    return f"{mean(values):.3f}" if values else ""


def show_difference(name: str, pieces: list[Piece], is_deadpan: bool = False) -> str:
    """Median of the differences in percent."""
    found = [(piece.deadpan or {}) if is_deadpan else piece.ours for piece in pieces]
    values = [compare(piece.printed[name], figures[name]) for piece, figures in zip(pieces, found, strict=True)]
    return f"{100 * median(values):.0f}" if values else ""


if __name__ == "__main__":
    sys.exit(main())
