"""Playback: the recording and the piano on one clock, practice aids, and what of it is heard."""

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, expect

from tests.browser.visitor import EXAMPLE_MIDI, ROOT, Ottava, read_notes

pytestmark = pytest.mark.alone  # what is played is measured while it lasts

PROJECT = ROOT / "tests" / "data" / "prelude.json"
RENDERED_RATE = 44100
AUDIBLE = 0.003

# What goes to the loudspeaker is measured on its way, and the element that plays the recording is kept at hand.
LISTEN = """
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target instanceof AudioDestinationNode && target.context instanceof AudioContext) {
      if (target.context !== window.heard?.context) window.heard = new AnalyserNode(target.context, {fftSize: 8192});
      connect.call(this, window.heard);
    }
    return connect.call(this, target, ...rest);
  };
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () {
    window.element = this;
    return play.call(this);
  };
"""

PEAK = """() => {
  const samples = new Float32Array(8192);
  window.heard?.getFloatTimeDomainData(samples);
  return samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
}"""

# Where the line is whenever it is told the time, and how often it had to be put somewhere.
WATCH_LINE = """() => {
  const view = document.querySelector("score-view");
  const left = () => document.querySelector(".score-cursor").getBoundingClientRect().left;
  window.line = { told: [], n_put: 0 };
  const put = () => line.n_put++;
  for (const name of ["currentTime", "startTime"]) {
    const { get, set } = Object.getOwnPropertyDescriptor(Animation.prototype, name);
    Object.defineProperty(Animation.prototype, name, { get, set(value) { put(); set.call(this, value); } });
  }
  new MutationObserver((changes) => changes.forEach(put)).observe(
    document.querySelector(".score-carriage"), { attributes: true });
  view.setTime = (sec, ...rest) => {
    view.constructor.prototype.setTime.call(view, sec, ...rest);
    line.told.push({ sec, left: left() });
  };
  line.end = () => {
    delete view.setTime;
    const { told, n_put } = line;
    return { n_put, told: told.map(({ sec, left: was }) => {
      view.setTime(sec, false);
      return { sec, was, should: left() };
    }) };
  };
}"""

# The page's own modules, rendered at once; gives 16-bit samples in base64.
RENDER = """async ({ notes, score, pedals, mutes, with_piano, with_clicks, speed, first_sec, last_sec }) => {
  const load = (name) => import(new URL(name, location.href).href);
  const [mixing, sounds, metronome, sampler] = await Promise.all(
    ["mixer.js", "sounds.js", "metronome.js", "sampler.js"].map(load));
  const length = Math.ceil(((last_sec - first_sec) / speed + 1) * 44100);
  const context = new OfflineAudioContext(1, length, 44100);
  const mixer = mixing.createMixer(context);
  mixing.setLevels(mixer, { balance: 1, mutes }, 0);
  if (with_piano) window.piano ??= await sampler.loadPiano();
  const music = {
    piano: with_piano ? window.piano : null,
    sounds: sounds.collectSounds(notes, score.notes, pedals),
    clicks: with_clicks ? metronome.listClicks(score.beats) : [],
  };
  sounds.play(context, mixer, music, { first_sec, last_sec, begin_sec: 0, speed });
  const samples = (await context.startRendering()).getChannelData(0);
  const bytes = new Uint8Array(Int16Array.from(samples, (sample) => Math.round(sample * 32767)).buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return btoa(text);
}"""


@pytest.fixture(scope="module")
def project() -> Any:
    """A saved project: fifty notes with pedal."""
    return json.loads(PROJECT.read_text("utf-8"))


@pytest.fixture(scope="module")
def opened(browser: Browser, site: str) -> Iterator[Page]:
    """A page on which the example's notes are open, without a recording."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.add_init_script(LISTEN)
    page.goto(site)
    ottava = Ottava(page)
    ottava.drop(EXAMPLE_MIDI)
    assert ottava.wait() == ""
    yield page
    context.close()


@pytest.fixture
def page(opened: Page) -> Iterator[Page]:
    """The open piece at its beginning, all controls as at first, the options folded out."""
    unfold = opened.get_by_role("button", name="Sound and loop")
    if unfold.get_attribute("aria-expanded") == "false":
        unfold.click()
    yield opened
    opened.get_by_role("button", name="Back to the start").click()
    for name in ("Metronome", "Count in one bar", "Repeat bars"):
        opened.get_by_label(name).uncheck()
    for name in ("Right hand", "Left hand"):
        opened.get_by_label(name).check()
    opened.get_by_label("Speed").fill("1")


@pytest.fixture
def render(opened: Page, project: Any) -> Callable[..., NDArray[np.float64]]:
    """Renders the project's sound."""

    def run(**options: Any) -> NDArray[np.float64]:
        performance = project["performance"]
        given = {
            "notes": performance["notes"],
            "score": project["score"],
            "pedals": performance["pedals"],
            "mutes": {"1": False, "2": False},
            "with_piano": True,
            "with_clicks": False,
            "speed": 1,
            "first_sec": 0,
            "last_sec": project["duration_sec"],
        }
        return np.frombuffer(b64decode(opened.evaluate(RENDER, given | options)), "<i2") / 32767

    return run


