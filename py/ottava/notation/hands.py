"""Hands: which staff each note stands on.

Method: a network sees each note among what is struck and held around it, and the network of values says the same of
notes on the beats; the two are mixed, and of the notes struck together each hand takes what it can reach. Without
networks dynamic programming chooses for every chord how many of its lowest notes the left hand takes, by the register
each hand likes, the span a hand can reach and the way it has to move (no published model; bench/results.md, "Hands").
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import Floats, IntArray, Note, Run
from ottava.networks import Network, run_network
from ottava.rhythm.chords import group_notes, group_spreads
from ottava.rhythm.features import describe_neighbours, scale_lengths, tabulate_notes

# Costs in semitones, from a coarse search on two folds of data/train (bench/results.md, "Hands").
MIDDLE_PITCH = 60.0
REGISTER_COST = 0.12
MOVE_COST = 0.12
SPAN_LIMIT = 12
SPAN_COST = 2.0
# A hand forgets where it was: its last place counts half after this long.
FORGET_SEC = 2.0
RIGHT, LEFT = 1, 2

NETWORK = Network("hands", window=384, hop=288, sizes={"staff": 2})
N_FEATURES = 29
SHORTEST_SEC, LONGEST_SEC = 0.03, 4.0
NEAR_NOTES, HELD_NOTES = 24, 40  # that are looked at before and after a note; that may be held when it begins
NEAR_SEMITONES, APART_SEMITONES = 5, 2
TOGETHER_SEC, RELEASED_SEC = 0.03, 0.05
FAR_OCTAVES = 2.0
AROUND_SEC = (0.6, 2.5)  # of a note: the register in which the music is
# How much the network counts beside that of values (docs/notes.md, "Tried"); what a semitone more than a hand can reach
# and hands that cross in a chord cost, as logarithms (not tuned).
OWN_WEIGHT = 2.0
REACH_SEMITONES, REACH_COST, CROSSING_COST = 14, 0.3, 2.0
# What no hand holds at once: the other one takes what is farther, where it can reach it and the networks are not surer
# of each note than this (as logarithms; not tuned), counted in keys that are down for longer than they overlap.
FARTHEST_SEMITONES, MOST_SURE, OVERLAP_SEC = 16, 6.0, 0.08


async def choose_staffs(
    notes: Sequence[Note], other_outputs: Floats | None, split_pitch: int | None, run: Run | None
) -> list[int]:
    """Give each note to a staff.

    Parameters
    ----------
    notes
        At least one, sorted by onset.
    other_outputs
        What the network of values says of their staffs, shape (n_notes, 2); None where it was not asked.
    split_pitch
        Where given, notes below it go to the left hand and nothing is estimated.
    run
        The host's call that runs the network; None where none is to be asked.

    Returns
    -------
    list of int
        1 (right hand, upper staff) or 2 (left hand, lower staff) for each note.
    """
    if split_pitch is not None:
        return [LEFT if note.pitch < split_pitch else RIGHT for note in notes]
    if run is None or other_outputs is None:
        return split_hands(notes)
    order, features, times_sec, pitches = describe_hands(notes)
    outputs = await run_network(NETWORK, features, np.stack([times_sec, pitches], axis=1), run)
    return decode_staffs(order, outputs["staff"], other_outputs, notes)


def describe_hands(notes: Sequence[Note]) -> tuple[IntArray, NDArray[np.float32], Floats, IntArray]:
    """What the network of hands reads.

    Parameters
    ----------
    notes
        At least one, sorted by onset.

    Returns
    -------
    order, features, times_sec, pitches
        Numbers of the notes as the network reads them, chord after chord from below; of notes in this order
        `compute_hand_features`, the time of the chord and the MIDI number, shape (n_notes,).
    """
    onsets, offsets, pitches, velocities = tabulate_notes(notes)
    chords = group_notes(onsets)
    order = np.lexsort((pitches, chords.chord_of))
    chord_of, pitches = chords.chord_of[order], pitches[order]
    times_sec = chords.times_sec[chord_of]
    features = compute_hand_features(
        chord_of, times_sec, onsets[order], offsets[order], pitches, velocities[order]
    )
    return order, features, times_sec, pitches


def decode_staffs(order: IntArray, outputs: Floats, other_outputs: Floats, notes: Sequence[Note]) -> list[int]:
    """The staff of each note.

    Parameters
    ----------
    order, outputs
        Of `describe_hands`, and what the network says of the notes in this order, shape (n_notes, 2).
    other_outputs
        What the network of values says of the notes in theirs.
    notes
        The notes.

    Returns
    -------
    list of int
        1 or 2 for each note. Of notes struck together one hand has no more than it can reach, and the right hand the
        upper ones, unless both networks are surer of something else.
    """
    left = np.empty(len(notes))
    left[order] = OWN_WEIGHT * (outputs[:, LEFT - 1] - outputs[:, RIGHT - 1])
    left = (left + other_outputs[:, LEFT - 1] - other_outputs[:, RIGHT - 1]) / (OWN_WEIGHT + 1)
    left = _part_hands(notes, left)
    chord_of = group_notes(np.array([note.onset_sec for note in notes])).chord_of[order]
    staffs = np.where(left > 0, LEFT, RIGHT).tolist()
    odds = left.tolist()
    for chord in np.split(order, np.flatnonzero(np.diff(chord_of)) + 1):
        if len(chord) > 1:
            members = chord.tolist()
            found = _split_chord([notes[index].pitch for index in members], [odds[index] for index in members])
            for index, staff in zip(members, found, strict=True):
                staffs[index] = staff
    return list(staffs)


def _part_hands(notes: Sequence[Note], left: Floats) -> Floats:
    """The odds that notes are the left hand's, where no hand holds more at once than it can reach.

    Of two notes that are too far apart the other hand takes one, and all with it that would still be too far.
    """
    onsets, offsets, pitches, _ = tabulate_notes(notes)
    ends = offsets - OVERLAP_SEC
    odds = left.copy()

    def list_far(index: int) -> list[int]:
        """Notes of its hand that sound with a note and are too far from it."""
        return [other for other in _list_near(index) if is_far(index, other) and (odds[other] > 0) == (odds[index] > 0)]

    def _list_near(index: int) -> range:
        return range(max(0, index - HELD_NOTES), min(len(notes), index + HELD_NOTES))

    def is_far(one: int, other: int) -> bool:
        sounds = max(onsets[one], onsets[other]) < min(ends[one], ends[other])
        return bool(sounds) and abs(int(pitches[one]) - int(pitches[other])) > FARTHEST_SEMITONES

    def is_free(moved: Sequence[int]) -> bool:
        return not any(is_far(one, other) for one in moved for other in _list_near(one)
                       if (odds[other] > 0) != (odds[one] > 0))

    for index in _find_far(onsets, ends, pitches).tolist():
        far = list_far(index)
        if not far:
            continue
        options = [moved for moved in ([index], far)
                   if is_free(moved) and np.abs(odds[moved]).max() < MOST_SURE]
        if options:
            moved = min(options, key=lambda some: float(np.abs(odds[some]).sum()))
            odds[moved] = -np.sign(odds[moved]) * MOST_SURE
    return np.asarray(odds)


def _find_far(onsets: Floats, ends: Floats, pitches: IntArray) -> IntArray:
    """Notes, in order, that sound with one before them that is farther than a hand reaches."""
    found = np.zeros(len(onsets), bool)
    for ahead in range(1, min(HELD_NOTES, len(onsets))):
        sounds = onsets[ahead:] < np.minimum(ends[:-ahead], ends[ahead:])
        found[ahead:] |= sounds & (np.abs(pitches[ahead:] - pitches[:-ahead]) > FARTHEST_SEMITONES)
    return np.flatnonzero(found)


def _split_chord(pitches: Sequence[int], left: Sequence[float]) -> list[int]:
    """Staffs of the notes of a chord, from below, by the odds that they are the left hand's."""
    crossed = [odds > 0 for odds in left]
    options = [([place < n_left for place in range(len(left))], 0.0) for n_left in range(len(left) + 1)]

    def cost(option: tuple[list[bool], float]) -> float:
        is_left, extra = option
        lower = [pitch for pitch, is_lower in zip(pitches, is_left, strict=True) if is_lower]
        upper = [pitch for pitch, is_lower in zip(pitches, is_left, strict=True) if not is_lower]
        gain = sum(odds for odds, is_lower in zip(left, is_left, strict=True) if is_lower)
        return extra - gain + REACH_COST * (_exceed(lower) + _exceed(upper))

    is_left, _ = min([*options, (crossed, CROSSING_COST)], key=cost)
    return [LEFT if is_lower else RIGHT for is_lower in is_left]


