"""Every performance at hand becomes a score that other programs can read, with every note that it shows."""

import csv
import os
import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
import verovio

from ottava import notate
from ottava.files.midi import read_midi
from ottava.files.musicxml import write_musicxml
from tests.musicxml_schema import bar_sums, read_schema

DEV = Path(os.environ.get("OTTAVA_SHARED", Path(__file__).parents[2] / ".." / "shared")) / "data" / "dev"
SEMITONES = dict(zip("CDEFGAB", (0, 2, 4, 5, 7, 9, 11), strict=True))


def list_performances() -> list[Path]:
    """MIDI files of performances; none where the shared folder is not there."""
    if not (DEV / "manifest.csv").is_file():
        return []
    with (DEV / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] in ("asap_performance", "vienna_performance")]
    paths = (DEV / row["file"] for row in rows)
    return [path / "performance.mid" if path.is_dir() else path.with_suffix(".mid") for path in paths]


def count_struck(text: str) -> Counter[int]:
    """How often each pitch begins."""
    struck: Counter[int] = Counter()
    for note in ElementTree.fromstring(text).iter("note"):
        if (pitch := note.find("pitch")) is not None and note.find("tie[@type='stop']") is None:
            step, alter, octave = (pitch.findtext(name, "0") for name in ("step", "alter", "octave"))
            struck[SEMITONES[step] + int(alter) + 12 * (int(octave) + 1)] += 1
    return struck


@pytest.mark.skipif(not list_performances(), reason="no shared folder with performances (OTTAVA_SHARED)")
@pytest.mark.parametrize("path", list_performances(), ids=lambda path: path.parent.name + path.stem)
def test_every_performance_becomes_a_valid_score(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    performance = read_midi(path.read_bytes())
    result = notate(performance, performance.notes[-1].offset_sec, title="A piece")
    assert len(result.score.notes) == len(performance.notes)
    text = write_musicxml(result)
    assert not list(read_schema().iter_errors(text))
    assert all(total == length for total, length in bar_sums(text))
    # What is struck twice on one place of the score is one note there.
    shown = {(note.pitch, scored.span.onset_quarter, scored.staff, scored.voice, bool(scored.span.duration_quarter))
             for note, scored in zip(performance.notes, result.score.notes, strict=True) if scored}
    graces = Counter(note.pitch for note, scored in zip(performance.notes, result.score.notes, strict=True)
                     if scored and not scored.span.duration_quarter)
    expected = Counter(pitch for pitch, *_, is_main in shown if is_main) + graces
    assert count_struck(text) == expected
    verovio.enableLog(verovio.LOG_WARNING)
    toolkit = verovio.toolkit()
    toolkit.setOptions({"noJustification": True})  # else narrow lines are warnings
    assert toolkit.loadData(text)
    assert toolkit.renderToSVG(1)
    assert not re.search("warning|error", "".join(capfd.readouterr()), re.IGNORECASE)
