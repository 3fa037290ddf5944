"""The site in a real Chromium: a server on ``dist/``, the browser, and a recording made on the spot.

How a test gets a page cheaply: tests/conftest.py.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, expect

from tests.browser.visitor import CLIP_SEC, EXAMPLE_MP3, SAMPLE_RATE, read_recording, serve_site, write_wav

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's Chromium instead of one that the test tool downloads."""
    chromium = os.environ.get("OTTAVA_CHROMIUM", "/usr/bin/chromium")
    if Path(chromium).exists():
        browser_type_launch_args["executable_path"] = chromium
    return browser_type_launch_args | {"args": CHROMIUM_ARGUMENTS}


@pytest.fixture(scope="module")
def browser(launch_browser: Callable[[], Browser]) -> Iterator[Browser]:
    """A browser of its own for each file.

    One for all drew no more frames after a quarter of an hour, now and then: what waits for a frame (a press, a new
    width) then waits for ever (docs/notes.md, "Known now").
    """
    browser = launch_browser()
    yield browser
    browser.close()


@pytest.fixture(scope="session", autouse=True)
def patience() -> None:
    """Give what is expected time to come on a busy machine."""
    expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The address of the site, with a host that sends every header."""
    with serve_site() as (address, _):
        yield address


@pytest.fixture(scope="session")
def example() -> NDArray[np.float32]:
    """The samples of the bundled example."""
    return read_recording(EXAMPLE_MP3)


@pytest.fixture(scope="session")
def clip(example: NDArray[np.float32], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The beginning of the bundled example as wav."""
    path = tmp_path_factory.mktemp("clip") / "minuet_beginning.wav"
    return write_wav(path, example[: round(CLIP_SEC * SAMPLE_RATE)])
