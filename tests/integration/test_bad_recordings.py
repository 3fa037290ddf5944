"""Recordings that are none, or odd ones, through the whole command line: one sentence or a score."""

import asyncio
import json
import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ottava.__main__ import main
from ottava.check import find_examples_folder
from ottava.hosts.native import open_recording

SAMPLE_RATE = 44100


def transcribe(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, Path]:
    """Exit status, the sentence on stderr (progress left out) and where the result would be."""
    out = path.with_suffix(".json")
    status = main(["transcribe", str(path), "-o", str(out)])
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    said = [line.rpartition("\r")[2] for line in captured.err.splitlines()]
    return status, " ".join(line for line in said if line.startswith("ottava: ")), out


def write_wav(path: Path, samples: NDArray[np.float64], sample_rate: int, n_channels: int = 1) -> Path:
    """Write samples of -1..1 as 16-bit wav, the same on every channel."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(n_channels)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(np.repeat((samples * 32767).astype("<i2")[:, None], n_channels, axis=1).tobytes())
    return path


def read_samples(path: Path, sample_rate: int) -> NDArray[np.float64]:
    """All samples of a recording, at this rate."""
    recording = open_recording(path, sample_rate)

    async def read() -> NDArray[np.float32]:
        return await recording.read(0, recording.n_samples)

    return asyncio.run(read()).astype(np.float64)


@pytest.mark.parametrize(
    ("samples", "sentence"),
    [
        (np.zeros(5 * SAMPLE_RATE), "silent"),
        (0.3 * np.sin(np.arange(SAMPLE_RATE // 5) / 10), "short"),
        (np.zeros(0), "holds no sound"),
    ],
)
def test_what_holds_no_music_gets_one_sentence(
    samples: NDArray[np.float64], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said, out = transcribe(write_wav(tmp_path / "recording.wav", samples, SAMPLE_RATE), capsys)
    assert status == 1
    assert sentence in said
    assert said.count("ottava: ") == 1
    assert not out.exists()


def test_speech_gets_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if not shutil.which("espeak-ng"):
        pytest.skip("no espeak-ng to speak")
    path = tmp_path / "speech.wav"
    text = "Ladies and gentlemen, tonight there will be no piano at all. There will only be this tired voice."
    subprocess.run(["espeak-ng", "-w", str(path), text], check=True)
    status, said, out = transcribe(path, capsys)
    assert status == 1
    assert "piano" in said
    assert not out.exists()


@pytest.mark.parametrize(("sample_rate", "n_channels"), [(8000, 1), (96000, 6)])
def test_odd_rates_and_channels_become_a_score(
    sample_rate: int, n_channels: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    samples = read_samples(find_examples_folder() / "prelude.mp3", sample_rate)
    status, said, out = transcribe(write_wav(tmp_path / "odd.wav", samples, sample_rate, n_channels), capsys)
    assert (status, said) == (0, "")
    assert 50 <= len(json.loads(out.read_text(encoding="utf-8"))["score"]["notes"]) <= 56  # 53 were played


def test_a_cut_off_mp3_becomes_a_score_of_what_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = (find_examples_folder() / "prelude.mp3").read_bytes()
    path = tmp_path / "cut.mp3"
    path.write_bytes(whole[: len(whole) // 2])
    status, said, out = transcribe(path, capsys)
    assert status == 0
    assert "cut off" in said
    result = json.loads(out.read_text(encoding="utf-8"))
    assert 15 < len(result["score"]["notes"]) < 45
    assert any("cut off" in warning for warning in result["warnings"])
