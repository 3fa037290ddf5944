"""How smoothly the piano roll scrolls in a real Chromium: thousands of notes, with waveform, beats and pedals.

    python -m bench.page.roll [--notes 5000] [--minutes 30] [--throttle 1]

The page's own `<roll-view editable>` is given made-up notes and scrolled by a script in every animation frame; measured
are the intervals between frames, and the time of the roll's script in each, at three zooms: as it opens, five times
nearer, and all at once. Frames come at the screen's rate: 16.7 ms at best. A headless browser without a graphics card
draws with the processor, so a real screen is no slower. `--throttle 4` makes the processor that many times slower.
"""

import argparse
import os
import statistics
import sys

from bench.page.chromium import keep_site, open_browser, serve
from bench.report import ROOT, describe_run, replace_section

SEED = 11
WARM_UP_FRAMES, N_FRAMES = 30, 300
ZOOMS = {"as it opens": 1.0, "five times nearer": 5.0, "all at once": 0.0001}

FILL = """async ([n_notes, duration_sec, seed]) => {
  await import("./roll-view.js");
  const random = () => ((seed = (seed * 16807) % 2147483647) - 1) / 2147483646;
  const notes = Array.from({ length: n_notes }, (_, index) => {
    const onset_sec = (index / n_notes) * duration_sec;
    const pitch = 36 + Math.floor(random() * 52);
    const offset_sec = onset_sec + 0.1 + random();
    return { onset_sec, offset_sec, pitch, velocity: 20 + Math.floor(random() * 100), confidence: random(), index };
  });
  const beats = Array.from({ length: duration_sec * 2 }, (_, beat) => (
    { time_sec: beat / 2, quarter: beat, beat_in_bar: (beat % 4) + 1, bar: Math.floor(beat / 4) + 1 }));
  const pedals = beats.map(({ time_sec }) => ({ onset_sec: time_sec, offset_sec: time_sec + 0.4, kind: "sustain" }));
  const written = notes.map(({ pitch }) => ({ staff: pitch < 60 ? 2 : 1, step: "C", alter: 0, octave: 4 }));
  const result = { duration_sec, performance: { notes, pedals }, score: { beats, notes: written } };
  document.querySelector("#welcome").hidden = true;
  document.querySelector("#result").hidden = false;
  document.querySelector("#roll-fold").open = true;
  const roll = document.querySelector("#result roll-view");
  roll.start(1);
  roll.show({ result, notes });
  roll.setPeaks(Uint8Array.from({ length: duration_sec * 100 }, () => random() * 255));
}"""

SCROLL = """([factor, n_warm, n_frames]) => new Promise((resolve) => {
  const scroller = document.querySelector("#result .roll-scroller");
  const canvas = document.querySelector("#result roll-view canvas");
  const wheel = { ctrlKey: true, deltaY: -300 * Math.log2(factor), cancelable: true, clientX: 40 };
  scroller.dispatchEvent(new WheelEvent("wheel", wheel));
  scroller.scrollLeft = 0;
  // Frames in which nothing is drawn would be no proof.
  let n_drawn = 0;
  const context = canvas.getContext("2d");
  const { clearRect } = context;
  context.clearRect = (...box) => { n_drawn++; clearRect.apply(context, box); };
  const [intervals, scripts] = [[], []];
  const request = window.requestAnimationFrame;
  window.requestAnimationFrame = (draw) => request((now) => {
    const began = performance.now();
    draw(now);
    scripts.push(performance.now() - began);
  });
  let before = 0;
  const step = (now) => {
    if (before) intervals.push(now - before);
    before = now;
    scroller.scrollLeft += 23;
    if (scroller.scrollWidth <= scroller.clientWidth) scroller.dispatchEvent(new Event("scroll"));
    if (intervals.length < n_warm + n_frames) request(step);
    else {
      delete context.clearRect;
      window.requestAnimationFrame = request;
      resolve({ intervals: intervals.slice(n_warm), scripts: scripts.slice(n_warm), n_drawn });
    }
  };
  request(step);
})"""


def main() -> int:
    """Measure and write a section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notes", type=int, default=5000)
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--throttle", type=float, default=1, help="how many times slower the processor is")
    options = parser.parse_args()
    section = measure_scrolling(options.notes, options.minutes, options.throttle)
    replace_section(section)
    print(section)
    return 0


def measure_scrolling(n_notes: int, minutes: int, throttle: float) -> str:
    """Return the section on the roll."""
    rows = []
    with serve(ROOT / "dist") as address, open_browser() as (browser, _):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(address)
        keep_site(page)
        page.evaluate(FILL, [n_notes, minutes * 60, SEED])
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": throttle})
        for name, factor in ZOOMS.items():
            seen = page.evaluate(SCROLL, [factor, WARM_UP_FRAMES, N_FRAMES])
            if seen["n_drawn"] < N_FRAMES:
                raise RuntimeError(f"{name}: {seen['n_drawn']} of {N_FRAMES} frames were drawn.")
            cells = [f"{ms:.1f}" for times in (seen["intervals"], seen["scripts"]) for ms in _summarise(times)]
            rows.append(f"| {name} | {' | '.join(cells)} |")
            print(rows[-1], file=sys.stderr)
    slower = "" if throttle == 1 else f", processor {throttle:g} times slower"
    return "\n".join(
        [
            f"## Piano roll{slower}",
            "",
            describe_run(),
            "",
            f"{n_notes} notes in {minutes} minutes, 23 pixels further in each of {N_FRAMES} frames, 1280 x 900 pixels; "
            f"{os.getloadavg()[0]:.0f} processes wanted the {os.cpu_count()} cores.",
            "",
            "| ms | between frames: median | 95th percentile | the roll's script: median | 95th percentile |",
            "|---|--:|--:|--:|--:|",
            *rows,
            "",
        ]
    )


def _summarise(times: list[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    return statistics.median(times), sorted(times)[round(0.95 * (len(times) - 1))]


if __name__ == "__main__":
    sys.exit(main())
