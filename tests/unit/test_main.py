"""The command line: options, files and exit statuses."""

import json
from pathlib import Path

import music21
import pytest

from ottava.__main__ import main
from ottava.files.midi import write_midi
from ottava.files.mxl import compress_musicxml
from tests.performances import WALTZ, notate_here, perform

EXAMPLES = Path(__file__).parents[2] / "examples"
MINUET = str(EXAMPLES / "minuet.mid")


def test_notate_writes_all_formats_and_keeps_choices(tmp_path: Path) -> None:
    outputs = [tmp_path / f"out.{suffix}" for suffix in ("musicxml", "mid", "json")]
    choices = ["--title", "Menuett", "--meter", "6/8", "--key", "Eb minor", "--tempo", "90", "--split", "C4"]
    assert main(["notate", MINUET, *choices, *(x for o in outputs for x in ("-o", str(o)))]) == 0
    fields = json.loads(outputs[2].read_text(encoding="utf-8"))
    assert fields["title"] == "Menuett"
    assert fields["score"]["meters"] == [{"quarter": 0.0, "beats": 6, "beat_type": 8}]
    assert fields["score"]["keys"] == [{"quarter": 0.0, "fifths": -6, "mode": "minor"}]
    assert fields["score"]["tempos"] == [{"quarter": 0.0, "bpm": 90.0}]
    assert fields["choices"]["split"] == "C4"
    assert music21.converter.parse(outputs[0]).parts
    # A saved project is notated again with its own choices, and a new option wins.
    assert main(["notate", str(outputs[2]), "--meter", "3/4", "-o", str(tmp_path / "again.json")]) == 0
    again = json.loads((tmp_path / "again.json").read_text(encoding="utf-8"))
    assert (again["title"], again["score"]["meters"][0]["beats"]) == ("Menuett", 3)
    assert again["score"]["keys"] == fields["score"]["keys"]


def test_the_default_name_is_never_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                               capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["notate", MINUET]) == 0
    written = (tmp_path / "minuet.musicxml").read_bytes()
    (tmp_path / "minuet.musicxml").write_bytes(b"mine")
    assert main(["notate", MINUET]) == 1
    assert "--force" in capsys.readouterr().err
    assert (tmp_path / "minuet.musicxml").read_bytes() == b"mine"
    assert main(["notate", MINUET, "--force"]) == 0
    assert (tmp_path / "minuet.musicxml").read_bytes() == written


def test_one_page_keeps_its_name(tmp_path: Path) -> None:
    outputs = [tmp_path / name for name in ("m.svg", "m.pdf", "m.mxl", "m.musicxml")]
    assert main(["notate", MINUET, *(x for o in outputs for x in ("-o", str(o)))]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.musicxml", "m.mxl", "m.pdf", "m.svg"]
    assert outputs[0].read_text(encoding="utf-8").startswith("<svg")
    assert outputs[1].read_bytes().startswith(b"%PDF-")
    assert compress_musicxml(outputs[3].read_text(encoding="utf-8")) == outputs[2].read_bytes()


def test_several_pages_are_numbered_and_others_never_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "long.mid").write_bytes(play(12))
    arguments = ["notate", str(tmp_path / "long.mid"), "--beats", "dp", "-o", str(tmp_path / "a [b].svg")]
    assert main(arguments) == 0
    pages = sorted(tmp_path.glob("*.svg"))
    assert [page.name for page in pages] == [f"a [b]-{number}.svg" for number in range(1, len(pages) + 1)]
    assert len(pages) > 1
    pages[-1].write_bytes(b"mine")
    assert main(arguments) == 1
    assert "a [b]-1.svg is there already" in capsys.readouterr().err
    assert pages[-1].read_bytes() == b"mine"
    assert main([*arguments, "--force"]) == 0
    assert pages[-1].read_bytes() != b"mine"


def play(n_times: int) -> bytes:
    """The waltz again and again, as MIDI."""
    written = [(quarter + 36 * turn, length, pitch) for turn in range(n_times) for quarter, length, pitch in WALTZ]
    return write_midi(notate_here(perform(written), 400.0))


def test_stdout_holds_musicxml_and_nothing_else(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["notate", MINUET, "-o", "-"]) == 0
    assert capfdbinary.readouterr().out.startswith(b"<?xml")


