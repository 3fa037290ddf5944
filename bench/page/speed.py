"""Speed and memory of the page in a real Chromium, beside the command line on the same machine.

    python -m bench.page.speed [--settings balanced,fast] [--plain SITE] [--runs 1]
    python -m bench.page.speed --memory [--minutes 1,5,20,60] [--settings fast]

Speed: three minutes of a real recording (of the shared folder; else the bundled example again and again) in each
setting, one after the other in the same run, and with a plain port of the package: its network as ONNX graphs with fp16
weights, run by ONNX Runtime Web at the package's own hop of 8 s. That was this page at the commit that `make bench-web`
builds from the history. Machines differ: the ratios say more than the seconds.

Memory: recordings of growing length as mp3, in the page and on the command line.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from bench.page.chromium import Visit, load_page, open_browser, run_command_line, serve, visit
from bench.report import ROOT, describe_run, replace_section

EXAMPLE = ROOT / "examples" / "minuet.mp3"
SCRATCH = ROOT / ".cache" / "bench"
SHARED = Path(os.environ.get("OTTAVA_SHARED", ROOT.parent / "shared"))
RECORDINGS = SHARED / "data" / "dev" / "maps"
SPEED_RECORDING = RECORDINGS / "deb_clai_ENSTDkCl_full.flac"
SPEED_SEC = 180
SAMPLE_RATE = 44100
PLAIN = "plain port"
SLOWEST = 4.0  # seconds of work for a second of music, before a run is given up


def main() -> int:
    """Measure and write a section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--settings", help="names, separated by commas; those of the model where it is left out")
    parser.add_argument("--plain", type=Path, default=ROOT / ".cache" / "plain" / "dist", help="site of the plain port")
    parser.add_argument("--runs", type=int, default=1, help="the quickest counts")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--minutes", default="1,5,20,60")
    parser.add_argument("--only", choices=("page", "command line"), help="measure one of the two (memory)")
    options = parser.parse_args()
    SCRATCH.mkdir(parents=True, exist_ok=True)
    model = json.loads((ROOT / "dist" / "models" / "models.json").read_text("utf-8"))["models"][0]
    if options.memory:
        settings = (options.settings or "fast").split(",")
        section = measure_memory(settings[0], [float(n) for n in options.minutes.split(",")], options.only)
    else:
        settings = options.settings.split(",") if options.settings else [n for n in model["settings"] if n != "exact"]
        section = measure_speed(settings, options.plain, options.runs)
    replace_section(section)
    print(section)
    return 0


def measure_speed(settings: Sequence[str], plain: Path, runs: int) -> str:
    """Return the section on speed."""
    recording = SCRATCH / "speed.wav"
    write_recording(recording, SPEED_SEC, [SPEED_RECORDING])
    with serve(ROOT / "dist") as address, open_browser() as (browser, _):
        page = browser.new_page()
        ready_sec = load_page(page, address)
        n_threads = page.evaluate("import('/threads.js').then((module) => module.countThreads())")
    sites: dict[str, tuple[Path, str | None]] = {setting: (ROOT / "dist", setting) for setting in settings}
    if (plain / "files.json").exists():
        sites[PLAIN] = (plain, None)
    else:
        print(f"There is no plain port in {plain}: make bench-web builds it.", file=sys.stderr)
    visits: dict[str, Visit] = {}
    for name, (site, setting) in sites.items():
        tries = [visit(site, recording, setting, SLOWEST * SPEED_SEC) for _ in range(runs)]
        visits[name] = min(tries, key=lambda seen: seen.listening_sec)
        print(name, visits[name], file=sys.stderr)
    native_sec, native_mib = run_command_line(recording)
    reference_sec = visits[PLAIN].listening_sec if PLAIN in visits else None
    rows = [_describe_visit(name, seen, reference_sec) for name, seen in visits.items()]
    source = SPEED_RECORDING.stem if SPEED_RECORDING.exists() else "the bundled example, repeated"
    return "\n".join([
        "## The page",
        "",
        describe_run(),
        "",
        f"{SPEED_SEC} s of a recording ({source}) in Chromium with {n_threads} WebAssembly threads; the page is ready "
        f"for a file after {ready_sec:.2f} s. Second visit: all files are kept on the device. Loading: from the file "
        "to the beginning of listening, Python and sessions included. Plain port: the package's network with fp16 "
        "weights in ONNX Runtime Web at its own hop of 8 s, in the same page. Memory: PSS of renderers, GPU process "
        "and utilities at one moment.",
        "",
        "| setting | loading, s | first notes, s after | listening, s | x real time | against the plain port "
        "| file to score, s | time left after 2 segments: shown, was | notes | page, MiB | renderer alone, MiB |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
        *rows,
        f"| command line, start included | | | | {SPEED_SEC / native_sec:.2f} | | {native_sec:.1f} | | | "
        f"{native_mib:.0f} (RSS) | |",
        "",
    ])  # fmt: skip


