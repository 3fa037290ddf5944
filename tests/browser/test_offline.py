"""The page as an installed program: on a plain host, without any, and with files that others hand over."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from threading import Thread
from typing import Any

from playwright.sync_api import Browser, BrowserType, Page, expect

from bench.page.transfer import measure_first_visit
from build.serve import ADDRESS, SiteServer
from tests.browser.conftest import CHROMIUM_ARGUMENTS
from tests.browser.visitor import EXAMPLE_MIDI, ROOT, Ottava, keep_offline

MOST_BYTES = 43_000_000

# As a system posts to the share target of an installed page.
SHARE = """([name, bytes]) => {
  const form = document.createElement("form");
  Object.assign(form, { action: "share", method: "post", enctype: "multipart/form-data" });
  const input = Object.assign(document.createElement("input"), { type: "file", name: "files", multiple: true });
  const files = new DataTransfer();
  files.items.add(new File([new Uint8Array(bytes)], name));
  input.files = files.files;
  form.append(input);
  document.body.append(form);
  form.submit();
}"""

# A system that opens a file with the installed page: it is handed to whoever asks for it, once.
LAUNCH = """
  Object.defineProperty(globalThis, "launchQueue", { value: {
    setConsumer(take) {
      const getFile = async () => new File([await (await fetch("/handed.mid")).arrayBuffer()], "handed over.mid");
      take({ files: [{ name: "handed over.mid", getFile }] });
    },
  } });
"""


class BareHandler(SimpleHTTPRequestHandler):
    """A host of static files as Python has it: no header of ours."""

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextmanager
def open_bare_host(folder: Path) -> Iterator[tuple[str, SiteServer]]:
    """Serve a folder."""
    with SiteServer((ADDRESS, 0), partial(BareHandler, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{ADDRESS}:{server.server_port}", server
        server.shutdown()


def write_score(page: Page) -> None:
    """Open the MIDI file of the example and wait for its score."""
    ottava = Ottava(page)
    ottava.drop(EXAMPLE_MIDI)
    assert ottava.wait() == ""
    expect(page.locator("score-view g.note").first).to_be_visible()


def test_below_a_path_of_a_plain_host_and_without_it(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "ottava").symlink_to(ROOT / "dist")
    context = browser.new_context()
    page = context.new_page()
    with open_bare_host(tmp_path) as (address, server):
        page.goto(f"{address}/ottava/")
        expect(page.locator("#keep-offline")).to_be_visible(timeout=60_000)
        assert page.evaluate("crossOriginIsolated")
        write_score(page)
        page.get_by_role("button", name="New recording").click()
        keep_offline(page)
        page.get_by_text("About this device").click()
        expect(page.locator("#about dl")).to_contain_text("2 threads")
        server.shutdown()
        server.server_close()
    page.goto(f"{address}/ottava/")
    assert page.evaluate("crossOriginIsolated")
    expect(page.locator("#offline")).to_have_text("Works offline")
    write_score(page)
    # Also what nobody has heard yet.
    assert page.evaluate("fetch('samples/60.mp3').then((response) => response.ok)")
    context.close()


def test_first_visit_is_light(browser: Browser) -> None:
    sent = measure_first_visit(browser, ROOT / "dist")
    assert sent["models/transkun-core.bin"] > 10_000_000
    assert sent.total() < MOST_BYTES


def test_can_be_installed(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], site: str, tmp_path: Path
) -> None:
    options = browser_type_launch_args | {"args": CHROMIUM_ARGUMENTS}
    context = browser_type.launch_persistent_context(str(tmp_path), **options)  # a private window installs nothing
    page = context.new_page()
    page.goto(site)
    session = context.new_cdp_session(page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    expect(page.locator("#keep-offline")).to_be_visible(timeout=60_000)
    assert session.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
    described = json.loads(manifest["data"])
    for icon in described["icons"]:
        size = "(src) => { const image = new Image(); image.src = src; return image.decode().then(() => image.width); }"
        assert icon["sizes"] in ("any", "{0}x{0}".format(page.evaluate(size, icon["src"])))
    context.close()


def test_file_that_is_shared_is_opened(browser: Browser, site: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(site)
    expect(page.locator("#keep-offline")).to_be_visible(timeout=60_000)
    page.evaluate(SHARE, ["Für Elise.mid", list(EXAMPLE_MIDI.read_bytes())])
    expect(page.locator(".score-title")).to_have_text("Für Elise", timeout=90_000)
    assert "#shared" not in page.url
    assert not page.evaluate("caches.has('ottava-shared')")
    context.close()


def test_file_that_is_shared_and_finds_no_room_is_told(browser: Browser, site: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(site)
    expect(page.locator("#keep-offline")).to_be_visible(timeout=60_000)
    origin = page.evaluate("location.origin")
    context.new_cdp_session(page).send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": 1})
    page.evaluate(SHARE, ["Für Elise.mid", list(EXAMPLE_MIDI.read_bytes())])
    expect(page.locator("#problem-text")).to_contain_text("free some storage, or choose the file here", timeout=60_000)
    assert "#shared" not in page.url
    context.close()


def test_the_browser_is_asked_not_to_clear_what_is_kept(browser: Browser, site: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script("StorageManager.prototype.persist = async () => (globalThis.isAsked = true);")
    page.goto(site)
    expect(page.locator("#keep-offline")).to_be_visible(timeout=60_000)
    assert not page.evaluate("globalThis.isAsked")
    page.locator("#keep-offline").click()
    assert page.evaluate("isAsked")
    context.close()


def test_file_that_is_opened_with_the_page_is_opened(browser: Browser, site: str) -> None:
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    page.route("**/handed.mid", lambda route: route.fulfill(body=EXAMPLE_MIDI.read_bytes()))
    page.add_init_script(LAUNCH)
    page.goto(site)
    expect(page.locator(".score-title")).to_have_text("Handed over", timeout=90_000)
    context.close()


def test_what_is_shared_and_is_no_music_is_told(browser: Browser, site: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(site)
    expect(page.locator("#keep-offline")).to_be_visible(timeout=60_000)
    page.evaluate(SHARE, ["<b>.mp3", []])
    expect(page.locator("#problem-text")).to_have_text("This file is empty.", timeout=60_000)
    context.close()
