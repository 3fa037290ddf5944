"""Accidentals: which notes show one, and which only as a reminder.

No published method: engraving practice (Gould, "Behind Bars", 2011, part one, "Accidentals"): an accidental holds for
its line or space up to the bar line; a reminder stands where the bar before, or another octave of this one, had it
otherwise.
"""

from collections.abc import Sequence
from typing import Literal

from ottava.engraving.signs import Sign, Voices
from ottava.notation.spelling import STEPS

Shown = Literal["needed", "courtesy"]
Line = tuple[str, int]  # step and octave
Place = tuple[int, int, int]  # voice, number of the sign in it, number of the note in its chord


def choose_accidentals(bars: Sequence[Voices], fifths: Sequence[int], staff: int) -> list[dict[Place, Shown]]:
    """The accidentals of one staff.

    Parameters
    ----------
    bars, fifths
        Voices and signature of each bar.
    staff
        1 or 2.

    Returns
    -------
    list of dict
        For each bar, those that are shown.
    """
    shown = []
    before: dict[Line, int] = {}
    for voices, signature in zip(bars, fifths, strict=True):
        now: dict[Line, int] = {}
        found: dict[Place, Shown] = {}
        for sign, voice, number in _sort_signs(voices, staff):
            if sign.tied_back:
                continue
            for position, note in enumerate(sign.notes):
                step, alter, octave = note.spelling.step, note.spelling.alter, note.spelling.octave
                usual = _alter_in_key(step, signature)
                if alter != now.get((step, octave), usual):
                    found[voice, number, position] = "needed"
                elif (step, octave) not in now and (
                    before.get((step, octave), alter) != alter
                    or any(one == step and other != alter for (one, _), other in now.items())
                ):
                    found[voice, number, position] = "courtesy"
                now[step, octave] = alter
        shown.append(found)
        before = now
    return shown


def _sort_signs(voices: Voices, staff: int) -> list[tuple[Sign, int, int]]:
    """Chords and grace notes of a staff as they are read, with their voice and their number in it."""
    signs = [
        (sign, voice, number)
        for (other, voice), members in voices.items() if other == staff
        for number, sign in enumerate(members) if sign.notes
    ]
    return sorted(signs, key=lambda item: (item[0].start_quarter, item[0].length_quarter > 0, item[1], item[2]))


def _alter_in_key(step: str, fifths: int) -> int:
    """Sharps (flats when negative) that a signature gives a step."""
    place = STEPS.index(step)
    return int(place < fifths) - int(place >= 7 + fifths)
