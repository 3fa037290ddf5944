"""Touches: where the notes of written music end, whose keys are let go a little before or behind it.

No published method: a sequencer holds each key for a share of its length, or a little into the next note, of all notes
or of some; a score says neither. Such a note ends where the next one of its staff begins, or on a beat or a half or a
third of one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ottava.datatypes import Floats
from ottava.rhythm.divisions import find_divisions, fits_beat, snap_exactly
from ottava.rhythm.places import NEAR_EXACT, is_written

# None of it is tuned. So far from its written end, in quarters, may a key be released (half as far from one
# where no note begins and no beat is), and half as far again where it is alike for all notes; for so much of its length
# is it held at least, where that is alike for all and where it is not.
LONGEST_TOUCH, LONGEST_TOUCHES = 1 / 8, 1.5
LEAST_HELD, LEAST_REACHED = 0.55, 0.78
# So many ends must be where notes may end, within so many beats, and so many more than without what was tried; so many
# onsets on thirds of a beat mean that notes end there.
CLEAN_SHARE, NEAR_CLEAN, CLEANER_SHARE, USED_SHARE = 0.9, 0.02, 0.2, 0.05
NO_TOUCH = (1.0, 0.0)


def undo_touches(
    places: Sequence[Fraction],
    releases: Sequence[float],
    staffs: Sequence[int],
    beat_quarters: Sequence[Fraction],
    measured: Sequence[Fraction],
) -> list[Fraction] | None:
    """Lengths of written music, however its keys are touched.

    Parameters
    ----------
    places, releases
        Where each note stands and its key is released, in beats.
    staffs, beat_quarters
        Of each note: its staff, and how long its beat is.
    measured
        Lengths in beats, for notes whose end fits no beat.

    Returns
    -------
    list of Fraction or None
        In beats, greater than 0; None where too many ends are no places of written music.
    """
    begins, ends = np.array([float(place) for place in places]), np.array(releases)
    quarters, staff_of = np.array([float(quarters) for quarters in beat_quarters]), np.array(staffs)
    parts = _find_parts(begins, quarters)
    hands = {staff: _Hand(begins[own], ends[own], LONGEST_TOUCH / quarters[own], parts)
             for staff in set(staffs) for own in [staff_of == staff]}
    common = _find_touch([*hands.values()])
    for staff, hand in hands.items():
        touch = common if common != NO_TOUCH else _find_touch([hand])
        ends[staff_of == staff] = hand.clean(hand.undo(touch))
    if not is_written(ends.tolist()):
        return None
    divisions = find_divisions(places)
    return [end - place if end > place and fits_beat(end, divisions) else length
            for place, end, length in zip(places, snap_exactly(ends.tolist()), measured, strict=True)]


def _find_parts(begins: Floats, beat_quarters: Floats) -> list[int]:
    """The parts of a beat on which notes end though none begins there: halves, thirds, or both."""
    usual = 3 if (beat_quarters == 1.5).mean() > 0.5 else 2

    def is_used(part: int) -> bool:
        steps = begins * part
        is_on = (np.abs(steps - np.round(steps)) < NEAR_EXACT) & (np.round(steps) % part != 0)
        return bool(is_on.mean() > USED_SHARE)

    return [part for part in (2, 3) if part == usual or is_used(part)]


@dataclass(frozen=True, slots=True)
class _Hand:
    """The notes of a staff: where they begin and are released, in beats.

    ``touches``: how far from their ends they may be released; ``parts`` of a beat on which they may end.
    """

    begins: Floats
    releases: Floats
    touches: Floats
    parts: Sequence[int]

    def undo(self, touch: tuple[float, float]) -> Floats:
        """The ends, if all keys were held for one share of the length and then for so many beats more."""
        share, more = touch
        return np.asarray(self.begins + (self.releases - self.begins - more) / share)

    def list_points(self, ends: Floats) -> tuple[Floats, Floats]:
        """Where a note may end about each end: at onsets of the staff and on beats, and on parts of a beat."""
        onsets = np.append(np.unique(self.begins), np.inf)
        after = np.searchsorted(onsets[:-1], ends - NEAR_EXACT)
        strong = [onsets[after], _ceil(ends), onsets[np.maximum(after - 1, 0)], _floor(ends)]
        weak = [step(ends * part) / part for part in self.parts for step in (_floor, _ceil)]
        return self._keep_later(strong), self._keep_later(weak)

    def _keep_later(self, points: Sequence[Floats]) -> Floats:
        stacked = np.stack(points)
        return np.where(stacked > self.begins + NEAR_EXACT, stacked, np.inf)

    def find_late(self, ends: Floats) -> Floats:
        """How far each end is behind the nearest place where the note may end."""
        points = np.concatenate(self.list_points(ends))
        return np.asarray(ends - points[np.abs(points - ends).argmin(axis=0), np.arange(len(ends))])

    def find_shares(self) -> Floats:
        """For how much of the way to the next note of the staff each key is held."""
        onsets = np.append(np.unique(self.begins), np.inf)
        after = onsets[np.searchsorted(onsets, self.begins, side="right")]
        return np.asarray((self.releases - self.begins) / (after - self.begins))

    def clean(self, ends: Floats) -> Floats:
        """The ends where they are in written music: what is near to a place, or nearly reaches it, ends there."""
        strong, weak = self.list_points(ends)
        points = np.concatenate([strong, weak])
        is_weak = np.arange(len(points))[:, None] >= len(strong)
        off = np.abs(points - ends)
        is_near = off <= np.where(is_weak, self.touches / 2, self.touches) + NEAR_EXACT
        is_reached = (points > ends) & (ends - self.begins >= LEAST_REACHED * (points - self.begins))
        # What is near before what is reached, of these beats and onsets first, of these the nearest.
        cost = np.where(is_near, 0.0, np.where(is_reached, 2.0, np.inf)) + is_weak + np.minimum(off, 0.99)
        best, columns = cost.argmin(axis=0), np.arange(len(ends))
        fine = np.stack([np.round(ends * 2 * part) / (2 * part) for part in self.parts])
        stays = np.isinf(cost[best, columns]) | (np.abs(fine - ends) <= NEAR_EXACT).any(axis=0)
        return np.asarray(np.where(stays, ends, points[best, columns]))


def _floor(values: Floats) -> Floats:
    return np.asarray(np.floor(values + NEAR_EXACT))


def _ceil(values: Floats) -> Floats:
    return np.asarray(np.ceil(values - NEAR_EXACT))


def _find_touch(hands: Sequence[_Hand]) -> tuple[float, float]:
    """For what share of their lengths, and for how many beats more, all keys are held: `NO_TOUCH` if for none."""

    def measure(touch: tuple[float, float], near: float) -> float:
        return float((np.abs(np.concatenate([hand.find_late(hand.undo(touch)) for hand in hands])) <= near).mean())

    share = measure(NO_TOUCH, NEAR_EXACT)
    if share >= CLEAN_SHARE:
        return NO_TOUCH
    held = np.concatenate([hand.find_shares() for hand in hands])
    late, most = (np.concatenate(rows) for rows in zip(*(
        (hand.find_late(hand.releases), LONGEST_TOUCHES * hand.touches) for hand in hands
    ), strict=True))  # fmt: skip
    tried = [(part, 0.0) for part in _find_commonest(held[(held >= LEAST_HELD) & (held < 1)])]
    tried += [(1.0, more) for more in _find_commonest(late[np.abs(late) <= most])]
    shares = {touch: measure(touch, NEAR_CLEAN) for touch in tried}
    best = max(tried, key=lambda touch: shares[touch], default=NO_TOUCH)
    return best if tried and shares[best] > max(CLEAN_SHARE, share + CLEANER_SHARE) else NO_TOUCH


def _find_commonest(values: Floats) -> list[float]:
    """The values that most are near to, commonest first."""
    bins = Counter(np.round(values / NEAR_EXACT).astype(np.int64).tolist())
    return [float(np.median(values[np.round(values / NEAR_EXACT) == number])) for number, _ in bins.most_common(3)]
