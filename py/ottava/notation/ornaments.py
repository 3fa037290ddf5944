"""Ornaments: trills, grace notes and broken chords, which a page shows by a sign and not by their notes.

The rhythm network tells which chords have no place of their own in the score; this file says what they are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Literal

from ottava.datatypes import Note
from ottava.rhythm.chords import Chords
from ottava.rhythm.divisions import find_divisions, is_odd

# None of them is tuned: data/train does not tell ornaments apart.
# A trill goes on when the next of its notes comes within this time, a whole tone off at most.
TRILL_STEP_SEC, TRILL_SEMITONES = 0.25, 2
# A mordent or a turn has fewer notes without a place of their own than this.
LEAST_TRILL_NOTES = 3
# A grace note lies this near before its main note, and before what is struck next for so short a time or share of a
# beat: what takes longer is a note that was lifted early.
GRACE_SEC, GRACE_STEP_SEC, GRACE_STEP_BEATS = 0.35, 0.12, 0.2
# A chord is broken when it takes longer than this from its first to its last note, and has this many.
BROKEN_SEC, LEAST_BROKEN_NOTES = 0.06, 3


@dataclass(frozen=True, slots=True)
class Role:
    """What a note is: its place in beats, None for a note that a trill's sign stands for; a grace note; its sign."""

    place: Fraction | None
    is_grace: bool = False
    ornament: Literal["trill", "arpeggio"] | None = None


def find_ornaments(notes: Sequence[Note], chords: Chords, places: Sequence[Fraction | None]) -> list[Role]:
    """Say what each note is.

    Parameters
    ----------
    notes
        Sorted by onset.
    chords, places
        The chord of each note and the place of each chord; None where it has none of its own.

    Returns
    -------
    list of Role
        One for each note. Only notes of a trill are left without a place.
    """
    chord_of = chords.chord_of.tolist()
    roles = [Role(places[chord]) for chord in chord_of]
    homeless = [index for index, role in enumerate(roles) if role.place is None]
    for main, others in _find_trills(notes, roles, homeless).items():
        roles[main] = Role(roles[main].place, ornament="trill")
        for index in others:
            roles[index] = Role(None, ornament="trill")
    divisions = find_divisions([place for place in places if place is not None])
    before = _find_placed(range(len(places)), places)
    after = _find_placed(range(len(places) - 1, -1, -1), places)[::-1]
    for index in homeless:
        if roles[index].ornament:
            continue
        chord = chord_of[index]
        following = places[after[chord]]
        if following is not None and _is_grace(chord, before[chord], after[chord], chords, places):
            roles[index] = Role(following, is_grace=True)
        else:
            roles[index] = Role(_interpolate(chord, before[chord], after[chord], chords, places, divisions))
    _mark_broken_chords(notes, roles)
    return roles


def _find_placed(chords: Iterable[int], places: Sequence[Fraction | None]) -> list[int]:
    """For each chord, itself if it has a place or the last one before it that has; the first one where none has."""
    found: list[int] = []
    for chord in chords:
        found.append(chord if places[chord] is not None or not found else found[-1])
    return found


def _find_trills(notes: Sequence[Note], roles: Sequence[Role], homeless: Sequence[int]) -> dict[int, list[int]]:
    """Main note of each trill, and the notes that its sign stands for."""
    trills: dict[int, list[int]] = {}
    under_way: list[int] = []  # main notes of those that may go on
    for index in homeless:
        note = notes[index]
        under_way = [main for main in under_way if note.onset_sec - notes[trills[main][-1]].onset_sec <= TRILL_STEP_SEC]
        near = [main for main in under_way if abs(note.pitch - notes[main].pitch) <= TRILL_SEMITONES]
        if near:
            trills[near[-1]].append(index)
            continue
        for main in range(index - 1, -1, -1):
            if note.onset_sec - notes[main].onset_sec > TRILL_STEP_SEC:
                break
            if roles[main].place is not None and 0 < abs(note.pitch - notes[main].pitch) <= TRILL_SEMITONES:
                trills.setdefault(main, []).append(index)
                under_way.append(main)
                break
    return {main: others for main, others in trills.items() if len(others) >= LEAST_TRILL_NOTES}


def _is_grace(chord: int, before: int, after: int, chords: Chords, places: Sequence[Fraction | None]) -> bool:
    """Whether a chord without a place is a grace note, or one of several, before the next one that has a place."""
    times, begin, end = chords.times_sec, places[before], places[after]
    if times[after] - times[chord] > GRACE_SEC:
        return False
    step_sec = times[chord + 1] - times[chord]
    if begin is None or end is None or before >= chord or begin >= end:
        return True
    beat_sec = (times[after] - times[before]) / float(end - begin)
    return bool(step_sec <= max(GRACE_STEP_SEC, GRACE_STEP_BEATS * beat_sec))


def _interpolate(
    chord: int,
    before: int,
    after: int,
    chords: Chords,
    places: Sequence[Fraction | None],
    divisions: Mapping[int, int],
) -> Fraction:
    """A place between those of the neighbours that have one, a quarter of a beat from one of them or on its tuplet."""
    begin, end = places[before], places[after]
    if begin is None or end is None:
        return begin if begin is not None else end if end is not None else Fraction(0)
    times = chords.times_sec
    share = float((times[chord] - times[before]) / (times[after] - times[before]))
    place = begin + Fraction(round(share * float(end - begin) * 4), 4)
    division = divisions.get(floor(place), 1)
    if is_odd(division) or is_odd(place.denominator):
        place = Fraction(round(place * division), division)
    return max(begin, min(end, place))


def _mark_broken_chords(notes: Sequence[Note], roles: list[Role]) -> None:
    """Notes of one place that were struck one after the other, upwards, are a broken chord."""
    begin = 0
    while begin < len(notes):
        end = begin + 1
        while end < len(notes) and roles[end].place == roles[begin].place:
            end += 1
        members = [i for i in range(begin, end) if not roles[i].is_grace and roles[i].place is not None]
        pitches = [notes[i].pitch for i in members]
        if (len(members) >= LEAST_BROKEN_NOTES and pitches == sorted(set(pitches))
                and notes[members[-1]].onset_sec - notes[members[0]].onset_sec > BROKEN_SEC):
            for i in members:
                roles[i] = Role(roles[i].place, ornament=roles[i].ornament or "arpeggio")
        begin = end
