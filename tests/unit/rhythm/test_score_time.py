"""Score time: chords on beats, from what a network that knows the score would say."""

import numpy as np
import pytest

from ottava.datatypes import Floats
from ottava.rhythm import score_time
from ottava.rhythm.score_time import (
    NETWORK,
    PERIODS_LOG2_SEC,
    Given,
    ScoreTime,
    decode_score_time,
    locate_beats,
)
from ottava.rhythm.steps import PHASES, STEPS, weigh_steps

# Quarters of a tune with triplets, a rest of two beats and an upbeat; the tempo slows down.
PLACES = np.array([0.5, 1, 1.5, 2, 7 / 3, 8 / 3, 3, 3.25, 3.5, 3.75, 4, 6.5, 7, 8])


def perform(places: Floats) -> Floats:
    """When each place is played: a beat takes 0.6 s at first, and each takes 2 % longer than the one before."""
    return np.asarray(1.0 + 0.6 * (1.02**places - 1) / np.log(1.02))


def know(places: Floats, strength: float = 4.0) -> dict[str, Floats]:
    """Outputs of a network that is right, and as sure as ``strength`` says."""
    n = len(places)
    phases = np.array([float(phase) for phase in PHASES])
    phase = np.abs((places % 1)[:, None] - phases).argmin(axis=1)
    outputs = {name: np.zeros((n, size)) for name, size in NETWORK.sizes.items()}
    outputs["beat"][:, 0] = np.where(phase == 0, strength, -strength)
    outputs["phase"][np.arange(n), phase] = strength
    steps = np.array([float(step) for step in STEPS])
    for index, gap in enumerate(np.diff(places)):
        near = np.abs(steps - gap).argmin()
        outputs["step"][index, near if abs(steps[near] - gap) < 0.01 else len(STEPS)] = strength
    period = 0.6 * 1.02**places
    outputs["period"] += strength * np.exp(-0.5 * ((PERIODS_LOG2_SEC - np.log2(period)[:, None]) / 0.1) ** 2)
    return {name: as_chances(values) for name, values in outputs.items()}


def as_chances(values: Floats) -> Floats:
    """Logarithms of probabilities, as the pipeline has them."""
    return values if values.shape[1] == 1 else values - np.logaddexp.reduce(values, axis=1, keepdims=True)


def decode(given: Given | None = None, strength: float = 4.0) -> ScoreTime:
    return decode_score_time(perform(PLACES), know(PLACES, strength), given or Given())


def test_what_the_network_knows_is_written() -> None:
    assert decode().places == pytest.approx(PLACES)


def test_beats_fall_on_chords_and_between_them() -> None:
    times = perform(PLACES)
    beats = locate_beats(times, decode())
    truth = perform(np.arange(10.0))
    assert beats[[1, 2, 3, 4, 7, 8]] == pytest.approx(truth[[1, 2, 3, 4, 7, 8]])
    assert beats[[0, 5, 6, 9]] == pytest.approx(truth[[0, 5, 6, 9]], abs=0.05)
    assert (np.diff(beats) > 0).all()


def test_chords_that_are_not_written_have_no_place() -> None:
    outputs = know(PLACES)
    outputs["phase"][5] = -20.0
    outputs["phase"][5, -1] = 0.0
    score_time = decode_score_time(perform(PLACES), outputs, Given())
    assert 5 not in score_time.written
    assert score_time.places == pytest.approx(np.delete(PLACES, 5))


def test_a_given_tempo_wins() -> None:
    score_time = decode(Given(period_sec=np.full(len(PLACES), 0.31)), strength=0.5)
    beats = locate_beats(perform(PLACES), score_time)
    assert np.median(np.diff(beats)) == pytest.approx(0.31, rel=0.2)


def test_a_chord_given_on_a_beat_is_on_one() -> None:
    assert decode(Given(on_beat=[2])).part[2] == 0


def test_between_two_levels_the_beat_that_is_felt_more_easily_is_written() -> None:
    # Even notes: whether each is a beat or each second one, the network knows hardly, and rather the first.
    times = 0.3 * np.arange(1.0, 17.0)
    fast, slow = know(np.arange(16.0)), know(np.arange(16.0) / 2)
    outputs = {name: as_chances(0.52 * fast[name] + 0.48 * slow[name]) for name in NETWORK.sizes}
    outputs["period"] = as_chances(np.zeros_like(outputs["period"]))
    beats = locate_beats(times, decode_score_time(times, outputs, Given()))
    assert np.median(np.diff(beats)) == pytest.approx(0.6)


def test_one_chord_and_two_chords_have_beats() -> None:
    for n in (1, 2):
        score_time = decode_score_time(perform(PLACES[:n]), know(PLACES[:n]), Given())
        assert len(score_time.written) == n
        assert len(locate_beats(perform(PLACES[:n]), score_time)) >= 2


@pytest.mark.parametrize("first", [0, 10, 24])
@pytest.mark.parametrize("seed", range(12))
def test_no_other_path_is_worth_more(seed: int, first: int) -> None:
    rng = np.random.default_rng(seed)
    n_phases, tempos = len(PHASES), slice(first, first + 4)
    phase_score, tempo_score = rng.normal(0, 2, (3, n_phases)), rng.normal(0, 6, (3, first + 8))
    gaps_sec = rng.choice([0.03, 0.2, 0.5, 1.5], 2)  # broken chords, too
    step_logs, written = rng.normal(0, 3, (4, len(STEPS) + 1)), np.array([0, 1, 3])
    path = score_time._find_path(phase_score, tempo_score, gaps_sec, step_logs, written, tempos)
    # All paths, one after the other: places and lengths of the beat of three chords.
    steps = weigh_steps(gaps_sec, step_logs[written[:-1]], np.array([False, True]))
    worth = (phase_score[0][:, None] + tempo_score[0, tempos]).ravel()
    for index in range(2):
        costs = 0.5 / (gaps_sec[index] / 2 ** np.linspace(np.log2(0.14), np.log2(3.2), 32)[tempos] + 0.15)
        away = np.abs(np.arange(4) - np.arange(4)[:, None])  # from, to
        change = np.where(away <= 2, np.minimum(costs * away**2, 6.0), 6.0)
        # By place, tempo, place, tempo.
        step = steps.score(index, tempos).transpose(0, 2, 1)[:, None] - change[None, :, None]
        state = phase_score[index + 1][:, None] + tempo_score[index + 1, tempos]
        worth = worth.reshape(-1, n_phases * 4, 1) + step.reshape(n_phases * 4, n_phases * 4)
        worth = (worth + state.ravel()).reshape(-1)
    best = np.unravel_index(worth.argmax(), (n_phases, 4) * 3)
    assert path[:, 0].tolist() == [int(place) for place in best[::2]]


def test_a_tempo_that_is_told_is_not_pulled_to_what_is_felt_easily(monkeypatch: pytest.MonkeyPatch) -> None:
    times, outputs = 1.6 * np.arange(1.0, 17.0), know(np.arange(16.0))
    given = Given(np.full(16, 1.6))
    kept = decode_score_time(times, outputs, given)
    monkeypatch.setattr(score_time, "RESONANCE_COST", 1000.0)
    pulled = decode_score_time(times, outputs, given)
    assert pulled.places.tolist() == kept.places.tolist() == list(range(16))
    assert decode_score_time(times, outputs, Given()).places.tolist() != list(range(16))
