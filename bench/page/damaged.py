"""Damaged recordings through both readers: the command line's, a process a file, and the page's in a real Chromium."""

import asyncio
import json
import multiprocessing
import re
import resource
import time
import traceback
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from playwright.sync_api import Page, Route, TimeoutError

from bench.report import ROOT
from ottava.errors import TranscriptionError
from ottava.hosts.native import open_recording
from ottava.listening.audio import check_finite

SAMPLE_RATE = 44100
SLICE_SEC, HOP_SEC = 16, 14  # as listening reads
LIMIT_SEC = 20.0
LIMIT_MIB = 600  # resident; Python with PyAV, LiteRT and a slice of sound takes 150
ADDRESS_BYTES = 6 << 30  # spares the machine where a file makes the reader ask for all of it
SENTENCE_LETTERS = 300


@dataclass(frozen=True)
class Reading:
    """What became of a file: samples, a sentence, or a fault."""

    name: str
    n_samples: int
    sentence: str
    fault: str
    sec: float
    peak_mib: float


def read_damaged(paths: Iterable[Path], n_workers: int) -> Iterator[Reading]:
    """Read files to their ends, in the order of the paths."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["damaged"])

    def read(path: Path) -> Reading:
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=_read, args=(path, there))
        began = time.monotonic()
        process.start()
        there.close()
        try:
            told: tuple[int, str, str, float] = here.recv() if here.poll(LIMIT_SEC) else (0, "", "hangs", 0.0)
        except EOFError:
            process.join()
            told = 0, "", f"crashes, exit code {process.exitcode}", 0.0
        finally:
            process.kill()
            process.join()
            here.close()
        n_samples, sentence, fault, peak_mib = told
        return Reading(path.name, n_samples, sentence, fault, time.monotonic() - began, peak_mib)

    with ThreadPoolExecutor(n_workers) as pool:
        yield from pool.map(read, paths)


def _read(path: Path, answer: Connection) -> None:
    """In the process of the file."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_BYTES, ADDRESS_BYTES))
    n_samples, sentence, fault = 0, "", ""
    try:
        n_samples = asyncio.run(_read_whole(path))
    except TranscriptionError as error:
        sentence = str(error)
        if not is_sentence(sentence):
            fault = f"no sentence: {sentence}"
    except BaseException:
        fault = traceback.format_exc()
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if not fault and peak_mib > LIMIT_MIB:
        fault = f"takes {peak_mib:.0f} MiB"
    answer.send((n_samples, sentence, fault, peak_mib))


async def _read_whole(path: Path) -> int:
    """Read as listening does; gives the number of samples."""
    recording = open_recording(path, SAMPLE_RATE)
    for first in range(0, recording.n_samples, HOP_SEC * SAMPLE_RATE):
        last = min(first + SLICE_SEC * SAMPLE_RATE, recording.n_samples)
        samples = await recording.read(first, last)
        check_finite(samples)
        if len(samples) != last - first:
            raise ValueError(f"{len(samples)} samples of {first} to {last}")
    return recording.n_samples


def is_sentence(text: str) -> bool:
    """One sentence that a person may read."""
    return text.endswith(".") and text.count(". ") == 0 and "\n" not in text and len(text) < SENTENCE_LETTERS


NO_NUMBERS = "Some samples are not numbers, which listening refuses."  # `ottava.listening.audio.check_finite`
# `explain` is what the page says of an error; it has a detail where the program is at fault.
READ_IN_PAGE = """([sample_rate, slice_sec, hop_sec, no_numbers]) => {
  delete document.body.dataset.outcome;
  const file = document.querySelector("#hand").files[0];
  const read = async () => {
    const { openRecording } = await import("./audio.js");
    const recording = await openRecording(file, new AbortController().signal);
    const { n_samples } = recording;
    try {
      for (let first = 0; first < n_samples; first += hop_sec * sample_rate) {
        const last = Math.min(first + slice_sec * sample_rate, n_samples);
        const samples = await recording.read(first, last);
        if (samples.length !== last - first) throw new Error(`${samples.length} samples of ${first} to ${last}`);
        if (!samples.every(Number.isFinite)) return { n_samples, sentence: no_numbers, detail: "" };
      }
    } finally {
      recording.close();
    }
    return { n_samples, sentence: "", detail: recording.findWarnings().includes("") ? "an empty warning" : "" };
  };
  const explain = async (error) => ({ n_samples: 0, ...(await import("./make-piece.js")).explain(error) });
  read().catch(explain).then((outcome) => {
    document.body.dataset.outcome = JSON.stringify(outcome);
  });
}"""

# The page slices from ten minutes and two megabytes on.
SLICED = re.compile(r"\b(SLICED_SEC|SLICED_BYTES)\s*=\s*[\d_e]+")


def slice_always(page: Page) -> None:
    """Have a page read also short recordings in slices; to be called before it is loaded, without service workers."""

    def shorten(route: Route) -> None:
        # As written: in what is built, constants have no names.
        body, n_changed = SLICED.subn(r"\1=0", (ROOT / "web" / "audio.js").read_text("utf-8"))
        assert n_changed == 2, "audio.js has other constants"
        route.fulfill(response=route.fetch(), body=body)

    page.route("**/audio.js", shorten)


def open_in_page(page: Page, path: Path) -> Reading:
    """Read a file to its end with the page's own modules."""
    page.evaluate(
        """() => {
          document.querySelector("#hand")?.remove();
          document.body.append(Object.assign(document.createElement("input"), { type: "file", id: "hand" }));
        }"""
    )
    page.set_input_files("#hand", path)
    began = time.monotonic()
    page.evaluate(READ_IN_PAGE, [SAMPLE_RATE, SLICE_SEC, HOP_SEC, NO_NUMBERS])
    try:
        page.wait_for_selector("body[data-outcome]", state="attached", timeout=1000 * LIMIT_SEC)
    except TimeoutError:
        return Reading(path.name, 0, "", "hangs", time.monotonic() - began, 0.0)
    told = json.loads(page.evaluate("document.body.dataset.outcome"))
    sentence, fault = told["sentence"], told["detail"]
    if not fault and sentence and not is_sentence(sentence):
        fault = f"no sentence: {sentence}"
    return Reading(path.name, told["n_samples"], sentence, fault, time.monotonic() - began, 0.0)
