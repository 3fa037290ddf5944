"""What is written: nothing that is read is lost by it, and nothing is ever half written."""

import errno
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ottava.__main__ import main
from tests.unit.test_main import MINUET, play

LONG_PAGES = 12  # times the waltz: several pages
LIMITED_BYTES = 1000  # less than any output of the minuet

# The command with files that may hold no more than some bytes, as on a full disk; `%s` is what becomes of who tries.
LIMITED = f"""
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.%s)
resource.setrlimit(resource.RLIMIT_FSIZE, ({LIMITED_BYTES}, {LIMITED_BYTES}))
from ottava.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def run_limited(arguments: list[str], action: str) -> subprocess.CompletedProcess[str]:
    """Run the command; ``action`` is SIG_IGN (the write fails in its middle) or SIG_DFL (the process dies there)."""
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", LIMITED % action, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the command runs, with a.mid, a project p.json and choices c.json."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.mid").write_bytes(Path(MINUET).read_bytes())
    (tmp_path / "c.json").write_text('{"title": "Chosen"}', encoding="utf-8")
    assert main(["notate", "a.mid", "--beats", "dp", "-o", "p.json"]) == 0
    return tmp_path


def read_all(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder with its content."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def do_nothing(folder: Path) -> None:
    """Leave the folder as it is."""


def link(name: str, target: str) -> Callable[[Path], None]:
    """Make a symbolic link."""
    return lambda folder: (folder / name).symlink_to(target)


def link_hard(name: str, target: str) -> Callable[[Path], None]:
    """Give a file another name."""
    return lambda folder: (folder / name).hardlink_to(folder / target)


@pytest.mark.parametrize("force", [[], ["--force"]], ids=["", "force"])
@pytest.mark.parametrize(
    ("prepare", "arguments"),
    [
        (do_nothing, ["a.mid", "-o", "a.mid"]),
        (do_nothing, ["a.mid", "-o", "./a.mid"]),
        (lambda folder: (folder / "sub").mkdir(), ["a.mid", "-o", "sub/../a.mid"]),
        (link("to.mid", "a.mid"), ["a.mid", "-o", "to.mid"]),
        (link("to.mid", "a.mid"), ["to.mid", "-o", "a.mid"]),
        (link("to.json", "p.json"), ["a.mid", "--choices", "p.json", "-o", "x.mid", "-o", "to.json"]),
        (link("here", "."), ["a.mid", "-o", "here/a.mid"]),
        (link_hard("hard.mid", "a.mid"), ["a.mid", "-o", "hard.mid"]),
        (do_nothing, ["p.json", "-o", "p.json"]),
        (do_nothing, ["p.json", "-o", "x.musicxml", "-o", "p.json"]),
        (do_nothing, ["a.mid", "--choices", "c.json", "-o", "c.json"]),
        (lambda folder: (folder / "a.mid").rename(folder / "a-1.svg"), ["a-1.svg", "-o", "a.svg"]),
        (link("x-2.svg", "a.mid"), ["a.mid", "-o", "x.svg"]),
        (do_nothing, ["a.mid", "-o", "x.mid", "-o", "x.mid"]),
        (do_nothing, ["a.mid", "-o", "x.mid", "-o", "./x.mid"]),
        (do_nothing, ["a.mid", "-o", "x.mid", "-o", "X.mid"]),
        (do_nothing, ["a.mid", "-o", "x.svg", "-o", "x-1.svg"]),
        (do_nothing, ["a.mid", "-o", "x-12.svg", "-o", "x.svg"]),
        (link("to.mid", "x.mid"), ["a.mid", "-o", "x.mid", "-o", "to.mid"]),
        (do_nothing, ["a.mid", "-o", "-", "-o", "-"]),
        (lambda folder: (folder / "a.mid").rename(folder / "a.musicxml"), ["a.musicxml"]),
    ],
)  # fmt: skip
def test_what_is_read_is_never_written(
    folder: Path, capsys: pytest.CaptureFixture[str], prepare: Callable[[Path], None], arguments: list[str],
    force: list[str],
) -> None:  # fmt: skip
    """By none of its names, and no two outputs into one file: a sentence, and nothing is written."""
    prepare(folder)
    before = read_all(folder)
    for command in ("notate", "transcribe"):
        assert main([command, *arguments, *force]) == 2
        said = capsys.readouterr().err
        assert "choose another name" in said
        assert said.count("\n") == 1
    assert read_all(folder) == before


def test_networks_that_are_read_stay(folder: Path) -> None:
    (folder / "rhythm").mkdir()
    (folder / "rhythm" / "models.json").write_text("{}", encoding="utf-8")
    assert main(["notate", "a.mid", "--rhythm", "rhythm", "-o", "rhythm/models.json"]) == 2
    assert (folder / "rhythm" / "models.json").read_text("utf-8") == "{}"


def test_a_file_that_the_standard_output_leads_to_is_one_too(folder: Path) -> None:
    before = read_all(folder)
    for mode, name, output in (("ab", "a.mid", "-"), ("ab", "out.musicxml", "out.musicxml")):
        with (folder / name).open(mode) as stdout:
            command = [sys.executable, "-m", "ottava", "notate", "a.mid", "--beats", "dp", "-o", "-"]
            command += ["-o", output] * (output != "-")
            assert subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE).returncode == 2
    assert read_all(folder) == before | {"out.musicxml": b""}


def test_names_that_only_look_alike_are_written(folder: Path) -> None:
    outputs = ["a.musicxml", "a.svg", "x-1.mid", "x.svg", "a-1.json"]
    arguments = [argument for name in outputs for argument in ("-o", name)]
    assert main(["notate", "a.mid", "--beats", "dp", *arguments]) == 0
    assert sorted(read_all(folder)) == sorted([*outputs, "a.mid", "c.json", "p.json"])


def test_a_link_stays_a_link_and_permissions_stay(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "real.mid").write_bytes(b"old")
    (folder / "sub" / "real.mid").chmod(0o640)
    (folder / "to.mid").symlink_to("sub/real.mid")
    (folder / "dangling.mid").symlink_to("sub/new.mid")
    mask = os.umask(0o027)
    try:
        outputs = ["-o", "to.mid", "-o", "dangling.mid", "-o", "fresh.mid"]
        assert main(["notate", "a.mid", "--beats", "dp", *outputs]) == 0
    finally:
        os.umask(mask)
    assert (folder / "to.mid").is_symlink()
    assert (folder / "dangling.mid").is_symlink()
    written = (folder / "fresh.mid").read_bytes()
    for name in ("real.mid", "new.mid"):
        assert (folder / "sub" / name).read_bytes() == written
        assert stat.S_IMODE((folder / "sub" / name).stat().st_mode) == 0o640
    assert stat.S_IMODE((folder / "fresh.mid").stat().st_mode) == 0o640


def test_pipes_and_devices_are_written_into(folder: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    (folder / "out.musicxml").symlink_to("/dev/stdout")
    (folder / "null.json").symlink_to(os.devnull)
    os.mkfifo(folder / "pipe.mid")
    with subprocess.Popen(["cat", "pipe.mid"], stdout=subprocess.PIPE) as reader:
        outputs = ["-o", "out.musicxml", "-o", "null.json", "-o", "pipe.mid"]
        assert main(["notate", "a.mid", "--beats", "dp", *outputs]) == 0
        assert reader.communicate()[0].startswith(b"MThd")
    assert capfdbinary.readouterr().out.startswith(b"<?xml")
    assert (folder / "pipe.mid").is_fifo()
    assert (folder / "null.json").is_char_device()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
@pytest.mark.parametrize("output", ["-", "full.musicxml"])
def test_a_full_output_that_is_no_file_gets_a_sentence(folder: Path, output: str) -> None:
    (folder / "full.musicxml").symlink_to("/dev/full")
    command = [sys.executable, "-m", "ottava", "notate", "a.mid", "--beats", "dp", "-o", output]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "cannot be written: No space left" in done.stderr


@pytest.mark.parametrize("name", ["p.json", "p.musicxml", "p.pdf", "p.svg", "p.mxl"])
def test_a_write_that_fails_in_its_middle_leaves_what_was_there(folder: Path, name: str) -> None:
    """Nothing else is left either, and the next try works."""
    arguments = ["notate", "a.mid", "--beats", "dp", "-o", name]
    assert main(arguments) == 0
    before = read_all(folder)
    done = run_limited([*arguments, "--title", "Another"], "SIG_IGN")
    assert done.returncode == 1, done.stderr
    assert done.stderr == f"ottava: {name} cannot be written: File too large.\n"
    assert read_all(folder) == before
    assert main([*arguments, "--title", "Another"]) == 0
    assert read_all(folder)[name] != before[name]


def test_a_process_killed_in_the_middle_of_a_write_leaves_what_was_there(folder: Path) -> None:
    before = read_all(folder)
    arguments = ["notate", "a.mid", "--beats", "dp", "-o", "p.json"]
    done = run_limited([*arguments, "--title", "Another"], "SIG_DFL")
    assert done.returncode == -signal.SIGXFSZ, done.stderr
    assert before.items() <= read_all(folder).items()
    assert main(["notate", "p.json", "--beats", "dp", "-o", "again.mid"]) == 0


@pytest.mark.parametrize(("fault", "status"), [(OSError(errno.ENOSPC, "No space left"), 1), (KeyboardInterrupt(), 130)])
def test_pages_of_a_score_are_all_new_or_all_old(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fault: BaseException, status: int
) -> None:
    (folder / "long.mid").write_bytes(play(LONG_PAGES))
    arguments = ["notate", "long.mid", "--beats", "dp", "-o", "x.svg"]
    assert main(arguments) == 0
    before = read_all(folder)
    n_synced = 0

    def fail(_: int) -> None:
        nonlocal n_synced
        n_synced += 1
        if n_synced > 1:
            raise fault

    monkeypatch.setattr("os.fsync", fail)
    assert main([*arguments, "--force", "--title", "Another"]) == status
    assert capsys.readouterr().err.count("\n") == 1
    assert n_synced == 2
    assert read_all(folder) == before


def test_what_cannot_be_written_is_known_before_the_work(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "lost.mid").symlink_to("nowhere/x.mid")
    for name, said in (("lost.mid", "There is no folder"), ("no/x.mid", "no folder")):
        assert main(["transcribe", "a.mid", "-o", name]) == 1
        assert said in capsys.readouterr().err
    monkeypatch.setattr("os.access", lambda path, _: Path(path).name != "p.json")  # who runs this may be allowed all
    assert main(["transcribe", "a.mid", "-o", "p.json"]) == 1
    assert "protected" in capsys.readouterr().err
