"""Places and values where all beats, bars and meters are told (data/train), by networks that have not seen the work.

    python -m bench.notation.given MODELS [--all] [--set quantizing.MIXED_COST=2]

As `bench.notation.rhythm`, which has the other options, with what a person knows who has tapped along and corrected
the bars. Beside position, value and staff: the shares of the matched notes that are put off a beat on which they are
printed, on a beat where they are not, in a division by two instead of three or the other way round, in another beat, at
another place in the same one, or nowhere.
"""

import sys

import numpy as np
from numpy.typing import NDArray

from bench.notation.corpus import Figures, Measured, Truth, run_bench
from bench.notation.rhythm import SAME_QUARTER, describe_score, describe_truth, make_section
from bench.notation.rhythm import measure as measure_rhythm
from ottava.datatypes import Choices, Floats, Score
from ottava.rhythm.meter import signature_quarters

FAULTS = ("off beat", "on beat", "three", "two", "another beat", "elsewhere", "nowhere")
NAMES = ("position", "value", "staff", *FAULTS)
SAME_PART = 0.02  # of a beat


def tell(truth: Truth) -> Choices:
    """All beats, bars and meters."""
    beats = truth["beat_time_sec"]
    meters = tuple((float(beats[beat]), int(n), int(d)) for beat, n, d in truth["time_signatures"] if beat < len(beats))
    return Choices(
        beats_sec=tuple(beats.tolist()), downbeats_sec=tuple(beats[truth["beat_is_downbeat"]].tolist()), meters=meters
    )


def measure(truth: Truth, score: Score) -> Figures:
    """Figures of one performance."""
    figures = measure_rhythm(truth, score)
    wanted, _ = describe_truth(truth)
    found = describe_score(score)[:, 0]
    known = np.isfinite(wanted)
    unit = find_units(truth)[known]
    wanted_beats, found_beats = wanted[known] / unit, found[known] / unit
    is_wrong = ~(np.abs(wanted[known] - found[known]) < SAME_QUARTER)
    is_nowhere = is_wrong & np.isnan(found_beats)
    found_beats = np.nan_to_num(found_beats, nan=-1.0)
    far = np.abs(found_beats - wanted_beats) > 0.5
    tests = {
        "nowhere": is_nowhere,
        "another beat": far,
        "off beat": divides(wanted_beats, 1),
        "on beat": divides(found_beats, 1),
        "three": divides(wanted_beats, 8) & divides(found_beats, 9, 12) & ~divides(found_beats, 8),
        "two": divides(wanted_beats, 9, 12) & ~divides(wanted_beats, 8) & divides(found_beats, 8),
        "elsewhere": is_wrong,
    }
    left = is_wrong
    for name, holds in tests.items():
        figures[name] = float(np.mean(left & holds))
        left = left & ~holds
    return figures


def divides(beats: Floats, *divisions: int) -> NDArray[np.bool_]:
    """Which of some places are whole numbers of one of some parts of a beat."""
    return np.asarray(np.any([np.abs(beats * n - np.round(beats * n)) < SAME_PART * n for n in divisions], axis=0))


def find_units(truth: Truth) -> Floats:
    """The length of the beat in which each note is played, in quarters."""
    beats, signatures = truth["beat_time_sec"], truth["time_signatures"]
    beat = np.searchsorted(beats, truth["onset_sec"], side="right") - 1
    row = np.clip(np.searchsorted(signatures[:, 0], beat, side="right") - 1, 0, None)
    return np.asarray(np.array([float(signature_quarters((n, d))) for _, n, d in signatures.tolist()])[row])


def make_given_section(measured: list[Measured], title: str) -> str:
    """The Markdown section."""
    return make_section(measured, title, NAMES)


if __name__ == "__main__":
    sys.exit(run_bench(__doc__, "Places and values on given beats", measure, make_given_section, tell))
