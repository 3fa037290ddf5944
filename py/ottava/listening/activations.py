"""What the listening model says about a segment of a recording: which intervals may be notes, and how they sound.

Method: Transkun 2.0.1 (Yan and Duan, ISMIR 2024), in four LiteRT graphs (training/listening/export.py). A track is a
pedal or a key; an interval is a pair of frames of a track, and its score says how much better a note there is than
none. Only scores that are positive or little below leave the model: the others are never part of the best reading of a
track.

Conventions: segments overlap; the first begins before the recording and the last ends after it, so that every moment is
heard with what surrounds it. One segment is held at a time.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import HIGHEST_PITCH, LOWEST_PITCH, IntArray, Read, Run, Tensors
from ottava.listening.audio import HOP_SAMPLES, SILENCE_PEAK, check_finite, compute_features
from ottava.models import Model

SUSTAIN_TRACK, SOFT_TRACK = 0, 1  # then the keys from A0 to C8
FIRST_KEY_TRACK = 2
N_TRACKS = FIRST_KEY_TRACK + HIGHEST_PITCH - LOWEST_PITCH + 1
# Where the tracks lie on the axis of the 59 frequency bands, as the network learned it: pedals by controller number.
TRACK_PLACES = (-64, -67, *range(LOWEST_PITCH, HIGHEST_PITCH + 1))
N_BANDS = 59
N_HIDDEN_FRAMES, UPSAMPLING = 88, 8  # of a segment, and frames in each
INTERVALS_A_CALL = 64  # of the graph "attributes"
# Onset and offset were learned as places in 0..1 with the frame's middle at 0.5 and this many frames across.
REFINEMENT_SCALE = 0.99
# What the first segment shows before the recording and the last after it, at the least. 29 s of nine recordings in two
# segments instead of three: onset F1 .977 both, offset .659 against .653 (bench/results.md, "Equal hops").
MARGIN_SEC = 0.5


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the segments of a recording lie.

    ``begin_samples`` the first sample of each segment, negative before the recording; ``hop_frames`` and ``hop_sec``
    from one to the next; ``first_frame`` the frame of the first segment with which the recording begins; ``last_frame``
    the frame that counts as a segment's last.
    """

    begin_samples: tuple[int, ...]
    hop_frames: int
    hop_sec: float
    first_frame: int
    last_frame: int


@dataclass(frozen=True, slots=True)
class Intervals:
    """Intervals of all tracks, each array of shape (n_intervals,); frames of the segment, begin and end included."""

    track: IntArray
    begin: IntArray
    end: IntArray
    score: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment as the model heard it.

    ``peak`` the largest absolute sample; ``hidden`` shape (90, n_hidden_frames, 256); ``candidates`` all intervals that
    may be notes, those just below the decision too; ``single`` shape (90, n_frames), the score of an interval of only
    that frame.
    """

    begin_sec: float
    peak: float
    hidden: NDArray[np.float32]
    candidates: Intervals
    single: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Attributes:
    """How intervals sound.

    ``velocity`` shape (n_intervals,), 0..127; ``refinement`` shape (n_intervals, 2), onset and offset relative to their
    frames, -0.5..0.5 frames; ``present`` shape (n_intervals, 2), whether onset and offset lie in the segment at all,
    which says something at its borders only.
    """

    velocity: IntArray
    refinement: NDArray[np.float64]
    present: NDArray[np.bool_]


def plan_segments(n_samples: int, model: Model, hop_sec: float) -> Plan:
    """Lay overlapping segments over a recording.

    Where ``hop_sec`` has each moment heard twice, as Transkun does: at that hop, the first beginning before the
    recording by as much as two neighbours overlap, so that its ends are heard twice too. Otherwise at equal hops of at
    most ``hop_sec``, with `MARGIN_SEC` before and after at the least. Transkun keeps to ``hop_sec`` there too, so that
    its last segment may hold little but zeros, in which it hears worse: of the last 5 s of a minute of Debussy it lost
    18 notes of 64 at 14 s (bench/results.md, "Equal hops"). Equal hops of at most 8 s gave other offsets for 7 in 100
    notes than its hop of 8 s.
    """
    most_samples = hop_sec * model.sample_rate
    overlap_samples = model.segment_samples - most_samples
    if overlap_samples >= model.segment_samples / 2:
        padding, hop_frames = math.ceil(overlap_samples), math.ceil(most_samples / HOP_SAMPLES)
        n_hops = math.ceil((n_samples + padding) / (hop_frames * HOP_SAMPLES)) - 1
    else:
        beyond_samples = n_samples + 2 * MARGIN_SEC * model.sample_rate - model.segment_samples
        n_hops = max(0, math.ceil(beyond_samples / most_samples))
        # n segments with margins as wide as their overlap make n + 1 hops of the recording and one segment together.
        hop_samples = min(most_samples, (n_samples + model.segment_samples) / (n_hops + 2))
        hop_frames = math.ceil(hop_samples / HOP_SAMPLES)
        padding = math.ceil((n_hops * hop_frames * HOP_SAMPLES + model.segment_samples - n_samples) / 2)
    return Plan(
        begin_samples=tuple(hop * hop_frames * HOP_SAMPLES - padding for hop in range(n_hops + 1)),
        hop_frames=hop_frames,
        hop_sec=hop_frames * HOP_SAMPLES / model.sample_rate,
        first_frame=padding // HOP_SAMPLES,
        last_frame=round(model.segment_samples / HOP_SAMPLES),
    )


async def compute_places(run: Run) -> NDArray[np.float32]:
    """Compute what the graph "core" adds for each token's place, the same for all segments; runs "places"."""
    times = np.arange(N_HIDDEN_FRAMES + 1)  # one in front, see training/listening/network.py
    tensors = {"grid": _make_grid(times, np.arange(N_BANDS)), "track_grid": _make_grid(times, np.array(TRACK_PLACES))}
    return (await run("places", tensors))["places"]


