"""Hours of bad luck: damaged files, unlikely music, a hundred files in one session, an hour of sound; and its figures.

    python -m bench.page.soak [--only files,page,music,session,hour] [--files 2000] [--page-files 200] [--dropped 10]
                         [--examples 2000] [--session 100] [--minutes 60]

What fails is named; the exit status is 1. Each part writes its own row of the section "Soak" of results.md.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Page

from bench.page.chromium import measure_processes, open_browser, serve
from bench.page.damaged import LIMIT_MIB, LIMIT_SEC, Reading, is_sentence, open_in_page, read_damaged, slice_always
from bench.page.session import cancel_long, find_growth, open_files, transcribe_long, write_long
from bench.report import RESULTS, ROOT, describe_run, replace_section
from tests.browser.visitor import Ottava
from tests.damage import encode_sources, make_damaged, read_shared_sources

HEADING = "## Soak"
PARTS = ("files", "page", "music", "session", "hour")
BATCH_FILES = 40
PAGE_LIMIT_MIB = 1500  # the browser takes 1,100 to 1,200 while it listens
MOST_GROWTH = 1.2
MOST_CANCEL_SEC = 1.0
CANCEL_WAITS_SEC = [0.0, 0.3, 1.0, 3.0, 10.0, 30.0]  # opening, loading, listening


def main() -> int:
    """Run the parts that are asked for and write their rows."""
    soaks: tuple[Callable[[argparse.Namespace, Path], tuple[str, bool]], ...]
    soaks = (soak_files, soak_page, soak_music, soak_session, soak_hour)
    parts = dict(zip(PARTS, soaks, strict=True))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(PARTS), help="parts, separated by commas")
    parser.add_argument("--files", type=int, default=2000, help="damaged files for the command line's reader")
    parser.add_argument("--page-files", type=int, default=200, help="damaged files for the page, each in both ways")
    parser.add_argument("--dropped", type=int, default=10, help="damaged files dropped on the page")
    parser.add_argument("--examples", type=int, default=2000, help="performances that are notated")
    parser.add_argument("--session", type=int, default=100, help="files in one session")
    parser.add_argument("--minutes", type=float, default=60, help="of the long recording")
    options = parser.parse_args()
    is_well = True
    for name in options.only.split(","):
        with tempfile.TemporaryDirectory() as folder:
            figures, is_part_well = parts[name](options, Path(folder))
        is_well = is_well and is_part_well
        write_row(name, f"| {name} | {'well' if is_part_well else '**failed**'} | {figures} | {describe_run()} |")
    return 0 if is_well else 1


def write_row(name: str, row: str) -> None:
    """Put a row in the place of the one of the same part; the others stay as they were measured."""
    text = RESULTS.read_text(encoding="utf-8").partition(f"{HEADING}\n")[2].partition("\n## ")[0]
    rows = {cells[1]: line for line in text.splitlines() if (cells := line.split(" "))[1:2] and cells[1] in PARTS}
    rows[name] = row
    lines = [HEADING, "", "| part | | figures | measured |", "|---|---|---|---|", *(rows[key] for key in sorted(rows))]
    replace_section("\n".join([*lines, ""]))
    print(row)


def write_damaged(folder: Path, numbers: range) -> Iterator[list[Path]]:
    """Write damaged files, a batch at a time; a batch is removed before the next."""
    sources = {**encode_sources(), **read_shared_sources()}
    for first in range(numbers.start, numbers.stop, BATCH_FILES):
        paths = []
        for number in range(first, min(first + BATCH_FILES, numbers.stop)):
            name, content = make_damaged(sources, number)
            paths.append(folder / name)
            paths[-1].write_bytes(content)
        yield paths
        for path in paths:
            path.unlink()


def describe_readings(readings: list[Reading]) -> tuple[str, bool]:
    """Count what became of files, and name those that failed."""
    for reading in readings:
        if reading.fault:
            print(f"{reading.name}: {reading.fault}", file=sys.stderr)
    n_faults = sum(reading.fault != "" for reading in readings)
    kinds = Counter("samples" if reading.n_samples else "a sentence" for reading in readings if not reading.fault)
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    slowest_sec = max(reading.sec for reading in readings)
    return f"{counts}, {n_faults} faults; slowest {slowest_sec:.1f} s of {LIMIT_SEC:.0f}", n_faults == 0


def soak_files(options: argparse.Namespace, folder: Path) -> tuple[str, bool]:
    """Damaged files through the command line's reader."""
    readings: list[Reading] = []
    for paths in write_damaged(folder, range(options.files)):
        readings += read_damaged(paths, os.cpu_count() or 1)
        print(f"{len(readings)} of {options.files}", file=sys.stderr)
    figures, is_well = describe_readings(readings)
    peak_mib = max(reading.peak_mib for reading in readings)
    return f"{options.files} damaged files: {figures}; at most {peak_mib:.0f} MiB of {LIMIT_MIB}", is_well