def _exceed(pitches: Sequence[int]) -> int:
    """Semitones by which notes, from below, are more than a hand can reach."""
    return max(0, pitches[-1] - pitches[0] - REACH_SEMITONES) if pitches else 0


def compute_hand_features(
    chord_of: IntArray,
    times_sec: Floats,
    onsets_sec: Floats,
    offsets_sec: Floats,
    pitches: IntArray,
    velocities: Floats,
) -> NDArray[np.float32]:
    """What the network of hands reads, a row a note.

    Parameters
    ----------
    chord_of, times_sec
        Shape (n_notes,): number of the chord, never decreasing, and its time; the notes of a chord from below.
    onsets_sec, offsets_sec, pitches, velocities
        When the key goes down and up, MIDI number, 1..127.

    Returns
    -------
    ndarray, shape (n_notes, N_FEATURES), float32
        Each about -2..2.
    """
    counts = np.bincount(chord_of)
    starts = times_sec[np.flatnonzero(np.diff(chord_of, prepend=-1))]
    gaps = np.diff(starts)
    features = np.zeros((len(pitches), N_FEATURES), np.float32)
    features[:, 0] = _scale_sec(offsets_sec - onsets_sec)
    features[:, 1] = _scale_sec(np.append(gaps, LONGEST_SEC))[chord_of]
    features[:, 2] = _scale_sec(np.append(LONGEST_SEC, gaps))[chord_of]
    features[:, 3:11] = _scale_sec(_find_neighbours(times_sec, pitches))
    features[:, 11] = np.log2(counts)[chord_of]
    features[:, 12:16] = describe_neighbours(chord_of, pitches)
    features[:, 16] = velocities / 32 - 2
    features[:, 17] = (velocities - (np.bincount(chord_of, velocities) / counts)[chord_of]) / 16
    features[:, 18] = (pitches - 62) / 12
    features[:, 19:24] = _describe_held(chord_of, times_sec, offsets_sec, pitches)
    for column, around_sec in zip((24, 26), AROUND_SEC, strict=True):
        features[:, column : column + 2] = _describe_register(times_sec, pitches, around_sec)
    features[:, 28] = 1
    return features


