"""Beams: which flags are joined.

No published method: engraving practice (Gould, "Behind Bars", 2011, part one, "Beams"): what belongs to a beat is
joined, plain eighths over two beats of 2/4 and 4/4 and over the bar of 3/4 and 3/8.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from math import ceil

from ottava.datatypes import Meter
from ottava.engraving.signs import SAME_QUARTER, Sign
from ottava.engraving.tuplets import FLAGS, name_value
from ottava.rhythm.meter import bar_quarters, beat_quarters, is_compound

# Eighths of the groups in bars whose beats are neither alike nor pairs.
UNEVEN = {5: (3, 2), 7: (2, 2, 3)}


def join_beams(signs: Sequence[Sign], meter: Meter) -> list[tuple[str, ...]]:
    """The beams of each sign of a voice in a bar, as MusicXML names them, from the eighth's on; none where it has none.

    Grace notes are joined with one another.
    """
    beams: list[tuple[str, ...]] = [()] * len(signs)
    for group in (*_group_graces(signs), *_group_flags(signs, meter)):
        if len(group) > 1:
            flags = [FLAGS[name_value(signs[index].length_quarter).kind] if signs[index].length_quarter else 1
                     for index in group]
            for position, index in enumerate(group):
                beams[index] = _name_beams(flags, position)
    return beams


def _group_graces(signs: Sequence[Sign]) -> list[list[int]]:
    """Grace notes that follow one another."""
    groups: list[list[int]] = [[]]
    for index, sign in enumerate(signs):
        if sign.notes and not sign.length_quarter:
            groups[-1].append(index)
        elif groups[-1]:
            groups.append([])
    return groups


def _group_flags(signs: Sequence[Sign], meter: Meter) -> list[list[int]]:
    """Chords with flags that stand side by side in one window of the bar."""
    flags = {
        index: FLAGS.get(name_value(sign.length_quarter).kind, 0)
        for index, sign in enumerate(signs) if sign.notes and sign.length_quarter
    }
    plain = {
        index for index, sign in enumerate(signs) if flags.get(index) == 1 and sign.length_quarter.denominator % 3
    }
    if not any(flags.values()):
        return []
    starts = {index: float(signs[index].start_quarter) for index in flags}  # floats compare many times as fast
    groups: list[list[int]] = []
    last_end, last_window = -1.0, -1.0
    for begin, end in _find_windows(starts, meter, flags, plain):
        for index, count in flags.items():
            start = starts[index]
            if not begin <= start + SAME_QUARTER < end:
                continue
            if not count:
                last_end = -1.0
                continue
            if abs(start - last_end) < SAME_QUARTER and last_window == begin:
                groups[-1].append(index)
            else:
                groups.append([index])
            last_end, last_window = start + float(signs[index].length_quarter), begin
    return groups


def _find_windows(
    starts: Mapping[int, float], meter: Meter, flags: Mapping[int, int], plain: set[int]
) -> list[tuple[float, float]]:
    """The stretches of a bar within which flags are joined, in quarters."""
    def is_plain(begin: float, end: float) -> bool:
        inside = (index for index, count in flags.items() if count and begin <= starts[index] + SAME_QUARTER < end)
        return all(index in plain for index in inside)

    bar, beat = float(bar_quarters(meter)), float(beat_quarters(meter))
    if is_compound(meter.beats):
        return _cut(bar, beat)
    if meter.beat_type >= 8:
        eighths = UNEVEN.get(meter.beats)
        if eighths:
            ends = list(accumulate((4 * n / meter.beat_type for n in eighths), initial=0.0))
            return list(pairwise(ends))
        return _cut(bar, bar if meter.beats == 3 else 2 * beat)
    wide = bar if meter.beats == 3 and beat == 1 else 2.0
    windows: list[tuple[float, float]] = []
    for begin, end in _cut(bar, wide):
        windows += [(begin, end)] if is_plain(begin, end) else [
            (begin + a, begin + b) for a, b in _cut(end - begin, 1.0)
        ]
    return windows


def _cut(length: float, unit: float) -> list[tuple[float, float]]:
    """Stretches of ``unit``, the last one perhaps shorter."""
    cuts = [unit * number for number in range(ceil(length / unit))]
    return list(pairwise([*cuts, length]))


def _name_beams(flags: Sequence[int], position: int) -> tuple[str, ...]:
    """The beams of one member of a group."""
    names = []
    for level in range(1, flags[position] + 1):
        back = position > 0 and flags[position - 1] >= level
        on = position + 1 < len(flags) and flags[position + 1] >= level
        if back or on:
            names.append("continue" if back and on else "end" if back else "begin")
        else:
            names.append("forward hook" if position == 0 else "backward hook")
    return tuple(names)
