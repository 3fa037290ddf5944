"""Segments over a recording, and what comes back from the graphs, with a hand-made model."""

import asyncio
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ottava.datatypes import Tensors
from ottava.listening.activations import (
    Intervals,
    Plan,
    Segment,
    compute_attributes,
    compute_bernoulli_mean,
    compute_segment,
    plan_segments,
)
from ottava.models import Graph, Model, Setting, Tensor

N_FRAMES = 10
SCORE = Graph("", 0, "", (Tensor("hidden", (15, 2, 4)), Tensor("frames", (N_FRAMES,))), ())
MODEL = Model("m", 44100, 705600, {"balanced": Setting(14.0, "core")}, "balanced", "", "", "", {"score": SCORE})
PLACES = np.zeros((3, 5, 4), np.float32)


@pytest.mark.parametrize("seconds", [0.5, 3, 11.9, 12.1, 30, 60, 600, 3601.7])
def test_segments_lie_evenly_over_a_recording(seconds: float) -> None:
    n_samples = round(seconds * 44100)
    plan = plan_segments(n_samples, MODEL, 14.0)
    hop = plan.hop_frames * 1024
    assert set(np.diff(plan.begin_samples)) <= {hop}
    assert hop < 14 * 44100 + 1024
    assert len(plan.begin_samples) == max(0, np.ceil((seconds + 1 - 16) / 14)) + 1, "as few as will do"
    before = -plan.begin_samples[0]
    after = plan.begin_samples[-1] + 705600 - n_samples
    assert min(before, after) >= 0.5 * 44100 - 1, "the ends are heard with something around them"
    assert abs(after - before) <= 1
    assert plan.first_frame == before // 1024
    assert (plan.hop_sec, plan.last_frame) == (hop / 44100, 689)


@pytest.mark.parametrize("seconds", [0.5, 3, 11.9, 12.1, 30, 60, 600, 3601.7])
def test_segments_at_eight_seconds_are_those_of_transkun(seconds: float) -> None:
    n_samples = round(seconds * 44100)
    plan = plan_segments(n_samples, MODEL, 8.0)
    # Its own: 8 s of nothing before, hops of 345 frames; segments with nothing of the recording are left out here.
    begins = range(-352800, n_samples, 345 * 1024)
    assert plan == Plan(tuple(begins), 345, 345 * 1024 / 44100, 344, 689)


def test_a_short_recording_lies_in_the_middle_of_its_segment() -> None:
    plan = plan_segments(5 * 44100, MODEL, 14.0)
    assert plan == Plan((-242550,), 453, 453 * 1024 / 44100, 236, 689)


def hear_segment(samples: NDArray[np.float32], begin_sample: int) -> tuple[Segment, list[str], list[tuple[int, int]]]:
    """Hear a segment with a model that gives every call of "score" one interval (track 1, frames 2 to 5)."""
    calls, reads = [], []

    async def read(first: int, last: int) -> NDArray[np.float32]:
        reads.append((first, last))
        return samples[first:last]

    async def run(graph: str, tensors: Tensors) -> dict[str, NDArray[Any]]:
        calls.append(graph)
        if graph == "core":
            assert tensors["features"].shape == (1, 6, 691, 229)
            assert tensors["places"] is PLACES
            return {"hidden": np.zeros((90, 2, 4), np.float32)}
        assert tensors["hidden"].shape == (15, 2, 4)
        assert tensors["frames"].tolist() == list(range(N_FRAMES))
        index = np.array([(1 * N_FRAMES + 5) * N_FRAMES + 2], np.int64)
        return {"index": index, "score": np.ones(1, np.float32), "single": np.zeros((15, N_FRAMES), np.float32)}

    return asyncio.run(compute_segment(read, len(samples), begin_sample, 0.0, PLACES, MODEL, run)), calls, reads


