"""Scores of intervals to notes and pedals: the best reading of each track, and one note where segments overlap.

Method: the semi-Markov conditional random field of Yan, Cwitkowitz and Duan, "Skipping the Frame-Level", NeurIPS 2021,
decoded exactly over the intervals of positive score, and the joining of segments of Transkun 2.0.1. Differs from it: a
press that goes on beyond its segment is kept, heard again or not, where the next segment does not show its beginning;
a note is at least 10 ms long, so that it survives rounding; what is just below the decision is read too, as possible
notes.

Conventions: a press is of a key or a pedal and may still lack its beginning or end; the presses of a track follow
each other. Frames are those of a segment, seconds those of the recording.
"""

from bisect import bisect
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import LOWEST_PITCH, IntArray, Note, Pedal
from ottava.listening.activations import (
    FIRST_KEY_TRACK,
    N_TRACKS,
    SUSTAIN_TRACK,
    Attributes,
    Intervals,
    Plan,
    Segment,
)
from ottava.listening.audio import HOP_SAMPLES, SAMPLE_RATE
from ottava.listening.confidence import compute_confidence

FRAME_SEC = HOP_SAMPLES / SAMPLE_RATE
SHORTEST_SEC = 0.01
LEAST_SCORE = -3.0  # that of training/listening/network.py: intervals of lower score do not leave the model
# A press this near to those before and after it is the gap between them, and no note: 1 of 87 was true, of others 22 %.
GAP_FRAMES = 2


@dataclass(frozen=True, slots=True)
class Press:
    """A key or pedal pressed; without ``has_onset`` it goes on from before its segment.

    Without ``is_settled`` it goes on beyond its segment, and the next one shows all of it and must hear it again.
    """

    track: int
    onset_sec: float
    offset_sec: float
    velocity: int
    score: float
    has_onset: bool
    is_settled: bool = True


def decode_intervals(candidates: Intervals, single: NDArray[np.float32], first_frames: IntArray) -> Intervals:
    """Choose in each track the intervals of the greatest total score that do not overlap.

    Neighbours may share a frame: one ends in it, the next begins, and an interval of only that frame may lie between
    them. Frames between intervals cost nothing.

    Parameters
    ----------
    candidates
        Intervals of at least two frames; only those of positive score can be chosen.
    single
        Shape (n_tracks, n_frames), score of the intervals of one frame.
    first_frames
        Shape (n_tracks,), the frame from which each track is read.

    Returns
    -------
    Intervals
        Ordered by track, then time.
    """
    by_track = _group_by_track(candidates, candidates.score > 0)
    chosen: list[tuple[int, int, int, float]] = []
    for track, row in enumerate(single):
        if track in by_track or (row > 0).any():
            path = _decode_track(by_track[track], row.tolist(), int(first_frames[track]))
            chosen.extend((track, *interval) for interval in path)
    return _make_intervals(chosen)


def find_possible(
    candidates: Intervals, single: NDArray[np.float32], intervals: Intervals, first_frames: IntArray
) -> Intervals:
    """Choose the best intervals of lower score in what chosen intervals leave free of the tracks of keys.

    Parameters
    ----------
    candidates, single, first_frames
        As in `decode_intervals`. A score counts for as much as it is above `LEAST_SCORE`.
    intervals
        The chosen ones.

    Returns
    -------
    Intervals
        Ordered by track, then time; they overlap neither each other nor any of ``intervals`` but those of one frame,
        which `drop_overlapping` sees to.
    """
    by_track = _group_by_track(candidates, (candidates.score <= 0) & (candidates.track >= FIRST_KEY_TRACK))
    taken = _group_by_track(intervals, intervals.track >= FIRST_KEY_TRACK)
    found: list[tuple[int, int, int, float]] = []
    for track in range(FIRST_KEY_TRACK, len(single)):
        # A frame alone is no reason to look: of 1478 possible notes 29 were of one frame, and 5 of them true.
        if track not in by_track:
            continue
        n_taken = np.zeros(single.shape[1] + 1, np.int64)  # of the steps from frame to frame before each frame
        for begin, end, _ in taken[track]:
            n_taken[begin + 1 : end + 1] = 1
        n_taken = np.cumsum(n_taken)
        free = [(b, e, score - LEAST_SCORE) for b, e, score in by_track[track] if n_taken[b] == n_taken[e]]
        path = _decode_track(free, [-1.0] * single.shape[1], int(first_frames[track]))
        path = [(b, e, score) for b, e, score in path if not _fills_gap(b, e, taken[track])]
        found.extend((track, b, e, score + LEAST_SCORE) for b, e, score in path)
    return _make_intervals(found)


