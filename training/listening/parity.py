"""Compare what Ottava hears with what the package it was exported from hears, and both with the notes truly played.

    python -m training.listening.parity RECORDING... [--models FOLDER] [--settings exact,balanced]

Runs in the environment of requirements/export.txt (`make parity`). A recording with X.notes.tsv and X.pedals.tsv beside
it (onset, offset, pitch, velocity; onset, offset) is compared with them too. Fails where Ottava and the package, with
the same segments, do not hear the same notes but for rounding.
"""

import argparse
import asyncio
import json
import sys
import time
import types
from pathlib import Path

import mir_eval
import numpy as np
import torch
from numpy.typing import NDArray

from ottava.hosts.native import create_run, open_recording
from ottava.listening.activations import plan_segments
from ottava.models import Model, choose_graphs, choose_model, choose_setting, read_models
from ottava.pipeline import listen

ROOT = Path(__file__).parents[2]

Rows = NDArray[np.float64]
"""Notes as rows of onset, offset, pitch and velocity; pedals alike with pitch 64 or 67 and velocity 1."""

# F1 of notes with offset and velocity against the package: 1 with float32 weights, where times agree within 0.1 ms; the
# rounding of weights may move a decision between two frames now and then.
SAME_F1 = 0.995


def hear_with_package(samples: NDArray[np.float32], hop_sec: float) -> tuple[Rows, Rows]:
    """Run the package's own model, whose filterbank lies in the checkpoint, so that torchaudio is not needed."""
    torchaudio = types.ModuleType("torchaudio")
    torchaudio.functional = types.SimpleNamespace(  # type: ignore[attr-defined]
        melscale_fbanks=lambda **sizes: torch.zeros(sizes["n_freqs"], sizes["n_mels"])
    )
    sys.modules.setdefault("torchaudio", torchaudio)
    from transkun import ModelTransformer

    folder = Path(ModelTransformer.__file__).parent / "pretrained"
    settings = json.loads((folder / "2.0.conf").read_text())["Model"]["config"]
    config = ModelTransformer.TransKun.Config()
    vars(config).update(settings)
    model = ModelTransformer.TransKun(config).eval()
    model.load_state_dict(torch.load(folder / "2.0.pt", map_location="cpu", weights_only=True)["state_dict"])
    with torch.no_grad():
        heard = model.transcribe(torch.from_numpy(samples)[:, None], hop_sec, config.segmentSizeInSecond)
    rows = np.array([(note.start, note.end, note.pitch, note.velocity) for note in heard], np.float64).reshape(-1, 4)
    is_note = rows[:, 2] > 0
    pedals = np.abs(rows[~is_note])
    pedals[:, 3] = 1
    return rows[is_note], pedals


def hear(samples: NDArray[np.float32], model: Model, folder: Path, name: str) -> tuple[Rows, Rows]:
    """Run Ottava's pipeline on the graphs of a folder."""
    setting = choose_setting(model, name)
    run = create_run(choose_graphs(model, setting), folder)

    async def read(first_sample: int, last_sample: int) -> NDArray[np.float32]:
        return samples[first_sample:last_sample]

    performance = asyncio.run(listen(read, len(samples), model, setting.hop_sec, run, lambda *_: None))
    notes = [(note.onset_sec, note.offset_sec, note.pitch, note.velocity) for note in performance.notes]
    kinds = {"sustain": 64, "soft": 67}
    pedals = [(pedal.onset_sec, pedal.offset_sec, kinds[pedal.kind], 1) for pedal in performance.pedals]
    return np.array(notes, np.float64).reshape(-1, 4), np.array(pedals, np.float64).reshape(-1, 4)


def read_samples(path: Path, sample_rate: int) -> NDArray[np.float32]:
    """Decode a whole recording."""
    recording = open_recording(path, sample_rate)

    async def read_all() -> NDArray[np.float32]:
        return await recording.read(0, recording.n_samples)

    return asyncio.run(read_all())


def read_truth(recording: Path) -> tuple[Rows, Rows] | None:
    """Read the notes and sustain pedals truly played, where they are known."""
    prefix = str(recording.with_suffix(""))
    notes, pedals = Path(f"{prefix}.notes.tsv"), Path(f"{prefix}.pedals.tsv")
    if not notes.is_file():
        return None
    text = pedals.read_text().splitlines() if pedals.is_file() else []
    presses = np.array([line.split()[:2] for line in text if line[:1].isdigit()], np.float64).reshape(-1, 2)
    rows = [line.split()[:4] for line in notes.read_text().splitlines() if line[:1].isdigit()]
    filler = np.tile([64.0, 1.0], (len(presses), 1))
    return np.array(rows, np.float64), np.hstack([presses, filler])


