"""A recording that was not heard to its end is gone on with where it was broken off."""

import re
import time
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, expect

from tests.browser.visitor import (
    EXAMPLE_MIDI,
    EXAMPLE_MP3,
    SAMPLE_RATE,
    TRANSCRIBED_MS,
    Ottava,
    read_notes,
    score_onsets,
)

# Where the recording is read, and the workers, so that one of them can break down.
WATCH = """
  globalThis.reads = [];
  globalThis.workers = [];
  globalThis.Worker = class extends Worker {
    constructor(...rest) {
      super(...rest);
      workers.push(this);
      this.addEventListener("message", ({ data }) => {
        if (data.type === "read") reads.push(data.first_sample);
      });
    }
  };
"""
FRACTION = """async () => {
  const { openDB } = await import("./vendor/idb/build/index.js");
  const database = await openDB("ottava-unfinished");
  const stores = [...database.objectStoreNames];
  const [facts] = stores.length === 0 ? [] : await database.getAll("facts");
  database.close();
  return facts?.fraction ?? 0;
}"""


def hear_a_part(page: Page) -> None:
    """Drop the example and wait until the first of its segments is heard and kept."""
    Ottava(page).drop(EXAMPLE_MP3)
    deadline = time.monotonic() + TRANSCRIBED_MS / 1000
    while page.evaluate(FRACTION) == 0:
        assert time.monotonic() < deadline
        page.wait_for_timeout(200)


def test_listening_goes_on_after_a_breakdown_and_a_closed_page(browser: Browser, site: str, tmp_path: Path) -> None:
    context = browser.new_context(base_url=site, locale="en-GB")
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto("./")
    hear_a_part(page)

    # Somebody else's business while a page is at it.
    other = context.new_page()
    other.goto("./")
    expect(other.get_by_role("button", name="Choose a recording")).to_be_visible()
    other.wait_for_timeout(1000)
    expect(other.locator("#unfinished")).to_be_hidden()
    other.close()

    page.evaluate("for (const worker of workers) worker.dispatchEvent(new ErrorEvent('error', { message: 'oh' }))")
    expect(page.get_by_role("alert")).to_contain_text("Ottava stopped unexpectedly")
    expect(page.locator("#unfinished")).to_have_text(re.compile("“Minuet” was heard to 50%"))
    page.close()

    page = context.new_page()
    page.goto("./")
    page.get_by_role("button", name="Go on “Minuet”").click()
    ottava = Ottava(page)
    assert ottava.wait() == ""
    assert min(page.evaluate("reads")) > 5 * SAMPLE_RATE
    expect(page.locator("#keeping")).to_have_text("Kept in My pieces on this device.")
    assert score_onsets(read_notes(ottava.save("MIDI, as played", tmp_path)), read_notes(EXAMPLE_MIDI)) > 0.95
    page.get_by_role("button", name="New recording").click()
    expect(page.get_by_role("list", name="My pieces").get_by_role("listitem")).to_have_count(1)
    page.reload()
    expect(page.get_by_role("list", name="My pieces").get_by_role("listitem")).to_have_count(1)
    expect(page.locator("#unfinished")).to_be_hidden()
    context.close()


def test_listening_goes_on_after_the_tab_dies(browser: Browser, site: str, tmp_path: Path) -> None:
    context = browser.new_context(base_url=site, locale="en-GB")
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto("./")
    hear_a_part(page)
    with page.expect_event("crash"), suppress(Error):
        page.goto("chrome://crash")  # ends the process of the page, as a system does that needs its memory
    page.close()

    page = context.new_page()
    page.goto("./")
    expect(page.locator("#unfinished")).to_have_text(re.compile("“Minuet” was heard to 50%"))
    page.get_by_role("button", name="Go on “Minuet”").click()
    ottava = Ottava(page)
    assert ottava.wait() == ""
    assert min(page.evaluate("reads")) > 5 * SAMPLE_RATE, "the beginning is not heard again"
    assert score_onsets(read_notes(ottava.save("MIDI, as played", tmp_path)), read_notes(EXAMPLE_MIDI)) > 0.95
    page.get_by_role("button", name="New recording").click()
    expect(page.get_by_role("list", name="My pieces").get_by_role("listitem")).to_have_count(1)
    expect(page.locator("#unfinished")).to_be_hidden()
    context.close()


