"""Pages: the score engraved as on paper, A4, as SVG and PDF.

Verovio engraves, as in the page of the browser (``web/engrave-worker.js``), and Typst joins the pages in one PDF of
vectors and letters. This is for the command line only: the browser has its own Verovio.

Conventions: Verovio's lengths are tenths of a millimetre in the options, hundredths in the SVG.
"""

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal
from unicodedata import east_asian_width
from xml.etree import ElementTree
from xml.sax.saxutils import unescape

import typst
import verovio

from ottava.errors import TranscriptionError

SVG = "{http://www.w3.org/2000/svg}"
MUSIC_FONT = "Leipzig"
OPTIONS = {
    "bottomMarginHeader": 4,  # room for the composer
    "breaks": "auto",
    "footer": "none",  # else Verovio's own name
    "header": "auto",  # title and composer on the first page, numbers on the others
    "justifyVertically": True,
    "minLastJustification": 0.6,
    "mmOutput": True,
    "pageHeight": 2970,
    "pageMarginBottom": 150,
    "pageMarginLeft": 170,  # room for the brace
    "pageMarginRight": 130,
    "pageMarginTop": 130,
    "pageWidth": 2100,
    "smuflTextFont": "none",  # few programs read a font inside an SVG: see `_draw_music_letters`
    "svgFormatRaw": True,  # else the indentation shifts the title in some programs
    "unit": 8.75,  # half the distance of two lines: a staff is 7 mm high, as printed piano music is
    "xmlIdSeed": 1,  # the same score gives the same bytes
}
LABEL = re.compile(r"<title\b[^>]*>[^<]*</title>")  # a bubble that says "title" or "page" under the mouse
COMPOSER = re.compile(r'<creator type="composer">([^<]+)</creator>')
TITLE_COLUMNS = 72  # as many letters of a common width as a line of Verovio's heading holds
COMPOSER_BELOW, COMPOSER_SIZE = 560, 393
# One piano needs no name before its systems.
PART_NAME = re.compile(r"<part-(?:name|abbreviation)\b[^>]*>[^<]*</part-(?:name|abbreviation)>")

NO_GLYPH = "No font here has all letters of the title: the PDF shows boxes for some."

ElementTree.register_namespace("", SVG[1:-1])
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")

# Sheets without margins: the engraved pages have their own. The pages come in as strings, not as files.
DOCUMENT = """
#let given = json(bytes(sys.inputs.given))
#set document(title: given.title, date: none)
#set page(paper: "a4", margin: 0pt)
#for page in given.pages { image(bytes(page), format: "svg", width: 100%, height: 100%, alt: given.title) }
"""


def engrave_pages(musicxml: str) -> list[str]:
    """Engrave a score.

    Parameters
    ----------
    musicxml
        As `ottava.files.musicxml.write_musicxml` writes it.

    Returns
    -------
    list of str
        One SVG for each page, A4, with a size in millimetres. They need no font but one for plain text.

    Raises
    ------
    TranscriptionError
        When Verovio refuses the score.
    """
    verovio.enableLog(verovio.LOG_OFF)  # each tight line is a warning on stderr
    toolkit = verovio.toolkit()
    toolkit.setOptions(OPTIONS)
    if not (toolkit.loadData(PART_NAME.sub("<part-name/>", musicxml)) and toolkit.getPageCount()):
        raise TranscriptionError("The score could not be engraved; -o with .musicxml does without.")
    composer = COMPOSER.search(musicxml)
    pages = []
    for number in range(1, toolkit.getPageCount() + 1):
        page = ElementTree.fromstring(LABEL.sub("", toolkit.renderToSVG(number)))
        _draw_music_letters(page)
        if number == 1:
            _finish_heading(page, unescape(composer[1]) if composer else "")
        pages.append(ElementTree.tostring(page, encoding="unicode"))
    return pages