def place_presses(intervals: Intervals, attributes: Attributes, segment: Segment, plan: Plan) -> list[Press]:
    """Give intervals of a segment, ordered by track and time, their exact times; ordered by onset."""
    presses: list[Press] = []
    last_track, last_offset_sec = -1, -np.inf
    columns = (
        intervals.track, intervals.begin, intervals.end, intervals.score,
        attributes.velocity, attributes.refinement, attributes.present,
    )  # fmt: skip
    for track, begin, end, score, velocity, (onset, offset), (has_onset, has_offset) in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        if track != last_track:
            last_track, last_offset_sec = track, -np.inf
        onset_sec = max((begin + onset) * FRAME_SEC, last_offset_sec)
        offset_sec = last_offset_sec = max((end + offset) * FRAME_SEC, onset_sec + 1e-8)
        presses.append(
            Press(
                track=track,
                onset_sec=max(onset_sec + segment.begin_sec, 0.0),
                offset_sec=max(offset_sec + segment.begin_sec, 0.0),
                velocity=velocity,
                score=score,
                has_onset=begin > 0 or has_onset,
                is_settled=end < plan.last_frame or has_offset or begin < plan.hop_frames,
            )
        )
    return sorted(presses, key=lambda press: (press.onset_sec, press.offset_sec))


def find_first_frames(intervals: Intervals, attributes: Attributes, plan: Plan) -> IntArray:
    """Find where each track is to be read on in the next segment: from the end of its last press, if that has ended.

    Shape (90,), frames of the next segment.
    """
    ended = (intervals.end < plan.last_frame) | attributes.present[:, 1]
    last_ends = np.zeros(N_TRACKS, np.int64)
    # A later press overwrites an earlier one: intervals are ordered by time within a track.
    for track, end, has_ended in zip(intervals.track.tolist(), intervals.end.tolist(), ended.tolist(), strict=True):
        last_ends[track] = end if has_ended else last_ends[track]
    return np.maximum(last_ends - plan.hop_frames, 0)


def join_presses(last_presses: dict[int, Press], presses: Sequence[Press], until_sec: float) -> list[Press]:
    """Join the presses of a segment to those of the segments before it.

    A press that overlaps the last one of its track is the same one heard again: it replaces it, or prolongs it where
    it has no onset of its own. Any other press without onset began before the recording and is dropped.

    Parameters
    ----------
    last_presses
        The last press of each track so far, by track. It is changed: afterwards it holds those that may still change.
    presses
        The presses of the segment, ordered by onset.
    until_sec
        Where the next segment begins: no press that has ended by then changes any more.

    Returns
    -------
    list
        Presses that will not change.
    """
    finished = []
    for press in presses:
        last = last_presses.get(press.track)
        if last is not None and press.onset_sec < last.offset_sec:
            if not press.has_onset:
                press = replace(last, offset_sec=max(press.offset_sec, last.offset_sec), is_settled=press.is_settled)
            last_presses[press.track] = press
        elif press.has_onset:
            if last is not None:
                finished.append(last)
            last_presses[press.track] = press
    for track, press in list(last_presses.items()):
        # One that is not settled waits for the next of its track: as the last of all it is kept, as Transkun does.
        if press.is_settled and press.offset_sec <= until_sec:
            finished.append(last_presses.pop(track))
    return [press for press in finished if press.is_settled]


def clean_presses(presses: Iterable[Press]) -> list[Press]:
    """Order presses by onset and track, shorten those that reach into the next of their track.

    Parameters
    ----------
    presses
        In any order.

    Returns
    -------
    list
        Presses of at least half of `SHORTEST_SEC` that do not overlap within a track.
    """
    cleaned = []
    next_onset_sec: dict[int, float] = {}
    for press in sorted(presses, key=lambda press: (press.onset_sec, press.offset_sec), reverse=True):
        latest_sec = next_onset_sec.get(press.track, np.inf)
        offset_sec = min(max(press.offset_sec, press.onset_sec + SHORTEST_SEC), latest_sec)
        if offset_sec - press.onset_sec >= SHORTEST_SEC / 2:
            cleaned.append(replace(press, offset_sec=offset_sec))
            next_onset_sec[press.track] = press.onset_sec
    return sorted(cleaned, key=lambda press: (press.onset_sec, press.track))


