"""The tuning of synthetic pianos, and recordings that have none."""

import asyncio

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ottava.listening.audio import SAMPLE_RATE
from ottava.listening.tuning import DEAD_CENTS, compute_histogram, describe_tuning, estimate_tuning, find_mode


def play_piano(pitches: list[int], cents: float, note_sec: float = 0.5) -> NDArray[np.float32]:
    """Play pitches one after the other, each ringing for 1.5 s, on stiff strings with a stretched tuning.

    Inharmonicity of an upright: 2e-4 at A2, doubling every octave or so (Young 1952); stretch as Railsback's curve has
    it between C2 and C7, up to 10 cents.
    """
    samples = np.zeros(round((len(pitches) * note_sec + 1.5) * SAMPLE_RATE))
    seconds = np.arange(round(1.5 * SAMPLE_RATE)) / SAMPLE_RATE
    for place, pitch in enumerate(pitches):
        stretch = 10 * ((pitch - 66) / 36) ** 3
        base_hz = 440 * 2 ** ((pitch - 69 + (cents + stretch) / 100) / 12)
        stiffness = 2e-4 * 2 ** ((pitch - 45) / 12)
        first = round(place * note_sec * SAMPLE_RATE)
        for partial in range(1, 9):
            hz = partial * base_hz * np.sqrt(1 + stiffness * partial**2)
            if hz < 8000:
                sound = np.sin(2 * np.pi * hz * seconds + partial) * np.exp(-seconds * (1 + 0.3 * partial)) / partial
                samples[first : first + len(seconds)] += 0.1 * sound
    return samples.astype(np.float32)


def estimate(samples: NDArray[np.float32]) -> tuple[float, list[tuple[int, int]]]:
    """The estimate and what was read for it."""
    reads = []

    async def read(first: int, last: int) -> NDArray[np.float32]:
        reads.append((first, last))
        return samples[first:last]

    return asyncio.run(estimate_tuning(read, len(samples))), reads


@settings(max_examples=20, deadline=None)
@given(cents=st.floats(-50, 50), pitches=st.lists(st.integers(40, 84), min_size=8, max_size=20))
def test_the_tuning_of_a_melody_is_found(cents: float, pitches: list[int]) -> None:
    found, _ = find_mode(compute_histogram(play_piano(pitches, cents)))
    assert (found - cents + 50) % 100 - 50 == pytest.approx(0, abs=5)


@pytest.mark.parametrize("cents", [-49.0, -25.0, 0.0, 30.0])
@pytest.mark.parametrize("pitches", [[69], [57, 60, 64, 69], [43, 47, 50, 53]], ids=["one note", "minor", "seventh"])
def test_few_notes_are_enough(pitches: list[int], cents: float) -> None:
    found, _ = estimate(play_piano(pitches, cents))
    # The strings are stiff: the fourth partial of A4 is 11 cents sharp.
    assert found == pytest.approx(cents, abs=5)


def test_a_piano_half_a_semitone_off_is_flat() -> None:
    melody = [60, 64, 67, 72, 76]
    for cents, expected in ((-50, -50), (50, -50), (-45, -45), (38, 38)):
        assert estimate(play_piano(melody, cents))[0] == pytest.approx(expected, abs=5)


def test_a_piano_far_from_its_pitch_is_mentioned() -> None:
    assert describe_tuning(0.0) == describe_tuning(-20.0) == ()
    assert describe_tuning(-30.2) == ("The piano is tuned 30 cents below A4 = 440 Hz; this was corrected.",)
    (flat,), (sharp,) = describe_tuning(-48.0), describe_tuning(42.0)
    assert flat.endswith("If all notes are a semitone too high, it is 52 cents off the other way.")
    assert sharp.startswith("The piano is tuned 42 cents above")
    assert "too low" in sharp


def test_what_is_nearly_in_tune_is_left_alone() -> None:
    for cents in (-DEAD_CENTS + 4, 0, DEAD_CENTS - 4):
        assert estimate(play_piano([60, 64, 67, 72, 76], cents))[0] == 0


@pytest.mark.parametrize("seed", range(5))
def test_noise_and_silence_have_no_tuning(seed: int) -> None:
    noise = np.random.default_rng(seed).standard_normal(20 * SAMPLE_RATE).astype(np.float32)
    for samples in (0.1 * noise, 1e-6 * noise, 0 * noise, np.nan * noise, np.inf * np.abs(noise), noise[:5000]):
        assert estimate(samples.astype(np.float32))[0] == 0


def test_little_is_read_of_a_long_recording_but_from_all_of_it() -> None:
    _, reads = estimate(np.zeros(600 * SAMPLE_RATE, np.float32))
    assert sum(last - first for first, last in reads) <= 32 * SAMPLE_RATE
    assert (reads[0][0], reads[-1][1]) == (0, 600 * SAMPLE_RATE)
    assert reads == sorted(reads), "quickest in order"
    assert max(np.diff([first for first, _ in reads])) <= 90 * SAMPLE_RATE


@given(st.lists(st.floats(0, 1), min_size=100, max_size=100), st.integers(0, 99))
def test_the_scale_of_cents_is_a_circle(weights: list[float], turn: int) -> None:
    histogram = np.array(weights)
    histogram[30] += 20
    cents, contrast = find_mode(histogram)
    turned, same = find_mode(np.roll(histogram, turn))
    assert (turned - cents - turn + 50) % 100 - 50 == pytest.approx(0, abs=1e-6)
    assert same == pytest.approx(contrast)
