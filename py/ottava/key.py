"""Key: which signature and mode the piece is written in.

Method: correlation of the duration-weighted pitch-class profile with the 24 rotations of the Kostka-Payne profiles
(Temperley, "Music and Probability", 2007, ch. 6). Differs from it: one key for the whole piece, correlation instead of
likelihood.
"""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

import numpy as np

from ottava.datatypes import Key, Note

# Frequencies of the twelve degrees in the Kostka-Payne corpus, from the tonic up (Temperley 2007).
# Chosen among three published sets by the share of right signatures: bench/results.md, "Key".
MAJOR_PROFILE = (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400)
MINOR_PROFILE = (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330)


def estimate_key(notes: Sequence[Note]) -> Key:
    """Estimate the key of a piece.

    Parameters
    ----------
    notes
        At least one note.

    Returns
    -------
    Key
        From quarter 0 on; ``fifths`` -6..6.
    """
    weights = np.zeros(12)
    for note in notes:
        weights[note.pitch % 12] += note.offset_sec - note.onset_sec
    modes: tuple[tuple[Literal["major", "minor"], tuple[float, ...]], ...] = (
        ("major", MAJOR_PROFILE),
        ("minor", MINOR_PROFILE),
    )
    _, tonic, mode = max(
        (_correlate(np.roll(weights, -tonic), np.array(profile)), tonic, mode)
        for mode, profile in modes
        for tonic in range(12)
    )
    return Key(Fraction(0), tonic_fifths(tonic, mode), mode)


def tonic_fifths(tonic: int, mode: Literal["major", "minor"]) -> int:
    """Signature -5..6 (major) or -6..5 (minor) of the key on pitch class ``tonic``: the one with fewer accidentals."""
    relative_major = tonic if mode == "major" else tonic + 3
    fifths = relative_major * 7 % 12
    most_sharps = 6 if mode == "major" else 5
    return fifths if fifths <= most_sharps else fifths - 12


def _correlate(a: np.ndarray, b: np.ndarray) -> float:
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
