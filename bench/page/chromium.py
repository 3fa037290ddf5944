"""One transcription in a real Chromium: when each segment was done, what the page promised, how much memory it took.

Memory is the proportional set size (PSS) of the processes of this browser alone, found by a mark on its command line,
twice a second. The page's are its renderers (also that of the service worker), the GPU process and the utilities; the
browser's own process and the zygotes are left out.
"""

import os
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bench.report import ROOT

ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--no-first-run"]  # fmt: skip
PAGE_PROCESSES = ("renderer", "gpu-process", "utility")
SAMPLE_SEC = 0.5
MIB = 1024
UNITS_SEC = {"s": 1, "min": 60}

# Everything that the transcription worker says, with its time, and what the page then promises.
LISTEN_IN = """
  globalThis.said = [];
  globalThis.Worker = class extends Worker {
    constructor(...rest) {
      super(...rest);
      this.addEventListener("message", ({ data: { type, stage, fraction, notes } }) => {
        if (!["progress", "heard", "result", "error"].includes(type)) return;
        const line = { ms: performance.now(), type, stage, fraction, n_notes: notes?.length ?? 0, left: "" };
        said.push(line);
        setTimeout(() => { line.left = document.querySelector(".time-left")?.textContent ?? ""; });
      });
    }
  };
"""


@dataclass(frozen=True)
class Memory:
    """Largest PSS in MiB: of all the page's processes at one moment, and of one renderer."""

    page_mib: float
    renderer_mib: float