def test_what_is_cancelled_or_discarded_is_not_offered_again(browser: Browser, site: str) -> None:
    context = browser.new_context(base_url=site, locale="en-GB")
    page = context.new_page()
    page.goto("./")
    ottava = Ottava(page)
    ottava.drop(EXAMPLE_MP3)
    expect(page.locator("#working-name")).to_contain_text("0:2", timeout=TRANSCRIBED_MS)
    page.get_by_role("button", name="Cancel").click()
    page.reload()
    expect(page.locator("#unfinished")).to_be_hidden()

    ottava.drop(EXAMPLE_MP3)
    expect(page.locator("#working-name")).to_contain_text("0:2", timeout=TRANSCRIBED_MS)
    page.wait_for_timeout(500)  # until the recording lies on the device
    page.close()
    page = context.new_page()
    page.goto("./")
    page.get_by_role("button", name="Discard “Minuet”").click()
    expect(page.locator("#unfinished")).to_be_hidden()
    page.reload()
    expect(page.get_by_role("button", name="Choose a recording")).to_be_visible()
    page.wait_for_timeout(500)
    expect(page.locator("#unfinished")).to_be_hidden()
    context.close()


# What a page leaves that was closed at a bad moment: facts, and a recording or none.
LEAVE = """async ([id, is_written]) => {
  const { keepUnfinished } = await import("./unfinished.js");
  const { removeRecording } = await import("./kept-recordings.js");
  const facts = { id, name: "left.wav", type: "audio/wav", fraction: 0 };
  await keepUnfinished(facts, new Blob(["sound"]), []).end(true);
  if (!is_written) await removeRecording(id);
}"""
# The piece is one of a recording, which lies where the listening to it left it.
NAME_RECORDING = """async (id) => {
  const { transact } = await import("./database.js");
  const { describeRecording } = await import("./kept-facts.js");
  const recording = describeRecording(new Blob(["sound"], { type: "audio/wav" }), "left.wav");
  await transact(async (stores) => stores("facts").put({ ...(await stores("facts").get(id)), recording }));
}"""
HAS_RECORDING = """async (id) => {
  const { readRecording } = await import("./kept-recordings.js");
  return Boolean(await readRecording(id));
}"""


def test_what_needs_no_going_on_is_not_offered(browser: Browser, site: str) -> None:
    """A piece that was kept just before its page was closed, and a recording that was not written yet."""
    context = browser.new_context(base_url=site, locale="en-GB")
    page = context.new_page()
    page.goto("./")
    ottava = Ottava(page)
    ottava.drop(EXAMPLE_MIDI)
    assert ottava.wait() == ""
    expect(page.locator("#keeping")).to_have_text("Kept in My pieces on this device.")
    script = "async () => (await (await import('./store.js')).listPieces()).pieces.map(({ id }) => id)"
    (kept,) = page.evaluate(script)
    page.evaluate(NAME_RECORDING, kept)
    for leftover in ([kept, True], ["unwritten", False], ["wanted", True]):
        page.evaluate(LEAVE, leftover)
    other = context.new_page()
    other.goto("./")
    expect(other.locator("#unfinished li")).to_have_count(1)
    assert other.evaluate(HAS_RECORDING, kept)
    other.locator("#unfinished li").get_by_role("button", name="Discard").click()
    other.reload()
    expect(other.locator("piece-row")).to_have_count(1)
    expect(other.locator("#unfinished")).to_be_hidden()
    context.close()
