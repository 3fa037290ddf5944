"""Listening with a model that hears all there is: the same notes wherever the segments lie, each of them once."""

import asyncio
import json
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ottava import pipeline
from ottava.datatypes import LOWEST_PITCH, Performance
from ottava.listening.activations import (
    FIRST_KEY_TRACK,
    N_TRACKS,
    SOFT_TRACK,
    SUSTAIN_TRACK,
    Attributes,
    Intervals,
    Segment,
)
from ottava.listening.checkpoints import Checkpoint, checkpoint_to_dict, read_checkpoints
from ottava.listening.presses import FRAME_SEC
from ottava.models import Graph, Model, Setting

SAMPLE_RATE, SEGMENT_SAMPLES, N_FRAMES = 44100, 705600, 691
MODEL = Model("m", SAMPLE_RATE, SEGMENT_SAMPLES, {"s": Setting(14.0, "core")}, "s", "", "", "", dict[str, Graph]())
Played = tuple[int, float, float, float]  # track, onset and offset in seconds, score


def listen(
    played: list[Played],
    n_samples: int,
    hop_sec: float,
    begun: Sequence[Checkpoint] = (),
    keep: Callable[[Checkpoint], None] = lambda checkpoint: None,
) -> Performance:
    """Hear what was played with a model that gives each segment the part of it that lies there."""
    seen: dict[tuple[int, int, int], Played] = {}

    def place(sec: float, begin_sample: int) -> int:
        return round((sec - begin_sample / SAMPLE_RATE) / FRAME_SEC)

    async def compute_segment(_read: Any, _n: int, begin_sample: int, *_: Any) -> Segment:
        rows = []
        for note in played:
            track, onset_sec, offset_sec, score = note
            begin, end = place(onset_sec, begin_sample), place(offset_sec, begin_sample)
            if begin < N_FRAMES - 1 and end > 0:
                rows.append((track, max(begin, 0), min(end, N_FRAMES - 1), score))
                seen[(begin_sample, track, max(begin, 0))] = note
        table = np.array(rows, np.float64).reshape(-1, 4)
        track, begin, end = table[:, :3].T.astype(np.int64)
        # The frame of the segment travels where its hidden states would.
        hidden = np.full((1, 1), begin_sample, np.float64)
        single = np.full((N_TRACKS, N_FRAMES), -9, np.float32)
        intervals = Intervals(track, begin, end, table[:, 3].astype(np.float32))
        return Segment(begin_sample / SAMPLE_RATE, 1.0, hidden, intervals, single)  # type: ignore[arg-type]

    async def compute_attributes(hidden: NDArray[np.float64], intervals: Intervals, _run: Any) -> Attributes:
        begin_sample = int(hidden[0, 0])
        refinement: list[NDArray[np.float64]] = []
        present: list[NDArray[np.bool_]] = []
        columns = (intervals.track, intervals.begin, intervals.end)
        for track, begin, end in zip(*(column.tolist() for column in columns), strict=True):
            times_sec = np.array(seen[(begin_sample, track, begin)][1:3]) - begin_sample / SAMPLE_RATE
            exact = times_sec / FRAME_SEC - (begin, end)
            present.append(np.abs(exact) <= 0.5)
            refinement.append(np.where(present[-1], exact, 0.0))
        n = len(refinement)
        return Attributes(
            np.full(n, 70), np.array(refinement).reshape(n, 2), np.array(present, np.bool_).reshape(n, 2)
        )

    async def know_tuning(*_: Any) -> float:
        return 0.0

    async def know_places(*_: Any) -> None:
        return None

    with (
        patch.object(pipeline, "compute_segment", compute_segment),
        patch.object(pipeline, "compute_attributes", compute_attributes),
        patch.object(pipeline, "estimate_tuning", know_tuning),
        patch.object(pipeline, "compute_places", know_places),
    ):
        return asyncio.run(pipeline.listen(_read, n_samples, MODEL, hop_sec, _run, lambda *_: None, begun, keep))


async def _read(first_sample: int, last_sample: int) -> NDArray[np.float32]:
    raise AssertionError("the model is hand-made")


async def _run(graph: str, tensors: Any) -> dict[str, NDArray[Any]]:
    raise AssertionError("the model is hand-made")


