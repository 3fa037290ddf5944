"""The command line with several inputs, folders, and what is piped in."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pretty_midi
import pytest

from ottava.__main__ import main
from tests.unit.test_main import MINUET

PLAIN = ["--beats", "dp"]  # no network: these tests are about files


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the command runs, with a.mid, "in/b ü.mid", an empty and a text file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for name in ("a.mid", "in/b ü.mid", "in/a.mid"):
        (tmp_path / name).write_bytes(Path(MINUET).read_bytes())
    (tmp_path / "empty.mid").write_bytes(b"")
    (tmp_path / "letter.mid").write_text("Dear Clara,\n", encoding="utf-8")
    return tmp_path


def list_scores(folder: Path) -> list[str]:
    """List what has been written."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.musicxml"))


def test_each_input_is_written_here_under_its_name(folder: Path) -> None:
    assert main(["notate", "a.mid", "in/b ü.mid", *PLAIN]) == 0
    assert list_scores(folder) == ["a.musicxml", "b ü.musicxml"]


@pytest.mark.parametrize("output", ["scores", "scores/", "new", "deep/er/", "."])
def test_each_input_is_written_into_the_folder(folder: Path, output: str) -> None:
    (folder / "scores").mkdir()
    assert main(["notate", "a.mid", "in/b ü.mid", *PLAIN, "-o", output]) == 0
    assert list_scores(folder) == [str(Path(output, name)) for name in ("a.musicxml", "b ü.musicxml")]


def test_one_input_is_written_into_a_folder_and_never_over_what_is_there(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "dotted.d").mkdir()
    for output in ("dotted.d", "new/"):
        assert main(["notate", "a.mid", *PLAIN, "-o", output, "-o", "x.json"]) == 0
        assert (folder / output / "a.musicxml").exists()
        assert main(["notate", "a.mid", *PLAIN, "-o", output]) == 1
        assert "is there already" in capsys.readouterr().err
        assert main(["notate", "a.mid", *PLAIN, "-o", output, "--force"]) == 0


def test_of_several_those_that_can_be_are_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "a.musicxml").write_bytes(b"mine")
    inputs = ["a.mid", "empty.mid", "letter.mid", "in", "absent.mid", "in/b ü.mid"]
    assert main(["notate", *inputs, *PLAIN]) == 1
    assert list_scores(folder) == ["a.musicxml", "b ü.musicxml"]
    assert (folder / "a.musicxml").read_bytes() == b"mine"
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "ottava: a.mid: a.musicxml is there already; use -o with another name, or --force.",
        "ottava: empty.mid is empty.",
        "ottava: letter.mid is text; give a MIDI file or a project that Ottava saved.",
        "ottava: in is a folder; give a file in it.",
        "ottava: There is no file absent.mid.",
        "ottava: 5 of 6 files could not be written down.",
    ]


def test_a_fault_that_nobody_foresaw_does_not_keep_the_others_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    read = main.__globals__["read_midi"]

    def fail_once(content: bytes) -> object:
        monkeypatch.setitem(main.__globals__, "read_midi", read)
        raise RuntimeError("no such luck")

    monkeypatch.setitem(main.__globals__, "read_midi", fail_once)
    assert main(["notate", "a.mid", "in/b ü.mid", *PLAIN]) == 1
    assert list_scores(folder) == ["b ü.musicxml"]
    assert "ottava: a.mid: Something went wrong (RuntimeError: no such luck)" in capsys.readouterr().err


def test_what_is_stopped_stops_all_and_keeps_what_is_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    read, n_read = main.__globals__["read_midi"], 0

    def stop(content: bytes) -> object:
        nonlocal n_read
        n_read += 1
        if n_read > 1:
            raise KeyboardInterrupt
        return read(content)

    monkeypatch.setitem(main.__globals__, "read_midi", stop)
    assert main(["notate", "a.mid", "in/b ü.mid", *PLAIN]) == 130
    assert list_scores(folder) == ["a.musicxml"]
    assert capsys.readouterr().err == "ottava: stopped.\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["a.mid", "in/b ü.mid", "-o", "x.musicxml"], "x.musicxml is one file for several inputs"),
        (["a.mid", "in/b ü.mid", "-o", "-"], "- is one file for several inputs"),
        (["a.mid", "in/b ü.mid", "-o", "x.doc"], "x.doc"),
        (["-", "a.mid"], "read alone"),
        (["-"], "has no name"),
        (["-", "-o", "in"], "has no name"),
        (["a.mid", "-o", "new"], "ends with /"),
    ],
)
def test_outputs_that_do_not_fit_the_inputs_are_wrong_usage(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    before = sorted(folder.rglob("*"))
    with pytest.raises(SystemExit) as end:
        main(["notate", *arguments])
    assert end.value.code == 2
    assert words in capsys.readouterr().err
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("inputs", [["a.mid", "in/a.mid"], ["a.mid", "./a.mid"], ["a.mid", "A.json"]])
def test_two_inputs_of_one_name_are_never_written_into_one_file(
    folder: Path, capsys: pytest.CaptureFixture[str], inputs: list[str]
) -> None:
    assert main(["notate", *inputs, "-o", "new/", "--force"]) == 2
    assert f"{inputs[0]} and {inputs[1]} would both be written" in capsys.readouterr().err
    assert not (folder / "new").exists()


def test_a_folder_that_cannot_be_made_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["notate", "a.mid", "-o", "a.mid/new/"]) == 1
    assert "The folder a.mid/new/ cannot be made" in capsys.readouterr().err


