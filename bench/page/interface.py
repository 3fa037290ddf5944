"""How quickly the page answers a person in a real Chromium: first view, opening, engraving, correcting, playing.

    python -m bench.page.interface [--notes 100,1000,3000] [--runs 5]

The pieces are examples/minuet.mid again and again. A correction is a note moved by a semitone with the keyboard, from
the key to the new pages in the document. Playing is measured as processor time of the page's main thread, with the
cursor in the score and without, one after the other and again, so that other work on the machine matters less.
"""

import argparse
import os
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pretty_midi
from playwright.sync_api import Browser, Page

from bench.page.chromium import keep_site, open_browser, serve
from bench.report import ROOT, describe_run, replace_section
from build.weight import weigh_files, weigh_page

EXAMPLE, RECORDING = ROOT / "examples" / "minuet.mid", ROOT / "examples" / "minuet.mp3"
SCRATCH = ROOT / ".cache" / "bench"
PLAYED_NOTES, PLAYED_SEC = 2000, 4
OPENED_MS = 240_000
LOADED_MS = 4000
PARTS = {"TaskDuration": "all", "ScriptDuration": "script", "RecalcStyleDuration": "style", "LayoutDuration": "layout"}

# Presses the button until a file chooser would open, and notes when Python is there.
VISIT = """
  globalThis.seen = {};
  HTMLInputElement.prototype.click = () => { seen.choose_ms ??= performance.now(); };
  const press = () => {
    if (document.querySelector("#choose")) document.querySelector("#choose").click();
    if (!seen.choose_ms) setTimeout(press, 2);
  };
  press();
  globalThis.Worker = class extends Worker {
    constructor(...rest) {
      super(...rest);
      this.addEventListener("message", ({ data }) => {
        if (data.type === "ready") seen.python_ms ??= performance.now();
      });
    }
  };
"""

# What passes between page and workers, and when the page of the score that is in view is replaced, which comes first.
WATCH = """
  globalThis.steps = [];
  const note = (name) => steps.some(([former]) => former === name) || steps.push([name, performance.now()]);
  let n_pages = 0;
  globalThis.Worker = class extends Worker {
    constructor(...rest) {
      super(...rest);
      this.addEventListener("message", ({ data }) => {
        if (data.type === "result") note("written");
        if (data.type !== "page") return;
        note("engraved");
        if (++n_pages === data.n_pages) setTimeout(note, 0, "all pages");
      });
    }
    postMessage(message, ...rest) {
      if (message.type === "notate") note("notate");
      if (message.musicxml) {
        n_pages = 0;
        note("engrave");
      }
      super.postMessage(message, ...rest);
    }
  };
  addEventListener("keydown", () => note("key"), true);
  addEventListener("DOMContentLoaded", () => {
    new MutationObserver((changes) => {
      if (changes.some(({ target }) => target.className === "score-pages")) note("shown");
    }).observe(document.querySelector("score-view"), { childList: true, subtree: true });
  });
"""

# When the page could not answer, and how long.
LONG_TASKS = """
  globalThis.longTasks = [];
  new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((task) => [task.startTime, task.duration])))
    .observe({ type: "longtask", buffered: true });
"""

# The line goes on by itself unless its animation ends, too.
HIDE_CURSOR = """(hides) => {
  const view = document.querySelector("score-view");
  if (!hides) delete view.setTime;
  else view.setTime = () => {};
  for (const way of document.querySelector(".score-carriage").getAnimations()) way.cancel();
}"""


