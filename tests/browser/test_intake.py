"""What comes in: MIDI files and projects go straight to a score, AIFF is read, and what cannot be is named."""

import json
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, expect

from tests.browser.visitor import EXAMPLE_MIDI, SAMPLE_RATE, Ottava, read_notes, score_onsets, write_wav

CODINGS = {
    "NONE": [">i1", ">i2", ">i3", ">i4"],
    "sowt": ["<i2"],
    "fl32": [">f4"],
    "fl64": [">f8"],
}

READ = """async () => {
  const { openRecording } = await import("./audio.js");
  const [file] = document.querySelector("#hand").files;
  document.querySelector("#hand").remove();
  try {
    const recording = await openRecording(file, new AbortController().signal);
    const samples = await recording.read(0, recording.n_samples);
    return { n_samples: recording.n_samples, samples: [...samples.slice(0, 30000)], said: recording.findWarnings() };
  } catch (error) {
    return { n_samples: 0, samples: [], said: [error.message] };
  }
}"""


@pytest.fixture(scope="module")
def ottava(browser: Browser, site: str) -> Iterator[Ottava]:
    """One page for all files, so that each shows that the one before did no harm."""
    page = browser.new_page()
    page.goto(site)
    yield Ottava(page)
    page.context.close()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved project of the example, whose player decided on a title and a key."""
    path = tmp_path_factory.mktemp("project") / "saved.json"
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "ottava",
        "notate",
        EXAMPLE_MIDI,
        "--title",
        "A wish",
        "--key",
        "D",
        "-o",
        path,
    ]
    subprocess.run(command, check=True, capture_output=True)
    return path


def test_midi_goes_straight_to_its_score(ottava: Ottava, tmp_path: Path) -> None:
    ottava.drop(EXAMPLE_MIDI)
    assert ottava.wait() == ""
    expect(ottava.page.locator(".score-title")).to_have_text("Minuet")
    assert score_onsets(read_notes(ottava.save("MIDI, as played", tmp_path)), read_notes(EXAMPLE_MIDI)) == 1


def test_project_opens_where_one_was(ottava: Ottava, project: Path) -> None:
    ottava.drop(project)
    assert ottava.wait() == ""
    expect(ottava.page.locator(".score-title")).to_have_text("A wish")
    expect(ottava.page.locator("#facts")).to_contain_text("D major")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("broken.mid", b"MThd and nothing that follows", "MIDI"),
        ("letter.json", b"Dear Clara", "not valid JSON"),
        ("other.json", json.dumps({"format": "other"}).encode(), "not an Ottava project"),
        ("nothing.mid", b"", "This file is empty."),
    ],
)
def test_bad_ones_get_a_sentence(ottava: Ottava, tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    ottava.drop(path)
    expect(ottava.page.locator("#problem-text")).to_contain_text(words, timeout=60_000)
    expect(ottava.page.locator("#problem-details")).to_be_hidden()


def test_pasted_file_is_opened(ottava: Ottava, tmp_path: Path) -> None:
    paste(ottava, EXAMPLE_MIDI)
    assert ottava.wait() == ""
    expect(ottava.page.locator(".score-title")).to_have_text("Minuet")


def paste(ottava: Ottava, path: Path) -> None:
    """Press the keys for it with a copied file."""
    hold(ottava, path)
    ottava.page.evaluate(
        """() => {
          const clipboardData = new DataTransfer();
          clipboardData.items.add(document.querySelector("#hand").files[0]);
          document.querySelector("#hand").remove();
          document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }"""
    )


def hold(ottava: Ottava, path: Path) -> None:
    """Take a file into the hand."""
    ottava.page.evaluate(
        "document.body.append(Object.assign(document.createElement('input'), {type: 'file', id: 'hand'}))"
    )
    ottava.page.set_input_files("#hand", path)


def test_text_is_no_file(ottava: Ottava) -> None:
    ottava.page.evaluate(
        """() => {
          const dataTransfer = new DataTransfer();
          dataTransfer.setData("text/plain", "Für Elise");
          document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
        }"""
    )
    expect(ottava.page.get_by_role("alert")).to_contain_text("That is text, not a file")


def test_folder_is_no_file(ottava: Ottava) -> None:
    """A test cannot drag a folder: this one is as the browser would describe it."""
    said = ottava.page.evaluate(
        """async () => {
          const { takeOut } = await import("./intake.js");
          const file = new File(["x"], "a.wav");
          const item = (isDirectory) => ({
            kind: "file", webkitGetAsEntry: () => ({ isDirectory }), getAsFile: () => file
          });
          const both = takeOut({ items: [item(true), item(false)] });
          return [takeOut({ items: [item(true)] }), both].map(({ files, problem }) => [files.length, problem]);
        }"""
    )
    assert said == [[0, "A folder cannot be opened: drop the files that are in it."], [1, ""]]


def write_aiff(path: Path, samples: NDArray[np.float32], compression: str, dtype: str, sample_rate: float) -> Path:
    """Write mono samples as AIFF-C; ``dtype`` as of numpy, and ">i3" for 24 bits."""
    n_bytes = int(dtype[2])
    if dtype[1] == "f":
        data = samples.astype(dtype).tobytes()
    else:
        scaled = np.rint(samples * (2.0 ** (8 * n_bytes - 1) - 1)).astype(np.int64)
        data = (
            b"".join(int(value).to_bytes(3, "big", signed=True) for value in scaled)
            if n_bytes == 3
            else scaled.astype(dtype).tobytes()
        )
    exponent = int(np.log2(sample_rate))
    rate = struct.pack(">HQ", 16383 + exponent, round(sample_rate * 2 ** (63 - exponent)))
    name = b"\x0enot compressed\x00"
    common = struct.pack(">hIh", 1, len(samples), 8 * n_bytes) + rate + compression.encode() + name
    sound = struct.pack(">II", 0, 0) + data
    # A chunk of no interest first, of an odd length and so with a byte to fill.
    chunks = b"".join(
        name + struct.pack(">I", len(body)) + body + b"\x00" * (len(body) % 2)
        for name, body in ((b"NAME", b"Waltz"), (b"COMM", common), (b"SSND", sound))
    )
    path.write_bytes(b"FORM" + struct.pack(">I", 4 + len(chunks)) + b"AIFC" + chunks)
    return path


def read(ottava: Ottava, path: Path) -> tuple[NDArray[np.float64], int, list[str]]:
    """What the page reads of a recording: its beginning, its length in samples, and what it says of it."""
    hold(ottava, path)
    said = ottava.page.evaluate(READ)
    return np.array(said["samples"]), said["n_samples"], said["said"]


@pytest.fixture(scope="module")
def beginning(example: NDArray[np.float32]) -> NDArray[np.float32]:
    """Some music."""
    return np.clip(example[SAMPLE_RATE : 3 * SAMPLE_RATE], -0.99, 0.99)


@pytest.mark.parametrize(("compression", "dtype"), [(name, dtype) for name in CODINGS for dtype in CODINGS[name]])
def test_aiff_is_read_as_wav_is(
    ottava: Ottava, tmp_path: Path, beginning: NDArray[np.float32], compression: str, dtype: str
) -> None:
    expected, n_expected, _ = read(ottava, write_wav(tmp_path / "a.wav", beginning))
    samples, n_samples, said = read(ottava, write_aiff(tmp_path / "a.aif", beginning, compression, dtype, SAMPLE_RATE))
    assert (n_samples, said) == (n_expected, [])
    steps = 2**7 if dtype == ">i1" else 2**15
    assert np.abs(samples - expected).max() < 1.5 / steps
    assert np.abs(expected).max() > 0.05


def test_aiff_of_another_rate_is_resampled(ottava: Ottava, tmp_path: Path, beginning: NDArray[np.float32]) -> None:
    expected, n_expected, _ = read(ottava, write_wav(tmp_path / "a.wav", beginning, 96000))
    samples, n_samples, _ = read(ottava, write_aiff(tmp_path / "a.aif", beginning, "NONE", ">i2", 96000))
    assert n_samples == n_expected
    assert np.abs(samples - expected).max() < 1.5 / 2**15


def test_aiff_that_is_cut_off_says_so(ottava: Ottava, tmp_path: Path, beginning: NDArray[np.float32]) -> None:
    path = write_aiff(tmp_path / "a.aif", beginning, "NONE", ">i2", SAMPLE_RATE)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    _, n_samples, said = read(ottava, path)
    assert 0.9 * SAMPLE_RATE < n_samples < 1.1 * SAMPLE_RATE
    assert said == ["The file is cut off: it holds 0:01 of the 0:02 that it announces."]
    # Cut off before the sound, or before it says what it holds.
    for n_bytes in (75, 20):
        path.write_bytes(content[:n_bytes])
        assert "is a damaged AIFF file" in read(ottava, path)[2][0]


def write_alac(path: Path, samples: NDArray[np.float32]) -> Path:
    """Write Apple Lossless in M4A."""
    with av.open(str(path), "w", format="ipod") as container:
        stream = container.add_stream("alac", rate=SAMPLE_RATE, layout="mono")
        assert isinstance(stream, av.AudioStream)
        frame = av.AudioFrame.from_ndarray(np.rint(samples[None] * 32767).astype("<i2"), "s16p", "mono")
        frame.sample_rate = SAMPLE_RATE
        container.mux([*stream.encode(frame), *stream.encode(None)])
    return path


def write_coded(path: Path, samples: NDArray[np.float32], coding: str, sample_rate: int = SAMPLE_RATE) -> Path:
    """Write samples in a coding and container that FFmpeg knows."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(coding, rate=sample_rate)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(samples[None].astype(np.float32), "fltp", "mono")
        frame.sample_rate = sample_rate
        container.mux([*stream.encode(frame), *stream.encode(None)])
    return path


