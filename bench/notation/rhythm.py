"""Rhythm on human performances whose score is known (data/train), by networks that have not seen the work.

    python -m bench.notation.rhythm MODELS [--all] [--of FOLDER] [--dp] [--set bars.CUT_BAR_COST=15]

MODELS holds fold0 to fold4 (training/notation/export.py --fold k --out MODELS/foldk). One performance a piece, or with
``--all`` every one. ``--dp`` measures what finds beats without a trained network, ``--set`` another value of a
constant, which is only printed. Writes results.md, "Rhythm": beat and downbeat F1 at 70 ms over whole performances, the
signature that holds longest (2/2 and 4/4 alike, and other pairs with as long a bar and the same division), shares of
the matched notes whose position in the bar, and whose value, are exactly right, and of all whose staff is; means over
performances and, with ``--all``, over pieces, by composer, by meter and, of scores that were played, by manner, and the
ten worst performances.
"""

import sys
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import mir_eval
import numpy as np
from numpy.typing import NDArray

from bench.notation.corpus import Figures, Measured, Truth, run_bench
from bench.report import describe_run
from ottava.datatypes import Score
from ottava.rhythm.meter import is_same_meter, list_bars

SAME_QUARTER = 0.02  # positions and values of data/train are float32 quarters
LEAST_BEAT_SEC = 0.07  # beats before the first note less this are left out on both sides
NAMES = ("beats", "downbeats", "meter", "position", "value", "staff")


def measure(truth: Truth, score: Score) -> Figures:
    """Figures of one performance."""
    beats, is_downbeat = truth["beat_time_sec"], truth["beat_is_downbeat"]
    start = float(truth["onset_sec"][0]) - LEAST_BEAT_SEC
    figures = {
        "beats": compare_beats(beats, [beat.time_sec for beat in score.beats], start),
        "downbeats": compare_beats(beats[is_downbeat], [b.time_sec for b in score.beats if b.beat_in_bar == 1], start),
        "meter": float(is_same_meter(find_meter(truth), find_longest(score))),
    }
    position, value = describe_truth(truth)
    found = describe_score(score)
    known = np.isfinite(position)
    figures["position"] = float(np.mean(np.abs(found[known, 0] - position[known]) < SAME_QUARTER))
    figures["value"] = float(np.mean(np.abs(found[known, 1] - value[known]) < SAME_QUARTER))
    staffs = np.array([note.staff if note else 0 for note in score.notes])
    has_staff = truth["staff"] > 0
    if has_staff.any():
        figures["staff"] = float(np.mean(staffs[has_staff] == truth["staff"][has_staff]))
    return figures


def compare_beats(truth: NDArray[np.float64], found: Sequence[float], start: float) -> float:
    """F1 at 70 ms."""
    times = np.array(found)
    return float(mir_eval.beat.f_measure(truth[truth >= start], np.maximum(times[times >= start], 0)))


def find_meter(truth: Truth) -> tuple[int, int]:
    """The time signature that holds longest."""
    beats, rows = truth["beat_time_sec"], truth["time_signatures"].tolist()
    lasting: Counter[tuple[int, int]] = Counter()
    for (first, *signature), (last, *_) in zip(rows, [*rows[1:], [len(beats) - 1]], strict=True):
        lasting[signature[0], signature[1]] += beats[min(last, len(beats) - 1)] - beats[min(first, len(beats) - 1)]
    return lasting.most_common(1)[0][0]


def find_longest(score: Score) -> tuple[int, int]:
    """The time signature that holds longest, in seconds."""
    quarters, times = [float(b.quarter) for b in score.beats], [b.time_sec for b in score.beats]
    starts = np.interp([float(meter.quarter) for meter in score.meters], quarters, times)
    lasting: Counter[tuple[int, int]] = Counter()
    for meter, begin, end in zip(score.meters, starts, [*starts[1:], times[-1]], strict=True):
        lasting[meter.beats, meter.beat_type] += end - begin
    return lasting.most_common(1)[0][0]


