"""What notation loses by itself: printed scores played as they stand, and written down again.

    python -m bench.notation.ceiling MODELS [--performed] [--bare] [--only Bach] [--set musicxml.TREBLE_ABOVE_PITCH=60]

MODELS holds fold0 to fold4 (training/notation/export.py --fold k --out MODELS/foldk): no work is written down by a
network that has seen it. Each printed score of data/dev becomes a MIDI file: bars in the order of the page, one tempo
(the mark of the first bar, else 100 quarters a minute; with ``--performed`` the mean of the performance), one velocity,
notes as long as written, ties joined, no pedal; without grace notes, ornaments and hidden notes, a pitch that two
voices strike together once. Metrics are those of ``tools/evaluate.py`` beside the data, which also reads the printed
notes; "duration but for factor" is the share of values that are right when one factor is taken out, the best for the
piece: a wrong unit of the beat. The file has the meters and keys of the score, from which notation takes the beats;
with ``--bare`` it finds them as if it had been played. The MIDI, our MusicXML and the result of each stay in
.cache/ceiling, where readability.py finds them. Writes results.md, "Ceiling"; with ``--only`` or ``--set`` it only
prints.
"""

import argparse
import importlib.util
import itertools
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil
from pathlib import Path
from statistics import mean
from types import ModuleType
from typing import Any, TypeVar
from xml.etree.ElementTree import Element

import numpy as np
import pretty_midi

from bench.constants import add_set_option, set_constants
from bench.notation.corpus import open_folds
from bench.notation.folds import DATA
from bench.notation.readability import DEADPAN, list_printed, notate_unseen
from bench.notation.signs import is_printed
from bench.report import describe_run, replace_section
from ottava.datatypes import Run
from ottava.files.musicxml import write_musicxml
from ottava.files.project import result_to_json

NAMES = (
    "beat_f1", "downbeat_f1", "meter_exact", "meter_equivalent", "position_accuracy", "duration_accuracy",
    "duration_but_for_factor", "staff_accuracy", "spelling_accuracy", "key_start", "key_time", "mv2h",
)  # fmt: skip
DEFAULT_BPM = 100.0
VELOCITY = 64
TITLES = {
    (False, False): "Ceiling", (False, True): "Ceiling, beats to be found",
    (True, False): "Ceiling, as fast as performed", (True, True): "Ceiling, as fast as performed, beats to be found",
}  # fmt: skip
TICKS = 960  # of a quarter
# Some files have bars that are too long by a rounded tuplet or a forgotten rest; longer ones are cadenzas.
SLIP_QUARTER = Fraction(1, 2)
FINEST = 64  # parts of a quarter; finer ones are tuplets that the file rounds to its divisions
SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
Figures = dict[str, float]
T = TypeVar("T")


@dataclass
class Printed:
    """A printed score along quarters from its first bar's beginning."""

    notes: list[tuple[Fraction, Any]] = field(default_factory=list)  # onset and evaluate.Written
    beats: list[tuple[Fraction, bool]] = field(default_factory=list)  # place, is it a downbeat
    meters: list[tuple[Fraction, tuple[int, int]]] = field(default_factory=list)  # where they change
    keys: list[tuple[Fraction, int]] = field(default_factory=list)
    bpm: float = DEFAULT_BPM


def main() -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=Path)
    parser.add_argument("--performed", action="store_true", help="as fast as the performance, not as marked")
    parser.add_argument("--bare", action="store_true", help="without meters and keys in the file, beats to be found")
    parser.add_argument("--only", default="", help="items whose id contains this")
    add_set_option(parser)
    options = parser.parse_args()
    set_constants(options.set)
    evaluate = load_evaluate()
    runs = open_folds(options.models)
    rows = [row for row in list_printed() if options.only in row["id"]]
    measured = {}
    for count, row in enumerate(rows, 1):
        measured[row["id"]] = measure(row, options.performed, options.bare, runs, evaluate)
        print(f"\r{count} of {len(rows)}", end="", file=sys.stderr)
    text = make_section(measured, TITLES[options.performed, options.bare])
    if not (options.only or options.set):
        replace_section(text)
    print(text)
    return 0


