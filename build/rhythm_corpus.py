"""Performances whose score is known, as the rhythm network is taught with them.

Source: data/train (ASAP and (n)ASAP, CC BY-NC-SA 4.0). Each window is heard differently every time: tempo and rubato,
transposition, touch, notes that a transcription would miss or invent.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ottava.chords import N_FEATURES, Floats, compute_chord_features, group_notes
from ottava.datatypes import IntArray
from ottava.rhythm_classes import METERS, N_BAR_BEATS, PHASES, STEPS

UNKNOWN = -1  # a label that is not learned from
ELSEWHERE, UNWRITTEN = len(PHASES), len(PHASES) + 1
SAME_BEATS = 0.02  # positions are float32 beats
LABELS = ("beat", "downbeat", "phase", "meter", "bar", "step")


@dataclass(frozen=True)
class Taught:
    """A performance and what its notes are in the score; arrays of shape (n_notes,) unless said otherwise.

    ``place`` counts annotated beats (NaN unknown); ``chord_begin`` (n_chords + 1,) first notes of chords.
    """

    name: str
    piece: str
    composer: str
    fold: int
    onset: Floats
    offset: Floats
    pitch: IntArray
    velocity: Floats
    pedals_sec: Floats
    place: Floats
    is_unwritten: NDArray[np.bool_]
    period_sec: Floats
    meter: IntArray
    bar_beat: IntArray
    chord_begin: IntArray
    beats_sec: Floats
    is_downbeat: NDArray[np.bool_]
    time_signatures: IntArray


def read_corpus(folder: Path, folds: Sequence[int]) -> list[Taught]:
    """All performances of some folds."""
    with (folder / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if int(row["fold"]) in folds]
    return [read_performance(folder, row) for row in rows]


def read_performance(folder: Path, row: dict[str, str]) -> Taught:
    """One performance; ``row`` of index.csv."""
    truth = dict(np.load(folder / row["file"]))
    onset = truth["onset_sec"].astype(np.float64)
    beats, is_downbeat = truth["beat_time_sec"], truth["beat_is_downbeat"]
    place = place_notes(truth)
    # The beat that a note belongs to: by the score where it is known, else by time.
    by_time = np.searchsorted(beats, onset + 0.02, side="right") - 1
    beat = np.where(np.isnan(place), by_time, np.floor(np.nan_to_num(place) + 1e-3)).astype(np.int64)
    is_inside = (beat >= 0) & (beat < len(beats) - 1)
    beat = np.clip(beat, 0, len(beats) - 2)
    gaps = np.diff(beats)
    smooth = np.array([np.median(gaps[max(0, i - 1) : i + 2]) for i in range(len(gaps))])
    signatures = truth["time_signatures"]
    meters = np.array([METERS.index((n, d)) if (n, d) in METERS else len(METERS) for _, n, d in signatures.tolist()])
    in_force = np.clip(np.searchsorted(signatures[:, 0], beat, side="right") - 1, 0, None)
    last_downbeat = np.maximum.accumulate(np.where(is_downbeat, np.arange(len(beats)), -1))
    bar_beat = np.where(last_downbeat[beat] >= 0, np.minimum(beat - last_downbeat[beat], N_BAR_BEATS - 1), UNKNOWN)
    pressed = np.concatenate([[False], truth["pedal_value"] >= 64, [False]]).astype(np.int8)
    edges = np.append(truth["pedal_time_sec"], onset.max() + 10)
    turns = np.diff(pressed)
    return Taught(
        name=row["file"], piece=f"{row['composer']} {row['piece']}", composer=row["composer"], fold=int(row["fold"]),
        onset=onset,
        offset=np.maximum(truth["offset_sec"].astype(np.float64), onset + 0.01),
        pitch=truth["pitch"].astype(np.int64),
        velocity=truth["velocity"].astype(np.float64),
        pedals_sec=np.stack([edges[turns > 0], edges[turns < 0]], axis=1),
        place=place,
        is_unwritten=(~truth["matched"] | truth["grace"]) & is_inside,
        period_sec=np.where(is_inside, smooth[beat], np.nan),
        meter=np.where(is_inside, meters[in_force], UNKNOWN),
        bar_beat=np.where(is_inside, bar_beat, UNKNOWN),
        chord_begin=np.searchsorted(chord_of := group_notes(onset).chord_of, np.arange(chord_of[-1] + 2)),
        beats_sec=beats, is_downbeat=is_downbeat, time_signatures=signatures,
    )  # fmt: skip


def place_notes(truth: dict[str, NDArray[np.float64]]) -> Floats:
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


@dataclass(frozen=True)
class Window:
    """Some neighbouring chords; features (n, N_FEATURES), times_sec and each of `LABELS` (n,)."""

    features: NDArray[np.float32]
    times_sec: NDArray[np.float32]
    labels: dict[str, IntArray]
    period_log2_sec: NDArray[np.float32]


def draw_window(taught: Taught, n_chords: int, rng: np.random.Generator) -> Window:
    """Some chords from anywhere in a performance, played a little differently."""
    # What is dropped, invented and cut off at the ends makes them more or fewer: take some more, and cut.
    total = len(taught.chord_begin) - 1
    begin = int(rng.integers(0, max(1, total - n_chords + 1)))
    chosen = slice(taught.chord_begin[begin], taught.chord_begin[min(total, begin + n_chords + n_chords // 8)])
    onset, offset = taught.onset[chosen].copy(), taught.offset[chosen].copy()
    pitch, velocity = taught.pitch[chosen].copy(), taught.velocity[chosen].copy()
    place, unwritten = taught.place[chosen], taught.is_unwritten[chosen]
    others = np.stack([taught.meter[chosen], taught.bar_beat[chosen]], axis=1)
    pedals = taught.pedals_sec
    pedals = pedals[(pedals[:, 1] > onset[0]) & (pedals[:, 0] < onset[-1] + 1)]

    knots_sec, knots = _draw_tempo(onset[0], offset.max() + 1, rng)
    slope = np.diff(knots) / np.diff(knots_sec)
    period = taught.period_sec[chosen] * slope[np.clip(np.searchsorted(knots_sec, onset) - 1, 0, len(slope) - 1)]
    length = np.interp(offset, knots_sec, knots)
    onset = np.interp(onset, knots_sec, knots)
    length = (length - onset) * 2 ** (rng.uniform(-0.5, 0.5) + rng.normal(0, 0.15, len(onset)))
    onset = onset + rng.normal(0, rng.uniform(0, 0.008), len(onset))
    pedals = np.interp(pedals, knots_sec, knots) + rng.normal(0, 0.02, pedals.shape)
    pitch = pitch + int(rng.integers(-5, 7))
    velocity = (velocity - 64) * rng.uniform(0.6, 1.3) + 64 + rng.uniform(-16, 16) + rng.normal(0, 3, len(onset))

    if rng.random() < 0.5:
        keep = rng.random(len(onset)) >= rng.uniform(0, 0.1)
        keep[0] = True
        onset, length, pitch, velocity, period = (a[keep] for a in (onset, length, pitch, velocity, period))
        place, unwritten, others = place[keep], unwritten[keep], others[keep]
    if rng.random() < 0.5:
        wrong = rng.integers(0, len(onset), int(rng.uniform(0, 0.05) * len(onset)))
        # Octaves and twelfths that were only partials, notes struck twice, notes that nobody played.
        late = np.where(rng.random(len(wrong)) < 0.5, rng.normal(0, 0.02, len(wrong)), rng.uniform(0, 1, len(wrong)))
        onset = np.concatenate([onset, onset[wrong] + np.maximum(late, onset[0] - onset[wrong])])
        length = np.concatenate([length, rng.uniform(0.03, 0.3, len(wrong))])
        pitch = np.concatenate([pitch, pitch[wrong] + rng.choice([-12, 12, 19, 24, 0, 1, 7], len(wrong))])
        velocity = np.concatenate([velocity, velocity[wrong] * rng.uniform(0.3, 0.8, len(wrong))])
        place = np.concatenate([place, np.full(len(wrong), np.nan)])
        unwritten = np.concatenate([unwritten, np.ones(len(wrong), np.bool_)])
        period, others = np.concatenate([period, period[wrong]]), np.concatenate([others, others[wrong]])

    order = np.argsort(onset, kind="stable")
    chords = group_notes(onset[order])
    features = compute_chord_features(
        chords, length[order], pitch[order], np.clip(velocity[order], 1, 127), None if rng.random() < 0.25 else pedals
    )
    first = np.searchsorted(chords.chord_of, np.arange(len(chords.times_sec)))
    labels = label_chords(chords.chord_of, place[order], unwritten[order])
    labels["meter"], labels["bar"] = others[order][first].T
    # A chord that is not the beat's own has the bar's beat of its notes all the same.
    is_beat = labels["beat"] == 1
    labels["downbeat"] = np.where(is_beat & (labels["bar"] >= 0), labels["bar"] == 0, UNKNOWN)
    count = slice(0, n_chords)
    with np.errstate(invalid="ignore"):
        period_log2 = np.log2(period[order][first][count]).astype(np.float32)
    return Window(features[count], (chords.times_sec - chords.times_sec[0])[count].astype(np.float32),
                  {name: labels[name][count] for name in LABELS}, period_log2)


def label_chords(chord_of: IntArray, place: Floats, unwritten: NDArray[np.bool_]) -> dict[str, IntArray]:
    """Labels "beat", "phase" and "step" of chords, by the earliest place that one of its notes has in the score."""
    n_chords = int(chord_of[-1]) + 1
    places = np.full(n_chords, np.inf)
    np.minimum.at(places, chord_of, np.where(np.isnan(place), np.inf, place))
    known = np.isfinite(places)
    all_unwritten = np.bincount(chord_of, unwritten) == np.bincount(chord_of)
    phase_of = np.where(known, places, 0) % 1.0
    phase = _nearest(np.where(phase_of > 1 - SAME_BEATS, 0.0, phase_of), PHASES)
    phase = np.where(known, phase, np.where(all_unwritten, UNWRITTEN, UNKNOWN))
    step = np.full(n_chords, UNKNOWN)
    # Between two chords that are written; none where the count jumps (a repeat, a slip of the alignment).
    index = np.flatnonzero(known)
    gaps = np.diff(places[index])
    step[index[:-1]] = np.where(gaps > SAME_BEATS, _nearest(gaps, STEPS), UNKNOWN)
    beat = np.where(known, phase == 0, np.where(all_unwritten, 0, UNKNOWN))
    return {"beat": beat, "phase": phase, "step": step}


def _nearest(values: Floats, classes: Sequence[object]) -> IntArray:
    """The class that each value is, or one more than the last."""
    distance = np.abs(values[:, None] - np.array([float(c) for c in classes]))  # type: ignore[arg-type]
    nearest = distance.argmin(axis=1)
    return np.where(distance[np.arange(len(values)), nearest] < SAME_BEATS, nearest, len(classes))


def _draw_tempo(begin_sec: float, end_sec: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A time line to play along: seconds of the performance, and when they come instead."""
    knots_sec = np.arange(begin_sec - 5, end_sec + 8, 3.0)
    tempo = np.full(len(knots_sec) - 1, rng.uniform(-0.5, 0.5))
    if rng.random() < 0.5:
        sway = rng.normal(0, rng.uniform(0, 0.15), len(tempo) + 2)
        tempo = tempo + (sway[:-2] + sway[1:-1] + sway[2:]) / np.sqrt(3)
    return knots_sec, np.concatenate([[0.0], np.cumsum(3.0 * 2**tempo)])


def stack_windows(windows: Sequence[Window], n_chords: int) -> dict[str, NDArray[np.float32] | IntArray]:
    """Windows side by side, filled up to ``n_chords``."""
    n = len(windows)
    batch: dict[str, NDArray[np.float32] | IntArray] = {
        "features": np.zeros((n, n_chords, N_FEATURES), np.float32),
        "times_sec": np.zeros((n, n_chords), np.float32),
        "absent": np.full((n, n_chords), -1e4, np.float32),
        "period": np.full((n, n_chords), np.nan, np.float32),
        **{name: np.full((n, n_chords), UNKNOWN, np.int64) for name in LABELS},
    }
    for index, window in enumerate(windows):
        count = len(window.times_sec)
        batch["features"][index, :count] = window.features
        batch["times_sec"][index, :count] = window.times_sec
        batch["times_sec"][index, count:] = window.times_sec[-1]
        batch["absent"][index, :count] = 0
        batch["period"][index, :count] = window.period_log2_sec
        for name in LABELS:
            batch[name][index, :count] = window.labels[name]
    return batch
