"""Printed scores, as the player reads them: where the notes stand on the beats and bars.

Source: data/scores (their licences stand in its index; those that are free are marked so).
"""

import csv
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import Floats, IntArray
from ottava.rhythm.bars import N_BAR_BEATS
from ottava.rhythm.meter import METERS, is_compound, signature_quarters, tactus_beats
from training.notation.corpus import NO_NAME, SAME_BEATS, STEP_PLACES

# What is said of a source that is not to be trusted with bars or values, or that is no music for a piano.
WARNS = re.compile(
    r"error|failed|do not add up|incomplete|longer|without a beginning|more than two staves|organ|doubtful", re.I
)
FEWEST_NOTES, FEWEST_BARS = 24, 4
MOST_IRREGULAR = 0.2  # of the bars, shorter or longer than their meter
SAME_QUARTER = 1e-3
RIGHT, LEFT = 1, 2
STACCATO, SLUR, FERMATA, ARPEGGIO = 1 | 2, 1024 | 4096, 32, 256  # bits of the marks
POP_MELODY = 1
BPM = (30.0, 240.0)


@dataclass(frozen=True)
class Written:
    """A score, or a way to play it.

    Arrays of notes, sorted by onset and pitch: ``place`` and ``value`` in beats, ``beat`` the number of the beat; the
    others as in data/scores, ``line`` and ``fifths`` as in `training.notation.corpus.Taught`. ``value`` is NaN where
    the source has no written lengths, ``length`` then is that of the key. Arrays of beats: ``is_downbeat``, ``meter``,
    ``is_compound``, ``bar_beat`` as in `Taught`, ``bar`` the number of the bar, ``quarters`` the length of a beat.
    ``first_downbeat`` is the place of the first one. ``quarter_sec`` as printed, NaN where no tempo is.
    """

    name: str
    source: str
    composer: str
    fold: int
    is_free: bool
    place: Floats
    value: Floats
    length: Floats
    pitch: IntArray
    staff: IntArray
    is_grace: NDArray[np.bool_]
    marks: IntArray
    line: IntArray
    beat: IntArray
    fifths: IntArray
    is_downbeat: NDArray[np.bool_]
    meter: IntArray
    is_compound: NDArray[np.bool_]
    bar_beat: IntArray
    bar: IntArray
    quarters: Floats
    quarter_sec: float


def read_scores(folder: Path, folds: Sequence[int], *, only_free: bool = False) -> list[Written]:
    """All scores of some folds that can be trusted; a song comes a second time, with its melody in the right hand."""
    with (folder / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if int(row["fold"]) in folds]
    scores: list[Written] = []
    for row in rows:
        if WARNS.search(row["remark"]) or (only_free and row["is_free"] != "1"):
            continue
        arrays: dict[str, NDArray[Any]] = dict(np.load(folder / row["file"]))
        written = read_score(row, arrays)
        if written:
            scores += [written, *_sing(written, arrays)]
    return scores


def read_score(row: dict[str, str], arrays: dict[str, NDArray[Any]]) -> Written | None:
    """One score; ``row`` of index.csv. None where it is too short, has no staffs or its bars are not regular."""
    bars = list_bars(arrays)
    odd = [abs(end - begin - 4 * n / d) > SAME_QUARTER for begin, end, n, d in bars]
    if len(bars) < FEWEST_BARS or np.mean(odd) > MOST_IRREGULAR or len(arrays["pitch"]) < FEWEST_NOTES:
        return None
    begins, numbers, of_bar = list_beats(bars)
    signatures = [bars[bar][2:] for bar in of_bar]
    quarters = np.array([float(signature_quarters(one)) for one in signatures])
    onset = arrays["onset_quarter"].astype(np.float64)
    beat = np.clip(np.searchsorted(begins, onset + SAME_QUARTER, side="right") - 1, 0, len(begins) - 1)
    place = beat + (onset - begins[beat]) / quarters[beat]
    length = arrays["duration_quarter"].astype(np.float64) / quarters[beat]
    has_values = row["source"] != "pop909"
    staff = arrays["staff"].astype(np.int64)
    if not has_values:
        # Two hands that nobody wrote: the melody and what is above middle C, and the rest.
        staff = np.where((arrays["part"] == POP_MELODY) | (arrays["pitch"] >= 60), RIGHT, LEFT)
    named = arrays["step"] >= 0
    line = STEP_PLACES[arrays["step"]] + 7 * arrays["alter"].astype(np.int64)
    printed = [
        float(bpm)
        for quarter, bpm in zip(arrays.get("tempo_quarter", ()), arrays.get("tempo_quarter_bpm", ()), strict=True)
        if quarter < bars[min(2, len(bars) - 1)][0] + SAME_QUARTER and BPM[0] < bpm < BPM[1]
    ]
    return Written(
        name=row["file"], source=row["source"], composer=row["composer"], fold=int(row["fold"]),
        is_free=row["is_free"] == "1",
        place=place, value=length if has_values else np.full(len(length), np.nan), length=length,
        pitch=arrays["pitch"].astype(np.int64), staff=staff, is_grace=arrays["grace"].astype(np.bool_),
        marks=arrays["marks"].astype(np.int64), line=np.where(named, line, NO_NAME), beat=beat,
        fifths=find_fifths(arrays, onset),
        is_downbeat=numbers == 0,
        meter=np.array([METERS.index(one) if one in METERS else len(METERS) for one in signatures]),
        is_compound=np.array([is_compound(n) for n, _ in signatures]),
        bar_beat=np.minimum(numbers, N_BAR_BEATS - 1), bar=np.array(of_bar), quarters=quarters,
        quarter_sec=60 / printed[0] if printed else np.nan,
    )  # fmt: skip


