"""Key: signature and mode, and where they change."""

from fractions import Fraction
from itertools import pairwise
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ottava.datatypes import Key, Note
from ottava.notation.key import CHANGE_COST, ease_keys, estimate_key, find_fifths, follow_keys, tonic_fifths

MAJOR, HARMONIC_MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 11)


def play(tonic: int, degrees: tuple[int, ...]) -> list[Note]:
    """Play a scale and its tonic chord."""
    pitches = [60 + tonic + d for d in degrees] + [48 + tonic, 60 + tonic, 60 + tonic + degrees[2], 67 + tonic]
    return [Note(0.5 * i, 0.5 * i + 0.5, pitch, 64) for i, pitch in enumerate(pitches)]


@pytest.mark.parametrize("tonic", range(12))
def test_scales_are_known_in_every_key(tonic: int) -> None:
    major, minor = estimate_key(play(tonic, MAJOR)), estimate_key(play(tonic, HARMONIC_MINOR))
    assert (major.fifths, major.mode) == (tonic_fifths(tonic, "major"), "major")
    assert (minor.fifths, minor.mode) == (tonic_fifths(tonic, "minor"), "minor")


def test_a_piece_is_in_the_key_where_it_begins_and_ends() -> None:
    pitches = [60 + degree + tonic for tonic in (0,) * 4 + (7,) * 12 + (0,) * 2 for degree in MAJOR]
    assert estimate_key([Note(0.6 * i, 0.6 * i + 0.5, pitch, 64) for i, pitch in enumerate(pitches)]).fifths == 0


def follow(sections: list[tuple[int, int]], key: Key, chance: float = -0.5) -> tuple[Key, ...]:
    """Keys of bars in 4/4 with 16 notes each; ``sections`` are (bars, fifths above ``key`` that the network hears)."""
    notes: list[Note] = []
    begins, outputs = [], []
    for n_bars, above in sections:
        for _ in range(16 * n_bars):
            begins.append(Fraction(len(notes), 4))
            pitch = 60 + ((key.fifths + above) * 7 + MAJOR[len(notes) % 7]) % 12
            notes.append(Note(0.2 * len(notes), 0.2 * len(notes) + 0.2, pitch, 64))
            outputs.append([chance if fifths == above % 12 else -4.0 for fifths in range(12)])
    bars = [Fraction(4 * bar) for bar in range(len(notes) // 16)]
    return follow_keys(np.array(outputs), notes, begins, bars, key)


def test_a_middle_section_in_another_key_has_its_signature() -> None:
    keys = follow([(16, 0), (16, -4), (16, 0)], Key(Fraction(0), 2, "major"))
    assert [(int(key.quarter), key.fifths) for key in keys] == [(0, 2), (64, -2), (128, 2)]


def test_a_change_lies_where_the_scales_change() -> None:
    notes = [Note(0.2 * i, 0.2 * i + 0.2, 60 + MAJOR[i % 7] - (2 if i >= 160 else 0), 64) for i in range(320)]
    outputs = np.where(np.arange(12) == 10 * (np.arange(320) >= 208)[:, None], -0.5, -4.0)  # three bars late
    begins = [Fraction(i, 4) for i in range(320)]
    keys = follow_keys(outputs, notes, begins, begins[::16], Key(Fraction(0), 0, "major"))
    assert [(int(key.quarter), key.fifths) for key in keys] == [(0, 0), (40, -2)]


def test_a_few_bars_elsewhere_change_nothing() -> None:
    key = Key(Fraction(0), 2, "major")
    n_bars = int(2 * CHANGE_COST / 16 / 3.5) - 1
    assert follow([(16, 0), (n_bars, -4), (16, 0)], key) == (key,)


def test_a_section_is_written_with_the_fewer_accidentals() -> None:
    assert [key.fifths for key in follow([(20, 0), (20, -3)], Key(Fraction(0), -5, "major"))] == [-5, 4]
    assert [key.fifths for key in follow([(20, 0), (20, 3)], Key(Fraction(0), 4, "minor"))] == [4, -5]


@pytest.mark.parametrize(("above", "easier"), [(7, -6), (-3, 6), (0, 6)])
def test_six_sharps_are_six_flats_where_that_saves_double_accidentals(above: int, easier: int) -> None:
    keys = tuple(Key(Fraction(4 * index), fifths, "major") for index, fifths in enumerate((6, 1, -6)))
    begins = [Fraction(quarter) for quarter in range(12)]
    names = find_fifths(keys, begins) + above
    eased = ease_keys(keys, begins, np.full(12, 90), names)
    assert [key.fifths for key in eased] == [easier, 1, easier if above else -6]
    assert ease_keys(keys, begins, np.full(12, 60), names) == keys  # as on the keyboards of Bach


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 11)), min_size=1, max_size=5),
    st.integers(-7, 7), st.sampled_from(("major", "minor")), st.integers(0, 99),
)  # fmt: skip
def test_keys_follow_each_other_whatever_the_network_says(
    sections: list[tuple[int, int]], fifths: int, mode: Literal["major", "minor"], seed: int
) -> None:
    keys = follow(sections, Key(Fraction(0), fifths, mode), -100.0 * np.random.default_rng(seed).random())
    assert keys[0].quarter == 0
    assert all(-7 <= key.fifths <= 7 for key in keys)
    assert all(one.quarter < other.quarter and one.fifths != other.fifths for one, other in pairwise(keys))


def test_a_note_stands_under_the_last_signature_before_it() -> None:
    keys = (Key(Fraction(0), 2, "major"), Key(Fraction(8), -2, "minor"))
    assert find_fifths(keys, [Fraction(-1), Fraction(0), Fraction(15, 2), Fraction(8), Fraction(99)]).tolist() == [
        2, 2, 2, -2, -2,
    ]  # fmt: skip


def test_signatures_use_the_fewer_accidentals() -> None:
    assert [tonic_fifths(t, "major") for t in (0, 7, 5, 1, 6)] == [0, 1, -1, -5, 6]
    assert [tonic_fifths(t, "minor") for t in (9, 4, 2, 3, 8)] == [0, 1, -1, -6, 5]


@pytest.mark.parametrize("tonic", [0, 3, 7])
def test_a_boogie_is_in_the_key_of_its_bass(tonic: int) -> None:
    """Its seventh is flat, as if its tonic were a dominant."""
    roots = [0] * 4 + [5] * 2 + [0] * 2 + [7, 5, 0, 0]
    notes = [
        Note(bar * 2 + step / 4, bar * 2 + step / 4 + 0.2, 36 + tonic + root + up, 64)
        for bar, root in enumerate(roots)
        for step, shape in enumerate([(0, 7), (0, 7), (0, 9), (0, 9), (0, 10), (0, 10), (0, 9), (0, 9)])
        for up in (*shape, *((28, 31) if step == 0 else ()))
    ]
    key = estimate_key(notes)
    assert (key.fifths, key.mode) == (tonic_fifths(tonic, "major"), "major")


def test_a_piece_that_begins_and_ends_on_its_dominant_keeps_its_key() -> None:
    tune = [67, 72, 76, 74, 72, 71, 72, 69, 65, 67, 71, 72, 76, 72, 67]
    notes = [Note(step / 2, step / 2 + 0.4, pitch, 64) for step, pitch in enumerate(tune)]
    assert estimate_key(notes).fifths == 0
