"""Hands: one staff for each note."""

import asyncio

import numpy as np
from hypothesis import given, settings

from ottava.datatypes import Note, Performance
from ottava.notation.hands import N_FEATURES, choose_staffs, decode_staffs, describe_hands, split_hands
from ottava.rhythm.chords import group_spreads
from tests.performances import WALTZ, perform, performances


@given(performances())
@settings(max_examples=50, deadline=None)
def test_every_note_has_a_hand_and_hands_do_not_cross_in_a_chord(performance: Performance) -> None:
    staffs = split_hands(performance.notes)
    assert len(staffs) == len(performance.notes)
    assert set(staffs) <= {1, 2}
    for chord in group_spreads([note.onset_sec for note in performance.notes]):
        left = [performance.notes[i].pitch for i in chord if staffs[i] == 2]
        right = [performance.notes[i].pitch for i in chord if staffs[i] == 1]
        assert not left or not right or max(left) <= min(right)


def test_bass_and_tune_of_a_waltz_are_apart() -> None:
    performance = perform(WALTZ, 100)
    for note, staff in zip(performance.notes, split_hands(performance.notes), strict=True):
        assert staff == (1 if note.pitch >= 69 else 2)


def test_a_left_hand_above_middle_c_stays_the_left_hand() -> None:
    notes = [note for i in range(8) for note in (Note(i, i + 0.9, 62 + i % 3, 60), Note(i, i + 0.9, 81 + i % 3, 60))]
    assert split_hands(notes) == [2, 1] * 8


def test_a_given_split_is_kept() -> None:
    notes = [Note(0.0, 1.0, 59, 60), Note(0.0, 1.0, 60, 60)]
    assert asyncio.run(choose_staffs(notes, None, 60, None)) == [2, 1]


@given(performances())
@settings(max_examples=40, deadline=None)
def test_features_are_finite_and_every_note_is_read_once(performance: Performance) -> None:
    order, features, times_sec, pitches = describe_hands(performance.notes)
    assert sorted(order.tolist()) == list(range(len(performance.notes)))
    assert features.shape == (len(order), N_FEATURES)
    assert np.isfinite(features).all()
    assert (np.diff(times_sec) >= 0).all()
    assert [performance.notes[i].pitch for i in order] == pitches.tolist()


def choose(pitches: list[int], odds: list[float]) -> list[int]:
    """Staffs of a chord, from below, by the odds of both networks that the left hand plays its notes."""
    notes = [Note(0.0, 1.0, pitch, 60) for pitch in pitches]
    outputs = np.stack([np.zeros(len(odds)), np.array(odds)], axis=1)
    return decode_staffs(np.arange(len(notes)), outputs, outputs, notes)


def test_hands_do_not_cross_in_a_chord_for_little() -> None:
    assert choose([48, 55, 60, 72], [3.0, -0.2, 0.3, -3.0]) in ([2, 2, 2, 1], [2, 1, 1, 1])
    assert choose([48, 55, 60, 72], [-9.0, 9.0, 9.0, -9.0]) == [1, 2, 2, 1]


def test_a_hand_takes_what_it_can_reach() -> None:
    assert choose([36, 60, 72], [3.0, 0.5, -3.0]) == [2, 1, 1]
    assert choose([48, 60, 72], [3.0, 0.5, -3.0]) == [2, 2, 1]


def play(rows: list[tuple[float, float, int, float]]) -> list[int]:
    """Staffs of notes of (onset, length, pitch, odds that the left hand plays it)."""
    notes = [Note(onset, onset + length, pitch, 60) for onset, length, pitch, _ in rows]
    outputs = np.array([[0.0, odds] for *_, odds in rows])
    return decode_staffs(np.arange(len(notes)), outputs, outputs, notes)


def test_a_note_out_of_reach_is_for_the_hand_that_rests() -> None:
    """Also over a hand in the middle; a figure is not torn for it."""
    figure = [(0.3 * step, 0.28, (60, 64, 67, 64)[step % 4], -2.0) for step in range(8)]
    low, high = (0.0, 0.6, 36, 5.0), (1.2, 0.6, 84, -1.9)
    assert play([low, *figure[:4], figure[4], high, *figure[5:]]) == [2, *[1] * 5, 2, *[1] * 3]


def test_two_notes_struck_far_apart_are_for_two_hands() -> None:
    assert play([(0.0, 1.0, 45, -3.0), (0.0, 1.0, 76, -4.0)]) == [2, 1]
    assert play([(0.0, 1.0, 36, 4.0), (0.0, 1.0, 67, 2.0)]) == [2, 1]


def test_a_key_that_is_let_go_binds_no_hand() -> None:
    assert play([(0.0, 0.5, 36, 2.0), (0.55, 0.5, 67, 2.0)]) == [2, 2]


def test_a_hand_that_is_busy_takes_nothing() -> None:
    assert play([(0.0, 2.0, 36, 2.0), (0.0, 2.0, 88, -9.0), (1.0, 0.5, 55, 2.0)]) == [2, 1, 2]
