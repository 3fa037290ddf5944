"""Compressed MusicXML (.mxl): a zip archive with the score and a note that says where it lies.

Conventions: those of MusicXML 4.0 ("Compressed .MXL Files"): ``mimetype`` first and not compressed. The same
score gives the same bytes: no day, no owner.
"""

import io
import zipfile

MEDIA_TYPE = "application/vnd.recordare.musicxml"
SCORE = "score.musicxml"
CONTAINER = f"""<?xml version="1.0" encoding="UTF-8"?>
<container>
  <rootfiles>
    <rootfile full-path="{SCORE}" media-type="{MEDIA_TYPE}+xml"/>
  </rootfiles>
</container>
"""
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip archive can hold
UNIX, READABLE = 3, 0o644


def compress_musicxml(musicxml: str) -> bytes:
    """Pack a score.

    Parameters
    ----------
    musicxml
        The text of a .musicxml file.

    Returns
    -------
    bytes
        The .mxl file.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        _add(archive, "mimetype", MEDIA_TYPE, zipfile.ZIP_STORED)
        _add(archive, "META-INF/container.xml", CONTAINER, zipfile.ZIP_DEFLATED)
        _add(archive, SCORE, musicxml, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _add(archive: zipfile.ZipFile, name: str, text: str, method: int) -> None:
    entry = zipfile.ZipInfo(name, ZIP_EPOCH)
    entry.create_system = UNIX  # else the system where it is written shows
    entry.external_attr = READABLE << 16
    archive.writestr(entry, text.encode("utf-8"), method)
