"""Places of notes on given beats."""

import asyncio
import itertools
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ottava.datatypes import Choices, Floats, Note, Performance, Run, Tensors
from ottava.notation import hands, names, values
from ottava.pipeline import notate
from ottava.rhythm import bars, quantizing
from ottava.rhythm.chords import group_notes
from ottava.rhythm.placing import place_by_model
from ottava.rhythm.quantizing import PLACES, UNKNOWN_BAR_BEAT, decode_places, tell_beats


def know(wanted: Sequence[str | None], strength: float = 4.0) -> Floats:
    """Outputs that favour a place in the beat for each note, or that it has none."""
    outputs = np.zeros((len(wanted), len(PLACES) + 3))
    for row, place in zip(outputs, wanted, strict=True):
        row[quantizing.UNWRITTEN if place is None else PLACES.index(Fraction(place))] = strength + 3 * (place is None)
    return np.asarray(outputs - np.logaddexp.reduce(outputs, axis=1, keepdims=True))


def decode(wanted: Sequence[str | None], played: list[float], strength: float = 4.0) -> list[Fraction | None]:
    onsets = 0.5 * np.array(played)
    return decode_places(know(wanted, strength), np.array(played), onsets, group_notes(onsets).chord_of)


def test_a_note_belongs_to_the_nearest_beat_that_has_its_place() -> None:
    places = decode(["0", "0", "3/4", "0", "1/8"], [0.02, 0.9, 1.65, 2.1, 2.2])
    assert places == [0, 1, Fraction(7, 4), 2, Fraction(17, 8)]


def test_an_ornament_has_no_place() -> None:
    assert decode(["0", None, "0"], [0.0, 0.85, 1.0]) == [0, None, 1]


def test_a_beat_is_rather_divided_in_one_way() -> None:
    outputs = know(["0", "1/3", "2/3", "0"])
    # The third note is a little likelier at three quarters.
    outputs[2, PLACES.index(Fraction(3, 4))] = outputs[2, PLACES.index(Fraction(2, 3))] + 0.2
    played = np.array([0.0, 0.34, 0.7, 1.0])
    assert decode_places(outputs, played, played, np.arange(4)) == [0, Fraction(1, 3), Fraction(2, 3), 1]


@pytest.mark.parametrize("seed", range(2))
def test_places_never_decrease_and_no_others_are_worth_more(seed: int) -> None:
    rng = np.random.default_rng(seed)
    played = np.sort(rng.uniform(0, 1.5, 3))
    scores = rng.normal(0, 3, (3, len(PLACES)))
    onsets_sec, chord_of = 0.2 * played, np.array([0, 0, 1])
    found = decode_places(np.append(scores, np.full((3, 3), -50.0), axis=1), played, onsets_sec, chord_of)
    scores[:2] = (scores[:2] + scores[:2].mean(axis=0)) / 2  # of a chord
    best = -np.inf
    for path in itertools.product(range(len(PLACES)), repeat=3):
        places = [max(0, round(at - float(PLACES[i]))) + PLACES[i] for at, i in zip(played, path, strict=True)]
        if places == sorted(places):
            worth = sum(row[i] for row, i in zip(scores, path, strict=True)) - count_costs(places, onsets_sec)
            if worth > best:
                best, wanted = worth, places
    assert found == wanted


def count_costs(places: list[Fraction], onsets_sec: Floats) -> float:
    costs = quantizing.APART_COST * (places[0] != places[1])
    if places[1] == places[2]:
        late = max(0.0, onsets_sec[2] - onsets_sec[1] - quantizing.BROKEN_SEC)
        costs += quantizing.BROKEN_COST + quantizing.BROKEN_COST_A_SEC * late
    way, beat = 0, -1
    for place in places:
        own = quantizing._WAYS[PLACES.index(place % 1)]
        if place // 1 != beat:
            way, beat = 0, place // 1
        costs += quantizing.MIXED_COST * (own > 0 and way > 0 and own != way)
        way = own or way
    return float(costs)


