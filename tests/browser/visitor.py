"""What a person does with the page and what the tests compare it with: dropped files, saved files, notes, scores."""

import subprocess
import sys
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import mir_eval
import numpy as np
import pretty_midi
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

ROOT = Path(__file__).parents[2]
EXAMPLE_MP3 = ROOT / "examples" / "minuet.mp3"
EXAMPLE_MIDI = ROOT / "examples" / "minuet.mid"
SAMPLE_RATE = 44100
CLIP_SEC = 8.0
ONSET_TOLERANCE_SEC = 0.05

# Generous: two busy cores need about as long as the clip lasts, and the page loads Python and the model before.
TRANSCRIBED_MS = 240_000


@contextmanager
def serve_site(*options: str) -> Iterator[tuple[str, Callable[[], None]]]:
    """Serve ``dist/`` on a free port; gives the address and a call that stops the server at once."""
    if not (ROOT / "dist" / "files.json").exists():
        pytest.fail("dist/ is not built; run: make dist")
    command = [sys.executable, "-m", "build.serve", "--port", "0", *options]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    def stop() -> None:
        server.terminate()
        server.wait()

    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        yield next(word for word in line.split() if word.startswith("http://")), stop
    finally:
        stop()


def keep_offline(page: Page) -> None:
    """Press "Make available offline" on a first visit and wait until all is kept."""
    page.locator("#keep-offline").click(timeout=60_000)
    expect(page.locator("#offline")).to_have_text("Works offline", timeout=120_000)


def settle(page: Page) -> None:
    """Wait until the newest choices are written and drawn."""
    expect(page.locator("#result:not([aria-busy])")).to_be_visible(timeout=60_000)


@dataclass(frozen=True)
class Ottava:
    """What a person does with the page."""

    page: Page

    def drop(self, path: Path) -> None:
        """Drop a file on the page."""
        self.page.evaluate(
            "document.body.append(Object.assign(document.createElement('input'), {type: 'file', id: 'hand'}))"
        )
        self.page.set_input_files("#hand", path)
        self.drop_held()

    def drop_held(self) -> None:
        """Let go of the file in the hand."""
        self.page.evaluate(
            """() => {
              const hand = document.querySelector("#hand");
              const dataTransfer = new DataTransfer();
              dataTransfer.items.add(hand.files[0]);
              hand.remove();
              const options = { dataTransfer, bubbles: true, cancelable: true };
              document.body.dispatchEvent(new DragEvent("drop", options));
            }"""
        )

    def wait(self) -> str:
        """Wait until the whole score is drawn; gives the sentence that says why there is none, or nothing."""
        end = self.page.locator("#problem:not([hidden]), score-view svg")
        expect(end.first).to_be_visible(timeout=TRANSCRIBED_MS)
        print(self.page.locator("#problem-detail").text_content())  # shown where the test fails
        problem = self.page.locator("#problem-text").text_content() or ""
        if not problem:
            settle(self.page)
        return problem

    def press_note(self, number: int, *, adds: bool = False) -> None:
        """Click the head of a note of the score, where nothing that sticks to the window lies over it."""
        head = self.page.locator(f"score-view #n{number} .notehead").first
        head.evaluate("(element) => element.scrollIntoView({ block: 'center' })")
        head.click(force=True, modifiers=["Shift"] if adds else [])

    def save(self, form: str, folder: Path) -> Path:
        """Choose a form of the menu "Save" and keep the file under the name that the page gave it."""
        self.page.get_by_role("button", name="Save", exact=True).click()
        with self.page.expect_download() as download:
            self.page.get_by_role("button", name=form, exact=True).click()
        path = folder / download.value.suggested_filename
        download.value.save_as(path)
        return path


def repeat_example(path: Path, n_times: int) -> Path:
    """The example's notes so many times, as MIDI: a score of several pages."""
    midi = pretty_midi.PrettyMIDI(str(EXAMPLE_MIDI))
    [piano] = midi.instruments
    notes, end_sec = list(piano.notes), midi.get_end_time()
    for turn in range(1, n_times):
        piano.notes += [pretty_midi.Note(n.velocity, n.pitch, n.start + turn * end_sec, n.end + turn * end_sec)
                        for n in notes]  # fmt: skip
    midi.write(str(path))
    return path


def read_recording(path: Path) -> NDArray[np.float32]:
    """Decode a recording to mono at 44.1 kHz."""
    resampler = av.AudioResampler("flt", "mono", SAMPLE_RATE)
    with av.open(str(path)) as container:
        frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.float32)


def write_wav(path: Path, samples: NDArray[np.float32], sample_rate: int = SAMPLE_RATE, n_channels: int = 1) -> Path:
    """Write mono samples as 16-bit wav, the same in every channel."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(n_channels)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(np.repeat(np.rint(samples * 32767).astype("<i2"), n_channels).tobytes())
    return path


def read_notes(path: Path) -> list[tuple[float, int]]:
    """Onset in seconds and pitch of each note of a MIDI file, sorted."""
    midi = pretty_midi.PrettyMIDI(str(path))
    return sorted((float(note.start), note.pitch) for instrument in midi.instruments for note in instrument.notes)


def score_onsets(estimated: list[tuple[float, int]], truth: list[tuple[float, int]]) -> float:
    """Note onset F1 at 50 ms."""
    intervals, pitches = zip(*(_to_mir_eval(notes) for notes in (truth, estimated)), strict=True)
    scores = mir_eval.transcription.precision_recall_f1_overlap(
        intervals[0], pitches[0], intervals[1], pitches[1], onset_tolerance=ONSET_TOLERANCE_SEC, offset_ratio=None
    )
    return float(scores[2])


def _to_mir_eval(notes: list[tuple[float, int]]) -> tuple[Any, Any]:
    """Return intervals and frequencies."""
    onsets = np.array([onset_sec for onset_sec, _ in notes])
    return np.stack([onsets, onsets + 0.1], axis=1), pretty_midi.note_number_to_hz(np.array([p for _, p in notes]))
