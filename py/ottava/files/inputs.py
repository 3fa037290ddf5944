"""Inputs: what a person named or piped in, as a file that can be read, or the sentence that says why not.

What a file is is told by its bytes: names are wrong as often as not.
"""

import codecs
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from ottava.errors import TranscriptionError
from ottava.files.midi import check_size
from ottava.files.project import MOST_JSON_BYTES, read_text

STDIN = "-"
PIPED = "The standard input"
HEAD_BYTES = 4096
# A file of Mac OS and one of Windows have a header of their own before MIDI's.
MIDI_MARK = re.compile(rb"MThd|MTrk")
MIDI_SUFFIXES = {".mid", ".midi", ".smf", ".kar", ".rmi"}
CONTROLS = re.compile(r"[\0-\10\16-\32\34-\37]")  # but for those that stand in text

Kind = Literal["empty", "midi", "project", "text", "other"]


@contextmanager
def hold_input(name: str) -> Iterator[Path]:
    """Give an input as a file that can be read more than once: what is piped in is kept in a temporary one meanwhile.

    Raises
    ------
    TranscriptionError
        When nothing is piped in, or it cannot be kept.
    """
    path = Path(name)
    is_pipe = name != STDIN and path.exists() and stat.S_ISFIFO(path.stat().st_mode)
    if name != STDIN and not is_pipe:
        yield path
        return
    if name == STDIN and sys.stdin.isatty():
        raise TranscriptionError("Nothing is piped in: - reads what another program writes.")
    with tempfile.TemporaryDirectory(prefix="ottava-") as folder:
        held = Path(folder) / PIPED
        try:
            opened = path if is_pipe else sys.stdin.fileno()
            with open(opened, "rb", closefd=is_pipe) as source, held.open("wb") as file:
                shutil.copyfileobj(source, file)
        except OSError as error:
            raise TranscriptionError(f"{PIPED} cannot be read: {error.strerror}.") from error
        yield held


def find_read(name: str) -> Path:
    """The file that an input is, to be compared with those that are written."""
    return Path("/dev/stdin" if name == STDIN else name)


def read_bytes(path: Path) -> bytes:
    """Read a MIDI file, a project or a table of choices.

    Raises
    ------
    TranscriptionError
        When there is no such file, or it cannot be read, or is larger than any of them.
    """
    content = _read(path, MOST_JSON_BYTES + 1)
    check_size(len(content) <= MOST_JSON_BYTES)
    return content


def _read(path: Path, n_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(n_bytes)
    except FileNotFoundError as error:
        raise TranscriptionError(f"There is no file {path}.") from error
    except IsADirectoryError as error:
        raise TranscriptionError(f"{path} is a folder; give a file in it.") from error
    except OSError as error:
        raise TranscriptionError(f"{path} cannot be read: {error.strerror}.") from error


def name_kind(head: bytes) -> Kind:
    """Tell by its first bytes what a file is; "other" may be a recording, or anything."""
    if not head:
        return "empty"
    head = head[:HEAD_BYTES]
    coding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:  # in steps, as of the last letter only a part may be there
        text = codecs.getincrementaldecoder(coding)().decode(head).strip()
    except UnicodeDecodeError:
        text = ""
    is_text = bool(text) and not CONTROLS.search(text)
    if head.startswith(b"MThd") or (not is_text and MIDI_MARK.search(head)):
        return "midi"
    if not is_text:
        return "other"
    return "project" if text.startswith("{") else "text"


def check_notatable(path: Path, content: bytes) -> Literal["midi", "project"]:
    """Tell what is to be written down.

    Raises
    ------
    TranscriptionError
        When it is neither a MIDI file nor JSON; the sentence says what it is.
    """
    kind = name_kind(content)
    if kind in ("midi", "project"):
        return kind
    if kind == "empty":
        raise TranscriptionError(f"{path.name} is empty.")
    if kind == "text":
        raise TranscriptionError(f"{path.name} is text; give a MIDI file or a project that Ottava saved.")
    from ottava.files.decoding import is_recording  # loads FFmpeg

    if is_recording(path):
        raise TranscriptionError(f"{path.name} is a recording; ottava transcribe writes it down.")
    if path.suffix.lower() in MIDI_SUFFIXES:
        return "midi"  # whoever reads it says what is wrong
    raise TranscriptionError(f"{path.name} is neither a MIDI file nor a project that Ottava saved.")


def check_hearable(path: Path) -> None:
    """Refuse what cannot be heard, and say what to do with it.

    Raises
    ------
    TranscriptionError
        When there is no such file, or it is empty, a MIDI file or text.
    """
    what = {
        "empty": "is empty.",
        "midi": "is a MIDI file; ottava notate writes it down.",
        "project": "is no recording; ottava notate writes a saved project down.",
        "text": "is text and no recording.",
    }
    if sentence := what.get(name_kind(_read(path, HEAD_BYTES))):
        raise TranscriptionError(f"{path.name} {sentence}")


def name_title(path: Path) -> str:
    """Make a heading of a file's name: no ending, no underscores, a capital first; none of what was piped in."""
    if path.name == PIPED:
        return ""
    words = " ".join(path.stem.replace("_", " ").split())
    return str(read_text(words[:1].upper() + words[1:]))
