"""Names and files that mean harm: what comes from a file is text wherever it is shown; bad ones get one sentence."""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.browser.test_library import KEEP
from tests.browser.views import PROJECT
from tests.browser.visitor import EXAMPLE_MIDI, TRANSCRIBED_MS, Ottava, settle

OPENED_MS = 90_000
MARKUP = "<img src=x onerror=\"harm('img')\"><script>harm('script')</script>"
TITLE = f"T{MARKUP}&lt;b&gt;$'$&"
COMPOSER = f"C{MARKUP}]]>"

# Nothing of what a file holds may run; and no element of the kinds that it names may be there.
WATCH = """
  window.harmed = [];
  window.harm = (what) => window.harmed.push(what);
  window.print = () => { document.body.dataset.printed = "yes"; };
  addEventListener("securitypolicyviolation", (event) => window.harmed.push(event.violatedDirective));
"""
FIND_HARM = """() => [
  ...window.harmed,
  ...[...document.querySelectorAll("img[src='x'], [onerror], body script, svg script, score-view b")]
    .map((element) => element.outerHTML),
]"""


@pytest.fixture(scope="module", params=["en-US", "de-DE"])
def page(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[Page]:
    """A page in each language."""
    context = browser.new_context(locale=request.param, accept_downloads=True)
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(site)
    yield page
    context.close()


def write_project(**fields: Any) -> bytes:
    """The saved project with other fields."""
    return json.dumps(json.loads(PROJECT.read_text("utf-8")) | fields).encode()


def leave(page: Page) -> None:
    """Leave the piece that is open, if one is."""
    if page.locator("#again").is_visible():
        page.locator("#again").click()


def open_file(page: Page, name: str, content: bytes, mime_type: str = "") -> None:
    """Choose a file of any name, as no file system would let a test write it."""
    leave(page)
    file: FilePayload = {"name": name, "mimeType": mime_type, "buffer": content}
    page.set_input_files("#file", file)


def save(page: Page, form: str, folder: Path) -> Path:
    """Save in a form, whatever the language."""
    page.locator("#save").click()
    with page.expect_download() as download:
        page.locator(f"#save-menu [data-format={form}]").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_title_and_composer_are_text(page: Page, tmp_path: Path) -> None:
    choices = json.loads(PROJECT.read_text("utf-8"))["choices"] | {"title": TITLE, "composer": COMPOSER}
    open_file(page, "<b>bold<b>.json", write_project(title=TITLE, choices=choices))
    assert Ottava(page).wait() == ""
    expect(page.locator(".score-title")).to_have_text(TITLE)
    page.locator("#print").click()
    expect(page.locator("body[data-printed]")).to_be_attached(timeout=OPENED_MS)
    heading = page.locator(".score-sheets .pgHead").first.text_content() or ""
    assert "onerror" in heading
    assert "]]>" in heading
    page.locator("#again").click()
    expect(page.locator(".piece-title").first).to_have_text(TITLE)
    assert page.evaluate(FIND_HARM) == []
    page.locator(".piece-title").first.click()
    expect(page.locator("score-view svg").first).to_be_visible(timeout=TRANSCRIBED_MS)
    settle(page)
    for form, place in (("musicxml", ".//work-title"), ("svg", None)):
        path = save(page, form, tmp_path)
        assert re.fullmatch(r"[^\\/:*?\"<>|]+", path.name)
        tree = ElementTree.parse(path)
        names = {element.tag.rsplit("}", 1)[-1] for element in tree.iter()}
        assert not names & {"script", "img", "b"}
        if place:
            assert tree.findtext(place) == TITLE
            assert tree.findtext(".//creator") == COMPOSER
    assert json.loads(save(page, "json", tmp_path).read_text("utf-8"))["title"] == TITLE


def test_file_names_are_text(page: Page) -> None:
    """In the score, the sentence that refuses, and My pieces."""
    for name in (f"{MARKUP}.mid", "\u202efdp.mid"):
        open_file(page, name, EXAMPLE_MIDI.read_bytes())
        assert Ottava(page).wait() == ""
        assert page.evaluate(FIND_HARM) == []
    open_file(page, f"{MARKUP}.mp3", b"no sound " * 100)
    expect(page.locator("#problem-text")).to_contain_text("onerror", timeout=TRANSCRIBED_MS)
    assert page.evaluate(FIND_HARM) == []


def test_names_in_the_queue_are_text(page: Page) -> None:
    leave(page)
    content = EXAMPLE_MIDI.read_bytes()
    files: list[FilePayload] = [{"name": f"{n}{MARKUP}.mid", "mimeType": "", "buffer": content} for n in ("one", "two")]
    page.set_input_files("#file", files)
    expect(page.locator('queue-view li[data-state="done"]')).to_have_count(2, timeout=TRANSCRIBED_MS)
    expect(page.locator("queue-view")).to_contain_text("onerror")
    assert page.evaluate(FIND_HARM) == []
    for row in range(2):  # both: what waits to be opened is opened where the next file fails
        item = page.locator('queue-view li[data-state="done"]').nth(row)
        item.locator("button").first.evaluate("(button) => button.click()")  # the fold may be closed
        assert Ottava(page).wait() == ""
        assert page.evaluate(FIND_HARM) == []


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("../../etc/passwd", "etc passwd"),
        ("C:\\Windows\\win.ini", "C Windows win.ini"),
        ("CON", "_CON"),
        ("lpt1.old", "_lpt1.old"),
        ("a\u202efdp", "a fdp"),
        ("nul\x00l\x1b[2J", "nul l [2J"),
        ("... ...", ""),
        ("x" * 119 + "\U0001d11e", "x" * 119),
    ],
)
def test_names_of_saved_files_lead_nowhere(page: Page, title: str, stem: str) -> None:
    """As the page makes them, and in the archive of all pieces."""
    untitled = page.evaluate("import('./messages.js').then(({ messages }) => messages.files.untitled)")
    made = page.evaluate("(title) => import('./exports.js').then(({ nameFile }) => nameFile(title + '.json'))", title)
    assert made == (stem or untitled)
    assert not re.search(r"[\\/\x00-\x1f\u202a-\u202e]", made)


