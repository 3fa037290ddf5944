"""Performances whose score is known, as the networks of rhythm are taught with them.

Sources: data/train (ASAP and (n)ASAP, CC BY-NC-SA 4.0) and data/performances, whose licences its index names.
"""

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import Floats, IntArray, Note, Pedal
from ottava.rhythm.bars import METERS, N_BAR_BEATS, smooth_periods
from ottava.rhythm.chords import group_notes
from ottava.rhythm.meter import is_compound, signature_quarters

ROOT = Path(__file__).parents[2]
N_FOLDS = 5
UNKNOWN = -1  # a label that is not learned from
SAME_BEATS = 0.02  # positions are float32 beats
NO_NAME = -99
STEP_PLACES = np.array([0, 2, 4, -1, 1, 3, 5])  # C to B on the line of fifths
EARLY_SEC = 0.02  # that a note may come before its beat
MOST_PERFORMANCES = 3
Batch = dict[str, NDArray[np.float32] | IntArray]


@dataclass(frozen=True)
class Taught:
    """A performance and what its notes are in the score.

    Arrays of notes: ``staff`` is 1, 2 or 0 (unknown), ``place`` counts annotated beats and ``value`` is the written
    length in beats (NaN unknown), ``beat`` is the beat that a note belongs to (-1 outside), ``line`` the place of its
    name on the line of fifths (NO_NAME where unknown), ``fifths`` the signature it stands under. Arrays of beats: their
    time, whether they are downbeats, their period, the index of their meter in METERS, whether they fall into three,
    their number in the bar. ``chord_begin`` (n_chords + 1,): first notes of chords.
    """

    name: str
    piece: str
    composer: str
    fold: int
    onset: Floats
    offset: Floats
    pitch: IntArray
    velocity: Floats
    staff: IntArray
    place: Floats
    value: Floats
    is_unwritten: NDArray[np.bool_]
    beat: IntArray
    line: IntArray
    fifths: IntArray
    chord_begin: IntArray
    pedals_sec: Floats
    beats_sec: Floats
    is_downbeat: NDArray[np.bool_]
    period_sec: Floats
    meter: IntArray
    is_compound: NDArray[np.bool_]
    bar_beat: IntArray


def find_shared() -> Path:
    """The folder of the corpora."""
    return Path(os.environ.get("OTTAVA_SHARED", ROOT.parent / "shared")) / "data"


def read_performances(folds: Sequence[int], *, only_free: bool = False) -> list[Taught]:
    """All performances of some folds, of data/train and data/performances; of the former none is free."""
    shared = find_shared()
    return [*([] if only_free else read_corpus(shared / "train", folds)),
            *read_corpus(shared / "performances", folds, only_free=only_free)]  # fmt: skip


def read_corpus(folder: Path, folds: Sequence[int], *, only_free: bool = False) -> list[Taught]:
    """All performances of some folds, or those of them that are free."""
    with (folder / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if int(row["fold"]) in folds]
    rows = [row for row in rows if not only_free or row.get("is_free") == "1"]
    return [read_performance(folder, row) for row in rows]


def read_performance(folder: Path, row: dict[str, str]) -> Taught:
    """One performance; ``row`` of index.csv."""
    truth: dict[str, NDArray[Any]] = dict(np.load(folder / row["file"]))
    onset = truth["onset_sec"].astype(np.float64)
    beats, is_downbeat = truth["beat_time_sec"], truth["beat_is_downbeat"]
    place = place_notes(truth)
    beat = find_beats(place, onset, beats)
    signatures = truth["time_signatures"]
    meters = np.array([METERS.index((n, d)) if (n, d) in METERS else len(METERS) for _, n, d in signatures.tolist()])
    unit = np.array([float(signature_quarters((n, d))) for _, n, d in signatures.tolist()])
    compound = np.array([is_compound(n) for _, n, _ in signatures.tolist()])
    numbers = np.arange(len(beats))
    in_force = np.clip(np.searchsorted(signatures[:, 0], numbers, side="right") - 1, 0, None)
    last_downbeat = np.maximum.accumulate(np.where(is_downbeat, numbers, -1))
    keys = truth["key_signatures"].astype(np.int64)
    by_time = np.searchsorted(beats, onset + EARLY_SEC, side="right") - 1
    is_named = truth["matched"] & ~truth["suspect"] & (truth["step"] >= 0)
    line = STEP_PLACES[truth["step"]] + 7 * truth["alter"].astype(np.int64)
    # In 11 notes of the corpus the score has another pitch than was played.
    is_named &= (line * 7 - truth["pitch"].astype(np.int64)) % 12 == 0
    pressed = np.concatenate([[False], truth["pedal_value"] >= 64, [False]]).astype(np.int8)
    edges = np.append(truth["pedal_time_sec"], onset.max() + 10)
    turns = np.diff(pressed)
    chord_of = group_notes(onset).chord_of
    return Taught(
        name=row["file"], piece=f"{row['composer']} {row['piece']}", composer=row["composer"], fold=int(row["fold"]),
        onset=onset,
        offset=np.maximum(truth["offset_sec"].astype(np.float64), onset + 0.01),
        pitch=truth["pitch"].astype(np.int64),
        velocity=truth["velocity"].astype(np.float64),
        staff=truth["staff"].astype(np.int64),
        place=place,
        value=truth["score_duration_quarter"] / unit[in_force][beat],
        is_unwritten=np.asarray(~truth["matched"] | truth["grace"], np.bool_) & (beat >= 0),
        beat=beat,
        line=np.where(is_named, line, NO_NAME),
        fifths=keys[np.clip(np.searchsorted(keys[:, 0], by_time, side="right") - 1, 0, None), 1],
        chord_begin=np.searchsorted(chord_of, np.arange(chord_of[-1] + 2)),
        pedals_sec=np.stack([edges[turns > 0], edges[turns < 0]], axis=1),
        beats_sec=beats, is_downbeat=is_downbeat, period_sec=smooth_periods(beats),
        meter=meters[in_force], is_compound=compound[in_force],
        bar_beat=np.where(last_downbeat >= 0, np.minimum(numbers - last_downbeat, N_BAR_BEATS - 1), UNKNOWN),
    )  # fmt: skip


