"""The native host: files that can be read, and files that cannot."""

import asyncio
import os
import struct
import tracemalloc
import warnings
import wave
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from ottava.errors import TranscriptionError
from ottava.hosts.native import Recording, create_run, open_recording
from ottava.models import find_models_folder, read_models

SHARED = Path(os.environ.get("OTTAVA_SHARED", Path(__file__).parents[3] / ".." / "shared"))
EXAMPLES = Path(__file__).parents[3] / "examples"


def write_wav(path: Path, sample_rate: int, n_channels: int, seconds: float = 1.0) -> Path:
    """Write a 440 Hz tone on all channels."""
    tone = (0.3 * 32767 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * sample_rate)) / sample_rate)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(n_channels)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(np.repeat(tone[:, None], n_channels, axis=1).tobytes())
    return path


def encode_mp3(path: Path, sample_rate: int) -> Path:
    """Write a second of silence."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libmp3lame", rate=sample_rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, sample_rate), np.float32), "fltp", "mono")
        frame.sample_rate = sample_rate
        resampler = av.AudioResampler("fltp", "mono", sample_rate, stream.frame_size)
        for part in [*resampler.resample(frame), *resampler.resample(None), None]:
            container.mux(stream.encode(part))
    return path


def read_slices(recording: Recording, *slices: tuple[int, int]) -> list[NDArray[np.float32]]:
    """Read slices one after the other."""

    async def read() -> list[NDArray[np.float32]]:
        return [await recording.read(first_sample, last_sample) for first_sample, last_sample in slices]

    return asyncio.run(read())


@pytest.mark.parametrize(("sample_rate", "n_channels"), [(8000, 1), (44100, 2), (96000, 1), (48000, 6), (44100, 9)])
def test_rates_and_channels_become_mono_at_the_models_rate(tmp_path: Path, sample_rate: int, n_channels: int) -> None:
    recording = open_recording(write_wav(tmp_path / "tone.wav", sample_rate, n_channels), 44100)
    assert recording.n_samples == pytest.approx(44100, abs=50)
    (samples,) = read_slices(recording, (4410, 40000))
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    assert np.argmax(spectrum) * 44100 / len(samples) == pytest.approx(440, abs=3)
    assert float(np.abs(samples).max()) == pytest.approx(0.3, abs=0.03)


def check_slices(recording: Recording) -> None:
    """In order, with overlap, far ahead, from the beginning again: every slice is the same as in the whole."""
    n_samples = recording.n_samples
    slices = [(0, 30000), (20000, 50000), (20000, 20001), (n_samples - 7000, n_samples), (40000, 90000), (3, 5)]
    (whole,) = read_slices(recording, (0, n_samples))
    assert whole.dtype == np.float32
    assert len(whole) == n_samples
    for (first_sample, last_sample), samples in zip(slices, read_slices(recording, *slices), strict=True):
        np.testing.assert_array_equal(samples, whole[first_sample:last_sample])


def test_slices_of_an_mp3_are_exact() -> None:
    check_slices(open_recording(EXAMPLES / "minuet.mp3", 44100))


@pytest.mark.parametrize("sample_rate", [44100, 48000])
def test_slices_of_a_wav_are_exact(tmp_path: Path, sample_rate: int) -> None:
    check_slices(open_recording(write_wav(tmp_path / "tone.wav", sample_rate, 2, 4.0), 44100))


def test_a_long_recording_is_not_held(tmp_path: Path) -> None:
    recording = open_recording(write_wav(tmp_path / "tone.wav", 8000, 1, 600.0), 44100)
    assert recording.n_samples == pytest.approx(600 * 44100, abs=50)
    tracemalloc.start()
    for begin_sample in range(0, recording.n_samples, 20 * 44100):
        read_slices(recording, (begin_sample, min(begin_sample + 30 * 44100, recording.n_samples)))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 5 * 30 * 44100 * 4  # the whole would be 106 MB


def test_a_file_that_shrinks_meanwhile_gets_one_sentence(tmp_path: Path) -> None:
    recording = open_recording(write_wav(tmp_path / "tone.wav", 44100, 1, 4.0), 44100)
    write_wav(tmp_path / "tone.wav", 44100, 1, 1.0)
    with pytest.raises(TranscriptionError, match=r"tone\.wav has changed"):
        read_slices(recording, (0, recording.n_samples))


def test_a_cut_off_file_is_read_as_far_as_it_goes_and_says_so(tmp_path: Path) -> None:
    whole = (EXAMPLES / "minuet.mp3").read_bytes()
    cut = tmp_path / "cut.mp3"
    cut.write_bytes(whole[: len(whole) // 2])
    recording = open_recording(cut, 44100)
    assert 10 < recording.n_samples / 44100 < 20
    assert "cut off" in recording.warnings[0]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.wav", b"", "is empty"),
        ("text.mp3", b"Dear diary, today I played the piano. " * 50, "not a recording that can be read"),
        ("noise.flac", bytes(range(256)) * 20, "not a recording that can be read|holds no sound"),
        ("head.mp3", (EXAMPLES / "minuet.mp3").read_bytes()[:60], "not a recording|holds no sound"),
        ("song.mid", (EXAMPLES / "minuet.mid").read_bytes(), "not a recording that can be read|holds no sound"),
    ],
)
def test_what_cannot_be_used_gets_one_sentence(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TranscriptionError, match=sentence):
        open_recording(tmp_path / name, 44100)


@pytest.mark.parametrize("sample_rate", [1, 100, 10_000_000])
def test_a_rate_that_no_recording_has_gets_one_sentence(tmp_path: Path, sample_rate: int) -> None:
    """A second at 1 Hz is half a day of samples to decode."""
    content = bytearray(write_wav(tmp_path / "tone.wav", 44100, 1).read_bytes())
    content[24:28] = sample_rate.to_bytes(4, "little")
    (tmp_path / "tone.wav").write_bytes(content)
    with pytest.raises(TranscriptionError, match=rf"tone\.wav states a sample rate of {sample_rate} Hz"):
        open_recording(tmp_path / "tone.wav", 44100)


def test_a_joined_recording_of_another_rate_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "both.mp3"
    path.write_bytes((EXAMPLES / "minuet.mp3").read_bytes() + encode_mp3(tmp_path / "low.mp3", 22050).read_bytes())
    recording = open_recording(path, 44100)
    first = open_recording(EXAMPLES / "minuet.mp3", 44100)
    assert recording.n_samples == pytest.approx(first.n_samples + 44100, abs=6000)  # padding of the encoder
    assert recording.warnings == ()


def test_samples_that_are_no_numbers_are_read_without_a_word(tmp_path: Path) -> None:
    """Listening refuses them; numpy's warnings are not for who reads the terminal."""
    samples = np.array([0.5, np.nan, np.inf, 3e38] * 11025, "<f4")
    header = struct.pack("<4sI8sIHHIIHH4sI", b"RIFF", 36 + samples.nbytes, b"WAVEfmt ", 16, 3, 2, 44100, 352800, 8, 32,
                         b"data", samples.nbytes)  # fmt: skip
    (tmp_path / "float.wav").write_bytes(header + samples.tobytes())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recording = open_recording(tmp_path / "float.wav", 44100)
        (read,) = read_slices(recording, (0, recording.n_samples))
    assert not np.isfinite(read).all()


