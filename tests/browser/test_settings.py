"""How thoroughly to listen: chosen on the page, remembered, and its graph fetched only where it is chosen."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.visitor import CLIP_SEC, EXAMPLE_MIDI, ROOT, Ottava, read_notes, score_onsets

LOG_REQUESTS = """
  globalThis.sent = [];
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (message, ...rest) {
    if (message.type) globalThis.sent.push({ type: message.type, setting: message.setting });
    return post.call(this, message, ...rest);
  };
"""
EXTRA_CORE = "another-core.bin"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A visitor to whom the model has a fast setting with a core of its own."""
    models = json.loads((ROOT / "models" / "models.json").read_text("utf-8"))
    (model,) = models["models"]
    model["settings"]["fast"] = {"hop_sec": 15.0, "core": "another"}
    model["graphs"]["another"] = model["graphs"]["core"] | {"file": EXTRA_CORE, "bytes": 11_500_000}

    def answer(route: Route) -> None:
        route.fulfill(json=models)

    context = browser.new_context(service_workers="block")
    context.add_init_script(LOG_REQUESTS)
    context.route("**/models/models.json", answer)
    yield context
    context.close()


def open_options(page: Page, site: str) -> None:
    page.goto(site)
    page.get_by_text("Options").click()
    expect(page.get_by_label("Listening").get_by_role("option")).to_have_count(3)


def test_setting_is_chosen_remembered_and_used(context: BrowserContext, site: str) -> None:
    page = context.new_page()
    open_options(page, site)
    choice = page.get_by_label("Listening")
    expect(choice).to_have_value("balanced")
    choice.select_option("exact")
    assert page.evaluate("sent") == [{"type": "prepare", "setting": "exact"}]
    page.reload()
    expect(choice).to_have_value("exact")
    page.get_by_role("button", name="Try an example").click()
    expect(page.get_by_role("status").filter(has_text="Listening")).to_be_visible(timeout=60_000)
    assert {"type": "listen", "setting": "exact"} in page.evaluate("sent")


@pytest.mark.parametrize("width", [320, 390])
def test_options_fit_a_phone(context: BrowserContext, site: str, width: int) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 800})
    open_options(page, site)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_only_a_chosen_setting_is_downloaded(context: BrowserContext, site: str) -> None:
    page = context.new_page()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    open_options(page, site)
    expect(page.locator("option[value=fast]")).to_contain_text("12 MB to download once")
    with context.expect_event("request", lambda request: "core.bin" in request.url, timeout=30_000):
        page.get_by_role("button", name="Choose a recording").hover()
    assert not [url for url in asked if EXTRA_CORE in url]
    with context.expect_event("request", lambda request: EXTRA_CORE in request.url, timeout=30_000):
        page.get_by_label("Listening").select_option("fast")


def test_the_fast_setting_hears_the_notes(browser: Browser, site: str, clip: Path, tmp_path: Path) -> None:
    """With the core that is shipped."""
    visitor = browser.new_context(accept_downloads=True)
    page = visitor.new_page()
    asked: list[str] = []
    visitor.on("request", lambda request: asked.append(request.url))
    open_options(page, site)
    page.get_by_label("Listening").select_option("fast")
    ottava = Ottava(page)
    ottava.drop(clip)
    assert ottava.wait() == ""
    heard = read_notes(ottava.save("MIDI, as played", tmp_path))
    visitor.close()
    assert any(url.endswith("/transkun-core-fast.bin") for url in asked)
    played = [note for note in read_notes(EXAMPLE_MIDI) if note[0] < CLIP_SEC - 0.1]
    assert score_onsets([note for note in heard if note[0] < CLIP_SEC - 0.1], played) >= 0.95


def test_a_setting_that_has_gone_is_forgotten(context: BrowserContext, site: str) -> None:
    page = context.new_page()
    page.add_init_script("localStorage.setItem('ottava-setting', 'instant')")
    open_options(page, site)
    expect(page.get_by_label("Listening")).to_have_value("balanced")
