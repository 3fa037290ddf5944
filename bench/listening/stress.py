"""Recordings out of the laboratory: what rooms, noise, codecs and pianos out of tune cost, before and after.

    python -m bench.listening.stress [--conditions clean,room] [--seconds 29] [--all] [--setting balanced] [--again]
                                     [--tuning]

Every condition (``conditions.py``) is made from the same recordings of ``data/dev`` (``OTTAVA_SHARED``, default
``../shared``): the beginnings of its nine excerpts, or with ``--all`` of every recording. "Before" hears them without
the correction of tuning; ``--tuning`` only measures tunings, without listening. What was heard is kept in
``bench/out/stress`` and not heard again unless ``--again`` says so. Onsets are compared after the median deviation is
removed, as the labels of some recordings are 10 to 35 ms late.
"""

import argparse
import asyncio
import csv
import json
import os
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import mir_eval
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from bench.listening.conditions import CONDITIONS, HALF_A_SEMITONE, Samples, get_speed, make_condition
from bench.report import ROOT, describe_run, replace_section
from ottava import pipeline
from ottava.datatypes import Run
from ottava.errors import TranscriptionError
from ottava.hosts.native import create_run
from ottava.listening.tuning import estimate_tuning, measure_tuning
from ottava.models import Model, Setting, choose_graphs, choose_model, choose_setting, find_models_folder, read_models

Rows = NDArray[np.float64]
"""Notes as rows of onset, offset, pitch, velocity and confidence."""

OUT = ROOT / "bench" / "out" / "stress"
ALIGN_SEC = 0.1
# A note this near to the end of an excerpt may be cut off before it is heard.
END_SEC = 0.2
METRICS = ("precision", "recall", "onset F1", "offset F1", "velocity F1")


def main() -> int:
    """Hear what was not heard before, and write the section."""
    options = _make_parser().parse_args()
    shared = Path(os.environ.get("OTTAVA_SHARED", ROOT.parent / "shared")).resolve()
    data = shared / "data" / "dev"
    if not (data / "manifest.csv").is_file():
        print(f"There is no data to measure in {data}; set OTTAVA_SHARED.", file=sys.stderr)
        return 1
    recordings = find_recordings(data, options.all)
    if options.tuning:
        return _finish(_make_tuning_section(recordings, options), options)
    folder = options.models or find_models_folder()
    model = choose_model(read_models((folder / "models.json").read_text(encoding="utf-8")))
    setting = choose_setting(model, options.setting)
    run = create_run(choose_graphs(model, setting), folder)
    out = OUT / f"{options.setting or model.default_setting}-{options.seconds:g}"
    out.mkdir(parents=True, exist_ok=True)
    scores: dict[tuple[str, str], list[NDArray[np.float64]]] = {}
    for condition in options.conditions.split(","):
        for recording in tqdm(recordings, condition, file=sys.stderr):
            for label, heard in hear_both(recording, condition, options, out, model, setting, run).items():
                truth = read_truth(recording, options.seconds, get_speed(condition))
                scores.setdefault((condition, label), []).append(score_notes(truth, heard))
                if condition in HALF_A_SEMITONE:
                    found = [score_notes(truth, heard + np.array([0, 0, moved, 0, 0])) for moved in (-1, 0, 1)]
                    best = max(found, key=lambda score: float(score[METRICS.index("onset F1")]))
                    scores.setdefault((f"{condition}, but for a semitone", label), []).append(best)
    return _finish(_make_section(scores, len(recordings), options.seconds), options)


def _finish(section: str, options: argparse.Namespace) -> int:
    print(section)
    if options.write:
        replace_section(section)
    return 0


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conditions", default=",".join(CONDITIONS))
    parser.add_argument("--seconds", type=float, default=29.0, help="of the beginning of each recording (default 29)")
    parser.add_argument("--all", action="store_true", help="all recordings, not only the nine excerpts")
    parser.add_argument("--setting", help="of the listening model (default: its own)")
    parser.add_argument("--models", type=Path, help="folder with models.json (default: the installed one)")
    parser.add_argument("--tuning", action="store_true", help="only measure how well the tuning is found")
    parser.add_argument("--again", action="store_true", help="hear again what was heard before")
    parser.add_argument("--write", action="store_true", help="write the section of results.md")
    return parser


