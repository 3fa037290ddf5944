"""Each stage of notation without trained networks, alone, on human performances whose score is known (data/train).

    python -m bench.notation.stages [--folds 0,1] [--pieces 60] [--set hands.MOVE_COST=0.25]

One performance a piece. ``--set`` gives a module's constant another value for this run: so the constants were found.
Scores are means over pieces: beat and downbeat F1 at 70 ms over whole performances; the rest are shares of matched
notes or of pieces. ``meter`` and ``rhythm`` are measured with annotated beats too, so that a slip of the beat does not
hide them.
"""

import argparse
import csv
import os
import sys
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import mir_eval
import numpy as np
from numpy.typing import NDArray

from bench.constants import add_set_option, set_constants
from bench.report import ROOT
from ottava.datatypes import Note, Span
from ottava.notation.hands import split_hands
from ottava.notation.key import estimate_key
from ottava.notation.lengths import measure_durations, trim_durations
from ottava.notation.spelling import spell_pitches
from ottava.notation.voices import separate_voices
from ottava.rhythm.accents import estimate_meter
from ottava.rhythm.beats import track_beats
from ottava.rhythm.chords import group_notes
from ottava.rhythm.divisions import division_costs
from ottava.rhythm.places import snap_onsets

STEPS = "CDEFGAB"
MIDDLE_C = 60
# Positions and values of data/train are float32 quarters.
SAME_QUARTER = 0.02


def main() -> int:
    """Measure and print one line a score."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folds", default="0,1")
    parser.add_argument("--pieces", type=int, default=60)
    add_set_option(parser)
    options = parser.parse_args()
    folder = Path(os.environ.get("OTTAVA_SHARED", ROOT.parent / "shared")) / "data" / "train"
    if not (folder / "index.csv").is_file():
        print(f"There are no performances in {folder}; set OTTAVA_SHARED.", file=sys.stderr)
        return 1
    set_constants(options.set)
    folds = set(options.folds.split(","))
    scores = [score_stages(dict(np.load(path))) for path in choose_pieces(folder, folds, options.pieces)]
    print(f"{len(scores)} pieces")
    for name in dict.fromkeys(name for score in scores for name in score):
        values = [score[name] for score in scores if name in score]
        print(f"{name:28} {np.mean(values):.3f}" + (f"  ({len(values)} pieces)" if len(values) < len(scores) else ""))
    return 0


def choose_pieces(folder: Path, folds: set[str], n_pieces: int) -> list[Path]:
    """One performance of each piece, in a fixed random order."""
    with (folder / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["fold"] in folds]
    Random(0).shuffle(rows)
    by_piece = {row["piece"]: row["file"] for row in reversed(rows)}
    return [folder / Path(by_piece[piece]).with_suffix(".npz").name for piece in list(by_piece)[:n_pieces]]


def score_stages(truth: dict[str, NDArray[Any]]) -> dict[str, float]:
    """All scores of one performance; ``truth`` as data/train/README.md describes it."""
    columns = (truth[name].tolist() for name in ("onset_sec", "offset_sec", "pitch", "velocity"))
    notes = [
        Note(onset, max(offset, onset + 0.01), pitch, velocity)
        for onset, offset, pitch, velocity in zip(*columns, strict=True)
    ]
    matched = truth["matched"] & ~truth["suspect"]
    beats = truth["beat_time_sec"]
    tracked = track_beats(notes, notes[-1].offset_sec)
    scores = {"beats, F1": float(mir_eval.beat.f_measure(beats, np.maximum(tracked, 0)))}
    for name, times in (("tracked", tracked), ("annotated", beats)):
        grid = estimate_meter(notes, times)
        downbeats = grid.times_sec[grid.beat_in_bar == 1]
        true_downbeats = beats[truth["beat_is_downbeat"]]
        scores[f"downbeats, {name} beats, F1"] = float(
            mir_eval.beat.f_measure(true_downbeats, np.maximum(downbeats, 0))
        )
        scores[f"meter, {name} beats"] = float(grid.signatures[0] == tuple(truth["time_signatures"][0, 1:]))
    has_staff = matched & (truth["staff"] > 0)
    if has_staff.any():
        split = np.where(truth["pitch"] < MIDDLE_C, 2, 1)
        scores["hands, split at middle C"] = _share(split == truth["staff"], has_staff)
        scores["hands"] = _share(np.array(split_hands(notes)) == truth["staff"], has_staff)
    key = estimate_key(notes)
    scores["key"] = float((key.fifths - int(truth["key_signatures"][0, 1])) % 12 == 0)
    spelled = [(STEPS.index(s.step), s.alter, s.octave) for s in spell_pitches(notes, key)]
    written = np.column_stack([truth[name] for name in ("step", "alter", "octave")])
    scores["spelling"] = _share((np.array(spelled) == written).all(axis=1), matched & (truth["step"] >= 0))
    return scores | _score_rhythm(notes, truth, matched)


def _score_rhythm(notes: list[Note], truth: dict[str, NDArray[Any]], matched: NDArray[np.bool_]) -> dict[str, float]:
    """Positions and values with annotated beats, where these are evenly spaced in the score."""
    beats, quarters = truth["beat_time_sec"], truth["beat_quarter"]
    units = np.diff(quarters)
    if not np.allclose(units, units[0], equal_nan=False):
        return {}
    inside = (truth["onset_sec"] >= beats[0]) & (truth["onset_sec"] <= beats[-1])
    chosen = [note for note, is_inside in zip(notes, inside, strict=True) if is_inside]
    unit = Fraction(float(units[0])).limit_denominator(8)
    chords = group_notes(np.array([note.onset_sec for note in chosen]))
    chord_places = snap_onsets(chords.times_sec, beats, division_costs(unit, "auto"))
    places = [chord_places[chord] for chord in chords.chord_of]
    lengths = measure_durations(chosen, places, beats)
    spans = [Span(place * unit, length * unit) for place, length in zip(places, lengths, strict=True)]
    staffs = split_hands(chosen)
    final = trim_durations(spans, staffs, separate_voices(chosen, spans, staffs))
    counted = (matched & ~truth["grace"])[inside]
    position = np.array([float(span.onset_quarter) for span in final]) + quarters[0]
    value = np.array([float(span.duration_quarter) for span in final])
    same_position = np.abs(position - truth["score_onset_quarter"][inside]) < SAME_QUARTER
    same_value = np.abs(value - truth["score_duration_quarter"][inside]) < SAME_QUARTER
    return {"rhythm, position": _share(same_position, counted), "rhythm, value": _share(same_value, counted)}


def _share(right: NDArray[np.bool_], counted: NDArray[np.bool_]) -> float:
    return float(right[counted].mean())


if __name__ == "__main__":
    sys.exit(main())
