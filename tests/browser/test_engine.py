"""WebGPU is used only where it was found right and faster on this device, and nobody is asked or told otherwise."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserType, Page, expect

from tests.browser.visitor import ROOT

# Graphics hardware that is none: only its name is ever asked for here.
FAKE_ADAPTER = """
  WebGLRenderingContext.prototype.getParameter = () => "ACME One";
  const info = { vendor: "acme", architecture: "one", isFallbackAdapter: false };
  Object.defineProperty(navigator, "gpu", { value: { requestAdapter: async () => ({ info }) } });
"""
# In the place of engine-worker.js: what each engine computes, and in how many seconds it says.
FAKE_WORKER = """
  const output = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i));
  const answers = {
    wasm: { sec: 6, output },
    webgpu: %s,
  };
  self.onmessage = ({ data }) => answers[data.engine] && self.postMessage(answers[data.engine]);
"""
CHECK = """async (limit_ms) => {
  const { checkEngines, isWorthChecking, recallEngine } = await import("./engine.js");
  const look = async (graph) => [await recallEngine(graph), await isWorthChecking(graph)];
  const before = await look("graph");
  await checkEngines("graph", "balanced", new AbortController().signal, limit_ms);
  return [before, await look("graph"), await look("another graph")];
}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_context(service_workers="block").new_page()
    page.add_init_script(FAKE_ADAPTER)
    yield page
    page.context.close()


@pytest.mark.parametrize(
    ("webgpu", "verdict"),
    [
        ("{ sec: 1, output: output.map((value) => value * 1.001) }", "webgpu"),
        ("{ sec: 1, output: output.map((value, i) => i === 500 ? value + 0.1 : value) }", "wasm"),
        ("{ sec: 1, output: output.map(() => NaN) }", "wasm"),
        ("{ sec: 1, output: output.subarray(1) }", "wasm"),
        ("{ sec: 5.5, output }", "wasm"),
        ("{ detail: 'no such kernel' }", "wasm"),
        ("null", "wasm"),
    ],
    ids=["right and fast", "one wrong number", "no numbers", "another shape", "slow", "failing", "hanging"],
)
def test_only_a_right_and_faster_engine_is_taken(page: Page, site: str, webgpu: str, verdict: str) -> None:
    headers = {"Content-Type": "text/javascript", "Cross-Origin-Embedder-Policy": "require-corp"}
    page.route("**/engine-worker.js", lambda route: route.fulfill(headers=headers, body=FAKE_WORKER % webgpu))
    page.goto(site)
    assert page.evaluate(CHECK, 500) == [["wasm", True], [verdict, False], ["wasm", True]]
    page.reload()
    expect(page.locator("#setting")).to_have_value("balanced")
    assert page.evaluate("import('./engine.js').then(({ recallEngine }) => recallEngine('graph'))") == verdict


def test_a_check_that_is_broken_off_says_nothing(page: Page, site: str) -> None:
    page.goto(site)
    assert page.evaluate("""async () => {
      const { checkEngines, isWorthChecking } = await import("./engine.js");
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 100);
      await checkEngines("graph", "balanced", controller.signal);
      return isWorthChecking("graph");
    }""")


def test_software_adapters_are_refused(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], site: str
) -> None:
    """Chromium's own software adapter, where it has one."""
    arguments = [*browser_type_launch_args["args"], "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"]
    browser = browser_type.launch(**browser_type_launch_args | {"args": arguments})
    page = browser.new_page()
    page.goto(site)
    assert not page.evaluate("import('./engine.js').then(({ isWorthChecking }) => isWorthChecking('graph'))")
    # Also where WebGL does not tell.
    page.add_init_script(FAKE_ADAPTER.splitlines()[1])
    page.reload()
    assert not page.evaluate("import('./engine.js').then(({ isWorthChecking }) => isWorthChecking('graph'))")
    browser.close()


def test_verdicts_belong_to_the_runtime_that_is_shipped(page: Page, site: str) -> None:
    version = json.loads((ROOT / "package.json").read_text("utf-8"))["dependencies"]["@litertjs/core"]
    page.goto(site)
    assert page.evaluate("import('./engine.js').then(({ RUNTIME }) => RUNTIME)") == f"@litertjs/core {version}"


def test_about_this_device(page: Page, site: str) -> None:
    page.goto(site)
    page.get_by_text("About this device").click()
    about = page.locator("#about")
    expect(about).to_contain_text("WebAssembly, ")
    expect(about).to_contain_text("Balanced")
    expect(about).to_contain_text("Pyodide")
    facts = about.get_by_role("definition").all_text_contents()
    assert len(facts) > 5
    assert all(fact.strip() for fact in facts)