def load_evaluate() -> ModuleType:
    """The metrics, which lie beside the data."""
    spec = importlib.util.spec_from_file_location("evaluate", DATA.parent / "tools" / "evaluate.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError("evaluate.py is not beside the data; set OTTAVA_SHARED")
    module = sys.modules["evaluate"] = importlib.util.module_from_spec(spec)  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


def measure(
    row: dict[str, str], is_performed: bool, is_bare: bool, runs: dict[str, Run], evaluate: ModuleType
) -> Figures:
    """Figures of one printed score; what was made on the way is kept."""
    text = (DATA / "dev" / row["file"] / "score.musicxml").read_bytes()
    printed = read_printed(ElementTree.fromstring(text), evaluate)
    if is_performed:
        bar_quarters = float(printed.beats[-1][0]) / sum(is_downbeat for _, is_downbeat in printed.beats)
        printed.bpm = 60 * float(row["downbeats"]) * bar_quarters / float(row["seconds"])
    folder = DEADPAN / ("performed" if is_performed else "bare" if is_bare else ".") / row["id"]
    folder.mkdir(parents=True, exist_ok=True)
    truth = place_in_time(printed, evaluate)
    write_deadpan(truth, printed.bpm, folder / "performance.mid", is_bare)
    result = notate_unseen(folder / "performance.mid", runs, is_bare)
    (folder / "result.musicxml").write_text(write_musicxml(result), encoding="utf-8")
    (folder / "result.json").write_text(result_to_json(result), encoding="utf-8")
    found = evaluate.load_result(folder / "result.json")
    metrics, _ = evaluate.measure("score", evaluate.Piece(score=truth), found)
    return {**metrics, "duration_but_for_factor": find_common_factor(truth, found.score, evaluate)}


def find_common_factor(truth: Any, found: Any, evaluate: ModuleType) -> float:
    """The share of notes whose values have the commonest ratio to those printed."""
    pairs = evaluate.pair_notes(truth.notes, found.notes, evaluate.NOTE_ONSET_SEC)
    both = [(truth.written[i], found.written[j]) for i, j in pairs]
    ratios = Counter(ours.duration / note.duration for note, ours in both if ours and not ours.grace)
    return max(ratios.values(), default=0) / max(len(pairs), 1)


def read_printed(root: Element, evaluate: ModuleType) -> Printed:
    """Read notes, beats and signatures bar after bar."""
    part = root.find("part")
    if part is None:
        raise ValueError("no part in this file")
    for note in part.iter("note"):
        if not is_printed(note) and (pitch := note.find("pitch")) is not None:
            note.remove(pitch)  # evaluate.py then counts its time and leaves it out
    printed = Printed()
    reader = evaluate.PartReader(part)
    meters: list[tuple[int, int]] = []
    keys: list[int] = []
    heads: list[tuple[tuple[int, Fraction, bool], Fraction, Any, bool, bool]] = []
    clock = Fraction(0)
    for measure in part.iterfind("measure"):
        found, length = reader.measure_notes(measure, meters, keys)
        length = reader.nominal if 0 < length - reader.nominal < SLIP_QUARTER else length
        start = reader.bar_start(length)
        reader.previous = (start, length)
        for _, offset, note, begins, ends in found:
            position, onset = simplify((start + offset) % reader.nominal), simplify(clock + offset)
            placed = replace(note, position=position, duration=simplify(note.duration))
            heads.append(((len(heads), onset, ends), onset, placed, begins, ends))
        add_change(printed.meters, clock, meters[-1])
        add_change(printed.keys, clock, keys[-1] if keys else 0)
        printed.beats += list_beats(clock, start, length, evaluate.Meter(0.0, *meters[-1]).unit)
        clock += length
    joined = evaluate.joined_ties(heads)
    printed.notes = choose_played([(onset, note) for (_, onset, is_tied), note in joined.items() if not is_tied])
    mark = part.find("measure[1]//sound[@tempo]")
    printed.bpm = float(mark.get("tempo", DEFAULT_BPM)) if mark is not None else DEFAULT_BPM
    return printed


def simplify(quarter: Fraction) -> Fraction:
    """A third where the file says 85/256."""
    return quarter if quarter.denominator <= FINEST else quarter.limit_denominator(FINEST)


def add_change(changes: list[tuple[Fraction, T]], quarter: Fraction, value: T) -> None:
    """Note what holds from a time on, if it is new."""
    if not changes or changes[-1][1] != value:
        changes.append((quarter, value))


def list_beats(clock: Fraction, start: Fraction, length: Fraction, unit: Fraction) -> list[tuple[Fraction, bool]]:
    """Beats of a bar at ``clock``, which begins at ``start`` of a full one: a pickup, or the rest of a divided bar."""
    places = (k * unit for k in range(ceil(start / unit), ceil((start + length) / unit)))
    return [(clock + place - start, place == 0) for place in places]


def choose_played(notes: list[tuple[Fraction, Any]]) -> list[tuple[Fraction, Any]]:
    """Notes that the MIDI file has, in order: no grace notes, and the longest of those struck together on a key."""
    longest: dict[tuple[Fraction, int], Any] = {}
    for onset, note in notes:
        place = onset, find_pitch(note)
        if not note.grace and note.duration > (longest[place].duration if place in longest else 0):
            longest[place] = note
    return [(onset, longest[onset, pitch]) for onset, pitch in sorted(longest)]


def find_pitch(note: Any) -> int:
    """Its MIDI number."""
    step, alter, octave = note.spelling
    return 12 * (int(octave) + 1) + SEMITONES[step] + int(alter)


def place_in_time(printed: Printed, evaluate: ModuleType) -> Any:
    """The truth as evaluate.py has it; a key is released where its next note begins."""
    quarter_sec = 60 / printed.bpm
    first = next(quarter for quarter, is_downbeat in printed.beats if is_downbeat)
    rows: list[tuple[float, float, int, int]] = []
    next_onset: dict[int, Fraction] = {}
    for onset, note in reversed(printed.notes):
        pitch = find_pitch(note)
        end = min(onset + note.duration, next_onset.get(pitch, onset + note.duration))
        rows.append((float(onset) * quarter_sec, float(end) * quarter_sec, pitch, VELOCITY))
        next_onset[pitch] = onset
    return evaluate.Score(
        notes=evaluate.Notes.of(rows[::-1]),
        written=[replace(note, onset=onset - first) for onset, note in printed.notes],
        beat_times=np.array([float(quarter) * quarter_sec for quarter, _ in printed.beats]),
        beat_quarters=[quarter - first for quarter, _ in printed.beats],
        is_downbeat=np.array([is_downbeat for _, is_downbeat in printed.beats], dtype=bool),
        meters=[evaluate.Meter(float(quarter) * quarter_sec, *meter) for quarter, meter in printed.meters],
        keys=[(float(quarter) * quarter_sec, fifths) for quarter, fifths in printed.keys],
    )


def write_deadpan(truth: Any, bpm: float, path: Path, is_bare: bool) -> None:
    """Write the notes as MIDI."""
    file = pretty_midi.PrettyMIDI(resolution=TICKS, initial_tempo=bpm)
    piano = pretty_midi.Instrument(program=0)
    columns = (truth.notes.pitch, truth.notes.onset, truth.notes.offset)
    piano.notes = [pretty_midi.Note(VELOCITY, int(pitch), on, off) for pitch, on, off in zip(*columns, strict=True)]
    file.instruments.append(piano)
    if not is_bare:
        write_signatures(file, truth, 60 / bpm)
    file.write(str(path))


def write_signatures(file: pretty_midi.PrettyMIDI, truth: Any, quarter_sec: float) -> None:
    """Add meters and keys as notation programs do: a pickup and every cut bar has a meter of its own."""
    beats = zip(truth.beat_quarters, truth.is_downbeat, strict=True)
    quarters = [quarter for quarter, is_downbeat in beats if is_downbeat]
    begin_sec = float(truth.downbeat_times[0])
    bars = [(-Fraction(begin_sec / quarter_sec).limit_denominator(8), quarters[0])] if begin_sec else []
    bars += itertools.pairwise(quarters)
    last = None
    for start, end in bars:
        sec = begin_sec + float(start) * quarter_sec
        begun = [meter for meter in truth.meters if meter.time <= sec + quarter_sec / 8]
        meter = (begun or truth.meters)[-1 if begun else 0]
        length = end - start
        is_cut = length != meter.quarters
        signature = (length.numerator, 4 * length.denominator) if is_cut else (meter.beats, meter.beat_type)
        if signature != last:
            file.time_signature_changes.append(pretty_midi.TimeSignature(*signature, max(0.0, sec)))
        last = signature
    file.key_signature_changes = [pretty_midi.KeySignature(7 * fifths % 12, sec) for sec, fifths in truth.keys]


def make_section(measured: dict[str, Figures], title: str) -> str:
    """The Markdown section."""
    composers: dict[str, list[Figures]] = defaultdict(list)
    for name, figures in measured.items():
        composers[name.partition("__")[0]].append(figures)
    lines = [
        f"## {title}", "", describe_run(), "",
        *make_heading("composer"),
        make_row("all", list(measured.values())),
        *(make_row(composer, composers[composer]) for composer in sorted(composers)), "",
        "<details><summary>By score</summary>", "",
        *make_heading("score"), *(make_row(name, [figures]) for name, figures in measured.items()), "",
        "</details>", "",
    ]  # fmt: skip
    return "\n".join(lines)


def make_heading(name: str) -> list[str]:
    """The head of a table."""
    titles = " | ".join(title.replace("_", " ") for title in NAMES)
    return [f"| {name} | scores | {titles} |", "|---|--:|" + "--:|" * len(NAMES)]


def make_row(name: str, figures: list[Figures]) -> str:
    """Means in percent."""
    cells = [f"{100 * mean(of[key] for of in figures):.1f}" for key in NAMES]
    return f"| {name} | {len(figures)} | {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
