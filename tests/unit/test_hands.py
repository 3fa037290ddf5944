"""Hands: one staff for each note."""

from hypothesis import given, settings

from ottava.datatypes import Note, Performance
from ottava.hands import group_chords, split_hands
from tests.performances import WALTZ, perform, performances


@given(performances())
@settings(max_examples=50, deadline=None)
def test_every_note_has_a_hand_and_hands_do_not_cross_in_a_chord(performance: Performance) -> None:
    staffs = split_hands(performance.notes)
    assert len(staffs) == len(performance.notes)
    assert set(staffs) <= {1, 2}
    for chord in group_chords([note.onset_sec for note in performance.notes]):
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
    assert split_hands(notes, split_pitch=60) == [2, 1]
