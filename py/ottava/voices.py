"""Voices: which notes of a staff move together.

Method: one voice as long as that says everything; a note held while others of its staff begin takes a voice of its
own, the upper one (1) when it lies above them and the lower one (2) when below. The rule is engraving practice
(Gould, "Behind Bars", 2011, part one); contig mapping and learned separations are compared in a later issue.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from fractions import Fraction

from ottava.datatypes import Note, Span

UPPER, LOWER = 1, 2
# A key that stays down over the next onset for less than this is legato playing, not a held note.
HELD_QUARTER = Fraction(1)


def separate_voices(
    notes: Sequence[Note], spans: Sequence[Span], staffs: Sequence[int], held_quarter: Fraction = HELD_QUARTER
) -> list[int]:
    """Give each note to voice 1 or 2 of its staff.

    Parameters
    ----------
    notes, spans, staffs
        Of one length; ``spans`` with the lengths of the keys' presses, or with written ones.
    held_quarter
        A note that reaches at least this far over the next one is held: 0 where lengths are written ones.

    Returns
    -------
    list of int
        1 or 2 for each note; voice 2 only where two voices sound.
    """
    voices = [UPPER] * len(notes)
    for staff in set(staffs):
        indices = sorted((i for i in range(len(notes)) if staffs[i] == staff), key=lambda i: spans[i].onset_quarter)
        _separate_staff(indices, notes, spans, voices, held_quarter)
    return voices


def _separate_staff(
    indices: list[int], notes: Sequence[Note], spans: Sequence[Span], voices: list[int], held_quarter: Fraction
) -> None:
    """Fill ``voices`` for one staff; ``indices`` sorted by onset_quarter."""
    # Floats compare many times as fast as fractions, and equal fractions are equal floats.
    onsets = [float(spans[i].onset_quarter) for i in indices]
    ends = [float(spans[i].onset_quarter + spans[i].duration_quarter) for i in indices]
    # End of the held note that a voice carries.
    busy = {UPPER: onsets[0], LOWER: onsets[0]}
    for index, onset, end in zip(indices, onsets, ends, strict=True):
        begin = bisect_right(onsets, onset)
        inside = indices[begin : bisect_left(onsets, end)]
        if inside and end - onsets[begin] >= held_quarter:
            others_above = sum(notes[i].pitch for i in inside) > notes[index].pitch * len(inside)
            voice = LOWER if others_above else UPPER
            if busy[voice] <= onset:
                voices[index], busy[voice] = voice, end
                continue
        # The voice that is free, or free first; the upper one in doubt.
        voices[index] = min((UPPER, LOWER), key=lambda voice: max(busy[voice], onset))