def describe_truth(truth: Truth) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Position in the bar and value of each note in quarters; NaN where the score does not tell, and of grace notes."""
    counted = truth["matched"] & ~truth["suspect"] & ~truth["grace"] & np.isfinite(truth["score_onset_quarter"])
    downbeats = truth["beat_quarter"][truth["beat_is_downbeat"]].astype(np.float64)
    downbeats = downbeats[np.isfinite(downbeats)]
    onset = truth["score_onset_quarter"].astype(np.float64)
    bar = np.searchsorted(downbeats, onset + SAME_QUARTER, side="right") - 1
    first_bar = downbeats[1] - downbeats[0] if len(downbeats) > 1 else 4.0
    start = np.where(bar >= 0, downbeats[np.maximum(bar, 0)], downbeats[0] - first_bar)
    return np.where(counted, onset - start, np.nan), truth["score_duration_quarter"].astype(np.float64)


def describe_score(score: Score) -> NDArray[np.float64]:
    """Position in the bar and value of each note in quarters, shape (n_notes, 2); NaN where it is left out."""
    bars = list_bars(score.meters, score.pickup_quarter, max(note.span.onset_quarter for note in score.notes if note))
    starts = [bar.start_quarter for bar in bars]
    rows = []
    for note in score.notes:
        if note is None:
            rows.append((np.nan, np.nan))
            continue
        bar = bars[max(0, bisect_right(starts, note.span.onset_quarter) - 1)]
        position = note.span.onset_quarter - bar.start_quarter + bar.lead_quarter
        rows.append((float(position), float(note.span.duration_quarter)))
    return np.array(rows)


def make_section(measured: list[Measured], title: str, names: Sequence[str] = NAMES) -> str:
    """The Markdown section; ``names`` of the figures."""

    def table(name: str, of: Callable[[dict[str, str], Truth], str]) -> list[str]:
        groups: dict[str, list[Figures]] = defaultdict(list)
        for row, truth, figures in measured:
            groups[of(row, truth)].append(figures)
        lines = [f"| {name} | performances | {' | '.join(names)} |", "|---|--:|" + "--:|" * len(names)]
        return lines + [make_row(group, groups[group], names) for group in sorted(groups)] + [""]

    worst = sorted(measured, key=lambda item: item[2]["beats"] + item[2]["downbeats"] + item[2]["position"])[:10]
    pieces: dict[str, list[Figures]] = defaultdict(list)
    for row, _, figures in measured:
        pieces[row.get("song") or f"{row['composer']} {row['piece']}"].append(figures)
    means = [{name: float(np.mean([of[name] for of in piece])) for name in piece[0]} for piece in pieces.values()]
    overall = table("all", lambda row, truth: "mean of performances")
    if len(pieces) < len(measured):
        overall.insert(-1, make_row("mean of pieces", means, names))
    lines = [
        f"## {title}", "", describe_run(), "",
        *overall,
        *table("composer", lambda row, truth: row.get("composer", "unknown")),
        *table("meter", lambda row, truth: "{}/{}".format(*find_meter(truth))),
        *(table("manner", lambda row, truth: row["manner"]) if "manner" in measured[0][0] else []),
        f"| worst | meter | {' | '.join(names)} |", "|---|---|" + "--:|" * len(names),
        *(f"| {Path(row['file']).stem} | {'{}/{}'.format(*find_meter(truth))} | "
          f"{' | '.join(f'{100 * figures.get(name, np.nan):.0f}' for name in names)} |"
          for row, truth, figures in worst),
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def make_row(name: str, figures: list[Figures], names: Sequence[str] = NAMES) -> str:
    """Means in percent."""
    cells = [f"{100 * np.mean([of[kind] for of in figures if kind in of] or [np.nan]):.1f}" for kind in names]
    return f"| {name} | {len(figures)} | {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(run_bench(__doc__, "Rhythm", measure, make_section))
