"""Key: which signature and mode the piece is written in, and where that changes.

Method: correlation of pitch-class profiles with the 24 rotations of the Kostka-Payne profiles (Temperley, "Music and
Probability", 2007, ch. 6). Differs from it: one key for the whole piece, correlation instead of likelihood, and the
beginning, where the signature stands, and the end count beside the whole; pieces wander in between. Where the
signature changes is what the network of names says of each note, Viterbi over bars with a price for each change, and
which scales the notes around it are in.
"""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np

from ottava.datatypes import Beat, Floats, IntArray, Key, Mode, Note
from ottava.paths import best_path

# Frequencies of the twelve degrees in the Kostka-Payne corpus, from the tonic up (Temperley 2007).
# Chosen among three published sets by the share of right signatures: bench/results.md, "Key".
MAJOR_PROFILE = (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400)
MINOR_PROFILE = (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330)
MODES: tuple[tuple[Mode, Floats], ...] = (
    ("major", np.array(MAJOR_PROFILE)),
    ("minor", np.array(MINOR_PROFILE)),
)
# What counts beside the whole, and that a note of four times the length counts twice: from the middle of a plateau on
# 166 pieces of data/train (bench/results.md, "Key").
BEGINNING_SEC, BEGINNING_WEIGHT = 20.0, 1.0
END_SEC, END_WEIGHT = 10.0, 0.5
LENGTH_POWER = 0.5
# A piece whose bass begins and ends on the fifth of its key is a blues of that tone, with a flat seventh, where its key
# is as likely but for so much; how long its edges are. Not tuned: of 166 pieces of data/train none is changed, at twice
# as much and as long three, all wrongly.
FLAT_SEVENTH, EDGE_SEC = 0.4, 1.0
# In natural logarithms, beside the sum over notes of what the network says: from the middle of a plateau on folds 0
# and 1 of data/train (bench/results.md, "Key").
CHANGE_COST = 160.0
# Bars by which a change may move to where the scales change: .868 to .874 of the time right on folds 0 to 2 (with 8
# bars .871, with 32 .875), and 7 instead of 3 of 29 changes within two seconds of the printed ones.
MOST_MOVED_BARS = 16
SCALE = (0, 2, 4, 5, 7, 9, 11)
# G flat major came up when keyboards had outgrown Bach's four octaves from C2. Of the works of data/train in F sharp or
# G flat this keeps Bach's (prelude and fugue 858) in F sharp, whose double accidentals ask for G flat.
LOWEST_EARLY, HIGHEST_EARLY = 36, 84
FIRST_SINGLE, LAST_SINGLE = -8, 12  # on the line of fifths: F flat, B sharp; beyond are double accidentals


def estimate_key(notes: Sequence[Note]) -> Key:
    """Estimate the key of a piece.

    Parameters
    ----------
    notes
        At least one note; sorted by onset.

    Returns
    -------
    Key
        From quarter 0 on; ``fifths`` -6..6.
    """
    onsets = np.array([note.onset_sec for note in notes])
    begins, ends = onsets <= onsets[0] + BEGINNING_SEC, onsets >= onsets[-1] - END_SEC
    classes, weights = _weigh_classes(notes)
    stretches = [(1.0, np.ones_like(begins)), (BEGINNING_WEIGHT, begins), (END_WEIGHT, ends)]
    profiles = [
        (share, np.bincount(classes[chosen], weights[chosen], minlength=12)) for share, chosen in stretches
    ]
    scores: dict[tuple[int, Mode], float] = {
        (tonic, mode): sum(share * _correlate(np.roll(found, -tonic), profile) for share, found in profiles)
        for mode, profile in MODES
        for tonic in range(12)
    }
    (tonic, mode), score = max(scores.items(), key=lambda item: (item[1], item[0]))
    dominant = (tonic + 7) % 12
    first, last = (min(note.pitch for note in notes if abs(note.onset_sec - at) <= EDGE_SEC) % 12
                   for at in (onsets[0], onsets[-1]))
    if mode == "major" and first == last == dominant and score - scores[dominant, "major"] < FLAT_SEVENTH:
        tonic = dominant
    return Key(Fraction(0), tonic_fifths(tonic, mode), mode)


def follow_keys(
    outputs: Floats, notes: Sequence[Note], begins: Sequence[Fraction], bars: Sequence[Fraction], key: Key
) -> tuple[Key, ...]:
    """Find where the signature changes.

    Parameters
    ----------
    outputs
        Of the network of names under ``key``, shape (n_notes, 12): logarithms of the chances of each signature, by how
        many fifths it lies above that of ``key``, modulo 12.
    notes, begins
        At least one note, and in which quarter each of them stands.
    bars
        Quarters at which a signature may change, increasing; the first is 0.
    key
        Of the whole piece.

    Returns
    -------
    tuple of Key
        The first from quarter 0 on; neighbours have different signatures.
    """
    bar_of = _find_sections(bars, begins)
    chances = np.zeros((len(bars), 12))
    np.add.at(chances, bar_of, outputs)
    path = best_path(chances, CHANGE_COST * (1 - np.eye(12)))
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(bars)]
    signatures = path[edges[:-1]].tolist()
    degrees = (np.array([note.pitch for note in notes])[:, None] - 7 * (key.fifths + np.arange(12))) % 12
    in_scale = np.zeros((len(bars), 12))
    np.add.at(in_scale, bar_of, np.isin(degrees, SCALE))
    edges = _move_edges(edges, signatures, in_scale)
    keys: list[Key] = []
    for first, last, above in zip(edges, edges[1:], signatures, strict=False):
        section = [note for note, bar in zip(notes, bar_of, strict=True) if first <= bar < last]
        found = _name_key(section or notes, key.fifths + above) if above or keys else key
        keys.append(Key(bars[first], found.fifths, found.mode))
    return tuple(keys)