def main() -> int:
    """Measure and write a section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notes", default="100,1000,3000", help="sizes of the corrected pieces, separated by commas")
    parser.add_argument("--runs", type=int, default=5, help="the median counts")
    options = parser.parse_args()
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with serve(ROOT / "dist") as address, open_browser() as (browser, _):
        lines = [
            *describe_weight(),
            *measure_first_view(browser, address, options.runs),
            *measure_listening(browser, address, options.runs),
            *measure_corrections(browser, address, [int(n) for n in options.notes.split(",")], options.runs),
            *measure_playing(browser, address, options.runs),
        ]
    load = (
        f"{os.getloadavg()[0]:.0f} processes wanted the {os.cpu_count()} cores at the end; medians of {options.runs}."
    )
    section = "\n".join(["## Interface", "", describe_run(), "", load, "", *lines])
    replace_section(section)
    print(section)
    return 0


def describe_weight() -> list[str]:
    """Bytes as a host sends them, of the files as written and as built."""
    built = weigh_page(ROOT / "dist")
    written = weigh_files([*(ROOT / "web").glob("*.js"), *(ROOT / "web").glob("*.css")])
    return [
        "| kB gzip, JavaScript and CSS of the page | first view | all |",
        "|---|--:|--:|",
        f"| as written (web/) | | {written / 1000:.1f} |",
        f"| as built (dist/) | {built['first_view'] / 1000:.1f} | {built['all'] / 1000:.1f} |",
        "",
    ]


def measure_first_view(browser: Browser, address: str, runs: int) -> list[str]:
    """Time from the address to what a person can do, each time as somebody who was never here."""
    visits = []
    for _ in range(runs):
        with open_page(browser, address, VISIT) as page:
            paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
            while not (seen := page.evaluate("seen")).get("python_ms"):
                page.wait_for_timeout(100)
            visits.append([page.evaluate(paint), seen["choose_ms"], seen["python_ms"]])
    medians = [statistics.median(times) / 1000 for times in zip(*visits, strict=True)]
    cells = " | ".join(f"{sec:.2f}" for sec in medians)
    return [
        "| s, from nothing | first paint | a recording can be chosen | Python is ready |",
        "|---|--:|--:|--:|",
        f"| first visit | {cells} |",
        "",
    ]


def measure_listening(browser: Browser, address: str, runs: int) -> list[str]:
    """The longest tasks of the main thread from the drop of the example until it is heard, and then until its score."""
    names = ("while the example is listened to", "while its score is written and drawn")
    longest: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(runs):
        with open_page(browser, address, WATCH + LONG_TASKS) as page:
            page.wait_for_timeout(LOADED_MS)
            page.evaluate("longTasks.length = 0")
            page.set_input_files("#file", RECORDING)
            page.wait_for_selector("#problem:not([hidden]), score-view g.note", timeout=OPENED_MS)
            page.wait_for_timeout(1000)
            tasks, heard_ms = page.evaluate("longTasks"), dict(page.evaluate("steps"))["notate"]
        for name, is_heard in zip(longest, (False, True), strict=True):
            longest[name].append(max((ms for start_ms, ms in tasks if (start_ms > heard_ms) == is_heard), default=0))
    return [
        "Longest task of the main thread in each run, ms; 0 where none takes 50:",
        "",
        *(f"- {name}: {', '.join(f'{ms:.0f}' for ms in sorted(all_ms))}" for name, all_ms in longest.items()),
        "",
    ]


def measure_corrections(browser: Browser, address: str, sizes: list[int], runs: int) -> list[str]:
    """Where the time goes from a key to the new score."""
    rows = []
    for n_notes in sizes:
        with open_page(browser, address, WATCH + LONG_TASKS) as page:
            open_piece(page, n_notes)
            page.evaluate("longTasks.length = 0")
            seen = [correct(page) for _ in range(runs)]
            n_bars = page.locator("score-view g.measure").count()
            longest_ms = max((ms for _, ms in page.evaluate("longTasks")), default=0)
        medians = {name: statistics.median(times[name] for times in seen) for name in seen[0]}
        steps = " | ".join(f"{ms / 1000:.2f}" for ms in medians.values())
        rows.append(f"| {n_notes} | {n_bars} | {steps} | {longest_ms:.0f} |")
        print(rows[-1], file=sys.stderr)
    return [
        "A note moved with the keyboard, in seconds: Python writes and Verovio engraves, each in its worker.",
        "",
        "| notes | bars | page, before | written | page, between | engraved | page, after | key to new score in view "
        "| to all of it | longest task, ms |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
        *rows,
        "",
    ]


def correct(page: Page) -> dict[str, float]:
    """Move a note and wait for its score; gives milliseconds of each step and of all."""
    page.locator(".score-pages").focus()
    page.keyboard.press("ArrowRight")
    page.evaluate("steps.length = 0")
    page.keyboard.press("ArrowUp")
    while True:
        steps = dict(page.evaluate("steps"))
        if "all pages" in steps:
            break
        page.wait_for_timeout(20)
    page.wait_for_timeout(300)
    order = ["key", "notate", "written", "engrave", "engraved", "shown"]
    spans = {f"{a} {b}": steps[b] - steps[a] for a, b in pairwise(order)}
    return spans | {name: steps[name] - steps["key"] for name in ("shown", "all pages")}


def measure_playing(browser: Browser, address: str, runs: int) -> list[str]:
    """Share of the main thread with the cursor in the score and without."""
    shares: dict[str, list[dict[str, float]]] = {"with the cursor": [], "without": []}
    with open_page(browser, address, WATCH) as page:
        open_piece(page, PLAYED_NOTES)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.get_by_role("button", name="Play", exact=True).click()
        page.get_by_role("button", name="Pause", exact=True).wait_for(timeout=60_000)
        page.wait_for_timeout(2000)
        for _ in range(runs):
            for name, hides in (("with the cursor", False), ("without", True)):
                page.evaluate(HIDE_CURSOR, hides)
                page.wait_for_timeout(300)
                before = read_metrics(session)
                page.wait_for_timeout(1000 * PLAYED_SEC)
                after = read_metrics(session)
                wall_sec = after["Timestamp"] - before["Timestamp"]
                shares[name].append({part: (after[part] - before[part]) / wall_sec for part in PARTS})
    rows = []
    for name, seen in shares.items():
        cells = [f"{100 * statistics.median(one[part] for one in seen):.0f}" for part in PARTS]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return [
        f"Playing {PLAYED_NOTES} notes, per cent of a core that the main thread takes:",
        "",
        f"| score | {' | '.join(PARTS.values())} |",
        f"|---|{'--:|' * len(PARTS)}",
        *rows,
        "",
    ]


def read_metrics(session: Any) -> dict[str, float]:
    """Chromium's own counters, by name."""
    return {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}


