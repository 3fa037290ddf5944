"""Whatever Python or a worker may say on the page can be said in German (web/sentences-de.js)."""

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from build.pyodide import list_sources
from ottava.datatypes import Note
from ottava.files.midi_parts import Part, PartNote, choose_parts
from ottava.listening.confidence import find_warnings
from ottava.listening.tuning import describe_tuning

ROOT = Path(__file__).parents[3]
PYTHON = list_sources()
WORKERS = [ROOT / "web" / name for name in ("worker.js", "model-files.js", "kept-models.js")]
SAMPLE = "12.5"
MIDI = (ROOT / "py" / "ottava" / "files" / "midi.py").read_text("utf-8")
NOTES = {name: PartNote(tick, tick + 1, pitch, 64)
         for name, tick, pitch in (("sound", 0, 60), ("low", 0, 12), ("late", 9999, 60))}  # fmt: skip
ODD_PARTS = [
    *([Part("", 0, 0, [NOTES["sound"]]), Part("", 0, 40, n * [NOTES["sound"]])] for n in (1, 2)),
    *([Part("", 0, 0, [NOTES["sound"], *n * [NOTES[name]]])] for n in (1, 2) for name in ("low", "late")),
    [Part("", 0, 40, [NOTES["sound"]])],
    [Part("", 9, 0, [NOTES["sound"]])],
]  # of MIDI files: all that may be left out

TRANSLATE = f"""
import {{ translate }} from "{(ROOT / "web" / "sentences-de.js").as_uri()}";
import {{ readFileSync }} from "node:fs";
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(translate)));
"""


def translate(sentences: list[str]) -> list[str]:
    """Translate as the page does."""
    command = ["node", "--input-type=module", "--eval", TRANSLATE]
    done = subprocess.run(command, input=json.dumps(sentences), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
    return list(json.loads(done.stdout))


def find_errors(source: Path) -> Iterator[str]:
    """Yield every sentence of a TranscriptionError, with a sample for what is filled in."""
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "TranscriptionError":
            yield from _read_texts(node.args[0])


def _read_texts(node: ast.expr) -> Iterator[str]:
    """Yield what an expression may say."""
    if isinstance(node, ast.IfExp):
        yield from _read_texts(node.body)
        yield from _read_texts(node.orelse)
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else SAMPLE for part in node.values)
    elif isinstance(node, ast.Constant):
        yield str(node.value)
    else:
        pytest.fail(f"A sentence that cannot be read: {ast.unparse(node)}")


def find_plain_errors(source: Path) -> Iterator[str]:
    """Yield every sentence of a worker."""
    text = source.read_text("utf-8")
    for sentence in re.findall(r"(?:PlainError\(\s*|onFull\?\.\(\s*|_SENTENCE = )[\"`](.+?)[\"`]", text):
        yield re.sub(r"\$\{\w+\}", "listening model", sentence)


def find_all_warnings() -> list[str]:
    """What a doubtful recording and pianos out of tune make Python say."""
    doubtful = [Note(0.1 * i, 0.1 * i + 0.1, 60, 64, 0.1) for i in range(20)]
    tunings = [sentence for cents in (-45.0, -33.0, 33.0, 45.0) for sentence in describe_tuning(cents)]
    assert len(tunings) == 4
    assert len(find_warnings(doubtful)) == 1
    remarks = [remark for parts in ODD_PARTS for kind in choose_parts(parts, 1)[1:] for remark in kind]
    assert len(remarks) == 8
    left_out = [remark if remark.endswith(".") else f"Left out of this MIDI file: {remark}." for remark in remarks]
    return [*tunings, *find_warnings(doubtful), *left_out, *re.findall(r"This MIDI file is cut.+?\.", MIDI)]


def test_every_sentence_has_its_german() -> None:
    errors = [sentence for source in PYTHON for sentence in find_errors(source)]
    plain = [sentence for source in WORKERS for sentence in find_plain_errors(source)]
    assert len(errors) > 15
    assert len(plain) == 9
    sentences = [*errors, *plain, *find_all_warnings()]
    german = translate(sentences)
    assert [one for one, other in zip(sentences, german, strict=True) if one == other] == []
    for one, other in zip(sentences, german, strict=True):
        assert re.findall(r"\d+", other).count("12") == one.count(SAMPLE), other
        assert SAMPLE not in other
        assert "$" not in other


def test_what_is_left_out_is_translated_in_each_of_its_parts() -> None:
    sentence = (
        "Left out of this MIDI file: 3 notes of other instruments (bass, Horn in F, drums); "
        "1 note beyond the keys of a piano; a tempo, meter or key that cannot be."
    )
    assert translate([sentence]) == [
        "Aus dieser MIDI-Datei ist nicht dabei: 3 Noten anderer Instrumente (Bass, Horn in F, Schlagzeug); "
        "1 Note außerhalb der Klaviatur; ein Tempo, eine Taktart oder Tonart, die es nicht gibt."
    ]


def test_numbers_and_names_are_kept() -> None:
    sentences = [
        "The recording is too short (0.25 s): at least 0.5 seconds are needed to hear a note.",
        "The rhythm model could not be loaded; check the connection and try again.",
        "Nobody has translated this.",
    ]
    assert translate(sentences) == [
        "Die Aufnahme ist zu kurz (0,25 s): Um eine Note zu hören, braucht es mindestens 0,5 Sekunden.",
        "Das Rhythmusmodell ließ sich nicht laden; die Verbindung prüfen und noch einmal versuchen.",
        "Nobody has translated this.",
    ]
