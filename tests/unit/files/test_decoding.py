"""Recordings that are damaged in the middle, were joined or have several tracks: all of them is heard, at its time."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from ottava.hosts.native import Recording, open_recording
from tests.damage import Sources, encode_sources
from tests.holes import SAMPLE_RATE, cut_out, encode, find_delay, spoil, zero

HOLED = ["mp3", "flac", "vorbis", "opus", "m4a"]
FRAME_SEC = 0.03  # what of MP3 is lost is known to the frame


@pytest.fixture(scope="module")
def sources() -> Sources:
    return encode_sources()


@pytest.fixture(scope="module")
def music(sources: Sources, tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.float32]:
    """What is encoded in all of them, mono."""
    path = tmp_path_factory.mktemp("music") / "a.wav"
    path.write_bytes(sources["wav"][1])
    return read(open_recording(path, SAMPLE_RATE))


def read(recording: Recording) -> NDArray[np.float32]:
    async def read_whole() -> NDArray[np.float32]:
        return await recording.read(0, recording.n_samples)

    return asyncio.run(read_whole())


def open_content(folder: Path, suffix: str, content: bytes) -> Recording:
    path = folder / f"recording.{suffix}"
    path.write_bytes(content)
    return open_recording(path, SAMPLE_RATE)


@pytest.mark.parametrize("name", HOLED)
@pytest.mark.parametrize("damage", [zero, spoil])
def test_behind_a_hole_the_recording_goes_on_in_time(
    sources: Sources, music: NDArray[np.float32], tmp_path: Path, name: str, damage: Callable[..., bytes]
) -> None:
    suffix, content = sources[name]
    whole = open_content(tmp_path, suffix, content)
    assert whole.warnings == ()
    delay_sec = find_delay(read(whole), music, 4.5, 1.0)
    recording = open_content(tmp_path, suffix, damage(content, 0.4, len(content) // 20))
    assert recording.n_samples == pytest.approx(whole.n_samples, abs=2 * FRAME_SEC * SAMPLE_RATE)
    assert find_delay(read(recording), music, 4.5, 1.0) == pytest.approx(delay_sec, abs=FRAME_SEC)
    (warning,) = recording.warnings
    assert warning.startswith("The recording is damaged or has a gap from 0:0")
    assert warning.endswith(": nothing could be read there.")


@pytest.mark.parametrize("name", ["flac", "vorbis", "opus"])
def test_bytes_that_are_gone_leave_silence_of_their_length(sources: Sources, tmp_path: Path, name: str) -> None:
    suffix, content = sources[name]
    recording = open_content(tmp_path, suffix, cut_out(content, 0.4, len(content) // 20))
    assert recording.n_samples == pytest.approx(open_content(tmp_path, suffix, content).n_samples, abs=100)
    assert "damaged" in recording.warnings[0]
    assert not any("cut off" in warning for warning in recording.warnings)


def test_an_mp3_of_which_bytes_are_gone_is_not_called_cut_off(sources: Sources, tmp_path: Path) -> None:
    """Its packets have no time stamps: how long the hole is, nothing says."""
    suffix, content = sources["mp3"]
    damaged, missing = open_content(tmp_path, suffix, cut_out(content, 0.3, len(content) // 3)).warnings
    assert "damaged" in damaged
    assert missing == "Some of the file is missing: it holds 4 of 6 seconds."


def test_several_holes_are_told_in_one_sentence(sources: Sources, tmp_path: Path) -> None:
    suffix, content = sources["m4a"]
    n_bytes = len(content) // 100
    for share in (0.2, 0.4, 0.6, 0.8):
        content = zero(content, share, n_bytes)
    (warning,) = open_content(tmp_path, suffix, content).warnings
    assert warning.count("from 0:0") == 3
    assert " and in 1 more places: " in warning


def test_a_hole_at_the_beginning_keeps_the_time(sources: Sources, music: NDArray[np.float32], tmp_path: Path) -> None:
    for name in ("flac", "mp3"):
        suffix, content = sources[name]
        first_frame = content.index(b"\xff\xf8" if name == "flac" else b"\xff\xfb", len(content) // 50)
        begin = content.index(b"\xff\xf8") if name == "flac" else first_frame
        damaged = content[:begin] + bytes(len(content) // 10) + content[begin + len(content) // 10 :]
        recording = open_content(tmp_path, suffix, damaged)
        assert abs(find_delay(read(recording), music, 3.0, 2.0)) < 2 * FRAME_SEC
        assert "from 0:00 to" in recording.warnings[0]


def test_a_file_that_is_cut_off_says_only_so(sources: Sources, tmp_path: Path) -> None:
    for name in ("mp3", "flac"):
        suffix, content = sources[name]
        warnings = open_content(tmp_path, suffix, content[: len(content) // 2]).warnings
        assert warnings == ("The file is cut off: it holds 3 of 6 seconds.",)


@pytest.mark.parametrize(("suffix", "encoder"), [("mp3", "libmp3lame"), ("ogg", "vorbis"), ("flac", "flac")])
def test_joined_recordings_are_read_to_the_end_whatever_their_rates(
    music: NDArray[np.float32], tmp_path: Path, suffix: str, encoder: str
) -> None:
    first, second = music[: 3 * SAMPLE_RATE], music[3 * SAMPLE_RATE : 5 * SAMPLE_RATE]
    content = encode(suffix, [(encoder, np.stack([first, first]), SAMPLE_RATE)])
    faster = encode(suffix, [(encoder, np.stack([second, second]), 48000)])  # and so higher and shorter
    recording = open_content(tmp_path, suffix, content + faster)
    assert recording.n_samples / SAMPLE_RATE == pytest.approx(3 + 2 * SAMPLE_RATE / 48000, abs=0.15)
    assert recording.warnings == ()
    loudness = np.sqrt(np.square(read(recording)[: int(4.5 * SAMPLE_RATE)]).reshape(-1, SAMPLE_RATE // 2).mean(axis=1))
    assert (loudness[1:] > 0.01).all()


def test_a_silent_first_track_gives_way(music: NDArray[np.float32], tmp_path: Path) -> None:
    silence = np.zeros((2, 3 * 48000), np.float32)
    sound = np.stack([music, music])[:, : 3 * SAMPLE_RATE]
    for encoder in ("aac", "flac"):
        for tracks in ([(encoder, silence, 48000), (encoder, sound, SAMPLE_RATE)], [(encoder, sound, SAMPLE_RATE)] * 2):
            samples = read(open_content(tmp_path, "mkv", encode("mkv", tracks)))
            assert abs(find_delay(samples, music, 1.0, 1.0)) < FRAME_SEC
            assert len(samples) == pytest.approx(3 * SAMPLE_RATE, abs=3000)


def test_a_channel_upside_down_is_heard(music: NDArray[np.float32], tmp_path: Path) -> None:
    for suffix, encoder in (("flac", "flac"), ("mp3", "libmp3lame")):
        content = encode(suffix, [(encoder, np.stack([music, -music]), SAMPLE_RATE)])
        samples = read(open_content(tmp_path, suffix, content))
        assert np.square(samples).mean() == pytest.approx(np.square(music).mean(), rel=0.1)


def test_a_tag_between_joined_mp3_files_is_no_hole(sources: Sources, tmp_path: Path) -> None:
    """Nor is a picture in it sound that is missing at the end."""
    _, content = sources["mp3"]
    picture = Random(4).randbytes(50_000)
    tag = b"ID3\x03\0\0" + bytes(len(picture) >> shift & 127 for shift in (21, 14, 7, 0)) + picture
    recording = open_content(tmp_path, "mp3", tag + content + b"TAG" + bytes(125) + tag + content)
    assert recording.warnings == ()
    assert recording.n_samples / SAMPLE_RATE == pytest.approx(12, abs=0.2)