def read_sec(page: Page) -> float:
    return float(page.get_by_label("Position").input_value())


def wait_for(is_so: Callable[[], bool], timeout_sec: float = 20) -> None:
    """Ask again and again; the policy forbids Playwright's own wait_for_function."""
    until = monotonic() + timeout_sec
    while not is_so():
        assert monotonic() < until, "it did not come"
        sleep(0.03)


def press_play(page: Page) -> None:
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def measure_pace(page: Page, seconds: float = 1.5) -> float:
    """Seconds of the music in a second of the wall's clock."""
    clock = "() => [Number(document.querySelector('.seek').value), performance.now() / 1000]"
    first = page.evaluate(clock)
    wait_for(lambda: page.evaluate(clock)[1] > first[1] + seconds)
    last = page.evaluate(clock)
    return float((last[0] - first[0]) / (last[1] - first[1]))


def measure_level(samples: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(samples**2)))


def test_piano_is_loaded_when_first_played_and_is_heard(browser: Browser, site: str) -> None:
    context = browser.new_context()
    requests: list[str] = []
    complaints: list[str] = []
    context.on("request", lambda sent: requests.append(sent.url))
    page = context.new_page()
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.add_init_script(LISTEN)
    page.goto(site)
    ottava = Ottava(page)
    ottava.drop(EXAMPLE_MIDI)
    assert ottava.wait() == ""
    assert not any("/samples/" in url and url.endswith(".mp3") for url in requests)
    press_play(page)
    wait_for(lambda: page.evaluate(PEAK) > AUDIBLE)
    assert len({url for url in requests if "/samples/" in url and url.endswith(".mp3")}) == 29
    expect(page.locator("transport-bar .notice")).to_be_hidden()
    assert complaints == []
    context.close()


def test_plays_pauses_and_goes_back(page: Page) -> None:
    press_play(page)
    wait_for(lambda: read_sec(page) > 0.5)
    page.get_by_role("button", name="Pause").click()
    paused_sec = read_sec(page)
    wait_for(lambda: page.evaluate(PEAK) < AUDIBLE)
    assert read_sec(page) == paused_sec
    page.get_by_role("button", name="Back to the start").click()
    assert read_sec(page) == 0


@pytest.mark.parametrize("speed", [0.5, 1.5])
def test_speed_of_the_piano(page: Page, speed: float) -> None:
    page.get_by_label("Speed").fill(str(speed))
    press_play(page)
    wait_for(lambda: read_sec(page) > 0.2)
    assert measure_pace(page) == pytest.approx(speed, abs=0.1)


def test_space_plays_unless_it_is_for_a_control(page: Page) -> None:
    page.locator("#facts").focus()
    page.keyboard.press("Space")
    wait_for(lambda: read_sec(page) > 0.2)
    page.locator("#facts").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.get_by_label("Metronome").focus()
    page.keyboard.press("Space")
    expect(page.get_by_label("Metronome")).to_be_checked()
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_seek_with_the_keyboard_while_it_plays(page: Page) -> None:
    position = page.get_by_label("Position")
    press_play(page)
    position.focus()
    page.keyboard.press("End")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    position.fill("7")
    assert read_sec(page) == 7
    assert "0:07 of" in (position.get_attribute("aria-valuetext") or "")
    press_play(page)
    wait_for(lambda: read_sec(page) > 7.2)
    position.fill("3")
    wait_for(lambda: 3 <= read_sec(page) < 6)


def test_loop_jumps_back(page: Page) -> None:
    page.get_by_label("Repeat bars").check()
    page.get_by_label("from", exact=True).fill("2")
    page.get_by_label("to", exact=True).fill("2")
    page.get_by_label("to", exact=True).press("Tab")
    press_play(page)
    seen: list[float] = []

    def went_back() -> bool:
        seen.append(read_sec(page))
        return len(seen) > 1 and seen[-1] < seen[-2]

    wait_for(went_back)
    wait_for(went_back)
    assert seen[0] > 0.5, "the first bar is left out"
    assert max(seen) - min(seen) < 3


