"""A new version of the site: kept beside the old one, and used when its last tab is closed or a person wants it."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from build.serve import ADDRESS, SiteHandler, SiteServer, open_server
from build.site import list_files
from tests.browser.visitor import EXAMPLE_MIDI, ROOT, Ottava, keep_offline

IS_WAITING = "navigator.serviceWorker.getRegistration().then((registration) => Boolean(registration.waiting))"
OLD, NEW, NEWEST = "Play it. Read it.", "Something newer", "Something newer still"

# Of each version that has a cache, what is kept of it: path and SHA-256.
KEPT = """async () => {
  const versions = [];
  for (const name of (await caches.keys()).filter((name) => /^ottava-[0-9a-f]{16}$/.test(name))) {
    const cache = await caches.open(name);
    const files = {};
    for (const { url } of await cache.keys()) {
      const bytes = await (await cache.match(url)).arrayBuffer();
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
      files[new URL(url).pathname.slice(1)] = hex;
    }
    versions.push(files);
  }
  return versions;
}"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The site without what Python, the engraver and the piano need, and with tiny models: enough but for a score."""
    site = tmp_path / "site"
    large = ("python", "*.bin", "samples", "pyodide", "litert", "verovio", "mediabunny", "*.br", "*.gz")
    shutil.copytree(ROOT / "dist", site, ignore=shutil.ignore_patterns(*large))
    write_models(site)
    write_list(site)
    return site


def write_models(site: Path) -> None:
    """Write a small file for each that models.json names, and models.json anew."""
    models = json.loads((site / "models" / "models.json").read_text("utf-8"))
    for graph in [graph for model in [*models["models"], models["rhythm"]] for graph in model["graphs"].values()]:
        content = f"weights of {graph['file']}".encode()
        (site / "models" / graph["file"]).write_bytes(content)
        graph |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (site / "models" / "models.json").write_text(json.dumps(models), "utf-8")


def write_version(site: Path, headline: str) -> None:
    """Make another version of the site: each module and the page differ."""
    for path in site.glob("*.js"):
        path.write_text(f"{path.read_text('utf-8')}\n// {headline}\n", "utf-8")
    for path in (site / "index.html", site / "messages-en.js"):
        path.write_text(path.read_text("utf-8").replace(OLD, headline).replace(NEW, headline), "utf-8")
    write_list(site)


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


def reopen(page: Page, address: str) -> Page:
    """Close the last tab and open the site again: again until the new version is in the old one's place.

    The browser puts it there a moment after the tab is gone; a tab that is quicker gets the old one once more.
    """
    for _ in range(10):
        context = page.context
        page.close()
        page = context.new_page()
        page.goto(address)
        if not page.evaluate(IS_WAITING):
            return page
        page.wait_for_timeout(500)
    raise TimeoutError("The new version waits for ever.")


