"""Signs: chords and rests as they are printed, one note value each, by bar, staff and voice.

Conventions: quarters count from where the whole bar of the meter would begin, so that the beats of a pickup are where
every other bar has them.
"""

import itertools
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from ottava.datatypes import ScoreNote
from ottava.engraving.ties import split_rest, split_span
from ottava.rhythm.meter import Bar


@dataclass(frozen=True, slots=True)
class Sign:
    """A chord, a rest where there are no ``notes``, or grace notes where the length is 0.

    The notes are sorted from low to high, each pitch once. A rest that stands for a whole bar ``fills_bar``; none of a
    pickup does.
    """

    start_quarter: Fraction
    length_quarter: Fraction
    notes: tuple[ScoreNote, ...] = ()
    tied_back: bool = False
    tied_on: bool = False
    is_hidden: bool = False
    fills_bar: bool = False

    @property
    def end_quarter(self) -> Fraction:
        """Where the next sign begins."""
        return self.start_quarter + self.length_quarter


Voices = dict[tuple[int, int], list[Sign]]  # by staff and voice
SAME_QUARTER = 1e-6  # places nearer than this are one, as floats; nothing written is as short


def lay_out_signs(notes: Sequence[ScoreNote], bars: Sequence[Bar]) -> list[Voices]:
    """The signs of every bar.

    Parameters
    ----------
    notes
        Those of a chord have one span, spans of a voice do not overlap.
    bars
        All that the notes need, in order.

    Returns
    -------
    list of dict
        Voices of each bar; the first voice of both staffs is always there. What a voice lacks is filled with rests,
        which are shown only where the whole staff is silent.
    """
    voices = _place_chords(notes, bars)
    for number, bar in enumerate(bars):
        for staff in (1, 2):
            voices[number].setdefault((staff, 1), [])
            _fill_with_rests(voices[number], staff, bar)
        voices[number] = {key: _split_signs(signs, bar) for key, signs in sorted(voices[number].items())}
    return voices


def sort_pitches(notes: Sequence[ScoreNote]) -> tuple[ScoreNote, ...]:
    """The notes of a chord from low to high, each pitch once: repeats of a trill may fall on one place."""
    pitches = {(note.spelling.octave, "CDEFGAB".index(note.spelling.step), note.spelling.alter): note for note in notes}
    return tuple(note for _, note in sorted(pitches.items()))


def _place_chords(notes: Sequence[ScoreNote], bars: Sequence[Bar]) -> list[Voices]:
    """Chords and grace notes in their bars, cut at the bar lines."""
    chords: dict[tuple[int, int, Fraction, bool], list[ScoreNote]] = defaultdict(list)
    for note in notes:
        # Grace notes are sorted before the chord that they lead to.
        is_main = bool(note.span.duration_quarter)
        chords[note.staff, note.voice, note.span.onset_quarter, is_main].append(note)
    # Floats compare many times as fast as fractions.
    starts = [float(bar.start_quarter) for bar in bars]
    shifts = [bar.lead_quarter - bar.start_quarter for bar in bars]
    ends = [bar.lead_quarter + bar.length_quarter for bar in bars]
    placed: list[Voices] = [{} for _ in bars]
    for (staff, voice, onset, is_main), members in sorted(chords.items(), key=_read_order):
        number = max(0, bisect_right(starts, float(onset)) - 1)
        key, start, length = (staff, voice), onset + shifts[number], members[0].span.duration_quarter
        if not is_main:
            # One after the other; those struck together are not told apart.
            placed[number].setdefault(key, []).extend(Sign(start, length, (note,)) for note in members)
            continue
        notes, is_tied = sort_pitches(members), False
        while float(start) + float(length) > float(ends[number]) + SAME_QUARTER:
            inside = ends[number] - start
            placed[number].setdefault(key, []).append(Sign(start, inside, notes, is_tied, tied_on=True))
            number, length, is_tied = number + 1, length - inside, True
            start = bars[number].lead_quarter
        placed[number].setdefault(key, []).append(Sign(start, length, notes, is_tied))
    return placed


def _read_order(item: tuple[tuple[int, int, Fraction, bool], list[ScoreNote]]) -> tuple[int, int, float, bool]:
    """Sorts chords by staff, voice and place."""
    (staff, voice, onset, is_main), _ = item
    return staff, voice, float(onset), is_main


def _fill_with_rests(voices: Voices, staff: int, bar: Bar) -> None:
    """Put rests into the gaps of one staff's voices."""
    numbers = [voice for other, voice in voices if other == staff]
    begin, end = bar.lead_quarter, bar.lead_quarter + bar.length_quarter
    sounding = [
        (sign.start_quarter, sign.end_quarter) for voice in numbers for sign in voices[staff, voice]
        if sign.length_quarter
    ]
    for voice in numbers:
        # A pickup's rest has its own length: readers take one that fills a bar for as long as the meter's.
        if not sounding and voice == 1 and bar.number:
            voices[staff, voice].append(Sign(begin, end - begin, fills_bar=True))
            continue
        filled: list[Sign] = []
        at = begin
        for sign in [*voices[staff, voice], Sign(end, Fraction(0))]:
            if float(sign.start_quarter) > float(at) + SAME_QUARTER:
                filled += _make_rests(at, sign.start_quarter, sounding, is_first=voice == 1)
            if sign.notes:
                filled.append(sign)
            at = max(at, sign.end_quarter, key=float)
        voices[staff, voice] = filled


def _make_rests(
    begin: Fraction, end: Fraction, sounding: Sequence[tuple[Fraction, Fraction]], *, is_first: bool
) -> list[Sign]:
    """Rests from ``begin`` to ``end``: one is hidden while another voice sounds, and in all voices but the first."""
    cuts = sorted({begin, end, *(cut for span in sounding for cut in span if begin < cut < end)})
    rests: list[Sign] = []
    for start, stop in itertools.pairwise(cuts):
        is_hidden = not is_first or any(one < stop and start < other for one, other in sounding)
        if rests and rests[-1].is_hidden == is_hidden:
            rests[-1] = replace(rests[-1], length_quarter=stop - rests[-1].start_quarter)
        else:
            rests.append(Sign(start, stop - start, is_hidden=is_hidden))
    return rests


def _split_signs(signs: Sequence[Sign], bar: Bar) -> list[Sign]:
    """Every sign as as many tied ones (or rests) as it takes to show the beats."""
    split: list[Sign] = []
    for sign in signs:
        if not sign.length_quarter or sign.fills_bar:
            split.append(sign)
            continue
        cut = split_span if sign.notes else split_rest
        lengths = cut(sign.start_quarter, sign.length_quarter, bar.meter)
        if len(lengths) == 1:
            split.append(sign)
            continue
        start, is_note = sign.start_quarter, bool(sign.notes)
        for number, length in enumerate(lengths, 1):
            is_first, is_last = number == 1, number == len(lengths)
            split.append(replace(
                sign, start_quarter=start, length_quarter=length,
                tied_back=is_note and (sign.tied_back or not is_first),
                tied_on=is_note and (sign.tied_on or not is_last),
            ))  # fmt: skip
            start += length
    return split