def test_loop_from_here(page: Page) -> None:
    page.get_by_label("Position").fill("8")
    page.get_by_role("button", name="Repeat 4 bars from here").click()
    first, last = (int(page.get_by_label(name, exact=True).input_value()) for name in ("from", "to"))
    assert 1 < first <= last == first + 3
    expect(page.get_by_label("Repeat bars")).to_be_checked()


def test_count_in_delays_the_start(page: Page) -> None:
    page.get_by_label("Count in one bar").check()
    page.get_by_label("Position").fill("6")
    started = monotonic()
    press_play(page)
    wait_for(lambda: page.evaluate(PEAK) > AUDIBLE)  # the count is heard
    assert read_sec(page) == 6
    wait_for(lambda: read_sec(page) > 6)
    assert monotonic() - started > 1


def test_line_goes_on_by_itself_with_the_music(page: Page) -> None:
    page.get_by_label("Speed").fill("1.5")
    page.get_by_label("Count in one bar").check()
    page.get_by_label("Position").fill("6")
    page.evaluate(WATCH_LINE)
    press_play(page)
    wait_for(lambda: read_sec(page) > 12)
    page.get_by_role("button", name="Pause").click()
    seen = page.evaluate("line.end()")
    assert {told["sec"] for told in seen["told"]} > {6}, "it stood while it was counted in"
    assert all(abs(told["was"] - told["should"]) < 10 for told in seen["told"]), "pixels"
    assert seen["n_put"] < len(seen["told"]) / 3, "the browser moves it, not the page"


def test_correction_while_it_plays(page: Page) -> None:
    press_play(page)
    wait_for(lambda: read_sec(page) > 0.3)
    page.evaluate("window.scrollTo(0, 0)")
    page.locator("#corrections summary").click()
    page.get_by_label("Meter").select_option("4/4")
    expect(page.locator("#facts")).to_contain_text("4/4", timeout=30_000)
    before_sec = read_sec(page)
    wait_for(lambda: read_sec(page) > before_sec + 0.3)
    assert page.evaluate(PEAK) > AUDIBLE
    page.locator("#undo").click()
    page.locator("#corrections summary").click()


def test_note_that_is_pressed_sounds(page: Page) -> None:
    wait_for(lambda: page.evaluate(PEAK) < AUDIBLE)
    Ottava(page).press_note(0)
    wait_for(lambda: page.evaluate(PEAK) > AUDIBLE)


def test_music_goes_on_from_the_note_that_is_pressed(page: Page) -> None:
    onsets_sec = [onset_sec for onset_sec, _ in read_notes(EXAMPLE_MIDI)]
    for number in (60, 20):
        Ottava(page).press_note(number)
        expect(page.get_by_label("Position")).to_have_value(re.compile(f"{onsets_sec[number]:.1f}0*"))
        expect(page.locator("transport-bar .time").first).to_have_text(f"0:{int(onsets_sec[number]):02}")
    press_play(page)
    wait_for(lambda: read_sec(page) > onsets_sec[20] + 0.2)
    Ottava(page).press_note(60)
    wait_for(lambda: read_sec(page) > onsets_sec[60])
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_piano_is_credited_with_its_licence(page: Page) -> None:
    credit = page.locator("transport-bar .credit")
    expect(credit).to_have_text("Piano sound: Salamander Grand Piano by Alexander Holm, CC BY 3.0")
    expect(credit).to_be_in_viewport(ratio=1)
    with page.context.expect_page() as opened:
        credit.get_by_role("link", name="CC BY 3.0").click()
    expect(opened.value.locator("body")).to_contain_text("creativecommons.org/licenses/by/3.0")
    opened.value.close()


def test_hands_are_muted(render: Callable[..., NDArray[np.float64]], project: Any) -> None:
    both, right, left, none = (
        measure_level(render(mutes={"1": not right, "2": not left})) for right, left in ((1, 1), (1, 0), (0, 1), (0, 0))
    )
    assert both > right > AUDIBLE
    assert left > AUDIBLE
    assert none < 1e-4
    assert {note["staff"] for note in project["score"]["notes"] if note} == {1, 2}


def test_deleted_note_is_silent(render: Callable[..., NDArray[np.float64]], project: Any) -> None:
    assert measure_level(render(notes=[None] * len(project["performance"]["notes"]))) == 0