def find_fifths(arrays: dict[str, NDArray[Any]], onset_quarter: Floats) -> IntArray:
    """The key signature, in fifths, under which each note stands."""
    in_force = np.searchsorted(arrays["key_signature_quarter"], onset_quarter + SAME_QUARTER, side="right") - 1
    return np.asarray(arrays["key_signature"].astype(np.int64)[np.clip(in_force, 0, None)])


def list_bars(arrays: dict[str, NDArray[Any]]) -> list[tuple[float, float, int, int]]:
    """Begin, end and meter of each bar; the halves of one that a repeat splits are one."""
    bars: list[tuple[float, float, int, int]] = []
    edges = arrays["bar_quarter"].astype(np.float64).tolist()
    for begin, end in itertools.pairwise(edges):
        at = np.searchsorted(arrays["time_signature_quarter"], begin + SAME_QUARTER, side="right") - 1
        n, d = arrays["time_signature"][max(0, int(at))].tolist()
        if len(bars) > 1 and bars[-1][2:] == (n, d):
            first, last = bars[-1][:2]
            if last - first < 4 * n / d - SAME_QUARTER and abs(end - first - 4 * n / d) < SAME_QUARTER:
                bars[-1] = first, end, n, d
                continue
        bars.append((begin, end, n, d))
    return bars


def list_beats(bars: Sequence[tuple[float, float, int, int]]) -> tuple[Floats, IntArray, list[int]]:
    """Beginnings of all beats in quarters, their numbers in their bars, and the bars; an upbeat counts from its end."""
    begins, numbers, of_bar = [], [], []
    for index, (begin, end, n, d) in enumerate(bars):
        quarters = float(signature_quarters((n, d)))
        count = max(1, int(np.ceil((end - begin) / quarters - SAME_QUARTER)))
        is_upbeat = index == 0 and end - begin < 4 * n / d - SAME_QUARTER
        first = end - count * quarters if is_upbeat else begin
        skipped = tactus_beats(n) - count if is_upbeat else 0
        begins += [first + number * quarters for number in range(count)]
        numbers += [skipped + number for number in range(count)]
        of_bar += [index] * count
    return np.array(begins), np.array(numbers), of_bar


def _sing(written: Written, arrays: dict[str, NDArray[Any]]) -> list[Written]:
    """The song with its voice played above what the left hand has: as song books for beginners print it."""
    if "other_onset_quarter" not in arrays or len(arrays["other_pitch"]) < FEWEST_NOTES:
        return []
    bars = list_bars(arrays)
    begins, _, _ = list_beats(bars)
    onset = arrays["other_onset_quarter"].astype(np.float64)
    beat = np.clip(np.searchsorted(begins, onset + SAME_QUARTER, side="right") - 1, 0, len(begins) - 1)
    quarters = written.quarters[beat]
    value = arrays["other_duration_quarter"].astype(np.float64) / quarters
    n, left = len(onset), written.staff == LEFT
    added: dict[str, NDArray[Any]] = {
        "place": beat + (onset - begins[beat]) / quarters, "value": value, "length": value,
        "pitch": arrays["other_pitch"].astype(np.int64), "staff": np.full(n, RIGHT),
        "is_grace": value < SAME_BEATS, "marks": np.zeros(n, np.int64), "line": np.full(n, NO_NAME), "beat": beat,
        "fifths": find_fifths(arrays, onset),
    }  # fmt: skip
    fields = {name: np.concatenate([getattr(written, name)[left], array]) for name, array in added.items()}
    order = np.lexsort((fields["pitch"], fields["place"]))
    sung: dict[str, Any] = {name: array[order] for name, array in fields.items()}
    return [replace(written, name=f"{written.name} sung", **sung)]
