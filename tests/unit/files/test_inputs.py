"""What a file is, told by its bytes, and the sentence for what does not fit the command."""

import json
import wave
from pathlib import Path

import pytest

from ottava.__main__ import main
from ottava.errors import TranscriptionError
from ottava.files.inputs import check_hearable, check_notatable, name_kind
from tests.unit.test_main import MINUET


def write_wav(path: Path) -> Path:
    """Write a second of silence."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(16000))
    return path


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"", "empty"),
        (b"MThd and nothing that follows", "midi"),
        (b"RIFF\x30\0\0\0RMIDdata\x20\0\0\0MThd\0\0\0\6", "midi"),
        (bytes(128) + b"MThd\0\0\0\6", "midi"),
        (b"\n MTrk\0\0\0\4\0\xff\x2f\0", "midi"),
        (b'{"format": "ottava-1"', "project"),
        (b'\xef\xbb\xbf\r\n {"format"', "project"),
        ('{"format"'.encode("utf-16"), "project"),
        (b"Dear Clara, the chunk MThd begins a file.\r\n", "text"),
        ("Für Elise ".encode() * 1000, "text"),
        (("x" * 4095 + "ü").encode(), "text"),
        ("Für Elise".encode("latin-1"), "other"),
        (b"RIFF\x30\0\0\0WAVEfmt \x10\0\0\0", "other"),
        (b"\xff\xfb\x90\x64" + bytes(400), "other"),
        (b"ID3\4\0\0\0\0\0\0", "other"),
        (bytes(5000), "other"),
        (b"\xff\xfe", "other"),
        (b"\xff\xfe\x00\xd8\0\0", "other"),
    ],
)  # fmt: skip
def test_a_file_is_told_by_its_first_bytes(head: bytes, kind: str) -> None:
    assert name_kind(head) == kind


@pytest.mark.parametrize("name", ["waltz.wav", "waltz.mid", "waltz.json", "waltz"])
def test_a_recording_is_never_called_a_damaged_midi_file(tmp_path: Path, name: str) -> None:
    path = write_wav(tmp_path / name)
    with pytest.raises(TranscriptionError, match=f"^{name} is a recording; ottava transcribe writes it down.$"):
        check_notatable(path, path.read_bytes())
    check_hearable(path)


@pytest.mark.parametrize("name", ["waltz.wav", "waltz.mid", "waltz.json", "waltz"])
def test_midi_is_read_whatever_its_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(Path(MINUET).read_bytes())
    assert check_notatable(path, path.read_bytes()) == "midi"
    with pytest.raises(TranscriptionError, match=f"^{name} is a MIDI file; ottava notate writes it down.$"):
        check_hearable(path)


def test_a_project_is_read_whatever_its_name_and_with_the_mark_of_some_editors(tmp_path: Path) -> None:
    assert main(["notate", MINUET, "--beats", "dp", "--title", "Mine", "-o", str(tmp_path / "p.json")]) == 0
    path = tmp_path / "p.txt"
    path.write_bytes(b"\xef\xbb\xbf" + (tmp_path / "p.json").read_bytes())
    assert main(["notate", str(path), "-o", str(tmp_path / "again.json")]) == 0
    assert json.loads((tmp_path / "again.json").read_text("utf-8"))["title"] == "Mine"
    with pytest.raises(TranscriptionError, match="ottava notate"):
        check_hearable(path)


@pytest.mark.parametrize(
    ("name", "content", "notating", "hearing"),
    [
        ("a.mid", b"", "is empty", "is empty"),
        ("a.json", b"Dear Clara", "is text", "is text"),
        ("a.mid", b"<html>", "is text", "is text"),
        ("a.txt", b"\0\1\2\3" * 99, "neither a MIDI file nor a project", ""),
        ("a.pdf", b"%PDF-1.7\n\xe2\xe3\xcf\xd3", "neither a MIDI file nor a project", ""),
        ("a.mid", b"\0\1\2\3" * 99, "", ""),
    ],
)
def test_what_fits_no_command_is_called_what_it_is(
    tmp_path: Path, name: str, content: bytes, notating: str, hearing: str
) -> None:
    """Nothing said: left to who reads MIDI or decodes."""
    path = tmp_path / name
    path.write_bytes(content)
    if notating:
        with pytest.raises(TranscriptionError, match=f"^{name} .*{notating}"):
            check_notatable(path, content)
    else:
        assert check_notatable(path, content) == "midi"
    if hearing:
        with pytest.raises(TranscriptionError, match=f"^{name} .*{hearing}"):
            check_hearable(path)
    else:
        check_hearable(path)
