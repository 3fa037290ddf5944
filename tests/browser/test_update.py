"""A new version of the site: kept beside the old one, and used when the last tab of the old one is closed."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, expect

from build.serve import open_server
from build.site import list_files
from tests.browser.visitor import ROOT

OLD, NEW = "Play it. Read it.", "Something newer"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The site without what Python and the models need: enough for everything but a transcription."""
    site = tmp_path / "site"
    shutil.copytree(ROOT / "dist", site, ignore=shutil.ignore_patterns("python", "models", "vendor"))
    write_list(site)
    return site


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    """A server on that site."""
    with open_server(folder, 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def write_list(site: Path) -> None:
    """Write files.json anew."""
    (site / "files.json").write_text(json.dumps(list_files(site)), "utf-8")


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
    is_waiting = "navigator.serviceWorker.getRegistration().then((registration) => Boolean(registration.waiting))"
    while not page.evaluate(is_waiting):
        page.wait_for_timeout(50)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(OLD)

    page.close()
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text(NEW)
    expect(page.locator("#offline")).to_have_text("Works offline")
    assert page.evaluate("caches.keys().then((names) => names.length)") == 1
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
