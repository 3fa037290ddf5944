"""A whole session, every request of it recorded: nothing goes elsewhere, nothing is kept that is not told."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, BrowserType, Page, expect

from build.policy import UNUSED, USED
from build.serve import SiteHandler, open_server
from tests.browser.conftest import CHROMIUM_ARGUMENTS
from tests.browser.visitor import ROOT, TRANSCRIBED_MS, Ottava, keep_offline, settle
from tests.browser.wire import Wire, find_port

LISTEN_TO_BREACHES = """
  addEventListener("securitypolicyviolation", (event) =>
    console.error(`breach of ${event.violatedDirective} by ${event.blockedURI} ${event.sourceFile}`));
  window.print = () => { document.body.dataset.printed = "yes"; };
"""

LOOK_INTO_STORAGE = """async () => {
  const list = async (folder, path) => {
    const names = [];
    for await (const [name, handle] of folder.entries()) {
      names.push(...(handle.kind === "directory" ? await list(handle, `${path}${name}/`) : [path + name]));
    }
    return names;
  };
  return {
    "Cache Storage": await caches.keys(),
    "IndexedDB": (await indexedDB.databases()).map(({ name }) => name),
    "file system of the page": await list(await navigator.storage.getDirectory(), ""),
    "localStorage": Object.keys(localStorage),
    "sessionStorage": Object.keys(sessionStorage),
    "cookies": document.cookie ? [document.cookie] : [],
  };
}"""


@dataclass
class Session:
    """What a visit has left behind."""

    origin: str
    wire: Wire
    asked: list[str] = field(default_factory=list)
    """Paths that the server was asked for, in order."""
    asked_while_listening: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    stored: dict[str, list[str]] = field(default_factory=dict)
    cookies: list[Any] = field(default_factory=list)
    features: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def session(
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, Any],
    clip: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Session]:
    """A visit from the first page to the last."""
    port, asked = find_port(), list[str]()
    arguments = [*CHROMIUM_ARGUMENTS, f"--remote-debugging-port={port}"]
    browser = browser_type.launch(**browser_type_launch_args | {"args": arguments})
    with pytest.MonkeyPatch.context() as patch, open_server(port=0) as server, Wire(port) as wire:
        patch.setattr(SiteHandler, "log_request", lambda self, *_: asked.append(self.path))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        session = Session(f"127.0.0.1:{server.server_port}", wire, asked)
        context = browser.new_context(accept_downloads=True)
        context.on("console", lambda line: session.complaints.append(line.text) if line.type != "log" else None)
        context.add_init_script(LISTEN_TO_BREACHES)
        visit(context, session, clip, tmp_path_factory.mktemp("saved"))
        wire.wait_until_quiet()
        server.shutdown()
    yield session
    browser.close()


def visit(context: BrowserContext, session: Session, clip: Path, folder: Path) -> None:
    """Do what a person does."""
    page = context.new_page()
    page.goto(f"http://{session.origin}/")
    keep_offline(page)
    ottava, n_before = Ottava(page), len(session.asked)
    ottava.drop(clip)
    assert ottava.wait() == ""
    session.asked_while_listening = session.asked[n_before:]
    session.features = set(page.evaluate("document.featurePolicy.allowedFeatures()"))

    ottava.press_note(2)
    page.get_by_role("button", name="Delete", exact=True).click()
    page.locator("#corrections summary").click()
    page.locator("corrections-panel").get_by_label("Composer").fill("Petzold")
    page.keyboard.press("Tab")
    settle(page)
    page.locator("transport-bar").get_by_role("button", name="Play", exact=True).click()
    expect(page.locator("transport-bar[data-state=playing]")).to_be_visible(timeout=60_000)
    page.keyboard.press("Space")
    for form in (
        "MusicXML",
        "MusicXML, compressed",
        "MIDI, as played",
        "SVG pages",
        "PNG of this page",
        "Ottava project",
    ):
        ottava.save(form, folder)
    page.get_by_role("button", name="Print", exact=True).click()
    expect(page.locator("body[data-printed]")).to_be_attached(timeout=60_000)
    for switch in ("#in-pages", "#tint", "#zoom-in", "#roll-fold > summary"):
        page.locator(switch).click()

    page.get_by_role("button", name="New recording").click()
    page.get_by_text("About this device").click()
    expect(page.locator("#about dd").first).to_be_visible()
    page.locator("piece-row").first.get_by_role("button", name=re.compile("Minuet")).first.click()
    expect(page.locator("score-view svg").first).to_be_visible(timeout=TRANSCRIBED_MS)
    expect(page.locator("#keeping")).not_to_be_empty()
    page.locator("#languages").get_by_role("button", name="Deutsch").click()
    expect(page.locator("html[lang=de]")).to_be_attached()
    expect(page.locator("score-view svg").first).to_be_visible(timeout=TRANSCRIBED_MS)
    settle(page)
    session.stored = look_into_storage(page)
    session.cookies = context.cookies()


def look_into_storage(page: Page) -> dict[str, list[str]]:
    """Name everything that the browser keeps for the page."""
    stored: dict[str, list[str]] = page.evaluate(LOOK_INTO_STORAGE)
    return stored


def read_told() -> set[tuple[str, str]]:
    """Place and name of everything that docs/privacy.md says is kept."""
    section = (
        (ROOT / "docs" / "privacy.md").read_text("utf-8").split("## What is kept on the device")[1].split("\n## ")[0]
    )
    rows = [line.split("|")[1:3] for line in section.splitlines() if line.startswith("| ")]
    return {(place.strip(), name) for place, names in rows for name in re.findall("`(.+?)`", names)}


def test_no_request_leaves_the_origin(session: Session) -> None:
    kinds = {sent.kind for sent in session.wire.requests}
    assert {"page", "worker", "service_worker"} <= kinds
    paths = {urlsplit(sent.url).path.rsplit("/", 1)[-1] for sent in session.wire.requests}
    # Of the page, the transcriber, the engraver, the service worker, the player.
    assert {"main.js", "models.json", "verovio-module.mjs", "minuet.mp3", "60.mp3", "messages-de.js"} <= paths
    ours = (f"http://{session.origin}/", "blob:", "data:")
    assert [sent for sent in session.wire.requests if not sent.url.startswith(ours)] == []


def test_a_kept_site_asks_for_nothing_while_it_listens(session: Session) -> None:
    """The first visit asked for the models; the recording then did not."""
    assert any(path.endswith(".bin") for path in session.asked)
    asked = [path for path in session.asked_while_listening if not path.startswith("/sw.js?")]
    assert asked == [], asked


def test_nothing_breaches_the_policy(session: Session) -> None:
    """No complaint of a page or a worker in a whole session."""
    assert session.complaints + session.wire.complaints == []


def test_no_cookies(session: Session) -> None:
    assert session.cookies == []


def test_nothing_is_kept_that_is_not_told(session: Session) -> None:
    told = read_told()
    patterns = [(place, re.escape(name).replace(re.escape("..."), "[^/]+")) for place, name in told]
    untold = [
        (place, name)
        for place, names in session.stored.items()
        for name in names
        if not any(place == where and re.fullmatch(pattern, name) for where, pattern in patterns)
    ]
    assert untold == []
    for place in ("Cache Storage", "IndexedDB", "file system of the page", "localStorage"):
        assert session.stored[place], place


def test_browser_offers_no_more_than_is_used(session: Session) -> None:
    assert session.features >= set(USED)
    assert not session.features & set(UNUSED)
