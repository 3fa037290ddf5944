"""Files that nobody should drop: each gets one sentence or a score, and the next file works."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, expect
from scipy.signal import resample_poly

from tests.browser.visitor import EXAMPLE_MP3, SAMPLE_RATE, Ottava, write_wav

SHORT_SEC = 4


@pytest.fixture(scope="module")
def ottava(browser: Browser, site: str) -> Iterator[Ottava]:
    """One page for all files, so that each shows that the one before did no harm."""
    page = browser.new_page()
    page.goto(site)
    yield Ottava(page)
    page.context.close()


@pytest.fixture(scope="module")
def beginning(example: NDArray[np.float32]) -> NDArray[np.float32]:
    """Some seconds of piano."""
    return example[: SHORT_SEC * SAMPLE_RATE]


def check_sentence(ottava: Ottava, *words: str) -> None:
    """One plain sentence in an alert, and nothing for the programmer."""
    sentence = ottava.wait()
    assert all(word in sentence.lower() for word in words), sentence
    assert sentence.count(". ") == 0
    assert sentence.endswith(".")
    expect(ottava.page.get_by_role("alert")).to_have_text(sentence)
    expect(ottava.page.locator("#problem-details")).to_be_hidden()
    expect(ottava.page.get_by_role("button", name="Try another file")).to_be_focused()


def test_empty_file(ottava: Ottava, tmp_path: Path) -> None:
    path = tmp_path / "nothing.mp3"
    path.touch()
    ottava.drop(path)
    check_sentence(ottava, "empty")


def test_text_named_mp3(ottava: Ottava, tmp_path: Path) -> None:
    path = tmp_path / "letter.mp3"
    path.write_text("Dear Clara, the recording follows.\n" * 100)
    ottava.drop(path)
    check_sentence(ottava, "letter.mp3", "wav", "mp3", "flac")


def test_file_that_cannot_be_read(ottava: Ottava, tmp_path: Path, clip: Path) -> None:
    """Gone between the choice and the reading; to the page the same as a file without permission."""
    path = tmp_path / "gone.wav"
    shutil.copy(clip, path)
    ottava.page.evaluate(
        "document.body.append(Object.assign(document.createElement('input'), {type: 'file', id: 'hand'}))"
    )
    ottava.page.set_input_files("#hand", path)
    path.unlink()
    ottava.drop_held()
    check_sentence(ottava, "could not be read")


def test_too_short(ottava: Ottava, tmp_path: Path, beginning: NDArray[np.float32]) -> None:
    ottava.drop(write_wav(tmp_path / "short.wav", beginning[SAMPLE_RATE : SAMPLE_RATE + SAMPLE_RATE // 5]))
    check_sentence(ottava, "short")


def test_silence(ottava: Ottava, tmp_path: Path) -> None:
    ottava.drop(write_wav(tmp_path / "silence.wav", np.zeros(SHORT_SEC * SAMPLE_RATE, np.float32)))
    check_sentence(ottava, "silent")


def test_speech(ottava: Ottava, tmp_path: Path) -> None:
    espeak = shutil.which("espeak-ng")
    if espeak is None:
        pytest.skip("espeak-ng is not installed")
    path = tmp_path / "speech.wav"
    text = "This is a voice, not a piano. There is no note in it that anybody could write down."
    subprocess.run([espeak, "-w", path, text], check=True, timeout=60)
    ottava.drop(path)
    if ottava.wait():
        check_sentence(ottava)
    else:
        expect(ottava.page.locator("score-view g.note").first).to_be_attached()


def test_truncated_mp3(ottava: Ottava, tmp_path: Path) -> None:
    path = tmp_path / "half.mp3"
    content = EXAMPLE_MP3.read_bytes()
    path.write_bytes(content[: len(content) // 5])
    ottava.drop(path)
    assert ottava.wait() == ""
    expect(ottava.page.locator("#warnings")).to_contain_text("cut off")


@pytest.mark.parametrize(
    ("name", "convert"),
    [
        ("low.wav", lambda path, samples: write_wav(path, resample_poly(samples, 80, 441), 8000)),
        ("high.wav", lambda path, samples: write_wav(path, resample_poly(samples, 320, 147), 96000)),
        ("six.wav", lambda path, samples: write_wav(path, samples, n_channels=6)),
    ],
)
def test_unusual_wav(
    ottava: Ottava,
    tmp_path: Path,
    beginning: NDArray[np.float32],
    name: str,
    convert: Callable[[Path, NDArray[np.float32]], Path],
) -> None:
    """8 kHz, 96 kHz, six channels."""
    ottava.drop(convert(tmp_path / name, np.clip(beginning, -0.99, 0.99)))
    assert ottava.wait() == ""
    expect(ottava.page.locator("score-view g.note").first).to_be_attached()
