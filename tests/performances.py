"""Performances made by hand, for tests."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from ottava import bars, hands, names, rhythm_classes, values
from ottava.__main__ import run_nothing
from ottava.datatypes import Choices, Note, Performance, Result, Tensors
from ottava.pipeline import notate

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


def notate_here(
    performance: Performance, duration_sec: float, choices: Choices | None = None, title: str = ""
) -> Result:
    """Notate without a trained model."""
    choices = replace(choices or Choices(), beats="dp")
    return asyncio.run(notate(performance, duration_sec, choices, run_nothing, title))


def notate_anyhow(performance: Performance, choices: Choices, seed: int) -> Result:
    """Notate with networks that say anything at all."""
    rng = np.random.default_rng(seed)

    async def run(graph: str, tensors: Tensors) -> dict[str, NDArray[Any]]:
        if graph == "readings":
            return {"outputs": rng.normal(0, 3, tensors["figures"].shape[:2])}
        sizes = {
            "rhythm": rhythm_classes.OUTPUT_SIZES,
            "bars": bars.OUTPUT_SIZES,
            "values": values.OUTPUT_SIZES,
            "hands": hands.OUTPUT_SIZES,
            "names": names.OUTPUT_SIZES,
        }[graph]
        return {"outputs": rng.normal(0, 3, (1, tensors["absent"].shape[1], sum(sizes.values())))}

    return asyncio.run(notate(performance, 25.0, choices, run, "Anything"))
