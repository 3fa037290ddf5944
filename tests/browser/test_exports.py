"""Files to take away: every form opens where it is meant to be opened, and holds the corrected piece."""

import io
import json
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import music21
import pretty_midi
import pytest
from playwright.sync_api import Browser, expect

from ottava.files.project import read_result
from tests.browser.visitor import EXAMPLE_MIDI, Ottava, read_notes, repeat_example, settle

TITLE = "Menuett / 2: <G>"
STEM = "Menuett 2 G"  # no file system minds it
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def ottava(browser: Browser, site: str) -> Iterator[Ottava]:
    """The example's notes with a title and without the third note."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    # A device that lets pictures pass to other programs, and MIDI, but no MusicXML.
    page.add_init_script("""
      window.shared = [];
      navigator.canShare = ({ files }) => files.every((file) => /\\.(png|mid)$/.test(file.name));
      navigator.share = async ({ files, title }) => { window.shared.push([title, ...files.map((file) => file.name)]); };
    """)
    page.goto(site)
    ottava = Ottava(page)
    ottava.drop(EXAMPLE_MIDI)
    assert ottava.wait() == ""
    ottava.press_note(2)
    page.get_by_role("button", name="Delete", exact=True).click()
    page.locator("#corrections summary").click()
    page.locator("corrections-panel").get_by_label("Title").fill(TITLE)
    page.locator("corrections-panel").get_by_label("Composer").fill("Petzold & Bach")
    page.keyboard.press("Tab")
    settle(page)
    yield ottava
    context.close()


def count_played() -> int:
    return len(read_notes(EXAMPLE_MIDI)) - 1


def test_musicxml_and_its_compressed_form_are_the_same(ottava: Ottava, tmp_path: Path) -> None:
    plain, packed = (ottava.save(form, tmp_path) for form in ("MusicXML", "MusicXML, compressed"))
    assert (plain.name, packed.name) == (f"{STEM}.musicxml", f"{STEM}.mxl")
    with zipfile.ZipFile(packed) as archive:
        assert archive.namelist()[0] == "mimetype"
        assert archive.read("score.musicxml") == plain.read_bytes()
    assert music21.converter.parse(packed).metadata.title == TITLE


def test_midi_as_played_and_as_written(ottava: Ottava, tmp_path: Path) -> None:
    played, written = (ottava.save(form, tmp_path) for form in ("MIDI, as played", "MIDI, as written"))
    assert (played.name, written.name) == (f"{STEM}.mid", f"{STEM} (score).mid")
    truth = read_notes(EXAMPLE_MIDI)
    heard = read_notes(played)
    assert len(heard) == count_played()
    assert {pitch for _, pitch in heard} <= {pitch for _, pitch in truth}
    midi = pretty_midi.PrettyMIDI(str(written))
    assert [hand.name for hand in midi.instruments] == ["Right hand", "Left hand"]
    sixteenth_sec = 60 / midi.get_tempo_changes()[1][0] / 4
    starts = [note.start / sixteenth_sec for hand in midi.instruments for note in hand.notes]
    assert len(starts) == count_played()
    assert all(abs(start - round(start)) < 0.05 for start in starts), "the minuet has nothing shorter"


def test_svg_is_a_page_that_stands_alone(ottava: Ottava, tmp_path: Path) -> None:
    path = ottava.save("SVG pages", tmp_path)
    assert path.name == f"{STEM}.svg"
    root = ElementTree.parse(path).getroot()
    assert (root.get("width"), root.get("height")) == ("210mm", "297mm")
    assert len([note for note in root.iter(f"{SVG}g") if note.get("class") == "note"]) >= count_played()
    assert any("stroke" in (style.text or "") for style in root.iter(f"{SVG}style"))
    heading = "".join(root.itertext())
    assert TITLE in heading
    assert "Petzold & Bach" in heading


def test_png_is_a_picture_with_ink(ottava: Ottava, tmp_path: Path) -> None:
    path = ottava.save("PNG of this page", tmp_path)
    assert path.name == f"{STEM}.png"
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == (2480, 3507)
    dark = ottava.page.evaluate(
        """async (bytes) => {
          const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: "image/png" }));
          const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
          context.drawImage(bitmap, 0, 0);
          const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
          let dark = 0;
          for (let i = 0; i < data.length; i += 4) dark += data[i] < 128;
          return dark / (data.length / 4);
        }""",
        list(data),
    )
    assert 0.002 < dark < 0.2, "a page of music, neither empty nor black"


def test_project_opens_again_with_its_corrections(ottava: Ottava, tmp_path: Path) -> None:
    path = ottava.save("Ottava project", tmp_path)
    assert path.name == f"{STEM}.json"
    title, _, performance, choices = read_result(path.read_text("utf-8"))
    assert title == TITLE
    assert len(performance.notes) == count_played() + 1, "what was heard stays"
    assert choices.corrections[2].is_deleted
    score = json.loads(path.read_text("utf-8"))["score"]
    assert score["notes"][2] is None

    context = ottava.page.context
    other = context.new_page()
    other.goto(ottava.page.url.split("#", maxsplit=1)[0])
    again = Ottava(other)
    again.drop(path)
    assert again.wait() == ""
    expect(other.locator(".score-title")).to_have_text(TITLE)
    assert json.loads(again.save("Ottava project", tmp_path).read_text("utf-8"))["score"] == score
    other.close()


def test_several_pages_are_a_zip(ottava: Ottava, site: str, tmp_path: Path) -> None:
    page = ottava.page.context.new_page()
    page.goto(site)
    long = Ottava(page)
    long.drop(repeat_example(tmp_path / "long.mid", 9))
    assert long.wait() == ""
    path = long.save("SVG pages", tmp_path)
    assert path.name == "long-svg.zip"
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        names = archive.namelist()
        assert names == [f"long-{number}.svg" for number in range(1, len(names) + 1)]
        assert len(names) > 1
    # The page that is looked at, not the first one.
    last = page.locator("score-view g.note").last.get_attribute("id") or ""
    long.press_note(int(last.removeprefix("n").split("-")[0]))
    assert long.save("PNG of this page", tmp_path).name == f"long (page {len(names)}).png"
    page.close()


def test_sharing_takes_what_the_browser_lets_pass(ottava: Ottava) -> None:
    page = ottava.page
    page.get_by_role("button", name="Share").click()
    settle(page)
    assert page.evaluate("window.shared") == [[TITLE, f"{STEM}.mid"]]
