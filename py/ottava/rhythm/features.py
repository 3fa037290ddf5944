"""Features: what the networks of rhythm are told of notes and pedals, where more than one of them is told it.

Conventions: features are about -2..2.
"""

from collections.abc import Sequence

import numpy as np

from ottava.datatypes import Floats, IntArray, Note, Pedal

FARTHEST_BEATS = 8.0
NEAR_NOTES = 24  # that may follow a note in its voice
NEAR_SEMITONES, ABOVE_SEMITONES = 5, 2


def tabulate_notes(notes: Sequence[Note]) -> tuple[Floats, Floats, IntArray, Floats]:
    """Onsets and offsets in seconds, MIDI numbers and velocities 1..127 of notes, each shape (n_notes,)."""
    columns = np.array([(note.onset_sec, note.offset_sec, note.pitch, note.velocity) for note in notes]).T
    return columns[0], columns[1], columns[2].astype(np.int64), columns[3]


def tabulate_presses(pedals: Sequence[Pedal]) -> Floats:
    """Seconds at which the sustain pedal goes down and up, shape (n_presses, 2)."""
    return np.array([(p.onset_sec, p.offset_sec) for p in pedals if p.kind == "sustain"], np.float64).reshape(-1, 2)


def hold_notes(offsets_sec: Floats, pedals_sec: Floats) -> Floats:
    """When notes cease to sound; ``pedals_sec`` (n_pedals, 2) sorted presses."""
    after = np.searchsorted(pedals_sec[:, 1], offsets_sec)
    held = np.append(pedals_sec, [[np.inf, np.inf]], axis=0)[after]
    return np.asarray(np.where(held[:, 0] < offsets_sec, held[:, 1], offsets_sec))


def scale_lengths(lengths: Floats, shortest: float, longest: float, at_one: float = 1.0) -> Floats:
    """Octaves of lengths, halved, a length of 1 being ``at_one``; what is shorter or longer counts as the limits."""
    return np.asarray(np.log2(np.clip(lengths, shortest, longest)) / 2 + at_one)


def describe_neighbours(chord_of: IntArray, pitches: IntArray) -> Floats:
    """Rank of notes in their chords from below and from above, in fours, and octaves to the neighbours there.

    Shape (n_notes, 4); 2 where there is no neighbour. ``chord_of`` never decreases.
    """
    n_notes = len(pitches)
    order = np.lexsort((pitches, chord_of))
    ranked, sorted_chord = pitches[order], chord_of[order]
    first = np.searchsorted(sorted_chord, sorted_chord, side="left")
    last = np.searchsorted(sorted_chord, sorted_chord, side="right") - 1
    described = np.full((n_notes, 4), 2.0)
    rows = np.arange(n_notes)
    described[order, 0] = (rows - first) / 4
    described[order, 1] = (last - rows) / 4
    step = np.diff(ranked) / 12
    same = np.diff(sorted_chord) == 0
    described[order[1:][same], 2] = np.minimum(step[same], 2)
    described[order[:-1][same], 3] = np.minimum(step[same], 2)
    return described


def find_followers(places: Floats, pitches: IntArray, chord_of: IntArray) -> Floats:
    """Beats to the next note of another chord that is near, not lower, not higher, and of the same pitch.

    Shape (n_notes, 4); `FARTHEST_BEATS` where there is none. ``places`` never decrease.
    """
    n_notes = len(places)
    beats = np.full((n_notes, 4), FARTHEST_BEATS)
    for ahead in range(min(NEAR_NOTES, n_notes - 1), 0, -1):
        gap = places[ahead:] - places[:-ahead]
        step = pitches[ahead:] - pitches[:-ahead]
        later = chord_of[ahead:] != chord_of[:-ahead]
        for column, fits in enumerate((
            np.abs(step) <= NEAR_SEMITONES, step >= -ABOVE_SEMITONES, step <= ABOVE_SEMITONES, step == 0
        )):
            chosen = later & fits
            beats[:-ahead, column][chosen] = gap[chosen]
    return beats
