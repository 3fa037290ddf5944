"""Quality and speed on real recordings and performances: runs the command line over a data folder, writes results.md.

    python -m bench.benchmark [--kinds maps_excerpt,...] [--only ENSTDk] [--setting exact]

The metrics are those of ``tools/evaluate.py`` beside the data (``OTTAVA_SHARED``, default ``../shared``). Every item is
a process of its own, so that its time and peak memory are its own; an item that fails counts zero. Items measured
before are kept in ``bench/out`` and skipped; ``--again`` measures them anew.
"""

import argparse
import csv
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.report import ROOT, describe_run, replace_section

AUDIO_KINDS, SCORE_KINDS = ("maps_excerpt", "maps_full"), ("asap_performance", "vienna_performance")
# What the table shows of evaluate.py's metrics, in its order; a metric that no item has is left out.
METRICS = (
    "note_onset_precision", "note_onset_recall", "note_onset_f1", "note_onset_f1_aligned", "note_offset_f1",
    "note_offset_f1_aligned", "note_offset_f1_sounding", "note_velocity_f1", "note_velocity_f1_aligned",
    "pedal_onset_f1", "beat_f1", "downbeat_f1", "meter_exact", "meter_equivalent", "key_start", "key_time",
    "staff_accuracy", "spelling_accuracy", "position_accuracy", "duration_accuracy", "score_notes_found",
    "mv2h_pitch", "mv2h_voice", "mv2h_meter", "mv2h_value", "mv2h_harmony", "mv2h",
)  # fmt: skip
NOTATION_METRICS = ("staff_accuracy", "spelling_accuracy", "key_start", "key_time", "mv2h_voice", "mv2h")


def main() -> int:
    """Measure and write."""
    options = _make_parser().parse_args()
    shared = Path(os.environ.get("OTTAVA_SHARED", ROOT.parent / "shared")).resolve()
    data = options.data or shared / "data" / "dev"
    if not (data / "manifest.csv").is_file():
        print(f"There is no data to measure in {data}; set OTTAVA_SHARED or --data.", file=sys.stderr)
        return 1
    seconds = _read_lengths(data)
    sections = []
    for title, kinds, verb in (("Recordings", AUDIO_KINDS, "transcribe"), ("Performances", SCORE_KINDS, "notate")):
        wanted = [kind for kind in kinds if kind in options.kinds.split(",")]
        if wanted:
            out = ROOT / "bench" / "out" / "-".join(filter(None, [verb, options.setting, options.folds and "folds"]))
            _run(shared, data, out, wanted, verb, options)
            sections.append(_make_section(title, out, wanted, options, seconds))
    for section in sections:
        replace_section(section)
    print("\n".join(sections))
    return 0


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with manifest.csv")
    parser.add_argument("--kinds", default=",".join(AUDIO_KINDS + SCORE_KINDS))
    parser.add_argument("--only", default="", help="items whose id contains this")
    parser.add_argument("--setting", default="", help="of the listening model (default: its own)")
    parser.add_argument("--folds", type=Path, help="rhythm networks by fold, see bench/notation/folds.py")
    parser.add_argument("--again", action="store_true", help="measure again what was measured before")
    return parser


def _read_lengths(data: Path) -> dict[str, float]:
    """Seconds of each item."""
    with (data / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return {row["id"]: float(row["seconds"]) for row in csv.DictReader(file)}


def _run(shared: Path, data: Path, out: Path, kinds: list[str], verb: str, options: argparse.Namespace) -> None:
    """Run and evaluate the items, each in a process of its own."""
    start = ["-m", "bench.notation.folds", str(options.folds.resolve())] if options.folds else ["-m", "ottava"]
    words = [sys.executable, *start, verb, "{in}", "-o", "{json}"]
    words += ["--setting", options.setting] if options.setting and verb == "transcribe" else []
    runner = [sys.executable, str(shared / "tools" / "run_set.py"), str(data), str(out), "--kinds", ",".join(kinds)]
    runner += ["--command", shlex.join(words)]
    runner += ["--only", options.only] if options.only else []
    runner += ["--again"] if options.again else []
    subprocess.run(runner, check=True, stdout=subprocess.DEVNULL)


def _make_section(
    title: str, out: Path, kinds: list[str], options: argparse.Namespace, seconds: dict[str, float]
) -> str:
    """A Markdown section: means over all items, one line an item for the figures that matter."""
    records = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(out.glob("*.eval.json"))]
    records = [r for r in records if r["item_kind"] in kinds and options.only in r["id"]]
    rows = [f"| {name} | {100 * _mean(records, name):.1f} |" for name in METRICS if _has(records, name)]
    speed = sum(seconds[r["id"]] for r in records) / sum(r["counts"]["seconds"] for r in records)
    peak = max(r["counts"]["peak_mib"] for r in records)
    failed = sum(bool(r["failed"]) for r in records)
    seen = "" if options.folds else "rhythm networks that have seen the works"
    heading = ", ".join(filter(None, [title, options.setting, seen, options.only and f"*{options.only}*"]))
    names = (
        "note_onset_f1_aligned",
        "beat_f1",
        "downbeat_f1",
        "position_accuracy",
        "duration_accuracy",
        "staff_accuracy",
        "mv2h",
    )
    shown = [name for name in names if _has(records, name)]
    lines = [
        f"## {heading}",
        "",
        describe_run(),
        "",
        f"| mean over {len(records)} items ({failed} failed) | percent |",
        "|---|--:|",
        *rows,
        f"| seconds of music a second | {speed:.1f} |",
        f"| peak memory, MiB, largest | {peak:.0f} |",
        "",
        *_make_composer_table(records),
        "<details><summary>By item</summary>",
        "",
        f"| item | {' | '.join(shown)} | x real time | MiB |",
        "|---|" + "--:|" * (len(shown) + 2),
        *(_item_row(record, shown, seconds) for record in records),
        "",
        "</details>",
        "",
    ]
    return "\n".join(lines)


def _make_composer_table(records: list[dict[str, Any]]) -> list[str]:
    """What notation decides, by composer; nothing where items are not named after one."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        composer, _, rest = record["id"].partition("__")
        groups.setdefault(composer if rest else "others", []).append(record)
    if len(groups) < 2:
        return []
    shown = [name for name in NOTATION_METRICS if _has(records, name)]
    return [
        f"| composer | items | {' | '.join(shown)} |",
        "|---|" + "--:|" * (len(shown) + 1),
        *(f"| {composer} | {len(of)} | "
          f"{' | '.join(f'{100 * _mean(of, name):.1f}' if _has(of, name) else '' for name in shown)} |"
          for composer, of in sorted(groups.items())),
        "",
    ]  # fmt: skip


def _item_row(record: dict[str, Any], shown: list[str], seconds: dict[str, float]) -> str:
    values = [record["metrics"].get(name) for name in shown]
    cells = ["" if value is None else f"{100 * value:.1f}" for value in values]
    speed = seconds[record["id"]] / record["counts"]["seconds"]
    return f"| {record['id']} | {' | '.join(cells)} | {speed:.1f} | {record['counts']['peak_mib']:.0f} |"


def _has(records: list[dict[str, Any]], name: str) -> bool:
    return any(name in record["metrics"] for record in records)


def _mean(records: list[dict[str, Any]], name: str) -> float:
    values = [record["metrics"][name] for record in records if name in record["metrics"]]
    return float(sum(values) / len(values))


if __name__ == "__main__":
    sys.exit(main())