def test_other_endings_mean_the_same(folder: Path) -> None:
    outputs = ["x.xml", "x.musicxml", "x.midi", "x.mid", "y.XML"]
    assert main(["notate", "a.mid", *PLAIN, *(word for name in outputs for word in ("-o", name))]) == 0
    assert (folder / "x.xml").read_bytes() == (folder / "x.musicxml").read_bytes() == (folder / "y.XML").read_bytes()
    assert (folder / "x.midi").read_bytes() == (folder / "x.mid").read_bytes()


def test_midi_is_written_as_it_stands_in_the_score_with_a_track_a_hand(folder: Path) -> None:
    assert main(["notate", "a.mid", *PLAIN, "--midi", "written", "-o", "x.mid", "-o", "x.json"]) == 0
    file = pretty_midi.PrettyMIDI("x.mid")
    assert [hand.name for hand in file.instruments] == ["Right hand", "Left hand"]
    written = json.loads((folder / "x.json").read_text("utf-8"))["score"]["notes"]
    assert [len(hand.notes) for hand in file.instruments] == [
        sum(note["staff"] == staff for note in written if note) for staff in (1, 2)
    ]
    assert main(["notate", "a.mid", *PLAIN, "--midi", "played", "-o", "y.mid"]) == 0
    assert [hand.name for hand in pretty_midi.PrettyMIDI("y.mid").instruments] == ["Piano"]


@pytest.mark.parametrize("name", ["a.mid", "p.json"])
def test_what_is_piped_in_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert main(["notate", "a.mid", *PLAIN, "--title", "", "-o", "p.json"]) == 0
    with (folder / name).open("rb") as piped:
        monkeypatch.setattr("sys.stdin", piped)
        assert main(["notate", "-", *PLAIN, "-o", "x.json"]) == 0
    read, given = (json.loads((folder / file).read_text("utf-8")) for file in ("x.json", "p.json"))
    assert read["score"] == given["score"]
    assert read["title"] == ("" if name == "a.mid" else given["title"])


@pytest.mark.parametrize("command", ["notate", "transcribe"])
def test_of_an_empty_or_wrong_pipe_one_sentence_speaks(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    for name, words in (("empty.mid", "The standard input is empty."), ("letter.mid", "The standard input is text")):
        with (folder / name).open("rb") as piped:
            monkeypatch.setattr("sys.stdin", piped)
            assert main([command, "-", "-o", "x.json"]) == 1
            assert words in capsys.readouterr().err


def test_a_named_pipe_is_read_once(folder: Path) -> None:
    os.mkfifo("pipe")
    writer = subprocess.Popen(["cp", MINUET, "pipe"])
    assert main(["notate", "pipe", *PLAIN, "-o", "x.mid"]) == 0
    assert writer.wait(10) == 0


def test_a_file_that_is_piped_in_is_not_written(folder: Path) -> None:
    command = [sys.executable, "-m", "ottava", "notate", "-", "-o", "a.mid"]
    with (folder / "a.mid").open("rb") as piped:
        ended = subprocess.run(command, stdin=piped, capture_output=True, text=True, check=False)
    assert (ended.returncode, "could overwrite" in ended.stderr) == (2, True)
    assert (folder / "a.mid").read_bytes() == Path(MINUET).read_bytes()


@pytest.mark.parametrize(
    "choice", [["--downbeat", "999"], ["--model", "foo"], ["--setting", "turbo"], ["--choices", "late.json"]]
)
def test_choices_that_change_nothing_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], choice: list[str]
) -> None:
    (folder / "late.json").write_text('{"downbeats_sec": [1.0, 999.0]}', encoding="utf-8")
    assert main(["notate", "a.mid", *choice, "-o", "x.json"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert choice[1].replace("late.json", "999") in said
    assert not (folder / "x.json").exists()
