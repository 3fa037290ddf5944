"""The microphone: a fake one plays the clip, and the score has its notes."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import BrowserType, Dialog, Page, expect

from tests.browser.conftest import CHROMIUM_ARGUMENTS
from tests.browser.visitor import (
    CLIP_SEC,
    EXAMPLE_MIDI,
    SAMPLE_RATE,
    TRANSCRIBED_MS,
    Ottava,
    read_notes,
    score_onsets,
    write_wav,
)

pytestmark = pytest.mark.alone  # a microphone does not wait for a busy machine

SILENT_SEC = 5.0
"""Long enough to press a button on a busy machine before the music begins."""

WAIT_FOR_LEVELS = """async () => {
  const bar = document.querySelector(".level-bar");
  for (let n = 0; n < 50; n++) {
    await new Promise((resolve) => new MutationObserver(resolve).observe(bar, { attributes: true }));
  }
}"""

# How high the bar of the meter stands whenever it moves.
WATCH_LEVELS = """() => {
  const bar = document.querySelector(".level-bar");
  window.levels = [];
  const note = () => levels.push(Number(getComputedStyle(bar).getPropertyValue("--level")));
  new MutationObserver(note).observe(bar, { attributes: true });
}"""
LEVEL_DB = 60  # of the whole bar

OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser_type: BrowserType, browser_type_launch_args: dict[str, Any], site: str) -> Iterator[OpenPage]:
    """Open the site in a browser with its own arguments."""
    browsers = []

    def open_page(*arguments: str) -> Page:
        browser = browser_type.launch(**browser_type_launch_args | {"args": [*CHROMIUM_ARGUMENTS, *arguments]})
        browsers.append(browser)
        page = browser.new_page()
        page.goto(site)
        return page

    yield open_page
    for browser in browsers:
        browser.close()


@pytest.fixture(scope="module")
def heard(example: NDArray[np.float32], tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Arguments of a browser whose microphone hears silence, the clip and silence again."""
    clip = example[: round(CLIP_SEC * SAMPLE_RATE)]
    around = np.zeros(round(SILENT_SEC * SAMPLE_RATE), np.float32)
    path = write_wav(tmp_path_factory.mktemp("heard") / "heard.wav", np.concatenate([around, clip, around]))
    return [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={path}%noloop",
    ]


def start(page: Page) -> None:
    """Record."""
    page.get_by_role("button", name="Record", exact=True).click()
    page.get_by_role("button", name="Start recording").click()


def wait_for_recorded(page: Page, sec: float) -> None:
    """Wait until so much is recorded, or more where the machine is busy."""
    seconds = "|".join(f"{whole:02}" for whole in range(round(sec), 60))
    expect(page.locator("#record-time")).to_have_text(re.compile(f"0:({seconds})"), timeout=60_000)


def align(estimated: list[tuple[float, int]], truth: list[tuple[float, int]]) -> list[tuple[float, int]]:
    """Move the notes so that one of the first is the first of the truth, whichever fits best."""
    begin_sec = truth[0][0]
    moved = [
        [(onset_sec - first_sec + begin_sec, pitch) for onset_sec, pitch in estimated if onset_sec >= first_sec]
        for first_sec, _ in estimated[:5]
    ]
    return max(moved, key=lambda notes: score_onsets(notes, truth))


def test_recorded_music_moves_the_level_and_becomes_its_score(
    open_page: OpenPage, heard: list[str], example: NDArray[np.float32], tmp_path: Path
) -> None:
    page = open_page(*heard)
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_role("button", name="Start recording")).to_be_visible()
    page.evaluate(WATCH_LEVELS)
    page.get_by_role("button", name="Start recording").click()
    wait_for_recorded(page, SILENT_SEC + CLIP_SEC)
    expect(page.locator(".level-bar"), "silence").to_have_attribute("style", re.compile("--level: 0;"))
    peak_db = 20 * np.log10(np.abs(example[: round(CLIP_SEC * SAMPLE_RATE)]).max())
    loudest = 1 + peak_db / LEVEL_DB
    assert max(page.evaluate("levels")) == pytest.approx(loudest, abs=1 / LEVEL_DB), "within a decibel"
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("slider", name="Beginning")).to_be_visible()
    page.get_by_role("button", name="Write the score").click()
    assert Ottava(page).wait() == ""
    expect(page.locator(".score-title")).to_contain_text("Recording 20")
    saved = Ottava(page).save("MIDI, as played", tmp_path)
    truth = [note for note in read_notes(EXAMPLE_MIDI) if note[0] < CLIP_SEC - 0.1]
    assert score_onsets(align(read_notes(saved), truth), truth) >= 0.9


