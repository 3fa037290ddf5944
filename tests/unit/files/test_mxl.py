"""Compressed MusicXML: an archive that other programs open."""

import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import music21

from ottava.files.mxl import compress_musicxml

MINUET = Path(__file__).parents[2] / "data" / "minuet.musicxml"


def test_archive_is_as_the_format_wants_it() -> None:
    text = MINUET.read_text(encoding="utf-8")
    content = compress_musicxml(text)
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    first, container, score = archive.infolist()
    # Programs tell the format by these bytes, without unpacking.
    assert content[30:].startswith(b"mimetypeapplication/vnd.recordare.musicxml")
    assert (first.compress_type, container.filename) == (zipfile.ZIP_STORED, "META-INF/container.xml")
    root = ElementTree.fromstring(archive.read(container))
    assert [file.get("full-path") for file in root.iter("rootfile")] == [score.filename]
    assert archive.read(score).decode("utf-8") == text
    assert len(content) < len(text) / 5


def test_same_score_gives_the_same_bytes() -> None:
    assert compress_musicxml("<a/>") == compress_musicxml("<a/>")
    assert compress_musicxml("<a/>") != compress_musicxml("<b/>")


def test_music21_opens_it(tmp_path: Path) -> None:
    path = tmp_path / "minuet.mxl"
    path.write_bytes(compress_musicxml(MINUET.read_text(encoding="utf-8")))
    assert len(music21.converter.parse(path).flatten().notes) > 50
