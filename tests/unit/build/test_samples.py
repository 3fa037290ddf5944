"""The piano's samples begin at once, are as loud as in stereo, end in silence, and are made alike each time."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from build.samples import LONGEST_SEC, PACKAGE, PITCHES, SAMPLE_RATE, read_stereo, trim_sample, write_mp3

SILENCE_SEC = 0.05


@pytest.fixture
def stereo() -> NDArray[np.float32]:
    """A tone after a silence, in opposite phases, so that a mix would cancel it."""
    times_sec = np.arange(round(12 * SAMPLE_RATE)) / SAMPLE_RATE
    tone = np.sin(2 * np.pi * 440 * times_sec) * 0.5
    left = np.concatenate([np.zeros(round(SILENCE_SEC * SAMPLE_RATE)), tone])
    return np.stack([left, -left / 2]).astype(np.float32)


def test_sample_begins_at_once_and_fades(stereo: NDArray[np.float32]) -> None:
    mono = trim_sample(stereo)
    assert len(mono) == round(LONGEST_SEC * SAMPLE_RATE)
    assert int(np.argmax(np.abs(mono) > 0.01)) < 0.005 * SAMPLE_RATE
    assert abs(mono[-1]) < 1e-6


def test_sample_is_as_loud_as_both_channels(stereo: NDArray[np.float32]) -> None:
    mono = trim_sample(stereo)
    assert np.sqrt(np.mean(mono[:SAMPLE_RATE] ** 2)) == pytest.approx(np.sqrt(np.mean(stereo[:, 4410:] ** 2)), rel=0.02)


def test_mp3_is_the_sound_and_the_same_each_time(stereo: NDArray[np.float32], tmp_path: Path) -> None:
    mono = trim_sample(stereo)[:SAMPLE_RATE]
    paths = [tmp_path / name for name in ("a.mp3", "b.mp3")]
    for path in paths:
        write_mp3(mono, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    decoded = read_stereo(paths[0])[0] * np.sqrt(2)  # what spreads one channel over two lowers it
    assert abs(len(decoded) - len(mono)) < 0.1 * SAMPLE_RATE
    assert np.sqrt(np.mean(decoded**2)) == pytest.approx(np.sqrt(np.mean(mono**2)), rel=0.1)


def test_package_holds_every_pitch() -> None:
    assert len(list((PACKAGE / "audio").glob("*.ogg"))) >= len(PITCHES)
