"""Key: which signature and mode the piece is written in.

Method: correlation of pitch-class profiles with the 24 rotations of the Kostka-Payne profiles (Temperley, "Music and
Probability", 2007, ch. 6). Differs from it: one key for the whole piece, correlation instead of likelihood, and the
beginning, where the signature stands, and the end count beside the whole; pieces wander in between.
"""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

import numpy as np

from ottava.datatypes import Floats, Key, Note

# Frequencies of the twelve degrees in the Kostka-Payne corpus, from the tonic up (Temperley 2007).
# Chosen among three published sets by the share of right signatures: bench/results.md, "Key".
MAJOR_PROFILE = (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400)
MINOR_PROFILE = (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330)
MODES: tuple[tuple[Literal["major", "minor"], Floats], ...] = (
    ("major", np.array(MAJOR_PROFILE)),
    ("minor", np.array(MINOR_PROFILE)),
)
# What counts beside the whole, and that a note of four times the length counts twice: from the middle of a plateau on
# 166 pieces of data/train (bench/results.md, "Key").
BEGINNING_SEC, BEGINNING_WEIGHT = 20.0, 1.0
END_SEC, END_WEIGHT = 10.0, 0.5
LENGTH_POWER = 0.5


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
    classes = np.array([note.pitch % 12 for note in notes])
    weights = np.array([note.offset_sec - note.onset_sec for note in notes]) ** LENGTH_POWER
    stretches = [(1.0, np.ones_like(begins)), (BEGINNING_WEIGHT, begins), (END_WEIGHT, ends)]
    profiles = [
        (share, np.bincount(classes[chosen], weights[chosen], minlength=12)) for share, chosen in stretches
    ]
    _, tonic, mode = max(
        (sum(share * _correlate(np.roll(found, -tonic), profile) for share, found in profiles), tonic, mode)
        for mode, profile in MODES
        for tonic in range(12)
    )
    return Key(Fraction(0), tonic_fifths(tonic, mode), mode)


def tonic_fifths(tonic: int, mode: Literal["major", "minor"]) -> int:
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


def read_key(text: str) -> tuple[int, Literal["major", "minor"]]:
    """Read a key as a person types it: "-5", "Eb minor", "F# major", "D".

    Returns
    -------
    tuple
        Fifths -7..7 and mode; a bare number is major.

    Raises
    ------
    ValueError
        When it is none.
    """
    problem = f'"{text}" is no key; write for instance -5 or "Eb minor"'
    if re.fullmatch(r"[+-]?\d", text.strip()):
        fifths, mode = int(text), "major"
    else:
        match = re.fullmatch(r"([A-G])([#b]?)(?:\s+(major|minor))?", text.strip())
        if not match:
            raise ValueError(problem)
        step, accidental, mode = match[1], match[2], match[3] or "major"
        fifths = "FCGDAEB".index(step) - 1 + {"#": 7, "b": -7, "": 0}[accidental] - (3 if mode == "minor" else 0)
    if not -7 <= fifths <= 7:
        raise ValueError(problem)
    return fifths, "minor" if mode == "minor" else "major"
