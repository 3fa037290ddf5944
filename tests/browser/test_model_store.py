"""The models on the device: downloads that go on, files that are checked, healed, shared and cleared away."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.model_host import N_BYTES, Host, open_host
from tests.browser.visitor import EXAMPLE_MIDI, ROOT, Ottava

BLOCK_BYTES = 2**20

# Gives what a page or a worker was told, and the hash of what it got.
FETCH = """async (graph) => {
  const { fetchGraph } = await import("./model-files.js");
  const told = { received: [], full: "", problem: "", sha256: "" };
  try {
    const listeners = { onReceived: (n) => told.received.push(n), onFull: (sentence) => { told.full = sentence; } };
    const content = await fetchGraph(graph, "listening model", listeners);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
    told.sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  } catch (error) {
    told.problem = error.message;
  }
  return told;
}"""
WORKER = f"onmessage = async ({{ data }}) => postMessage(await ({FETCH})(data));"
FETCH_IN_WORKERS = """([graph, n_workers]) => Promise.all(Array.from({ length: n_workers }, () => {
  const worker = new Worker("fetching.js", { type: "module" });
  (globalThis.workers ??= []).push(worker);
  worker.postMessage(graph);
  return new Promise((resolve) => worker.addEventListener("message", ({ data }) => resolve(data)));
}))"""
DOWNLOAD = """async ([path, n_bytes, n_present, options]) => {
  const { download } = await import("./download.js");
  const content = new Uint8Array(n_bytes);
  const places = [];
  const onArrived = (first, last) => { places.push([first, last]); };
  const url = new URL(path, location.href);
  return download(url, content, { n_present, onArrived, ...options }).then(() => places, ({ reason }) => reason);
}"""
KEPT = 'import("./model-store.js").then(({ measureKept }) => measureKept()).then((kept) => Object.fromEntries(kept))'
FLIP = """async (sha256) => {
  const name = `${sha256}-1`;
  const flip = (bytes) => bytes.map((byte, i) => (i === 1234 ? byte ^ 1 : byte));
  const folder = await (await navigator.storage.getDirectory?.())?.getDirectoryHandle("models").catch(() => null);
  if (folder) {
    const file = await folder.getFileHandle(name);
    const bytes = flip(new Uint8Array(await (await file.getFile()).arrayBuffer()));
    const writable = await file.createWritable();
    await writable.write(bytes);
    await writable.close();
    return "folder";
  }
  const cache = await caches.open("ottava-models");
  const { url } = (await cache.keys()).find((key) => key.url.endsWith(name));
  const response = await cache.match(url);
  const bytes = flip(new Uint8Array(await response.arrayBuffer()));
  await cache.put(url, new Response(bytes, { headers: response.headers }));
  return "cache";
}"""
NO_FOLDER = "delete StorageManager.prototype.getDirectory;"
FOLDER_FAILS = "StorageManager.prototype.getDirectory = () => Promise.reject(new DOMException('', 'SecurityError'));"
NO_WRITING = (
    "FileSystemFileHandle.prototype.createWritable = () => Promise.reject(new DOMException('', 'UnknownError'));"
)
NOTHING_AT_ALL = NO_FOLDER + "delete globalThis.caches;"

UNREACHABLE = "The listening model could not be loaded; check the connection and try again."
INCOMPLETE = "The listening model did not arrive completely; check the connection and try again."
DAMAGED = "The listening model on this device is damaged; connect to the network once and try again."
FULL = "The listening model could not be kept on this device and will be downloaded again: delete some of My pieces"


@pytest.fixture
def host() -> Iterator[Host]:
    """A host whose whims the test chooses."""
    with open_host() as opened:
        yield opened


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A visitor without a service worker, and with a worker that does nothing but fetch a file."""
    context = browser.new_context(service_workers="block")
    change_browser(context, "")
    yield context
    context.close()


def change_browser(context: BrowserContext, script: str) -> None:
    """Run a script before all others, on pages and in the worker."""
    headers = {"Content-Type": "text/javascript", "Cross-Origin-Embedder-Policy": "require-corp"}
    context.add_init_script(script)
    context.route("**/fetching.js", lambda route: route.fulfill(headers=headers, body=script + WORKER))


@pytest.fixture
def page(context: BrowserContext, host: Host) -> Page:
    """The visitor at the host."""
    return visit(context, host)


def visit(context: BrowserContext, host: Host) -> Page:
    """Not the page itself: it boots Python."""
    page = context.new_page()
    page.goto(f"{host.address}/parts.json")
    return page


