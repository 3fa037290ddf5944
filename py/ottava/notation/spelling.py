"""Spelling: which of its names each pitch is written with.

Method: each pitch class takes its place on the line of fifths that is nearest to the centre of the key (Temperley,
"The Cognition of Basic Musical Structures", 2001, ch. 5, tonal-pitch-class rule). Differs from it: one centre for the
piece, no voice leading.
"""

import re
from collections.abc import Sequence

from ottava.datatypes import Key, Note, Spelling

# Distance on the line of fifths from the signature's major tonic (C = 0 without accidentals) to the centre. A major
# scale spans -1..5; a minor piece reaches for its raised sixth and seventh degrees (A minor: F sharp 6, G sharp 8).
# Both were best of 0.5 to 4 on 80 pieces of data/train (bench/results.md, "Spelling").
CENTRE_MAJOR = 2.0
CENTRE_MINOR = 3.0
STEPS = "FCGDAEB"
NATURAL_PITCH_CLASS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def spell_pitches(notes: Sequence[Note], key: Key) -> list[Spelling]:
    """Spell every note in a key.

    Parameters
    ----------
    notes
        Any number of notes.
    key
        The key of the piece.

    Returns
    -------
    list of Spelling
        One for each note, in their order.
    """
    centre = key.fifths + (CENTRE_MAJOR if key.mode == "major" else CENTRE_MINOR)
    return [spell_pitch(note.pitch, centre) for note in notes]


def spell_pitch(pitch: int, centre: float) -> Spelling:
    """Spell one MIDI pitch near ``centre``, a place on the line of fifths (C = 0, G = 1, F = -1)."""
    place = pitch * 7 % 12
    return spell_place(pitch, place + 12 * round((centre - place) / 12))


def spell_place(pitch: int, place: int) -> Spelling:
    """Spell one MIDI pitch by its place on the line of fifths, -15 (F double flat) to 19 (B double sharp)."""
    step = STEPS[(place + 1) % 7]
    alter = (place + 1) // 7
    octave = (pitch - alter - NATURAL_PITCH_CLASS[step]) // 12 - 1
    return Spelling(step, alter, octave)


def sound_spelling(spelling: Spelling) -> int:
    """The MIDI pitch of a name."""
    return NATURAL_PITCH_CLASS[spelling.step] + spelling.alter + 12 * (spelling.octave + 1)


def name_pitch(pitch: int) -> str:
    """Name a MIDI pitch as people type it: 60 is "C4", 61 is "C#4"."""
    spelling = spell_pitch(pitch, CENTRE_MAJOR)
    return f"{spelling.step}{'#' * spelling.alter}{'b' * -spelling.alter}{spelling.octave}"


def read_pitch(name: str) -> int:
    """Read a pitch name such as "C4", "Bb3" or "F#5" as a MIDI pitch.

    Raises
    ------
    ValueError
        When it is none.
    """
    match = re.fullmatch(r"([A-Ga-g])([#b]?)(-?\d)", name)
    if not match:
        raise ValueError(f'"{name}" is no pitch; write for instance C4 or Bb3')
    step, accidental, octave = match.groups()
    return NATURAL_PITCH_CLASS[step.upper()] + {"#": 1, "b": -1, "": 0}[accidental] + 12 * (int(octave) + 1)
