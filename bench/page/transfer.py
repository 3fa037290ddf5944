"""What a first visit costs: bytes that the server sends until the first score, by part.

    python -m bench.page.transfer

A Chromium that was never here opens the page and writes the score of the example. Counted where it is sent, with
headers: so nothing that a page, a worker or the service worker asks for is missed, or counted that came from a cache.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

from playwright.sync_api import Browser, Page

from bench.page.chromium import open_browser
from bench.report import ROOT, describe_run, replace_section
from build.serve import ADDRESS, SiteHandler, SiteServer

WRITTEN_MS = 240_000
PARTS = {
    "models/": "models",
    "vendor/pyodide/": "Python",
    "python/": "Python",
    "vendor/litert/": "LiteRT",
    "vendor/verovio/": "Verovio",
    "vendor/mediabunny/": "reader of long files",
    "samples/": "piano",
    "examples/": "the example",
}
REST = "page"


class _CountedFile:
    """What a server writes to, counted under a name that may change."""

    def __init__(self, file: Any, count: Any) -> None:
        self._file = file
        self._count = count

    def write(self, content: bytes) -> int:
        self._count(len(content))
        return int(self._file.write(content))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class CountingHandler(SiteHandler):
    """The site, by a server that counts what it sends of each file."""

    def __init__(self, sent: Counter[str], *arguments: Any, **options: Any) -> None:
        self._sent = sent
        super().__init__(*arguments, **options)

    def setup(self) -> None:
        """Count what is written."""
        super().setup()
        self.wfile = _CountedFile(self.wfile, self._count)  # type: ignore[assignment]

    def _count(self, n_bytes: int) -> None:
        self._sent[self.path.lstrip("/").partition("?")[0]] += n_bytes


@contextmanager
def count_sent(site: Path) -> Iterator[tuple[str, Counter[str]]]:
    """Serve a site; gives its address and the bytes sent of each path so far."""
    sent: Counter[str] = Counter()
    with SiteServer((ADDRESS, 0), partial(CountingHandler, sent, directory=str(site))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{ADDRESS}:{server.server_port}/", sent
        server.shutdown()


def measure_first_visit(browser: Browser, site: Path) -> Counter[str]:
    """Bytes of each path until the score of the example stands there and nothing more comes."""
    with count_sent(site) as (address, sent):
        page = browser.new_page()
        page.goto(address)
        page.get_by_role("button", name="Try an example").click()
        page.wait_for_selector("#problem:not([hidden]), score-view svg", timeout=WRITTEN_MS)
        if problem := page.locator("#problem-text").text_content():
            raise RuntimeError(problem)
        wait_for_silence(page, sent)
        page.context.close()
    return sent


def wait_for_silence(page: Page, sent: Counter[str]) -> None:
    """Wait until the service worker has all of the page, too."""
    n_before = -1
    while sent.total() != n_before:
        n_before = sent.total()
        page.wait_for_timeout(3000)


def name_part(path: str) -> str:
    """Name the part that a file belongs to."""
    return next((part for beginning, part in PARTS.items() if path.startswith(beginning)), REST)


def main() -> int:
    """Measure and write a section."""
    with open_browser() as (browser, _):
        began = time.monotonic()
        sent = measure_first_visit(browser, ROOT / "dist")
        print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
    parts: Counter[str] = Counter()
    for path, n_bytes in sent.items():
        parts[name_part(path)] += n_bytes
    rows = [f"| {part} | {n_bytes / 1e6:.2f} |" for part, n_bytes in parts.most_common()]
    section = "\n".join(
        [
            "## First visit",
            "",
            describe_run(),
            "",
            "What the server sends, brotli where that gains, until the score of the example is there and the service",
            "worker has the whole page.",
            "",
            "| part | MB |",
            "|---|--:|",
            *rows,
            f"| all | {sent.total() / 1e6:.2f} |",
            "",
            f"The largest, in MB: {', '.join(f'{path} {n / 1e6:.2f}' for path, n in sent.most_common(8))}.",
            "Not needed for this score, but kept with the page: the reader of long files and the other language.",
            "",
        ]
    )
    replace_section(section)
    print(section)
    return 0


if __name__ == "__main__":
    sys.exit(main())