def _move_edges(edges: Sequence[int], signatures: Sequence[int], in_scale: Floats) -> list[int]:
    """Move edges between sections to where most notes are in the scales on both sides.

    ``in_scale`` (n_bars, 12) counts the notes of each bar that are in the scale of each signature. The network hears a
    change among many notes around it, so that it knows the bar only roughly.
    """
    moved = list(edges)
    for index, (before, after) in enumerate(pairwise(signatures), 1):
        first = max(moved[index] - MOST_MOVED_BARS, moved[index - 1] + 1)
        last = min(moved[index] + MOST_MOVED_BARS, moved[index + 1] - 1)
        gain = np.cumsum(in_scale[:, before] - in_scale[:, after])
        moved[index] = first + int(gain[first - 1 : last].argmax())
    return moved


def _name_key(notes: Sequence[Note], fifths: int) -> Key:
    """The likelier mode under a signature, and the easier to read of signatures that sound the same."""
    found = np.bincount(*_weigh_classes(notes), minlength=12)
    relative = fifths * 7 % 12
    _, tonic, mode = max(
        (_correlate(np.roll(found, -tonic), profile), tonic, mode)
        for (mode, profile), tonic in zip(MODES, (relative, (relative - 3) % 12), strict=True)
    )
    return Key(Fraction(0), tonic_fifths(tonic, mode), mode)


def place_keys(chosen: Sequence[tuple[float, int, Mode]], beats: Sequence[Beat]) -> tuple[Key, ...]:
    """Keys that a person chose, by seconds, at the downbeats nearest to them; the first holds from the beginning."""
    downbeats = [beat for beat in beats if beat.beat_in_bar == 1] or list(beats)
    placed: dict[Fraction, Key] = {}
    for number, (sec, fifths, mode) in enumerate(chosen):
        nearest = min(downbeats, key=lambda beat: abs(beat.time_sec - sec)).quarter
        quarter = max(nearest, Fraction(0)) if number else Fraction(0)
        placed[quarter] = Key(quarter, fifths, mode)
    return tuple(placed[quarter] for quarter in sorted(placed))


def find_fifths(keys: Sequence[Key], begins: Sequence[Fraction]) -> IntArray:
    """The signature in force at each quarter of ``begins``; what is before the first stands under the first."""
    return np.array([key.fifths for key in keys])[_find_sections([key.quarter for key in keys], begins)]


def _find_sections(firsts: Sequence[Fraction], begins: Sequence[Fraction]) -> IntArray:
    """The last of ``firsts`` that is not after each of ``begins``, or the first, by number."""
    at = np.searchsorted([float(first) for first in firsts], [float(begin) for begin in begins], side="right")
    return np.maximum(at - 1, 0)


def ease_keys(
    keys: Sequence[Key], begins: Sequence[Fraction], pitches: IntArray, names: IntArray
) -> tuple[Key, ...]:
    """Write six sharps as six flats, or the other way round, where that saves double accidentals.

    Parameters
    ----------
    keys
        By quarter.
    begins, pitches, names
        Of the notes: where they stand in quarters, MIDI numbers, and places of their names on the line of fifths.
    """
    if pitches.min() >= LOWEST_EARLY and pitches.max() <= HIGHEST_EARLY:
        return tuple(keys)
    section_of = _find_sections([key.quarter for key in keys], begins)
    eased = []
    for index, key in enumerate(keys):
        above = names[section_of == index] - key.fifths
        doubles = {6: (above > LAST_SINGLE - 6).sum(), -6: (above < FIRST_SINGLE + 6).sum()}
        is_easier = abs(key.fifths) == 6 and doubles[-key.fifths] < doubles[key.fifths]
        eased.append(replace(key, fifths=-key.fifths) if is_easier else key)
    return tuple(eased)


def _weigh_classes(notes: Sequence[Note]) -> tuple[IntArray, Floats]:
    """Pitch classes of notes, and how much each counts."""
    lengths = np.array([note.offset_sec - note.onset_sec for note in notes])
    return np.array([note.pitch % 12 for note in notes]), lengths**LENGTH_POWER


def tonic_fifths(tonic: int, mode: Mode) -> int:
    """Signature -5..6 (major) or -6..5 (minor) of the key on pitch class ``tonic``: the one with fewer accidentals."""
    relative_major = tonic if mode == "major" else tonic + 3
    fifths = relative_major * 7 % 12
    most_sharps = 6 if mode == "major" else 5
    return fifths if fifths <= most_sharps else fifths - 12


def _correlate(a: Floats, b: Floats) -> float:
    """Pearson correlation; 0 where one of them is flat."""
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / norm if norm > 0 else 0.0