@st.composite
def playings(draw: st.DrawFn) -> tuple[list[Played], float]:
    """Notes and pedals of a few tracks, and the seconds they take; a surest note at 8.5 s is always there."""
    played = [(89, 8.5, 9.5, 6.0)]
    for track in draw(st.sets(st.integers(0, 6), max_size=4)):
        sec = draw(st.floats(0.1, 20.0))
        for _ in range(draw(st.integers(0, 8))):
            length = draw(st.one_of(st.floats(0.08, 1.0), st.floats(1.0, 40.0)))
            score = draw(st.sampled_from((5.0, 5.0, 5.0, -1.0)))
            played.append((track, sec, sec + length, score))
            sec += length + draw(st.floats(0.1, 15.0))  # more than the gap that counts as no note
    return played, max(offset for _, _, offset, _ in played) + draw(st.floats(0.05, 5.0))


def expect(played: list[Played], *, above: bool) -> list[tuple[int, float, float]]:
    """Pitch, onset and offset of notes of positive score, or of the others."""
    return sorted(
        (track - FIRST_KEY_TRACK + LOWEST_PITCH, onset, offset)
        for track, onset, offset, score in played
        if track >= FIRST_KEY_TRACK and (score > 0) == above
    )


@given(playings(), st.sampled_from((8.0, 14.0)), st.floats(0, 8))
@settings(max_examples=150, deadline=None)
def test_notes_move_with_the_recording_wherever_its_segments_lie(
    playing: tuple[list[Played], float], hop_sec: float, cut_sec: float
) -> None:
    played, seconds = playing
    cut = [(track, on - cut_sec, off - cut_sec, score) for track, on, off, score in played if on >= cut_sec + 0.1]
    performance = listen(cut, round((seconds - cut_sec) * SAMPLE_RATE), hop_sec)
    heard = sorted((note.pitch, note.onset_sec, note.offset_sec) for note in performance.notes)
    assert heard == [pytest.approx(note, abs=1e-3) for note in expect(cut, above=True)]
    # A possible note over a border is heard as long as its segment shows it: its beginning is what counts.
    possible = sorted((note.pitch, note.onset_sec) for note in performance.possible)
    assert possible == [pytest.approx(note[:2], abs=1e-3) for note in expect(cut, above=False)]
    # Of each pedal in its order: two that are pressed together have none.
    for kind, track in (("sustain", SUSTAIN_TRACK), ("soft", SOFT_TRACK)):
        pressed = [(pedal.onset_sec, pedal.offset_sec) for pedal in performance.pedals if pedal.kind == kind]
        wanted = sorted((on, off) for of, on, off, score in cut if of == track and score > 0)
        assert pressed == [pytest.approx(press, abs=1e-3) for press in wanted]
    for notes in (performance.notes, performance.possible):
        assert all((a.onset_sec, a.pitch) <= (b.onset_sec, b.pitch) for a, b in pairwise(notes))


@given(playings(), st.sampled_from((8.0, 14.0)), st.data())
@settings(max_examples=50, deadline=None)
def test_what_was_broken_off_goes_on_as_if_it_never_had_been(
    playing: tuple[list[Played], float], hop_sec: float, data: st.DataObject
) -> None:
    played, seconds = playing
    n_samples = round(seconds * SAMPLE_RATE)
    kept: list[str] = []
    whole = listen(played, n_samples, hop_sec, keep=lambda one: kept.append(json.dumps(checkpoint_to_dict(one))))
    n_kept = data.draw(st.integers(0, len(kept)))
    begun = read_checkpoints([json.loads(one) for one in kept[:n_kept]])
    assert len(begun) == n_kept
    more: list[Checkpoint] = []
    assert listen(played, n_samples, hop_sec, begun, more.append) == whole
    assert len(more) == len(kept) - n_kept
    # Of another recording or another hop they are of no use.
    more.clear()
    listen(played, n_samples + 1, hop_sec, begun, more.append)
    assert len(more) >= len(kept)


@pytest.mark.parametrize("kept", [None, 5, [{}], [{"presses": 1}], "text"])
def test_checkpoints_that_are_none_are_forgotten(kept: Any) -> None:
    assert read_checkpoints(kept) == ()


@pytest.mark.parametrize("hop_sec", [8.0, 14.0])
def test_a_note_held_across_three_segments_is_one_note(hop_sec: float) -> None:
    performance = listen([(30, 3.0, 47.0, 5.0), (50, 20.0, 21.0, 5.0)], 50 * SAMPLE_RATE, hop_sec)
    assert [(note.pitch, round(note.onset_sec, 3), round(note.offset_sec, 3)) for note in performance.notes] == [
        (49, 3.0, 47.0), (69, 20.0, 21.0),
    ]  # fmt: skip
