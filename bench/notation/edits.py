"""Corrections of single notes: what each changes elsewhere, put into the score or read again with all notes.

    python -m bench.notation.edits [--pieces 10]

Half of the pieces are takes of data/songs, half performances of data/dev, evenly chosen by name. Each gets six
corrections, one at a time, of notes drawn by a fixed seed: deleted, a semitone up, 0.3 s later, a note added a fifth
above it, the other hand, a second longer. Elsewhere is what `ottava.notation.cells` does not name as touched. Writes
results.md, "Corrections of single notes".
"""

import argparse
import asyncio
import os
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench.report import ROOT, describe_run, replace_section
from ottava import open_networks
from ottava.datatypes import HIGHEST_PITCH, Choices, Correction, Note, Result
from ottava.files.midi import read_midi
from ottava.notation.cells import count_other_bars, identify
from ottava.notation.corrections import take_as_heard
from ottava.pipeline import notate

DATA = Path(os.environ.get("OTTAVA_SHARED", ROOT.parent / "shared")) / "data"
SEED = 1
LATER_SEC, LONGER_SEC, FIFTH = 0.3, 1.0, 7


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pieces", type=int, default=10)
    options = parser.parse_args()
    rng, run = random.Random(SEED), open_networks(Choices())
    others, put_sec, read_sec, n_put_elsewhere = [], 0.0, 0.0, 0
    for path in choose_files(options.pieces):
        performance = read_midi(path.read_bytes())
        end_sec = max(note.offset_sec for note in performance.notes)
        plain = asyncio.run(notate(performance, end_sec, Choices(), run))
        for choices in list_corrections(performance.notes, rng):
            begin_sec = time.perf_counter()
            put = asyncio.run(notate(performance, end_sec, choices, run, before=plain))
            middle_sec = time.perf_counter()
            read = asyncio.run(notate(performance, end_sec, take_as_heard(choices), run))
            put_sec, read_sec = put_sec + middle_sec - begin_sec, read_sec + time.perf_counter() - middle_sec
            others.append(count_other_bars(put, read))
            n_put_elsewhere += changes_elsewhere(plain, put, choices)
    section = [
        "## Corrections of single notes", "", describe_run(), "",
        "| | put into the score | read again with all notes |", "|---|--:|--:|",
        f"| corrections that change a note in another staff or bar | {n_put_elsewhere} of {len(others)} | "
        f"{sum(map(bool, others))} of {len(others)} |",
        f"| bars changed elsewhere, at the most | | {max(others)} |",
        f"| seconds for all | {put_sec:.1f} | {read_sec:.1f} |", "",
    ]  # fmt: skip
    replace_section("\n".join(section))


def choose_files(n_pieces: int) -> list[Path]:
    """Half of them songs, half performances of dev."""
    found = []
    for folder in ("songs", "dev"):
        files = sorted((DATA / folder).rglob("*.mid"))
        found += files[:: max(1, len(files) // (n_pieces // 2))][: n_pieces // 2]
    return found


def list_corrections(notes: tuple[Note, ...], rng: random.Random) -> Iterator[Choices]:
    """Six corrections, of one note each."""
    for kind in range(5):
        index = rng.randrange(len(notes))
        note = notes[index]
        correction = (
            Correction(is_deleted=True),
            Correction(pitch=min(HIGHEST_PITCH, note.pitch + 1)),
            Correction(onset_sec=note.onset_sec + LATER_SEC, offset_sec=note.offset_sec + LATER_SEC),
            Correction(staff=2),
            Correction(offset_sec=note.offset_sec + LONGER_SEC),
        )[kind]
        yield Choices(corrections={index: correction})
    note = rng.choice(notes)
    yield Choices(added=((replace(note, pitch=min(HIGHEST_PITCH, note.pitch + FIFTH)), Correction()),))


def changes_elsewhere(plain: Result, put: Result, choices: Choices) -> bool:
    """Whether a note is written otherwise that shares no staff and bar with the corrected one, before or after."""
    before = {identify(one): note for one, note in zip(plain.corrected, plain.score.notes, strict=True)}
    after = {identify(one): note for one, note in zip(put.corrected, put.score.notes, strict=True)}
    edited = {(index, None) for index in choices.corrections} | {(None, place) for place in range(len(choices.added))}
    spans = [(note.staff, note.span.onset_quarter, note.span.onset_quarter + note.span.duration_quarter)
             for name in edited for note in (before.get(name), after.get(name)) if note]  # fmt: skip
    bars = [beat.quarter for beat in put.score.beats if beat.beat_in_bar == 1]
    reach = [(staff, max([bar for bar in bars if bar <= begin], default=begin),
              min([bar for bar in bars if bar >= end], default=end)) for staff, begin, end in spans]  # fmt: skip
    return any(
        note and note != after.get(name) and name not in edited
        and not any(staff == note.staff and note.span.onset_quarter < end
                    and note.span.onset_quarter + note.span.duration_quarter > begin for staff, begin, end in reach)
        for name, note in before.items()
    )  # fmt: skip


if __name__ == "__main__":
    main()
