"""Steps: how many beats lie between one chord and the next, and what each number of them is worth.

Method: a step is worth what the rhythm network thinks of that many beats, less what it strays from the time that it
takes at the length of a beat; see `ottava.rhythm.score_time`.

Conventions: places in a beat are whole numbers of `PARTS`.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import Floats, IntArray

# Places in a beat; 3 % of the chords of data/train stand elsewhere.
PHASES = tuple(Fraction(place) for place in (
    "0", "1/2", "1/4", "3/4", "1/3", "2/3", "1/6", "5/6", "1/8", "3/8", "5/8", "7/8",
))
# Beats from one chord to the next; 0 in a chord that is broken.
STEPS = tuple(Fraction(step) for step in (
    "0", "1/8", "1/6", "1/4", "1/3", "1/2", "2/3", "3/4", "1", "3/2", "2", "3", "4",
))
PARTS = 24  # of a beat: all of PHASES are whole numbers of these
PHASE_PARTS = np.array([int(phase * PARTS) for phase in PHASES])
# What is paid, in natural logarithms: search on folds 0 and 1 of data/train (bench/results.md, "Rhythm, constants").
STEP_WEIGHT = 1.0
OTHER_STEP_COST = 2.0  # of a step that is not in STEPS, beside what the network gives them together
BROKEN_COST, BROKEN_SEC, BROKEN_COST_A_SEC = 1.0, 0.06, 60.0  # of a chord that is broken
# How far a step strays from the beat's length, in octaves and in seconds, and the most that this costs.
STRAY_OCTAVES, STRAY_SEC, MOST_STRAY_COST = 0.1, 0.02, 6.0
MOST_BEATS = 8  # between two chords
IMPOSSIBLE = -1e9
# Times between chords are told apart this finely (1.4 %, where players stray by 7): what they can be is kept.
GAPS_AN_OCTAVE = 48

TEMPOS_LOG2_SEC = np.linspace(np.log2(0.14), np.log2(3.2), 32)
TEMPOS_SEC = 2**TEMPOS_LOG2_SEC
_PHASE_STEP = (PHASE_PARTS - PHASE_PARTS[:, None, None]) / PARTS  # from, tempos, to
_MOST_PARTS = PARTS * (MOST_BEATS + 2)
_STEP_OF_PARTS = np.full(_MOST_PARTS + 1, len(STEPS))
_STEP_OF_PARTS[[int(step * PARTS) for step in STEPS]] = np.arange(len(STEPS))


@cache
def _fit_steps(gap: int, first: int, last: int) -> tuple[IntArray, NDArray[np.intp], Floats]:
    """What a time of ``gap`` (in `GAPS_AN_OCTAVE` of an octave of a second) can be, by (place from, beat's length, to).

    The lengths are those from ``first`` up to ``last``, which is left out. Gives the beats of the best step, its kind
    (index in STEPS, or one more), and what is paid for the stray.
    """
    gap_sec = 2.0 ** (gap / GAPS_AN_OCTAVE)
    beats = np.clip(np.round(gap_sec / TEMPOS_SEC[first:last, None] - _PHASE_STEP), 0, MOST_BEATS)
    beats += beats + _PHASE_STEP < 1e-6
    length = beats + _PHASE_STEP
    octaves = np.log2(gap_sec / length) - TEMPOS_LOG2_SEC[first:last, None]
    # A time that is uncertain by so many seconds is so by that share of itself.
    spread = STRAY_OCTAVES**2 + (STRAY_SEC / gap_sec / np.log(2)) ** 2
    kind = _STEP_OF_PARTS[np.round(length * PARTS).astype(np.int64)]
    return beats.astype(np.int64), kind.astype(np.intp), np.maximum(-0.5 * octaves**2 / spread, -MOST_STRAY_COST)


@dataclass(frozen=True, slots=True)
class Steps:
    """From each chord to the next.

    ``gaps``: the time, in `GAPS_AN_OCTAVE` of an octave of a second; ``by_kind`` (n_steps, n_kinds): what each kind of
    step is worth; ``broken``: what it is worth that the chord is broken.
    """

    gaps: list[int]
    by_kind: Floats
    broken: list[float]

    def score(self, index: int, tempos: slice) -> Floats:
        """What a step is worth by (place from, beat's length, place to)."""
        _, kind, stray = _fit_steps(self.gaps[index], tempos.start, tempos.stop)
        scores = self.by_kind[index].take(kind, mode="clip")
        scores += stray
        # Or the chord is broken: no step at all, the place stays.
        staying = np.einsum("iji->ij", scores)
        np.maximum(staying, self.broken[index], out=staying)
        return np.asarray(scores)

    def score_to(self, index: int, tempos: slice, tempo: int, phase: int) -> tuple[Floats, IntArray]:
        """What a step to one place is worth at one of the lengths of a beat, by place from, and its beats."""
        beats, kind, stray = _fit_steps(self.gaps[index], tempos.start, tempos.stop)
        scores = stray[:, tempo, phase] + self.by_kind[index, kind[:, tempo, phase]]
        counts = beats[:, tempo, phase].copy()
        if scores[phase] < self.broken[index]:
            scores[phase], counts[phase] = self.broken[index], 0
        return scores, counts


def weigh_steps(gaps_sec: Floats, step_logs: Floats, is_far: NDArray[np.bool_]) -> Steps:
    """Weigh what the times between chords can be.

    ``step_logs`` (n_steps, n_kinds): what the network says; ``is_far``: chords without a place lie between.
    """
    by_kind = STEP_WEIGHT * step_logs
    by_kind[:, -1] -= STEP_WEIGHT * OTHER_STEP_COST
    by_kind[is_far] /= 2
    broken = STEP_WEIGHT * step_logs[:, 0] - BROKEN_COST - BROKEN_COST_A_SEC * np.maximum(0.0, gaps_sec - BROKEN_SEC)
    return Steps(np.round(np.log2(gaps_sec) * GAPS_AN_OCTAVE).astype(int).tolist(), by_kind, broken.tolist())
