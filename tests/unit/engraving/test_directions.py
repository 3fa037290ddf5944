"""Clefs, octave lines, dynamics and the other directions: where a reader finds them."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ottava.datatypes import Beat, Meter, Score, ScoreNote, ScorePedal, Span, Spelling, Tempo
from ottava.engraving.clefs import Stretch, choose_clefs, count_ledger_lines
from ottava.engraving.directions import collect_directions
from ottava.engraving.dynamics import MARKS, estimate_dynamics
from ottava.engraving.signs import Voices, lay_out_signs
from ottava.rhythm.meter import Bar

COMMON = Meter(Fraction(0), 4, 4)


def make_bars(n_bars: int) -> list[Bar]:
    return [Bar(number + 1, Fraction(4 * number), Fraction(4), COMMON) for number in range(n_bars)]


def lay_out(names: list[list[str]], staff: int) -> tuple[list[Bar], list[Voices]]:
    """Four quarters a bar."""
    notes = [
        ScoreNote(Span(Fraction(4 * bar + beat), Fraction(1)), staff, 1, Spelling(name[0], 0, int(name[1])))
        for bar, quarters in enumerate(names) for beat, name in enumerate(quarters)
    ]
    bars = make_bars(len(names))
    return bars, lay_out_signs(notes, bars)


def draw(names: list[list[str]], staff: int = 1) -> list[tuple[int, int, str, int]]:
    stretches = choose_clefs(*lay_out(names, staff), staff)
    return [(s.bar, int(s.start_quarter), s.clef, s.octaves) for s in stretches]


LOW, MIDDLE, HIGH = ["C3", "E3", "D3", "F3"], ["G4", "A4", "B4", "C5"], ["C7", "B6", "A6", "C7"]


@pytest.mark.parametrize(("staff", "names", "clef"), [(1, MIDDLE, "treble"), (2, LOW, "bass")])
def test_a_staff_keeps_its_clef(staff: int, names: list[str], clef: str) -> None:
    assert draw([names] * 4, staff) == [(0, 0, clef, 0)]
    strangers = ["D4", "C4", "D4", "E4"]  # one ledger line or two
    assert draw([names, strangers, names, names], staff) == [(0, 0, clef, 0)]


def test_a_hand_that_moves_takes_its_clef_with_it() -> None:
    assert draw([LOW, LOW, MIDDLE, MIDDLE, MIDDLE], 2) == [(0, 0, "bass", 0), (2, 0, "treble", 0)]
    assert draw([MIDDLE, MIDDLE, ["G4", "A4", "C3", "D3"], LOW, LOW], 1) == [(0, 0, "treble", 0), (2, 2, "bass", 0)]


def test_what_is_very_high_stands_under_an_octave_line() -> None:
    assert draw([MIDDLE, HIGH, HIGH, MIDDLE]) == [(0, 0, "treble", 0), (1, 0, "treble", 1), (3, 0, "treble", 0)]
    assert draw([["C6", "D6", "E6", "C6"]] * 2) == [(0, 0, "treble", 0)]


def test_ledger_lines_are_counted_from_the_staff() -> None:
    positions = np.array([30, 29, 28, 38, 39, 40, 47], np.float64)  # E4 D4 C4 F5 G5 A5 A6
    assert count_ledger_lines(positions, "treble").tolist() == [0, 0, 1, 0, 0, 1, 4]
    assert count_ledger_lines(positions[-1:], "treble", 1).tolist() == [1]
    assert count_ledger_lines(np.array([28.0]), "bass").tolist() == [1]


def mark(velocities: list[int]) -> tuple[list[tuple[int, str]], list[tuple[int, int, str]]]:
    """Marks and hairpins of bars of four notes each."""
    bars = make_bars(len(velocities))
    onsets = [bar.start_quarter + beat for bar in bars for beat in range(4)]
    marks, hairpins = estimate_dynamics(bars, onsets, [velocity for velocity in velocities for _ in range(4)])
    return [(m.bar, m.text) for m in marks], [(h.first_bar, h.last_bar, h.kind) for h in hairpins]


def test_marks_are_few_and_steady() -> None:
    assert mark([64] * 8) == ([(0, "mp")], [])
    assert mark([64, 70, 60, 72, 58, 66, 70, 62]) == ([(0, "mp")], [])
    assert mark([49] * 6 + [96] * 6) == ([(0, "p"), (6, "f")], [])


def test_a_long_rise_has_a_hairpin_up_to_its_mark() -> None:
    marks, hairpins = mark([49, 49, 49, 49, 58, 68, 78, 88, 96, 96, 96, 96, 96])
    assert (marks[0], marks[-1][1]) == ((0, "p"), "f")
    assert hairpins
    assert all(kind == "crescendo" and any(bar == last for bar, _ in marks) for _, last, kind in hairpins)


@given(st.lists(st.integers(1, 127), min_size=1, max_size=40))
def test_marks_change_and_hairpins_lead_to_them(velocities: list[int]) -> None:
    marks, hairpins = mark(velocities)
    assert marks[0][0] == 0
    assert all(a[1] != b[1] and a[0] < b[0] for a, b in itertools.pairwise(marks))
    for first, last, kind in hairpins:
        before = [text for bar, text in marks if bar < last][-1]
        after = dict(marks)[last]
        assert first < last
        assert (MARKS.index(after) > MARKS.index(before)) == (kind == "crescendo")


def test_directions_stand_in_their_bars_and_lines_end_before_the_bar_line() -> None:
    bars = make_bars(3)
    note = ScoreNote(Span(Fraction(0), Fraction(12)), 1, 1, Spelling("C", 0, 4))
    score = Score(
        beats=(Beat(0.0, Fraction(0), 1, 1),), meters=(COMMON,), pickup_quarter=Fraction(0), keys=(),
        tempos=(Tempo(Fraction(0), 90.0), Tempo(Fraction(9), 60.0, "rit.")), notes=(note,),
        pedals=(ScorePedal(Fraction(1), Fraction(4)), ScorePedal(Fraction(4), Fraction(12))), is_swung=True,
    )  # fmt: skip
    stretches = {
        1: [Stretch(bar, Fraction(at), "treble", octaves) for bar, at, octaves in ((0, 0, 0), (1, 0, 1), (2, 2, 0))],
        2: [Stretch(0, Fraction(0), "bass", 0)],
    }
    found = {
        place: [(float(d.start_quarter), d.kind, d.text) for d in directions]
        for place, directions in collect_directions(score, score.notes, [64], bars, stretches).items()
    }
    assert found == {
        (0, 1): [(0.0, "tempo", ""), (0.0, "words", "swing"), (0.0, "dynamic", "mp")],
        (0, 2): [(1.0, "pedal", "start"), (4.0, "pedal", "stop")],
        (1, 1): [(0.0, "octave", "start")],
        (1, 2): [(0.0, "pedal", "start")],
        (2, 1): [(1.0, "words", "rit."), (2.0, "octave", "stop")],
        (2, 2): [(4.0, "pedal", "stop")],
    }
