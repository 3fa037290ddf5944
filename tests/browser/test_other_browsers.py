"""Firefox and WebKit: the page loads without an error, and a file becomes a score that is kept."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.drivers import Driver, drive_firefox, drive_webkit
from tests.browser.visitor import EXAMPLE_MIDI

COUNT_NOTES = "return document.querySelectorAll('score-view g.note').length"
READ = "return document.querySelector('{}')?.textContent ?? ''"
PRESS = "document.querySelector('{}').click()"
IS_DONE = """
  const is_busy = document.querySelector("#result").hasAttribute("aria-busy");
  const is_drawn = !is_busy && document.querySelector("score-view g.note") !== null;
  return is_drawn || document.querySelector("#problem-text").textContent !== "" """
CHOOSE_NOTE = """
  const pages = document.querySelector(".score-pages");
  pages.focus();
  pages.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true, cancelable: true }));
  return !document.querySelector("note-bar").hidden"""
LISTEN_FOR_ERRORS = """
  window.errors = [];
  addEventListener("error", ({ message }) => window.errors.push(message));
  addEventListener("unhandledrejection", ({ reason }) => window.errors.push(String(reason)))"""
FIND_MENU = """
  scrollTo(0, 0);
  document.querySelector("#save").click();
  const { left, right, top, bottom, height } = document.querySelector("#save-menu").getBoundingClientRect();
  document.querySelector("#save-menu").hidePopover();
  const is_inside = left >= 0 && right <= innerWidth && top >= 0 && bottom <= innerHeight;
  return is_inside && height > 100 ? "" : JSON.stringify({ left, right, top, bottom, innerWidth, innerHeight })"""


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Driver]:
    """Debian's Firefox."""
    with drive_firefox(tmp_path) as driver:
        yield driver


@pytest.fixture
def webkit() -> Iterator[Driver]:
    """Debian's WebKitGTK."""
    with drive_webkit() as driver:
        yield driver


def open_file(driver: Driver, site: str, path: Path) -> int:
    """Choose a file on the welcome view; gives the number of notes of its score."""
    driver.visit(site)
    driver.run(LISTEN_FOR_ERRORS)
    assert driver.run(READ.format("#choose")) == "Choose a recording"
    driver.wait_for("return document.querySelector('#setting').options.length")
    driver.choose_file("#file", path)
    driver.wait_for(IS_DONE)
    assert driver.run(READ.format("#problem-text")) == ""
    return int(driver.run(COUNT_NOTES))


def expect_kept(driver: Driver) -> None:
    """The page says that the piece is kept, and nothing has gone wrong so far."""
    driver.wait_for(READ.format("#keeping"), lambda text: text.startswith("Kept"))
    assert driver.run("return window.errors") == []


def come_back(driver: Driver, n_notes: int) -> None:
    """Load the page anew: the piece is there as it was, and in the list."""
    driver.reload()
    driver.wait_for(IS_DONE)
    assert driver.run(READ.format("#problem-text")) == ""
    assert driver.run(COUNT_NOTES) == n_notes
    driver.run(PRESS.format("#again"))
    driver.wait_for(READ.format("piece-row .piece-title"), lambda title: title == "Minuet")


def test_firefox_opens_corrects_and_keeps_a_piece(firefox: Driver, site: str) -> None:
    n_notes = open_file(firefox, site, EXAMPLE_MIDI)
    assert n_notes > 100
    assert "G major · 3/4" in firefox.run(READ.format("#facts"))
    assert firefox.wait_for(CHOOSE_NOTE)
    firefox.run(PRESS.format("[name=delete-note]"))
    firefox.wait_for(COUNT_NOTES, lambda n: n == n_notes - 1)
    firefox.run(PRESS.format("#undo"))
    firefox.wait_for(COUNT_NOTES, lambda n: n == n_notes)
    firefox.run(PRESS.format("#redo"))
    firefox.wait_for(COUNT_NOTES, lambda n: n == n_notes - 1)
    assert firefox.run(FIND_MENU) == ""
    expect_kept(firefox)
    come_back(firefox, n_notes - 1)


def test_webkit_opens_and_keeps_a_piece(webkit: Driver, site: str, tmp_path: Path) -> None:
    """Without the networks, for which it takes minutes here; and its driver never comes back from a reload."""
    path = tmp_path / "minuet.json"
    command = [sys.executable, "-m", "ottava", "notate", str(EXAMPLE_MIDI), "--beats", "dp", "-o", str(path)]
    subprocess.run(command, check=True)  # Playwright's loop runs in this process
    n_notes = open_file(webkit, site, path)
    assert n_notes > 100
    assert webkit.wait_for(CHOOSE_NOTE)
    assert webkit.run(FIND_MENU) == ""
    expect_kept(webkit)