def say(wanted: Sequence[str | None], strength: float = 4.0) -> Run:
    """Networks that know nothing but the places of the notes."""
    sizes = {of.NETWORK.graph: sum(of.NETWORK.sizes.values()) for of in (bars, quantizing, values, hands, names)}

    async def run(graph: str, tensors: Tensors) -> dict[str, NDArray[Any]]:
        outputs = np.zeros((1, tensors["absent"].shape[1], sizes[graph]))
        if graph == "quantizer":
            outputs[0, : len(wanted)] = know(wanted, strength)
        return {"outputs": outputs}

    return run


def test_quintuplets_stand_alone_in_their_beat_whatever_the_network_says() -> None:
    """No sign shows what is left between a fifth and a sixteenth of a beat."""
    wanted = ["0", "1/5", "5/16", "15/16", "0", "1/5", "2/5"]
    notes = [Note(float(sec), float(sec) + 0.1, 60, 64) for sec in (0, 0.2, 0.31, 0.94, 1, 1.2, 1.4)]
    chords = group_notes(np.array([note.onset_sec for note in notes]))
    beats = tell_beats(np.arange(4.0), [], [])
    places = asyncio.run(quantizing.quantize(notes, chords, beats, say(wanted, strength=40.0)))
    assert places == [0, Fraction(5, 24), Fraction(1, 3), Fraction(11, 12), 1, Fraction(6, 5), Fraction(7, 5)]


def test_a_lone_note_that_a_grid_moves_to_the_last_beat_has_a_tempo() -> None:
    performance = Performance((Note(0.22, 0.4, 60, 64),), (), "any")
    choices = Choices(beats_sec=(0.0, 1.0), meters=((0.0, 2, 4),), downbeats_sec=(0.0,), grid="triplet")
    score = asyncio.run(notate(performance, 2.0, choices, say(["15/16"]))).score
    assert len(score.beats) > 1
    assert score.tempos[0].bpm == pytest.approx(60)


def test_beats_given_after_the_last_note_are_kept() -> None:
    performance = Performance((Note(0.0, 0.4, 60, 64), Note(1.0, 1.2, 60, 64)), (), "any")
    choices = Choices(beats_sec=(0.0, 1.0, 2.5, 4.5), meters=((0.0, 4, 4),))
    score = asyncio.run(notate(performance, 5.0, choices, say(["0", "0"]))).score
    assert [beat.time_sec for beat in score.beats] == [0.0, 1.0, 2.5, 4.5]


def test_bars_are_told_from_the_first_downbeat_on() -> None:
    told = tell_beats(np.arange(6.0), [1, 4], [(0, (2, 4)), (3, (6, 8))])
    assert told.bar_beat.tolist() == [UNKNOWN_BAR_BEAT, 0, 1, 2, 0, 1]
    assert told.falls_into_three.tolist() == [0, 0, 0, 1, 1, 1]


def test_given_beats_and_bars_are_kept_and_chords_parted() -> None:
    beats_sec = (1.0, 1.5, 2.1, 2.6, 3.2, 3.7)
    notes = [Note(sec, sec + 0.3, pitch, 64)
             for sec, pitch in ((0.96, 60), (1.27, 62), (1.29, 50), (2.14, 64), (2.57, 65), (3.25, 60), (3.66, 50))]
    wanted = ["0", "1/2", "2/3", "0", "0", "0", "0"]

    chords = group_notes(np.array([note.onset_sec for note in notes]))
    choices = Choices(beats_sec=beats_sec, downbeats_sec=(2.1, 3.7), meters=((0.0, 3, 4),))
    placed = asyncio.run(place_by_model(notes, (), chords, choices, say(wanted), None))
    assert placed.grid.times_sec[: len(beats_sec)] == pytest.approx(beats_sec)
    assert placed.grid.beat_in_bar[:6].tolist() == [2, 3, 1, 2, 3, 1]
    assert set(placed.grid.signatures) == {(3, 4)}
    assert len(placed.chords.times_sec) == len(placed.places) == 7
    assert placed.places == [0, Fraction(1, 2), Fraction(2, 3), 2, 3, 4, 5]
