"""Recordings with holes, joined ones, channels that cancel and silent tracks, as the page reads them."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page

from tests.damage import Sources, encode_sources
from tests.holes import SAMPLE_RATE, encode, find_delay, spoil, zero

# The samples as 16 bits in a text, which is a hundred times as quick as a list of numbers.
READ = """async () => {
  const { openRecording } = await import("./audio.js");
  const recording = await openRecording(document.querySelector("#hand").files[0], new AbortController().signal);
  const samples = await recording.read(0, recording.n_samples);
  const text = Array.from(samples, (sample) => String.fromCharCode(0x4000 + Math.round(sample * 0x3fff))).join("");
  const said = recording.findWarnings();
  recording.close();
  return JSON.stringify({ text, said });
}"""


@pytest.fixture(scope="module")
def page(browser: Browser, site: str) -> Iterator[Page]:
    page = browser.new_context(service_workers="block").new_page()
    page.goto(site)
    page.evaluate("document.body.append(Object.assign(document.createElement('input'), { type: 'file', id: 'hand' }))")
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def sources() -> Sources:
    return encode_sources()


def read(page: Page, folder: Path, suffix: str, content: bytes) -> tuple[NDArray[np.float32], list[str]]:
    path = folder / f"recording.{suffix}"
    path.write_bytes(content)
    page.set_input_files("#hand", path)
    told = json.loads(page.evaluate(READ))
    steps = np.array([ord(letter) for letter in told["text"]])
    return ((steps - 0x4000) / 0x3FFF).astype(np.float32), told["said"]


@pytest.mark.parametrize("name", ["mp3", "flac", "vorbis", "opus", "m4a"])
def test_behind_a_hole_the_recording_goes_on_in_time(page: Page, sources: Sources, tmp_path: Path, name: str) -> None:
    suffix, content = sources[name]
    whole, said = read(page, tmp_path, suffix, content)
    assert said == []
    samples, said = read(page, tmp_path, suffix, zero(content, 0.4, len(content) // 20))
    assert len(samples) == pytest.approx(len(whole), abs=0.06 * SAMPLE_RATE)
    assert abs(find_delay(samples, whole, 4.5, 1.0)) < 0.03
    assert [sentence.split(" from 0:0")[0] for sentence in said] == ["The recording is damaged or has a gap"]


@pytest.mark.parametrize("share", [0.5, 0.51])
def test_noise_in_webm_costs_one_cluster(page: Page, tmp_path: Path, share: float) -> None:
    """What is not lost comes in time: clusters last 5 s, and what a damaged one says of its length is not believed."""
    sound = 0.1 * np.random.default_rng(3).standard_normal((2, 40 * 48000)).astype(np.float32)
    content = encode("webm", [("libopus", sound, 48000)])
    whole, said = read(page, tmp_path, "webm", content)
    assert said == []
    samples, said = read(page, tmp_path, "webm", spoil(content, share, 4000))
    assert abs(len(samples) - len(whole)) < 0.06 * SAMPLE_RATE
    is_silent = np.abs(samples[: len(samples) // 441 * 441].reshape(-1, 441)).max(axis=1) < 1e-3
    assert 0.01 * is_silent.sum() < 5.2
    assert abs(find_delay(samples, whole, 32.0, 1.0)) < 0.03
    assert len(said) == 1


@pytest.mark.parametrize(("suffix", "encoder"), [("mp3", "libmp3lame"), ("ogg", "vorbis")])
def test_joined_recordings_are_read_to_the_end(
    page: Page, sources: Sources, tmp_path: Path, suffix: str, encoder: str
) -> None:
    music, _ = read(page, tmp_path, "wav", sources["wav"][1])
    first, second = music[: 3 * SAMPLE_RATE], music[3 * SAMPLE_RATE : 5 * SAMPLE_RATE]
    content = encode(suffix, [(encoder, np.stack([first, first]), SAMPLE_RATE)])
    faster = encode(suffix, [(encoder, np.stack([second, second]), 48000)])
    samples, said = read(page, tmp_path, suffix, content + faster)
    assert len(samples) / SAMPLE_RATE == pytest.approx(3 + 2 * SAMPLE_RATE / 48000, abs=0.15)
    assert said == []


def test_a_channel_upside_down_is_heard(page: Page, sources: Sources, tmp_path: Path) -> None:
    music, _ = read(page, tmp_path, "wav", sources["wav"][1])
    samples, _ = read(page, tmp_path, "flac", encode("flac", [("flac", np.stack([music, -music]), SAMPLE_RATE)]))
    np.testing.assert_allclose(samples, music, atol=1e-3)


def test_a_silent_first_track_gives_way(page: Page, sources: Sources, tmp_path: Path) -> None:
    music, _ = read(page, tmp_path, "wav", sources["wav"][1])
    silence = np.zeros((2, 48000 * len(music) // SAMPLE_RATE), np.float32)
    tracks = [("aac", silence, 48000), ("aac", np.stack([music, music]), SAMPLE_RATE)]
    samples, said = read(page, tmp_path, "mkv", encode("mkv", tracks))
    assert abs(find_delay(samples, music, 2.0, 2.0)) < 0.03
    assert said == []