def compare(truth: tuple[Rows, Rows], heard: tuple[Rows, Rows]) -> list[float]:
    """F1 of notes by onset, with offset, with velocity, of pedals by onset, with offset; and the largest deviation.

    The deviation is in seconds, over onsets and offsets of the notes matched by both.
    """
    a, b = as_mir_eval(truth[0]), as_mir_eval(heard[0])
    onset = mir_eval.transcription.precision_recall_f1_overlap(*a[:2], *b[:2], offset_ratio=None)[2]
    both = mir_eval.transcription.precision_recall_f1_overlap(*a[:2], *b[:2])[2]
    velocity = mir_eval.transcription_velocity.precision_recall_f1_overlap(*a, *b)[2]
    pairs = np.array(mir_eval.transcription.match_notes(*a[:2], *b[:2]), int).reshape(-1, 2)
    deviation = np.abs(truth[0][pairs[:, 0], :2] - heard[0][pairs[:, 1], :2]).max(initial=0)
    pedals = [as_mir_eval(rows[rows[:, 2] == 64])[:2] for rows in (truth[1], heard[1])]
    pedal = [
        1.0
        if not len(pedals[0][0]) + len(pedals[1][0])
        else mir_eval.transcription.precision_recall_f1_overlap(
            *pedals[0], *pedals[1], onset_tolerance=0.1, offset_ratio=ratio, offset_min_tolerance=0.1
        )[2]
        for ratio in (None, 0.2)
    ]
    return [onset, both, velocity, *pedal, float(deviation)]


def as_mir_eval(rows: Rows) -> tuple[Rows, NDArray[np.float64], NDArray[np.float64]]:
    """Give intervals, hertz and velocities."""
    return rows[:, :2], mir_eval.util.midi_to_hz(rows[:, 2]), rows[:, 3]


def main() -> None:
    """Print a table and fail where Ottava differs from the package."""
    parser = argparse.ArgumentParser(description="Compare Ottava's listening with the package's.")
    parser.add_argument("recordings", nargs="+", type=Path)
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    parser.add_argument("--settings", default="exact,balanced")
    arguments = parser.parse_args()
    model = choose_model(read_models((arguments.models / "models.json").read_text()))
    print(
        "| recording | heard by | against | onset | +offset | +velocity | pedal | pedal +offset | within s | wall s |"
    )
    print("|---|---|---|--:|--:|--:|--:|--:|--:|--:|")
    figures = []
    for path in arguments.recordings:
        samples = read_samples(path, model.sample_rate)
        truth = read_truth(path)
        for setting in arguments.settings.split(","):
            # The package pads by a segment less a hop: its hop follows from where Ottava's first segment begins.
            padding = -plan_segments(len(samples), model, choose_setting(model, setting).hop_sec).begin_samples[0]
            hop_sec = (model.segment_samples - padding) / model.sample_rate
            began = time.monotonic()
            package = hear_with_package(samples, hop_sec)
            print_rows(path, f"package, {hop_sec:.1f} s", {"truth": truth}, package, time.monotonic() - began)
            began = time.monotonic()
            heard = hear(samples, model, arguments.models, setting)
            print_rows(path, setting, {"package": package, "truth": truth}, heard, time.monotonic() - began)
            # At longer hops Ottava lays the segments otherwise (plan_segments), and its notes differ for that.
            if 2 * hop_sec <= model.segment_samples / model.sample_rate:
                figures += compare(package, heard)[:3]
    if not figures:
        sys.exit("No setting lays its segments as the package does, so that nothing was checked.")
    if min(figures) < SAME_F1:
        sys.exit("Ottava does not hear the notes of the package.")


def print_rows(
    path: Path, by: str, others: dict[str, tuple[Rows, Rows] | None], heard: tuple[Rows, Rows], wall_sec: float
) -> None:
    """Print a line for each comparison."""
    for name, other in others.items():
        if other is not None:
            cells = [f"{figure:.4f}" for figure in compare(other, heard)[:-1]]
            deviation = f"{compare(other, heard)[-1]:.1e}"
            print(f"| {path.stem} | {by} | {name} | {' | '.join(cells)} | {deviation} | {wall_sec:.1f} |", flush=True)


if __name__ == "__main__":
    main()
