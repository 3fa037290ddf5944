"""German and English: every word of the page in the chosen language, the switch between them, and help."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Locator, Page, expect

from tests.browser.conftest import CHROMIUM_ARGUMENTS
from tests.browser.visitor import EXAMPLE_MIDI, ROOT, Ottava

OPENED_MS = 90_000  # two busy cores start Python and write the score
MICROPHONE = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
PROJECT = ROOT / "tests" / "data" / "prelude.json"

# All that is read or read out, seen now or not, but names of languages and of microphones.
COLLECT = """() => {
  const names = ["aria-label", "aria-description", "aria-valuetext", "title", "placeholder", "alt", "content"];
  const texts = [document.title];
  for (const element of document.querySelectorAll("body, body *, meta[name=description]")) {
    if (element.closest("script, noscript, #languages button, #record-device, #problem-detail")) continue;
    for (const name of names) texts.push(element.getAttribute(name) ?? "");
    for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE) texts.push(node.data);
  }
  return texts.map((text) => text.trim()).filter(Boolean);
}"""

LIST_KEYS = """async () => {
  const flatten = (table, path) => Object.entries(table).flatMap(([key, value]) =>
    value instanceof Object && typeof value !== "function" ? flatten(value, `${path}${key}.`) : `${path}${key}`);
  const tables = await Promise.all(["./messages-en.js", "./messages-de.js"].map((path) => import(path)));
  return tables.map(({ messages }) => flatten(messages, "").sort());
}"""

FILL_UP = """() => {
  IDBObjectStore.prototype.put = () => { throw new DOMException("", "QuotaExceededError"); };
}"""

LIST_LABELS = """async () => {
  const { messages } = await import("./messages-en.js");
  const read = {
    "data-text": (element) => element.textContent,
    "data-label": (element) => element.getAttribute("aria-label"),
    "data-content": (element) => element.getAttribute("content"),
  };
  const page = new DOMParser().parseFromString(await (await fetch("./")).text(), "text/html");
  return Object.entries(read).flatMap(([name, look]) =>
    [...page.querySelectorAll(`[${name}]`)].map((element) => {
      const key = element.getAttribute(name);
      return [key, messages.labels[key] ?? null, look(element)];
    }));
}"""


def read_words(path: Path) -> set[str]:
    """Read every word of the texts of a table: string literals and what stands between the parts of templates."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
    text = re.sub(r"(?<=\s)//.*", "", text)
    text = re.sub(r'=== "[^"]*"|"[a-z-]+":|from "[^"]*"', "", text)
    literals: list[str] = []
    _read_code(text, 0, literals)
    return {word for literal in literals for word in split_words(literal)}


def _read_code(text: str, at: int, literals: list[str]) -> int:
    """Collect the literals of code up to the brace that closes it; where that is."""
    depth = 0
    while at < len(text):
        letter = text[at]
        if letter == '"':
            end = text.index('"', at + 1)
            literals.append(text[at + 1 : end])
            at = end
        elif letter == "`":
            at = _read_template(text, at + 1, literals)
        elif letter == "{":
            depth += 1
        elif letter == "}":
            if depth == 0:
                return at
            depth -= 1
        at += 1
    return at


def _read_template(text: str, at: int, literals: list[str]) -> int:
    """Collect the literals of a template; where it ends."""
    begin = at
    while text[at] != "`":
        if text.startswith("${", at):
            literals.append(text[begin:at])
            at = _read_code(text, at + 2, literals)
            begin = at + 1
        at += 1
    literals.append(text[begin:at])
    return at


def split_words(text: str) -> set[str]:
    """Words of three letters or more, in small letters."""
    return {word.lower() for word in re.findall(r"[^\W\d_]{3,}", text)}


ENGLISH = read_words(ROOT / "web" / "messages-en.js") - read_words(ROOT / "web" / "messages-de.js")


def find_english(page: Page) -> dict[str, list[str]]:
    """Each English word in the page, with the text that holds it."""
    texts = page.evaluate(COLLECT)
    assert len(texts) > 60
    return {text: sorted(words) for text in texts if (words := split_words(text) & ENGLISH)}


@pytest.fixture(scope="module")
def context(browser_type: BrowserType, browser_type_launch_args: dict[str, Any], site: str) -> Iterator[BrowserContext]:
    """A German browser with a microphone."""
    arguments = browser_type_launch_args | {"args": [*CHROMIUM_ARGUMENTS, *MICROPHONE]}
    browser = browser_type.launch(**arguments)
    yield browser.new_context(locale="de-DE", base_url=site, viewport={"width": 1280, "height": 900})
    browser.close()