def fetch(page: Page, graph: dict[str, object]) -> dict[str, Any]:
    told: dict[str, Any] = page.evaluate(FETCH, graph)
    return told


def expect_right(told: dict[str, Any], host: Host) -> None:
    """The bytes are the ones, nobody complained, and progress counted each byte once."""
    assert told["sha256"] == host.graph["sha256"], told["problem"]
    assert told["full"] == ""
    assert sum(told["received"]) == N_BYTES
    assert min(told["received"]) > 0


def test_a_broken_download_goes_on_where_it_broke(page: Page, host: Host) -> None:
    host.breaks = [1_300_000, 900_000]
    expect_right(fetch(page, host.graph), host)
    assert host.asked == ["", "bytes=1300000-", "bytes=2200000-"]


def test_one_that_comes_no_further_is_told_and_the_next_try_goes_on(page: Page, host: Host) -> None:
    host.breaks = [1_300_000, 0, 0, 0]
    assert fetch(page, host.graph)["problem"] == INCOMPLETE
    told = fetch(page, host.graph)
    assert told["sha256"] == host.graph["sha256"], told["problem"]
    assert host.asked[-1] == f"bytes={BLOCK_BYTES}-"


def test_what_is_kept_is_not_asked_for(page: Page, host: Host) -> None:
    fetch(page, host.graph)
    expect_right(fetch(page, host.graph), host)
    (told,) = page.evaluate(FETCH_IN_WORKERS, [host.graph, 1])
    expect_right(told, host)
    assert host.asked == [""]


def test_a_worker_that_is_ended_leaves_its_part(page: Page, host: Host) -> None:
    host.breaks, host.stalls = [2 * BLOCK_BYTES + 5], True
    page.evaluate(f"([...given]) => void ({FETCH_IN_WORKERS})(given)", [host.graph, 1])
    for _ in range(100):
        if page.evaluate(KEPT).get(host.graph["sha256"]) == 2 * BLOCK_BYTES:
            break
        page.wait_for_timeout(50)
    page.evaluate("workers.forEach((worker) => worker.terminate())")
    expect_right(fetch(page, host.graph), host)
    assert host.asked == ["", f"bytes={2 * BLOCK_BYTES}-"]


def test_a_host_that_knows_no_ranges_sends_all_again(page: Page, host: Host) -> None:
    host.knows_ranges = False
    host.breaks = [2_600_000]
    expect_right(fetch(page, host.graph), host)
    assert host.asked == ["", "bytes=2600000-"]
    expect_right(fetch(page, host.graph), host)
    assert len(host.asked) == 2  # blocks of the first answer and of the second fit together


@pytest.mark.parametrize("content_range", ["bytes 0-{last}/{total}", "bytes {first}-{last}/99", "nonsense"])
def test_another_part_than_was_asked_for_is_not_used(page: Page, host: Host, content_range: str) -> None:
    host.content_range = content_range
    host.breaks = [1_300_000]
    expect_right(fetch(page, host.graph), host)
    assert host.asked == ["", "bytes=1300000-", ""]


def test_it_gives_up_after_some_tries(page: Page, host: Host) -> None:
    options = {"waits_ms": [1, 1]}
    host.breaks = [0] * 9
    assert page.evaluate(DOWNLOAD, ["models/made.bin", N_BYTES, 0, options]) == "unreachable"
    assert len(host.asked) == 3
    host.breaks = [1000, 0, 1000, 0, 0]  # whoever gets on is patient
    assert page.evaluate(DOWNLOAD, ["models/made.bin", N_BYTES, 0, options]) == "incomplete"
    assert len(host.asked) == 8
    host.knows_ranges = False
    host.breaks = [2000, 1000, 2000, 1000, 2000]  # who begins anew each time gets on only beyond all before
    assert page.evaluate(DOWNLOAD, ["models/made.bin", N_BYTES, 0, options]) == "incomplete"
    assert len(host.asked) == 11
    host.breaks = []
    assert page.evaluate(DOWNLOAD, ["models/none.bin", N_BYTES, 0, options]) == "unreachable"
    assert page.evaluate(DOWNLOAD, ["models/made.bin", N_BYTES - 1, 0, options]) == "wrong"


def test_a_connection_that_brings_nothing_is_given_up(page: Page, host: Host) -> None:
    host.breaks, host.stalls = [1000, 0], True
    options = {"waits_ms": [1], "stall_ms": 300}
    assert page.evaluate(DOWNLOAD, ["models/made.bin", N_BYTES, 0, options]) == "incomplete"
    assert host.asked == ["", "bytes=1000-"]


