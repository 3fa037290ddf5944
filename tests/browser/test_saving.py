"""The disk is full, the tab closes or the worker dies while a piece is saved: as last saved it is still there."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.test_library import KEEP, OPENED_MS, PROJECT
from tests.browser.visitor import EXAMPLE_MIDI, Ottava

# `fail` makes the n-th put from now on, of those into a store ("" for any), find no room; n = 0 all of them.
FAULTS = """
  const { put } = IDBObjectStore.prototype;
  globalThis.full = () => new DOMException("no room", "QuotaExceededError");
  globalThis.fail = (store, n) => {
    let n_puts = 0;
    IDBObjectStore.prototype.put = function (...given) {
      const is_meant = store === "" || this.name === store;
      if (is_meant && (++n_puts === n || n === 0)) throw full();
      return put.apply(this, given);
    };
  };
  globalThis.mend = () => { IDBObjectStore.prototype.put = put; };
  const always = localStorage.getItem("always-full");
  if (always) fail(always, 0);
"""

# The modules in one, and the first piece, corrected.
BEGIN = """
  const names = ["store", "keeping", "unfinished", "kept-recordings", "messages"];
  const all = Object.assign({}, ...(await Promise.all(names.map((name) => import(`./${name}.js`)))));
  const [{ id }] = (await all.listPieces()).pieces;
  const source = await all.readPiece(id);
  const transcription = { result: { score: { keys: [], meters: [] } }, notes: source.performance.notes };
  const steps = { past: [source.choices], future: [] };
  const choices = { ...source.choices, title: "Corrected" };
  const piece = Object.assign(new EventTarget(), source, { choices, title: "Corrected", steps, transcription });
  const sound = new File(["sound"], "sound.wav", { type: "audio/wav" });
  const read = async () => {
    const { recording, ...read } = await all.readPiece(id);
    return JSON.stringify([read, await recording?.text(), (await all.listPieces()).pieces]);
  };
