"""Values: how long each note is written, and on which staff, by a network that knows where the notes stand.

A pianist lifts a key early and lets the pedal hold it, or holds it longer than written; what is printed follows the
voices more than the fingers. So the network sees each note among its neighbours in score time and pitch.

Conventions: lengths are in beats; notes are sorted by onset, then pitch.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache
from math import floor

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import BeatGrid, Floats, IntArray, Note, Pedal, Run
from ottava.networks import Network, run_network
from ottava.notation.lengths import measure_durations
from ottava.notation.touches import undo_touches
from ottava.rhythm.bars import N_BAR_BEATS, smooth_periods
from ottava.rhythm.divisions import Grid, division_costs, find_divisions, fits_beat
from ottava.rhythm.features import (
    describe_neighbours,
    find_followers,
    hold_notes,
    scale_lengths,
    tabulate_notes,
    tabulate_presses,
)
from ottava.rhythm.meter import beat_positions, is_compound, signature_quarters
from ottava.rhythm.steps import PHASES

# Written lengths that the network chooses between: 98 % of those in data/train.
VALUES = tuple(
    Fraction(value)
    for value in (
        "1/4", "1/2", "1/3", "1", "1/6", "1/8", "2", "2/3", "1/12", "3/2", "1/9", "3/4", "3", "1/16", "4", "1/24",
        "1/18", "1/5", "4/3", "3/8", "5/4", "5/2", "6",
    )
)
NETWORK = Network("values", window=384, hop=288, sizes={"value": len(VALUES) + 1, "staff": 2})
N_FEATURES = 48
SHORTEST_BEATS, LONGEST_BEATS = 1 / 32, 8.0
SAME_BEATS = 0.02
SHORTEST_PLAYED_BEATS = 0.02
END_DIVISIONS = (1, 2, 3, 4, 6, 8, 12)  # of a beat, on which a note may end
MOST_CHOICES = 8
# How much the length of a note goes by its chord's; by how much, as logarithms, one is likelier that leaves no rest
# before the next note of its staff, and one that ends just there (docs/notes.md, "Tried").
CHORD_SHARE, REACH_BONUS, JOINT_BONUS = 0.5, 0.25, 0.75


async def ask_values(
    notes: Sequence[Note], pedals: Sequence[Pedal], places: Sequence[Fraction], grid: BeatGrid, run: Run | None
) -> dict[str, Floats]:
    """What the network says of each note, see `NETWORK`; nothing without ``run``. ``places`` never decrease."""
    if run is None:
        return {}
    features, where, pitches = describe_values(notes, pedals, places, grid)
    return await run_network(NETWORK, features, np.stack([where, pitches], axis=1), run)


def choose_lengths(
    notes: Sequence[Note],
    places: Sequence[Fraction],
    staffs: Sequence[int],
    grid: BeatGrid,
    outputs: Mapping[str, Floats],
    limit: Grid = "auto",
    *,
    may_be_exact: bool = False,
) -> list[Fraction]:
    """The written length of each note, in beats.

    Parameters
    ----------
    notes, places, staffs
        Of one length; ``places`` in beats of ``grid``, never decreasing.
    grid, limit
        The beats, and the finest divisions of them that a person allows.
    outputs
        Of `ask_values`; where it is empty, lengths follow the keys.
    may_be_exact
        Whether lengths are taken as they are where nearly all keys are released at places of written music.
    """
    measured = measure_durations(notes, places, grid.times_sec)
    if may_be_exact:
        releases = beat_positions(np.array([note.offset_sec for note in notes]), grid.times_sec).tolist()
        beats = [signature_quarters(grid.signatures[min(floor(place), len(grid.signatures) - 1)]) for place in places]
        if written := undo_touches(places, releases, staffs, beats, measured):
            return written
    return choose_values(outputs["value"], places, staffs, measured, grid, limit) if outputs else measured


def describe_values(
    notes: Sequence[Note], pedals: Sequence[Pedal], places: Sequence[Fraction], grid: BeatGrid
) -> tuple[NDArray[np.float32], Floats, IntArray]:
    """Features, places in beats and pitches of notes; ``places`` never decrease."""
    onset, offset, pitches, velocities = tabulate_notes(notes)
    played = beat_positions(onset, grid.times_sec)
    length = np.maximum(beat_positions(offset, grid.times_sec) - played, SHORTEST_PLAYED_BEATS)
    sounding = np.maximum(beat_positions(hold_notes(offset, tabulate_presses(pedals)), grid.times_sec) - played, length)
    where = np.array([float(place) for place in places])
    beat = np.clip(np.floor(where + SAME_BEATS).astype(np.int64), 0, len(grid.times_sec) - 1)
    period = smooth_periods(grid.times_sec)
    compound = np.array([is_compound(signature[0]) for signature in grid.signatures])
    features = compute_note_features(
        where, length, sounding, pitches, velocities, period[np.minimum(beat, len(period) - 1)],
        grid.beat_in_bar[beat] - 1, find_bar_ends(grid.beat_in_bar == 1)[beat] - where, compound[beat],
    )  # fmt: skip
    return features, where, pitches


def find_bar_ends(is_downbeat: NDArray[np.bool_]) -> IntArray:
    """For each beat the first one of the next bar, shape (n_beats,)."""
    numbers = np.arange(len(is_downbeat))
    downbeats = np.append(numbers[is_downbeat], len(numbers))
    return np.asarray(downbeats[np.searchsorted(downbeats[:-1], numbers, side="right")])


def choose_values(
    outputs: Floats,
    places: Sequence[Fraction],
    staffs: Sequence[int],
    played: Sequence[Fraction],
    grid: BeatGrid,
    limit: Grid = "auto",
) -> list[Fraction]:
    """The most likely length of each note, in beats, that ends where a note could stand.

    Parameters
    ----------
    outputs
        Of the network, shape (n_notes, number of values + 1).
    places, staffs
        Where the notes stand, never decreasing.
    played
        How long the keys were down on the grid; taken where the network finds that it is none of `VALUES`, and where
        none of them fits.
    grid, limit
        The beats that ``places`` count, and the finest divisions of them that a person allows.
    """
    divisions = {
        signature: END_DIVISIONS if limit == "auto" else tuple(division_costs(signature_quarters(signature), limit))
        for signature in {*grid.signatures}
    }
    found = find_divisions(places)

    @cache  # the notes of a chord mostly have one length
    def is_fitting(place: Fraction, value: Fraction) -> bool:
        end = place + value
        signature = grid.signatures[min(floor(place), len(grid.signatures) - 1)]
        is_end = end.denominator in divisions[signature] or end.denominator == place.denominator
        return is_end and fits_beat(end, found)

    outputs = _favour_joints(outputs, places, staffs)
    ranked = np.argsort(-outputs, axis=1)[:, :MOST_CHOICES].tolist()
    lengths = []
    for choices, place, length in zip(ranked, places, played, strict=True):
        values = (VALUES[choice] if choice < len(VALUES) else length for choice in choices)
        lengths.append(next((value for value in values if is_fitting(place, value)), length))
    _join_last_chords(lengths, places, staffs)
    return lengths


def _join_last_chords(lengths: list[Fraction], places: Sequence[Fraction], staffs: Sequence[int]) -> None:
    """Let the last chord of each staff end together, with its longest note: nothing follows that would part it.

    Doing so with every chord that ends before the next one loses (166 pieces: value .452 to .451).
    """
    last = dict(zip(staffs, places, strict=True))
    for staff, place in last.items():
        members = [i for i, both in enumerate(zip(staffs, places, strict=True)) if both == (staff, place)]
        longest = max(lengths[index] for index in members)
        for index in members:
            lengths[index] = longest


def _favour_joints(outputs: Floats, places: Sequence[Fraction], staffs: Sequence[int]) -> Floats:
    """``outputs`` that favour chords of one length, and notes that last until the next one of their staff."""
    where, staff = np.array([float(place) for place in places]), np.array(staffs)
    is_new = (np.diff(where, prepend=-1.0) > SAME_BEATS)
    chord = 2 * np.cumsum(is_new) + staff - 3
    sums = np.zeros((chord.max() + 1, outputs.shape[1]))
    np.add.at(sums, chord, outputs)
    favoured = (1 - CHORD_SHARE) * outputs + CHORD_SHARE * (sums / np.maximum(np.bincount(chord), 1)[:, None])[chord]
    values = np.array([float(value) for value in VALUES])
    for index in (np.flatnonzero(staff == number) for number in (1, 2)):
        onsets = np.append(where[index], np.inf)
        gaps = onsets[np.searchsorted(onsets, where[index] + SAME_BEATS, side="right")] - where[index]
        beyond = values - gaps[:, None]
        favoured[index, : len(values)] += REACH_BONUS * (beyond > -SAME_BEATS)
        favoured[index, : len(values)] += JOINT_BONUS * (np.abs(beyond) < SAME_BEATS)
    return np.asarray(favoured)


def compute_note_features(
    places: Floats,
    lengths_beats: Floats,
    sounding_beats: Floats,
    pitches: IntArray,
    velocities: Floats,
    period_sec: Floats,
    bar_beat: IntArray,
    bar_left_beats: Floats,
    falls_into_three: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """What the network of values reads, a row a note.

    Parameters
    ----------
    places
        Shape (n_notes,), in beats, never decreasing.
    lengths_beats, sounding_beats
        How long the key is down, and how long the note sounds with the pedal.
    pitches, velocities
        MIDI number, 1..127.
    period_sec
        Length of a beat.
    bar_beat, bar_left_beats, falls_into_three
        Number of the beat in its bar, from 0, beats from the note to the end of the bar, and whether the beat falls
        into three.

    Returns
    -------
    ndarray, shape (n_notes, N_FEATURES), float32
        Each about -2..2.
    """
    n_notes = len(places)
    features = np.zeros((n_notes, N_FEATURES), np.float32)
    is_new = np.concatenate([[True], np.diff(places) > SAME_BEATS])
    chord_of = np.cumsum(is_new) - 1
    starts = places[is_new]
    gaps = np.append(np.diff(starts), LONGEST_BEATS)
    counts = np.bincount(chord_of)
    features[:, 0] = _scale_beats(lengths_beats)
    features[:, 1] = _scale_beats(sounding_beats)
    features[:, 2] = _scale_beats(gaps)[chord_of]
    features[:, 3] = _scale_beats(np.append(LONGEST_BEATS, gaps[:-1]))[chord_of]
    followers = find_followers(places, pitches, chord_of)
    features[:, 4:8] = _scale_beats(followers)
    features[:, 8] = np.log2(counts)[chord_of]
    features[:, 9:13] = describe_neighbours(chord_of, pitches)
    features[:, 13] = velocities / 32 - 2
    features[:, 14] = (velocities - (np.bincount(chord_of, velocities) / counts)[chord_of]) / 16
    features[:, 15] = (pitches - 62) / 12
    features[:, 16] = np.log2(np.maximum(period_sec, 0.05)) + 0.7
    features[:, 17] = falls_into_three
    rows = np.arange(n_notes)
    features[rows, 18 + np.clip(bar_beat, 0, N_BAR_BEATS - 1)] = 1
    distance = np.abs((places % 1.0)[:, None] - np.array([float(phase) for phase in (*PHASES, 1)]))
    phase = distance.argmin(axis=1) % len(PHASES)
    features[rows, 24 + np.where(distance.min(axis=1) < SAME_BEATS, phase, len(PHASES))] = 1
    # Ratios of lengths that are written tell more than lengths.
    features[:, 37] = np.clip(lengths_beats / np.maximum(gaps[chord_of], SHORTEST_BEATS), 0, 3)
    features[:, 38:42] = np.clip(lengths_beats[:, None] / np.maximum(followers, SHORTEST_BEATS), 0, 3)
    features[:, 42] = bar_beat == 0
    features[:, 43] = 1
    # Where the key is released, a chord may begin up to which the note is written.
    released = places + lengths_beats
    ends = np.append(starts[1:], starts[-1] + LONGEST_BEATS)
    later = np.maximum(np.searchsorted(ends, released), chord_of)
    earlier = np.maximum(later - 1, chord_of)
    later = np.minimum(later, len(ends) - 1)
    nearest = np.where(released - ends[earlier] < ends[later] - released, earlier, later)
    features[:, 44] = np.clip((released - ends[nearest]) * 4, -2, 2)
    features[:, 45] = _scale_beats(ends[nearest] - places)
    features[:, 46] = np.log2(1 + nearest - chord_of) / 2
    features[:, 47] = _scale_beats(bar_left_beats)
    return features


def _scale_beats(beats: Floats) -> Floats:
    return scale_lengths(beats, SHORTEST_BEATS, LONGEST_BEATS, at_one=0.5)