def test_intervals_of_all_calls_are_joined_with_their_tracks() -> None:
    segment, calls, reads = hear_segment(np.full(44100, 0.1, np.float32), -88200)
    assert calls == ["core"] + ["score"] * 6
    assert reads == [(0, 44100)], "nothing beyond the recording is asked for"
    assert segment.candidates.track.tolist() == [1, 16, 31, 46, 61, 76]
    assert segment.candidates.begin.tolist() == [2] * 6
    assert segment.candidates.end.tolist() == [5] * 6
    assert segment.single.shape == (90, N_FRAMES)
    assert segment.begin_sec == -2.0
    assert segment.peak == pytest.approx(0.1)


def test_silence_is_not_given_to_the_model() -> None:
    for begin_sample in (0, 100 * 44100):
        segment, calls, _ = hear_segment(np.zeros(44100, np.float32), begin_sample)
        assert calls == []
        assert len(segment.candidates.track) == len(segment.single) == 0


def test_attributes_are_read_from_their_logits() -> None:
    async def run(graph: str, tensors: Tensors) -> dict[str, NDArray[Any]]:
        assert graph == "attributes"
        velocity = np.zeros((64, 128), np.float32)
        velocity[[0, 1], [64, 127]] = 1
        refinement = np.zeros((64, 4), np.float32)
        refinement[:2] = [[0, 900, 1, -1], [-900, 0, -1, 1]]
        return {"velocity": velocity, "refinement": refinement}

    one = np.array([3, 4])
    intervals = Intervals(one, one, one, np.ones(2, np.float32))
    attributes = asyncio.run(compute_attributes(np.zeros((90, 2, 4), np.float32), intervals, run))
    assert attributes.velocity.tolist() == [64, 127]
    np.testing.assert_allclose(attributes.refinement, [[0, 0.5], [-0.5, 0]], atol=1e-9)
    assert attributes.present.tolist() == [[True, False], [False, True]]


def test_each_interval_is_asked_for_by_the_states_of_its_ends() -> None:
    hidden = np.arange(90 * 88, dtype=np.float32).reshape(90, 88, 1)

    async def run(graph: str, tensors: Tensors) -> dict[str, NDArray[Any]]:
        assert {name: tensor.shape for name, tensor in tensors.items()} == {
            "first": (64, 1), "first_phase": (64, 8), "last": (64, 1), "last_phase": (64, 8)
        }  # fmt: skip
        # As velocity comes back which frame of the 704 the end is in, as far as it fits.
        frame = tensors["last"][:, 0] % 88 * 8 + tensors["last_phase"].argmax(1)
        return {"velocity": np.eye(704)[frame.astype(int)], "refinement": np.zeros((64, 4), np.float32)}

    track, begin = np.arange(150) % 90, np.arange(150) * 4
    intervals = Intervals(track, begin, begin + 33, np.ones(150, np.float32))
    attributes = asyncio.run(compute_attributes(hidden, intervals, run))
    assert attributes.velocity.tolist() == (begin + 33).tolist()
    assert attributes.refinement.shape == attributes.present.shape == (150, 2)


def test_no_interval_needs_no_model() -> None:
    async def run(graph: str, tensors: Tensors) -> dict[str, NDArray[Any]]:
        raise AssertionError

    none = np.zeros(0, np.int64)
    attributes = asyncio.run(
        compute_attributes(np.zeros((0, 0), np.float32), Intervals(none, none, none, np.zeros(0, np.float32)), run)
    )
    assert attributes.refinement.shape == attributes.present.shape == (0, 2)


def test_bernoulli_mean_is_the_mean_of_the_density() -> None:
    x = np.linspace(0, 1, 100_001)
    logits = np.array([-40.0, -2.0, -5e-4, 0.0, 2e-3, 3.0])
    for logit, mean in zip(logits, compute_bernoulli_mean(logits), strict=True):
        density = np.exp(logit * (x - 1)) if logit > 0 else np.exp(logit * x)
        assert mean == pytest.approx(np.trapezoid(x * density) / np.trapezoid(density), abs=1e-6)
