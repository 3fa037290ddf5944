"""MuseScore, where it is installed, opens what we write and has nothing to object."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ottava.__main__ import main

ROOT = Path(__file__).parents[2]
INPUTS = (ROOT / "examples" / "minuet.mid", ROOT / "examples" / "prelude.mid", ROOT / "tests" / "data" / "prelude.json")
NAMES = ("mscore3", "musescore3", "mscore", "musescore")
COMPLAINT = re.compile(r"error|warning|unknown|not a valid|corrupt", re.IGNORECASE)
LIMIT_SEC = 60


def convert(score: Path) -> list[str]:
    """Convert to PDF; gives the lines in which MuseScore complains of the score, not of the machine."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(f"MuseScore is not installed ({', '.join(NAMES)}; Debian: musescore3)")
    pdf = score.with_suffix(".pdf")
    # A home of its own: no settings of somebody's, no question at the first start.
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(score.parent)}
    command = [program, "-o", str(pdf), str(score)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT_SEC, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    assert done.returncode == 0, lines
    assert pdf.read_bytes().startswith(b"%PDF-")
    return [line for line in lines if COMPLAINT.search(line) and not re.match(r"Q\w+:|qt\.|libGL|ALSA", line)]


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.name)
@pytest.mark.parametrize("suffix", ["musicxml", "mxl"])
def test_musescore_opens_our_scores(path: Path, suffix: str, tmp_path: Path) -> None:
    score = tmp_path / f"score.{suffix}"
    assert main(["notate", str(path), "-o", str(score)]) == 0
    assert convert(score) == []


def test_complaints_are_seen(tmp_path: Path) -> None:
    text = (ROOT / "tests" / "data" / "minuet.musicxml").read_text(encoding="utf-8")
    score = tmp_path / "wrong.musicxml"
    score.write_text(re.sub(r"<duration>\d+", "<duration>77777", text), encoding="utf-8")
    assert any("duration" in line for line in convert(score))
