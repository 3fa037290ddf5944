"""Performances whose score is known, as the rhythm network is taught with them.

Source: data/train (ASAP and (n)ASAP, CC BY-NC-SA 4.0). Each window is heard differently every time: tempo and rubato,
transposition, touch, notes that a transcription would miss or invent.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ottava.bars import compute_beat_features, smooth_periods
from ottava.chords import (
    FEATURE_KINDS,
    compute_chord_features,
    group_notes,
)
from ottava.datatypes import Floats, IntArray
from ottava.meter import is_compound, signature_quarters
from ottava.rhythm_classes import METERS, N_BAR_BEATS, PHASES, STEPS

UNKNOWN = -1  # a label that is not learned from
ELSEWHERE, UNWRITTEN = len(PHASES), len(PHASES) + 1
SAME_BEATS = 0.02  # positions are float32 beats
HAND_MIX_CHANCE, MOST_TEMPO_RATIO, LEAST_MIXED_BEATS, MOST_GUESTS = 0.7, 1.8, 16, 20
THIN_CHANCE, THIN_CHORDS, ONLY_BEATS_CHANCE, LEAST_THIN_NOTES = 0.25, 3, 0.25, 50
ONE_HAND_CHANCE, LEAST_HAND = 0.15, 0.25
NO_PEDAL_CHANCE = 0.25
VEIL_CHANCE = 0.15
MOST_PERFORMANCES = 3
SLIP_CHANCE = 0.3
CHORDS_A_BEAT, BAR_VEIL_CHANCE = 3, 0.1
Batch = dict[str, NDArray[np.float32] | IntArray]


@dataclass(frozen=True)
class Taught:
    """A performance and what its notes are in the score.

    Arrays of notes: ``staff`` is 1, 2 or 0 (unknown), ``place`` counts annotated beats and ``value`` is the written
    length in beats (NaN unknown), ``beat`` is the beat that a note belongs to (-1 outside). Arrays of beats: their
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
    chord_begin: IntArray
    pedals_sec: Floats
    beats_sec: Floats
    is_downbeat: NDArray[np.bool_]
    period_sec: Floats
    meter: IntArray
    is_compound: NDArray[np.bool_]
    bar_beat: IntArray


def read_corpus(folder: Path, folds: Sequence[int]) -> list[Taught]:
    """All performances of some folds."""
    with (folder / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if int(row["fold"]) in folds]
    return [read_performance(folder, row) for row in rows]


def read_performance(folder: Path, row: dict[str, str]) -> Taught:
    """One performance; ``row`` of index.csv."""
    truth: dict[str, NDArray[Any]] = dict(np.load(folder / row["file"]))
    onset = truth["onset_sec"].astype(np.float64)
    beats, is_downbeat = truth["beat_time_sec"], truth["beat_is_downbeat"]
    place = place_notes(truth)
    # The beat that a note belongs to: by the score where it is known, else by time.
    by_time = np.searchsorted(beats, onset + 0.02, side="right") - 1
    beat = np.where(np.isnan(place), by_time, np.floor(np.nan_to_num(place) + 1e-3)).astype(np.int64)
    beat = np.where((beat >= 0) & (beat < len(beats) - 1), beat, -1)
    signatures = truth["time_signatures"]
    meters = np.array([METERS.index((n, d)) if (n, d) in METERS else len(METERS) for _, n, d in signatures.tolist()])
    unit = np.array([float(signature_quarters((n, d))) for _, n, d in signatures.tolist()])
    compound = np.array([is_compound(n) for _, n, _ in signatures.tolist()])
    numbers = np.arange(len(beats))
    in_force = np.clip(np.searchsorted(signatures[:, 0], numbers, side="right") - 1, 0, None)
    last_downbeat = np.maximum.accumulate(np.where(is_downbeat, numbers, -1))
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
        chord_begin=np.searchsorted(chord_of, np.arange(chord_of[-1] + 2)),
        pedals_sec=np.stack([edges[turns > 0], edges[turns < 0]], axis=1),
        beats_sec=beats, is_downbeat=is_downbeat, period_sec=smooth_periods(beats),
        meter=meters[in_force], is_compound=compound[in_force],
        bar_beat=np.where(last_downbeat >= 0, np.minimum(numbers - last_downbeat, N_BAR_BEATS - 1), UNKNOWN),
    )  # fmt: skip


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


