"""A bundled clip through the command line, stage by stage against golden files.

``OTTAVA_GOLDEN=write`` writes the golden files anew: look at what changed before committing them.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ottava.__main__ import main

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "data"
# Processors round differently: a tenth of this was seen between two.
NOTE_SEC = 1e-3


def compare(golden: Path, made: Path) -> tuple[str, str]:
    """The texts of both; the golden one is written first where that is asked for."""
    if os.environ.get("OTTAVA_GOLDEN") == "write":
        golden.write_bytes(made.read_bytes())
    return golden.read_text(encoding="utf-8"), made.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The prelude, transcribed."""
    folder = tmp_path_factory.mktemp("prelude")
    outputs = [str(folder / f"prelude.{suffix}") for suffix in ("json", "musicxml")]
    assert main(["transcribe", str(ROOT / "examples" / "prelude.mp3"), *(x for o in outputs for x in ("-o", o))]) == 0
    return folder


def test_listening_hears_the_golden_notes_and_pedals(heard: Path) -> None:
    golden, made = (json.loads(t)["performance"] for t in compare(GOLDEN / "prelude.json", heard / "prelude.json"))
    for kind in ("notes", "pedals"):
        assert len(made[kind]) == len(golden[kind])
        for one, other in zip(made[kind], golden[kind], strict=True):
            assert one.get("pitch") == other.get("pitch")
            assert abs(one.get("velocity", 0) - other.get("velocity", 0)) <= 1
            assert abs(one["onset_sec"] - other["onset_sec"]) < NOTE_SEC
            assert abs(one["offset_sec"] - other["offset_sec"]) < NOTE_SEC


def test_notation_of_what_was_heard_is_the_golden_score(heard: Path) -> None:
    golden, made = (json.loads(t)["score"] for t in compare(GOLDEN / "prelude.json", heard / "prelude.json"))
    for beat, other in zip(made.pop("beats"), golden.pop("beats"), strict=True):
        assert abs(beat.pop("time_sec") - other.pop("time_sec")) < NOTE_SEC
        assert beat == other
    tempos: list[Any] = [made.pop("tempos"), golden.pop("tempos")]
    assert tempos[0] == [pytest.approx(tempo) for tempo in tempos[1]]
    assert made == golden


def test_musicxml_of_a_performance_is_the_golden_page(tmp_path: Path) -> None:
    out = tmp_path / "minuet.musicxml"
    assert main(["notate", str(ROOT / "examples" / "minuet.mid"), "--title", "Minuet", "-o", str(out)]) == 0
    golden, made = compare(GOLDEN / "minuet.musicxml", out)
    assert made == golden
