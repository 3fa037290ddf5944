"""Pages: what Verovio says to our MusicXML, and what the SVG and the PDF hold."""

import re
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import pytest
import verovio

from ottava.datatypes import Choices, Performance
from ottava.errors import TranscriptionError
from ottava.files.musicxml import write_musicxml
from ottava.files.pages import NO_GLYPH, SVG, engrave_pages, write_pdf
from tests.performances import WALTZ, Written, notate_here, perform

MINUET = Path(__file__).parents[2] / "data" / "minuet.musicxml"
TRIPLETS: list[Written] = [(i / 3, 0.3, 60 + i % 5) for i in range(24)] + [(float(i), 0.9, 43) for i in range(9)]
LONG: list[Written] = [(quarter + 36 * turn, length, pitch) for turn in range(12) for quarter, length, pitch in WALTZ]


def write(written: list[Written], choices: Choices | None = None, title: str = "A piece") -> str:
    return write_musicxml(notate_here(perform(written, 100, 0.01), 400.0, choices or Choices(), title))


def texts(page: str) -> list[str]:
    written = ElementTree.fromstring(page).iter(f"{SVG}text")
    return ["".join(text.itertext()).replace("\xa0", " ").strip() for text in written]


def count_pages(pdf: bytes) -> int:
    return max(map(int, re.findall(rb"/Type ?/Pages.*?/Count (\d+)", pdf, re.DOTALL)))


@pytest.mark.parametrize(
    "choices", [Choices(), Choices(meters=((0.0, 6, 8),)), Choices(keys=((0.0, -6, "minor"),), tempo_bpm=51.0)]
)
@pytest.mark.parametrize("written", [WALTZ, TRIPLETS])
def test_verovio_has_nothing_to_object(
    written: list[Written], choices: Choices, capfd: pytest.CaptureFixture[str]
) -> None:
    for musicxml in (write(written, choices), MINUET.read_text(encoding="utf-8")):
        verovio.enableLog(verovio.LOG_WARNING)
        toolkit = verovio.toolkit()
        toolkit.setOptions({"noJustification": True})  # else narrow lines are warnings
        assert toolkit.loadData(musicxml)
        assert toolkit.renderToSVG(1)
        assert "".join(capfd.readouterr()) == ""


def test_verovio_can_object(capfd: pytest.CaptureFixture[str]) -> None:
    verovio.enableLog(verovio.LOG_WARNING)
    verovio.toolkit().loadData(MINUET.read_text(encoding="utf-8").replace("<step>D</step>", "<step>Q</step>"))
    assert "Warning" in "".join(capfd.readouterr())


def test_a_page_of_paper_has_title_and_composer() -> None:
    musicxml = write(WALTZ, Choices(composer="Dvořák & Co."), title="Größe & 春の海")
    pages = engrave_pages(musicxml)
    assert len(pages) == 1
    root = ElementTree.fromstring(pages[0])
    assert (root.get("width"), root.get("height")) == ("210mm", "297mm")
    assert "Größe & 春の海Dvořák & Co." in texts(pages[0])
    assert "Piano" not in "".join(texts(pages[0]))
    assert engrave_pages(musicxml) == pages


def test_a_staff_is_seven_millimetres_high() -> None:
    staff = next(g for g in ElementTree.fromstring(engrave_pages(write(WALTZ))[0]).iter() if g.get("class") == "staff")
    heights = [float((line.get("d") or "").split()[1]) for line in staff.findall(f"{SVG}path")[:5]]
    assert heights[4] - heights[0] == pytest.approx(700, abs=2)


def test_the_note_of_a_tempo_mark_needs_no_font() -> None:
    page = engrave_pages(write(WALTZ, Choices(meters=((0.0, 6, 8),))))[0]
    marks = [g for g in ElementTree.fromstring(page).iter(f"{SVG}g") if (g.get("class") or "").startswith("tempo")]
    assert len(marks) == 1
    assert len(marks[0].findall(f"{SVG}path")) == 2  # a dotted quarter
    private = re.compile("[\ue000-\uf8ff]")
    assert not any(private.search(text) for text in texts(page))


def test_pages_are_numbered_from_the_second_on() -> None:
    pages = engrave_pages(write(LONG))
    assert len(pages) > 2
    assert [f"– {number} –" in texts(page) for number, page in enumerate(pages, 1)] == [
        number > 1 for number in range(1, len(pages) + 1)
    ]


def test_a_long_title_stays_on_the_paper() -> None:
    sizes = []
    for title in ("T" * 20, "T" * 144, "春" * 72):
        page = ElementTree.fromstring(engrave_pages(write(WALTZ, title=title))[0])
        part = next(part for part in page.iter(f"{SVG}tspan") if part.text == title)
        sizes.append(int(str(part.get("font-size")).removesuffix("px")))
    assert Fraction(sizes[1], sizes[0]) == pytest.approx(Fraction(1, 2), abs=0.02)
    assert sizes[2] == sizes[1]


def test_pdf_has_all_pages_and_the_same_bytes() -> None:
    pages = engrave_pages(write(LONG))
    pdf, warning = write_pdf(pages, "Größe")
    assert pdf.startswith(b"%PDF-")
    assert warning == ""
    assert count_pages(pdf) == len(pages)
    assert b"/FontFile3" in pdf  # letters are letters, and their font goes with them
    assert b"/Subtype /Image" not in pdf  # everything is drawn
    assert len(pdf) < 60_000 * len(pages)
    assert write_pdf(pages, "Größe") == (pdf, "")


def test_a_letter_that_no_font_has_is_told() -> None:
    pdf, warning = write_pdf(engrave_pages(write(WALTZ, title="Sign \U000143fa")), "Sign")  # Anatolian: a rare font
    assert pdf.startswith(b"%PDF-")
    assert warning in (NO_GLYPH, "")
    if warning:
        assert count_pages(pdf) == 1


def test_what_is_no_score_is_refused() -> None:
    with pytest.raises(TranscriptionError, match="engraved"):
        engrave_pages("<score-partwise/>")


def test_any_title_is_only_text() -> None:
    """Nothing of it is read as Typst or XML."""
    title = '#import "x" $a$ </text> *b* \\ "'
    performance: Performance = perform(WALTZ, 100)
    musicxml = write_musicxml(notate_here(performance, 25.0, Choices(), title))
    pages = engrave_pages(musicxml)
    assert title in texts(pages[0])
    assert count_pages(write_pdf(pages, title)[0]) == 1
