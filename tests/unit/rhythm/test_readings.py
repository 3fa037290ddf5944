"""Readings at several tempos, and which of them is chosen."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ottava.datatypes import Choices, Note, Performance, Run, Tensors
from ottava.rhythm import bars, quantizing, score_time
from ottava.rhythm.chords import KNOWN, group_notes
from ottava.rhythm.meter import METERS
from ottava.rhythm.placing import find_pace, place_by_model
from ottava.rhythm.readings import (
    BAR_FIGURE,
    BEAT_FIGURE,
    FACTORS,
    N_OWN_FIGURES,
    N_READINGS,
    SAME_TEMPO_OCTAVES,
    Decided,
    Heard,
    _compare_levels,
    choose_pace,
    compare_readings,
    describe_readings,
    find_period,
    hear,
    level_period,
    list_readings,
    measure_quarter,
    read_performance,
    take_excerpt,
)
from tests.performances import WALTZ, perform, performances

# Long enough to be read at several tempos.
LONG_WALTZ = [(quarter + 36 * turn, length, pitch) for turn in range(8) for quarter, length, pitch in WALTZ]
SIZES = {of.NETWORK.graph: sum(of.NETWORK.sizes.values()) for of in (score_time, bars, quantizing)}


def prefer(reading: int, strength: float = 0.0) -> Run:
    """Networks that know nothing but about how long a beat is, or say anything, and of the readings prefer one."""
    rng = np.random.default_rng(0)
    known = {name: np.zeros(size) for name, size in SIZES.items()}
    first = sum(score_time.NETWORK.sizes[name] for name in ("beat", "phase"))
    octaves = score_time.PERIODS_LOG2_SEC - np.log2(0.6)
    known["rhythm"][first : first + len(octaves)] = -2 * octaves**2

    async def run(graph: str, tensors: Tensors) -> dict[str, NDArray[Any]]:
        if graph == "readings":
            return {"outputs": np.tile(np.eye(N_READINGS)[reading], (1, 2, 1))}
        anything = rng.normal(0, 1, (1, tensors["absent"].shape[1], SIZES[graph])) * strength
        return {"outputs": known[graph] + anything}

    return run


def hear_performance(performance: Performance) -> Heard:
    onsets_sec = np.array([note.onset_sec for note in performance.notes])
    return hear(performance.notes, performance.pedals, group_notes(onsets_sec))


@pytest.mark.parametrize("preferred", range(N_READINGS))
def test_the_preferred_reading_is_chosen(preferred: int) -> None:
    heard = hear_performance(perform(LONG_WALTZ, 100))
    free = asyncio.run(read_performance(heard, Decided(), prefer(0)))
    period_sec = level_period(find_period(heard.chords.times_sec, free.beats_sec))
    readings = asyncio.run(list_readings(heard, period_sec, prefer(0)))
    chosen = asyncio.run(choose_pace(heard, prefer(preferred))).reading
    assert chosen.beats_sec == pytest.approx(readings[preferred].beats_sec)


def test_a_long_performance_is_chosen_by_its_middle() -> None:
    turns = [288 * turn for turn in range(8)]
    heard = hear_performance(perform([(turn + q, length, pitch) for turn in turns for q, length, pitch in LONG_WALTZ]))
    n_windows = 0

    async def run(graph: str, tensors: Tensors) -> dict[str, NDArray[Any]]:
        nonlocal n_windows
        n_windows += graph == "rhythm"
        return await prefer(2)(graph, tensors)

    free = asyncio.run(read_performance(heard, Decided(), run))
    n_whole, n_windows = n_windows, 0
    chosen = asyncio.run(choose_pace(heard, run)).reading
    assert np.median(np.diff(chosen.beats_sec)) == pytest.approx(2 * np.median(np.diff(free.beats_sec)), rel=0.15)
    assert n_windows == 2 * n_whole + N_READINGS * 3


def test_an_excerpt_has_the_notes_of_its_chords() -> None:
    heard = hear_performance(perform(WALTZ, 100))
    excerpt = take_excerpt(heard, 5, 9)
    assert excerpt.chords.times_sec.tolist() == heard.chords.times_sec[5:9].tolist()
    onsets_sec = [note.onset_sec for note in excerpt.notes]
    assert onsets_sec == pytest.approx(excerpt.chords.times_sec[excerpt.chords.chord_of])


def test_readings_differ_by_their_tempo() -> None:
    heard = hear_performance(perform(WALTZ, 100))
    period_sec = np.full(len(heard.chords.times_sec), 0.6)
    _, same, double, half, *_ = asyncio.run(list_readings(heard, period_sec, prefer(0)))
    lengths = [float(np.median(np.diff(reading.beats_sec))) for reading in (same, double, half)]
    assert lengths == pytest.approx([0.6, 1.2, 0.3], rel=0.15)


@given(performances(), st.floats(0, 5))
@settings(max_examples=25, deadline=None)
def test_any_reading_has_figures(performance: Performance, strength: float) -> None:
    heard = hear_performance(performance)
    period_sec = np.full(len(heard.chords.times_sec), 0.5)
    figures = describe_readings(asyncio.run(list_readings(heard, period_sec, prefer(0, strength))))
    assert figures.shape == (N_READINGS, N_OWN_FIGURES)
    assert np.isfinite(figures).all()


@pytest.mark.parametrize(("n_notes", "times"), [(6, 1), (18, 2)])
def test_little_music_is_read_at_its_own_tempo(n_notes: int, times: int) -> None:
    heard = hear_performance(perform(WALTZ[:n_notes], 100))
    graphs = []

    async def run(graph: str, tensors: Tensors) -> dict[str, NDArray[Any]]:
        graphs.append(graph)
        return await prefer(2)(graph, tensors)

    asyncio.run(choose_pace(heard, run))
    assert graphs == ["rhythm", "bars"] * times


def test_beats_of_another_level_are_brought_to_that_of_most() -> None:
    period_sec = np.concatenate([np.full(60, 0.5), np.full(40, 1.0), np.linspace(0.5, 0.6, 60), np.full(30, 0.9)])
    leveled = level_period(period_sec)
    assert leveled[:100] == pytest.approx(np.full(100, 0.5))
    assert leveled[-10:] == pytest.approx(np.full(10, 0.6))


def test_the_period_is_that_of_most_beats_nearby() -> None:
    beats_sec = np.cumsum([0.0, *[0.5] * 10, 1.1, *[0.5] * 10, *[0.7] * 20])
    period_sec = find_period(beats_sec[:-1], beats_sec)
    assert period_sec[:17] == pytest.approx(np.full(17, 0.5))
    assert period_sec[-8:] == pytest.approx(np.full(8, 0.7))


@pytest.mark.parametrize("choices", [Choices(tempo_factor=2.0), Choices(tempo_factor=0.5)])
def test_a_factor_counts_from_what_was_chosen(choices: Choices) -> None:
    performance = perform(LONG_WALTZ, 100)
    chords = hear_performance(performance).chords

    def place(asked: Choices) -> float:
        pace = asyncio.run(find_pace(performance, prefer(2)))
        placed = asyncio.run(place_by_model(performance.notes, (), chords, asked, prefer(2), pace))
        return float(np.median(np.diff(placed.grid.times_sec)))

    assert choices.tempo_factor
    assert place(choices) == pytest.approx(place(Choices()) / choices.tempo_factor, rel=0.15)


def test_corrected_notes_are_read_once_and_at_the_pace_of_those_heard() -> None:
    performance = perform(LONG_WALTZ, 100)
    pace = asyncio.run(find_pace(performance, prefer(2)))
    graphs: list[str] = []

    async def run(graph: str, tensors: Tensors) -> dict[str, NDArray[Any]]:
        graphs.append(graph)
        return await prefer(3)(graph, tensors)  # now another tempo would be chosen

    def place(notes: Sequence[Note], choices: Choices) -> float:
        chords = group_notes(np.array([note.onset_sec for note in notes]))
        placed = asyncio.run(place_by_model(notes, (), chords, choices, run, pace))
        return float(np.median(np.diff(placed.grid.times_sec)))

    heard_sec = float(np.median(np.diff(pace.reading.beats_sec)))
    assert place(performance.notes, Choices()) == pytest.approx(heard_sec)
    assert graphs == []
    assert place(performance.notes[1:40] + performance.notes[44:], Choices()) == pytest.approx(heard_sec, rel=0.05)
    assert graphs == ["rhythm", "rhythm", "bars"]  # its two windows, and no choice among readings


def test_a_meter_that_is_decided_may_be_of_another_level() -> None:
    performance = perform(LONG_WALTZ, 100)
    chords = hear_performance(performance).chords
    pace = asyncio.run(find_pace(performance, prefer(2)))
    told = Choices(meters=((0.0, 4, 4),))
    placed = asyncio.run(place_by_model(performance.notes, (), chords, told, prefer(3), pace))
    heard_sec = float(np.median(np.diff(pace.reading.beats_sec)))
    assert np.median(np.diff(placed.grid.times_sec)) == pytest.approx(heard_sec / 4, rel=0.1)
    assert {*placed.grid.signatures} == {(4, 4)}


def test_networks_are_told_what_is_decided() -> None:
    heard = hear_performance(perform(LONG_WALTZ, 100))
    times_sec = heard.chords.times_sec
    told = []

    async def run(graph: str, tensors: Tensors) -> dict[str, NDArray[Any]]:
        if graph == "rhythm":
            told.append(tensors["features"][0, :, KNOWN])
        return await prefer(2)(graph, tensors)

    decided = Decided((float(times_sec[6]),), ((float(times_sec[0]), (3, 4)), (float(times_sec[9]), (5, 4))))
    asyncio.run(read_performance(heard, decided, run))
    known = told[0]
    assert known[:9, METERS.index((3, 4))].tolist() == [1.0] * 9
    assert known[9:20, len(METERS)].tolist() == [1.0] * 11  # one that has no column
    after = len(METERS) + 1
    assert np.flatnonzero(known[:, after]).tolist() == np.flatnonzero(known[:, after + 2]).tolist() == [6]


def test_a_bar_may_begin_where_nothing_is_struck() -> None:
    struck = [(quarter, 1.0, 60) for quarter in range(64) if quarter != 12]
    heard = hear_performance(perform([(q, length, pitch) for q, length, pitch in struck], 60))
    silent_sec = float(heard.chords.times_sec[11]) + 1.06
    reading = asyncio.run(read_performance(heard, Decided((silent_sec,)), prefer(0), np.full(63, 1.0)))
    beat = int(np.abs(reading.beats_sec - silent_sec).argmin())
    assert reading.beats_sec[beat] == pytest.approx(silent_sec)
    assert reading.numbers[beat] == 0
    assert (np.diff(reading.beats_sec) > 0).all()


def test_what_stands_before_a_meter_stays_as_found() -> None:
    heard = hear_performance(perform([(quarter, 1.0, 60) for quarter in range(64)], 60))

    async def run(graph: str, tensors: Tensors) -> dict[str, NDArray[Any]]:
        outputs = (await prefer(0)(graph, tensors))["outputs"].copy()
        if graph == "bars":  # in three, from the first beat on
            outputs[..., 0] = np.where(np.arange(outputs.shape[1]) % 3, -4, 4)
            outputs[..., 1 + bars.N_BAR_BEATS + METERS.index((3, 4))] = 9
        return {"outputs": outputs}

    def read(decided: Decided) -> list[tuple[int, int]]:
        return asyncio.run(read_performance(heard, decided, run, np.full(64, 1.0))).signatures

    assert {*read(Decided())} == {(3, 4)}
    late, early = heard.chords.times_sec[[32, 3]].tolist()
    assert read(Decided((late,), ((late, (5, 4)),))) == [(3, 4)] * 32 + [(5, 4)] * 32
    assert {*read(Decided((early,), ((early, (5, 4)),)))} == {(5, 4)}  # before its first bar line there is a pickup


def test_all_that_is_said_of_levels_tells_the_right_one() -> None:
    """Supposed at each of the tempos, a beat of twice the length is said to be right; asked alone each could err."""
    readings = []
    for supposed in (1.0, *FACTORS):
        ratio = np.abs(np.log2(score_time.LEVELS) - np.log2(supposed / 2))
        said = np.where(ratio < 0.1, 0.0, -9.0)
        if supposed == 2.0:
            said = -said - 9.0  # the one that is asked about the right level errs
        time = SimpleNamespace(written=np.array([0]))
        readings.append(SimpleNamespace(outputs={"level": said[None]}, score_time=time))
    agreement = _compare_levels(readings)  # type: ignore[arg-type]
    assert agreement[0] == 0
    assert FACTORS[int(agreement[1:].argmax())] == 2.0


def test_a_draft_tells_how_far_readings_are_from_it() -> None:
    figures = np.zeros((2, N_OWN_FIGURES))
    figures[:, BEAT_FIGURE], figures[:, BAR_FIGURE] = (-1.0, 0.0), (1.0, 1.0)
    assert compare_readings(figures, None)[:, N_OWN_FIGURES:].tolist() == [[0, 0, 0]] * 2
    told = compare_readings(figures, (-1.0, 1.0))
    assert told[:, N_OWN_FIGURES:].tolist() == [[0, 0, 1], [1, 0, 1]]
    assert compare_readings(figures, (-1.0, 0.5))[0, N_OWN_FIGURES:].tolist() == [0, 0.5, 0]


def test_the_tempo_that_is_decided_is_kept() -> None:
    performance = perform(LONG_WALTZ, 100)
    for bpm in (50.0, 100.0, 300.0, 23.0):
        heard = hear_performance(performance)
        pace = asyncio.run(choose_pace(heard, prefer(0), Decided(quarter_sec=60 / bpm)))
        assert abs(np.log2(measure_quarter(pace.reading) * bpm / 60)) < SAME_TEMPO_OCTAVES, bpm


def test_a_chord_before_the_first_tapped_beat_is_on_it() -> None:
    performance = Performance((Note(0.25, 1.25, 60, 64), Note(2.0, 3.0, 60, 64)), (), "two notes")
    chords = hear_performance(performance).chords
    tapped = (1.0, 1.6, 2.1, 2.8)
    placed = asyncio.run(place_by_model(performance.notes, (), chords, Choices(beats_sec=tapped), prefer(0), None))
    assert placed.grid.times_sec[:3] == pytest.approx([0.4, 1.0, 1.6])