def test_new_version_waits_and_then_replaces_the_old_one(browser: Browser, folder: Path, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    keep_offline(page)
    write_version(folder, NEW)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(OLD)
    wait_until(page, IS_WAITING)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(OLD)

    page = reopen(page, address)
    expect(page.get_by_role("heading", level=1)).to_have_text(NEW)
    expect(page.locator("#offline")).to_have_text("Works offline")
    assert page.evaluate(KEPT) == [read_hashes(folder)]
    expect(page.locator("#update")).to_be_empty()
    context.close()


def read_hashes(site: Path) -> dict[str, str]:
    """SHA-256 of each file that is kept of a site whose files all are."""
    files = json.loads((site / "files.json").read_text("utf-8"))["files"]
    hashes = {file["path"]: file["sha256"] for file in files if not file["path"].endswith(".bin")}
    return hashes | {"files.json": hashlib.sha256((site / "files.json").read_bytes()).hexdigest()}


def test_new_version_is_used_at_once_where_it_is_wanted(browser: Browser, folder: Path, address: str) -> None:
    """Not while another tab has the old one."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    keep_offline(page)
    other = context.new_page()
    other.goto(address)
    write_version(folder, NEW)
    page.reload()
    expect(page.locator("#update")).to_have_text("A new version is here. Use it now")
    page.get_by_role("button", name="Use it now").click()
    expect(page.locator("#update")).to_contain_text("Close Ottava’s other tabs first.")
    expect(page.get_by_role("heading", level=1)).to_have_text(OLD)
    other.close()
    page.get_by_role("button", name="Use it now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NEW)
    expect(page.locator("#offline")).to_have_text("Works offline")
    expect(page.locator("#update")).to_be_empty()
    assert page.evaluate(KEPT) == [read_hashes(folder)]
    context.close()


def test_new_version_asks_before_it_ends_work(browser: Browser, folder: Path, address: str) -> None:
    (folder / "worker.js").write_text("", "utf-8")  # whatever it is asked it works on for ever
    write_list(folder)
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    keep_offline(page)
    write_version(folder, NEW)
    page.reload()
    expect(page.locator("#update")).to_contain_text("A new version is here.")
    Ottava(page).drop(EXAMPLE_MIDI)
    expect(page.locator("#working")).to_be_visible()
    asked: list[str] = []

    def refuse(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.once("dialog", refuse)
    page.get_by_role("button", name="Use it now").click()
    assert [question.split("?")[0][-23:] for question in asked] == ["Use the new version now"]
    page.wait_for_timeout(500)
    expect(page.locator("#working")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept() if dialog.type == "confirm" else refuse(dialog))
    page.get_by_role("button", name="Use it now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NEW)
    assert len(asked) == 1
    context.close()


class MovingHandler(SiteHandler):
    """A host that puts another version in the place of the site when a certain file is asked for."""

    def __init__(self, moves: dict[str, str], *arguments: Any, **options: Any) -> None:
        self.moves = moves
        super().__init__(*arguments, **options)

    def do_GET(self) -> None:  # noqa: N802
        """Move on first."""
        headline = self.moves.pop(self.path.lstrip("/"), None)
        if headline:
            write_version(Path(self.directory), headline)
        super().do_GET()


@pytest.fixture
def moves() -> dict[str, str]:
    """Path of the file and headline of the version that comes then."""
    return {}


@pytest.fixture
def moving_address(folder: Path, moves: dict[str, str]) -> Iterator[str]:
    """That host."""
    with SiteServer((ADDRESS, 0), partial(MovingHandler, moves, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{ADDRESS}:{server.server_port}/"
        server.shutdown()


def test_host_that_moves_on_while_the_first_version_is_kept(
    browser: Browser, folder: Path, moving_address: str, moves: dict[str, str]
) -> None:
    """What is kept, and what the page gets, is of one version; and the new one can be had."""
    first = read_hashes(folder)
    moves["recorder.js"] = NEW  # only the filling asks for it, with half of the files to come
    context = browser.new_context()
    page = context.new_page()
    page.goto(moving_address)
    page.locator("#keep-offline").click()
    expect(page.locator("#offline-text")).to_contain_text("Not everything could be saved")
    assert not moves
    (kept,) = page.evaluate(KEPT)
    assert {path for path in kept if kept[path] != first[path]} == set()
    missing = sorted({path.name for path in folder.glob("*.js")} & set(first) - set(kept))
    assert missing
    ask = "(path) => fetch(path).then((response) => response.text(), () => 'refused')"
    assert {page.evaluate(ask, path) for path in missing} == {"refused"}

    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(NEW)  # from the host: half the old one is of no use
    with page.expect_navigation():
        page.get_by_role("button", name="Use it now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NEW)
    expect(page.locator("#offline")).to_have_text("Works offline")
    assert page.evaluate(KEPT) == [read_hashes(folder)]
    context.close()


def test_host_that_moves_on_while_a_new_version_is_kept(
    browser: Browser, folder: Path, moving_address: str, moves: dict[str, str]
) -> None:
    """Half a version is never offered; the next visit finds the newest."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(moving_address)
    keep_offline(page)
    old = read_hashes(folder)
    write_version(folder, NEW)
    moves["recorder.js"] = NEWEST
    page.reload()
    wait_until(page, "navigator.serviceWorker.getRegistration().then(({ installing }) => Boolean(installing))")
    wait_until(page, "navigator.serviceWorker.getRegistration().then(({ installing }) => !installing)")
    assert not moves
    assert not page.evaluate(IS_WAITING)
    expect(page.locator("#update")).to_be_empty()
    assert old in page.evaluate(KEPT)

    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(OLD)
    page.get_by_role("button", name="Use it now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NEWEST)
    assert page.evaluate(KEPT) == [read_hashes(folder)]
    context.close()


def test_models_are_left_to_those_who_keep_them(browser: Browser, folder: Path, address: str) -> None:
    """Neither kept, nor missing, nor answered; and what is in their own cache outlives a version."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    keep_offline(page)
    part = "fetch('models/rhythm/values.bin').then((response) => response.text())"
    assert page.evaluate(part) == "weights of rhythm/values.bin"
    assert not page.evaluate("caches.match('models/rhythm/values.bin').then(Boolean)")
    page.evaluate("caches.open('ottava-models').then((cache) => cache.put('models/1-0', new Response('weights')))")

    (folder / "extra.bin").write_bytes(b"new")
    write_list(folder)
    page.reload()
    wait_until(page, IS_WAITING)
    page = reopen(page, address)
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
    page.locator("#keep-offline").click()
    expect(page.locator("#offline")).to_contain_text("Not everything could be saved: check the connection")
    expect(page.locator("#keep-offline")).to_be_visible()
    assert page.evaluate("caches.match('index.html').then(Boolean)")
    assert not page.evaluate("caches.match('style.css').then(Boolean)")
    context.close()


def test_optional_file_is_kept_once_it_was_asked_for(browser: Browser, folder: Path, address: str) -> None:
    """Also by the version after that one, in which it is another file."""
    extra = folder / "extra.bin"
    extra.write_bytes(b"weights")
    write_list(folder, "extra.bin")
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    keep_offline(page)
    assert not page.evaluate("caches.match('extra.bin').then(Boolean)")
    assert page.evaluate("fetch('extra.bin').then((response) => response.text())") == "weights"
    wait_until(page, "caches.match('extra.bin').then(Boolean)")

    modified = extra.stat().st_mtime
    extra.write_bytes(b"better weights")
    os.utime(extra, (modified, modified))  # both in one second: to the browser's own cache it is unchanged
    write_list(folder, "extra.bin")
    page.reload()
    wait_until(page, IS_WAITING)
    page = reopen(page, address)
    expect(page.locator("#offline")).to_have_text("Works offline")
    kept = "caches.match('extra.bin').then((response) => response.text())"
    assert page.evaluate(kept) == "better weights"
    context.close()


# The disk flips a bit of a file that is kept.
SPOIL = """async (path) => {
  const [name] = (await caches.keys()).filter((name) => /^ottava-[0-9a-f]{16}$/.test(name));
  const cache = await caches.open(name);
  const response = await cache.match(path);
  const bytes = new Uint8Array(await response.arrayBuffer());
  bytes[0] ^= 1;
  await cache.put(path, new Response(bytes, { headers: response.headers }));
}"""


@pytest.mark.parametrize("path", ["index.html", "labels.js", "style.css", "files.json"])
def test_kept_file_that_was_spoilt_is_fetched_anew(browser: Browser, folder: Path, address: str, path: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    keep_offline(page)
    page.evaluate(SPOIL, path)
    assert page.evaluate(KEPT) != [read_hashes(folder)]
    session = context.new_cdp_session(page)
    session.send("ServiceWorker.enable")
    session.send("ServiceWorker.stopAllWorkers")  # it remembers the list
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(OLD)
    expect(page.locator("#offline")).to_have_text("Works offline")
    assert page.evaluate(KEPT) == [read_hashes(folder)]
    context.close()


@pytest.mark.parametrize("path", ["index.html", "labels.js"])
@pytest.mark.parametrize(
    ("locale", "kept", "sentence"),
    [
        ("en-GB", "Works offline", "Connect to the internet and open this page again"),
        ("de-DE", "Geht auch offline", "Bitte mit dem Internet verbinden"),
    ],
)
def test_kept_file_that_was_spoilt_is_told_without_a_network(
    browser: Browser, folder: Path, path: str, locale: str, kept: str, sentence: str
) -> None:
    context = browser.new_context(locale=locale)
    page = context.new_page()
    with open_server(folder, 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://{ADDRESS}:{server.server_port}/"
        page.goto(address)
        page.locator("#keep-offline").click(timeout=60_000)
        expect(page.locator("#offline")).to_have_text(kept)
        page.evaluate(SPOIL, path)
        server.shutdown()
    page.goto(address)
    expect(page.locator("body")).to_contain_text(sentence)
    assert page.get_by_role("button").count() == 0
    context.close()
