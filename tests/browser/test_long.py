"""Long recordings: read in slices, the same samples as decoded at once, and never held whole."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, Route, Worker, expect
from scipy.signal import resample_poly

from tests.browser.visitor import (
    CLIP_SEC,
    EXAMPLE_MIDI,
    EXAMPLE_MP3,
    ROOT,
    SAMPLE_RATE,
    Ottava,
    read_notes,
    score_onsets,
    write_wav,
)

# One step of 16 bits: Chromium builds differ in their MP3 decoder, and one that rounds to 16 bits carries the remainder
# on from sample to sample (FFmpeg's "dither state"), which is lost where decoding begins elsewhere.
STEP = 3.1e-5
ROUNDING = 1e-7

READ_SLICES = """async ([slices, minimum_sec]) => {
  const file = document.querySelector("#hand").files[0];
  const { openSlices } = await import("./slices.js");
  const { readMp3 } = await import("./mp3.js");
  const bytes = await file.arrayBuffer();
  const padding = readMp3(new Uint8Array(bytes), file.size)?.padding ?? { first: 0, last: 0 };
  const opened = await openSlices(file, 44100, minimum_sec, padding);
  if (!opened) return null;
  const decoded = await new OfflineAudioContext(1, 1, 44100).decodeAudioData(bytes);
  const channels = Array.from({ length: decoded.numberOfChannels }, (_, channel) => decoded.getChannelData(channel));
  const findLargest = (samples, first) => samples.reduce((largest, sample, i) => {
    const mean = channels.reduce((sum, channel) => sum + (channel[first + i] ?? 0), 0) / channels.length;
    return Math.max(largest, Math.abs(sample - mean));
  }, 0);
  const differences = [];
  for (const [first, last] of slices) differences.push(findLargest(await opened.read(first, last), first));
  const damage_sec = opened.findDamage();
  opened.close();
  const { n_samples, declared_sec } = opened;
  return { n_samples, n_decoded: decoded.length, declared_sec, differences, damage_sec };
}"""

# A decoder that gives up at packets near 8 s, once or always, as the standard says it may; Chromium's own go on without
# a word.
BREAK_DECODER = """(is_lasting) => {
  let n_failed = 0;
  globalThis.AudioDecoder = class extends AudioDecoder {
    constructor(init) {
      super(init);
      this.fail = init.error;
    }
    decode(packet) {
      const is_broken = Math.abs(packet.timestamp / 1e6 - 8) < 0.15;
      if (!is_broken || (n_failed > 0 && !is_lasting)) return super.decode(packet);
      n_failed++;
      this.close();
      this.fail(new DOMException("The packet is broken.", "EncodingError"));
    }
  };
}"""


@pytest.fixture(scope="module")
def page(browser: Browser, site: str) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(site)
    yield page
    page.context.close()


def hold(page: Page, path: Path) -> None:
    """Take a file in the hand."""
    page.evaluate(
        """() => {
          document.querySelector("#hand")?.remove();
          document.body.append(Object.assign(document.createElement("input"), { type: "file", id: "hand" }));
        }"""
    )
    page.set_input_files("#hand", path)


def read_slices(page: Page, path: Path, *slices: tuple[int, int], minimum_sec: float = 0) -> dict[str, Any] | None:
    """What `openSlices` gives, and the largest difference of each slice from what decodeAudioData gives."""
    hold(page, path)
    found: dict[str, Any] | None = page.evaluate(READ_SLICES, [slices, minimum_sec])
    return found


def encode(path: Path, codec: str, samples: NDArray[np.float32], sample_rate: int) -> Path:
    """Write stereo, the second channel half as loud."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=sample_rate, layout="stereo")
        frame = av.AudioFrame.from_ndarray(np.stack([samples, samples / 2]), "fltp", "stereo")
        frame.sample_rate = sample_rate
        resampler = av.AudioResampler(stream.codec_context.format or "s16", "stereo", sample_rate, stream.frame_size)
        for part in [*resampler.resample(frame), *resampler.resample(None), None]:
            container.mux(stream.encode(part))
    return path


