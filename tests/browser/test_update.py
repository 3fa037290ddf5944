"""A new version of the site: kept beside the old one, and used when the last tab of the old one is closed."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect

from build.serve import open_server
from build.site import list_files
from tests.browser.visitor import ROOT

IS_WAITING = "navigator.serviceWorker.getRegistration().then((registration) => Boolean(registration.waiting))"
OLD, NEW = "Play it. Read it.", "Something newer"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The site without what Python, the models, the engraver and the piano need: enough for everything but a score."""
    site = tmp_path / "site"
    large = ("python", "models", "samples", "pyodide", "litert", "verovio", "mediabunny")
    shutil.copytree(ROOT / "dist", site, ignore=shutil.ignore_patterns(*large))
    write_list(site)
    return site


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    """A server on that site."""
    with open_server(folder, 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def write_list(site: Path, *optional: str) -> None:
    """Write files.json anew."""
    (site / "files.json").write_text(json.dumps(list_files(site, optional)), "utf-8")


def wait_until(page: Page, condition: str) -> None:
    """Wait for a promise of true; the policy forbids the test tool's own way."""
    for _ in range(600):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise TimeoutError(condition)


def test_new_version_waits_and_then_replaces_the_old_one(browser: Browser, folder: Path, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    expect(page.locator("#offline")).to_have_text("Works offline")

    index = folder / "index.html"
    index.write_text(index.read_text("utf-8").replace(OLD, NEW), "utf-8")
    write_list(folder)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(OLD)
    wait_until(page, IS_WAITING)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(OLD)

    page.close()
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text(NEW)
    expect(page.locator("#offline")).to_have_text("Works offline")
    assert page.evaluate("caches.keys().then((names) => names.length)") == 1
    context.close()


def test_models_are_left_to_those_who_keep_them(browser: Browser, folder: Path, address: str) -> None:
    """Neither kept, nor missing, nor answered; and what is in their own cache outlives a version."""
    models = folder / "models" / "rhythm"
    models.mkdir(parents=True)
    (models / "values.bin").write_bytes(b"weights")
    write_list(folder)
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    expect(page.locator("#offline")).to_have_text("Works offline")
    part = "fetch('models/rhythm/values.bin').then((response) => response.text())"
    assert page.evaluate(part) == "weights"
    assert not page.evaluate("caches.match('models/rhythm/values.bin').then(Boolean)")
    page.evaluate("caches.open('ottava-models').then((cache) => cache.put('models/1-0', new Response('weights')))")

    (folder / "extra.bin").write_bytes(b"new")
    write_list(folder)
    page.reload()
    wait_until(page, IS_WAITING)
    page.close()
    page = context.new_page()
    page.goto(address)
    wait_until(page, "caches.match('extra.bin').then(Boolean)")
    wait_until(page, "caches.keys().then((names) => names.length === 2)")
    assert page.evaluate("caches.match('models/1-0').then((response) => response.text())") == "weights"
    context.close()


def test_damaged_file_is_not_kept(browser: Browser, folder: Path, address: str) -> None:
    """What the server sends must be what the list says."""
    (folder / "style.css").write_text("body { color: red }", "utf-8")
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    expect(page.locator("#offline")).to_contain_text("Saving for offline use")
    page.wait_for_timeout(1000)
    assert page.evaluate("caches.match('index.html').then(Boolean)")
    assert not page.evaluate("caches.match('style.css').then(Boolean)")
    expect(page.locator("#offline")).not_to_have_text("Works offline")
    context.close()


def test_optional_file_is_kept_once_it_was_asked_for(browser: Browser, folder: Path, address: str) -> None:
    """Also by the version after that one, in which it is another file."""
    extra = folder / "extra.bin"
    extra.write_bytes(b"weights")
    write_list(folder, "extra.bin")
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    expect(page.locator("#offline")).to_have_text("Works offline")
    assert not page.evaluate("caches.match('extra.bin').then(Boolean)")
    assert page.evaluate("fetch('extra.bin').then((response) => response.text())") == "weights"
    wait_until(page, "caches.match('extra.bin').then(Boolean)")

    modified = extra.stat().st_mtime
    extra.write_bytes(b"better weights")
    os.utime(extra, (modified, modified))  # both in one second: to the browser's own cache it is unchanged
    write_list(folder, "extra.bin")
    page.reload()
    wait_until(page, IS_WAITING)
    page.close()
    page = context.new_page()
    page.goto(address)
    expect(page.locator("#offline")).to_have_text("Works offline")
    kept = "caches.match('extra.bin').then((response) => response.text())"
    assert page.evaluate(kept) == "better weights"
    context.close()
