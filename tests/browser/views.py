"""Every view of the page, reached as a person reaches it and left again: for tests that look at all of them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from playwright.sync_api import FilePayload, Page, expect

from tests.browser.visitor import EXAMPLE_MIDI, EXAMPLE_MP3, ROOT, TRANSCRIBED_MS, Ottava, settle

PROJECT = ROOT / "tests" / "data" / "prelude.json"
MICROPHONE = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
"""Arguments of a Chromium whose microphone beeps."""

DENY_MICROPHONE = """() => {
  const { mediaDevices } = navigator;
  mediaDevices.getUserMedia = async () => {
    delete mediaDevices.getUserMedia;
    throw new DOMException("", "NotAllowedError");
  };
}"""

LEAVE_UNFINISHED = """async () => {
  const { keepUnfinished } = await import("./unfinished.js");
  const facts = { id: "a", name: "minuet.mp3", type: "audio/mpeg", fraction: 0.5 };
  await keepUnfinished(facts, new Blob(["sound"]), []).end(true);
}"""

WAY_HOME = {"recording": "#record-back, #record-discard", "working": "#cancel", "result": "#again"}


def go_home(page: Page) -> None:
    """Leave whatever is shown."""
    state = page.locator("body").get_attribute("data-state")
    if state in WAY_HOME:
        page.locator(WAY_HOME[state]).locator("visible=true").click()
    expect(page.locator("#welcome")).to_be_visible()


def open_piece(page: Page) -> None:
    """Open the saved project, unless it is open."""
    if page.locator("body").get_attribute("data-state") != "result":
        go_home(page)
        ottava = Ottava(page)
        ottava.drop(PROJECT)
        assert ottava.wait() == ""
    settle(page)


@contextmanager
def _show_welcome(page: Page) -> Iterator[None]:
    go_home(page)
    yield


@contextmanager
def _fold_out(page: Page, fold: str) -> Iterator[None]:
    """Open a <details> and close it again."""
    page.locator(f"{fold} > summary").click()
    expect(page.locator(fold)).to_have_attribute("open", "")
    yield
    page.locator(f"{fold} > summary").click()


@contextmanager
def _show_help(page: Page) -> Iterator[None]:
    go_home(page)
    page.get_by_role("button", name="Help", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    yield
    page.keyboard.press("Escape")


@contextmanager
def _show_unfinished(page: Page) -> Iterator[None]:
    """As it is found where a page was closed while it listened."""
    go_home(page)
    page.evaluate(LEAVE_UNFINISHED)
    page.reload()
    expect(page.locator("#unfinished li")).to_be_visible()
    yield
    page.get_by_role("button", name="Discard “Minuet”").click()


@contextmanager
def _show_options(page: Page) -> Iterator[None]:
    go_home(page)
    with _fold_out(page, ".options"):
        yield


@contextmanager
def _show_about(page: Page) -> Iterator[None]:
    go_home(page)
    with _fold_out(page, "#about"):
        expect(page.locator("#about dd").first).to_be_visible()
        yield


@contextmanager
def _show_problem(page: Page) -> Iterator[None]:
    go_home(page)
    letter: FilePayload = {
        "name": "letter.mp3",
        "mimeType": "audio/mpeg",
        "buffer": b"Dear Clara, the recording follows.\n" * 100,
    }
    page.set_input_files("#file", letter)
    expect(page.locator("#problem")).to_be_visible(timeout=TRANSCRIBED_MS)
    yield


@contextmanager
def _record(page: Page, *presses: str) -> Iterator[None]:
    """Press these buttons of the recorder one after the other."""
    go_home(page)
    page.get_by_role("button", name="Record", exact=True).click()
    for name in presses:
        if name == "Stop":  # less than a second is nothing
            expect(page.locator("#record-time")).to_have_text("0:02", timeout=60_000)
        page.get_by_role("button", name=name, exact=True).click()
    yield
    page.once("dialog", lambda dialog: dialog.accept())
    if page.locator("#record-stop").is_visible():
        page.locator("#record-stop").click()


@contextmanager
def _record_ready(page: Page) -> Iterator[None]:
    with _record(page):
        expect(page.get_by_role("button", name="Start recording")).to_be_visible()
        yield


@contextmanager
def _record_failed(page: Page) -> Iterator[None]:
    page.evaluate(DENY_MICROPHONE)
    with _record(page):
        expect(page.get_by_role("button", name="Try again")).to_be_visible()
        yield


@contextmanager
def _work(page: Page) -> Iterator[None]:
    go_home(page)
    page.set_input_files("#file", EXAMPLE_MP3)
    expect(page.locator('#working roll-view:not([data-notes="0"])')).to_be_visible(timeout=TRANSCRIBED_MS)
    yield


@contextmanager
def _queue(page: Page) -> Iterator[None]:
    """One is done, one in work, one waits."""
    go_home(page)
    page.set_input_files("#file", [EXAMPLE_MIDI, EXAMPLE_MP3, EXAMPLE_MP3.with_name("prelude.mp3")])
    expect(page.locator('queue-view li[data-state="done"]')).to_be_visible(timeout=TRANSCRIBED_MS)
    expect(page.locator('queue-view li[data-state="working"] progress')).to_be_visible(timeout=TRANSCRIBED_MS)
    yield
    buttons = page.locator("queue-view li button:last-of-type")
    while buttons.count():
        buttons.first.evaluate("(button) => button.click()")  # the fold may be closed; what is ready goes first


@contextmanager
def _show_result(page: Page) -> Iterator[None]:
    open_piece(page)
    yield


@contextmanager
def _show_corrections(page: Page) -> Iterator[None]:
    open_piece(page)
    with _fold_out(page, "#corrections"):
        yield


@contextmanager
def _choose_note(page: Page) -> Iterator[None]:
    open_piece(page)
    page.locator(".score-pages").press("ArrowRight")
    expect(page.locator("note-bar")).to_be_visible()
    yield
    page.locator(".score-pages").press("Escape")


@contextmanager
def _press(page: Page, button: str) -> Iterator[None]:
    """Press a button that stays pressed, and press it again."""
    open_piece(page)
    page.locator(button).click()
    yield
    page.locator(button).click()


@contextmanager
def _show_pages(page: Page) -> Iterator[None]:
    with _press(page, "#in-pages"):
        expect(page.locator("score-view .score-pages .pgHead")).to_be_visible(timeout=60_000)
        yield
    expect(page.locator("score-view .score-pages .pgHead")).to_have_count(0, timeout=60_000)


@contextmanager
def _show_roll(page: Page) -> Iterator[None]:
    open_piece(page)
    with _fold_out(page, "#roll-fold"):
        page.get_by_role("application", name="Piano roll").press("n")
        yield
    page.evaluate("scrollTo(0, 0)")


@contextmanager
def _show_save_menu(page: Page) -> Iterator[None]:
    open_piece(page)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#save-menu")).to_be_visible()
    yield
    page.keyboard.press("Escape")


@contextmanager
def _tap(page: Page) -> Iterator[None]:
    """Leaves a sentence behind: too few beats were tapped."""
    with _show_corrections(page):
        page.get_by_role("button", name="Tap along").click()
        expect(page.locator("tap-view")).to_be_visible()
        yield
        page.get_by_role("button", name="Done", exact=True).click()


@contextmanager
def _rename(page: Page) -> Iterator[None]:
    go_home(page)
    page.locator("piece-row").first.get_by_role("button", name="Rename").click()
    yield
    page.keyboard.press("Escape")


@contextmanager
def _delete(page: Page) -> Iterator[None]:
    go_home(page)
    page.locator("piece-row").first.get_by_role("button", name="Delete").click()
    expect(page.locator(".library-news button")).to_be_visible()
    yield
    page.locator(".library-news button").click()


VIEWS: dict[str, Callable[[Page], AbstractContextManager[None]]] = {
    "welcome": _show_welcome,
    "help": _show_help,
    "unfinished": _show_unfinished,
    "options": _show_options,
    "about": _show_about,
    "problem": _show_problem,
    "record-failed": _record_failed,
    "record-ready": _record_ready,
    "record-recording": lambda page: _record(page, "Start recording"),
    "record-paused": lambda page: _record(page, "Start recording", "Pause"),
    "record-taken": lambda page: _record(page, "Start recording", "Stop"),
    "working": _work,
    "queue": _queue,
    "result": _show_result,
    "corrections": _show_corrections,
    "note": _choose_note,
    "tinted": lambda page: _press(page, "#tint"),
    "pages": _show_pages,
    "roll": _show_roll,
    "sound": lambda page: _press(page, "transport-bar .unfold"),
    "save-menu": _show_save_menu,
    "tapping": _tap,
    "library": _show_welcome,
    "renaming": _rename,
    "deleted": _delete,
}
"""By name, in an order that begins without pieces and ends with some; each is shown while its context is open."""
