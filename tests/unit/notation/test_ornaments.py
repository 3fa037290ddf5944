"""Ornaments: what the page shows by a sign."""

from fractions import Fraction

import numpy as np
import pytest

from ottava.datatypes import Note
from ottava.notation.ornaments import Role, find_ornaments
from ottava.rhythm.chords import group_notes


def find(rows: list[tuple[float, int, str | None]]) -> list[Role]:
    """Roles of notes of (onset, pitch, place)."""
    notes = [Note(onset, onset + 0.1, pitch, 64) for onset, pitch, _ in rows]
    chords = group_notes(np.array([note.onset_sec for note in notes]))
    places: list[Fraction | None] = [None] * len(chords.times_sec)
    for chord, (_, _, place) in zip(chords.chord_of.tolist(), rows, strict=True):
        places[chord] = Fraction(place) if place else None
    return find_ornaments(notes, chords, places)


def test_a_trill_is_its_main_note() -> None:
    trill = [(1.0 + 0.08 * i, 74 if i % 2 else 72, "0" if i == 0 else None) for i in range(10)]
    roles = find([*trill, (2.0, 76, "1")])
    assert roles[0] == Role(Fraction(0), ornament="trill")
    assert all(role.place is None for role in roles[1:10])
    assert roles[10] == Role(Fraction(1))


def test_a_short_note_before_another_is_a_grace_note() -> None:
    roles = find([(1.0, 60, "0"), (1.9, 79, None), (2.0, 77, "1")])
    assert roles[1] == Role(Fraction(1), is_grace=True)


@pytest.mark.parametrize(("beat_sec", "place"), [(0.35, "1/2"), (0.5, "3/4"), (0.6, "1/2"), (0.9, "3/4")])
def test_a_note_that_was_lifted_early_is_none(beat_sec: float, place: str) -> None:
    onset = 1 + beat_sec * float(Fraction(place))
    assert find([(1.0, 60, "0"), (onset, 79, None), (1 + beat_sec, 77, "1")])[1] == Role(Fraction(place))


def test_several_grace_notes_lead_to_one() -> None:
    roles = find([(1.0, 60, "0"), (1.7, 76, None), (1.8, 77, None), (1.9, 79, None), (2.0, 77, "1")])
    assert roles[1:4] == [Role(Fraction(1), is_grace=True)] * 3


def test_a_note_that_is_neither_keeps_a_place() -> None:
    roles = find([(1.0, 60, "0"), (1.5, 79, None), (2.0, 62, "1"), (3.0, 90, None)])
    assert roles[1] == Role(Fraction(1, 2))
    assert roles[3] == Role(Fraction(1))


def test_a_note_among_quintuplets_has_a_place_of_theirs() -> None:
    roles = find([(1.0, 60, "0"), (1.2, 62, "1/5"), (1.45, 90, None), (1.8, 64, "4/5"), (2.0, 65, "1")])
    assert roles[2] == Role(Fraction(2, 5))


def test_a_chord_that_is_rolled_upwards_is_broken() -> None:
    roles = find([(1.0, 48, "0"), (1.05, 55, "0"), (1.1, 64, "0"), (2.0, 48, "1"), (2.0, 55, "1"), (2.0, 64, "1")])
    assert [role.ornament for role in roles] == ["arpeggio"] * 3 + [None] * 3


def test_no_place_at_all_is_the_beginning() -> None:
    assert find([(1.0, 60, None)]) == [Role(Fraction(0))]