"""


@pytest.fixture
def context(browser: Browser, site: str) -> Iterator[BrowserContext]:
    """Somebody who was never here, and whose storage can be full."""
    expect.set_options(timeout=20_000)  # a busy machine
    context = browser.new_context(base_url=site, locale="en-GB")
    context.add_init_script(FAULTS)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """The list with one piece in it."""
    page = context.new_page()
    page.goto("./")
    page.evaluate(KEEP, [json.loads(PROJECT.read_text("utf-8")), [{}]])
    expect(page.locator(".piece-title")).to_have_text("Prelude")
    return page


def do(page: Page, script: str) -> Any:
    """Run a script with the modules and the first piece, corrected."""
    return page.evaluate(f"async () => {{ {BEGIN} {script} }}")


def test_no_room_at_any_step_of_saving_leaves_the_piece_as_it_was(page: Page) -> None:
    found = do(
        page,
        """
        piece.recording = sound;
        const options = { is_correction: false, with_recording: true };
        await all.keepPiece(piece, options);
        const acts = {
          correction: () => all.keepPiece(piece, { ...options, is_correction: true }),
          score: () => all.keepPiece(piece, options),
          title: () => all.correctPiece(id, (old) => ({ ...old, title: "Another" })),
          deletion: () => all.markDeleted([id], true),
        };
        const found = [];
        for (const [name, act] of Object.entries(acts)) {
          const before = await read();
          for (let n = 1; ; n++) {
            fail("", n);
            const sentence = await act().then(() => "", (error) => error.message);
            mend();
            if (!sentence) break;
            found.push([`${name} ${n}`, sentence === all.messages.storageFull, (await read()) === before]);
          }
        }
        return found;
        """,
    )
    steps = [f"correction {n}" for n in (1, 2, 3)] + ["score 1"] + [f"title {n}" for n in (1, 2, 3)] + ["deletion 1"]
    assert [step for step, *_ in found] == steps
    assert all(is_told and is_same for *_, is_told, is_same in found)


@pytest.mark.parametrize("store", ["facts", "choices", "performances", "steps"])
def test_no_room_for_a_new_piece_leaves_the_others_and_no_half_of_it(page: Page, store: str) -> None:
    found = do(
        page,
        f"""
        const before = await read();
        fail("{store}", 1);
        const options = {{ is_correction: false, with_recording: true }};
        piece.id = "new";
        const sentence = await all.keepPiece(piece, options).catch((error) => error.message);
        const none = await all.readPiece("new").catch((error) => error.message);
        return [sentence === all.messages.storageFull, none === all.messages.pieceUnknown, (await read()) === before];
        """,
    )
    assert found == [True, True, True]


def test_correction_that_found_no_room_is_kept_as_soon_as_there_is_some(page: Page) -> None:
    """What is told is true meanwhile; the score of the correction comes after it and needs next to no room."""
    note, title = do(
        page,
        """
        const note = document.createElement("p");
        const keeping = new all.Keeping(note, Object.assign(document.createElement("input"), { type: "checkbox" }));
        const said = async (sentence) => {
          for (let n = 0; n < 200 && note.textContent !== sentence; n++) await new Promise((go) => setTimeout(go, 20));
          return note.textContent;
        };
        keeping.follow(piece);
        await said(all.messages.kept);
        fail("choices", 1);
        piece.dispatchEvent(new Event("corrected"));
        const sentence = await said(all.messages.correctionNotKept);
        if (keeping.isSafe) return ["safe", ""];
        piece.dispatchEvent(new Event("written"));
        await said(all.messages.kept);
        return [sentence, (await all.readPiece(id)).choices.title];
        """,
    )
    assert "no room left for this correction, and the piece is kept as it was before" in note
    assert title == "Corrected"


def test_correction_that_found_no_room_outlives_the_tab(page: Page) -> None:
    """Also a visit that finds no room either."""
    do(
        page,
        """
        const note = document.createElement("p");
        const keeping = new all.Keeping(note, Object.assign(document.createElement("input"), { type: "checkbox" }));
        keeping.follow(piece);
        while (!note.textContent) await new Promise((resolve) => setTimeout(resolve, 20));
        localStorage.setItem("always-full", "choices");
        fail("choices", 0);
        piece.dispatchEvent(new Event("corrected"));
        while (note.textContent === all.messages.kept) await new Promise((resolve) => setTimeout(resolve, 20));
        """,
    )
    page.goto("about:blank")
    page.goto("./")
    expect(page.locator(".piece-title")).to_have_text("Prelude")
    page.wait_for_timeout(500)
    page.evaluate("localStorage.removeItem('always-full')")
    page.goto("about:blank")
    page.goto("./")
    expect(page.locator(".piece-title")).to_have_text("Corrected")


# Nothing more can be written into files.
NO_FILES = "FileSystemFileHandle.prototype.createWritable = async () => { throw full(); };"


def test_no_room_for_a_second_copy_leaves_the_recording_there(page: Page) -> None:
    """It lies there since it was listened to."""
    text = do(
        page,
        f"""
        await all.keepUnfinished({{ id, name: "sound.wav", type: "", fraction: 0 }}, sound, []).end(true);
        {NO_FILES}
        piece.recording = sound;
        await all.keepPiece(piece, {{ is_correction: false, with_recording: true }}).catch(() => {{}});
        return (await all.readPiece(id)).recording?.text();
        """,
    )
    assert text == "sound"


def test_no_room_for_the_recording_is_told_to_everybody_who_keeps_it(page: Page) -> None:
    """The queue keeps a piece and so does the view that opens it; without its recording it is whole."""
    found = do(
        page,
        f"""
        {NO_FILES}
        piece.recording = sound;
        const options = {{ is_correction: false, with_recording: true }};
        const tries = [all.keepPiece(piece, options), all.keepPiece(piece, options)];
        const said = await Promise.all(tries.map((kept) => kept.catch((error) => error.message)));
        const {{ recording, warnings }} = await all.readPiece(id);
        return [...said.map((sentence) => sentence === all.messages.storageFullForRecording), recording, warnings];
        """,
    )
    assert found == [True, True, None, []]


def test_tab_closed_while_its_recording_is_written_says_so(page: Page, context: BrowserContext) -> None:
    do(
        page,
        """
        FileSystemFileHandle.prototype.createWritable = () => new Promise(() => {});
        piece.recording = sound;
        all.keepPiece(piece, { is_correction: false, with_recording: true });
        while ((await all.listPieces()).pieces[0].recording === null) await null;
        await new Promise((resolve) => setTimeout(resolve, 300));
        """,
    )
    page.close()
    page = context.new_page()
    page.goto("./")
    recording, warnings = do(page, "return [source.recording, source.warnings];")
    assert recording is None
    assert warnings == ["The recording of this piece is no longer on this device; the piano still plays."]


@pytest.mark.parametrize("store", ["choices", "steps", "facts"])
def test_tab_closed_in_the_middle_of_saving_leaves_all_or_nothing(
    page: Page, context: BrowserContext, store: str
) -> None:
    before = do(page, "return read();")
    do(
        page,
        f"""
        const real = IDBObjectStore.prototype.put;
        const reached = new Promise((resolve) => {{
          IDBObjectStore.prototype.put = function (...given) {{
            if (this.name !== "{store}") return real.apply(this, given);
            const stay = () => {{ this.get("nothing").onsuccess = stay; }}; // the transaction goes on and on
            stay();
            resolve(null);
            return real.apply(this, given);
          }};
        }});
        all.keepPiece(piece, {{ is_correction: true, with_recording: true }}).catch(() => {{}});
        await reached;
        """,
    )
    page.close()
    page = context.new_page()
    page.goto("./")
    assert do(page, "return read();") == before


def test_what_is_forgotten_of_listening_leaves_the_recording_of_a_kept_piece(page: Page) -> None:
    """Another tab may offer to discard what was kept meanwhile; what no piece wants goes, also at the next visit."""
    found = do(
        page,
        """
        const left = { id, name: "sound.wav", type: "", fraction: 0.5 };
        const found = [];
        for (const drop of [() => all.dropUnfinished(id), () => all.listUnfinished()]) {
          await all.keepUnfinished(left, sound, []).end(true);
          while ((await navigator.locks.query()).held.length > 0) await null;
          await drop();
          found.push((await all.readRecording(id))?.size ?? 0);
        }
        piece.recording = sound;
        await all.keepPiece(piece, { is_correction: false, with_recording: true });
        for (const drop of [() => all.dropUnfinished(id), () => all.listUnfinished()]) {
          await all.keepUnfinished(left, sound, []).end(true);
          while ((await navigator.locks.query()).held.length > 0) await null;
          await drop();
          found.push((await (await all.readPiece(id)).recording?.text()) ?? "");
        }
        return found;
        """,
    )
    assert found == [0, 0, "sound", "sound"]


def test_all_that_is_deleted_can_be_undone_for_as_long_as_the_last(context: BrowserContext) -> None:
    page = context.new_page()
    page.clock.install()
    page.goto("./")
    page.evaluate(KEEP, [json.loads(PROJECT.read_text("utf-8")), [{}, {"title": "Other"}]])
    page.clock.run_for(1_000)
    for title in ("Prelude", "Other"):
        page.get_by_role("button", name=f"Delete “{title}”").click()
        expect(page.get_by_role("button", name=f"Delete “{title}”")).to_have_count(0)
        page.clock.run_for(6_000)
    page.evaluate(
        """async () => { // as another tab does that is opened
          const { purgePieces } = await import("./store.js");
          await purgePieces(({ deleted_ms }) => deleted_ms <= Date.now() - 10_000);
        }"""
    )
    page.get_by_role("button", name="Undo").click()
    page.clock.run_for(1_000)
    expect(page.get_by_role("listitem")).to_have_count(2)


def test_impossible_correction_of_a_closed_tab_is_taken_back(page: Page) -> None:
    """A tab that lives takes it back itself; else the piece could never be opened again."""
    found = do(
        page,
        """
        const indices = [...source.performance.notes.keys()];
        piece.choices = { ...source.choices, notes: indices.map((index) => ({ index, deleted: true })) };
        piece.steps.past = [{ ...source.choices, meters: [{ sec: 0, beats: 3, beat_type: 4 }] }];
        await all.keepPiece(piece, { is_correction: true, with_recording: false });
        return id;
        """,
    )
    page.goto("about:blank")
    page.goto(f"./#piece={found}")
    expect(page.locator("score-view svg").first).to_be_visible(timeout=OPENED_MS)
    expect(page.locator("#warnings")).to_have_text("The last correction could not be written and was taken back.")
    expect(page.locator("#facts")).to_contain_text("3/4")


def test_worker_lost_while_a_correction_is_written(context: BrowserContext) -> None:
    """The piece is as before the correction, in the page and at the next visit, and can be corrected."""
    page = context.new_page()
    page.goto("./")
    ottava = Ottava(page)
    ottava.drop(EXAMPLE_MIDI)
    assert ottava.wait() == ""
    expect(page.locator("#keeping")).to_have_text("Kept in My pieces on this device.")
    facts = page.locator("#facts").text_content() or ""
    page.evaluate(
        """() => {
          const post = Worker.prototype.postMessage;
          Worker.prototype.postMessage = function (message, ...rest) {
            if (message.type !== "notate") return post.call(this, message, ...rest);
            Worker.prototype.postMessage = post;
            setTimeout(() => this.dispatchEvent(new ErrorEvent("error", { message: "oh" })));
          };
        }"""
    )
    page.locator("#corrections").evaluate("(fold) => { fold.open = true; }")
    page.get_by_label("Meter").select_option("6/8")
    expect(page.locator("#problem-text")).to_contain_text("Ottava stopped unexpectedly")
    expect(page.locator("#facts")).to_have_text(facts)
    expect(page.locator("#keeping")).to_have_text("Kept in My pieces on this device.")
    page.reload()
    expect(page.locator("score-view svg").first).to_be_visible(timeout=OPENED_MS)
    expect(page.locator("#facts")).to_have_text(facts)
    page.locator("#corrections").evaluate("(fold) => { fold.open = true; }")
    page.get_by_label("Meter").select_option("6/8")
    expect(page.locator("#facts")).to_contain_text("6/8", timeout=OPENED_MS)
