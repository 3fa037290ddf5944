"""Voices of printed scores (data/train) separated by our rule from their printed lengths and staffs.

    python -m bench.notation.voices [--set voices.SECOND=1]

One performance of each piece, its first 1500 notes of the score. Writes results.md, "Voices": the F1 of the links from
a chord of a voice to the next chord of it, note by note; the share of the notes that are lengthened or cut off because
of their voice; and voices with a note in every four quarters of a staff, ours and printed. With ``--set`` it only
prints.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from bench.constants import add_set_option, set_constants
from bench.notation.corpus import Truth, choose_rows
from bench.notation.folds import DATA
from bench.report import describe_run, replace_section
from ottava.datatypes import Note, Span
from ottava.notation.lengths import trim_durations
from ottava.notation.voices import separate_voices

MOST_NOTES = 1500
WINDOW_QUARTER = 4
FINEST = 48  # parts of a quarter; values of data/train are float32 quarters


def main() -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_set_option(parser)
    options = parser.parse_args()
    set_constants(options.set)
    folder = DATA / "train"
    if not (folder / "index.csv").is_file():
        print(f"There are no performances in {folder}; set OTTAVA_SHARED.", file=sys.stderr)
        return 1
    figures = np.array([measure(dict(np.load(folder / row["file"]))) for row in choose_rows(folder, is_all=False)])
    links, changed, ours, printed = figures.mean(axis=0)
    text = "\n".join([
        "## Voices", "", describe_run(), "",
        "| pieces | links F1 | notes lengthened or cut | voices, ours | printed |", "|--:|--:|--:|--:|--:|",
        f"| {len(figures)} | {100 * links:.1f} | {100 * changed:.1f} | {ours:.2f} | {printed:.2f} |", "",
    ])  # fmt: skip
    if not options.set:
        replace_section(text)
    print(text)
    return 0


def measure(truth: Truth) -> tuple[float, float, float, float]:
    """Figures of one piece."""
    spans, pitches, staffs, printed = read_score(truth)
    notes = [
        Note(float(span.onset_quarter), float(span.onset_quarter + span.duration_quarter), pitch, 64)
        for span, pitch in zip(spans, pitches, strict=True)
    ]
    voices = separate_voices(notes, spans, staffs, Fraction(0))
    wanted, found = list_links(spans, staffs, printed), list_links(spans, staffs, voices)
    trimmed = trim_durations(spans, staffs, voices, joins_legato=False)
    changed = np.mean([a.duration_quarter != b.duration_quarter for a, b in zip(spans, trimmed, strict=True)])
    f1 = 2 * len(wanted & found) / max(1, len(wanted) + len(found))
    return f1, float(changed), count_voices(spans, staffs, voices), count_voices(spans, staffs, printed)


def read_score(truth: Truth) -> tuple[list[Span], list[int], list[int], list[int]]:
    """Spans, pitches, staffs and printed voices of the notes of the score, each once however often it is played."""
    known = truth["matched"] & ~truth["suspect"] & ~truth["grace"] & (truth["staff"] > 0) & (truth["voice"] > 0)
    known &= np.isfinite(truth["score_onset_quarter"]) & (truth["score_duration_quarter"] > 0)
    rows: dict[tuple[Fraction, int, int], tuple[Fraction, int]] = {}
    names = ("score_onset_quarter", "pitch", "staff", "score_duration_quarter", "voice")
    for onset, pitch, staff, quarters, voice in zip(*(truth[name][known].tolist() for name in names), strict=True):
        duration = Fraction(quarters).limit_denominator(FINEST)
        if duration:
            rows[Fraction(onset).limit_denominator(FINEST), pitch, staff] = duration, voice
    chosen = sorted((*place, length, voice) for place, (length, voice) in rows.items())[:MOST_NOTES]
    spans = [Span(onset, duration) for onset, _, _, duration, _ in chosen]
    return spans, [row[1] for row in chosen], [row[2] for row in chosen], [row[4] for row in chosen]


def list_links(spans: Sequence[Span], staffs: Sequence[int], voices: Sequence[int]) -> set[tuple[int, int]]:
    """Pairs of notes of which the second is in the next chord of the first one's voice."""
    chords: dict[tuple[int, int], dict[Fraction, list[int]]] = defaultdict(lambda: defaultdict(list))
    for index, span in enumerate(spans):
        chords[staffs[index], voices[index]][span.onset_quarter].append(index)
    return {
        (one, other)
        for of_voice in chords.values()
        for before, after in zip(list(of_voice.values()), list(of_voice.values())[1:], strict=False)
        for one in before
        for other in after
    }


def count_voices(spans: Sequence[Span], staffs: Sequence[int], voices: Sequence[int]) -> float:
    """Mean number of voices in the windows of the staffs that have a note."""
    found: dict[tuple[int, int], set[int]] = defaultdict(set)
    for span, staff, voice in zip(spans, staffs, voices, strict=True):
        found[span.onset_quarter // WINDOW_QUARTER, staff].add(voice)
    return sum(map(len, found.values())) / max(1, len(found))


if __name__ == "__main__":
    sys.exit(main())