def _scale_sec(seconds: Floats) -> Floats:
    return scale_lengths(seconds, SHORTEST_SEC, LONGEST_SEC)


def _find_neighbours(times_sec: Floats, pitches: IntArray) -> Floats:
    """Seconds to the next and the last note that is near, not lower, not higher, the same, shape (n_notes, 8)."""
    seconds = np.full((len(pitches), 8), LONGEST_SEC)
    for ahead in range(min(NEAR_NOTES, len(pitches) - 1), 0, -1):
        gap = times_sec[ahead:] - times_sec[:-ahead]
        step = pitches[ahead:] - pitches[:-ahead]
        apart = gap > TOGETHER_SEC
        rows = ((slice(None, -ahead), step, 0), (slice(ahead, None), -step, 4))
        for row, to, first in rows:
            fits = (np.abs(to) <= NEAR_SEMITONES, to >= -APART_SEMITONES, to <= APART_SEMITONES, to == 0)
            for column, chosen in enumerate(fits, first):
                seconds[row, column][apart & chosen] = gap[apart & chosen]
    return seconds


def _describe_held(chord_of: IntArray, times_sec: Floats, offsets_sec: Floats, pitches: IntArray) -> Floats:
    """Keys that are down when a note begins.

    Shape (n_notes, 5): octaves to the nearest one below and above, how many they are, octaves to the lowest and the
    highest one.
    """
    count = len(pitches)
    below, above = np.full(count, FAR_OCTAVES), np.full(count, FAR_OCTAVES)
    n_held, lowest, highest = np.zeros(count), np.zeros(count), np.zeros(count)
    for ahead in range(1, min(HELD_NOTES, count)):
        held = (chord_of[ahead:] != chord_of[:-ahead]) & (offsets_sec[:-ahead] > times_sec[ahead:] + RELEASED_SEC)
        octaves = (pitches[ahead:] - pitches[:-ahead]) / 12
        n_held[ahead:] += held
        for nearest, farthest, distance in ((below, lowest, octaves), (above, highest, -octaves)):
            chosen = held & (distance > 0)
            nearest[ahead:][chosen] = np.minimum(nearest[ahead:][chosen], distance[chosen])
            farthest[ahead:][held] = np.maximum(farthest[ahead:][held], distance[held])
    farthest_two = [np.minimum(octaves, 2 * FAR_OCTAVES) / 2 for octaves in (lowest, highest)]
    return np.stack([below, above, np.log2(1 + n_held), *farthest_two], axis=1)


def _describe_register(times_sec: Floats, pitches: IntArray, around_sec: float) -> Floats:
    """Octaves above the mean of the notes around, and above the middle between the lowest and the highest of them."""
    begin = np.searchsorted(times_sec, times_sec - around_sec)
    end = np.searchsorted(times_sec, times_sec + around_sec, side="right")
    sums = np.concatenate([[0.0], np.cumsum(pitches)])
    mean = (sums[end] - sums[begin]) / (end - begin)
    middle = (_find_extremes(pitches, begin, end, np.minimum) + _find_extremes(pitches, begin, end, np.maximum)) / 2
    return np.stack([pitches - mean, pitches - middle], axis=1) / 12


def _find_extremes(values: IntArray, begin: IntArray, end: IntArray, choose: np.ufunc) -> IntArray:
    """The least or the greatest of ``values[begin:end]`` for each pair, by those of stretches twice as long."""
    level = np.frexp(end - begin)[1] - 1  # the longest power of two inside
    found, reach = values.copy(), values
    for power in range(int(level.max()) + 1):
        at = level == power
        found[at] = choose(reach[begin[at]], reach[end[at] - (1 << power)])
        reach = np.concatenate([choose(reach[: -(1 << power)], reach[1 << power :]), reach[-(1 << power) :]])
    return found


def split_hands(notes: Sequence[Note]) -> list[int]:
    """Give each note to a staff, 1 or 2, without a network; ``notes`` sorted by onset."""
    chords = group_spreads([note.onset_sec for note in notes])
    staffs = [RIGHT] * len(notes)
    for chord, n_left in zip(chords, _choose_splits(notes, chords), strict=True):
        for index in sorted(chord, key=lambda i: notes[i].pitch)[:n_left]:
            staffs[index] = LEFT
    return staffs


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
