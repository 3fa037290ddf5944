"""Speed and memory of the page: the bundled example in a real Chromium, beside the command line on the same machine.

    python bench/page.py [--runs 2]

The first run presses "Try an example" as soon as the page can take a file, while Python boots, the model loads and the
site is being kept for offline use; the later ones find all of that done. Times of the page and of the command line
stand side by side because machines differ: the ratio says more than the seconds.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from report import ROOT, describe_run, replace_section

EXAMPLE = ROOT / "examples" / "minuet.mp3"
TIMEOUT_MS = 600_000
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--no-first-run"]  # fmt: skip
MIB = 1024


def main() -> int:
    """Measure and write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with serve() as address, sync_playwright() as playwright:
        chromium = os.environ.get("OTTAVA_CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page()
        began = time.monotonic()
        page.goto(address)
        page.get_by_role("button", name="Choose a recording").wait_for()
        ready_sec = time.monotonic() - began
        runs = [transcribe_example(page) for _ in range(options.runs)]
        facts = page.locator("#facts").text_content() or ""
        n_threads = page.evaluate("crossOriginIsolated ? Math.min(navigator.hardwareConcurrency, 4) : 1")
        browser.close()
    native_sec = run_command_line()
    music_sec = read_seconds(facts)
    lines = [
        "## The page",
        "",
        describe_run(),
        "",
        f"The bundled example ({music_sec:.0f} s) in Chromium with {n_threads} WebAssembly threads.",
        "",
        "| what | seconds | x real time | memory of the renderer, MiB |",
        "|---|--:|--:|--:|",
        f"| page ready for a file | {ready_sec:.2f} | | |",
        *(
            f"| example to score, {'at once after loading' if i == 0 else f'run {i + 1}'} | {seconds:.1f} "
            f"| {music_sec / seconds:.2f} | {peak_mib:.0f} |"
            for i, (seconds, peak_mib) in enumerate(runs)
        ),
        f"| command line, start included | {native_sec:.1f} | {music_sec / native_sec:.2f} | |",
        "",
    ]
    replace_section("\n".join(lines))
    print("\n".join(lines))
    return 0


@contextmanager
def serve() -> Iterator[str]:
    """Serve ``dist/`` on a free port; gives the address."""
    command = [sys.executable, "-m", "build.serve", "--port", "0"]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield next(word for word in server.stdout.readline().split() if word.startswith("http://"))
    finally:
        server.terminate()
        server.wait()


def transcribe_example(page: Page) -> tuple[float, float]:
    """Seconds from the button to the engraved score, and the largest renderer's memory meanwhile in MiB."""
    began, peak_mib = time.monotonic(), 0.0
    page.get_by_role("button", name="Try an example").click()
    while not page.locator("score-view svg").count():
        peak_mib = max(peak_mib, measure_renderer())
        page.wait_for_timeout(200)
        if time.monotonic() - began > TIMEOUT_MS / 1000:
            raise TimeoutError("The example did not become a score.")
    seconds = time.monotonic() - began
    page.get_by_role("button", name="New recording").click()
    return seconds, peak_mib


def measure_renderer() -> float:
    """Proportional memory in MiB of the largest renderer process of any Chromium on this machine."""
    sizes = [0.0]
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"--type=renderer" in (folder / "cmdline").read_bytes():
                match = re.search(r"^Pss:\s+(\d+) kB", (folder / "smaps_rollup").read_text(), re.MULTILINE)
                sizes.append(int(match[1]) / MIB if match else 0.0)
        except OSError:
            continue  # the process has ended
    return max(sizes)


def run_command_line() -> float:
    """Seconds that the command line takes for the same recording."""
    began = time.monotonic()
    command = [sys.executable, "-m", "ottava", "transcribe", str(EXAMPLE), "-o", "-"]
    subprocess.run(command, check=True, capture_output=True)
    return time.monotonic() - began


def read_seconds(facts: str) -> float:
    """The recording's length from the page's line of facts, which ends in minutes and seconds."""
    minutes, seconds = facts.rpartition(" ")[2].split(":")
    return 60 * int(minutes) + int(seconds)


if __name__ == "__main__":
    sys.exit(main())
