"""Long sessions with the page: a hundred files one after the other, and a recording of an hour."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, expect

from bench.page.chromium import keep_site, measure_processes
from tests.browser.visitor import EXAMPLE_MIDI, EXAMPLE_MP3, SAMPLE_RATE, Ottava, read_recording, write_wav

SHORT_SEC = 4
RECORDING_EVERY = 20  # files; the others are MIDI
FIRST, LAST_FILES = 10, 3
SETTLE_MS = 3000
OPENED_MS = 240_000


@dataclass(frozen=True)
class Memory:
    """After a file: used JavaScript heap of the page, and of all its processes, workers included, in MiB."""

    heap_mib: float
    processes_mib: float


def open_files(browser: Browser, mark: str, address: str, n_files: int, folder: Path) -> Iterator[tuple[int, Memory]]:
    """Open files one after the other in one page; gives the number of each and what memory is taken after it."""
    page = browser.new_page()
    page.goto(address)
    keep_site(page)
    clip = write_wav(folder / "clip.wav", read_recording(EXAMPLE_MP3)[: SHORT_SEC * SAMPLE_RATE])
    for number in range(1, n_files + 1):
        source = clip if number % RECORDING_EVERY == 1 else EXAMPLE_MIDI
        path = folder / f"file {number}{source.suffix}"
        path.write_bytes(source.read_bytes())
        page.set_input_files("#file", path)
        # Not `wait_for`: it keeps the element that it has found, and with it the pages of the score.
        expect(page.locator(".score-title")).to_have_text(f"File {number}", timeout=OPENED_MS)
        expect(page.locator("score-view g.note").first).to_be_attached(timeout=OPENED_MS)
        if number <= FIRST or number % FIRST == 0 or number > n_files - LAST_FILES:
            yield number, measure_memory(page, mark)
    page.context.close()


def measure_memory(page: Page, mark: str) -> Memory:
    """Collect garbage and measure what is left."""
    session = page.context.new_cdp_session(page)
    page.wait_for_timeout(SETTLE_MS)
    session.send("HeapProfiler.enable")
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return Memory(metrics["JSHeapUsedSize"] / 2**20, sum(size for _, size in measure_processes(mark)))


def write_long(path: Path, minutes: float) -> Path:
    """Write the example again and again."""
    example = read_recording(EXAMPLE_MP3)
    return write_wav(path, np.resize(example, round(minutes * 60 * SAMPLE_RATE)))


def transcribe_long(browser: Browser, address: str, path: Path, timeout_sec: float) -> tuple[float, int]:
    """Transcribe a recording to its end; gives the seconds that it took and the number of notes."""
    with visit(browser, address) as page:
        began = time.monotonic()
        Ottava(page).drop(path)
        page.locator("#problem:not([hidden]), score-view g.note").first.wait_for(
            state="attached", timeout=1000 * timeout_sec
        )
        problem = page.locator("#problem-text").text_content()
        if problem:
            raise RuntimeError(problem)
        return time.monotonic() - began, page.locator("score-view g.note").count()


def cancel_long(browser: Browser, address: str, path: Path, waits_sec: list[float]) -> list[float]:
    """Cancel a recording after each of these times; gives the seconds until the page could take another."""
    with visit(browser, address) as page:
        taken = []
        for wait_sec in waits_sec:
            Ottava(page).drop(path)
            page.locator("#working").wait_for()
            page.wait_for_timeout(1000 * wait_sec)
            began = time.monotonic()
            page.keyboard.press("Escape")
            page.locator("#choose").wait_for()
            page.evaluate("new Promise(requestAnimationFrame)")
            taken.append(time.monotonic() - began)
        return taken


@contextmanager
def visit(browser: Browser, address: str) -> Iterator[Page]:
    """Open a page that has all its files."""
    page = browser.new_page()
    page.goto(address)
    keep_site(page)
    yield page
    page.context.close()


def find_growth(seen: list[tuple[int, Memory]]) -> tuple[Memory, Memory]:
    """Medians around the tenth file and of the last ones: the memory of one moment is chance."""

    def take(memories: list[Memory]) -> Memory:
        return Memory(
            statistics.median(memory.heap_mib for memory in memories),
            statistics.median(memory.processes_mib for memory in memories),
        )

    return take([memory for number, memory in seen if FIRST - LAST_FILES < number <= FIRST]), take(
        [memory for _, memory in seen[-LAST_FILES:]]
    )
