"""Tempo: a metronome's figure, and what slows down."""

from fractions import Fraction

import numpy as np
import pytest

from ottava.datatypes import Beat, Meter, Tempo
from ottava.rhythm.tempo import choose_tempos, round_to_metronome

FOUR = [Meter(Fraction(0), 4, 4)]


def choose(
    periods_sec: list[float], meters: list[Meter] | None = None, bpm: float | None = None, *, is_written: bool = False
) -> tuple[Tempo, ...]:
    times = np.concatenate([[0.5], 0.5 + np.cumsum(periods_sec)])
    unit = Fraction(3, 2) if meters else Fraction(1)
    beats = [Beat(time, index * unit, index % 4 + 1, index // 4 + 1) for index, time in enumerate(times.tolist())]
    return choose_tempos(beats, meters or FOUR, bpm, is_written=is_written)


def test_the_figure_is_a_metronomes() -> None:
    assert choose([0.59] * 40) == (Tempo(Fraction(0), 100.0),)


def test_in_compound_meter_the_figure_is_that_of_the_dotted_beat() -> None:
    assert choose([1.0] * 20, [Meter(Fraction(0), 6, 8)])[0].bpm == 90.0


def test_a_given_tempo_is_printed_as_it_is() -> None:
    assert choose([0.6] * 40, bpm=97.5)[0].bpm == 97.5


def test_a_strong_ritardando_is_said_and_a_slight_one_is_not() -> None:
    strong = choose([0.5] * 30 + [0.6, 0.9, 1.2, 1.3] + [0.5] * 30)
    assert [tempo.text for tempo in strong] == ["", "rit.", "a tempo"]
    assert strong[1].quarter in (Fraction(30), Fraction(31))
    assert len(choose([0.5] * 30 + [0.55, 0.6, 0.65] + [0.5] * 30)) == 1


def test_tempos_that_are_written_are_printed_as_they_are() -> None:
    tempos = choose([0.625] * 12 + [60 / 133] * 12, is_written=True)
    assert tempos == (Tempo(Fraction(0), 96.0), Tempo(Fraction(12), 133.0))


def test_a_tempo_that_changes_with_each_beat_is_a_players() -> None:
    assert choose([0.59 + 0.002 * (beat % 5) for beat in range(40)], is_written=True) == (Tempo(Fraction(0), 100.0),)


@pytest.mark.parametrize(("bpm", "figure"), [(59, 60), (61, 60), (70, 69), (105, 104), (300.4, 300), (0.2, 1)])
def test_rounding(bpm: float, figure: float) -> None:
    assert round_to_metronome(bpm) == figure
