"""Run the command line with rhythm networks that have not seen the work.

    python -m bench.notation.folds MODELS notate IN -o OUT

MODELS holds fold0 to fold4 (training/notation/export.py --fold k --out MODELS/foldk). Works that are in no fold are
read with fold 0. Training data and recordings lie beside each other (``OTTAVA_SHARED``).
"""

import csv
import os
import sys
from pathlib import Path

from bench.report import ROOT
from ottava.__main__ import main as run_ottava

DATA = Path(os.environ.get("OTTAVA_SHARED", ROOT.parent / "shared")) / "data"
# Recordings of works that are in the training data under another name, where the manifest does not tell.
SAME_WORKS = {"chpn-e01": "Chopin_Etudes_op_10_1"}


def main() -> int:
    """Run the command with the right models."""
    models, *arguments = sys.argv[1:]
    fold = find_fold(Path(arguments[1]))
    return run_ottava([*arguments, "--rhythm", str(Path(models) / f"fold{fold}")])


def find_fold(path: Path) -> int:
    """The fold whose network was trained without the work of a recording or performance of data/dev."""
    with (DATA / "train" / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    folds = {row["work"]: int(row["fold"]) for row in rows}
    works = {f"{row['composer']}__{row['piece']}": row["work"] for row in rows}
    with (DATA / "dev" / "manifest.csv").open(newline="", encoding="utf-8") as file:
        items = {row["id"]: row for row in csv.DictReader(file)}
    item = items[path.parent.name if path.name == "performance.mid" else path.stem]
    # A recording whose score is that of a performance is of its work, under the name composer__piece__player.
    score = item["score_musicxml"]
    same = works.get(score.split("/")[1].rpartition("__")[0]) if score.startswith("asap/") else None
    return folds.get(SAME_WORKS.get(item["work"]) or same or item["work"], 0)


if __name__ == "__main__":
    sys.exit(main())