def _describe_visit(name: str, seen: Visit, reference_sec: float | None) -> str:
    """One row of the table."""
    ratio = f"{reference_sec / seen.listening_sec:.2f}" if reference_sec else ""
    promise = f"{seen.promised_sec:.0f}, {seen.kept_sec:.0f}" if seen.promised_sec and seen.kept_sec else ""
    return (
        f"| {name} | {seen.loading_sec:.1f} | {seen.first_notes_sec:.1f} | {seen.listening_sec:.1f} "
        f"| {SPEED_SEC / seen.listening_sec:.2f} | {ratio} | {seen.total_sec:.1f} | {promise} | {seen.n_notes} "
        f"| {seen.memory.page_mib:.0f} | {seen.memory.renderer_mib:.0f} |"
    )


def measure_memory(setting: str, minutes: Sequence[float], only: str | None) -> str:
    """Return the section on memory."""
    rows = []
    for n_minutes in minutes:
        recording = SCRATCH / f"{n_minutes:g}.mp3"
        if not recording.exists():
            write_recording(recording, 60 * n_minutes, sorted(RECORDINGS.glob("*_full.flac")))
        cells = [f"{n_minutes:g}"]
        if only != "command line":
            seen = visit(ROOT / "dist", recording, setting, SLOWEST * 60 * n_minutes + 120)
            cells += [f"{seen.memory.page_mib:.0f}", f"{seen.memory.renderer_mib:.0f}", f"{seen.total_sec:.0f}",
                      f"{seen.n_notes}"]  # fmt: skip
        else:
            cells += [""] * 4
        if only != "page":
            seconds, mib = run_command_line(recording, "--setting", setting)
            cells += [f"{mib:.0f}", f"{seconds:.0f}"]
        else:
            cells += [""] * 2
        rows.append(f"| {' | '.join(cells)} |")
        print(rows[-1], file=sys.stderr)
    source = "the recordings of dev one after the other" if RECORDINGS.exists() else "the bundled example, repeated"
    return "\n".join([
        "## Memory",
        "",
        describe_run(),
        "",
        f"Peak memory by length: mp3 at 128 kbit/s, stereo ({source}), setting {setting}, decoding and engraving "
        "included. Page: PSS of renderers, GPU process and utilities of this browser at one moment. Command line: "
        "largest resident set.",
        "",
        "| minutes | page, MiB | renderer alone, MiB | page, s | notes | command line, MiB | command line, s |",
        "|--:|--:|--:|--:|--:|--:|--:|",
        *rows,
        "",
    ])  # fmt: skip


def write_recording(path: Path, seconds: float, sources: Sequence[Path]) -> None:
    """Write a recording of this length, wav in mono or mp3 in stereo, from recordings one after the other."""
    there = [source for source in sources if source.exists()] or [EXAMPLE]
    is_mp3 = path.suffix == ".mp3"
    codec, layout, bit_rate = ("libmp3lame", "stereo", 128_000) if is_mp3 else ("pcm_s16le", "mono", None)
    left = round(seconds * SAMPLE_RATE)
    temporary = path.with_name("unfinished" + path.suffix)
    with av.open(str(temporary), "w") as container:
        stream = container.add_stream(codec, rate=SAMPLE_RATE, layout=layout)
        assert isinstance(stream, av.AudioStream)
        if bit_rate:
            stream.bit_rate = bit_rate
        resampler = av.AudioResampler(stream.codec_context.format or "s16", layout, SAMPLE_RATE, stream.frame_size)
        for block in _decode_again_and_again(there):
            frame = av.AudioFrame.from_ndarray(block[None, :left], "fltp", "mono")
            frame.sample_rate = SAMPLE_RATE
            left -= frame.samples
            for part in resampler.resample(frame):
                container.mux(stream.encode(part))
            if left == 0:
                break
        for last in [*resampler.resample(None), None]:
            container.mux(stream.encode(last))
    temporary.rename(path)


def _decode_again_and_again(sources: Sequence[Path]) -> Iterator[NDArray[np.float32]]:
    """Blocks of mono samples, without an end."""
    for source in cycle(sources):
        resampler = av.AudioResampler("fltp", "mono", SAMPLE_RATE)
        with av.open(str(source)) as container:
            for frame in container.decode(audio=0):
                for part in resampler.resample(frame):
                    yield part.to_ndarray()[0]


if __name__ == "__main__":
    sys.exit(main())
