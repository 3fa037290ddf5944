"""The page is there at once, loads its views when they are near, and stays alive while a score is corrected."""

import json
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.visitor import EXAMPLE_MIDI, TRANSCRIBED_MS, Ottava

LONG_TASK_MS = 100
BUSY_MACHINE_MS = 1000
"""Tests share two cores with others: a page that blocks for each of several corrections takes longer in all."""

COUNT_LONG_TASKS = """
  window.longTasks = [];
  new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((entry) => entry.duration)))
    .observe({ type: "longtask" });
"""


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Without the service worker, which fetches every file to keep it."""
    context = browser.new_context(service_workers="block")
    yield context
    context.close()


@pytest.fixture
def asked(context: BrowserContext) -> list[str]:
    """Names of the files that were asked for, growing."""
    asked: list[str] = []
    context.on("request", lambda request: asked.append(PurePosixPath(urlsplit(request.url).path).name))
    return asked


def test_views_come_when_somebody_is_near(context: BrowserContext, asked: list[str], site: str) -> None:
    page = context.new_page()
    page.goto(site)
    page.wait_for_load_state("networkidle")
    assert "main.js" in asked
    assert not {"views.js", "workspace.js", "record-view.js", "aiff.js", "slices.js", "mp3.js"} & set(asked)
    with context.expect_event("request", lambda request: request.url.endswith("/workspace.js")):
        page.locator("#choose").focus()


def test_buttons_work_before_the_views_are_there(context: BrowserContext, site: str) -> None:
    page = context.new_page()
    page.goto(site)
    page.locator("#setting option").first.wait_for(state="attached")  # the page's script has run
    with page.expect_file_chooser():
        page.locator("#choose").dispatch_event("click")
    page.locator("#record").dispatch_event("click")
    expect(page.get_by_role("heading", name="Record the piano")).to_be_visible()
    expect(page.locator("#record-note")).not_to_be_empty()


def test_missing_view_is_one_sentence(context: BrowserContext, site: str) -> None:
    page = context.new_page()
    context.route("**/views.js", lambda route: route.abort())
    page.goto(site)
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("#problem-text")).to_contain_text("A part of this page could not be loaded")
    Ottava(page).drop(EXAMPLE_MIDI)
    expect(page.locator("#problem-text")).to_contain_text("A part of this page could not be loaded")
    context.unroute("**/views.js")
    page.reload()
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_role("heading", name="Record the piano")).to_be_visible()


@pytest.mark.alone
def test_page_stays_alive_while_a_score_is_corrected(browser: Browser, site: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(site)
    Ottava(page).drop(EXAMPLE_MIDI)
    assert Ottava(page).wait() == ""
    page.evaluate(COUNT_LONG_TASKS)
    for number in range(3):
        before = read_first_page(page)
        page.locator(".score-pages").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowUp")
        expect(page.locator("#undo")).to_be_enabled()
        expect(page.locator("#result")).not_to_have_attribute("aria-busy", "", timeout=TRANSCRIBED_MS)
        assert read_first_page(page) != before, f"correction {number} is seen"
    long_tasks = [duration for duration in page.evaluate("window.longTasks") if duration > LONG_TASK_MS]
    assert sum(long_tasks) < BUSY_MACHINE_MS, json.dumps(long_tasks)
    context.close()


def test_networks_are_not_asked_twice_for_the_same(context: BrowserContext, site: str) -> None:
    page = context.new_page()
    page.goto(site)
    asked = page.evaluate(
        """async () => {
          const { rememberRuns } = await import("./repeated-runs.js");
          const asked = [];
          const { run, turn } = rememberRuns(async (name, { x }) => {
            asked.push(name + x.data);
            return [{ name: "y", data: x.data.map((value) => 2 * value) }];
          });
          const ask = async (name, ...data) => {
            const [{ data: told }] = await run(name, { x: { data: Float32Array.of(...data) } });
            return told.join();
          };
          const told = [await ask("bars", 1, 2), await ask("bars", 1, 3), await ask("hands", 1, 2)];
          turn();
          told.push(await ask("bars", 1, 3), await ask("bars", 1, 2, 3), await ask("bars", 1, 3));
          turn();
          told.push(await ask("bars", 1, 2), await ask("bars", 1, 3));
          return { asked, told };
        }"""
    )
    assert asked["told"] == ["2,4", "2,6", "2,4", "2,6", "2,4,6", "2,6", "2,4", "2,6"]
    # The answer that the second score did not need was forgotten.
    assert asked["asked"] == ["bars1,2", "bars1,3", "hands1,2", "bars1,2,3", "bars1,2"]


def read_first_page(page: Page) -> str:
    """Where its note heads are."""
    heads = "[...document.querySelectorAll('score-view .score-pages .notehead path')]"
    return str(page.evaluate(f"{heads}.map((head) => head.getAttribute('transform')).join()"))