@pytest.fixture(scope="module")
def german(context: BrowserContext, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The minuet's notes, opened by somebody who reads German."""
    page = context.new_page()
    page.goto("./")
    piece = tmp_path_factory.mktemp("piece") / "Stück.mid"
    shutil.copy(EXAMPLE_MIDI, piece)
    open_piece(page, piece)
    return page


@pytest.fixture
def english(browser: Browser, site: str) -> Iterator[Page]:
    """Somebody who reads English."""
    context = browser.new_context(locale="en-GB", base_url=site)
    page = context.new_page()
    page.goto("./")
    yield page
    context.close()


def open_piece(page: Page, path: Path) -> None:
    ottava = Ottava(page)
    ottava.drop(path)
    assert ottava.wait() == ""
    expect(page.locator("#keeping")).not_to_be_empty()


def choose_language(page: Page, name: str) -> None:
    page.locator("#languages").get_by_role("button", name=name).click()


def test_tables_have_the_same_keys(english: Page) -> None:
    one, other = english.evaluate(LIST_KEYS)
    assert one == other
    assert len(one) > 250


def test_page_before_its_scripts_says_what_the_table_says(english: Page) -> None:
    """Also a search engine reads it; and every label is in use."""
    labels = english.evaluate(LIST_LABELS)
    assert [(key, said) for key, text, said in labels if text != said] == []
    table = english.evaluate("async () => Object.keys((await import('./messages-en.js')).messages.labels)")
    assert {key for key, _, _ in labels} == set(table)


def test_words_are_told_apart() -> None:
    """What the other tests look for is there to be found."""
    assert {"recording", "score", "undo", "corrections", "heard", "bar", "waiting", "semitone"} <= ENGLISH
    assert len(ENGLISH) > 300


def test_welcome_is_german(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("./")
    expect(page.get_by_role("button", name="Aufnahme auswählen")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "de"
    page.get_by_text("Einstellungen").click()
    expect(page.get_by_label("Hören").get_by_role("option")).to_have_count(3)
    page.get_by_text("Über dieses Gerät").click()
    expect(page.locator("#about dd").nth(7)).to_contain_text("F12")
    expect(page.locator("#about dl")).to_contain_text(re.compile(r"\d\skB belegt|\d\sMB belegt"))
    page.locator("#about dd:nth-of-type(n + 9), #about dt:nth-of-type(n + 9)").evaluate_all(
        "(licences) => { for (const row of licences) row.remove(); }"
    )
    assert find_english(page) == {}
    page.close()


def test_recording_is_german(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("./")
    page.get_by_role("button", name="Aufnehmen", exact=True).click()
    page.get_by_role("button", name="Aufnahme starten").click()
    assert find_english(page) == {}
    expect(page.locator("#record-time")).to_have_text(re.compile("0:0[2-9]"))
    choose_language(page, "English")
    expect(page.locator("#language-note")).to_contain_text("beim nächsten Neuladen")
    page.get_by_role("button", name="Beenden").click()
    expect(page.get_by_role("slider", name="Anfang")).to_be_visible()  # the take is not lost
    assert find_english(page) == {}
    choose_language(page, "Deutsch")
    expect(page.locator("#language-note")).to_be_empty()
    page.on("dialog", lambda dialog: dialog.accept())
    page.close()


def test_listening_is_german(context: BrowserContext, clip: Path, tmp_path: Path) -> None:
    page = context.new_page()
    page.goto("./")
    recording = tmp_path / "Stück.wav"
    shutil.copy(clip, recording)
    Ottava(page).drop(recording)
    expect(page.locator("#working-name")).to_contain_text("0:08", timeout=OPENED_MS)
    assert find_english(page) == {}
    expect(page.locator("progress-view")).to_contain_text("Hört zu", timeout=OPENED_MS)
    page.keyboard.press("?")
    page.keyboard.press("Escape")  # closes help and cancels nothing
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="Abbrechen")).to_be_visible()
    page.get_by_role("button", name="Abbrechen").click()
    expect(page.get_by_role("button", name="Aufnahme auswählen")).to_be_focused()
    page.close()


def test_result_is_german(german: Page) -> None:
    page = german
    expect(page.locator("#facts")).to_have_text(re.compile(r"101 Noten · G-Dur · 3/4 · ♩ = 104 · 0:28"))
    page.get_by_text("Korrekturen", exact=True).click()
    page.get_by_text("Pianorolle", exact=True).click()
    page.get_by_role("application", name="Noten", exact=True).press("ArrowRight")
    expect(page.locator("note-bar p")).to_have_text("g, Takt 1, linke Hand")
    expect(page.locator("note-bar").get_by_role("button", name="Loslassen", exact=True)).to_be_visible()
    page.get_by_role("button", name="Klang und Wiederholung").click()
    roll = page.get_by_role("application", name="Pianorolle")
    roll.press("n")
    expect(page.locator("#result roll-view [role=status]")).to_contain_text("Hand")
    assert find_english(page) == {}
    page.get_by_role("button", name="Mitklopfen").click()
    expect(page.get_by_role("button", name="Klopfen", exact=True)).to_be_focused()
    assert find_english(page) == {}
    page.keyboard.press("Escape")
    expect(page.locator("#problem-text")).to_contain_text("mindestens vier")


def test_keys_and_notes_have_german_names(german: Page) -> None:
    page = german
    panel = page.locator("corrections-panel")
    if not panel.is_visible():
        page.get_by_text("Korrekturen", exact=True).click()
    panel.get_by_label("Tonart").select_option(label="h-Moll")
    expect(page.locator("#facts")).to_contain_text("h-Moll", timeout=OPENED_MS)
    names = page.evaluate(
        """async () => {
          const { messages } = await import("./messages.js");
          const name = (step, alter, octave) =>
            messages.roll.note({ pitch: 60, onset_sec: 61.5, confidence: 1, staff: 1, name: { step, alter, octave } });
          const keys = [[-2, "major"], [5, "major"], [-5, "minor"], [6, "major"]];
          return [
            name("B", 0, 4), name("B", -1, 3), name("F", 1, 2), name("E", -1, 5), name("A", -1, 1), name("C", 0, 4),
            ...keys.map(([fifths, mode]) => messages.nameKey({ fifths, mode })),
          ];
        }"""
    )
    assert [name.split(",")[0] for name in names] == [
        *("h¹", "b", "Fis", "es²", "As₁", "c¹"),
        *("B-Dur", "H-Dur", "b-Moll", "Fis-Dur"),
    ]
    assert names[0] == "h¹, bei 1:01,50, rechte Hand"


def test_what_python_says_is_german(german: Page, tmp_path: Path) -> None:
    """A warning, and why a file is no piece; and the list of pieces."""
    page = german
    project = json.loads(PROJECT.read_text("utf-8"))
    for note in project["performance"]["notes"]:
        note["confidence"] = 0.1
    doubtful = tmp_path / "Zweifel.json"
    doubtful.write_text(json.dumps(project | {"title": "Zweifel", "choices": {"title": "Zweifel"}}))
    open_piece(page, doubtful)
    expect(page.locator("#warnings")).to_contain_text("53 von 53 Noten sind unsicher")
    assert find_english(page) == {}
    page.get_by_role("button", name="Neue Aufnahme").click()
    expect(page.get_by_role("list", name="Meine Stücke").get_by_role("listitem")).to_have_count(2)
    expect(page.locator("library-view")).to_contain_text(re.compile(r"\d{2}\.\d{2}\.\d{4} · \d+\skB"))
    assert find_english(page) == {}
    page.get_by_role("button", name="Löschen: „Zweifel“").click()
    expect(page.locator("library-view")).to_contain_text("„Zweifel“ ist gelöscht.")
    broken = tmp_path / "kaputt.mid"
    broken.write_bytes(b"MThd nothing else")
    Ottava(page).drop(broken)
    sentence = "Diese MIDI-Datei ist beschädigt und lässt sich nicht lesen."
    expect(page.get_by_role("alert")).to_have_text(sentence, timeout=OPENED_MS)
    assert find_english(page) == {}


def test_language_is_changed_and_remembered(english: Page) -> None:
    page = english
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Play it. Read it.")
    expect(page.get_by_role("button", name="English")).to_have_attribute("aria-pressed", "true")
    choose_language(page, "Deutsch")
    expect(heading).to_have_text("Erst spielen, dann lesen.")
    page.goto("./")
    expect(heading).to_have_text("Erst spielen, dann lesen.")
    expect(page.get_by_role("button", name="Deutsch")).to_have_attribute("aria-pressed", "true")
    choose_language(page, "English")
    expect(heading).to_have_text("Play it. Read it.")
    assert page.evaluate("document.documentElement.lang") == "en"


def test_open_piece_survives_a_change_of_language(english: Page) -> None:
    page = english
    open_piece(page, EXAMPLE_MIDI)
    page.locator("#corrections summary").click()
    page.locator("corrections-panel").get_by_label("Key").select_option(label="B minor")
    expect(page.locator("#facts")).to_contain_text("B minor", timeout=OPENED_MS)
    expect(page.locator("#keeping")).to_have_text("Kept in My pieces on this device.")
    choose_language(page, "Deutsch")
    expect(page.locator("#facts")).to_contain_text("h-Moll", timeout=OPENED_MS)
    expect(page.locator("score-view svg").first).to_be_visible(timeout=OPENED_MS)


def test_piece_that_is_not_kept_is_not_lost(english: Page) -> None:
    page = english
    page.evaluate(FILL_UP)
    open_piece(page, EXAMPLE_MIDI)
    expect(page.locator("#keeping")).to_contain_text("no room left")
    choose_language(page, "Deutsch")
    expect(page.locator("#language-note")).to_contain_text("with the next reload")
    expect(page.get_by_role("button", name="Deutsch")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("score-view svg").first).to_be_visible()


@pytest.mark.parametrize(("locale", "is_german"), [("en-US", False), ("fr-FR", False), ("de-AT", True)])
def test_german_is_loaded_for_those_who_read_it(browser: Browser, site: str, locale: str, is_german: bool) -> None:
    context = browser.new_context(locale=locale, service_workers="block")
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site)
    name = "Aufnahme auswählen" if is_german else "Choose a recording"
    expect(page.get_by_role("button", name=name)).to_be_visible()
    assert any(url.endswith("messages-de.js") for url in asked) == is_german
    context.close()


def test_no_english_is_seen_before_the_german(browser: Browser, site: str) -> None:
    """The page stays blank while the table is under way; without it, English is better than nothing."""
    context = browser.new_context(locale="de-DE", service_workers="block")
    page = context.new_page()
    page.clock.install()  # the page shows itself after some seconds at the latest
    held: list[Any] = []
    page.route("**/messages-de.js", lambda route: held.append(route))
    page.goto(site, wait_until="commit")
    expect(page.locator("#headline")).to_have_css("visibility", "hidden")
    while not held:
        page.evaluate("new Promise((resolve) => requestAnimationFrame(resolve))")
    for route in held:
        route.abort()
    expect(page.get_by_role("heading", name="Play it. Read it.")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "en"
    context.close()


def find_help(page: Page, name: str = "Help") -> Locator:
    return page.get_by_role("dialog", name=name)


def test_help_opens_and_closes_by_key_and_button(english: Page) -> None:
    page = english
    choose = page.get_by_role("button", name="Choose a recording")
    choose.focus()
    page.keyboard.press("?")
    expect(find_help(page)).to_be_visible()
    for _ in range(4):
        page.keyboard.press("Tab")
        behind = page.locator(":focus:not(dialog *, body)")  # the browser's own controls may have it
        expect(behind).to_have_count(0)
    page.keyboard.press("Escape")
    expect(find_help(page)).to_be_hidden()
    expect(choose).to_be_focused()
    page.get_by_role("button", name="Help").click()
    page.get_by_role("button", name="Close").click()
    expect(find_help(page)).to_be_hidden()
    expect(page.get_by_role("button", name="Help")).to_be_focused()


def test_help_lists_the_keys_that_there_are(english: Page) -> None:
    page = english
    page.keyboard.press("?")
    keys = set(find_help(page).locator("kbd").all_text_contents())
    used = {"Space", "Enter", "Esc", "Delete", "Shift", "Ctrl", "←", "→", "↑", "↓", "+", "−", "?", *"ZPVNALS"}
    assert keys == used | {"click"}
    expect(find_help(page)).to_contain_text("Ottava listens and writes the score")


def test_question_mark_is_a_letter_where_one_types(english: Page) -> None:
    page = english
    open_piece(page, EXAMPLE_MIDI)
    page.locator("#corrections summary").click()
    title = page.locator("corrections-panel").get_by_label("Title")
    title.press("End")
    title.press("?")
    expect(title).to_have_value("Minuet?")
    expect(find_help(page)).to_be_hidden()