def test_missing_files_and_folders_get_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(TranscriptionError, match="There is no file"):
        open_recording(tmp_path / "no.wav", 44100)
    with pytest.raises(TranscriptionError, match="is a folder"):
        open_recording(tmp_path, 44100)


def test_a_file_without_permission_gets_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_wav(tmp_path / "secret.wav", 44100, 1)

    def refuse(self: Path, mode: str = "r") -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # root may read everything, so chmod proves nothing
    with pytest.raises(TranscriptionError, match=r"no permission to read secret\.wav"):
        open_recording(path, 44100)


def test_formats_of_the_shared_folder_are_read() -> None:
    folder = SHARED / "data" / "formats"
    if not folder.is_dir():
        pytest.skip("no shared folder with audio formats")
    for path in sorted(folder.glob("mz545_*")):
        assert open_recording(path, 44100).n_samples / 44100 == pytest.approx(20, abs=0.1), path.name


def test_a_missing_and_a_damaged_model_get_one_sentence(tmp_path: Path) -> None:
    model = next(iter(read_models((find_models_folder() / "models.json").read_text(encoding="utf-8")).values()))
    with pytest.raises(TranscriptionError, match="is missing"):
        create_run(model.graphs, tmp_path)
    for graph in model.graphs.values():
        (tmp_path / graph.file).write_bytes(b"no model")
    with pytest.raises(TranscriptionError, match="is damaged"):
        create_run(model.graphs, tmp_path)
