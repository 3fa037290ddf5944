"""Scores of intervals to notes and pedals: the best reading of each track, and one note where segments overlap.

Method: the semi-Markov conditional random field of Yan, Cwitkowitz and Duan, "Skipping the Frame-Level", NeurIPS 2021,
decoded exactly over the intervals of positive score, and the joining of segments of Transkun 2.0.1. Differs from it: a
note is at least 10 ms long, so that it survives rounding, and has a confidence.

Conventions: a press is of a key or a pedal and may still lack its beginning or end; the presses of a track follow
each other. Frames are those of a segment, seconds those of the recording.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ottava.activations import (
    FIRST_KEY_TRACK,
    LOWEST_PITCH,
    N_TRACKS,
    SUSTAIN_TRACK,
    Attributes,
    Intervals,
    Plan,
    Segment,
)
from ottava.audio import HOP_SAMPLES, SAMPLE_RATE
from ottava.datatypes import IntArray, Note, Pedal
from ottava.errors import TranscriptionError

FRAME_SEC = HOP_SAMPLES / SAMPLE_RATE
SHORTEST_SEC = 0.01
# What is no piano has few notes, and few of them are certain. Of 15 recordings of synthetic speech none had more than
# 18 % certain notes or 0.26 a second; real pianos have 62 % or more, one in noise as loud as itself 0.7 a second
# (bench/results.md, "No piano"). Both must be low: to refuse a piano is worse than to write down a voice.
CERTAIN_CONFIDENCE = 0.95
CERTAIN_SHARE = 0.35
CERTAIN_A_SEC = 0.4


@dataclass(frozen=True, slots=True)
class Press:
    """A key or pedal pressed; without ``has_onset`` it goes on from before its segment."""

    track: int
    onset_sec: float
    offset_sec: float
    velocity: int
    score: float
    has_onset: bool
    has_offset: bool


def decode_intervals(candidates: Intervals, single: NDArray[np.float32], first_frames: IntArray) -> Intervals:
    """Choose in each track the intervals of the greatest total score that do not overlap.

    Neighbours may share a frame: one ends in it, the next begins, and an interval of only that frame may lie between
    them. Frames between intervals cost nothing.

    Parameters
    ----------
    candidates
        Intervals of at least two frames with positive score.
    single
        Shape (n_tracks, n_frames), score of the intervals of one frame.
    first_frames
        Shape (n_tracks,), the frame from which each track is read.

    Returns
    -------
    Intervals
        Ordered by track, then time.
    """
    chosen: list[tuple[int, int, int, float]] = []
    by_track: dict[int, list[tuple[int, int, float]]] = defaultdict(list)
    order = np.lexsort((candidates.end, candidates.begin))
    columns = (candidates.track, candidates.begin, candidates.end, candidates.score)
    for track, begin, end, score in zip(*(column[order].tolist() for column in columns), strict=True):
        by_track[track].append((begin, end, score))
    for track, row in enumerate(single):
        if track in by_track or (row > 0).any():
            path = _decode_track(by_track[track], row.tolist(), int(first_frames[track]))
            chosen.extend((track, *interval) for interval in path)
    rows = np.array(chosen, np.float64).reshape(-1, 4)
    track, begin, end = rows[:, :3].T.astype(np.int64)
    return Intervals(track, begin, end, rows[:, 3].astype(np.float32))


def place_presses(intervals: Intervals, attributes: Attributes, segment: Segment, plan: Plan) -> list[Press]:
    """Give the chosen intervals of a segment their exact times, ordered by onset."""
    presses: list[Press] = []
    last_track, last_offset_sec = -1, 0.0
    columns = (
        intervals.track, intervals.begin, intervals.end, intervals.score,
        attributes.velocity, attributes.refinement, attributes.present,
    )  # fmt: skip
    for track, begin, end, score, velocity, (onset, offset), (has_onset, has_offset) in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        if track != last_track:
            last_track, last_offset_sec = track, 0.0
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
                has_offset=end < plan.last_frame or has_offset,
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
                offset_sec = max(press.offset_sec, last.offset_sec)
                press = replace(last, offset_sec=offset_sec, has_offset=press.has_offset)
            last_presses[press.track] = press
        elif press.has_onset:
            if last is not None:
                finished.append(last)
            last_presses[press.track] = press
    for track, press in list(last_presses.items()):
        if press.has_offset and press.offset_sec <= until_sec:
            finished.append(last_presses.pop(track))
    return [press for press in finished if press.has_offset]


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


def compute_confidence(score: float) -> float:
    """Compute how sure a note is, 0..1: the logistic of its score, of how much worse its track reads without it.

    As it is, it says how often a note is true: of 10 recordings' 6062 notes, those between 0.7 and 0.8 were in 74 %,
    between 0.8 and 0.9 in 90 %, between 0.9 and 0.95 in 97 % and above 0.98 in 99.7 % (bench/results.md, "Confidence").
    """
    return float(1 / (1 + np.exp(-score)))


def check_piano(notes: Sequence[Note], duration_sec: float) -> None:
    """Raise TranscriptionError when ``notes``, all that was heard in a recording, are none or not those of a piano."""
    if not notes:
        raise TranscriptionError("No piano notes were found in this recording; Ottava hears a piano alone.")
    n_certain = sum(note.confidence >= CERTAIN_CONFIDENCE for note in notes)
    if n_certain < CERTAIN_SHARE * len(notes) and n_certain < CERTAIN_A_SEC * duration_sec:
        raise TranscriptionError("This does not sound like a piano; Ottava can only write down a piano alone.")


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