@contextmanager
def open_page(browser: Browser, address: str, script: str) -> Iterator[Page]:
    """Open the site as somebody who was never here, with a script before its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.add_init_script(script)
    page.goto(address)
    yield page
    context.close()


def open_piece(page: Page, n_notes: int) -> None:
    """Open a piece of so many notes and wait for its score."""
    path = SCRATCH / f"{n_notes} notes.mid"
    write_piece(path, n_notes)
    keep_site(page)
    page.set_input_files("#file", path)
    page.wait_for_selector("#problem:not([hidden]), score-view svg", timeout=OPENED_MS)
    problem = page.locator("#problem-text").text_content()
    if problem:
        raise RuntimeError(problem)
    page.wait_for_timeout(2000)


def write_piece(path: Path, n_notes: int) -> None:
    """Write the example again and again, until there are so many notes."""
    source = pretty_midi.PrettyMIDI(str(EXAMPLE))
    notes = sorted(
        (note for one in source.instruments for note in one.notes), key=lambda note: (note.start, note.pitch)
    )
    length_sec = source.get_end_time() + 1
    piece = pretty_midi.PrettyMIDI()
    piano = pretty_midi.Instrument(0)
    for number in range(n_notes):
        turn, place = divmod(number, len(notes))
        note = notes[place]
        shift = turn * length_sec
        piano.notes.append(pretty_midi.Note(note.velocity, note.pitch, note.start + shift, note.end + shift))
    piece.instruments.append(piano)
    piece.write(str(path))


if __name__ == "__main__":
    sys.exit(main())