def _make_grid(times: IntArray, places: IntArray) -> NDArray[np.float32]:
    """Give all pairs as coordinates, shape (n_times, n_places, 2)."""
    return np.stack(np.meshgrid(times, places, indexing="ij"), -1).astype(np.float32)


async def compute_segment(
    read: Read,
    n_samples: int,
    begin_sample: int,
    tuning_cents: float,
    places: NDArray[np.float32],
    model: Model,
    run: Run,
) -> Segment:
    """Hear one segment.

    Parameters
    ----------
    read, n_samples
        The recording.
    begin_sample
        First sample of the segment, see `Plan`.
    tuning_cents
        How far the piano is from A4 = 440 Hz, see `ottava.listening.tuning`.
    places
        See `compute_places`.
    model, run
        The model and the host's call that runs its graphs "core" and "score".

    Raises
    ------
    TranscriptionError
        Samples are not numbers.
    """
    samples = np.zeros(model.segment_samples, np.float32)
    first, last = max(begin_sample, 0), min(begin_sample + model.segment_samples, n_samples)
    if first < last:
        samples[first - begin_sample : last - begin_sample] = await read(first, last)
    check_finite(samples)
    begin_sec, peak = begin_sample / model.sample_rate, float(np.abs(samples).max())
    if peak < SILENCE_PEAK:  # nothing to hear, and the gain normalisation would make a roar of it
        nothing = np.zeros((0, 0), np.float32)
        return Segment(begin_sec, peak, nothing, _join_intervals([]), nothing)
    hidden = (await run("core", {"features": compute_features(samples, tuning_cents), "places": places}))["hidden"]
    tracks_a_call, n_frames = (tensor.shape[0] for tensor in model.graphs["score"].inputs)
    frames = np.arange(n_frames, dtype=np.float32)
    found, singles = [], []
    for first_track in range(0, len(hidden), tracks_a_call):
        tensors: Tensors = {"hidden": hidden[first_track : first_track + tracks_a_call], "frames": frames}
        scores = await run("score", tensors)
        singles.append(scores["single"])
        track, rest = np.divmod(scores["index"].astype(np.int64), n_frames * n_frames)
        end, begin = np.divmod(rest, n_frames)
        found.append(Intervals(track + first_track, begin, end, scores["score"]))
    return Segment(begin_sec, peak, hidden, _join_intervals(found), np.concatenate(singles))


async def compute_attributes(hidden: NDArray[np.float32], intervals: Intervals, run: Run) -> Attributes:
    """Hear how chosen intervals of a segment sound; ``run`` runs the graph "attributes"."""
    if not len(intervals.track):
        return Attributes(np.zeros(0, np.int64), np.zeros((0, 2)), np.zeros((0, 2), np.bool_))
    states = {
        "first": hidden[intervals.track, intervals.begin // UPSAMPLING],
        "first_phase": np.eye(UPSAMPLING, dtype=np.float32)[intervals.begin % UPSAMPLING],
        "last": hidden[intervals.track, intervals.end // UPSAMPLING],
        "last_phase": np.eye(UPSAMPLING, dtype=np.float32)[intervals.end % UPSAMPLING],
    }
    velocities, refinements = [], []
    n_intervals = len(intervals.track)
    for first in range(0, n_intervals, INTERVALS_A_CALL):
        tensors = {name: _fill_up(state[first : first + INTERVALS_A_CALL]) for name, state in states.items()}
        logits = await run("attributes", tensors)
        velocities.append(logits["velocity"].argmax(1).astype(np.int64))
        refinements.append(logits["refinement"])
    refinement = np.concatenate(refinements)[:n_intervals]
    place, presence = refinement[:, :2].astype(np.float64), refinement[:, 2:]
    refined = np.clip((compute_bernoulli_mean(place) - 0.5) / REFINEMENT_SCALE, -0.5, 0.5)
    return Attributes(np.concatenate(velocities)[:n_intervals], refined, presence > 0)


def compute_bernoulli_mean(logit: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the mean of the continuous Bernoulli distribution, 0..1, elementwise.

    References
    ----------
    Loaiza-Ganem and Cunningham, "The continuous Bernoulli", NeurIPS 2019: for the parameter p with the logit
    x = ln(p / (1 - p)), the mean p / (2p - 1) + 1 / ln((1 - p) / p) is 1 / (1 - exp(-x)) - 1 / x. Near 0, where that is
    0 / 0, it is 1/2 + x / 12 but for x cubed / 720.
    """
    small = np.abs(logit) < 1e-3
    x = np.where(small, 1.0, np.clip(logit, -500.0, 500.0))
    return np.where(small, 0.5 + logit / 12, -1 / np.expm1(-x) - 1 / x)


def _fill_up(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Add zeros up to the `INTERVALS_A_CALL` rows that the graph takes."""
    return np.pad(rows, ((0, INTERVALS_A_CALL - len(rows)), (0, 0)))


def _join_intervals(parts: list[Intervals]) -> Intervals:
    """Join lists of intervals, also none."""
    none = np.zeros(0, np.int64)
    empty = Intervals(none, none, none, np.zeros(0, np.float32))
    parts = [empty, *parts]
    return Intervals(
        np.concatenate([part.track for part in parts]),
        np.concatenate([part.begin for part in parts]),
        np.concatenate([part.end for part in parts]),
        np.concatenate([part.score for part in parts]),
    )