def write_pdf(pages: Sequence[str], title: str) -> tuple[bytes, str]:
    """Join pages in one PDF.

    Parameters
    ----------
    pages
        SVG, A4.
    title
        What a reader shows above the window.

    Returns
    -------
    bytes
        The file: lines and music as vectors, text as text, its fonts embedded.
    str
        A warning for the user, empty when all is well.
    """
    inputs = {"given": json.dumps({"pages": list(pages), "title": title})}
    # PDF/UA wants a glyph for every letter, which is how a missing one comes to light. Typst's own fonts look the same
    # everywhere and know European scripts; the others are those of the system.
    for ignore_system_fonts in (True, False):
        try:
            return _compile(inputs, ignore_system_fonts, is_checked=True), ""
        except typst.TypstError as error:
            is_blind = "could not be displayed" in str(error)
    return _compile(inputs, ignore_system_fonts=False, is_checked=False), NO_GLYPH if is_blind else ""


def _compile(inputs: dict[str, str], ignore_system_fonts: bool, is_checked: bool) -> bytes:
    standard: Literal["ua-1"] | None = "ua-1" if is_checked else None
    return typst.compile(
        DOCUMENT.encode(), sys_inputs=inputs, ignore_system_fonts=ignore_system_fonts, pdf_standards=standard
    )


def _finish_heading(page: ElementTree.Element, composer: str) -> None:
    """Make a long title fit in, and add the composer, whom Verovio's heading leaves out."""
    heading = page.find(f".//{SVG}g[@class='pgHead autogenerated']/{SVG}text")
    line = None if heading is None else heading.find(f"{SVG}tspan")
    if heading is None or line is None:
        return
    n_columns = sum(2 if east_asian_width(letter) in "WF" else 1 for letter in "".join(line.itertext()))
    for part in line.iter(f"{SVG}tspan"):
        if n_columns > TITLE_COLUMNS and "font-size" in part.attrib:
            size = float(part.get("font-size", "").removesuffix("px"))
            part.set("font-size", f"{size * TITLE_COLUMNS / n_columns:.0f}px")
    if composer:
        x, y = 2 * float(line.get("x", 0)), float(line.get("y", 0)) + COMPOSER_BELOW
        style = {"text-anchor": "end", "font-family": "Times", "font-size": f"{COMPOSER_SIZE}px"}
        ElementTree.SubElement(heading, f"{SVG}tspan", style, x=f"{x:g}", y=f"{y:g}").text = composer


def _draw_music_letters(page: ElementTree.Element) -> None:
    """Draw the note of a tempo mark, which Verovio writes as a letter of its music font, as a shape.

    Such letters must come first in their text, as they do: how wide others are is not known here.
    """
    for parent in page.iter(f"{SVG}g"):
        for text in parent.findall(f"{SVG}text"):
            for part in text.iter(f"{SVG}tspan"):
                letters = (part.text or "").strip()
                if part.get("font-family") == MUSIC_FONT:
                    _draw_letters(parent, text, letters, float(part.get("font-size", "0px").removesuffix("px")))
                    part.text = ""
                elif letters:
                    break


def _draw_letters(parent: ElementTree.Element, text: ElementTree.Element, letters: str, size: float) -> None:
    """Draw letters of the music font where ``text`` begins, which then begins after them."""
    scale = size / _read_widths()[""]
    for letter in letters:
        x, y = float(text.get("x", 0)), float(text.get("y", 0))
        place = f"translate({x:g}, {y:g}) scale({scale:g}, {-scale:g})"
        if outline := _read_shape(letter):  # a space has none
            shape = ElementTree.Element(f"{SVG}path", d=outline, transform=place)
            parent.insert(list(parent).index(text), shape)
        text.set("x", f"{x + scale * _read_widths()[letter]:g}")


@cache
def _read_widths() -> dict[str, float]:
    """How far each letter of the music font moves on; "" has the units of an em."""
    root = ElementTree.parse(_find_font().with_suffix(".xml")).getroot()
    widths = {chr(int(glyph.get("c", "0"), 16)): float(glyph.get("h-a-x", 0)) for glyph in root.iter("g")}
    return {**widths, "": float(root.get("units-per-em", 1000))}


@cache
def _read_shape(letter: str) -> str:
    path = ElementTree.parse(_find_font() / f"{ord(letter):04X}.xml").find("path")
    return "" if path is None else path.get("d", "")


def _find_font() -> Path:
    return Path(verovio.toolkit(False).getResourcePath()) / MUSIC_FONT