@pytest.mark.parametrize("pitch", [21, 34, 60, 61, 62, 85, 108])
def test_notes_are_in_tune_and_in_time(render: Callable[..., NDArray[np.float64]], pitch: int) -> None:
    note = {"onset_sec": 0.5, "offset_sec": 2.0, "pitch": pitch, "velocity": 90, "confidence": 1}
    samples = render(notes=[note], pedals=[], last_sec=2)
    onset = int(np.argmax(np.abs(samples) > 0.02 * np.abs(samples).max())) / RENDERED_RATE
    assert 0.495 < onset < 0.515
    # The strongest partial of a low string is a higher one, a little sharp.
    spectrum = np.abs(np.fft.rfft(samples[: 2 * RENDERED_RATE] * np.hanning(2 * RENDERED_RATE), 1 << 19))
    fundamental = 440 * 2 ** ((pitch - 69) / 12)
    spectrum[: int(fundamental / 2 / RENDERED_RATE * (1 << 19))] = 0  # the knock of the hammer
    frequency = int(np.argmax(spectrum)) * RENDERED_RATE / (1 << 19)
    cents = 1200 * np.log2(frequency / (round(frequency / fundamental) * fundamental))
    assert abs(cents) < (35 if 24 < pitch < 100 else 60)


def test_softer_is_softer_and_darker(render: Callable[..., NDArray[np.float64]]) -> None:
    levels, brightness = [], []
    for velocity in (30, 60, 100):
        note = {"onset_sec": 0.1, "offset_sec": 1.0, "pitch": 57, "velocity": velocity, "confidence": 1}
        spectrum = np.abs(np.fft.rfft(render(notes=[note], pedals=[], last_sec=1))) ** 2
        levels.append(spectrum.sum())
        brightness.append(spectrum[6000:].sum() / spectrum.sum())  # above 3 kHz
    assert levels == sorted(levels)
    assert brightness == sorted(brightness)


def test_pedal_holds_until_it_is_lifted(render: Callable[..., NDArray[np.float64]]) -> None:
    note = {"onset_sec": 0.0, "offset_sec": 0.3, "pitch": 60, "velocity": 90, "confidence": 1}
    pedal = {"onset_sec": 0.1, "offset_sec": 2.0, "kind": "sustain"}
    levels = {}
    for name, pedals in {"none": [], "down": [pedal], "soft": [pedal | {"kind": "soft"}]}.items():
        samples = render(notes=[note], pedals=pedals, last_sec=3)
        levels[name] = [
            measure_level(samples[round(sec * RENDERED_RATE) : round((sec + 0.2) * RENDERED_RATE)])
            for sec in (0.1, 1.5, 2.8)
        ]
    assert levels["down"][1] > AUDIBLE
    assert levels["down"][2] < 1e-4
    assert levels["none"][1] < 1e-4
    assert levels["soft"] == levels["none"]


def test_metronome_clicks_at_the_beats(render: Callable[..., NDArray[np.float64]], project: Any) -> None:
    speed = 0.5
    samples = render(with_piano=False, with_clicks=True, speed=speed)
    is_click = np.zeros(len(samples), bool)
    pitches: dict[bool, set[int]] = {True: set(), False: set()}
    for beat in project["score"]["beats"]:
        first = round(beat["time_sec"] / speed * RENDERED_RATE)
        click = samples[first : first + round(0.04 * RENDERED_RATE)]
        assert measure_level(click) > 0.02
        is_click[first - 2 : first + len(click) + 2] = True
        n_crossings = int(np.sum(np.diff(np.sign(click[:882])) != 0))
        pitches[beat["beat_in_bar"] == 1].add(n_crossings)
    assert measure_level(samples[~is_click]) < 1e-4
    assert min(pitches[True]) > max(pitches[False]), "downbeats are higher"


def test_count_in_leads_up_to_the_music(opened: Page, project: Any) -> None:
    beats = project["score"]["beats"]
    count = """async ([beats, sec]) =>
      (await import(new URL("metronome.js", location.href).href)).countIn(beats, sec)"""
    on_beat = opened.evaluate(count, [beats, beats[3]["time_sec"]])
    beat_sec = beats[4]["time_sec"] - beats[3]["time_sec"]
    assert on_beat["bar_sec"] == pytest.approx(2 * beat_sec)
    expected = [beats[3]["time_sec"] - k * beat_sec for k in (2, 1)]
    assert [click["sec"] for click in on_beat["clicks"]] == pytest.approx(expected)
    assert [click["is_downbeat"] for click in on_beat["clicks"]] == [False, True]
    # From silence before the first beat it goes on up to that.
    early = opened.evaluate(count, [beats, beats[0]["time_sec"] - 2.5 * (beats[1]["time_sec"] - beats[0]["time_sec"])])
    assert [click["is_downbeat"] for click in early["clicks"]] == [True, False, True, False]
    assert opened.evaluate(count, [[], 1.0]) == {"bar_sec": 0, "clicks": []}
    late = opened.evaluate(count, [beats, project["duration_sec"]])
    assert len(late["clicks"]) == 2