def drop_overlapping(possible: Iterable[Press], presses: Sequence[Press]) -> list[Press]:
    """Keep those possible presses that overlap no press of their track, and of those that overlap each other the best.

    Where segments overlap, a possible press may be in both, and one that is heard in one may be possible in the other.

    Parameters
    ----------
    possible
        In any order; one without onset began before its segment and is dropped.
    presses
        Those heard, which do not overlap, ordered by onset.

    Returns
    -------
    list
        Ordered by onset and track.
    """
    times: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for press in presses:
        times[press.track].append((press.onset_sec, press.offset_sec))
    kept = []
    for press in sorted((press for press in possible if press.has_onset), key=lambda press: -press.score):
        onset_sec, offset_sec = press.onset_sec, max(press.offset_sec, press.onset_sec + SHORTEST_SEC)
        row = times[press.track]
        place = bisect(row, (onset_sec, offset_sec))
        if (place == 0 or row[place - 1][1] <= onset_sec) and (place == len(row) or offset_sec <= row[place][0]):
            kept.append(replace(press, offset_sec=offset_sec))
            row.insert(place, (onset_sec, offset_sec))
    return sorted(kept, key=lambda press: (press.onset_sec, press.track))


def convert_notes(presses: Iterable[Press]) -> tuple[Note, ...]:
    """Give the notes among presses."""
    return tuple(
        Note(
            press.onset_sec,
            press.offset_sec,
            press.track - FIRST_KEY_TRACK + LOWEST_PITCH,
            max(press.velocity, 1),
            compute_confidence(press.score),
        )
        for press in presses
        if press.track >= FIRST_KEY_TRACK
    )


def convert_pedals(presses: Iterable[Press]) -> tuple[Pedal, ...]:
    """Give the presses of pedals among presses."""
    return tuple(
        Pedal(press.onset_sec, press.offset_sec, "sustain" if press.track == SUSTAIN_TRACK else "soft")
        for press in presses
        if press.track < FIRST_KEY_TRACK
    )


def _group_by_track(intervals: Intervals, is_wanted: NDArray[np.bool_]) -> dict[int, list[tuple[int, int, float]]]:
    """The wanted intervals of each track as (begin, end, score), ordered by time."""
    by_track: dict[int, list[tuple[int, int, float]]] = defaultdict(list)
    order = np.lexsort((intervals.end, intervals.begin))
    order = order[is_wanted[order]]
    columns = (intervals.track, intervals.begin, intervals.end, intervals.score)
    for track, begin, end, score in zip(*(column[order].tolist() for column in columns), strict=True):
        by_track[track].append((begin, end, score))
    return by_track


def _make_intervals(rows: Sequence[tuple[int, int, int, float]]) -> Intervals:
    """Intervals of rows of track, begin, end and score."""
    table = np.array(rows, np.float64).reshape(-1, 4)
    track, begin, end = table[:, :3].T.astype(np.int64)
    return Intervals(track, begin, end, table[:, 3].astype(np.float32))


def _fills_gap(begin: int, end: int, taken: Sequence[tuple[int, int, float]]) -> bool:
    """Whether an interval is all there is between two others of its track."""
    return any(0 <= begin - other <= GAP_FRAMES for _, other, _ in taken) and any(
        0 <= other - end <= GAP_FRAMES for other, _, _ in taken
    )


def _decode_track(
    candidates: list[tuple[int, int, float]], single: list[float], first_frame: int
) -> list[tuple[int, int, float]]:
    """Viterbi from the last frame back: ``best[t]`` is the best total of intervals within t and the last frame."""
    n_frames = len(single)
    by_begin: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for begin, end, score in candidates:
        by_begin[begin].append((end, score))
    best = [0.0] * (n_frames + 1)
    choice: dict[int, tuple[int, float]] = {}
    for frame in range(n_frames - 1, first_frame - 1, -1):
        value = best[frame + 1]
        for end, score in by_begin.get(frame, ()):
            if best[end] + score > value:
                value = best[end] + score
                choice[frame] = (end, score)
        best[frame] = value + max(single[frame], 0.0)
    path = []
    frame = first_frame
    while frame < n_frames:
        if single[frame] > 0:
            path.append((frame, frame, single[frame]))
        end, score = choice.get(frame, (frame + 1, 0.0))
        if frame in choice:
            path.append((frame, end, score))
        frame = end
    return path
