"""Hands: which staff each note stands on.

Method: notes that begin together form a chord; dynamic programming chooses for every chord how many of its lowest
notes the left hand takes, by the register each hand likes, the span a hand can reach and the way it has to move.
No published model; bench/results.md, "Hands" compares it with a split at middle C.
"""

from collections.abc import Sequence

import numpy as np

from ottava.datatypes import Note

# Notes nearer than this to the chord's first are played together: of 41,217 written chords in 60 pieces of data/train
# 88 % are spread by less.
CHORD_SEC = 0.05
# Costs in semitones, from a coarse search on two folds of data/train (bench/results.md, "Hands").
MIDDLE_PITCH = 60.0
REGISTER_COST = 0.12
MOVE_COST = 0.12
SPAN_LIMIT = 12
SPAN_COST = 2.0
# A hand forgets where it was: its last place counts half after this long.
FORGET_SEC = 2.0
RIGHT, LEFT = 1, 2


def split_hands(notes: Sequence[Note], split_pitch: int | None = None) -> list[int]:
    """Give each note to a staff.

    Parameters
    ----------
    notes
        Sorted by onset.
    split_pitch
        Where given, notes below it go to the left hand and nothing is estimated.

    Returns
    -------
    list of int
        1 (right hand, upper staff) or 2 (left hand, lower staff) for each note.
    """
    if split_pitch is not None:
        return [LEFT if note.pitch < split_pitch else RIGHT for note in notes]
    chords = group_chords([note.onset_sec for note in notes])
    staffs = [RIGHT] * len(notes)
    for chord, n_left in zip(chords, _choose_splits(notes, chords), strict=True):
        for index in sorted(chord, key=lambda i: notes[i].pitch)[:n_left]:
            staffs[index] = LEFT
    return staffs


def group_chords(onsets_sec: Sequence[float]) -> list[list[int]]:
    """Indices of the notes that begin together; ``onsets_sec`` increasing, groups cover all in order."""
    chords: list[list[int]] = []
    for index, onset in enumerate(onsets_sec):
        if chords and onset - onsets_sec[chords[-1][0]] < CHORD_SEC:
            chords[-1].append(index)
        else:
            chords.append([index])
    return chords


def _choose_splits(notes: Sequence[Note], chords: list[list[int]]) -> list[int]:
    """The number of left-hand notes of every chord, by Viterbi over (n_left) with each path's hand places."""
    # A path's state is (cost, left place, left time, right place, right time, back pointer): the places depend on
    # the path, so the best predecessor is taken for each n_left (exact up to hands that rest).
    paths: list[list[tuple[float, float, float, float, float, int]]] = []
    for chord in chords:
        time = notes[chord[0]].onset_sec
        pitches = sorted(notes[i].pitch for i in chord)
        before = paths[-1] if paths else [(0.0, 48.0, -1e9, 72.0, -1e9, 0)]
        column = []
        for n_left in range(len(pitches) + 1):
            left, right = pitches[:n_left], pitches[n_left:]
            own = sum(max(0.0, p - MIDDLE_PITCH) for p in left) + sum(max(0.0, MIDDLE_PITCH - p) for p in right)
            own = REGISTER_COST * own + _span_cost(left) + _span_cost(right)
            steps = [own + p[0] + _move_cost(left, p[1], time - p[2]) + _move_cost(right, p[3], time - p[4])
                     for p in before]
            best = int(np.argmin(steps))
            _, left_place, left_time, right_place, right_time, _ = before[best]
            if left:
                left_place, left_time = sum(left) / len(left), time
            if right:
                right_place, right_time = sum(right) / len(right), time
            column.append((steps[best], left_place, left_time, right_place, right_time, best))
        paths.append(column)
    splits = []
    state = int(np.argmin([p[0] for p in paths[-1]])) if paths else 0
    for column in reversed(paths):
        splits.append(state)
        state = column[state][5]
    return splits[::-1]


def _span_cost(pitches: list[int]) -> float:
    return SPAN_COST * max(0, pitches[-1] - pitches[0] - SPAN_LIMIT) if pitches else 0.0


def _move_cost(pitches: list[int], place: float, since_sec: float) -> float:
    if not pitches:
        return 0.0
    return float(MOVE_COST * abs(sum(pitches) / len(pitches) - place) * 0.5 ** (since_sec / FORGET_SEC))
