"""Confidence: whether a note that is given 0.9 is right nine times in ten; what the sensitivity and the warning do.

    python -m bench.listening.confidence [--conditions clean,noise 10 dB,phone at 3 m] [--setting balanced] [--again]

Hears every recording of ``data/dev`` (``OTTAVA_SHARED``, default ``../shared``) whole, and its first 29 s under other
conditions (``conditions.py``); and 15 s of each counter-example (``counterexamples.py``), where FluidSynth and eSpeak
NG are installed. What was heard is kept in ``bench/out/confidence`` and not heard again unless ``--again`` says so. A
note is right where one of its pitch was played within 70 ms, once the median deviation of the recording's onsets is
removed: the labels of soft notes of that Disklavier lie up to 100 ms from their sound.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable, Iterable
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.listening.conditions import Samples, make_condition, read_samples
from bench.listening.counterexamples import make_counterexamples
from bench.listening.stress import END_SEC, find_recordings
from bench.report import ROOT, describe_run, replace_section
from ottava.datatypes import Choices, Note, Performance, Run
from ottava.errors import TranscriptionError
from ottava.files.project import performance_to_dict, read_performance
from ottava.hosts.native import create_run
from ottava.listening.audio import SAMPLE_RATE
from ottava.listening.confidence import find_warnings
from ottava.models import Model, Setting, choose_graphs, choose_model, choose_setting, find_models_folder, read_models
from ottava.notation.corrections import correct_notes
from ottava.pipeline import listen

OUT = ROOT / "bench" / "out" / "confidence"
CONDITION_SEC, COUNTEREXAMPLE_FIRST_SEC, COUNTEREXAMPLE_SEC = 29.0, 2.0, 15.0
LONGEST_SEC = 3600.0  # no recording is longer
RIGHT_SEC, ALIGN_SEC = 0.07, 0.1
LOOSE_SEC = 0.15  # wide enough for the labels of soft notes
# These are the beginnings of other recordings of dev.
TWICE = ("mz_545_3_ENSTDkCl_0-60", "deb_clai_ENSTDkCl_0-60", "pathetique_3_ENSTDkAm_0-60", "chpn_op33_2_ENSTDkAm_0-60")
EDGES = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0)
SENSITIVITIES = tuple(place / 10 for place in range(1, 10))
Times = NDArray[np.float64]
"""Notes as rows of onset and pitch."""


class Judged:
    """The notes of one performance: whether each is right, and how many were played."""

    def __init__(self, performance: Performance, truth: Times, tolerance_sec: float = RIGHT_SEC) -> None:
        heard, possible = to_times(performance.notes), to_times(performance.possible)
        pairs = pair_notes(truth, heard, ALIGN_SEC)
        deviation = np.median([heard[j, 0] - truth[i, 0] for i, j in pairs]) if pairs else 0.0
        heard[:, 0] -= deviation
        possible[:, 0] -= deviation
        pairs = pair_notes(truth, heard, tolerance_sec)
        missed = np.delete(truth, [i for i, _ in pairs], axis=0)
        self.n_played = len(truth)
        right = {performance.notes[j] for _, j in pairs}
        right |= {performance.possible[j] for _, j in pair_notes(missed, possible, tolerance_sec)}
        self.performance, self.right = performance, right


def main() -> int:
    """Hear what was not heard before, and write the sections."""
    options = _make_parser().parse_args()
    data = Path(os.environ.get("OTTAVA_SHARED", ROOT.parent / "shared")).resolve() / "data" / "dev"
    if not (data / "manifest.csv").is_file():
        print(f"There is no data to measure in {data}; set OTTAVA_SHARED.", file=sys.stderr)
        return 1
    folder = find_models_folder()
    model = choose_model(read_models((folder / "models.json").read_text(encoding="utf-8")))
    setting = choose_setting(model, options.setting)
    run = create_run(choose_graphs(model, setting), folder)
    hear = partial(hear_once, model=model, setting=setting, run=run, is_again=options.again)
    out = OUT / (options.setting or model.default_setting)
    recordings = [path for path in find_recordings(data, is_all=True) if path.name not in TWICE]
    heard: dict[str, list[Performance | None]] = {}
    judged: dict[str, list[Judged]] = {}
    for condition in options.conditions.split(","):
        seconds = LONGEST_SEC if condition == "clean" else CONDITION_SEC
        for path in recordings:
            performance = hear(out / condition / f"{path.name}.json", partial(make_condition, path, condition, seconds))
            heard.setdefault(condition, []).append(performance)
            if performance:
                judged.setdefault(condition, []).append(Judged(performance, read_truth(path, seconds)))
    others: dict[str, list[Performance | None]] = {}
    for name, path in make_counterexamples(OUT / "counterexamples", data / "maps").items():
        sound = partial(read_counterexample, path)
        others.setdefault(name.partition(": ")[0], []).append(hear(out / "counterexamples" / f"{name}.json", sound))
    loosely = {
        "clean, right within 150 ms": [
            Judged(performance, read_truth(path, LONGEST_SEC), LOOSE_SEC)
            for path, performance in zip(recordings, heard.get("clean", []), strict=False) if performance
        ]
    }  # fmt: skip
    replace_section(make_reliability({**judged, **(loosely if "clean" in heard else {})}))
    replace_section(make_curve(judged))
    replace_section(make_warnings(heard, others))
    return 0


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conditions", default="clean,noise 10 dB,phone at 3 m")
    parser.add_argument("--setting", help="of the listening model (default: its own)")
    parser.add_argument("--again", action="store_true", help="hear again what was heard before")
    return parser


def read_counterexample(path: Path) -> Samples:
    """Some seconds of a counter-example, once everybody plays."""
    first = round(COUNTEREXAMPLE_FIRST_SEC * SAMPLE_RATE)
    return read_samples(path, SAMPLE_RATE, COUNTEREXAMPLE_FIRST_SEC + COUNTEREXAMPLE_SEC)[first:]


def hear_once(
    path: Path, make: Callable[[], Samples], model: Model, setting: Setting, run: Run, *, is_again: bool
) -> Performance | None:
    """Hear a sound, or read what was heard; None where it is refused."""
    if is_again or not path.is_file():
        samples = make()

        async def read(first: int, last: int) -> Samples:
            return samples[first:last]

        try:
            heard = asyncio.run(listen(read, len(samples), model, setting.hop_sec, run, lambda *_: None))
            text = json.dumps(performance_to_dict(heard))
        except TranscriptionError as error:
            text = json.dumps({"refused": str(error)})
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path.stem, flush=True)
    fields = json.loads(path.read_text(encoding="utf-8"))
    return None if "refused" in fields else read_performance(fields)


def read_truth(recording: Path, seconds: float) -> Times:
    """The notes truly played in the beginning of a recording."""
    text = recording.with_name(recording.name + ".notes.tsv").read_text(encoding="utf-8").splitlines()
    rows = np.array([line.split()[:3] for line in text if line[:1].isdigit()], np.float64).reshape(-1, 3)
    return rows[rows[:, 0] < seconds - END_SEC][:, [0, 2]]


def to_times(notes: Iterable[Note]) -> Times:
    """Rows of onset and pitch."""
    return np.array([(note.onset_sec, note.pitch) for note in notes], np.float64).reshape(-1, 2)


def pair_notes(truth: Times, heard: Times, tolerance_sec: float) -> list[tuple[int, int]]:
    """Pairs of equal pitch within the tolerance, as many as there can be: both in order of time."""
    pairs = []
    for pitch in np.unique(truth[:, 1]):
        left, right = (np.flatnonzero(rows[:, 1] == pitch) for rows in (truth, heard))
        left, right = left[np.argsort(truth[left, 0])], right[np.argsort(heard[right, 0])]
        i = j = 0
        while i < len(left) and j < len(right):
            apart = heard[right[j], 0] - truth[left[i], 0]
            if abs(apart) <= tolerance_sec:
                pairs.append((int(left[i]), int(right[j])))
            i, j = i + (apart >= -tolerance_sec), j + (apart <= tolerance_sec)
    return pairs


# ------------------------------------------------------------------------------------------------------------ sections


def make_reliability(judged: dict[str, list[Judged]]) -> str:
    """How often notes of a confidence are right."""
    edges = list(pairwise(EDGES))
    lines = [
        "## Confidence",
        "",
        describe_run(),
        "",
        f"Share of right notes (and their number) by confidence; heard notes have 0.5 or more, possible ones less. "
        f"ECE: the mean distance of confidence and share; Brier: the mean square of confidence less right. "
        f"Recordings of dev whole, their first {CONDITION_SEC:g} s under other conditions than clean. A note is right "
        f"within {1000 * RIGHT_SEC:g} ms, where nothing else is said.",
        "",
        f"| condition | {' | '.join(f'{low:g}-{high:g}' for low, high in edges)} | ECE | Brier |",
        "|---|" + "--:|" * (len(edges) + 2),
    ]
    for condition, performances in judged.items():
        notes = [(note.confidence, note in one.right) for one in performances
                 for note in (*one.performance.notes, *one.performance.possible)]  # fmt: skip
        confidence, right = np.array(notes, np.float64).T
        cells, error = [], 0.0
        for low, high in edges:
            inside = (confidence >= low) & (confidence < high)
            error += abs(confidence[inside].sum() - right[inside].sum()) / len(notes)
            cells.append(f"{right[inside].mean():.3f} ({inside.sum()})" if inside.any() else "-")
        brier = np.square(confidence - right).mean()
        lines.append(f"| {condition} | {' | '.join(cells)} | {error:.4f} | {brier:.4f} |")
    return "\n".join([*lines, ""])


def make_curve(judged: dict[str, list[Judged]]) -> str:
    """What each sensitivity gives."""
    lines = [
        "## Sensitivity",
        "",
        describe_run(),
        "",
        "Precision / recall / F1 by onset, as in the section on confidence: means over the recordings.",
        "",
        f"| condition | {' | '.join(f'{s:g}' for s in SENSITIVITIES)} |",
        "|---|" + "---|" * len(SENSITIVITIES),
    ]
    for condition, performances in judged.items():
        cells = [np.mean([score_choice(one, s) for one in performances], axis=0) for s in SENSITIVITIES]
        lines.append(f"| {condition} | {' | '.join(' / '.join(f'{x:.3f}' for x in cell) for cell in cells)} |")
    return "\n".join([*lines, ""])


def score_choice(one: Judged, sensitivity: float) -> tuple[float, float, float]:
    """Precision, recall and F1 of the notes that a sensitivity chooses."""
    corrected = correct_notes(one.performance, Choices(sensitivity=sensitivity))
    kept = [found.note in one.right for found in corrected if found.note]
    n_right = sum(kept)
    return n_right / max(len(kept), 1), n_right / one.n_played, 2 * n_right / (len(kept) + one.n_played)


def make_warnings(heard: dict[str, list[Performance | None]], others: dict[str, list[Performance | None]]) -> str:
    """Of how many recordings Ottava says that they may be no piano, or refuses them."""
    lines = [
        "## Not a piano",
        "",
        describe_run(),
        "",
        f"Real pianos as in the section on confidence; {COUNTEREXAMPLE_SEC:g} s of each counter-example of "
        "bench/listening/counterexamples.py. Refused: no notes, or few and none certain. Warned: more than a tenth of "
        "the notes have a confidence below 0.8.",
        "",
        "| recordings | number | refused | warned | neither |",
        "|---|--:|--:|--:|--:|",
    ]
    groups = {**{f"real piano, {condition}": group for condition, group in heard.items()}, **others}
    for name, group in groups.items():
        refused = sum(performance is None for performance in group)
        warned = sum(bool(find_warnings(performance.notes)) for performance in group if performance)
        lines.append(f"| {name} | {len(group)} | {refused} | {warned} | {len(group) - refused - warned} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main())
