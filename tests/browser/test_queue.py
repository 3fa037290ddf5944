"""Several files at once: each has its turn, its state and its result; a failure stops none of the others."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Locator, Page, Worker, expect

from tests.browser.visitor import EXAMPLE_MIDI, SAMPLE_RATE, TRANSCRIBED_MS, Ottava, write_wav

SHORT_SEC = 4


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """A page of its own for each test: a queue remembers."""
    page = browser.new_page()
    page.goto(site)
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def recordings(example: NDArray[np.float32], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two good ones and a broken one."""
    folder = tmp_path_factory.mktemp("recordings")
    broken = folder / "letter.mp3"
    broken.write_text("Dear Clara, the recording follows.\n" * 100)
    first, second = example[: SHORT_SEC * SAMPLE_RATE], example[SHORT_SEC * SAMPLE_RATE : 6 * SHORT_SEC * SAMPLE_RATE]
    return {
        "first": write_wav(folder / "first.wav", first),
        "broken": broken,
        "second": write_wav(folder / "second.wav", second),
    }


def find_row(page: Page, title: str) -> Locator:
    """The line of a file in the list."""
    return page.locator("queue-view li").filter(has_text=title)


def test_each_has_its_turn_and_its_result(page: Page, recordings: dict[str, Path]) -> None:
    page.set_input_files("#file", list(recordings.values()))
    expect(page.locator("queue-view li")).to_have_count(3)
    expect(find_row(page, "Second")).to_contain_text("Waiting")
    expect(page.locator("#working-name")).to_contain_text("First")
    expect(find_row(page, "First")).to_contain_text("Ready", timeout=TRANSCRIBED_MS)
    # A failure says why, and the last goes on.
    expect(find_row(page, "Letter")).to_contain_text("“letter.mp3” is not a recording", timeout=TRANSCRIBED_MS)
    expect(page.locator("#problem")).to_be_hidden()
    expect(page.locator("#working-name")).to_contain_text("Second")
    page.get_by_role("button", name="Open the score of First").click()
    expect(page.locator(".score-title")).to_have_text("First", timeout=TRANSCRIBED_MS)
    # The list stays within reach, and the last is still listened to.
    expect(page.locator("queue-view summary")).to_have_text("3 files: 1 ready, 1 in progress, 1 failed")
    page.locator("queue-view summary").click()
    expect(find_row(page, "Second").get_by_role("button", name="Watch")).to_be_visible()
    expect(find_row(page, "Second")).to_contain_text("Ready", timeout=TRANSCRIBED_MS)
    expect(page.locator(".score-title")).to_have_text("First")
    page.get_by_role("button", name="Open the score of Second").click()
    expect(page.locator(".score-title")).to_have_text("Second", timeout=TRANSCRIBED_MS)
    # And back to the first one.
    page.locator("queue-view summary").click()
    page.get_by_role("button", name="Open the score of First").click()
    expect(page.locator(".score-title")).to_have_text("First", timeout=TRANSCRIBED_MS)


def test_one_is_cancelled_and_the_next_goes_on(page: Page, recordings: dict[str, Path]) -> None:
    page.set_input_files("#file", [recordings["second"], recordings["first"], EXAMPLE_MIDI])
    page.get_by_role("button", name="Cancel First").click()
    expect(page.locator("queue-view li")).to_have_count(2)
    expect(find_row(page, "Second")).to_contain_text("Listening, ", timeout=TRANSCRIBED_MS)
    page.get_by_role("button", name="Cancel Second").click()
    # The last one has the view for itself.
    expect(page.locator(".score-title")).to_have_text("Minuet", timeout=TRANSCRIBED_MS)
    expect(page.locator("queue-view")).to_be_hidden()


def test_what_comes_later_waits(page: Page, recordings: dict[str, Path]) -> None:
    """A piece that is open stays open while more comes in."""
    page.set_input_files("#file", [EXAMPLE_MIDI, recordings["second"]])
    page.get_by_role("button", name="Open the score of Minuet").click(timeout=TRANSCRIBED_MS)
    expect(page.locator(".score-title")).to_have_text("Minuet", timeout=TRANSCRIBED_MS)
    Ottava(page).drop(recordings["broken"])
    expect(page.locator("queue-view summary")).to_contain_text("3 files: ")
    expect(page.locator(".score-title")).to_be_visible()
    assert page.evaluate("document.body.dataset.state") == "result"
    page.get_by_role("button", name="New recording").click()
    expect(find_row(page, "Letter")).to_contain_text("is not a recording", timeout=TRANSCRIBED_MS)
    expect(find_row(page, "Second")).to_contain_text("Ready")
    expect(page.get_by_role("button", name="Choose a recording")).to_be_visible()
    # Whoever closes the page now finds both again.
    expect(page.locator("library-view")).to_contain_text("Second")
    expect(page.locator("library-view")).to_contain_text("Minuet")


def test_nothing_but_bad_ones(page: Page, recordings: dict[str, Path], tmp_path: Path) -> None:
    empty = tmp_path / "empty.mid"
    empty.touch()
    page.set_input_files("#file", [recordings["broken"], empty])
    expect(page.get_by_role("alert")).to_have_text("None of these files became a score; the list says why.")
    expect(find_row(page, "Empty")).to_contain_text("This file is empty.")
    page.get_by_role("button", name="Remove Letter from the list").click()
    expect(page.locator("queue-view summary")).to_be_focused()


WRITE = """async ([taken, bytes]) => {
  const { Transcriber } = await import("./transcriber.js");
  const { Writer } = await import("./writer.js");
  window.transcriber ??= new Transcriber();
  window.writer ??= new Writer(window.transcriber, () => window.taken);
  window.taken = taken;
  const { signal } = new AbortController();
  const opened = await window.transcriber.open(new File([Uint8Array.from(bytes)], "minuet.mid"), { signal });
  const { performance, duration_sec } = opened;
  const written = await window.writer.notate(performance, duration_sec, { choices: { title: "Again" }, signal });
  return written.result.title;
}"""


HURRY = """() => {
  const wait = window.setTimeout;
  window.setTimeout = (call, ms) => wait(call, ms === 30000 ? 100 : ms);
}"""


def test_corrections_have_a_worker_of_their_own_only_while_one_listens(page: Page) -> None:
    def find_transcribers() -> set[Worker]:
        return {worker for worker in page.workers if worker.url.endswith("/worker.js")}

    midi = list(EXAMPLE_MIDI.read_bytes())
    assert page.evaluate(WRITE, [False, midi]) == "Again"
    before = find_transcribers()
    came: list[Worker] = []
    page.on("worker", lambda worker: came.append(worker) if worker.url.endswith("/worker.js") else None)
    page.evaluate(HURRY)
    assert page.evaluate(WRITE, [True, midi]) == "Again"
    assert len(came) == 1
    # It is given back when it has rested.
    if came[0] in find_transcribers():
        with came[0].expect_event("close"):
            pass
    assert find_transcribers() == before


def test_screen_stays_on_just_as_long(page: Page) -> None:
    counts = page.evaluate(
        """async () => {
          const counts = { asked: 0, released: 0 };
          const request = async () => {
            counts.asked++;
            return { released: false, release: async () => void counts.released++ };
          };
          Object.defineProperty(navigator, "wakeLock", { value: { request } });
          const { keepAwake } = await import("./awake.js");
          for (const is_busy of [true, true, false, true]) keepAwake(is_busy);
          await new Promise((resolve) => setTimeout(resolve));
          keepAwake(false);
          await new Promise((resolve) => setTimeout(resolve));
          return counts;
        }"""
    )
    assert counts["asked"] == counts["released"] == 1
