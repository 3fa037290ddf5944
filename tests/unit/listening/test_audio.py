"""Features against their definition, and recordings that cannot be used."""

import numpy as np
import pytest

from ottava.errors import TranscriptionError
from ottava.listening.audio import (
    FLOOR,
    HOP_SAMPLES,
    N_MELS,
    SAMPLE_RATE,
    check_finite,
    check_length,
    check_loudness,
    compute_features,
    compute_mel_weights,
    compute_windows,
)


@pytest.mark.parametrize("cents", [0.0, -50.0, 30.0])
def test_mel_weights_are_the_triangles_of_the_formula(cents: float) -> None:
    bins, weights, first_weight = compute_mel_weights(cents)
    lowest, highest = 2595 * np.log10(1 + 30 / 700), 2595 * np.log10(1 + 8000 / 700)
    corners = [700 * (10 ** ((lowest + (highest - lowest) * i / 230) / 2595) - 1) for i in range(231)]
    corners = [corner * 2 ** (cents / 1200) for corner in corners]
    for band in (0, 1, 100, 228):
        last = first_weight[band + 1] if band < 228 else len(weights)
        found = dict(zip(bins[first_weight[band] : last].tolist(), weights[first_weight[band] : last], strict=True))
        left, middle, right = corners[band : band + 3]
        for index in range(2049):
            hz = index * SAMPLE_RATE / 4096
            height = min((hz - left) / (middle - left), (right - hz) / (right - middle))
            assert found.get(index, 0.0) == pytest.approx(max(height, 0.0), abs=1e-5)
    if cents == 0:
        assert (len(weights), bins.max(), len(first_weight)) == (1472, 743, 229)
    assert (np.diff(first_weight) > 0).all(), "reduceat needs a weight in every band"


def test_features_equal_the_plain_computation() -> None:
    samples = np.random.default_rng(3).standard_normal(5 * HOP_SAMPLES + 17).astype(np.float32) * 0.1 + 0.02
    n_frames = 7
    padded = np.concatenate([np.zeros(2048), samples, np.zeros(n_frames * HOP_SAMPLES)])
    frames = np.stack([padded[i * HOP_SAMPLES : i * HOP_SAMPLES + 4096] for i in range(n_frames)])
    frames = (frames - frames.mean()) / frames.std(ddof=1)
    bins, weights, first_weight = compute_mel_weights()
    filters = np.zeros((2049, 229))
    filters[bins, np.repeat(np.arange(229), np.diff([*first_weight, len(weights)]))] = weights
    power = np.abs(np.fft.rfft(frames * compute_windows()[:, None], norm="ortho")) ** 2
    expected = 1 - np.log(power @ filters + FLOOR) / np.log(FLOOR)
    features = compute_features(samples)
    assert features.shape == (1, 6, n_frames, 229)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features[0], expected, atol=2e-5)


@pytest.mark.parametrize("n_samples", [1, 1024, 5000, 70 * HOP_SAMPLES + 5])
def test_features_do_not_depend_on_the_blocks(monkeypatch: pytest.MonkeyPatch, n_samples: int) -> None:
    samples = np.random.default_rng(5).standard_normal(n_samples).astype(np.float32)
    features = compute_features(samples)
    for block_frames in (3, 1000):
        monkeypatch.setattr("ottava.listening.audio.BLOCK_FRAMES", block_frames)
        np.testing.assert_allclose(compute_features(samples), features, atol=1e-6)


@pytest.mark.parametrize("cents", [-50.0, -20.0, 35.0])
def test_a_piano_out_of_tune_has_the_features_of_one_in_tune(cents: float) -> None:
    def find_band(pitch: int, played: float, expected: float) -> float:
        hz = 440 * 2 ** ((pitch - 69) / 12 + played / 1200)
        samples = np.sin(2 * np.pi * hz * np.arange(22050) / SAMPLE_RATE).astype(np.float32)
        hann = compute_features(samples, expected)[0, 0, 10].astype(np.float64)  # the window of the least side lobes
        power = np.exp(hann * -np.log(FLOOR))
        return float(power @ np.arange(N_MELS) / power.sum())

    for pitch in (45, 60, 76, 100):
        in_tune, left, corrected = find_band(pitch, 0, 0), find_band(pitch, cents, 0), find_band(pitch, cents, cents)
        assert corrected == pytest.approx(in_tune, abs=0.02)
        assert abs(left - in_tune) > 0.1


def test_loudness_does_not_matter() -> None:
    samples = np.random.default_rng(4).standard_normal(8000).astype(np.float32)
    np.testing.assert_allclose(compute_features(samples * np.float32(1e-3)), compute_features(samples), atol=1e-4)


def test_silence_has_features_of_zero() -> None:
    assert np.abs(compute_features(np.zeros(8000, np.float32))).max() == pytest.approx(0, abs=1e-6)


def test_a_sine_is_loudest_in_its_band() -> None:
    hz = 440.0
    features = compute_features(np.sin(2 * np.pi * hz * np.arange(22050) / SAMPLE_RATE).astype(np.float32))
    lowest, highest, place = (2595 * np.log10(1 + x / 700) for x in (30, 8000, hz))
    band = round((place - lowest) / (highest - lowest) * 230) - 1
    assert abs(int(features[0, 0, 10].argmax()) - band) <= 1


def test_unusable_recordings_are_one_sentence() -> None:
    with pytest.raises(TranscriptionError, match="empty"):
        check_length(0, SAMPLE_RATE)
    with pytest.raises(TranscriptionError, match=r"too short \(0\.10 s\)"):
        check_length(4410, SAMPLE_RATE)
    check_length(SAMPLE_RATE, SAMPLE_RATE)
    for value in (np.nan, np.inf):
        with pytest.raises(TranscriptionError, match="damaged"):
            check_finite(np.array([0, value], np.float32))
    with pytest.raises(TranscriptionError, match="silent"):
        check_loudness(0.0)
    check_loudness(0.05)