def find_beats(place: Floats, onset_sec: Floats, beats_sec: Floats) -> IntArray:
    """The beat that each note belongs to, by its place where it is known, else by time; -1 outside."""
    by_time = np.searchsorted(beats_sec, onset_sec + EARLY_SEC, side="right") - 1
    beat = np.where(np.isnan(place), by_time, np.floor(np.nan_to_num(place) + 1e-3)).astype(np.int64)
    return np.where((beat >= 0) & (beat < len(beats_sec) - 1), beat, -1)


def list_notes(taught: Taught) -> tuple[list[Note], list[Pedal]]:
    """What is heard of a performance."""
    columns = (array.tolist() for array in (taught.onset, taught.offset, taught.pitch, taught.velocity))
    notes = [Note(*note) for note in zip(*columns, strict=True)]
    return notes, [Pedal(press, release, "sustain") for press, release in taught.pedals_sec.tolist()]


def place_notes(truth: dict[str, NDArray[Any]]) -> Floats:
    """Places of the notes on the count of annotated beats; NaN where the score or the beats do not tell."""
    quarters = truth["beat_quarter"].astype(np.float64)
    known = np.flatnonzero(np.isfinite(quarters))
    score = truth["score_onset_quarter"].astype(np.float64)
    place = np.full(len(score), np.nan)
    usable = np.asarray(truth["matched"] & ~truth["suspect"] & ~truth["grace"] & np.isfinite(score), np.bool_)
    if len(known) < 2:
        return place
    at = np.searchsorted(quarters[known], score[usable] + 1e-3, side="right") - 1
    left = np.clip(at, 0, len(known) - 2)
    begin, width = quarters[known][left], np.diff(quarters[known])[left]
    fits = (at >= 0) & (at < len(known) - 1) & (np.diff(known)[left] == 1) & (width > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        place[usable] = np.where(fits, known[left] + (score[usable] - begin) / width, np.nan)
    return place


def weigh_performances(corpus: Sequence[Taught]) -> Floats:
    """Chance of each performance to be drawn: by its length, of no piece more than of a few performances."""
    names = [taught.piece for taught in corpus]
    weights = np.array(
        [len(taught.chord_begin) * min(1.0, MOST_PERFORMANCES / names.count(taught.piece)) for taught in corpus]
    )
    return np.asarray(weights / weights.sum())


def find_nearest(values: Floats, classes: Sequence[Fraction], within: float = SAME_BEATS) -> IntArray:
    """The class that each value is, or one more than the last."""
    known = np.array([float(c) for c in classes])
    distance = np.abs(values[:, None] - known)
    nearest = distance.argmin(axis=1)
    return np.where(distance[np.arange(len(values)), nearest] < within, nearest, len(classes))


@dataclass(frozen=True)
class Window:
    """Some neighbouring chords; features (n, n_features), coordinates (n, n_coordinates), labels (n,)."""

    features: NDArray[np.float32]
    coordinates: NDArray[np.float32]
    labels: dict[str, IntArray | NDArray[np.float32]]


def stack_windows(windows: Sequence[Window], n_tokens: int) -> Batch:
    """Windows side by side, filled up to ``n_tokens``: of what is absent no label is known."""
    n, example = len(windows), windows[0]
    batch: dict[str, NDArray[Any]] = {
        "features": np.zeros((n, n_tokens, example.features.shape[1]), np.float32),
        "coordinates": np.zeros((n, n_tokens, example.coordinates.shape[1]), np.float32),
        "absent": np.full((n, n_tokens), -1e4, np.float32),
    }
    for name, label in example.labels.items():
        empty = np.nan if label.dtype == np.float32 else UNKNOWN
        batch[name] = np.full((n, n_tokens), empty, np.float32 if label.dtype == np.float32 else np.int64)
    for index, window in enumerate(windows):
        count = len(window.features)
        batch["features"][index, :count] = window.features
        batch["coordinates"][index, :count] = window.coordinates
        batch["coordinates"][index, count:] = window.coordinates[-1]
        batch["absent"][index, :count] = 0
        for name, label in window.labels.items():
            batch[name][index, :count] = label
    return batch