def test_names_in_the_archive_of_all_pieces(page: Page, tmp_path: Path) -> None:
    leave(page)
    project = json.loads(PROJECT.read_text("utf-8"))
    titles = ["../../up", "/etc/passwd", "CON", "\u202egpj", MARKUP]
    page.evaluate(KEEP, [project, [{"title": title, "composer": COMPOSER} for title in titles]])
    expect(page.locator(".piece-title", has_text="CON")).to_be_visible()
    assert page.evaluate(FIND_HARM) == []
    with page.expect_download() as download:
        page.locator("library-view").get_by_role("button", name=re.compile("Export all|Alle exportieren")).click()
    download.value.save_as(tmp_path / "pieces.zip")
    names = zipfile.ZipFile(tmp_path / "pieces.zip").namelist()
    assert len(names) >= len(titles)
    for name in names:
        assert re.fullmatch(r"[^\\/:*?\"<>|\x00-\x1f\u202a-\u202e]+\.json", name)
        assert not name.startswith(".")
    assert "_CON.json" in names


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("deep.json", b"[" * 3_000_000),
        ("deep objects.json", b'{"format":' * 300_000),
        ("many.json", b'{"format":"ottava-1","performance":{"notes":[' + b"0," * 32_000_000 + b"0]}}"),
        ("endless.json", write_project(duration_sec=1e300)[:-1] + b', "performance": {"notes": [{"onset_sec": 0, '
         b'"offset_sec": 1e300, "pitch": 60, "velocity": 64}]}}'),
        ("nan.json", write_project(performance={"notes": [{"onset_sec": float("nan"), "offset_sec": 1}]})),
        ("types.json", write_project(performance=[1], choices=3)),
        ("many.mid", EXAMPLE_MIDI.read_bytes() + b"\x00\x90\x3c\x40\x01\x80\x3c\x00" * 1_000_000),
        ("bomb.mxl", b"PK\x03\x04" + bytes(1000)),
        ("score.musicxml", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><score-partwise>&b;</score-partwise>'),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_bad_files_get_a_sentence(page: Page, tmp_path: Path, name: str, content: bytes) -> None:
    """And the page lives on."""
    leave(page)
    (tmp_path / name).write_bytes(content)
    page.set_input_files("#file", tmp_path / name)
    problem = page.locator("#problem:not([hidden]) #problem-text")
    expect(problem).to_have_text(re.compile(r"^[^\n]{20,250}\.$"), timeout=TRANSCRIBED_MS)
    sentence = problem.text_content() or ""
    assert "schief" not in sentence
    assert "wrong" not in sentence
    expect(page.locator("#problem-details")).to_be_hidden()


def test_the_page_lives_on(page: Page) -> None:
    open_file(page, "good.mid", EXAMPLE_MIDI.read_bytes())
    assert Ottava(page).wait() == ""
    assert page.evaluate(FIND_HARM) == []