@pytest.mark.parametrize(
    ("name", "codec", "sample_rate", "tolerance_in_order", "tolerance"),
    [
        # The browser's own resampler has a shorter filter; the last samples of all fade out otherwise.
        ("same.mp3", "libmp3lame", 44100, ROUNDING, STEP),
        ("other.mp3", "libmp3lame", 48000, 2e-3, 2e-3),
        ("same.flac", "flac", 44100, 2e-5, 2e-5),
        ("low.flac", "flac", 16000, 1e-2, 1e-2),
        ("high.flac", "flac", 96000, 2e-3, 2e-3),
        ("same.wav", "pcm_s16le", 44100, 1e-4, 1e-4),
        ("other.opus", "libopus", 48000, 2e-3, 2e-3),
        # AAC fills bands with noise of its own making.
        ("same.m4a", "aac", 44100, 2e-2, 2e-2),
    ],
)
def test_slices_are_what_the_browser_decodes_at_once(
    page: Page,
    example: NDArray[np.float32],
    tmp_path: Path,
    name: str,
    codec: str,
    sample_rate: int,
    tolerance_in_order: float,
    tolerance: float,
) -> None:
    """In order with overlap, far ahead, back again, from the beginning, and the end."""
    samples = np.tile(example, 3)[: 80 * SAMPLE_RATE]
    if sample_rate != SAMPLE_RATE:
        samples = resample_poly(samples, sample_rate // 100, SAMPLE_RATE // 100).astype(np.float32)
    path = encode(tmp_path / name, codec, samples, sample_rate)
    seconds = [(0, 16), (14, 30), (69.003, 71), (5, 6.1), (4, 5), (0, 1)]
    slices = [(round(first * SAMPLE_RATE), round(last * SAMPLE_RATE)) for first, last in seconds]
    found = read_slices(page, path, *slices, (79 * SAMPLE_RATE, 80 * SAMPLE_RATE - 100))
    assert found is not None
    # What Opus and AAC add at the end is taken off by the one and not by the other.
    assert found["n_samples"] == pytest.approx(80 * SAMPLE_RATE, abs=1200)
    assert found["n_samples"] == pytest.approx(found["n_decoded"], abs=1100 if codec in ("aac", "libopus") else 1)
    assert found["damage_sec"] == []
    assert max(found["differences"][:2]) <= tolerance_in_order, found["differences"]
    assert max(found["differences"]) <= tolerance, found["differences"]


def test_short_and_unknown_files_are_left_to_decoding_at_once(page: Page, clip: Path, tmp_path: Path) -> None:
    assert read_slices(page, clip, minimum_sec=600) is None
    text = tmp_path / "letter.mp3"
    text.write_text("Dear Clara, the recording follows.\n" * 100)
    assert read_slices(page, text) is None


def test_a_flac_that_is_cut_off_is_known(page: Page, example: NDArray[np.float32], tmp_path: Path) -> None:
    content = encode(tmp_path / "whole.flac", "flac", example, SAMPLE_RATE).read_bytes()
    path = tmp_path / "half.flac"
    path.write_bytes(content[: len(content) // 2])
    found = read_slices(page, path)
    assert found is not None
    assert found["declared_sec"] == pytest.approx(len(example) / SAMPLE_RATE, abs=0.01)
    assert found["n_samples"] < 0.8 * len(example)


def test_a_decoder_that_fails_once_is_tried_again(page: Page, example: NDArray[np.float32], tmp_path: Path) -> None:
    """Nothing is missing then."""
    path = encode(tmp_path / "damaged.flac", "flac", example, SAMPLE_RATE)
    page.evaluate(BREAK_DECODER, False)
    found = read_slices(page, path, (0, 6 * SAMPLE_RATE), (14 * SAMPLE_RATE, 25 * SAMPLE_RATE))
    page.reload()
    assert found is not None
    assert found["damage_sec"] == []
    assert found["differences"] == pytest.approx([0, 0], abs=2e-5)


@pytest.mark.parametrize(
    ("name", "codec", "tolerance"), [("damaged.flac", "flac", 2e-5), ("damaged.mp3", "libmp3lame", STEP)]
)
def test_lasting_damage_costs_a_second_at_most(
    page: Page, example: NDArray[np.float32], tmp_path: Path, name: str, codec: str, tolerance: float
) -> None:
    path = encode(tmp_path / name, codec, example, SAMPLE_RATE)
    page.evaluate(BREAK_DECODER, True)
    found = read_slices(page, path, (0, round(7.6 * SAMPLE_RATE)), (round(8.6 * SAMPLE_RATE), 25 * SAMPLE_RATE))
    page.reload()
    assert found is not None
    assert len(found["damage_sec"]) == 1
    assert found["damage_sec"][0] == pytest.approx([7.85, 8.2], abs=0.25)
    assert max(found["differences"]) <= tolerance, found["differences"]


def test_resampling_keeps_what_is_heard_and_folds_nothing(page: Page) -> None:
    """Sines at 96 kHz: those up to 19 kHz stay as they are, those above 24 kHz leave nothing behind."""
    amplitudes = page.evaluate(
        """async (frequencies_hz) => {
          const { findSource, planResampling, resample } = await import("./resample.js");
          const plan = planResampling(96000, 44100);
          const [first, last] = findSource(plan, 1000, 5410);
          return frequencies_hz.map((hz) => {
            const source = Float32Array.from({ length: last - first }, (_, i) =>
              Math.sin((2 * Math.PI * hz * (first + i)) / 96000));
            const out = resample(plan, source, 1000, 5410);
            return Math.sqrt(2 * out.reduce((sum, sample) => sum + sample ** 2, 0) / out.length);
          });
        }""",
        [440, 10000, 19000, 24000, 30000, 43000],
    )
    assert amplitudes[:3] == pytest.approx([1, 1, 1], abs=2e-3)
    assert max(amplitudes[3:]) < 2e-4


@pytest.mark.alone
def test_an_hour_begins_to_be_heard_at_once(browser: Browser, site: str, tmp_path: Path) -> None:
    """Frames of the example again and again make a file of an hour; before it was decoded whole."""
    content = EXAMPLE_MP3.read_bytes()
    frames = content[content.index(b"Info") - 36 + 417 :]
    path = tmp_path / "hour.mp3"
    path.write_bytes(frames * round(3600 / 29))
    page = browser.new_page()
    page.goto(site)
    Ottava(page).drop(path)
    expect(page.locator("#working-name")).to_contain_text("Hour, ", timeout=20_000)
    minutes = int((page.locator("#working-name").text_content() or "").split(", ")[1].split(":")[0])
    assert 50 < minutes < 70
    expect(page.get_by_role("status").filter(has_text="Listening")).to_be_visible(timeout=120_000)
    page.keyboard.press("Escape")
    expect(page.locator("#choose")).to_be_visible(timeout=1000)
    page.context.close()


def test_the_long_way_gives_a_score(browser: Browser, site: str, clip: Path, tmp_path: Path) -> None:
    """Slices, and a fresh worker for the score: all that a long recording gets, here from four seconds on."""
    page = browser.new_context(service_workers="block").new_page()

    def shorten(route: Route) -> None:
        # As written: in what is built, constants have no names.
        written = (ROOT / "web" / route.request.url.rsplit("/", 1)[-1]).read_text("utf-8")
        body, n_changed = re.subn(r"\b(SLICED_SEC|SLICED_BYTES|LONG_SEC)\s*=\s*[\d_e]+", r"\1=4", written)
        assert n_changed
        route.fulfill(response=route.fetch(), body=body)

    page.route("**/audio.js", shorten)
    page.route("**/transcriber.js", shorten)
    n_workers = 0

    def count(worker: Worker) -> None:
        nonlocal n_workers
        n_workers += "/worker.js" in worker.url

    page.on("worker", count)
    page.goto(site)
    ottava = Ottava(page)
    ottava.drop(clip)
    assert ottava.wait() == ""
    assert n_workers == 2
    truth = [note for note in read_notes(EXAMPLE_MIDI) if note[0] < CLIP_SEC - 0.1]
    assert score_onsets(read_notes(ottava.save("MIDI, as played", tmp_path)), truth) >= 0.95
    page.context.close()


def test_old_browsers_say_how_long_a_recording_may_be(browser: Browser, site: str, tmp_path: Path) -> None:
    """Without WebCodecs an mp3 that says it lasts two hours is refused before it is decoded."""
    content = bytearray(EXAMPLE_MP3.read_bytes())
    count_at = content.index(b"Info") + 8
    content[count_at : count_at + 4] = (2 * 3600 * SAMPLE_RATE // 1152).to_bytes(4, "big")
    path = tmp_path / "long.mp3"
    path.write_bytes(bytes(content) * 6)
    page = browser.new_page()
    page.add_init_script("delete globalThis.AudioDecoder")
    page.goto(site)
    ottava = Ottava(page)
    ottava.drop(path)
    sentence = ottava.wait()
    assert "too long" in sentence
    assert "60 minutes" in sentence
    page.context.close()


def test_a_file_that_goes_away_gets_one_sentence(browser: Browser, site: str, clip: Path, tmp_path: Path) -> None:
    """Between two slices; to the page the same as a drive that is pulled out."""
    path = tmp_path / "gone.wav"
    long = np.tile(np.zeros(SAMPLE_RATE, np.float32), 700)
    write_wav(path, long + np.float32(0.01))
    page = browser.new_page()
    page.goto(site)
    Ottava(page).drop(path)
    expect(page.locator("#working-name")).to_contain_text("11:40", timeout=20_000)
    shutil.move(path, tmp_path / "elsewhere.wav")
    expect(page.get_by_role("alert")).to_contain_text("could not be read", timeout=120_000)
    page.context.close()
