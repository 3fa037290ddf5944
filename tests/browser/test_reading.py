"""Reading and playing from the page: what is seen on which screen, and what is said while something is under way."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from build.policy import UNUSED, USED
from tests.browser.visitor import EXAMPLE_MIDI, ROOT, Ottava, repeat_example, settle

PROJECT = ROOT / "tests" / "data" / "prelude.json"
LAPTOP: ViewportSize = {"width": 1280, "height": 800}
SCREENS: dict[str, ViewportSize] = {
    "phone": {"width": 390, "height": 844},
    "small phone": {"width": 360, "height": 640},
    "sideways": {"width": 844, "height": 390},
    "small sideways": {"width": 667, "height": 375},
    "tablet": {"width": 768, "height": 1024},
    "laptop": LAPTOP,
    "desk": {"width": 1920, "height": 1080},
}

REST = """async () => {
  const width = () => document.querySelector(".score-page svg")?.viewBox.baseVal.width;
  for (let n = 0, before; n < 4; n = width() === before ? n + 1 : 0) {
    before = width();
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}"""

# Systems from the first staff's top line to the last one's bottom line that nothing lies over, and what is seen of all.
SEEN = """() => {
  const systems = [...document.querySelectorAll("score-view .score-pages g.system")].map((system) => {
    const boxes = [...system.querySelectorAll("g.staff > path")].map((line) => line.getBoundingClientRect());
    const edges = { left: Math.min(...boxes.map((box) => box.left)), top: Math.min(...boxes.map((box) => box.top)) };
    return { ...edges, bottom: Math.max(...boxes.map((box) => box.bottom)) };
  });
  const score = document.querySelector("score-view");
  const isFree = (x, y) => y >= 0 && y < innerHeight && score.contains(document.elementFromPoint(x, y));
  return systems.filter(({ left, top, bottom }) => isFree(left + 2, top) && isFree(left + 2, bottom)).length;
}"""

WATCH_LOCKS = """
  window.locks = { n_held: 0 };
  const request = async () => {
    locks.n_held++;
    const lock = { released: false, release: async () => { lock.released = true; locks.n_held--; } };
    return lock;
  };
  Object.defineProperty(navigator, "wakeLock", { value: { request } });
"""

# What is said, from the very moment at which something is pressed.
PRESS_AND_LISTEN = """(button) => {
  button.click();
  return document.querySelector("#busy").textContent;
}"""

LINE_SEEN = """() => {
  const [line, foot] = [".score-cursor", "transport-bar"].map((name) => document.querySelector(name));
  const { top, bottom } = line?.getBoundingClientRect() ?? { top: -1 };
  return top >= 0 && bottom <= foot.getBoundingClientRect().top;
}"""

# As a person who looks elsewhere: the page would follow the music again only after a while.
LOOK_AWAY = """(top) => {
  dispatchEvent(new WheelEvent("wheel"));
  scrollTo({ top, behavior: "instant" });
}"""


# Instead of the dialog, which would wait for a person.
COUNT_SHEETS = """() => {
  window.print = () => {
    document.body.dataset.printed = document.querySelectorAll(".score-sheets > svg").length;
  };
}"""


@contextmanager
def open_page(browser: Browser, site: str, path: Path, *scripts: str, **options: object) -> Iterator[Page]:
    context = browser.new_context(viewport=LAPTOP, **options)  # type: ignore[arg-type]
    page = context.new_page()
    for script in scripts:
        page.add_init_script(script)
    page.goto(site)
    ottava = Ottava(page)
    ottava.drop(path)
    assert ottava.wait() == ""
    yield page
    context.close()


@pytest.fixture(scope="module")
def long_midi(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's notes four times: a score of many systems."""
    return repeat_example(tmp_path_factory.mktemp("long") / "minuet.mid", 4)


@pytest.fixture(scope="module")
def opened(browser: Browser, site: str, long_midi: Path) -> Iterator[Page]:
    """One page for all tests: the engraver boots once."""
    with open_page(browser, site, long_midi, WATCH_LOCKS) as page:
        yield page


@pytest.fixture
def page(opened: Page) -> Iterator[Page]:
    """The long score from its top, at rest and with nothing folded out."""
    opened.set_viewport_size(LAPTOP)
    opened.evaluate(REST)
    opened.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    yield opened
    pause = opened.get_by_role("button", name="Pause", exact=True)
    if pause.is_visible():
        pause.click()
    opened.locator("details[open]").evaluate_all("(folds) => folds.forEach((fold) => { fold.open = false; })")
    opened.locator(".score-pages").press("Escape")
    while opened.locator("#undo").is_enabled():
        opened.locator("#undo").click()
        settle(opened)


@pytest.mark.parametrize("screen", SCREENS)
def test_the_roll_is_at_hand_and_leaves_a_system_of_the_score(page: Page, screen: str) -> None:
    page.set_viewport_size(SCREENS[screen])
    page.evaluate(REST)
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    assert page.evaluate(SEEN) >= 1, "music on the first screen"
    summary = page.locator("#roll-fold > summary")
    expect(summary).to_be_in_viewport(ratio=1)
    summary.click()
    stage = page.locator("#result .roll-stage")
    expect(stage).to_be_in_viewport(ratio=0.98)
    page.wait_for_timeout(800)  # it scrolls smoothly
    assert page.evaluate(SEEN) >= 1, "with the roll"
    if SCREENS[screen]["width"] > 1000:
        page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
        assert page.evaluate(SEEN) >= 1, "from the top, too"
    page.evaluate("scrollTo({ top: 900, behavior: 'instant' })")
    expect(stage).to_be_in_viewport(ratio=0.98)


def test_a_note_chosen_in_the_score_is_chosen_in_the_roll(page: Page) -> None:
    page.locator("#roll-fold > summary").click()
    page.wait_for_timeout(500)
    status = page.locator("#result roll-view [role=status]")
    for number in (4, 30):
        Ottava(page).press_note(number)
        name = (page.locator("note-bar p").text_content() or "").split(",")[0]
        expect(status).to_contain_text(f"{name}, at")
        box = page.evaluate("(n) => document.querySelector('#result roll-view').findBox(n).toJSON()", number)
        stage = page.locator("#result .roll-stage").bounding_box()
        assert stage and stage["x"] <= box["x"] < stage["x"] + stage["width"], "the roll goes there"
        assert stage["y"] <= box["y"] < stage["y"] + stage["height"]
    Ottava(page).press_note(31, adds=True)
    expect(status).to_have_text("2 notes selected")
    page.locator(".score-pages").press("ArrowRight")
    expect(status).to_contain_text(", at ")
    page.locator(".score-pages").press("Escape")
    expect(status).to_have_text("")


def test_a_note_chosen_while_the_roll_is_folded_is_chosen_there_too(page: Page) -> None:
    Ottava(page).press_note(4)
    page.locator("#roll-fold > summary").click()
    expect(page.locator("#result roll-view").get_by_role("button", name="Delete")).to_be_enabled()


def _wait_for_line(page: Page) -> None:
    for _ in range(100):
        if page.evaluate(LINE_SEEN):
            return
        page.wait_for_timeout(100)
    raise AssertionError("the page never came back to the line")


@pytest.mark.parametrize("way", ["play", "start", "seek"])
def test_the_page_comes_back_to_the_music(page: Page, way: str) -> None:
    page.locator("transport-bar .unfold").click()
    page.get_by_label("Speed").fill("0.25")  # so that the music stays in its system, at which the page would follow it
    page.locator("transport-bar .unfold").click()
    page.get_by_label("Position").fill("2")
    page.evaluate(LOOK_AWAY, 1000)
    page.wait_for_timeout(200)
    assert not page.evaluate(LINE_SEEN)
    if way == "play":
        page.get_by_role("button", name="Play", exact=True).evaluate("(button) => button.click()")
        expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible(timeout=60_000)
    elif way == "start":
        page.get_by_role("button", name="Back to the start").evaluate("(button) => button.click()")
    else:
        page.get_by_label("Position").evaluate(
            "(seek) => { seek.value = '4'; seek.dispatchEvent(new Event('input')); }"
        )
    _wait_for_line(page)


def test_a_loop_within_one_system_brings_the_page_back(page: Page) -> None:
    """As soon as the reader has looked elsewhere for a while."""
    cursor = """async () => {
      const view = document.querySelector("score-view");
      for (const sec of [1, 1.5, 2]) view.setTime(sec, true, 0);
      dispatchEvent(new WheelEvent("wheel"));
      scrollTo({ top: 1000, behavior: "instant" });
      const { now } = performance;
      performance.now = () => now.call(performance) + 60_000; // a minute later
      view.setTime(2.2, true, 0);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const before = scrollY;
      view.setTime(1, true, 0);
      delete performance.now;
      return before;
    }"""
    assert page.evaluate(cursor) == 1000, "it stays where somebody looks while the music goes on in the system"
    _wait_for_line(page)


@pytest.mark.parametrize("at", [0, 1000])
def test_it_is_said_at_once_that_the_score_is_being_written(page: Page, at: int) -> None:
    page.evaluate("(top) => scrollTo({ top, behavior: 'instant' })", at)
    double = page.locator("corrections-panel button[name=faster]")
    assert double.evaluate(PRESS_AND_LISTEN) == "Writing the score…"
    expect(page.locator("#busy")).to_be_in_viewport(ratio=1)
    settle(page)
    expect(page.locator("#busy")).to_have_text("")


def test_it_is_said_that_a_file_is_being_written(page: Page) -> None:
    with page.expect_download():
        assert page.locator("#save-menu [data-format=mxl]").evaluate(PRESS_AND_LISTEN) == "Writing the file…"
    expect(page.locator("#busy")).to_have_text("")


def test_a_sentence_about_the_piece_is_seen_where_one_reads_and_can_be_closed(page: Page) -> None:
    page.locator("#corrections > summary").click()
    page.get_by_role("button", name="Tap along").click()
    page.evaluate("scrollTo({ top: 900, behavior: 'instant' })")
    page.keyboard.press("Escape")
    problem = page.get_by_role("alert")
    expect(problem).to_contain_text("at least four")
    expect(problem).to_be_in_viewport(ratio=1)
    page.evaluate("scrollTo({ top: 1000, behavior: 'instant' })")
    expect(problem).to_be_in_viewport(ratio=1)
    page.locator("#problem").get_by_role("button", name="Close").click()
    expect(problem).to_be_hidden()
    page.get_by_role("button", name="Tap along").click()
    page.keyboard.press("Escape")
    expect(problem).to_be_visible()
    expect(problem).to_be_hidden(timeout=15_000)  # by itself


def test_the_screen_stays_awake_while_a_score_is_open_and_there_is_a_way_to_my_pieces(page: Page) -> None:
    assert page.evaluate("locks.n_held") == 1
    title = page.locator(".score-title").text_content() or ""
    page.get_by_role("button", name="My pieces").click()
    heading = page.get_by_role("heading", name="My pieces")
    expect(heading).to_be_focused()
    expect(heading).to_be_in_viewport()
    assert page.evaluate("new Promise((resolve) => setTimeout(() => resolve(locks.n_held)))") == 0
    page.locator("piece-row").filter(has_text=title).first.locator(".piece-open").click()
    settle(page)
    assert page.evaluate("locks.n_held") == 1


def test_a_small_screen_has_the_way_to_my_pieces_in_its_menu(page: Page) -> None:
    page.set_viewport_size(SCREENS["phone"])
    page.get_by_role("button", name="More", exact=True).click()
    expect(page.get_by_role("button", name="My pieces")).to_be_visible()
    page.keyboard.press("Escape")


def test_full_screen_is_not_forbidden() -> None:
    assert "fullscreen" in USED
    assert "fullscreen" not in UNUSED


@pytest.mark.parametrize("in_pages", [False, True])
def test_the_browsers_own_print_shows_no_choice_and_no_line(page: Page, in_pages: bool) -> None:
    if in_pages:
        page.get_by_role("button", name="Pages", exact=True).click()
        expect(page.locator(".score-pages .pgHead").first).to_be_visible(timeout=60_000)
    Ottava(page).press_note(4)
    page.evaluate("document.querySelector('score-view').setTime(2, false)")
    page.locator("#tint").click()
    page.emulate_media(media="print")
    try:
        expect(page.locator(".score-cursor")).to_be_hidden()
        fills = page.locator("score-view .score-pages g:is(.chosen, .sounding, .note)").evaluate_all(
            "(notes) => notes.map((note) => getComputedStyle(note).fill + getComputedStyle(note).color)"
        )
        assert set(fills) == {"rgb(0, 0, 0)rgb(0, 0, 0)"}
    finally:
        page.emulate_media(media="null")
        page.locator("#tint").click()
        if in_pages:
            page.get_by_role("button", name="Pages", exact=True).click()
            expect(page.locator(".score-pages .pgHead")).to_have_count(0, timeout=60_000)


METERS = {"3/4": r"♩ = \d+", "2/2": r"half note = \d+", "6/8": r"♩\. = \d+", "3/8": r"♪ = \d+", "6/4": r"dotted half"}


@pytest.mark.parametrize("meter", METERS)
def test_the_tempo_is_the_printed_one_with_its_note_value(page: Page, meter: str, tmp_path: Path) -> None:
    page.locator("#corrections > summary").click()
    page.get_by_label("Meter").select_option(meter)
    expect(page.locator("#facts")).to_contain_text(f"· {meter} ·", timeout=60_000)
    settle(page)
    musicxml = Ottava(page).save("MusicXML", tmp_path).read_text("utf-8")
    printed = re.findall(r"<per-minute>(.*?)<", musicxml)[0]
    shown = page.locator("corrections-panel .tempo output").text_content() or ""
    assert re.match(METERS[meter], shown)
    assert shown.endswith(f"= {printed}")
    expect(page.locator("#facts")).to_contain_text(f"· {shown} ·")


def test_what_has_no_sign_is_named_in_both_languages(page: Page) -> None:
    read = """async (language) => {
      const { messages } = await import(`./messages-${language}.js`);
      return [messages.nameValue("half", true), messages.nameValue("16th", false)];
    }"""
    assert page.evaluate(read, "en") == ["dotted half note", "sixteenth note"]
    assert page.evaluate(read, "de") == ["punktierte Halbe", "Sechzehntel"]


def test_a_pickup_is_called_so(browser: Browser, site: str, tmp_path: Path) -> None:
    """Not bar 0: in what is chosen, in the position, in the roll and where bars are repeated."""
    project = json.loads(PROJECT.read_text("utf-8"))
    beats = [beat["time_sec"] for beat in project["score"]["beats"]]
    project["choices"] = {**project.get("choices", {}), "downbeats_sec": beats[1::2], "beats_sec": beats}
    path = tmp_path / "pickup.json"
    path.write_text(json.dumps(project), "utf-8")
    with open_page(browser, site, path) as page:
        page.get_by_role("button", name="Sound and loop").click()
        first = page.get_by_role("spinbutton", name="from")
        expect(first).to_have_value("0")
        expect(page.locator(".loop")).to_contain_text("(pickup)")
        page.get_by_role("button", name="Sound and loop").click()
        Ottava(page).press_note(0)
        expect(page.locator("note-bar p")).to_contain_text(", pickup, ")
        position = page.get_by_label("Position").get_attribute("aria-valuetext") or ""
        assert position.endswith(", pickup")


WORDS = {
    "en": ("Automatic: ", "Reset rhythm", "Respell", "MIDI, as played", "MIDI, as written", "PDF", "Swing", "4 bars"),
    "de": ("Automatisch: ", "Rhythmus zur", "Enharmonisch", "MIDI, wie gespielt", "MIDI, wie notiert", "PDF",
           "Spielweise der Achtel", "4 Takte"),
}  # fmt: skip
GONE = {"en": ("As heard", "as heard", "Other name", "Eighths:"), "de": ("ie gehört",)}


@pytest.mark.parametrize("language", WORDS)
def test_each_word_means_one_thing(browser: Browser, site: str, language: str) -> None:
    with open_page(browser, site, EXAMPLE_MIDI, locale=language) as page:
        texts = page.locator("#result").evaluate(
            """(result) => [...result.querySelectorAll("button, option, label, .field, input")].flatMap((one) =>
              [one.textContent, one.getAttribute("aria-valuetext") ?? ""]).join("\\n")"""
        )
        for word in WORDS[language]:
            assert word in texts
        for word in GONE[language]:
            assert word not in texts


def test_pdf_is_under_save(page: Page) -> None:
    page.evaluate(COUNT_SHEETS)
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#save-menu").get_by_role("button", name="PDF").click()
    expect(page.locator("body[data-printed='2']")).to_be_attached(timeout=60_000)


def test_greyed_hands_say_why(browser: Browser, site: str, clip: Path) -> None:
    with open_page(browser, site, clip) as page:
        page.get_by_role("button", name="Sound and loop").click()
        hand = page.get_by_label("Right hand")
        expect(hand).to_be_disabled()
        expect(hand).to_have_accessible_description(re.compile("cannot be parted into hands"))
        expect(page.locator("transport-bar")).to_contain_text("cannot be parted into hands")
        page.get_by_label("Recording or piano").fill("1")
        expect(hand).to_be_enabled()
        expect(page.locator("transport-bar")).not_to_contain_text("cannot be parted into hands")


WATCH_PEAKS = """async ([n_samples, reads]) => {
  const { watchPeaks } = await import("./waveform.js");
  const seen = [];
  const read = async (first, last) => new Float32Array(last - first).fill(1);
  const recording = watchPeaks({ n_samples, duration_sec: n_samples / 44100, read }, (peaks) =>
    seen.push([...peaks].map((peak) => (peak ? "#" : ".")).join("")));
  for (const [first, last] of reads) await recording.read(first, last);
  return seen;
}"""


def test_the_waveform_has_no_islands(page: Page) -> None:
    """The tuning reads eight slices here and there; what is listened to comes in order, or goes on from its middle."""
    n_samples, slice_samples = 100 * 44100, 4 * 44100
    tuning = [(first, first + slice_samples) for first in range(0, n_samples - slice_samples + 1, n_samples // 8)]
    windows = [(first, min(first + 16 * 44100, n_samples)) for first in range(0, n_samples, 8 * 44100)]
    drawn = page.evaluate(WATCH_PEAKS, [n_samples, tuning + windows])
    assert all(".#" not in peaks for peaks in drawn)
    assert all(len(one.rstrip(".")) <= len(other.rstrip(".")) for one, other in pairwise(drawn))
    assert set(drawn[-1]) == {"#"}
    resumed = page.evaluate(WATCH_PEAKS, [n_samples, tuning + windows[6:]])
    assert all(peaks[401:].count(".#") <= 1 for peaks in resumed), "from where it was broken off"
    assert resumed[-1].endswith("#" * 5000)