def test_says_when_the_piano_cannot_be_loaded(browser: Browser, site: str) -> None:
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    page.goto(site)
    ottava = Ottava(page)
    ottava.drop(EXAMPLE_MIDI)
    assert ottava.wait() == ""
    page.route("**/samples/*", lambda route: route.abort())
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator("transport-bar .notice")).to_contain_text("could not be loaded")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.unroute("**/samples/*")
    press_play(page)
    wait_for(lambda: read_sec(page) > 0.2)
    expect(page.locator("transport-bar .notice")).to_be_hidden()
    context.close()


def test_bar_fits_and_is_big_enough_for_fingers(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    try:
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        sizes = page.evaluate(
            """[...document.querySelectorAll("transport-bar :is(button, input, a)")].map((control) => {
              const { width, height } = (control.closest("label") ?? control).getBoundingClientRect();
              return [control.outerHTML, Math.min(width, height)];
            }).filter(([, size]) => size > 0 && size < 43.5)"""
        )
        assert sizes == []
        box = page.locator("transport-bar .row").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 740
    finally:
        page.set_viewport_size({"width": 1280, "height": 900})


@pytest.fixture(scope="module")
def recorded(browser: Browser, site: str, clip: Path) -> Iterator[Page]:
    """A page on which a recording was transcribed."""
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(LISTEN)
    page.goto(site)
    ottava = Ottava(page)
    ottava.drop(clip)
    assert ottava.wait() == ""
    page.get_by_role("button", name="Sound and loop").click()
    yield page
    context.close()


ELEMENT = "() => { const { currentTime, playbackRate, preservesPitch, paused } = window.element; "
ELEMENT += "return { currentTime, playbackRate, preservesPitch, paused, now: performance.now() / 1000 }; }"


def test_recording_keeps_its_pitch_at_every_speed(recorded: Page) -> None:
    page = recorded
    press_play(page)
    wait_for(lambda: page.evaluate(PEAK) > AUDIBLE)
    for speed in (0.5, 1.5):
        page.get_by_label("Position").fill("1")
        page.get_by_label("Speed").fill(str(speed))
        wait_for(lambda: 1.05 < page.evaluate(ELEMENT)["currentTime"] < 3)
        first = page.evaluate(ELEMENT)
        wait_for(lambda first=first: page.evaluate(ELEMENT)["now"] > first["now"] + 1.5)  # type: ignore[misc]
        last = page.evaluate(ELEMENT)
        pace = (last["currentTime"] - first["currentTime"]) / (last["now"] - first["now"])
        assert pace == pytest.approx(speed, abs=0.1)
        assert (last["playbackRate"], last["preservesPitch"]) == (speed, True)
    page.get_by_label("Speed").fill("1")
    page.get_by_role("button", name="Pause").click()
    assert page.evaluate(ELEMENT)["paused"]


def test_balance_between_recording_and_piano(recorded: Page) -> None:
    page = recorded
    page.get_by_label("Position").fill("1")
    balance = page.get_by_label("Recording or piano")
    assert balance.input_value() == "0"
    balance.fill("1")
    press_play(page)
    expect(page.locator("transport-bar .notice")).to_be_hidden()
    wait_for(lambda: page.evaluate(PEAK) > AUDIBLE)
    page.get_by_label("Right hand").uncheck()
    page.get_by_label("Left hand").uncheck()
    wait_for(lambda: page.evaluate(PEAK) < AUDIBLE)  # the recording goes on unheard
    at_sec = page.evaluate(ELEMENT)["currentTime"]
    wait_for(lambda: page.evaluate(ELEMENT)["currentTime"] > at_sec)
    balance.fill("0")
    wait_for(lambda: page.evaluate(PEAK) > AUDIBLE)
    page.get_by_role("button", name="Back to the start").click()


def test_loop_of_the_recording(recorded: Page) -> None:
    page = recorded
    page.get_by_label("Repeat bars").check()
    for name in ("from", "to"):
        page.get_by_label(name, exact=True).fill("2")
        page.get_by_label(name, exact=True).press("Tab")
    page.get_by_label("Count in one bar").check()
    press_play(page)
    seen: list[float] = []

    def went_back() -> bool:
        seen.append(page.evaluate(ELEMENT)["currentTime"])
        return len(seen) > 1 and seen[-1] < seen[-2] - 0.5

    wait_for(went_back)
    page.get_by_role("button", name="Back to the start").click()
    assert read_sec(page) > 0.5