def test_formats_that_cannot_be_opened_are_named_and_what_to_do(
    ottava: Ottava, tmp_path: Path, beginning: NDArray[np.float32]
) -> None:
    wma = tmp_path / "old.wma"
    wma.write_bytes(bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + bytes(5000))
    aiff = write_aiff(tmp_path / "small.aif", beginning, "ima4", ">i2", SAMPLE_RATE)
    for path, name in (
        (wma, "WMA"),
        (write_alac(tmp_path / "memo.m4a", beginning), "Apple Lossless (ALAC)"),
        (aiff, "AIFF-C ima4"),
        (write_coded(tmp_path / "film.avi", beginning, "ac3"), "AVI"),
        (write_coded(tmp_path / "film.mkv", beginning, "ac3"), "Dolby AC-3"),
        (write_coded(tmp_path / "film.mov", beginning, "ac3"), "Dolby AC-3"),
        (write_coded(tmp_path / "sound.ac3", beginning, "ac3"), "Dolby AC-3"),
        (write_coded(tmp_path / "sound.eac3", beginning, "eac3"), "Dolby E-AC-3"),
        (write_coded(tmp_path / "old.wav", beginning, "adpcm_ima_wav"), "WAV (IMA ADPCM)"),
        (write_coded(tmp_path / "fine.wav", beginning, "pcm_f64le"), "WAV (64 bit)"),
        (write_coded(tmp_path / "small.wv", beginning, "wavpack"), "WavPack"),
        (write_coded(tmp_path / "film.ts", beginning, "mp2"), "MPEG-TS"),
    ):
        ottava.drop(path)
        sentence = ottava.page.locator("#problem-text")
        expect(sentence).to_contain_text(f"“{path.name}” is {name}, which this browser cannot open; convert it")