def find_recordings(data: Path, is_all: bool) -> list[Path]:
    """Paths of the recordings, without suffix."""
    kinds = ("maps_excerpt", "maps_full") if is_all else ("maps_excerpt",)
    with (data / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return sorted(data / "maps" / row["id"] for row in csv.DictReader(file) if row["kind"] in kinds)


def hear_both(
    recording: Path, condition: str, options: argparse.Namespace, out: Path, model: Model, setting: Setting, run: Run
) -> dict[str, Rows]:
    """Hear a recording without and with the correction of its tuning; once where there is nothing to correct."""
    samples = make_condition(recording, condition, options.seconds)
    heard = {}
    for label, cents in (("before", 0.0), ("after", asyncio.run(estimate_tuning(_make_read(samples), len(samples))))):
        path = out / f"{recording.name}.{condition.replace('/', ' ')}.{cents:.1f}.json"
        if not path.is_file() or (options.again and (label == "before" or cents)):
            path.write_text(json.dumps(hear(samples, cents, model, setting, run).tolist()), encoding="utf-8")
        heard[label] = np.array(json.loads(path.read_text(encoding="utf-8")), np.float64).reshape(-1, 5)
    return heard


def hear(samples: Samples, cents: float, model: Model, setting: Setting, run: Run) -> Rows:
    """Hear samples with a given tuning; nothing where they are refused."""

    async def know_tuning(*_: object) -> float:
        return cents

    listening = pipeline.listen(_make_read(samples), len(samples), model, setting.hop_sec, run, lambda *_: None)
    try:
        with patch.object(pipeline, "estimate_tuning", know_tuning):
            notes = asyncio.run(listening).notes
    except TranscriptionError as error:
        print(error)
        notes = ()
    rows = [(note.onset_sec, note.offset_sec, note.pitch, note.velocity, note.confidence) for note in notes]
    return np.array(rows, np.float64).reshape(-1, 5)


def _make_read(samples: Samples) -> Any:
    async def read(first: int, last: int) -> Samples:
        return samples[first:last]

    return read


def read_truth(recording: Path, seconds: float, speed: float) -> Rows:
    """The notes truly played in the beginning of a recording, at the speed at which it is played."""
    text = recording.with_name(recording.name + ".notes.tsv").read_text(encoding="utf-8").splitlines()
    rows = np.array([line.split()[:4] for line in text if line[:1].isdigit()], np.float64).reshape(-1, 4)
    rows = rows[rows[:, 0] < seconds - END_SEC]
    rows[:, :2] /= speed
    return np.column_stack([rows, np.ones(len(rows))])


def score_notes(truth: Rows, heard: Rows) -> NDArray[np.float64]:
    """Values of `METRICS`, once the median deviation of the onsets is removed."""
    if not len(heard):
        return np.zeros(len(METRICS))
    reference, estimate = _as_mir_eval(truth), _as_mir_eval(heard)
    pairs = mir_eval.transcription.match_notes(
        *reference[:2], *estimate[:2], onset_tolerance=ALIGN_SEC, offset_ratio=None
    )
    deviation = np.median([heard[j, 0] - truth[i, 0] for i, j in pairs]) if pairs else 0.0
    moved = heard[heard[:, 0] - deviation < truth[:, 0].max() + 0.05].copy()
    moved[:, :2] -= deviation
    estimate = _as_mir_eval(moved)
    onset = mir_eval.transcription.precision_recall_f1_overlap(*reference[:2], *estimate[:2], offset_ratio=None)
    offset = mir_eval.transcription.precision_recall_f1_overlap(*reference[:2], *estimate[:2])
    velocity = mir_eval.transcription_velocity.precision_recall_f1_overlap(*reference, *estimate)
    return np.array([*onset[:3], offset[2], velocity[2]])


def _as_mir_eval(rows: Rows) -> tuple[Rows, Rows, Rows]:
    """Intervals, frequencies and velocities."""
    intervals = np.column_stack([rows[:, 0], np.maximum(rows[:, 1], rows[:, 0] + 1e-3)])
    return intervals - min(0.0, rows[:, 0].min()), mir_eval.util.midi_to_hz(rows[:, 2]), rows[:, 3]


def _make_row(condition: str, scores: dict[tuple[str, str], list[NDArray[np.float64]]]) -> str:
    before, after = (np.mean(scores[condition, label], axis=0) for label in ("before", "after"))
    cells = [f"{a:.3f}" if np.isclose(a, b) else f"{b:.3f} **{a:.3f}**" for b, a in zip(before, after, strict=True)]
    return f"| {condition} | {' | '.join(cells)} |"


def _make_section(scores: dict[tuple[str, str], list[NDArray[np.float64]]], n_recordings: int, seconds: float) -> str:
    conditions = list(dict.fromkeys(condition for condition, _ in scores))
    return "\n".join(
        [
            "## Out of the laboratory",
            "",
            describe_run(),
            "",
            f"Means over the first {seconds:g} s of {n_recordings} recordings of dev; where there are two figures, "
            "before and **after** the correction of tuning. Onsets within 50 ms, once the median deviation is removed. "
            "What the conditions are stands in `bench/listening/conditions.py`. A piano half a semitone sharp sounds "
            "like one half a semitone flat on which all is played a semitone higher, and is taken for it: hence the "
            'rows "but for a semitone", where all pitches may be moved by one.',
            "",
            f"| condition | {' | '.join(METRICS)} |",
            "|---|" + "--:|" * len(METRICS),
            *(_make_row(condition, scores) for condition in conditions),
            "",
        ]
    )


def _make_tuning_section(recordings: list[Path], options: argparse.Namespace) -> str:
    """How far each condition moves the tuning that is found from that of the clean recording."""
    found: dict[str, list[tuple[float, float]]] = {}
    for recording in tqdm(recordings, file=sys.stderr):
        for condition in ["clean", *options.conditions.split(",")]:
            samples = make_condition(recording, condition, options.seconds)
            found.setdefault(condition, []).append(asyncio.run(measure_tuning(_make_read(samples), len(samples))))
    rows = []
    for condition, measured in found.items():
        error = np.array([cents for cents, _ in measured]) - [cents for cents, _ in found["clean"]]
        error = np.abs((error - 1200 * np.log2(get_speed(condition)) + 50) % 100 - 50)
        least = min(contrast for _, contrast in measured)
        rows.append(f"| {condition} | {np.median(error):.1f} | {error.max():.1f} | {least:.2f} |")
    return "\n".join(
        [
            "## Tuning",
            "",
            describe_run(),
            "",
            f"The first {options.seconds:g} s of {len(recordings)} recordings of dev; cents between what was found and "
            "the tuning found in the clean recording, moved as the condition moves it.",
            "",
            "| condition | median | largest | least contrast |",
            "|---|--:|--:|--:|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
