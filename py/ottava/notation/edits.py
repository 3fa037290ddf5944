"""Edits: what corrections of single notes change in a score that stands already: their own staff in their own bar.

A person who moves one note has looked at the others and left them as they are. So the score is not read anew: the note
is put where it belongs among the others, and only what shares its staff and its bar (or the bars that its tie reaches)
gives way. What another reading of the whole piece would do with the corrected notes is offered, never done unasked.

No published method. Where a note belongs is decided by the score as it was read and by the note alone, so that the
order in which corrections were made does not matter, and those of one bar change nothing in another.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor

import numpy as np

from ottava.datatypes import Beat, Corrected, Floats, Note, Result, Score, ScoreNote, Span, Spelling
from ottava.notation.cells import identify
from ottava.notation.lanes import Lanes
from ottava.notation.spelling import sound_spelling, spell_pitches
from ottava.notation.voices import CUT, VOICES
from ottava.rhythm.divisions import Grid, division_costs, find_divisions
from ottava.rhythm.meter import beat_positions, beat_quarters, find_place, quarter_at, tactus_beats
from ottava.rhythm.places import ONSET_SPREAD_SEC

# None of these is tuned: no data say how people correct. A note that begins or ends this near to the beginning of
# another one stands with it.
TOGETHER_SEC = 0.04
SAME_LENGTH_SEC = 0.001  # a note that was moved kept its length when it changed by less
# What it costs to give a note the length of a chord, for all of the longer one: half of it, as the second voice; and
# where a person has just set its length, as to cut it.
OTHER_LENGTH, SET_LENGTH = 1.0, CUT
# Standard deviation of a key's release about the end that is meant, which begins no tuplet by itself.
END_SPREAD_SEC = 0.1
# A note that moved by more semitones may have changed the hand; a hand is found among the notes this far around.
SAME_HAND_SEMITONES, AROUND_QUARTER = 12, 2


@dataclass(frozen=True, slots=True)
class _Ruler:
    """Between seconds and the score as it was read.

    ``times_sec`` shape (n_beats + 1,) and ``quarters``: of the beats, and of the end of the last one; ``divisions`` of
    each beat; ``onsets_sec`` and ``onsets_quarter``: of the notes that nobody changed, in order.
    """

    times_sec: Floats
    quarters: Sequence[Fraction]
    divisions: Mapping[int, int]
    onsets_sec: Sequence[float]
    onsets_quarter: Sequence[Fraction]
    grid: Grid
    is_swung: bool


def edit_score(draft: Result, corrected: Sequence[Corrected], grid: Grid = "auto") -> Score:
    """Put corrections of single notes into a score.

    Parameters
    ----------
    draft
        The piece as it was read without them.
    corrected
        All notes of the piece with them, of which one at least is left (`ottava.notation.corrections.correct_notes`).
    grid
        The finest divisions that a person allows.

    Returns
    -------
    Score
        A note for each of ``corrected``. Keys, meters, pedals and beats are the draft's (with further bars where a note
        lies behind its end), and so is every note that no correction names in other staffs and bars.
    """
    before = {identify(one): (one, note) for one, note in zip(draft.corrected, draft.score.notes, strict=True)}
    pairs = [before.get(identify(one), (None, None)) for one in corrected]
    is_edited = [one != old for one, (old, _) in zip(corrected, pairs, strict=True)]
    beats = _reach(draft.score, max(one.note.offset_sec for one in corrected if one.note))
    stays = [(one.note, note) for one, (_, note), is_new in zip(corrected, pairs, is_edited, strict=True)
             if one.note and note and not is_new]  # fmt: skip
    ruler = _make_ruler(draft.score, beats, stays, grid)
    notes, played = [note for _, note in pairs], [one.note for one in corrected]
    lanes = Lanes(notes, played, draft.score, ruler.times_sec, ruler.quarters)
    moved, gaps = [], []
    for index, one in enumerate(corrected):
        if not is_edited[index]:
            continue
        old_one, old = pairs[index]
        new = _write_note(one, old_one, old, draft.score, ruler)
        lanes.touch([note for note in (old, new) if note])
        if old and new and (old.span, old.staff) == (new.span, new.staff):
            lanes.notes[index] = new
            continue
        if old:
            lanes.remove(index)
            gaps.append(old)
        if new:
            moved.append((index, new))
    for index, new in sorted(moved, key=lambda pair: (pair[1].span.onset_quarter, sound_spelling(pair[1].spelling))):
        heard, note = pairs[index][0], corrected[index].note
        is_set = heard and heard.note and note and not _is_as_long(heard.note, note)
        lanes.insert(index, new, SET_LENGTH if is_set else OTHER_LENGTH)
    for old in gaps:
        lanes.close_gap(old)
    lanes.join_lone_voices()
    return replace(draft.score, beats=beats, notes=tuple(lanes.notes))


def _reach(score: Score, last_sec: float) -> tuple[Beat, ...]:
    """The beats of a score, with further bars like its last one up to a time."""
    beats, n_beats = [*score.beats], tactus_beats(score.meters[-1].beats)
    period_sec, length = _measure_beat(score)
    while beats[-1].time_sec + period_sec < last_sec or beats[-1].beat_in_bar < n_beats:
        last = beats[-1]
        number, bar = (1, last.bar + 1) if last.beat_in_bar >= n_beats else (last.beat_in_bar + 1, last.bar)
        beats.append(Beat(last.time_sec + period_sec, last.quarter + length, number, bar))
    return tuple(beats)


def _measure_beat(score: Score) -> tuple[float, Fraction]:
    """Seconds and quarters of the last beat, of which only the beginning is known."""
    length = beat_quarters(score.meters[-1])
    if len(score.beats) < 2:
        return 60.0 / score.tempos[0].bpm * float(length), length
    before, last = score.beats[-2:]
    return (last.time_sec - before.time_sec) * float(length / (last.quarter - before.quarter)), length


def _make_ruler(
    score: Score, beats: Sequence[Beat], stays: Sequence[tuple[Note, ScoreNote]], grid: Grid
) -> _Ruler:
    period_sec, length = _measure_beat(score)
    quarters = [*(beat.quarter for beat in beats), beats[-1].quarter + length]
    onsets = sorted((played.onset_sec, note.span.onset_quarter) for played, note in stays)
    divisions = find_divisions([find_place(quarter, quarters) for quarter in {quarter for _, quarter in onsets}])
    return _Ruler(
        np.array([*(beat.time_sec for beat in beats), beats[-1].time_sec + period_sec]), quarters, divisions,
        [sec for sec, _ in onsets], [quarter for _, quarter in onsets], grid, score.is_swung,
    )  # fmt: skip


def _write_note(
    one: Corrected, old_one: Corrected | None, old: ScoreNote | None, score: Score, ruler: _Ruler
) -> ScoreNote | None:
    """A corrected note where and as it should stand, in its old voice; None where the score has none."""
    note, heard = one.note, old_one.note if old_one else None
    if note is None:
        return None
    is_moved = heard is None or note.onset_sec != heard.onset_sec
    is_as_long = heard is not None and _is_as_long(heard, note)
    if heard and not old and not is_moved and is_as_long and note.pitch == heard.pitch:
        return None  # The sign of a trill stands for it.
    onset = old.span.onset_quarter if old and not is_moved else _place(note.onset_sec, ruler)
    length = old.span.duration_quarter if old else Fraction(0)
    if not (is_as_long and (not is_moved or (length and _fits(onset + length, ruler)))) or not old:
        length = _measure_quarters(note, onset, ruler)
    is_near = old and heard and abs(note.pitch - heard.pitch) <= SAME_HAND_SEMITONES
    staff = one.staff or (old.staff if old and is_near else _find_staff(note.pitch, onset, score))
    return ScoreNote(
        Span(onset, length), staff, old.voice if old else VOICES[0], _spell(one, note, old, onset, score),
        old.ornament if old and not is_moved else None,
    )  # fmt: skip


def _is_as_long(one: Note, other: Note) -> bool:
    return abs((one.offset_sec - one.onset_sec) - (other.offset_sec - other.onset_sec)) < SAME_LENGTH_SEC


def _place(sec: float, ruler: _Ruler, *, is_end: bool = False) -> Fraction:
    """The quarter of a time: where something begins at that time, else on a division between what was heard around."""
    after = bisect_left(ruler.onsets_sec, sec)
    around = [index for index in (after - 1, after) if 0 <= index < len(ruler.onsets_sec)]
    nearest = min(around, key=lambda index: abs(ruler.onsets_sec[index] - sec), default=None)
    if nearest is not None and abs(ruler.onsets_sec[nearest] - sec) < TOGETHER_SEC:
        return ruler.onsets_quarter[nearest]
    quarter = _snap(sec, ruler, is_end)
    for index in around:
        choose = min if index == after else max
        quarter = choose(quarter, ruler.onsets_quarter[index])
    return quarter


def _snap(sec: float, ruler: _Ruler, is_end: bool) -> Fraction:
    """The quarter of a time on the division of its beat that costs least, as `ottava.rhythm.places` chooses one."""
    position = max(float(beat_positions(np.array([sec]), ruler.times_sec)[0]), 0.0)
    beat = min(floor(position + 1 / 8), len(ruler.times_sec) - 2)  # a little before a beat is on it
    phase = position - beat
    length = ruler.quarters[beat + 1] - ruler.quarters[beat]
    if ruler.is_swung and length.numerator != 3:
        phase = 3 / 4 * phase if phase < 2 / 3 else 3 / 2 * phase - 1 / 2
    period_sec = float(ruler.times_sec[beat + 1] - ruler.times_sec[beat])
    deviation = (END_SPREAD_SEC if is_end else ONSET_SPREAD_SEC) / period_sec
    there = ruler.divisions.get(beat, 1)
    may_be_tuplet = length.numerator == 3 or not is_end
    costs = {n: cost for n, cost in division_costs(length, ruler.grid).items()
             if n % there == 0 and (n % 3 or may_be_tuplet)}  # fmt: skip
    costs |= {n: 0.0 for n in range(1, there + 1) if there % n == 0}
    best = min(costs, key=lambda n: costs[n] + ((round(phase * n) / n - phase) / deviation) ** 2)
    return quarter_at(ruler.quarters, beat + Fraction(round(phase * best), best))


def _fits(quarter: Fraction, ruler: _Ruler) -> bool:
    """Whether a note may end in a quarter: on a division that the beat has, or one of it."""
    place = find_place(quarter, ruler.quarters)
    there = ruler.divisions.get(floor(place), 1)
    return there % place.denominator == 0 or place.denominator % there == 0


def _measure_quarters(note: Note, onset: Fraction, ruler: _Ruler) -> Fraction:
    """Written length of a note from the time its key was down; greater than 0."""
    end = _place(note.offset_sec, ruler, is_end=True)
    if end > onset:
        return end - onset
    place = find_place(onset, ruler.quarters)
    beat = min(floor(place), len(ruler.quarters) - 2)
    return (ruler.quarters[beat + 1] - ruler.quarters[beat]) / max(ruler.divisions.get(beat, 1), place.denominator)


def _list_around(onset: Fraction, notes: Sequence[ScoreNote | None]) -> list[ScoreNote]:
    return [note for note in notes if note and abs(note.span.onset_quarter - onset) <= AROUND_QUARTER]


def _find_staff(pitch: int, onset: Fraction, score: Score) -> int:
    """The staff of the note around that is nearest in pitch; far from all, by middle C."""
    around = _list_around(onset, score.notes)
    nearest = min(around, key=lambda note: abs(sound_spelling(note.spelling) - pitch), default=None)
    return nearest.staff if nearest else 1 if pitch >= 60 else 2


def _spell(one: Corrected, note: Note, old: ScoreNote | None, onset: Fraction, score: Score) -> Spelling:
    """The name that a person gave, or the one it had, or that of its key around, or what the signature says."""
    for spelling in (one.spelling, old.spelling if old else None):
        if spelling and sound_spelling(spelling) == note.pitch:
            return spelling
    for other in _list_around(onset, score.notes):
        octaves, rest = divmod(note.pitch - sound_spelling(other.spelling), 12)
        if not rest:
            return replace(other.spelling, octave=other.spelling.octave + octaves)
    key = max((key for key in score.keys if key.quarter <= onset), key=lambda key: key.quarter, default=score.keys[0])
    return spell_pitches([note], key)[0]