def test_what_is_no_recording_is_named(ottava: Ottava, tmp_path: Path) -> None:
    path = tmp_path / "scan.mp3"
    path.write_bytes(b"%PDF-1.7\n" + bytes(5000))
    ottava.drop(path)
    expect(ottava.page.locator("#problem-text")).to_contain_text("“scan.mp3” is PDF and no recording; WAV, AIFF, MP3")


@pytest.mark.parametrize(
    ("container", "coding", "sample_rate"),
    [("mov", "pcm_s16le", 44100), ("webm", "libopus", 48000), ("mkv", "pcm_s16le", 44100)],
)
def test_the_sound_of_a_video_is_read(
    ottava: Ottava, tmp_path: Path, beginning: NDArray[np.float32], container: str, coding: str, sample_rate: int
) -> None:
    path = write_coded(tmp_path / f"film.{container}", beginning, coding, sample_rate)
    _, n_samples, said = read(ottava, path)
    assert abs(n_samples / SAMPLE_RATE - len(beginning) / sample_rate) < 0.1
    assert said == []


def test_the_file_chooser_offers_what_can_be_opened(ottava: Ottava) -> None:
    accepted = (ottava.page.locator("#file").get_attribute("accept") or "").split(",")
    assert {".mov", ".webm", ".rmi", ".kar", ".mid", ".midi", ".m4a", ".opus", ".json", "audio/*"} <= {*accepted}


@pytest.mark.parametrize(
    ("name", "begin", "kind"),
    [
        ("a.wav", b"MThd\0\0\0\6", "midi"),
        ("a", b"RIFF\x30\0\0\0RMIDdata", "midi"),
        ("a.rmi", b"?", "midi"),
        ("a.KAR", b"?", "midi"),
        ("a.mid", b"", "midi"),
        ("a.json", b"", "project"),
        ("a.txt", b'\xef\xbb\xbf{"format"', "project"),
        ("a.mid", b"RIFF\x30\0\0\0WAVEfmt ", "recording"),
        ("a.json", b"\0\0\0\x20ftypM4A ", "recording"),
        ("a.mp3", b"\xff\xfb\x90\x64", "recording"),
        ("a", b"", "recording"),
    ],
)
def test_a_file_is_told_by_its_first_bytes_else_by_its_name(ottava: Ottava, name: str, begin: bytes, kind: str) -> None:
    said = ottava.page.evaluate(
        """async ([name, bytes]) => {
          const { recogniseFile } = await import("./intake.js");
          return recogniseFile(new File([new Uint8Array(bytes)], name));
        }""",
        [name, [*begin]],
    )
    assert said == kind


def test_a_midi_file_under_another_name_goes_straight_to_its_score(ottava: Ottava, tmp_path: Path) -> None:
    path = tmp_path / "waltz.wav"
    path.write_bytes(EXAMPLE_MIDI.read_bytes())
    ottava.drop(path)
    assert ottava.wait() == ""
    expect(ottava.page.locator(".score-title")).to_have_text("Waltz")


def test_a_project_under_another_name_opens(ottava: Ottava, project: Path, tmp_path: Path) -> None:
    path = tmp_path / "saved.txt"
    path.write_bytes(b"\xef\xbb\xbf" + project.read_bytes())
    ottava.drop(path)
    assert ottava.wait() == ""
    expect(ottava.page.locator(".score-title")).to_have_text("A wish")
