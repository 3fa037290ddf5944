"""The names for other programs: what the command line does, without its files."""

from pathlib import Path

import ottava
from ottava.__main__ import main
from ottava.files.midi import read_midi
from ottava.files.project import result_to_json
from tests.unit.test_main import MINUET


def test_every_name_says_what_it_is() -> None:
    assert {"Choices", "Result", "notate", "transcribe"} <= set(ottava.__all__)
    assert all(getattr(ottava, name).__doc__ for name in ottava.__all__)


def test_a_performance_is_written_down_as_on_the_command_line(tmp_path: Path) -> None:
    performance = read_midi(Path(MINUET).read_bytes())
    result = ottava.notate(performance, choices=ottava.Choices(meters=((0.0, 3, 4),)), title="Minuet")
    assert main(["notate", MINUET, "--meter", "3/4", "-o", str(tmp_path / "minuet.json")]) == 0
    assert (tmp_path / "minuet.json").read_text("utf-8") == result_to_json(result)
