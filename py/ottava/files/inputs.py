"""Inputs: the bytes of a file that a person named, or the sentence that says why not, and the title of its name."""

from pathlib import Path

from ottava.errors import TranscriptionError
from ottava.files.midi import check_size
from ottava.files.project import MOST_JSON_BYTES, read_text


def read_bytes(path: Path) -> bytes:
    """Read a MIDI file, a project or a table of choices.

    Raises
    ------
    TranscriptionError
        When there is no such file, or it cannot be read, or is larger than any of them.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_JSON_BYTES + 1)
    except FileNotFoundError as error:
        raise TranscriptionError(f"There is no file {path}.") from error
    except IsADirectoryError as error:
        raise TranscriptionError(f"{path} is a folder; give a file in it.") from error
    except OSError as error:
        raise TranscriptionError(f"{path} cannot be read: {error.strerror}.") from error
    check_size(len(content) <= MOST_JSON_BYTES)
    return content


def name_title(path: Path) -> str:
    """Make a heading of a file's name: no ending, no underscores, a capital first."""
    words = " ".join(path.stem.replace("_", " ").split())
    return str(read_text(words[:1].upper() + words[1:]))
