"""What goes wrong on a device: each fault is made to happen, and nobody loses work or is left without a sentence.

docs/reliability.md lists all faults and where each of them is tested.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, Route, expect

from tests.browser.conftest import CHROMIUM_ARGUMENTS
from tests.browser.visitor import CLIP_SEC, EXAMPLE_MIDI, Ottava, read_notes, score_onsets

OPENED_MS = 60_000

# WebAssembly gets no more memory than so many bytes, as on a device that has none left.
LITTLE_MEMORY = """
  const { grow } = WebAssembly.Memory.prototype;
  WebAssembly.Memory.prototype.grow = function (pages) {
    if (this.buffer.byteLength + 65536 * pages > %d) throw new RangeError("WebAssembly.Memory.grow(): out of memory");
    return grow.call(this, pages);
  };
"""
# None at all, not even to begin with.
NO_MEMORY = """
  const refuse = () => { throw new RangeError("Out of memory: Cannot allocate Wasm memory for new instance"); };
  WebAssembly.Instance = WebAssembly.instantiate = WebAssembly.instantiateStreaming = refuse;
"""
MEMORY_SENTENCE = "This device ran out of memory; close other tabs or programs and try again."


# A browser that does not know relaxed_swizzle, by which the page asks for relaxed SIMD.
NO_RELAXED_SIMD = """
  const { validate } = WebAssembly;
  WebAssembly.validate = (bytes) => !String(Array.from(bytes)).includes("253,128,2") && validate(bytes);