def soak_page(options: argparse.Namespace, folder: Path) -> tuple[str, bool]:
    """Damaged files through the page's reader, in both ways, and some dropped."""
    figures, is_well = [], True
    with serve(ROOT / "dist") as address:
        for is_sliced in (False, True):
            readings: list[Reading] = []
            peak_mib = 0.0
            with open_browser() as (browser, mark):
                page = browser.new_context(service_workers="block").new_page()
                if is_sliced:
                    slice_always(page)
                page.goto(address)
                for paths in write_damaged(folder, range(options.page_files)):
                    readings += [open_in_page(page, path) for path in paths]
                    peak_mib = max(peak_mib, sum(size for _, size in measure_processes(mark)))
            told, is_way_well = describe_readings(readings)
            told += f"; all processes at most {peak_mib:.0f} MiB of {PAGE_LIMIT_MIB}"
            figures.append(f"{options.page_files} damaged files {'in slices' if is_sliced else 'at once'}: {told}")
            is_well = is_well and is_way_well and peak_mib <= PAGE_LIMIT_MIB
        with open_browser() as (browser, _):
            page = browser.new_page()
            page.goto(address)
            faults = []
            for paths in write_damaged(folder, range(options.page_files, options.page_files + options.dropped)):
                faults += [path.name for path in paths if not drop_damaged(page, path)]
            figures.append(f"{options.dropped} dropped: {', '.join(faults) or 'each a score or a sentence'}")
    return "; ".join(figures), is_well and not faults


def drop_damaged(page: Page, path: Path) -> bool:
    """Whether a file becomes a score or gets a plain sentence."""
    ottava = Ottava(page)
    ottava.drop(path)
    sentence = ottava.wait()
    return not page.locator("#problem-details").is_visible() and (sentence == "" or is_sentence(sentence))


def soak_music(options: argparse.Namespace, folder: Path) -> tuple[str, bool]:
    """Unlikely performances and choices become valid scores."""
    began = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "tests/unit/test_any_score.py"]
    run = subprocess.run(command, cwd=ROOT, env={**os.environ, "OTTAVA_EXAMPLES": str(options.examples)})
    return f"{options.examples} performances with any choices, {time.monotonic() - began:.0f} s", run.returncode == 0


def soak_session(options: argparse.Namespace, folder: Path) -> tuple[str, bool]:
    """Many files in one session: memory after the last as after the tenth."""
    seen = []
    with serve(ROOT / "dist") as address, open_browser() as (browser, mark):
        for number, memory in open_files(browser, mark, address, options.session, folder):
            print(f"{number}: {memory.heap_mib:.1f} MiB heap, {memory.processes_mib:.0f} MiB all", file=sys.stderr)
            seen.append((number, memory))
    tenth, last = find_growth(seen)
    is_well = max(last.heap_mib / tenth.heap_mib, last.processes_mib / tenth.processes_mib) <= MOST_GROWTH
    heap = f"heap {tenth.heap_mib:.1f} MiB at the tenth, {last.heap_mib:.1f} at the end"
    processes = f"all processes {tenth.processes_mib:.0f} and {last.processes_mib:.0f} MiB"
    return f"{options.session} files: {heap}; {processes}", is_well


def soak_hour(options: argparse.Namespace, folder: Path) -> tuple[str, bool]:
    """A long recording is cancelled at several moments, and then heard to its end."""
    path = write_long(folder / "long.wav", options.minutes)
    with serve(ROOT / "dist") as address, open_browser() as (browser, _):
        slowest_sec = max(cancel_long(browser, address, path, CANCEL_WAITS_SEC))
        sec, n_notes = transcribe_long(browser, address, path, timeout_sec=options.minutes * 600 + 600)
    heard = f"{options.minutes:g} minutes heard and engraved in {sec / 60:.1f}, {n_notes} notes"
    cancelled = f"cancelled within {slowest_sec:.2f} s, {len(CANCEL_WAITS_SEC)} times"
    return f"{heard}; {cancelled}", slowest_sec <= MOST_CANCEL_SEC


if __name__ == "__main__":
    sys.exit(main())