@dataclass(frozen=True)
class Window:
    """Some neighbouring chords; features (n, n_features), coordinates (n, n_coordinates), labels (n,)."""

    features: NDArray[np.float32]
    coordinates: NDArray[np.float32]
    labels: dict[str, IntArray | NDArray[np.float32]]


@dataclass
class Excerpt:
    """Neighbouring notes on their way to a window; arrays of notes as in `Taught`, ``period`` in seconds."""

    onset: Floats
    offset: Floats
    pitch: IntArray
    velocity: Floats
    staff: IntArray
    place: Floats
    is_unwritten: NDArray[np.bool_]
    beat: IntArray
    period: Floats

    def select(self, chosen: NDArray[np.bool_] | IntArray) -> None:
        """Keep the chosen notes, in the order of their numbers where these are given."""
        for name in vars(self):
            setattr(self, name, getattr(self, name)[chosen])

    def add(self, **others: NDArray[np.generic]) -> None:
        """Add notes."""
        for name, values in others.items():
            setattr(self, name, np.concatenate([getattr(self, name), values]))


def draw_excerpt(
    corpus: Sequence[Taught], index: int, n_chords: int, rng: np.random.Generator, thin_chance: float = 0.0
) -> tuple[Taught, Excerpt, Floats]:
    """Notes from anywhere in a performance, played a little differently, and the presses of the pedal."""
    taught = corpus[index]
    # What is dropped, invented and cut off at the ends makes them more or fewer: take some more.
    total = len(taught.chord_begin) - 1
    is_thin = rng.random() < thin_chance
    n_taken = n_chords * (THIN_CHORDS if is_thin else 1)
    begin = int(rng.integers(0, max(1, total - n_taken + 1)))
    chosen = slice(taught.chord_begin[begin], taught.chord_begin[min(total, begin + n_taken * 5 // 4)])
    excerpt = Excerpt(
        **{name: getattr(taught, name)[chosen].copy() for name in Excerpt.__annotations__ if name != "period"},
        period=np.zeros(chosen.stop - chosen.start),
    )
    if rng.random() < HAND_MIX_CHANCE:
        guests = (corpus[guest] for guest in rng.integers(0, len(corpus), MOST_GUESTS).tolist())
        any(mix_hands(excerpt, taught, guest, rng) for guest in guests)
    if is_thin:
        thin_notes(excerpt, taught, rng)
    if rng.random() < ONE_HAND_CHANCE:
        one_hand = excerpt.staff != int(rng.integers(1, 3))
        if one_hand.mean() > LEAST_HAND:
            excerpt.select(one_hand)
    excerpt.period = np.where(
        excerpt.beat >= 0, taught.period_sec[np.clip(excerpt.beat, 0, len(taught.period_sec) - 1)], np.nan
    )
    pedals = taught.pedals_sec
    pedals = pedals[(pedals[:, 1] > excerpt.onset[0]) & (pedals[:, 0] < excerpt.onset[-1] + 1)]
    pedals = vary_playing(excerpt, pedals, rng)
    vary_transcription(excerpt, rng)
    excerpt.select(np.argsort(excerpt.onset, kind="stable"))
    return taught, excerpt, pedals


def draw_chords(corpus: Sequence[Taught], index: int, rng: np.random.Generator, n_chords: int) -> Window:
    """Chords as the rhythm network hears them."""
    _, excerpt, pedals = draw_excerpt(corpus, index, n_chords, rng, THIN_CHANCE)
    chords = group_notes(excerpt.onset)
    features = compute_chord_features(
        chords, excerpt.offset - excerpt.onset, excerpt.pitch, np.clip(excerpt.velocity, 1, 127),
        None if rng.random() < NO_PEDAL_CHANCE else pedals,
    )  # fmt: skip
    veil_features(features, rng)
    first = np.searchsorted(chords.chord_of, np.arange(len(chords.times_sec)))
    labels = label_chords(chords.chord_of, excerpt.place, excerpt.is_unwritten)
    count = slice(0, n_chords)
    with np.errstate(invalid="ignore"):
        labels["period"] = np.log2(excerpt.period[first]).astype(np.float32)
    coordinates = np.stack([chords.times_sec - chords.times_sec[0], np.arange(len(features))], axis=1)
    return Window(features[count], coordinates[count].astype(np.float32),
                  {name: label[count] for name, label in labels.items()})


def draw_bars(corpus: Sequence[Taught], index: int, rng: np.random.Generator, n_beats: int) -> Window:
    """Beats as the network of bars sees them; the count of beats slips now and then."""
    taught, excerpt, pedals = draw_excerpt(corpus, index, n_beats * CHORDS_A_BEAT, rng)
    # Pedals and releases where the notes are, on the count of beats.
    known = np.isfinite(excerpt.place)
    if np.unique(excerpt.onset[known]).size < 2:
        return draw_bars(corpus, int(rng.integers(len(corpus))), rng, n_beats)
    excerpt.select(known)
    order = np.argsort(excerpt.onset, kind="stable")
    pressed = np.interp(pedals[:, 0], excerpt.onset[order], excerpt.place[order])
    place, length = excerpt.place, (excerpt.offset - excerpt.onset) / excerpt.period
    first = float(np.floor(place.min() + SAME_BEATS))
    place, pressed = place - first, pressed - first
    count = int(place.max() + SAME_BEATS) + 1
    number = np.arange(count) + int(first)
    period = np.interp(np.arange(count), np.sort(place), excerpt.period[np.argsort(place)])
    if rng.random() < SLIP_CHANCE and count > 8:
        # A beat too many or too few in the middle.
        at = int(rng.integers(4, count - 4))
        if rng.random() < 0.5:
            place, pressed = place + (place >= at), pressed + (pressed >= at)
            number, period = np.insert(number, at, -1), np.insert(period, at, period[at])
        else:
            gone = (place >= at) & (place < at + 1)
            place, length = place[~gone] - (place[~gone] >= at), length[~gone]
            excerpt.select(~gone)
            pressed = pressed - (pressed >= at)
            number, period = np.delete(number, at), np.delete(period, at)
    features = compute_beat_features(
        place, length, excerpt.pitch, np.clip(excerpt.velocity, 1, 127),
        pressed[:0] if rng.random() < NO_PEDAL_CHANCE else pressed, period,
    )  # fmt: skip
    features += rng.normal(0, 0.05, features.shape).astype(np.float32)
    features[:, rng.random(features.shape[1]) < BAR_VEIL_CHANCE] = 0
    is_known = (number >= 0) & (number < len(taught.beats_sec) - 1)
    labels = {
        "downbeat": np.where(is_known, taught.is_downbeat[number], UNKNOWN),
        "bar": np.where(is_known, taught.bar_beat[number], UNKNOWN),
        "meter": np.where(is_known, taught.meter[number], UNKNOWN),
    }
    cut = slice(0, n_beats)
    coordinates = np.arange(len(number), dtype=np.float32)[:, None]
    return Window(features[cut], coordinates[cut], {name: label[cut] for name, label in labels.items()})


def mix_hands(excerpt: Excerpt, taught: Taught, other: Taught, rng: np.random.Generator) -> bool:
    """Let another piece of the same meter play one of the hands, bar over bar, in this one's tempo.

    The corpus has only 166 pieces, and a network soon knows them by heart. Gives whether the two go together.
    """
    inside = excerpt.beat[excerpt.beat >= 0]
    if not len(inside) or other.piece == taught.piece:
        return False
    begins = np.flatnonzero(taught.is_downbeat[inside[0] : inside[-1]])
    starts = np.flatnonzero(other.is_downbeat)
    if not len(begins) or not len(starts):
        return False
    begin, n_beats = inside[0] + begins[0], inside[-1] - inside[0] - begins[0]
    start = int(rng.choice(starts))
    n_beats = int(min(n_beats, len(other.beats_sec) - 1 - start))
    here, there = slice(begin, begin + n_beats), slice(start, start + n_beats)
    if (n_beats < LEAST_MIXED_BEATS or (taught.meter[here] != other.meter[there]).any()
            or (taught.is_downbeat[here] != other.is_downbeat[there]).any()):
        return False
    ratio = np.median(np.diff(taught.beats_sec[here])) / np.median(np.diff(other.beats_sec[there]))
    if not 1 / MOST_TEMPO_RATIO < ratio < MOST_TEMPO_RATIO:
        return False
    hand = int(rng.integers(1, 3))
    # When the other one plays, in its own beats: with all that it does to time between them.
    numbers = np.arange(len(other.beats_sec))
    guest = (other.beat >= start) & (other.beat < start + n_beats) & (other.staff == hand)
    moment = np.interp(other.onset[guest], other.beats_sec, numbers) - start + begin
    moment_off = np.interp(other.offset[guest], other.beats_sec, numbers) - start + begin
    here_numbers = np.arange(len(taught.beats_sec))
    replaced = (excerpt.beat >= begin) & (excerpt.beat < begin + n_beats) & (excerpt.staff == hand)
    excerpt.select(~replaced)
    onset = np.interp(moment, here_numbers, taught.beats_sec)
    excerpt.add(
        onset=onset,
        offset=np.maximum(np.interp(moment_off, here_numbers, taught.beats_sec), onset + 0.02),
        pitch=other.pitch[guest],
        velocity=other.velocity[guest],
        staff=other.staff[guest],
        place=other.place[guest] - start + begin,
        is_unwritten=other.is_unwritten[guest],
        beat=other.beat[guest] - start + begin,
        period=np.zeros(len(onset)),
    )
    excerpt.select(np.argsort(excerpt.onset, kind="stable"))
    return True


def thin_notes(excerpt: Excerpt, taught: Taught, rng: np.random.Generator) -> None:
    """Leave the notes on the beats and their first divisions: easy music, of which the corpus has little."""
    beat = np.clip(excerpt.beat, 0, len(taught.meter) - 1)
    divisions = np.where(taught.is_compound[beat], 3, 2)
    if rng.random() < ONLY_BEATS_CHANCE:
        divisions[:] = 1
    steps = excerpt.place * divisions
    kept = np.isfinite(steps) & (np.abs(steps - np.round(steps)) < SAME_BEATS)
    if kept.sum() < LEAST_THIN_NOTES:
        return
    excerpt.select(kept)
    # What is left is held up to what follows in its hand, or not.
    share = rng.uniform(0.3, 1.0)
    for staff in (0, 1, 2):
        index = np.flatnonzero(excerpt.staff == staff)
        onset = excerpt.onset[index]
        after = np.append(onset, np.inf)[np.searchsorted(onset, onset + 0.06)]
        gap = np.where(np.isfinite(after), after - onset, 0.0)
        excerpt.offset[index] = np.maximum(excerpt.offset[index], onset + share * gap)


def vary_playing(excerpt: Excerpt, pedals: Floats, rng: np.random.Generator) -> Floats:
    """Another tempo with other rubato, key, touch and dynamics; gives the pedals on the new time line."""
    knots_sec, knots = _draw_tempo(excerpt.onset[0], excerpt.offset.max() + 1, rng)
    slope = np.diff(knots) / np.diff(knots_sec)
    excerpt.period *= slope[np.clip(np.searchsorted(knots_sec, excerpt.onset) - 1, 0, len(slope) - 1)]
    n_notes = len(excerpt.onset)
    onset = np.interp(excerpt.onset, knots_sec, knots)
    length = np.interp(excerpt.offset, knots_sec, knots) - onset
    length *= 2 ** (rng.uniform(-0.5, 0.5) + rng.normal(0, 0.15, n_notes))
    excerpt.onset = onset + rng.normal(0, rng.uniform(0, 0.008), n_notes)
    excerpt.offset = excerpt.onset + length
    excerpt.pitch = excerpt.pitch + int(rng.integers(-5, 7))
    excerpt.velocity = (
        (excerpt.velocity - 64) * rng.uniform(0.6, 1.3) + 64 + rng.uniform(-16, 16) + rng.normal(0, 3, n_notes)
    )
    return np.asarray(np.interp(pedals, knots_sec, knots) + rng.normal(0, 0.02, pedals.shape))


def vary_transcription(excerpt: Excerpt, rng: np.random.Generator) -> None:
    """Miss some notes and invent others, half the time each."""
    if rng.random() < 0.5:
        heard = rng.random(len(excerpt.onset)) >= rng.uniform(0, 0.15)
        heard[0] = True
        excerpt.select(heard)
    if rng.random() < 0.5:
        wrong = rng.integers(0, len(excerpt.onset), int(rng.uniform(0, 0.05) * len(excerpt.onset)))
        # Octaves and twelfths that were only partials, notes struck twice, notes that nobody played.
        late = np.where(rng.random(len(wrong)) < 0.5, rng.normal(0, 0.02, len(wrong)), rng.uniform(0, 1, len(wrong)))
        onset = np.maximum(excerpt.onset[wrong] + late, excerpt.onset[0])
        excerpt.add(
            onset=onset,
            offset=onset + rng.uniform(0.03, 0.3, len(wrong)),
            pitch=excerpt.pitch[wrong] + rng.choice([-12, 12, 19, 24, 0, 1, 7], len(wrong)),
            velocity=excerpt.velocity[wrong] * rng.uniform(0.3, 0.8, len(wrong)),
            staff=excerpt.staff[wrong],
            place=np.full(len(wrong), np.nan),
            is_unwritten=np.ones(len(wrong), np.bool_),
            beat=excerpt.beat[wrong],
            period=excerpt.period[wrong],
        )


def veil_features(features: NDArray[np.float32], rng: np.random.Generator) -> None:
    """Hide one kind of features now and then, and blur all."""
    features += rng.normal(0, 0.05, features.shape).astype(np.float32)
    for kind in FEATURE_KINDS:
        if rng.random() < VEIL_CHANCE:
            features[:, kind] = 0


def label_chords(chord_of: IntArray, place: Floats, unwritten: NDArray[np.bool_]) -> dict[str, IntArray]:
    """Labels "beat", "phase" and "step" of chords, by the earliest place that one of its notes has in the score."""
    n_chords = int(chord_of[-1]) + 1
    places = np.full(n_chords, np.inf)
    np.minimum.at(places, chord_of, np.where(np.isnan(place), np.inf, place))
    known = np.isfinite(places)
    all_unwritten = np.bincount(chord_of, unwritten) == np.bincount(chord_of)
    phase_of = np.where(known, places, 0) % 1.0
    phase = find_nearest(np.where(phase_of > 1 - SAME_BEATS, 0.0, phase_of), PHASES)
    phase = np.where(known, phase, np.where(all_unwritten, UNWRITTEN, UNKNOWN))
    step = np.full(n_chords, UNKNOWN)
    # Between two chords that are written; none where the count jumps (a repeat, a slip of the alignment).
    index = np.flatnonzero(known)
    gaps = np.diff(places[index])
    step[index[:-1]] = np.where(gaps > -SAME_BEATS, find_nearest(gaps, STEPS), UNKNOWN)
    beat = np.where(known, phase == 0, np.where(all_unwritten, 0, UNKNOWN))
    return {"beat": beat, "phase": phase, "step": step}


def find_nearest(values: Floats, classes: Sequence[Fraction], within: float = SAME_BEATS) -> IntArray:
    """The class that each value is, or one more than the last."""
    known = np.array([float(c) for c in classes])
    distance = np.abs(values[:, None] - known)
    nearest = distance.argmin(axis=1)
    return np.where(distance[np.arange(len(values)), nearest] < within, nearest, len(classes))


def weigh_performances(corpus: Sequence[Taught]) -> Floats:
    """Chance of each performance to be drawn: by its length, of no piece more than of a few performances."""
    names = [taught.piece for taught in corpus]
    weights = np.array([
        len(taught.chord_begin) * min(1.0, MOST_PERFORMANCES / names.count(taught.piece)) for taught in corpus
    ])
    return np.asarray(weights / weights.sum())


def _draw_tempo(begin_sec: float, end_sec: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A time line to play along: seconds of the performance, and when they come instead."""
    knots_sec = np.arange(begin_sec - 5, end_sec + 8, 3.0)
    tempo = np.full(len(knots_sec) - 1, rng.uniform(-0.35, 0.35))
    if rng.random() < 0.5:
        sway = rng.normal(0, rng.uniform(0, 0.15), len(tempo) + 2)
        tempo = tempo + (sway[:-2] + sway[1:-1] + sway[2:]) / np.sqrt(3)
    return knots_sec, np.concatenate([[0.0], np.cumsum(3.0 * 2**tempo)])


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
