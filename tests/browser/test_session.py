"""Around a transcription: cancelling, a second file, no server, a host without headers, a real recording."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visitor import (
    CLIP_SEC,
    ROOT,
    SAMPLE_RATE,
    TRANSCRIBED_MS,
    Ottava,
    keep_offline,
    read_notes,
    score_onsets,
    serve_site,
    write_wav,
)

SHARED = Path(os.environ.get("OTTAVA_SHARED", ROOT.parent / "shared"))
REAL = SHARED / "data" / "dev" / "maps" / "mz_545_3_ENSTDkCl_0-60.flac"


def test_cancel_while_listening_then_a_second_file(browser: Browser, site: str, clip: Path) -> None:
    page = browser.new_page()
    page.goto(site)
    page.get_by_role("button", name="Try an example").click()
    expect(page.locator("#working-name")).to_contain_text("Minuet")
    # Some notes are drawn while others are still to be heard.
    roll = page.locator("#working roll-view")
    expect(roll).to_have_attribute("data-notes", re.compile(r"[1-9]"), timeout=TRANSCRIBED_MS)
    expect(page.get_by_role("status").filter(has_text="Listening")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Choose a recording")).to_be_focused()
    expect(page.locator("#problem")).to_be_hidden()
    ottava = Ottava(page)
    ottava.drop(clip)
    assert ottava.wait() == ""
    expect(page.locator(".score-title")).to_have_text("Minuet beginning")
    page.context.close()


def test_model_comes_as_soon_as_a_recording_is_near(browser: Browser, site: str) -> None:
    context = browser.new_context(service_workers="block")  # it would fetch the model too, to keep it
    page = context.new_page()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page.goto(site)
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if url.endswith(".bin")]
    with context.expect_event("request", lambda request: request.url.endswith(".bin"), timeout=30_000):
        page.get_by_role("button", name="Choose a recording").hover()
    context.close()


def test_crashed_worker_is_replaced(browser: Browser, site: str, clip: Path, tmp_path: Path) -> None:
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    headers = {"Content-Type": "text/javascript", "Cross-Origin-Embedder-Policy": "require-corp"}
    page.route("**/worker.js", lambda route: route.fulfill(headers=headers, body="throw Error('oh')"))
    page.goto(site)
    ottava = Ottava(page)
    ottava.drop(clip)
    assert ottava.wait() == "Ottava stopped unexpectedly, perhaps for lack of memory: close other tabs and try again."
    page.get_by_text("Details").click()
    expect(page.locator("#problem-detail")).to_contain_text("oh")
    page.unroute("**/worker.js")
    # The shortest way to show that the new worker thinks.
    ottava.drop(write_wav(tmp_path / "silence.wav", np.zeros(SAMPLE_RATE, np.float32)))
    assert "silent" in ottava.wait()
    context.close()


def test_what_did_not_arrive_is_asked_for_again(browser: Browser, site: str, tmp_path: Path) -> None:
    context = browser.new_context(service_workers="block")
    context.route("**/litert/*.wasm", lambda route: route.abort())
    page = context.new_page()
    page.goto(site)
    ottava = Ottava(page)
    silence = write_wav(tmp_path / "silence.wav", np.zeros(SAMPLE_RATE, np.float32))
    ottava.drop(silence)
    assert ottava.wait() == "The listening model could not be loaded; check the connection and try again."
    context.unroute("**/litert/*.wasm")
    ottava.drop(silence)
    expect(page.locator("#problem-text")).to_contain_text("silent", timeout=60_000)
    context.close()


def test_works_without_the_server_and_on_a_plain_host(browser: Browser, clip: Path, tmp_path: Path) -> None:
    with serve_site("--plain") as (address, stop):
        context = browser.new_context()
        page = context.new_page()
        loads: list[str] = []
        page.on("load", lambda loaded: loads.append(loaded.url))
        page.goto(address)
        # The service worker adds the headers, which need one reload, and one only.
        while len(loads) < 2:
            page.wait_for_event("load", timeout=60_000)
        keep_offline(page)
        assert page.evaluate("crossOriginIsolated")
        assert len(loads) == 2
        page.evaluate("import('./kept-models.js').then(({ keepModels }) => keepModels(() => {}))")
        stop()
        page.reload()
        assert page.evaluate("crossOriginIsolated")
        ottava = Ottava(page)
        ottava.drop(clip)
        assert ottava.wait() == ""
        saved = ottava.save("MIDI, as played", tmp_path)
        assert any(onset_sec < CLIP_SEC for onset_sec, _ in read_notes(saved))
        context.close()


def test_without_isolation_one_thread_hears_the_same(browser: Browser, clip: Path, tmp_path: Path) -> None:
    """A host that sends no headers, and no service worker to add them; compared with the command line."""
    with serve_site("--plain") as (address, _):
        context = browser.new_context(service_workers="block")
        page = context.new_page()
        page.goto(address)
        assert not page.evaluate("crossOriginIsolated")
        ottava = Ottava(page)
        ottava.drop(clip)
        assert ottava.wait() == ""
        heard = read_notes(ottava.save("MIDI, as played", tmp_path))
        context.close()
    here = tmp_path / "here.mid"
    subprocess.run([sys.executable, "-m", "ottava", "transcribe", clip, "-o", here], check=True, capture_output=True)
    # By pitch first: notes of a chord may come in another order.
    (pitches, onsets_sec), (expected_pitches, expected_sec) = (
        zip(*sorted((pitch, onset_sec) for onset_sec, pitch in notes), strict=True)
        for notes in (heard, read_notes(here))
    )
    assert pitches == expected_pitches
    assert onsets_sec == pytest.approx(expected_sec, abs=0.005)


@pytest.mark.skipif(not REAL.exists(), reason=f"{REAL.name} is not there; set OTTAVA_SHARED to the shared folder")
def test_real_piano(browser: Browser, site: str, tmp_path: Path) -> None:
    # Columns: onset, offset, pitch, velocity.
    rows = np.loadtxt(REAL.with_suffix(".notes.tsv"))
    truth = sorted((float(onset_sec), int(pitch)) for onset_sec, _, pitch, _ in rows)
    page = browser.new_page()
    page.goto(site)
    ottava = Ottava(page)
    ottava.drop(REAL)
    assert ottava.wait() == ""
    assert score_onsets(read_notes(ottava.save("MIDI, as played", tmp_path)), truth) >= 0.95
    assert page.locator("score-view g.measure").count() > 10
    page.context.close()
