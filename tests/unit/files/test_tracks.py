"""Tracks that are hands."""

import pytest

from ottava.datatypes import Note
from ottava.files.tracks import find_hands


def play(*chords: list[int]) -> list[Note]:
    """A chord each half second."""
    return [Note(0.5 * step, 0.5 * step + 0.4, pitch, 64) for step, chord in enumerate(chords) for pitch in chord]


HIGH, LOW = play([72], [74], [76], [77]), play([48], [55], [52], [55])
# The left hand leaps over the right one and back.
MIDDLE, CROSSING = play([60], [64], [67], [64]), play([36], [84], [36], [86])


@pytest.mark.parametrize(("names", "hands"), [
    (("Piano", "Piano"), [1, 2]),
    (("", ""), [1, 2]),
    (("left hand", "right hand"), [2, 1]),
    (("LH", "RH"), [2, 1]),
    (("Klavier links", "Klavier rechts"), [2, 1]),
    (("main gauche", "main droite"), [2, 1]),
    (("Bass", "Treble"), [2, 1]),
    (("Piano (L.H.)", "Melody"), [2, 1]),
    (("Bright Piano", "Cleft"), [1, 2]),
])  # fmt: skip
def test_names_come_before_the_order(names: tuple[str, str], hands: list[int]) -> None:
    assert find_hands(names, [HIGH, LOW]) == hands


def test_the_second_track_is_the_right_hand_where_it_lies_higher() -> None:
    assert find_hands(["", ""], [LOW, HIGH]) == [2, 1]


def test_the_hand_that_crosses_is_still_the_left_one() -> None:
    assert find_hands(["", ""], [MIDDLE, CROSSING]) == [1, 2]
    assert find_hands(["", ""], [CROSSING, MIDDLE]) == [2, 1]


def test_of_more_parts_those_that_say_so_are_hands() -> None:
    assert find_hands(["Right hand", "Left hand", "Choir"], [HIGH, LOW, HIGH]) == [1, 2, None]
    assert find_hands(["", "", ""], [HIGH, LOW, HIGH]) == [None] * 3
    assert find_hands([""], [HIGH]) == [None]
    assert find_hands(["Left hand"], [LOW]) == [2]
    assert find_hands(["Bass"], [LOW]) == [None]


def test_what_no_hand_reaches_and_what_sounds_twice_are_no_hands() -> None:
    assert find_hands(["", ""], [play([40, 72], [43, 76]), HIGH]) == [None, None]
    assert find_hands(["", ""], [HIGH, HIGH]) == [None, None]
    assert find_hands(["right", "right"], [HIGH, LOW]) == [None, None]