def test_wrong_bytes_are_neither_used_nor_kept(page: Page, host: Host) -> None:
    graph = host.graph
    host.content = host.content[:-1] + bytes([host.content[-1] ^ 1])
    told = fetch(page, graph)
    assert told["problem"] == "The listening model arrived damaged; reload the page and try again."
    assert host.asked == [""]
    assert page.evaluate(KEPT) == {}


def test_a_wrong_part_is_replaced(page: Page, host: Host) -> None:
    host.breaks = [1_300_000]
    page.evaluate(FETCH_IN_WORKERS, [host.graph, 1])
    page.evaluate(FLIP, host.graph["sha256"])
    page.evaluate(
        """async (sha256) => {
      const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("models");
      await folder.removeEntry(`${sha256}-3`);
    }""",
        host.graph["sha256"],
    )
    expect_right(fetch(page, host.graph), host)
    assert host.asked[2:] == [f"bytes={3 * BLOCK_BYTES}-", ""]


@pytest.mark.parametrize(("shelf", "script"), [("folder", ""), ("cache", NO_FOLDER)])
def test_a_damaged_file_is_healed_or_named(context: BrowserContext, host: Host, shelf: str, script: str) -> None:
    change_browser(context, script)
    page = visit(context, host)
    fetch(page, host.graph)
    assert page.evaluate(FLIP, host.graph["sha256"]) == shelf
    context.set_offline(True)
    for _ in range(2):
        assert fetch(page, host.graph)["problem"] == DAMAGED
    context.set_offline(False)
    expect_right(fetch(page, host.graph), host)
    assert host.asked == ["", ""]
    context.set_offline(True)
    expect_right(fetch(page, host.graph), host)


def test_what_was_never_here_needs_the_network(page: Page, host: Host) -> None:
    page.evaluate("import('./model-files.js')")
    page.context.set_offline(True)
    assert fetch(page, host.graph)["problem"] == UNREACHABLE
    assert host.asked == []