@dataclass(frozen=True)
class Visit:
    """What one transcription took, in seconds.

    ``loading`` from the file to the beginning of listening, ``first_notes`` and ``listening`` from there, ``total``
    from the file to the engraved score. ``promised`` and ``kept`` are the time left as the page showed it after the
    second segment, and as it was.
    """

    loading_sec: float
    first_notes_sec: float
    segments_sec: list[float]
    listening_sec: float
    total_sec: float
    n_notes: int
    promised_sec: float | None
    kept_sec: float | None
    memory: Memory


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a site on a free port; gives the address."""
    command = [sys.executable, "-m", "build.serve", "--port", "0", "--folder", str(folder)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield next(word for word in server.stdout.readline().split() if word.startswith("http://"))
    finally:
        server.terminate()
        server.wait()


@contextmanager
def open_browser() -> Iterator[tuple[Browser, str]]:
    """Start a Chromium; gives it and its mark."""
    mark = f"--ottava-bench={uuid.uuid4().hex}"
    chromium = os.environ.get("OTTAVA_CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*ARGUMENTS, mark])
        yield browser, mark
        browser.close()


def visit(site: Path, recording: Path, setting: str | None, timeout_sec: float) -> Visit:
    """Open a site in a fresh browser as somebody who comes for the second time, and transcribe a recording.

    Parameters
    ----------
    site
        Folder to serve.
    recording, setting
        The file, and the name of a setting; None for the site's default.
    timeout_sec
        For the transcription.

    Raises
    ------
    RuntimeError
        With the page's own sentence, when there is no score at the end.
    """
    with serve(site) as address, open_browser() as (browser, mark):
        page = browser.new_page()
        page.add_init_script(LISTEN_IN)
        page.goto(address)
        keep_site(page)
        if setting is not None:
            page.evaluate("(setting) => localStorage.setItem('ottava-setting', setting)", setting)
        page.reload()
        if setting is not None:
            page.locator("#setting option").first.wait_for(state="attached")
        with watch_memory(mark) as peak:
            began_ms = page.evaluate("performance.now()")
            page.set_input_files("#file", recording)
            page.wait_for_selector("#problem:not([hidden]), score-view svg", timeout=1000 * timeout_sec)
            ended_ms = page.evaluate("performance.now()")
        problem = page.locator("#problem-text").text_content()
        if problem:
            raise RuntimeError(f"{recording.name}: {problem} {page.locator('#problem-detail').text_content()}")
        return _describe(page.evaluate("said"), began_ms, ended_ms, Memory(peak["page"], peak["renderer"]))


def keep_site(page: Page) -> None:
    """Have the whole site kept on the device, which it did by itself before there was a button."""
    page.locator("#keep-offline:not([hidden]), #offline.ready").first.wait_for(timeout=120_000)
    if page.locator("#keep-offline:not([hidden])").count() > 0:
        page.locator("#keep-offline").click()
    page.locator("#offline", has_text="Works offline").wait_for(timeout=120_000)


def _describe(said: list[dict[str, Any]], began_ms: float, ended_ms: float, memory: Memory) -> Visit:
    """Read times off what the worker said."""
    heard_ms = [line["ms"] for line in said if line["type"] == "heard"]
    steps = [line for line in said if line["stage"] == "listening"]
    listening_ms = [line["ms"] for line in steps]
    promised = _read_left(steps[2]["left"]) if len(steps) > 3 else None
    return Visit(
        loading_sec=(listening_ms[0] - began_ms) / 1000,
        first_notes_sec=(heard_ms[0] - listening_ms[0]) / 1000,
        segments_sec=[(after - before) / 1000 for before, after in pairwise(listening_ms)],
        listening_sec=(listening_ms[-1] - listening_ms[0]) / 1000,
        total_sec=(ended_ms - began_ms) / 1000,
        n_notes=sum(line["n_notes"] for line in said),
        promised_sec=promised,
        kept_sec=(ended_ms - listening_ms[2]) / 1000 if promised is not None else None,
        memory=memory,
    )


def _read_left(text: str) -> float | None:
    """Seconds in "about 2 min 30 s left"."""
    parts = re.findall(r"(\d+) (s|min)\b", text)
    return sum(int(number) * UNITS_SEC[unit] for number, unit in parts) if parts else None


@contextmanager
def watch_memory(mark: str) -> Iterator[dict[str, float]]:
    """Measure the browser with this mark until the block ends; gives the peaks so far, in MiB."""
    peak = {"page": 0.0, "renderer": 0.0}
    is_over = Event()

    def watch() -> None:
        while not is_over.wait(SAMPLE_SEC):
            sizes = measure_processes(mark)
            peak["page"] = max(peak["page"], sum(size for _, size in sizes))
            peak["renderer"] = max([peak["renderer"], *(size for kind, size in sizes if kind == "renderer")])

    thread = Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        is_over.set()
        thread.join()


def measure_processes(mark: str) -> list[tuple[str, float]]:
    """Kind and PSS in MiB of each process of the page in the browser with this mark."""
    processes: dict[int, tuple[int, str]] = {}
    root = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # the process has ended
        kind = re.search(r"--type=([\w-]+)", command)
        processes[int(folder.name)] = (parent, kind[1] if kind else "")
        if mark in command and not kind:
            root = int(folder.name)
    return [
        (kind, _read_pss(pid))
        for pid, (_, kind) in processes.items()
        if kind in PAGE_PROCESSES and root in _list_ancestors(pid, processes)
    ]


def _list_ancestors(pid: int, processes: dict[int, tuple[int, str]]) -> Iterator[int]:
    """Parent, its parent and so on."""
    while pid in processes:
        pid = processes[pid][0]
        yield pid


def _read_pss(pid: int) -> float:
    """MiB, 0 where the process has ended."""
    try:
        match = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        return 0.0
    return int(match[1]) / MIB if match else 0.0


def run_command_line(recording: Path, *options: str) -> tuple[float, float]:
    """Seconds and largest resident memory in MiB of the command line, start included."""
    began = time.monotonic()
    command = [sys.executable, "-m", "ottava", "transcribe", str(recording), "-o", "-", *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    complaints = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{recording.name}: {complaints.splitlines()[-1]}")
    return time.monotonic() - began, usage.ru_maxrss / MIB


def load_page(page: Page, address: str) -> float:
    """Seconds until a page can take a file."""
    began = time.monotonic()
    page.goto(address)
    page.get_by_role("button", name="Choose a recording").wait_for()
    return time.monotonic() - began
