"""Performances made by hand, for tests."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from ottava.datatypes import (
    HIGHEST_PITCH,
    LOWEST_PITCH,
    Choices,
    Correction,
    Note,
    Pedal,
    Performance,
    Result,
    Spelling,
    Tensors,
)
from ottava.files.midi import LONGEST_SEC
from ottava.files.project import make_choices
from ottava.notation import hands, names, values
from ottava.pipeline import notate
from ottava.rhythm import bars, quantizing, score_time

# C major scale down and up over held chords: (quarter, length, pitch).
Written = tuple[float, float, int]
WALTZ: list[Written] = [
    note
    for bar, (bass, tune) in enumerate(zip((48, 43, 45, 41, 43, 48) * 2, (72, 71, 69, 72, 74, 76) * 2, strict=True))
    for note in [
        (3 * bar, 1.0, bass - 12),
        (3 * bar + 1, 1.0, bass + 4),
        (3 * bar + 1, 1.0, bass + 7),
        (3 * bar + 2, 1.0, bass + 4),
        (3 * bar + 2, 1.0, bass + 7),
        (3 * bar, 2.0, tune),
        (3 * bar + 2, 0.5, tune + 2),
        (3 * bar + 2.5, 0.5, tune),
    ]
]


def perform(written: Sequence[Written], bpm: float = 100.0, unevenness_sec: float = 0.0, seed: int = 0) -> Performance:
    """Play written notes half a second into the recording; keys are lifted at nine tenths of their length."""
    random = Random(seed)
    notes = []
    for quarter, length, pitch in written:
        onset = 0.5 + quarter * 60 / bpm + random.gauss(0, unevenness_sec)
        notes.append(Note(onset, onset + 0.9 * length * 60 / bpm, pitch, 64))
    return Performance(tuple(sorted(notes, key=lambda note: (note.onset_sec, note.pitch))), (), "hand-made")


@st.composite
def performances(draw: st.DrawFn) -> Performance:
    """Any performance at all, also one that no pianist would play."""
    count = draw(st.integers(1, 40))
    notes = []
    for _ in range(count):
        onset = draw(st.floats(0.0, 20.0, allow_nan=False))
        length = draw(st.floats(0.01, 5.0, allow_nan=False))
        notes.append(Note(onset, onset + length, draw(st.integers(21, 108)), draw(st.integers(1, 127))))
    return Performance(tuple(sorted(notes, key=lambda note: (note.onset_sec, note.pitch))), (), "any")


@st.composite
def extreme_performances(draw: st.DrawFn, longest_sec: float) -> Performance:
    """Hundreds of notes in the least likely order: at one time, on one key, next to nothing or very long, far apart."""
    random = Random(draw(st.integers(0, 2**32 - 1)))
    times = draw(st.sampled_from(("any", "equal", "steady", "dense", "far apart")))
    shortest, longest = draw(st.sampled_from(((-3.0, 1.0), (-6.0, -6.0), (1.0, 2.0))))
    pitches = draw(st.sampled_from((range(LOWEST_PITCH, HIGHEST_PITCH + 1), (60,), (LOWEST_PITCH, HIGHEST_PITCH))))
    far_sec = draw(st.sampled_from((30.0,) * 9 + (longest_sec,)))
    rows = []
    for number in range(draw(st.integers(1, 12 if times == "far apart" else 300))):
        onset_sec = {
            "any": random.uniform(0, 60),
            "equal": random.choice((0.0, 1.0, 1.0, 2.5)),
            "steady": number / 8,
            "dense": random.uniform(0, 0.2),
            "far apart": random.choice((0.0, 0.3, far_sec / 9, far_sec)) + random.random(),
        }[times]
        length_sec = 10 ** random.uniform(shortest, longest)
        rows.append(Note(onset_sec, onset_sec + length_sec, random.choice(pitches), random.randint(1, 127)))
    starts = [random.uniform(0, 60) for _ in range(draw(st.integers(0, 9)))]
    return Performance(
        tuple(sorted(rows, key=lambda note: (note.onset_sec, note.pitch))),
        tuple(Pedal(start, start + 10 ** random.uniform(-3, 2), "sustain") for start in sorted(starts)),
        "extreme",
    )


SECONDS = st.floats(0, 100) | st.sampled_from((0.0, 1e-9, 1.0, LONGEST_SEC - 1))
NAMES = st.none() | st.builds(Spelling, st.sampled_from("CDEFGAB"), st.integers(-2, 2), st.integers(0, 8))
CORRECTIONS = st.builds(
    Correction, st.booleans(), st.none() | st.floats(0, 100), st.none() | st.floats(0, 100),
    st.none() | st.integers(LOWEST_PITCH, HIGHEST_PITCH), st.sampled_from((None, 1, 2)), NAMES, st.booleans(),
)  # fmt: skip
METERS = st.tuples(SECONDS, st.integers(1, 32), st.sampled_from((1, 2, 4, 8, 16, 32)))
KEYS = st.tuples(SECONDS, st.integers(-7, 7), st.sampled_from(("major", "minor")))


@st.composite
def any_choices(draw: st.DrawFn) -> Choices:
    """Whatever `ottava.files.project.make_choices` lets in."""
    beats_sec = draw(st.just(()) | st.sets(SECONDS, min_size=2, max_size=8).map(sorted))
    added = [
        (Note(at, at + length, pitch, 64), Correction(staff=staff, spelling=name, as_heard=as_heard))
        for at, length, pitch, staff, name, as_heard in draw(st.lists(st.tuples(
            st.floats(0, 100), st.sampled_from((1e-6, 1.0, 100.0)), st.integers(LOWEST_PITCH, HIGHEST_PITCH),
            st.sampled_from((None, 1, 2)), NAMES, st.booleans(),
        ), max_size=3))
    ]  # fmt: skip
    return make_choices(
        title=draw(st.none() | st.text(max_size=20)),
        composer=draw(st.none() | st.text(max_size=20)),
        tempo_bpm=draw(st.none() | st.floats(10, 400)),
        tempo_factor=draw(st.sampled_from((None, 0.5, 2, 3, 1 / 3, 1.5, 2 / 3))),
        meters=tuple(sorted(draw(st.lists(METERS, max_size=3)))),
        keys=tuple(sorted(draw(st.lists(KEYS, max_size=3)))),
        downbeats_sec=tuple(sorted(draw(st.sets(SECONDS, max_size=4)))),
        beats_sec=tuple(beats_sec),
        grid=draw(st.sampled_from(("auto", "8", "16", "triplet"))),
        swing=draw(st.sampled_from((None, True, False))),
        beats=draw(st.sampled_from(("model", "dp"))),
        split_pitch=draw(st.none() | st.integers(0, 127)),
        setting=None,
        sensitivity=draw(st.sampled_from((0.0, 0.4, 0.5, 1.0))),
        corrections=draw(st.dictionaries(st.integers(0, 320), CORRECTIONS, max_size=6)),
        added=tuple(added),
    )


def notate_here(
    performance: Performance, duration_sec: float, choices: Choices | None = None, title: str = ""
) -> Result:
    """Notate without a trained model."""
    choices = replace(choices or Choices(), beats="dp")
    return asyncio.run(notate(performance, duration_sec, choices, None, title))


def notate_anyhow(performance: Performance, choices: Choices, seed: int) -> Result:
    """Notate with networks that say anything at all."""
    rng = np.random.default_rng(seed)

    async def run(graph: str, tensors: Tensors) -> dict[str, NDArray[Any]]:
        if graph == "readings":
            return {"outputs": rng.normal(0, 3, (1, 2, tensors["figures"].shape[1]))}
        networks = (score_time, bars, quantizing, values, hands, names)
        sizes = next(of.NETWORK.sizes for of in networks if of.NETWORK.graph == graph)
        return {"outputs": rng.normal(0, 3, (1, tensors["absent"].shape[1], sum(sizes.values())))}

    duration_sec = max(25.0, max(note.offset_sec for note in performance.notes))
    return asyncio.run(notate(performance, duration_sec, choices, run, "Anything"))
