"""What players do to a score: tempo, scatter, lengths and loudness of performances whose score is known, measured.

    python -m training.notation.habits [--without 0 1]

prints the figures that `training.notation.player` is made of (one performance a piece of data/train). The tempo curves
themselves are not written down anywhere: the player takes them from the performances that it is given.
"""

import argparse
import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ottava.datatypes import Floats
from ottava.smoothing import take_means
from training.notation.corpus import N_FOLDS, SAME_BEATS, Taught, find_shared, read_corpus

SMOOTH_BEATS = 17
# Beats so much shorter or longer than those around are mostly faults of the alignment.
LEAST_RELATIVE, MOST_RELATIVE = 0.55, 1.9
FEWEST_BARS = 12
LENGTHS_SEC = (0.12, 0.2, 0.35, 0.6, 1.2)
SHARES_AT = (5, 25, 50, 75, 95)  # percent
OTHER_LENGTH = 8.0  # shares of the written length beyond are mostly wrong matches


@dataclass(frozen=True)
class Curve:
    """How a performance goes, bar over bar.

    Beat periods, shape (n_bars, beats a bar): as shares of their running mean, and in seconds.
    """

    relative: Floats
    period_sec: Floats


Curves = dict[tuple[int, bool], list[Curve]]


def collect_curves(corpus: Sequence[Taught]) -> Curves:
    """Tempo curves of the whole bars of performances, by beats a bar and whether these fall into three."""
    curves: Curves = defaultdict(list)
    for taught in corpus:
        period = np.diff(taught.beats_sec)
        relative = period / take_means(period, SMOOTH_BEATS)
        downbeats = np.flatnonzero(taught.is_downbeat)
        rows: dict[tuple[int, bool], list[tuple[Floats, Floats]]] = defaultdict(list)
        for first, last in itertools.pairwise(downbeats):
            kind = int(last - first), bool(taught.is_compound[first])
            rows[kind].append((np.clip(relative[first:last], LEAST_RELATIVE, MOST_RELATIVE), period[first:last]))
        for kind, bars in rows.items():
            if len(bars) >= FEWEST_BARS:
                relatives, periods = zip(*bars, strict=True)
                curves[kind].append(Curve(np.array(relatives), np.array(periods)))
    return dict(curves)


def measure_tempo(taught: Taught) -> dict[str, float]:
    """Logarithms of a beat and of the time between onsets, slow drift and scatter of the beats."""
    period = np.diff(taught.beats_sec)
    slow = take_means(period, SMOOTH_BEATS)
    gaps = np.diff(np.unique(np.round(taught.place[np.isfinite(taught.place)], 2)))
    return {
        "beat_log_sec": float(np.log(np.median(period))),
        "gap_log_beats": float(np.log(np.median(gaps))),
        "drift": float(np.std(np.log(slow))),
        "beat_scatter": float(np.std(np.log(period / slow))),
        "last_beats": float(np.mean(period[-2:]) / np.median(period)),
    }


def measure_touch(taught: Taught) -> dict[str, float]:
    """Scatter of what is struck together in seconds; loudness by its place in it."""
    known = np.flatnonzero(np.isfinite(taught.place) & (taught.staff > 0))
    key = np.round(taught.place[known] * 48).astype(np.int64)
    order = np.lexsort((taught.pitch[known], key))
    known, key = known[order], key[order]
    begins = np.flatnonzero(np.append(True, np.diff(key) > 0))
    within, between, lead, loud = [], [], [], []
    for first, last in zip(begins, np.append(begins[1:], len(key)), strict=True):
        notes = known[first:last]
        hands = [taught.onset[notes[taught.staff[notes] == staff]] for staff in (1, 2)]
        within += [float(np.std(hand, ddof=1)) for hand in hands if len(hand) > 1]
        if len(hands[0]) and len(hands[1]):
            between.append(float(hands[0].mean() - hands[1].mean()))
        if len(notes) > 1:
            lead.append(float(taught.onset[notes[-1]] - taught.onset[notes[:-1]].mean()))
            loud.append(float(taught.velocity[notes[-1]] - taught.velocity[notes[:-1]].mean()))
    rest = taught.velocity - take_means(taught.velocity, SMOOTH_BEATS)
    return {
        "hand_sec": float(np.median(within)) if within else np.nan,
        "between_sec": float(np.subtract(*np.percentile(between, [75, 25])) / 1.349) if between else np.nan,
        "top_sec": float(np.median(lead)) if lead else np.nan,
        "top_louder": float(np.mean(loud)) if loud else np.nan,
        "velocity": float(taught.velocity.mean()),
        "velocity_slow": float(np.std(take_means(taught.velocity, SMOOTH_BEATS))),
        "velocity_rest": float(np.std(rest)),
        "pedals_a_beat": len(taught.pedals_sec) / max(1, len(taught.beats_sec)),
        "unwritten": float(np.mean(taught.is_unwritten)),
    }


def measure_lengths(taught: Taught) -> list[list[float]]:
    """How long keys are down, as shares of what is written, for each of the LENGTHS_SEC."""
    known = np.isfinite(taught.place) & np.isfinite(taught.value) & (taught.value > SAME_BEATS)
    written = np.where(known, taught.value * taught.period_sec[np.clip(taught.beat, 0, None)], np.nan)
    share = (taught.offset - taught.onset) / written
    kind = np.searchsorted(LENGTHS_SEC, np.nan_to_num(written))
    usable = known & (share < OTHER_LENGTH)
    return [share[usable & (kind == one)].tolist() for one in range(len(LENGTHS_SEC) + 1)]


def main() -> None:
    """Print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--without", type=int, nargs="+", default=(), choices=range(N_FOLDS), help="folds to leave out")
    options = parser.parse_args()
    folds = [fold for fold in range(N_FOLDS) if fold not in options.without]
    corpus = [*{taught.piece: taught for taught in read_corpus(find_shared() / "train", folds)}.values()]
    for name, measure in (("tempo", measure_tempo), ("touch", measure_touch)):
        rows = [measure(taught) for taught in corpus]
        print(f"{name}: quantiles 10, 50, 90 over {len(rows)} pieces")
        for key in rows[0]:
            print(f"  {key:16s}", np.nanpercentile([row[key] for row in rows], [10, 50, 90]).round(3).tolist())
        if name == "tempo":
            gaps, beats = ([row[key] for row in rows] for key in ("gap_log_beats", "beat_log_sec"))
            slope, base = np.polyfit(gaps, beats, 1)
            left = float(np.std(np.array(beats) - slope * np.array(gaps) - base))
            print(f"  beat_log_sec = {base:.2f} + {slope:.2f} gap_log_beats, {left:.2f}")
    lengths = [measure_lengths(taught) for taught in corpus]
    print("length of the key as a share of the written one, percent", SHARES_AT, "(medians over pieces)")
    for kind, upto in enumerate((*LENGTHS_SEC, np.inf)):
        quantiles = [np.percentile(row[kind], SHARES_AT) for row in lengths if len(row[kind]) > 20]
        print(f"  up to {upto} s", np.median(quantiles, axis=0).round(2).tolist() if quantiles else "none")
    for beats_a_bar, curves in sorted(collect_curves(corpus).items()):
        relative = np.concatenate([curve.relative for curve in curves])
        print(f"curves {beats_a_bar}: {len(curves)} performances, {len(relative)} bars, "
              f"mean by beat {relative.mean(axis=0).round(3).tolist()}, spread {relative.std():.3f}")


if __name__ == "__main__":
    main()
