"""Bars: downbeats and time signatures from what a network says of each beat."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ottava.datatypes import Floats
from ottava.rhythm.bars import (
    N_FEATURES,
    N_OPINIONS,
    NETWORK,
    compute_beat_features,
    gather_opinions,
    number_bars,
)
from ottava.rhythm.meter import METERS, tactus_beats


def know(numbers: list[int], signature: tuple[int, int] = (3, 4), strength: float = 2.0) -> dict[str, Floats]:
    """Outputs of a network that believes the beats to have these numbers in their bars."""
    outputs = {name: np.zeros((len(numbers), size)) for name, size in NETWORK.sizes.items()}
    outputs["downbeat"][:, 0] = np.where(np.array(numbers) == 0, strength, -strength)
    outputs["bar"][np.arange(len(numbers)), numbers] = strength
    outputs["meter"][:, METERS.index(signature)] = strength
    return outputs


def test_a_waltz_with_an_upbeat() -> None:
    beliefs = [2, *[0, 1, 2] * 8]
    numbers, signatures = number_bars(know(beliefs))
    assert numbers.tolist() == beliefs
    assert set(signatures) == {(3, 4)}


def test_one_wrong_belief_moves_no_bar_line() -> None:
    beliefs = [0, 1, 2] * 8
    outputs = know(beliefs)
    outputs["downbeat"][10] = 3.0
    assert number_bars(outputs)[0].tolist() == beliefs


def test_a_bar_may_be_cut_short() -> None:
    beliefs = [*[0, 1, 2, 3] * 6, 0, 1, *[0, 1, 2, 3] * 6]
    assert number_bars(know(beliefs, (4, 4), 4.0))[0].tolist() == beliefs


def test_a_given_meter_and_downbeat_win() -> None:
    numbers, signatures = number_bars(know([0, 1, 2] * 8), [(0, (4, 4)), (9, (2, 4))], [1, 9])
    assert numbers.tolist()[:11] == [3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1]
    assert signatures[8:10] == [(4, 4), (2, 4)]


def test_a_compound_meter_needs_a_note_on_a_third() -> None:
    outputs = know([0, 1] * 8, (6, 8))
    assert set(number_bars(outputs)[1]) == {(6, 8)}
    assert set(number_bars(outputs, has_thirds=False)[1]) == {(2, 4)}


@given(st.integers(1, 60), st.integers(0, 2**32 - 1), st.sampled_from([(), ((0, (5, 8)),), ((0, (1, 4)),)]))
def test_bars_count_up_whatever_the_network_says(
    n_beats: int, seed: int, meter: tuple[tuple[int, tuple[int, int]]]
) -> None:
    rng = np.random.default_rng(seed)
    outputs = {name: rng.normal(0, 4, (n_beats, size)) for name, size in NETWORK.sizes.items()}
    numbers, signatures = number_bars(outputs, meter)
    assert len(numbers) == len(signatures) == n_beats
    for index in range(n_beats):
        assert numbers[index] < tactus_beats(signatures[index][0])
        assert index == 0 or numbers[index] in (0, numbers[index - 1] + 1)


def test_what_comes_back_every_three_beats_shows_at_that_lag() -> None:
    places = np.arange(0, 24, 0.5)
    pitches = np.where(places % 3 == 0, 36, 60 + (places * 2).astype(int) % 6)
    features = compute_beat_features(
        places, np.full(48, 0.4), pitches, np.full(48, 64.0), np.arange(0.1, 24, 3), np.full(24, 0.6),
        np.zeros((24, N_OPINIONS)),
    )  # fmt: skip
    assert features.shape == (24, N_FEATURES)
    assert np.isfinite(features).all()
    harmony_after = features[6:18, 15 + 1 : -N_OPINIONS : 4]  # lags 1, 2, 3, 4, 6, 8, 12 forward
    assert harmony_after[:, 2] == pytest.approx(1.0, abs=1e-5)
    assert (harmony_after[:, 0] < 0.9).all()
    assert features[3, 8] == 1  # the pedal


def test_opinions_of_chords_become_those_of_beats() -> None:
    outputs = {"downbeat": np.array([[2.0], [-9.0], [1.0], [3.0]]), "meter": np.log(np.full((4, len(METERS) + 1), 0.1))}
    outputs["meter"][3, 0] = np.log(0.7)
    # Two chords on the first beat (a broken one), none on the second, one after the third.
    opinions = gather_opinions(outputs, np.array([0, 2, 3]), np.array([0, 0, 2]), np.array([0, 0, 12]))
    assert opinions[:, 0].tolist() == [0.5, 0.0, 0.0]
    assert opinions[:, 1].tolist() == pytest.approx([0.1, 0.1, 0.7])


def test_a_meter_that_a_person_gave_holds_where_the_music_says_otherwise() -> None:
    numbers, signatures = number_bars(know([0, 1, 2] * 8, strength=9.0), [(0, (4, 4))])
    assert numbers.tolist() == [0, 1, 2, 3] * 6
    assert {*signatures} == {(4, 4)}


def test_one_slip_of_a_beat_does_not_displace_the_bars_of_a_given_meter() -> None:
    beliefs = [0, 1, 2, 3] * 5 + [0, 1, 2] + [0, 1, 2, 3] * 5
    assert number_bars(know(beliefs, strength=6.0), [(0, (4, 4))])[0].tolist() == beliefs
