"""Segment borders: how much the notes change where a recording begins later and is cut into other segments.

    python -m bench.listening.borders [--offsets 1.7,4.3,7.1] [--setting balanced] [--again]

The nine excerpts of ``data/dev`` (``OTTAVA_SHARED``, default ``../shared``) are heard whole and from each offset on.
The notes after the offset are compared, onset within 50 ms. What was heard is kept in ``bench/out/borders`` and not
heard again unless ``--again`` says so.
"""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

import mir_eval
import numpy as np
from numpy.typing import NDArray

from bench.report import ROOT, describe_run, replace_section
from ottava.datatypes import Run
from ottava.files.project import performance_to_dict
from ottava.hosts.native import create_run, open_recording
from ottava.models import Model, Setting, choose_graphs, choose_model, choose_setting, find_models_folder, read_models
from ottava.pipeline import listen

Rows = NDArray[np.float64]
"""Notes as rows of onset, offset, pitch and velocity, in seconds of the whole recording."""

OUT = ROOT / "bench" / "out" / "borders"
# Of a note struck as near to the cut as this, part of the attack is gone.
EDGE_SEC = 0.1


def main() -> int:
    """Hear what was not heard before, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--offsets", default="1.7,4.3,7.1", help="seconds")
    parser.add_argument("--setting", help="of the listening model (default: its own)")
    parser.add_argument("--again", action="store_true", help="hear again what was heard before")
    options = parser.parse_args()
    data = Path(os.environ.get("OTTAVA_SHARED", ROOT.parent / "shared")).resolve() / "data" / "dev" / "maps"
    recordings = sorted(data.glob("*_0-60.flac"))
    if not recordings:
        print("There is no data to measure; set OTTAVA_SHARED.", file=sys.stderr)
        return 1
    folder = find_models_folder()
    model = choose_model(read_models((folder / "models.json").read_text(encoding="utf-8")))
    setting = choose_setting(model, options.setting)
    run = create_run(choose_graphs(model, setting), folder)
    name = options.setting or model.default_setting
    offsets = [float(offset) for offset in options.offsets.split(",")]
    figures = []
    for recording in recordings:
        whole, *cut = (
            hear(recording, offset, OUT / name, model, setting, run, is_again=options.again)
            for offset in (0.0, *offsets)
        )
        figures.append([compare(whole, part, offset) for part, offset in zip(cut, offsets, strict=True)])
        print(recording.stem, np.round(figures[-1], 4).tolist(), flush=True)
    replace_section(make_section(name, [path.stem for path in recordings], offsets, np.array(figures)))
    return 0


def hear(
    recording: Path, offset_sec: float, out: Path, model: Model, setting: Setting, run: Run, *, is_again: bool
) -> Rows:
    """Hear a recording from an offset on."""
    path = out / f"{recording.stem}.{offset_sec:g}.json"
    if is_again or not path.is_file():
        opened = open_recording(recording, model.sample_rate)
        first = round(offset_sec * model.sample_rate)

        async def read(first_sample: int, last_sample: int) -> NDArray[np.float32]:
            return await opened.read(first + first_sample, first + last_sample)

        heard = asyncio.run(listen(read, opened.n_samples - first, model, setting.hop_sec, run, lambda *_: None))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(performance_to_dict(heard)), encoding="utf-8")
    notes = json.loads(path.read_text(encoding="utf-8"))["notes"]
    rows = [
        (note["onset_sec"] + offset_sec, note["offset_sec"] + offset_sec, note["pitch"], note["velocity"])
        for note in notes
    ]
    return np.array(rows, np.float64)


def compare(whole: Rows, cut: Rows, offset_sec: float) -> list[float]:
    """F1 by onset, with offset, and with offset and velocity, of the notes struck after the cut."""
    a, b = (rows[rows[:, 0] > offset_sec + EDGE_SEC] for rows in (whole, cut))
    one, other = ((rows[:, :2], mir_eval.util.midi_to_hz(rows[:, 2]), rows[:, 3]) for rows in (a, b))
    onset = mir_eval.transcription.precision_recall_f1_overlap(*one[:2], *other[:2], offset_ratio=None)[2]
    offset = mir_eval.transcription.precision_recall_f1_overlap(*one[:2], *other[:2])[2]
    velocity = mir_eval.transcription_velocity.precision_recall_f1_overlap(*one, *other)[2]
    return [float(onset), float(offset), float(velocity)]


def make_section(name: str, recordings: list[str], offsets: list[float], figures: NDArray[np.float64]) -> str:
    """A Markdown section; figures have the shape (n_recordings, n_offsets, 3)."""

    def row(title: str, values: NDArray[np.float64]) -> str:
        return f"| {title} | " + " | ".join(" / ".join(f"{x:.3f}" for x in cell) for cell in values) + " |"

    return "\n".join(
        [
            f"## Segment borders, {name}",
            "",
            describe_run(),
            "",
            "F1 of the notes heard in a recording that begins later against those heard in the whole one: by onset, "
            "with offset, with offset and velocity.",
            "",
            f"| recording | {' | '.join(f'from {offset:g} s' for offset in offsets)} |",
            "|---|" + "---|" * len(offsets),
            *(row(title, values) for title, values in zip(recordings, figures, strict=True)),
            row("mean", figures.mean(0)),
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
