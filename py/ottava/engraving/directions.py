"""Directions: what stands above and below the staffs: tempo, dynamics, hairpins, pedal and octave lines.

Conventions: places in a bar count as those of `ottava.engraving.signs.Sign`.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from ottava.datatypes import Score, ScoreNote, Tempo
from ottava.engraving.clefs import Stretch
from ottava.engraving.dynamics import estimate_dynamics
from ottava.engraving.pedal_lines import draw_pedals
from ottava.rhythm.meter import Bar

Kind = Literal["octave", "pedal", "wedge", "tempo", "words", "dynamic"]


@dataclass(frozen=True, slots=True)
class Direction:
    """One direction of a staff: a word or sign at a place, or the beginning, a change or the end of a line.

    ``size`` of an octave line are the octaves that it lifts the notes by, negative below.
    """

    start_quarter: Fraction
    kind: Kind
    text: str = ""
    tempo: Tempo | None = None
    size: int = 0

    @property
    def is_stop(self) -> bool:
        """Whether a line ends here."""
        return self.text == "stop"


Directions = dict[tuple[int, int], list[Direction]]  # by index of the bar and staff


def collect_directions(
    score: Score,
    heard: Sequence[ScoreNote | None],
    velocities: Sequence[int],
    bars: Sequence[Bar],
    stretches: dict[int, list[Stretch]],
) -> Directions:
    """All directions of a score.

    Parameters
    ----------
    score
        The score.
    heard, velocities
        The notes of it that tell the dynamics, and how loud each of them is, those that are left out as well.
    bars, stretches
        All bars; by staff, how it is drawn.

    Returns
    -------
    dict
        Directions of each bar and staff in order of place; of one place the ends of lines come first.
    """
    found: Directions = defaultdict(list)
    _add_tempos(found, score, bars)
    _add_dynamics(found, heard, velocities, bars)
    end = bars[-1].start_quarter + bars[-1].length_quarter
    for line in draw_pedals(score.pedals, bars[0].start_quarter, end):
        for quarter, text in ((line.onset_quarter, "start"), (line.offset_quarter, "stop")):
            number, place = _locate(quarter, bars, is_end=text == "stop")
            found[number, 2].append(Direction(place, "pedal", text))
    for staff, drawn in stretches.items():
        _add_octave_lines(found, staff, drawn, bars)
    for directions in found.values():
        directions.sort(key=lambda direction: (direction.start_quarter, not direction.is_stop))
    return found


def _locate(quarter: Fraction, bars: Sequence[Bar], *, is_end: bool = False) -> tuple[int, Fraction]:
    """Bar and place in it; what ends on a bar line belongs to the bar before."""
    find = bisect_left if is_end else bisect_right
    number = min(max(0, find(bars, quarter, key=lambda bar: bar.start_quarter) - 1), len(bars) - 1)
    return number, quarter - bars[number].start_quarter + bars[number].lead_quarter


def _add_tempos(found: Directions, score: Score, bars: Sequence[Bar]) -> None:
    """Tempo marks; the first one stands over the first note, pickup or not."""
    end = bars[-1].start_quarter + bars[-1].length_quarter
    for index, tempo in enumerate(score.tempos):
        number, place = _locate(tempo.quarter if index else bars[0].start_quarter, bars)
        if tempo.quarter >= end:
            continue
        if tempo.text:
            found[number, 1].append(Direction(place, "words", tempo.text))
        else:
            found[number, 1].append(Direction(place, "tempo", tempo=tempo))
    if score.is_swung:
        found[0, 1].append(Direction(bars[0].lead_quarter, "words", "swing"))


def _add_dynamics(
    found: Directions, heard: Sequence[ScoreNote | None], velocities: Sequence[int], bars: Sequence[Bar]
) -> None:
    """Dynamic marks and hairpins, between the staffs."""
    written = [(note.span.onset_quarter, loud) for note, loud in zip(heard, velocities, strict=True) if note]
    marks, hairpins = estimate_dynamics(bars, [onset for onset, _ in written], [loud for _, loud in written])
    for mark in marks:
        found[mark.bar, 1].append(Direction(bars[mark.bar].lead_quarter, "dynamic", mark.text))
    for hairpin in hairpins:
        first, last = bars[hairpin.first_bar], hairpin.last_bar - 1
        found[hairpin.first_bar, 1].append(Direction(first.lead_quarter, "wedge", hairpin.kind))
        found[last, 1].append(Direction(bars[last].lead_quarter + bars[last].length_quarter, "wedge", "stop"))


def _add_octave_lines(found: Directions, staff: int, stretches: Sequence[Stretch], bars: Sequence[Bar]) -> None:
    """Octave lines of a staff; a line that ends with its bar ends there, not in the next one."""
    ends: list[tuple[int, Fraction]] = [(stretch.bar, stretch.start_quarter) for stretch in stretches[1:]]
    for stretch, (number, place) in zip(stretches, [*ends, (len(bars), Fraction(0))], strict=True):
        if not stretch.octaves:
            continue
        if number == len(bars) or place == bars[number].lead_quarter:
            number -= 1
            place = bars[number].lead_quarter + bars[number].length_quarter
        found[stretch.bar, staff].append(Direction(stretch.start_quarter, "octave", "start", size=stretch.octaves))
        found[number, staff].append(Direction(place, "octave", "stop", size=stretch.octaves))