def test_reading_again_with_corrected_notes_is_offered_and_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the minuet's first twelve notes the networks read other bars otherwise, too."""
    choices = tmp_path / "choices.json"
    deleted = [{"index": index, "deleted": True} for index in range(12)]
    choices.write_text(json.dumps({"notes": deleted}), encoding="utf-8")
    written = {}
    for name, options in (("edited", []), ("read", ["--reread"])):
        output = tmp_path / f"{name}.json"
        assert main(["notate", MINUET, "--choices", str(choices), *options, "-o", str(output)]) == 0
        written[name] = json.loads(output.read_text("utf-8"))["score"]["notes"]
        said = capsys.readouterr().err
        assert ("other bars would change; --reread does that." in said) == (name == "edited")
    assert written["edited"] != written["read"]


def test_a_choices_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "choices.json").write_text('{"meters": [{"sec": 0, "beats": 4, "beat_type": 4}]}', encoding="utf-8")
    arguments = ["--choices", str(tmp_path / "choices.json"), "-o", str(tmp_path / "x.json")]
    assert main(["notate", MINUET, *arguments]) == 0
    assert json.loads((tmp_path / "x.json").read_text())["score"]["meters"][0]["beats"] == 4


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["sing"], ["notate"], ["notate", MINUET, "-o", "x.doc"], ["notate", MINUET, "--meter", "3"],
        ["notate", MINUET, "--key", "X"], ["notate", MINUET, "--tempo", "2"], ["notate", MINUET, "--sensitivity", "3"],
        ["notate", MINUET, "--split", "Q"], ["notate", MINUET, "--grid", "7"], ["notate", MINUET, "--downbeat", "-1"],
    ],
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2


@pytest.mark.parametrize("command", ["transcribe", "notate"])
def test_files_that_cannot_be_used_end_with_1_and_one_sentence(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.mid").write_bytes(b"")
    (tmp_path / "text.json").write_text("hello", encoding="utf-8")
    for name in ("empty.mid", "text.json", "missing.mid", "."):
        assert main([command, str(tmp_path / name), "-o", str(tmp_path / "out.json")]) == 1
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith("ottava: ")
        assert "Traceback" not in captured.err
        assert captured.err.count("\n") == 1
    assert main([command, str(tmp_path / "empty.mid"), "-o", str(tmp_path / "no" / "out.json")]) == 1
    assert "no folder" in capsys.readouterr().err


def test_an_unknown_setting_or_model_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip, out = str(EXAMPLES / "prelude.mp3"), str(tmp_path / "x.json")
    assert main(["transcribe", clip, "-o", out, "--setting", "sloppy"]) == 1
    assert "exact" in capsys.readouterr().err
    assert main(["transcribe", clip, "-o", out, "--model", "other"]) == 1
    assert "transkun" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["score.mxl", "score.musicxml"])
def test_what_is_only_written_is_not_read(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """Nothing is unpacked, so that nothing can be a bomb."""
    (tmp_path / name).write_bytes(b"PK\x03\x04")
    assert main(["notate", str(tmp_path / name), "-o", str(tmp_path / "out.mid")]) == 1
    assert "does not read it" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["\udcff.mid", "\x1b[2Jclear.mid", "\u202ecod.mid", "<b>&.mid", "CON.mid", "a\nb.mid"])
def test_names_that_mean_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Written under their own names and nowhere else; what is said of them cannot move the cursor."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(Path(MINUET).read_bytes())
    outputs = ["-o", "a.json", "-o", "a.musicxml", "-o", "a.svg"]
    assert main(["notate", f"in/{name}", *outputs, "--composer", "\udcff<i>"]) == 0
    assert "<creator type=\"composer\">?&lt;i&gt;" in (tmp_path / "a.musicxml").read_text(encoding="utf-8")
    assert main(["notate", f"in/{name}"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["in", "a.json", "a.musicxml", "a.svg", name.replace(".mid", ".musicxml")]
    )
    assert main(["notate", f"in/absent-{name}"]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert "no file" in said
    assert said.isprintable()


def test_endless_files_are_not_read_to_their_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["notate", "/dev/zero", "-o", "never.mid"]) == 1
    assert "too large" in capsys.readouterr().err
