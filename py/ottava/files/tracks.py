"""Tracks: which parts of a MIDI file are hands of a pianist.

No published method: names that say it are believed; of two parts without them the first is the right hand, as programs
write them, unless the second one lies higher.
"""

import re
from collections.abc import Sequence

import numpy as np

from ottava.datatypes import Note
from ottava.rhythm.chords import group_notes

RIGHT, LEFT = 1, 2
# Words of names, in languages that scores have; those of registers count where a file has both.
NAMES = {
    RIGHT: r"right|r\.? ?h|recht[se]?|droite|m\.? ?d|destra|derecha|upper",
    LEFT: r"left|l\.? ?h|link[se]?|gauche|m\.? ?g|sinistra|izquierda|lower",
}
REGISTERS = {RIGHT: r"treble|dis[ck]ant|soprano", LEFT: r"bass"}
# A hand reaches a tenth, in nearly all that it strikes at once; the left one lies lower by so many semitones, counted
# at its lower notes because it may cross; parts that are one sound twice have as many notes in common. Not tuned.
REACH_SEMITONES, REACHED_SHARE = 16, 0.95
LOWER_QUARTER, CLEARLY_SEMITONES = 25, 5
SAME_SHARE, SAME_SEC = 0.5, 0.05


def find_hands(names: Sequence[str], parts: Sequence[Sequence[Note]]) -> list[int | None]:
    """The hand of each part, 1 (right) or 2; None where nothing says that a part is a hand.

    Parameters
    ----------
    names, parts
        Of the piano parts that have notes, in the order of the file; ``parts`` sorted by onset.
    """
    named = [_read_hand(name, NAMES) for name in names]
    if not any(named):
        named = [_read_hand(name, REGISTERS) for name in names]
        named = named if {RIGHT, LEFT} <= {*named} else [None] * len(names)
    if any(named) and len(parts) != 2:
        return named
    if len(parts) != 2 or named[0] == named[1] is not None:
        return [None] * len(parts)
    if any(named):
        first = named[0] or RIGHT + LEFT - (named[1] or 0)
        return [first, RIGHT + LEFT - first]
    if not all(map(_is_playable, parts)) or _is_doubled(*parts):
        return [None, None]
    lower = [float(np.percentile([note.pitch for note in part], LOWER_QUARTER)) for part in parts]
    return [LEFT, RIGHT] if lower[1] - lower[0] >= CLEARLY_SEMITONES else [RIGHT, LEFT]


def _read_hand(name: str, words: dict[int, str]) -> int | None:
    """The one hand that a name tells of."""
    found = [hand for hand, pattern in words.items() if re.search(rf"(?<![^\W_])(?:{pattern})(?![^\W_])", name, re.I)]
    return found[0] if len(found) == 1 else None


def _is_playable(part: Sequence[Note]) -> bool:
    """Whether one hand reaches what a part strikes at once."""
    chord_of = group_notes(np.array([note.onset_sec for note in part])).chord_of
    pitches = np.array([note.pitch for note in part])
    starts = np.flatnonzero(np.diff(chord_of, prepend=-1)).astype(np.intp)
    spans = np.maximum.reduceat(pitches, starts) - np.minimum.reduceat(pitches, starts)
    return bool((spans <= REACH_SEMITONES).mean() >= REACHED_SHARE)


def _is_doubled(one: Sequence[Note], other: Sequence[Note]) -> bool:
    """Whether two parts are one, as where a piano sounds with a second voice."""
    first, second = ({(round(note.onset_sec / SAME_SEC), note.pitch) for note in part} for part in (one, other))
    return len(first & second) > SAME_SHARE * min(len(first), len(second))