@pytest.mark.parametrize("script", [NO_FOLDER, FOLDER_FAILS, NO_WRITING])
def test_the_cache_takes_what_the_folder_does_not(context: BrowserContext, host: Host, script: str) -> None:
    change_browser(context, script)
    page = visit(context, host)
    host.breaks = [1_300_000]
    (told,) = page.evaluate(FETCH_IN_WORKERS, [host.graph, 1])
    expect_right(told, host)
    expect_right(fetch(page, host.graph), host)
    assert host.asked == ["", "bytes=1300000-"]
    kept = page.evaluate("caches.open('ottava-models').then((cache) => cache.keys()).then((keys) => keys.length)")
    assert kept == -(-N_BYTES // BLOCK_BYTES)
    assert page.evaluate(KEPT) == {host.graph["sha256"]: N_BYTES}


def test_a_browser_that_keeps_nothing_gets_the_file(context: BrowserContext, host: Host) -> None:
    change_browser(context, NOTHING_AT_ALL)
    page = visit(context, host)
    host.breaks = [1_300_000]
    (told,) = page.evaluate(FETCH_IN_WORKERS, [host.graph, 1])
    expect_right(told, host)
    expect_right(fetch(page, host.graph), host)
    assert host.asked == ["", "bytes=1300000-", ""]


def test_old_browsers_without_locks_get_the_file(context: BrowserContext, host: Host) -> None:
    context.add_init_script("Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });")
    page = visit(context, host)
    for told in page.evaluate(f"(graph) => Promise.all([({FETCH})(graph), ({FETCH})(graph)])", host.graph):
        expect_right(told, host)
    expect_right(fetch(page, host.graph), host)
    assert host.asked == ["", ""]


def test_two_workers_and_two_tabs_share_one_download(context: BrowserContext, host: Host) -> None:
    pages = [visit(context, host) for _ in range(2)]
    start = f"(given) => {{ globalThis.told = ({FETCH_IN_WORKERS})(given); }}"
    host.breaks = [1_300_000]
    for page in pages:
        page.evaluate(start, [host.graph, 2])
    for page in pages:
        for told in page.evaluate("told"):
            expect_right(told, host)
    assert host.asked == ["", "bytes=1300000-"]


def test_where_there_is_no_room_the_file_is_used_all_the_same(page: Page, host: Host) -> None:
    protocol = page.context.new_cdp_session(page)
    protocol.send("Storage.overrideQuotaForOrigin", {"origin": host.address, "quotaSize": 2_500_000})
    told = fetch(page, host.graph)
    assert told["sha256"] == host.graph["sha256"]
    assert told["full"].startswith(FULL)
    assert page.evaluate(KEPT) == {}  # the room is left to pieces


def test_the_same_bytes_are_kept_once_and_old_ones_go(page: Page, host: Host) -> None:
    fetch(page, host.graph)
    old = dict(host.graph)
    expect_right(fetch(page, old | {"file": "other.bin"}), host)
    assert host.asked == [""]
    host.content = host.content[::-1]
    expect_right(fetch(page, host.graph | {"file": "other.bin"}), host)
    assert page.evaluate(KEPT) == {old["sha256"]: N_BYTES, host.graph["sha256"]: N_BYTES}
    models = {"models": [], "rhythm": {"graphs": {"made": host.graph}}}
    drop = "(text) => import('./kept-models.js').then(({ dropUnlisted }) => dropUnlisted(text))"
    page.evaluate(drop, json.dumps(models))
    assert page.evaluate(KEPT) == {host.graph["sha256"]: N_BYTES}
    expect_right(fetch(page, host.graph), host)
    assert len(host.asked) == 2


MEASURE = "import('./kept-models.js').then(({ measureMissing }) => measureMissing())"
KEEP = """async (is_broken_off) => {
  const { keepModels } = await import("./kept-models.js");
  const breaking = new AbortController();
  const progress = [];
  const onProgress = (n_here, n_bytes) => {
    progress.push([n_here, n_bytes]);
    if (is_broken_off && n_here > n_bytes / 2) breaking.abort();
  };
  return keepModels(onProgress, breaking.signal).then(() => progress, ({ name, message }) => `${name}: ${message}`);
}"""


def test_the_defaults_are_kept_ahead_and_used(browser: Browser, site: str) -> None:
    models = json.loads((ROOT / "models" / "models.json").read_text("utf-8"))
    graphs = models["models"][0]["graphs"]
    needed = [graphs[name] for name in ("places", "core", "score", "attributes")]
    n_bytes = sum(graph["bytes"] for graph in [*needed, *models["rhythm"]["graphs"].values()])
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    page.goto(site)
    assert page.evaluate(MEASURE) == n_bytes
    assert page.evaluate(KEEP, True).startswith("AbortError")
    n_missing = page.evaluate(MEASURE)
    assert 0 < n_missing < n_bytes / 2 + BLOCK_BYTES
    progress = page.evaluate(KEEP, False)
    assert progress == sorted(progress)
    assert progress[-1] == [n_bytes, n_bytes]
    assert page.evaluate(MEASURE) == 0

    context.route("**/models/**/*.bin", lambda route: route.abort())
    ottava = Ottava(page)
    ottava.drop(EXAMPLE_MIDI)
    assert ottava.wait() == ""
    page.evaluate(FLIP.replace("-1`", "-0`"), models["rhythm"]["graphs"]["values"]["sha256"])
    page.goto(f"{site}#")
    page.reload()
    ottava.drop(EXAMPLE_MIDI)
    damaged = "The rhythm model on this device is damaged; connect to the network once and try again."
    assert ottava.wait() == damaged
    context.unroute("**/models/**/*.bin")
    ottava.drop(EXAMPLE_MIDI)
    assert ottava.wait() == ""
    context.close()


def test_without_room_for_models_there_is_a_score_and_a_line(browser: Browser, site: str) -> None:
    context = browser.new_context(service_workers="block", locale="de-DE")
    page = context.new_page()
    protocol = context.new_cdp_session(page)
    protocol.send("Storage.overrideQuotaForOrigin", {"origin": site.rstrip("/"), "quotaSize": 100_000})
    page.goto(site)
    ottava = Ottava(page)
    ottava.drop(EXAMPLE_MIDI)
    assert ottava.wait() == ""
    expect(page.locator("#warnings li")).to_have_count(1)
    expect(page.locator("#warnings")).to_contain_text("Das Rhythmusmodell ließ sich auf diesem Gerät nicht aufbewahren")
    full = page.evaluate(KEEP, False)
    assert full.startswith("Error: The listening model could not be kept on this device")
    context.close()


def test_what_a_browser_never_keeps_is_not_said_to_be_kept(context: BrowserContext, site: str) -> None:
    change_browser(context, NOTHING_AT_ALL)
    page = context.new_page()
    page.goto(f"{site}parts.json")
    told = page.evaluate(KEEP, False)
    assert told == "Error: This browser does not let Ottava keep the models on this device, as in a private window."
