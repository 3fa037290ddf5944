"""From channels to one, and from tracks to one."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ottava.listening.mono import choose_track, measure_energy, mix_blocks, mix_to_mono

SAMPLE_RATE = 8000
BLOCK = SAMPLE_RATE // 2


def make_noise(n_samples: int, seed: int = 1) -> NDArray[np.float32]:
    """Any sound."""
    return 0.1 * np.random.default_rng(seed).standard_normal(n_samples).astype(np.float32)


def mix(*channels: NDArray[np.float32]) -> NDArray[np.float32]:
    return mix_to_mono(np.stack(channels, axis=1).astype(np.float32))


@pytest.mark.parametrize("gain", [-1.0, -0.9, -0.6])
def test_a_channel_upside_down_does_not_take_the_sound_away(gain: float) -> None:
    sound = make_noise(BLOCK)
    np.testing.assert_array_equal(mix(sound, np.float32(gain) * sound), sound)
    np.testing.assert_array_equal(mix(np.float32(-0.2) * sound, sound, np.float32(gain) * sound), sound)


def test_other_channels_are_averaged_to_the_bit() -> None:
    left, right, nothing = make_noise(BLOCK), make_noise(BLOCK, 2), np.zeros(BLOCK, np.float32)
    for channels in ((left, right), (left, left), (left, nothing), (nothing, nothing), (left, right, left)):
        np.testing.assert_array_equal(mix(*channels), np.stack(channels, axis=1).mean(axis=1))


def test_a_part_that_is_upside_down_is_found_whatever_the_chunks() -> None:
    sound = make_noise(6 * BLOCK)
    both = np.stack([sound, np.where(np.arange(len(sound)) < 2 * BLOCK, sound, -sound)], axis=1)
    for n_chunk in (1000, BLOCK, len(sound)):
        chunks = (both[first : first + n_chunk] for first in range(0, len(sound), n_chunk))
        np.testing.assert_array_equal(np.concatenate([*mix_blocks(chunks, SAMPLE_RATE)]), sound)


def test_samples_that_are_no_numbers_stay_none() -> None:
    assert np.isnan(mix(np.array([np.nan, 1], np.float32), np.array([1, -1], np.float32))[0])


def test_the_first_track_that_sounds_is_chosen() -> None:
    music, hiss, silence = make_noise(20 * BLOCK), make_noise(20 * BLOCK, 2) / 200, np.zeros(20 * BLOCK, np.float32)
    short = np.concatenate([music[: 5 * BLOCK], silence[: 15 * BLOCK]])

    def choose(*tracks: NDArray[Any]) -> int:
        return choose_track([np.array([*map(measure_energy, np.split(track, 20))]) for track in tracks])

    assert choose(music, music) == choose(music, silence) == choose(music / 4, music) == choose(silence, silence) == 0
    assert choose(silence, music) == choose(hiss, music) == choose(short, music) == 1
