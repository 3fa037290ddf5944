"""Floors of quality on real recordings: the four Disklavier excerpts, through the command line."""

import json
import os
from pathlib import Path

import mir_eval
import numpy as np
import pytest

from ottava.__main__ import main

SHARED = Path(os.environ.get("OTTAVA_SHARED", Path(__file__).parents[2] / ".." / "shared"))
EXCERPTS = sorted((SHARED / "data" / "dev" / "maps").glob("*ENSTDk*_0-60.flac"))
# The issue's own bar; bench/results.md has what is reached. Labels of ENSTDkAm lie up to 35 ms after the sound, so the
# median deviation is removed, as evaluate.py's note_onset_f1_aligned does.
MEAN_ONSET_F1 = 0.95
ONSET_SEC = 0.05


@pytest.mark.skipif(not EXCERPTS, reason="no shared folder with real recordings (OTTAVA_SHARED)")
def test_real_pianos_are_heard(tmp_path: Path) -> None:
    scores = [transcribe_and_score(path, tmp_path) for path in EXCERPTS]
    assert len(scores) == 4
    assert np.mean(scores) >= MEAN_ONSET_F1, dict(zip([path.stem for path in EXCERPTS], scores, strict=True))


def transcribe_and_score(path: Path, folder: Path) -> float:
    """Onset F1 of one recording after the median deviation is removed; its score and files are checked on the way."""
    out = folder / f"{path.stem}.json"
    assert main(["transcribe", str(path), "-o", str(out), "-o", str(out.with_suffix(".musicxml"))]) == 0
    result = json.loads(out.read_text(encoding="utf-8"))
    assert len(result["score"]["notes"]) == len(result["performance"]["notes"])
    heard = np.array([(n["onset_sec"], n["offset_sec"], n["pitch"]) for n in result["performance"]["notes"]])
    truth = np.loadtxt(path.with_suffix(".notes.tsv"), comments="#")
    heard[:, :2] -= median_deviation(truth, heard)
    heard[:, 0] = np.maximum(heard[:, 0], 0.0)
    precision_recall_f1 = mir_eval.transcription.precision_recall_f1_overlap(
        truth[:, :2], frequencies(truth), heard[:, :2], frequencies(heard), onset_tolerance=ONSET_SEC, offset_ratio=None
    )
    return float(precision_recall_f1[2])


def median_deviation(truth: np.ndarray, heard: np.ndarray) -> float:
    """Median of heard less true onset over true notes with a heard one of their pitch within twice the tolerance."""
    deviations = []
    for onset, pitch in truth[:, [0, 2]]:
        of_pitch = heard[heard[:, 2] == pitch, 0] - onset
        if len(of_pitch) and np.abs(of_pitch).min() < 2 * ONSET_SEC:
            deviations.append(of_pitch[np.abs(of_pitch).argmin()])
    return float(np.median(deviations))


def frequencies(notes: np.ndarray) -> np.ndarray:
    """Pitches in Hz, as mir_eval wants them."""
    return np.asarray(440.0 * 2.0 ** ((notes[:, 2] - 69) / 12))
