"""Chords: the notes that are struck together, and what the rhythm network is told of each.

Conventions: a chord is a chain of onsets with less than `CHORD_SEC` between neighbours; its time is their mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import IntArray, Note, Pedal

# Of neighbouring onsets that the score has together 90 % follow within this time, of those that it has apart 4 % do
# (fold 1 of data/train).
CHORD_SEC = 0.03
# A press of the pedal this long before a chord still belongs to it.
PEDAL_BEFORE_SEC = 0.05
SHORTEST_SEC, LONGEST_SEC = 0.02, 4.0
N_FEATURES = 50
PITCH_CLASSES = slice(11, 47)  # of all notes, of the lowest, of the highest
PEDALS = slice(47, 50)
PITCH_EDGES = slice(3, 5)  # lowest and highest
FEATURE_KINDS = (PITCH_EDGES, slice(5, 7), slice(7, 11), PITCH_CLASSES)  # pitches, velocities, lengths, pitch classes

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Chords:
    """``chord_of`` (n_notes,) numbers the chord of each note; ``times_sec`` (n_chords,) increases."""

    chord_of: IntArray
    times_sec: Floats


def group_notes(onsets_sec: Floats) -> Chords:
    """Group notes into chords.

    Parameters
    ----------
    onsets_sec
        Shape (n_notes,), increasing, n_notes >= 1.
    """
    chord_of = np.concatenate([[0], np.cumsum(np.diff(onsets_sec) > CHORD_SEC)]).astype(np.int64)
    return Chords(chord_of, np.bincount(chord_of, onsets_sec) / np.bincount(chord_of))


def describe_notes(notes: Sequence[Note], pedals: Sequence[Pedal]) -> tuple[Chords, NDArray[np.float32]]:
    """Chords of a performance and their features, see `compute_chord_features`."""
    columns = np.array([(note.onset_sec, note.offset_sec, note.pitch, note.velocity) for note in notes]).T
    chords = group_notes(columns[0])
    sustain = np.array([(p.onset_sec, p.offset_sec) for p in pedals if p.kind == "sustain"]).reshape(-1, 2)
    features = compute_chord_features(
        chords, columns[1] - columns[0], columns[2].astype(np.int64), columns[3], sustain if len(sustain) else None
    )
    return chords, features


def compute_chord_features(
    chords: Chords,
    lengths_sec: Floats,
    pitches: IntArray,
    velocities: Floats,
    pedals_sec: Floats | None,
) -> NDArray[np.float32]:
    """What the rhythm network reads, a row a chord.

    Parameters
    ----------
    chords
        Of the notes.
    lengths_sec, pitches, velocities
        Shape (n_notes,): time that the key is down, MIDI number, 1..127.
    pedals_sec
        Shape (n_pedals, 2): presses of the sustain pedal; None where nothing is known of it.

    Returns
    -------
    ndarray, shape (n_chords, N_FEATURES), float32
        Each about -2..2.
    """
    n_chords = len(chords.times_sec)
    by_pitch = np.lexsort((pitches, chords.chord_of))
    first = np.searchsorted(chords.chord_of, np.arange(n_chords)).astype(np.intp)
    last = np.append(first[1:], len(pitches)) - 1
    low, high = by_pitch[first], by_pitch[last]
    counts = np.bincount(chords.chord_of)
    lengths = np.log2(np.clip(lengths_sec, SHORTEST_SEC, LONGEST_SEC)) / 2 + 0.5
    steps = np.log2(np.clip(np.diff(chords.times_sec), SHORTEST_SEC, LONGEST_SEC)) / 2 + 1
    features = np.zeros((n_chords, N_FEATURES), np.float32)
    features[1:, 0] = steps
    features[:-1, 1] = steps
    features[:, 2] = np.log2(counts)
    features[:, 3] = (pitches[low] - 50) / 12
    features[:, 4] = (pitches[high] - 70) / 12
    features[:, 5] = np.bincount(chords.chord_of, velocities) / counts / 32 - 2
    features[:, 6] = np.maximum.reduceat(velocities, first) / 32 - 2
    features[:, 7] = np.maximum.reduceat(lengths, first)
    features[:, 8] = np.minimum.reduceat(lengths, first)
    features[:, 9] = lengths[low]
    features[:, 10] = lengths[high]
    begin = PITCH_CLASSES.start
    features[chords.chord_of, begin + pitches % 12] = 1
    features[np.arange(n_chords), begin + 12 + pitches[low] % 12] = 1
    features[np.arange(n_chords), begin + 24 + pitches[high] % 12] = 1
    if pedals_sec is not None:
        features[:, PEDALS] = _describe_pedals(chords.times_sec - PEDAL_BEFORE_SEC, pedals_sec)
    return features


def _describe_pedals(times_sec: Floats, pedals_sec: Floats) -> Floats:
    """For each chord: 1, whether the pedal was down already, and whether it is pressed before the next chord."""
    pressed = np.searchsorted(pedals_sec[:, 0], times_sec)
    released = np.searchsorted(np.sort(pedals_sec[:, 1]), times_sec)
    is_pressed = np.diff(pressed, append=len(pedals_sec)) > 0
    return np.stack([np.ones(len(times_sec)), pressed > released, is_pressed], axis=1)