def test_pause_and_trim_make_it_shorter(open_page: OpenPage, heard: list[str]) -> None:
    page = open_page(*heard)
    start(page)
    time = page.locator("#record-time")
    wait_for_recorded(page, 2)
    page.get_by_role("button", name="Pause").click()
    paused = time.text_content() or ""
    # The level is still shown, and comes with every block of sound.
    page.evaluate(WAIT_FOR_LEVELS)
    expect(time).to_have_text(paused)
    page.get_by_role("button", name="Go on").click()
    wait_for_recorded(page, 6)
    page.get_by_role("button", name="Stop").click()
    before_sec = read_range(page)
    beginning = page.get_by_role("slider", name="Beginning")
    beginning.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    end = page.get_by_role("slider", name="End")
    box = end.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] - 22, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    after_sec = read_range(page)
    assert after_sec[0] == pytest.approx(before_sec[0] + 1)
    assert after_sec[1] < 0.7 * before_sec[1]
    length = after_sec[1] - after_sec[0]
    shown = re.compile(f"0:({int(length):02}|{int(length) + 1:02})")
    expect(time).to_have_text(shown)
    page.get_by_role("button", name="Listen").click()
    page.get_by_role("button", name="Stop listening").click()
    page.get_by_role("button", name="Write the score").click()
    expect(page.locator("#working-name")).to_contain_text(shown, timeout=TRANSCRIBED_MS)
    # Most of it is silence.
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Choose a recording")).to_be_visible()


def read_range(page: Page) -> tuple[float, float]:
    """Where the handles stand."""
    first, last = (page.get_by_role("slider", name=name).input_value() for name in ("Beginning", "End"))
    return float(first), float(last)


def test_unplugged_microphone_leaves_what_was_recorded(open_page: OpenPage, heard: list[str]) -> None:
    page = open_page(*heard)
    page.evaluate(
        """() => {
          const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
          navigator.mediaDevices.getUserMedia = async (wish) => (window.stream = await ask(window.wish = wish));
        }"""
    )
    start(page)
    asked = page.evaluate("window.wish.audio")
    assert asked == {"echoCancellation": False, "noiseSuppression": False, "autoGainControl": False}
    wait_for_recorded(page, 2)
    page.evaluate("window.stream.getAudioTracks()[0].dispatchEvent(new Event('ended'))")
    expect(page.locator("#record-note")).to_have_text("The microphone has gone; what was recorded until then is here.")
    expect(page.get_by_role("button", name="Write the score")).to_be_focused()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_role("button", name="Choose a recording")).to_be_focused()


def test_another_microphone_can_be_chosen(open_page: OpenPage) -> None:
    """The browser's own fake ones are several."""
    page = open_page("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
    page.get_by_role("button", name="Record", exact=True).click()
    device = page.get_by_label("Microphone")
    expect(device).to_be_visible()
    names = device.locator("option").all_text_contents()
    assert len(set(names)) > 1
    device.select_option(names[-1])
    expect(page.get_by_role("button", name="Start recording")).to_be_focused()
    assert device.evaluate("(select) => select.selectedOptions[0].text") == names[-1]


def test_denied_microphone_gets_a_sentence(open_page: OpenPage) -> None:
    page = open_page("--use-fake-device-for-media-stream", "--deny-permission-prompts")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("#record-note")).to_contain_text("The microphone is not allowed; ")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Choose a recording")).to_be_visible()


def test_absent_microphone_gets_a_sentence(open_page: OpenPage) -> None:
    page = open_page()
    page.evaluate(
        """() => {
          navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("none", "NotFoundError"));
        }"""
    )
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("#record-note")).to_contain_text("No microphone was found")


def test_leaving_while_recording_asks(open_page: OpenPage, heard: list[str]) -> None:
    page = open_page(*heard)
    start(page)
    wait_for_recorded(page, 1)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.evaluate("setTimeout(() => location.reload())")
    wait_for_recorded(page, 4)  # it stays, and goes on
    assert asked == ["beforeunload"]


PLAY = """async () => {
  const [{ Take }, { playTake }] = await Promise.all([import("./take.js"), import("./take-player.js")]);
  const take = new Take(48000);
  const samples = Float32Array.from({ length: 48000 }, (_, i) => 0.5 * Math.sin(i / 10));
  take.append(samples, 0.5);
  const held = [];
  const create = AudioContext.prototype.createBuffer;
  AudioContext.prototype.createBuffer = function (...options) {
    const buffer = create.apply(this, options);
    held.push(buffer);
    return buffer;
  };
  let end_sec = 0;
  await playTake(take, { first_sec: 0.25, last_sec: 0.75 }, new AbortController().signal, (sec) => { end_sec = sec; });
  const heard = held.flatMap((buffer) => [...buffer.getChannelData(0)]);
  const error = Math.max(...heard.map((sample, i) => Math.abs(sample - samples[12000 + i])));
  const wav = take.writeWav("a.wav", 0.25, 0.75);
  return { n_heard: heard.length, error, end_sec, size: wav.size };
}"""


def test_take_is_played_and_written_between_its_handles(open_page: OpenPage) -> None:
    page = open_page()
    said = page.evaluate(PLAY)
    assert said["n_heard"] == 24_000
    assert said["error"] < 2**-23
    assert 0.5 < said["end_sec"] < 1
    assert said["size"] == 44 + 3 * 24_000
