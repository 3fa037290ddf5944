"""Voices: which notes of a staff move together.

Method: chord after chord the cheapest assignment of its lengths to voices is taken, knowing what each voice still holds
and what comes while the new notes are held. One voice is enough as long as it says everything; a note that is held
while others begin takes a voice of its own, above or below them (Gould, "Behind Bars", 2011, part one). Contig mapping
(Chew and Wu, 2004) and learned separations want one note a voice; here a chord is one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import product

from ottava.datatypes import Note, Span

VOICES = (1, 2, 3, 4)
HEIGHT = {1: 3, 3: 2, 4: 1, 2: 0}  # of the voices, from the lowest one up
# A key that stays down over the next onset for less than this is legato playing, not a held note.
HELD_QUARTER = Fraction(1)
# Costs of the whole length of a note that is cut off, of a chord's note that is lengthened to another's end, of the
# second voice, of a further one, of two voices in the wrong order, and of a held note on the wrong side of what moves.
# By a search on printed lengths of 166 pieces of data/train (bench/results.md, "Voices"; before, by a rule: links .878,
# changed .029).
CUT, LENGTHEN, SECOND, FURTHER, CROSSED, WRONG_SIDE = 6.0, 2.5, 0.5, 1.2, 0.5, 2.0


@dataclass(frozen=True, slots=True)
class _Group:
    """Notes of a staff that begin and end together; quarters as floats, which compare many times as fast."""

    indices: tuple[int, ...]
    pitch: float  # their mean
    onset: float
    end: float


def separate_voices(
    notes: Sequence[Note], spans: Sequence[Span], staffs: Sequence[int], held_quarter: Fraction = HELD_QUARTER
) -> list[int]:
    """Give each note to a voice of its staff.

    Parameters
    ----------
    notes, spans, staffs
        Of one length; ``spans`` with the lengths of the keys' presses, or with written ones.
    held_quarter
        A note that reaches at least this far over the next one is held: 0 where lengths are written ones.

    Returns
    -------
    list of int
        1..4 for each note, 1 the upper and 2 the lower voice; others only where three and more sound.
    """
    voices = [VOICES[0]] * len(notes)
    for staff in set(staffs):
        indices = [index for index, other in enumerate(staffs) if other == staff]
        groups = _group_notes(
            [index for index in indices if spans[index].duration_quarter], notes, spans, float(held_quarter)
        )
        for group, voice in _assign_groups(groups):
            for index in group.indices:
                voices[index] = voice
        _join_graces(indices, notes, spans, voices)
    return voices


def _group_notes(
    indices: Sequence[int], notes: Sequence[Note], spans: Sequence[Span], held_quarter: float
) -> list[list[_Group]]:
    """The groups of each onset, from the highest one down."""
    begins = {index: float(spans[index].onset_quarter) for index in indices}
    onsets = sorted({*begins.values()})
    members: dict[float, dict[float, list[int]]] = {onset: {} for onset in onsets}
    for index, onset in begins.items():
        end = float(spans[index].onset_quarter + spans[index].duration_quarter)
        following = bisect_right(onsets, onset)
        if following < len(onsets) and onsets[following] < end < onsets[following] + held_quarter:
            end = onsets[following]
        members[onset].setdefault(end, []).append(index)
    return [
        sorted(
            (_Group(tuple(group), sum(notes[i].pitch for i in group) / len(group), onset, end)
             for end, group in members[onset].items()),
            key=lambda group: -group.pitch,
        )
        for onset in onsets
    ]  # fmt: skip


def _assign_groups(columns: Sequence[Sequence[_Group]]) -> list[tuple[_Group, int]]:
    """The voice of every group; ``columns`` of the onsets."""
    onsets = [column[0].onset for column in columns]
    sums, counts = [0.0], [0]
    for column in columns:
        sums.append(sums[-1] + sum(group.pitch * len(group.indices) for group in column))
        counts.append(counts[-1] + sum(len(group.indices) for group in column))
    assigned: list[tuple[_Group, int]] = []
    held: dict[int, _Group] = {}  # by voice, what it had last
    for number, column in enumerate(columns):

        def find_side(group: _Group, number: int = number) -> float:
            """Semitones by which what moves while a group is held lies above it."""
            last = bisect_left(onsets, group.end - 1e-9, number + 1)
            inside = counts[last] - counts[number + 1]
            return (sums[last] - sums[number + 1]) / inside - group.pitch if inside else 0.0

        sides = [find_side(group) for group in column]
        is_free = all(before.end <= onsets[number] for before in held.values())
        if len(column) == 1 and is_free and not sides[0]:
            best: tuple[int, ...] = VOICES[:1]  # costs nothing
        else:
            best = min(_list_plans(len(column)), key=lambda plan: _cost_plan(plan, column, sides, held))
        for voice in set(best):
            joined = [group for group, other in zip(column, best, strict=True) if other == voice]
            indices = tuple(index for group in joined for index in group.indices)
            pitch = sum(group.pitch * len(group.indices) for group in joined) / len(indices)
            held[voice] = _Group(indices, pitch, onsets[number], max(group.end for group in joined))
        assigned += zip(column, best, strict=True)
    return assigned


@cache
def _list_plans(n_groups: int) -> tuple[tuple[int, ...], ...]:
    """All ways to give groups to voices; more lengths than voices are one chord."""
    return tuple(product(VOICES, repeat=n_groups)) if n_groups <= len(VOICES) else ((VOICES[0],) * n_groups,)


def _cost_plan(
    plan: Sequence[int], column: Sequence[_Group], sides: Sequence[float], held: Mapping[int, _Group]
) -> float:
    """What it costs to write the groups of an onset in these voices."""
    onset, cost = column[0].onset, 0.0
    ends = {voice: max(group.end for group, other in zip(column, plan, strict=True) if other == voice)
            for voice in plan}
    for voice, end in ends.items():
        before = held.get(voice)
        if before and before.end > onset:
            cost += CUT * (before.end - onset) / (before.end - before.onset)
        cost += 0.0 if voice == 1 else SECOND if voice == 2 else FURTHER
        cost += sum(LENGTHEN * len(group.indices) * (end - group.end) / (end - onset)
                    for group, other in zip(column, plan, strict=True) if other == voice)
    for group, voice, side in zip(column, plan, sides, strict=True):
        is_wrong = (voice == 1 and side > 0) or (voice == 2 and side < 0)
        cost += WRONG_SIDE if is_wrong else -SECOND if side and voice == 2 else 0.0
        for other, busy in held.items():
            if other not in ends and busy.end > onset:
                cost += CROSSED * ((HEIGHT[voice] - HEIGHT[other]) * (group.pitch - busy.pitch) < 0)
    # From the highest one down.
    heights = [HEIGHT[voice] for voice in plan]
    return cost + CROSSED * sum(a < b for i, a in enumerate(heights) for b in heights[i + 1 :])


def _join_graces(
    indices: Sequence[int], notes: Sequence[Note], spans: Sequence[Span], voices: list[int]
) -> None:
    """Give grace notes the voice of the nearest note that they lead to."""
    mains: dict[Fraction, list[int]] = {}
    for index in indices:
        if spans[index].duration_quarter:
            mains.setdefault(spans[index].onset_quarter, []).append(index)
    for index in indices:
        if not spans[index].duration_quarter and (near := mains.get(spans[index].onset_quarter)):
            voices[index] = voices[min(near, key=lambda main: abs(notes[main].pitch - notes[index].pitch))]
