"""Names and keys by the network that ships, on music made by hand."""

import asyncio
from fractions import Fraction

import numpy as np
import pytest

from ottava.datatypes import Key, Note, Run
from ottava.hosts.native import create_run
from ottava.models import find_models_folder, read_rhythm
from ottava.notation.key import tonic_fifths
from ottava.notation.names import name_notes

SCALE = (0, 2, 4, 5, 7, 9, 11, 12)
BEAT_SEC, BAR_BEATS = 0.5, 4
# Degrees of the bass under each bar, again and again; the dominant of the dominant has a raised fourth.
PROGRESSION = ((0, 4, 7), (5, 9, 12), (2, 6, 9), (7, 11, 14), (0, 4, 7), (9, 12, 16), (7, 11, 17), (0, 4, 7))


@pytest.fixture(scope="module")
def run() -> Run:
    folder = find_models_folder()
    return create_run(read_rhythm((folder / "models.json").read_text("utf-8")).graphs, folder)


def play(sections: list[tuple[int, int]]) -> tuple[list[Note], list[Fraction], list[Fraction]]:
    """Notes, their quarters and the bars; ``sections`` are (times the progression is played, tonic)."""
    rows: list[tuple[float, float, int]] = []
    bar = 0
    for times, tonic in sections:
        for chord in PROGRESSION * times:
            at = BAR_BEATS * bar
            rows += [(at, 4, 48 + tonic % 12 + degree) for degree in chord]
            tune = SCALE if bar % 2 else SCALE[::-1]
            rows += [(at + 0.5 * index, 0.5, 72 + tonic % 12 + degree) for index, degree in enumerate(tune)]
            bar += 1
    rows.sort(key=lambda row: (row[0], row[2]))
    notes = [Note(BEAT_SEC * at, BEAT_SEC * (at + length), pitch, 64) for at, length, pitch in rows]
    return notes, [Fraction(at) for at, _, _ in rows], [Fraction(BAR_BEATS * index) for index in range(bar)]


def name(sections: list[tuple[int, int]], run: Run, octaves: int = 0) -> tuple[tuple[Key, ...], list[int]]:
    """Keys, and the places of the names on the line of fifths."""
    notes, begins, bars = play(sections)
    notes = [Note(n.onset_sec, n.offset_sec, n.pitch + 12 * octaves, n.velocity) for n in notes]
    keys, spellings = asyncio.run(name_notes(notes, begins, bars, (), run))
    return keys, ["FCGDAEB".index(spelling.step) - 1 + 7 * spelling.alter for spelling in spellings]


@pytest.mark.parametrize("tonic", range(12))
def test_a_piece_has_the_same_names_in_every_key(tonic: int, run: Run) -> None:
    keys, places = name([(3, tonic)], run)
    _, at_c = name([(3, 0)], run)
    assert [(key.fifths % 12, key.mode) for key in keys] == [(tonic_fifths(tonic, "major") % 12, "major")]
    assert np.mean(np.array(places) - keys[0].fifths == at_c) > 0.99


def test_the_dominant_of_the_dominant_is_raised(run: Run) -> None:
    keys, places = name([(3, 0)], run)
    notes, _, _ = play([(3, 0)])
    assert keys == (Key(Fraction(0), 0, "major"),)
    assert {place for place, note in zip(places, notes, strict=True) if note.pitch % 12 == 6} == {6}


def test_an_octave_higher_the_names_are_the_same(run: Run) -> None:
    assert np.mean(np.array(name([(3, 5)], run)[1]) == name([(3, 5)], run, octaves=1)[1]) > 0.99


def test_a_middle_section_in_another_key_has_its_own_signature(run: Run) -> None:
    keys, places = name([(6, 2), (8, 10), (6, 2)], run)
    assert [key.fifths for key in keys] == [2, -2, 2]
    # The progression ends with chords that both keys have.
    assert [int(key.quarter) / 32 for key in keys] == [0, pytest.approx(6, abs=0.5), pytest.approx(14, abs=0.5)]
    assert set(places) <= set(range(-3, 9))