"""


@pytest.fixture
def context(browser: Browser, site: str) -> Iterator[BrowserContext]:
    """Somebody who was never here."""
    context = browser.new_context(base_url=site, locale="en-GB")
    yield context
    context.close()


def open_midi(page: Page) -> None:
    """Open a piece and wait until it is kept."""
    ottava = Ottava(page)
    ottava.drop(EXAMPLE_MIDI)
    assert ottava.wait() == ""
    expect(page.locator("#keeping")).to_have_text("Kept in My pieces on this device.")


def delete_note(page: Page, number: int) -> None:
    """Delete a note and wait until its score is written and kept."""
    n_notes = page.locator("score-view g.note").count()
    Ottava(page).press_note(number)
    page.keyboard.press("Delete")
    expect(page.locator("score-view g.note")).to_have_count(n_notes - 1, timeout=OPENED_MS)
    expect(page.locator("#keeping")).to_have_text("Kept in My pieces on this device.")


def put_before(script: str) -> Any:
    """Run a script in the worker before its own."""

    def answer(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=f"{script}\n{response.text()}")

    return answer


def test_little_memory_for_the_engraver_loses_nothing(browser: Browser, site: str, tmp_path: Path) -> None:
    context = browser.new_context(service_workers="block", base_url=site, locale="en-GB")
    page = context.new_page()
    page.route("**/engrave-worker.js", put_before(NO_MEMORY))
    page.goto("./")
    ottava = Ottava(page)
    ottava.drop(EXAMPLE_MIDI)
    expect(page.locator("#problem-text")).to_have_text(
        "The score could not be drawn, but you can save it as a file.", timeout=OPENED_MS
    )
    expect(page.locator("#keeping")).to_have_text("Kept in My pieces on this device.")
    assert ottava.save("MusicXML", tmp_path).stat().st_size > 10_000
    page.unroute("**/engrave-worker.js")
    ottava.drop(EXAMPLE_MIDI)
    expect(page.locator("score-view g.note").first).to_be_visible(timeout=OPENED_MS)
    context.close()


def test_an_engraver_that_fails_is_tried_once_more(browser: Browser, site: str) -> None:
    context = browser.new_context(service_workers="block", base_url=site, locale="en-GB")
    page = context.new_page()
    page.route("**/engrave-worker.js", put_before(NO_MEMORY), times=1)
    page.goto("./")
    ottava = Ottava(page)
    ottava.drop(EXAMPLE_MIDI)
    assert ottava.wait() == ""
    expect(page.locator("score-view g.note").first).to_be_visible(timeout=OPENED_MS)
    context.close()


@pytest.mark.parametrize("n_bytes", [40_000_000, 150_000_000], ids=["python", "model"])
def test_little_memory_gets_a_sentence_and_the_next_file_works(
    browser: Browser, site: str, clip: Path, n_bytes: int
) -> None:
    context = browser.new_context(service_workers="block", base_url=site, locale="en-GB")
    page = context.new_page()
    page.route("**/worker.js", put_before(LITTLE_MEMORY % n_bytes))
    page.goto("./")
    ottava = Ottava(page)
    ottava.drop(clip)
    assert ottava.wait() == MEMORY_SENTENCE
    page.unroute("**/worker.js")
    ottava.drop(EXAMPLE_MIDI)
    expect(page.locator("score-view g.note").first).to_be_visible(timeout=OPENED_MS)
    context.close()


def test_without_relaxed_simd_the_plainer_build_hears_the_notes(
    browser: Browser, site: str, clip: Path, tmp_path: Path
) -> None:
    context = browser.new_context(service_workers="block", base_url=site, locale="en-GB")
    page = context.new_page()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    for script in ("worker.js", "engine-worker.js"):
        page.route(f"**/{script}", put_before(NO_RELAXED_SIMD))
    page.goto("./")
    ottava = Ottava(page)
    ottava.drop(clip)
    assert ottava.wait() == ""
    heard = read_notes(ottava.save("MIDI, as played", tmp_path))
    context.close()
    builds = {url.rsplit("/", 1)[1] for url in asked if "/litert/" in url and url.endswith(".wasm")}
    assert builds == {"litert_wasm_compat_internal.wasm"}
    heard, played = (
        [note for note in notes if note[0] < CLIP_SEC - 0.1] for notes in (heard, read_notes(EXAMPLE_MIDI))
    )
    assert score_onsets(heard, played) >= 0.95


def test_phone_with_a_small_heap_opens_and_corrects(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], site: str
) -> None:
    arguments = [*CHROMIUM_ARGUMENTS, "--js-flags=--max-old-space-size=96", "--enable-low-end-device-mode"]
    browser = browser_type.launch(**browser_type_launch_args | {"args": arguments})
    page = browser.new_page(base_url=site, locale="en-GB", viewport={"width": 360, "height": 740})
    page.goto("./")
    open_midi(page)
    delete_note(page, 12)
    browser.close()


def test_no_loudspeaker_gets_a_sentence_and_sound_comes_with_one(context: BrowserContext) -> None:
    context.add_init_script(
        """
        const { resume } = AudioContext.prototype;
        globalThis.is_silent = true;
        AudioContext.prototype.resume = function () {
          return globalThis.is_silent ? new Promise(() => {}) : resume.call(this);
        };
        """
    )
    page = context.new_page()
    page.goto("./")
    open_midi(page)
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator("transport-bar")).to_contain_text("This device plays no sound now", timeout=20_000)
    page.evaluate("globalThis.is_silent = false")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible(timeout=OPENED_MS)
    expect(page.locator("transport-bar")).not_to_contain_text("plays no sound")


def test_wiped_storage_is_filled_again_by_the_next_correction(context: BrowserContext, site: str) -> None:
    page = context.new_page()
    page.goto("./")
    open_midi(page)
    delete_note(page, 12)
    session = context.new_cdp_session(page)
    session.send("Storage.clearDataForOrigin", {"origin": site.rstrip("/"), "storageTypes": "all"})
    n_notes = page.locator("score-view g.note").count()
    delete_note(page, 20)
    page.reload()
    expect(page.locator("score-view g.note")).to_have_count(n_notes - 1, timeout=OPENED_MS)


def test_clock_that_goes_back_loses_no_correction(context: BrowserContext) -> None:
    page = context.new_page()
    page.clock.set_system_time("2026-11-22T12:00:00")
    page.goto("./")
    open_midi(page)
    delete_note(page, 12)
    page.clock.set_system_time("2026-11-20T12:00:00")
    n_notes = page.locator("score-view g.note").count()
    delete_note(page, 20)
    page.reload()
    expect(page.locator("score-view g.note")).to_have_count(n_notes - 1, timeout=OPENED_MS)
    page.get_by_role("button", name="New recording").click()
    expect(page.get_by_role("list", name="My pieces").get_by_role("listitem")).to_have_count(1)


def test_two_tabs_correct_two_pieces_at_once(context: BrowserContext) -> None:
    pages = [context.new_page(), context.new_page()]
    for page in pages:
        page.goto("./")
        open_midi(page)
    for page in pages:
        delete_note(page, 12)
    for page in pages:
        n_notes = page.locator("score-view g.note").count()
        page.reload()
        expect(page.locator("score-view g.note")).to_have_count(n_notes, timeout=OPENED_MS)
    pages[0].get_by_role("button", name="New recording").click()
    expect(pages[0].get_by_role("list", name="My pieces").get_by_role("listitem")).to_have_count(2)
