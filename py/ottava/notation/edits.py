"""Edits: what corrections of single notes change in a score that stands already: their own staff in their own bar.

A person who moves one note has looked at the others and left them as they are. So the score is not read anew: the note
is put where it belongs among the others, and only what shares its staff and its bar (or the bars that its tie reaches)
gives way. What another reading of the whole piece would do with the corrected notes is offered, never done unasked.

No published method. Where a note belongs is decided by the score as it was read and by the note alone, so that the
order in which corrections were made does not matter, and those of one bar change nothing in another.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor

import numpy as np

from ottava.datatypes import Beat, Corrected, Floats, Note, Result, Score, ScoreNote, Span, Spelling
from ottava.notation.spelling import sound_spelling, spell_pitches
from ottava.notation.voices import CROSSED, CUT, FURTHER, HEIGHT, SECOND, VOICES
from ottava.rhythm.divisions import Grid, division_costs, find_divisions
from ottava.rhythm.meter import beat_positions, beat_quarters, list_bars, quarter_at, tactus_beats
from ottava.rhythm.places import ONSET_SPREAD_SEC

Cell = tuple[int, int]  # a staff in a bar: its number, and the index of the bar
Lane = tuple[int, int]  # staff and voice

# None of these is tuned: no data say how people correct. A note that begins or ends this near to the beginning of
# another one stands with it.
TOGETHER_SEC = 0.04
SAME_LENGTH_SEC = 0.001  # a note that was moved kept its length when it changed by less
# What it costs to give a note the length of a chord, for all of the longer one: half of it, as the second voice; and
# where a person has just set its length, as to cut it.
OTHER_LENGTH, SET_LENGTH = 1.0, CUT
# The note before a gap fills it when its key was down for this share of the way over both.
FILLED_SHARE = 0.6
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
    before = {_identify(one): (one, note) for one, note in zip(draft.corrected, draft.score.notes, strict=True)}
    pairs = [before.get(_identify(one), (None, None)) for one in corrected]
    is_edited = [one != old for one, (old, _) in zip(corrected, pairs, strict=True)]
    beats = _reach(draft.score, max(one.note.offset_sec for one in corrected if one.note))
    stays = [(one.note, note) for one, (_, note), is_new in zip(corrected, pairs, is_edited, strict=True)
             if one.note and note and not is_new]  # fmt: skip
    ruler = _make_ruler(draft.score, beats, stays, grid)
    page = _Page([note for _, note in pairs], [one.note for one in corrected], draft.score, ruler)
    moved, gaps = [], []
    for index, one in enumerate(corrected):
        if not is_edited[index]:
            continue
        old_one, old = pairs[index]
        new = _write_note(one, old_one, old, draft.score, ruler)
        page.touch([note for note in (old, new) if note])
        if old and new and (old.span, old.staff) == (new.span, new.staff):
            page.notes[index] = new
            continue
        if old:
            page.remove(index)
            gaps.append(old)
        if new:
            moved.append((index, new))
    for index, new in sorted(moved, key=lambda pair: (pair[1].span.onset_quarter, sound_spelling(pair[1].spelling))):
        heard, note = pairs[index][0], corrected[index].note
        is_set = heard and heard.note and note and not _is_as_long(heard.note, note)
        page.insert(index, new, SET_LENGTH if is_set else OTHER_LENGTH)
    for old in gaps:
        page.close_gap(old)
    page.join_lone_voices()
    return replace(draft.score, beats=beats, notes=tuple(page.notes))


def list_touched(draft: Result, result: Result) -> set[Cell]:
    """The staffs and bars in which a result differs from its draft; bars are those of the result."""
    starts = _list_starts(result.score)
    before = {_identify(one): note for one, note in zip(draft.corrected, draft.score.notes, strict=True)}
    after = {_identify(one): note for one, note in zip(result.corrected, result.score.notes, strict=True)}
    changed = [(before.get(name), after.get(name)) for name in before.keys() | after.keys()]
    return {cell for old, new in changed if old != new for note in (old, new) if note
            for cell in _list_cells(note, starts)}


def count_other_bars(result: Result, reread: Result) -> int:
    """How many bars another reading would change beyond those that corrections of single notes have changed.

    Parameters
    ----------
    result, reread
        The same notes: with the corrections put into a draft, and read from the beginning.
    """
    starts = _list_starts(result.score)
    differing = {
        cell
        for note, other in zip(result.score.notes, reread.score.notes, strict=True)
        if note and (not other or (note.span, note.staff, note.spelling) != (other.span, other.staff, other.spelling))
        for cell in _list_cells(note, starts)
    }
    touched = list_touched(result.draft, result) if result.draft else set()
    return len({bar for _, bar in differing - touched})


def _identify(one: Corrected) -> tuple[int | None, int | None]:
    return one.index, one.added


def _list_starts(score: Score, end_quarter: Fraction = Fraction(0)) -> list[float]:
    """Quarters of the bars, as floats, which compare many times as fast."""
    ends = (note.span.onset_quarter + note.span.duration_quarter for note in score.notes if note)
    bars = list_bars(score.meters, score.pickup_quarter, max(ends, default=end_quarter, key=float))
    return [float(bar.start_quarter) for bar in bars]


def _list_cells(note: ScoreNote, starts: Sequence[float]) -> list[Cell]:
    """The staff of a note in the bar where it begins and in those that its tie reaches."""
    begin = float(note.span.onset_quarter)
    first = max(0, bisect_right(starts, begin) - 1)
    last = bisect_left(starts, float(note.span.onset_quarter + note.span.duration_quarter)) - 1
    return [(note.staff, bar) for bar in range(first, max(first, last) + 1)]


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
    divisions = find_divisions([_find_place(quarter, quarters) for quarter in {quarter for _, quarter in onsets}])
    return _Ruler(
        np.array([*(beat.time_sec for beat in beats), beats[-1].time_sec + period_sec]), quarters, divisions,
        [sec for sec, _ in onsets], [quarter for _, quarter in onsets], grid, score.is_swung,
    )  # fmt: skip


def _find_place(quarter: Fraction, quarters: Sequence[Fraction]) -> Fraction:
    """A quarter on the count of beats; the inverse of `ottava.rhythm.meter.quarter_at`."""
    beat = min(max(bisect_right(quarters, quarter) - 1, 0), len(quarters) - 2)
    return beat + (quarter - quarters[beat]) / (quarters[beat + 1] - quarters[beat])


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


def _place(sec: float, ruler: _Ruler) -> Fraction:
    """The quarter of a time: where something begins at that time, else on a division between what was heard around."""
    after = bisect_left(ruler.onsets_sec, sec)
    around = [index for index in (after - 1, after) if 0 <= index < len(ruler.onsets_sec)]
    nearest = min(around, key=lambda index: abs(ruler.onsets_sec[index] - sec), default=None)
    if nearest is not None and abs(ruler.onsets_sec[nearest] - sec) < TOGETHER_SEC:
        return ruler.onsets_quarter[nearest]
    quarter = _snap(sec, ruler)
    for index in around:
        choose = min if index == after else max
        quarter = choose(quarter, ruler.onsets_quarter[index])
    return quarter


def _snap(sec: float, ruler: _Ruler) -> Fraction:
    """The quarter of a time on the division of its beat that costs least, as `ottava.rhythm.places` chooses one."""
    position = max(float(beat_positions(np.array([sec]), ruler.times_sec)[0]), 0.0)
    beat = min(floor(position + 1 / 8), len(ruler.times_sec) - 2)  # a little before a beat is on it
    phase = position - beat
    length = ruler.quarters[beat + 1] - ruler.quarters[beat]
    if ruler.is_swung and length.numerator != 3:
        phase = 3 / 4 * phase if phase < 2 / 3 else 3 / 2 * phase - 1 / 2
    deviation = ONSET_SPREAD_SEC / float(ruler.times_sec[beat + 1] - ruler.times_sec[beat])
    there = ruler.divisions.get(beat, 1)
    costs = {n: cost for n, cost in division_costs(length, ruler.grid).items() if n % there == 0} | {
        n: 0.0 for n in range(1, there + 1) if there % n == 0
    }
    best = min(costs, key=lambda n: costs[n] + ((round(phase * n) / n - phase) / deviation) ** 2)
    return quarter_at(ruler.quarters, beat + Fraction(round(phase * best), best))


def _fits(quarter: Fraction, ruler: _Ruler) -> bool:
    """Whether a note may end in a quarter: on a division that the beat has, or one of it."""
    place = _find_place(quarter, ruler.quarters)
    there = ruler.divisions.get(floor(place), 1)
    return there % place.denominator == 0 or place.denominator % there == 0


def _measure_quarters(note: Note, onset: Fraction, ruler: _Ruler) -> Fraction:
    """Written length of a note from the time its key was down; greater than 0."""
    end = _place(note.offset_sec, ruler)
    if end > onset:
        return end - onset
    place = _find_place(onset, ruler.quarters)
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


class _Page:
    """The notes of a score while single ones are taken out and put in; in a voice none reaches over the next."""

    def __init__(
        self, notes: list[ScoreNote | None], played: Sequence[Note | None], score: Score, ruler: _Ruler
    ) -> None:
        self.notes = notes
        self._played = played
        self._ruler = ruler
        self._starts = _list_starts(replace(score, notes=()), ruler.quarters[-1])
        self._touched: set[Cell] = set()
        # What begins in each quarter, grace notes left out, and these quarters in order.
        self._chords: dict[Lane, dict[Fraction, list[int]]] = {}
        self._onsets: dict[Lane, list[Fraction]] = {}
        for index, written in enumerate(notes):
            if written:
                self._enter(index, written)

    def touch(self, notes: Sequence[ScoreNote]) -> None:
        """Allow changes in the staff and the bars of corrected notes."""
        self._touched |= {cell for note in notes for cell in _list_cells(note, self._starts)}

    def remove(self, index: int) -> None:
        """Take a note out."""
        note = self.notes[index]
        self.notes[index] = None
        if note and note.span.duration_quarter:
            lane, onset = (note.staff, note.voice), note.span.onset_quarter
            self._chords[lane][onset].remove(index)
            if not self._chords[lane][onset]:
                del self._chords[lane][onset]
                self._onsets[lane].remove(onset)

    def insert(self, index: int, note: ScoreNote, other_length: float) -> None:
        """Put a note into the voice of its staff that costs least; what sounds on in that voice is cut.

        ``other_length`` is the cost of another length than its own, that of a chord that begins with it.
        """
        if not note.span.duration_quarter:
            self._enter(index, note)
            return
        costs = {voice: self._cost(note, voice, other_length) for voice in VOICES}
        voice = min(VOICES, key=lambda voice: costs[voice])
        lane, onset = (note.staff, voice), note.span.onset_quarter
        before = self._find_before(lane, onset)
        if before is not None and self._end(lane, before) > onset:
            self._set_end(lane, before, onset)
        if onset in self._chords.get(lane, {}):
            end = self._end(lane, onset)
        else:
            following = self._find_after(lane, onset)
            end = onset + note.span.duration_quarter
            end = end if following is None else min(end, following)
        self._enter(index, replace(note, voice=voice, span=Span(onset, end - onset)))

    def close_gap(self, old: ScoreNote) -> None:
        """Let the note before one that is gone last until the next one, where its key was down as long."""
        lane, gone = (old.staff, old.voice), old.span.onset_quarter
        before = self._find_before(lane, gone)
        if gone in self._chords.get(lane, {}) or before is None or not self._is_free(lane, before):
            return
        if not old.span.duration_quarter or self._end(lane, before) != gone:
            return
        following = self._find_after(lane, gone)
        end = gone + old.span.duration_quarter
        end = end if following is None else min(end, following)
        released_sec = max(played.offset_sec for index in self._chords[lane][before] if (played := self._played[index]))
        place = float(beat_positions(np.array([released_sec]), self._ruler.times_sec)[0])
        if place >= self._at(before) + FILLED_SHARE * (self._at(end) - self._at(before)):
            self._set_end(lane, before, end)

    def join_lone_voices(self) -> None:
        """Make the only voice that a corrected bar has left its first one."""
        for staff, bar in sorted(self._touched):
            begin = self._starts[bar]
            end = self._starts[bar + 1] if bar + 1 < len(self._starts) else float("inf")
            sounding = {
                voice: [onset for onset in self._onsets.get((staff, voice), ())
                        if float(onset) < end and float(self._end((staff, voice), onset)) > begin]
                for voice in VOICES
            }
            used = [voice for voice, onsets in sounding.items() if onsets]
            if len(used) != 1 or used == [VOICES[0]]:
                continue
            lane = (staff, used[0])
            own = sounding[used[0]]
            if float(own[0]) < begin or float(self._end(lane, own[-1])) > end:
                continue  # It is tied to another bar.
            for index in [index for onset in own for index in self._chords[lane][onset]]:
                note = self.notes[index]
                self.remove(index)
                if note:
                    self._enter(index, replace(note, voice=VOICES[0]))

    def _cost(self, note: ScoreNote, voice: int, other_length: float) -> float:
        """What a note costs in a voice, as in `ottava.notation.voices`; infinite where it would cut others."""
        lane, onset, length = (note.staff, voice), note.span.onset_quarter, note.span.duration_quarter
        cost = 0.0 if voice == VOICES[0] else SECOND if voice == VOICES[1] else FURTHER
        mates = self._chords.get(lane, {}).get(onset)
        before, following = self._find_before(lane, onset), self._find_after(lane, onset)
        if mates:
            theirs = self._end(lane, onset) - onset
            cost += other_length * float(abs(length - theirs) / max(length, theirs))
        elif following is not None and following < onset + length:
            cost += CUT * float((onset + length - following) / length)
        if before is not None and self._end(lane, before) > onset:
            if not self._is_free(lane, before):
                return float("inf")
            cost += CUT * float((self._end(lane, before) - onset) / (self._end(lane, before) - before))
        pitch = sound_spelling(note.spelling)
        for other_voice in VOICES:
            beside = (note.staff, other_voice)
            at = onset if onset in self._chords.get(beside, {}) else self._find_before(beside, onset)
            if other_voice != voice and at is not None and self._end(beside, at) > onset:
                pitches = [sound_spelling(other.spelling) for index in self._chords[beside][at]
                           if (other := self.notes[index])]
                above = pitch - sum(pitches) / len(pitches)
                cost += CROSSED * ((HEIGHT[voice] - HEIGHT[other_voice]) * above < 0)
        return cost

    def _enter(self, index: int, note: ScoreNote) -> None:
        self.notes[index] = note
        if note.span.duration_quarter:
            lane, onset = (note.staff, note.voice), note.span.onset_quarter
            chords = self._chords.setdefault(lane, {})
            if onset not in chords:
                insort(self._onsets.setdefault(lane, []), onset)
            chords.setdefault(onset, []).append(index)

    def _is_free(self, lane: Lane, onset: Fraction) -> bool:
        """Whether what begins there stands in the staff and the bar of a correction."""
        return (lane[0], max(0, bisect_right(self._starts, float(onset)) - 1)) in self._touched

    def _find_before(self, lane: Lane, onset: Fraction) -> Fraction | None:
        onsets = self._onsets.get(lane, [])
        number = bisect_left(onsets, onset)
        return onsets[number - 1] if number else None

    def _find_after(self, lane: Lane, onset: Fraction) -> Fraction | None:
        onsets = self._onsets.get(lane, [])
        number = bisect_right(onsets, onset)
        return onsets[number] if number < len(onsets) else None

    def _end(self, lane: Lane, onset: Fraction) -> Fraction:
        """Where the chord ends that begins in a quarter."""
        note = self.notes[self._chords[lane][onset][0]]
        assert note
        return onset + note.span.duration_quarter

    def _set_end(self, lane: Lane, onset: Fraction, end: Fraction) -> None:
        for index in self._chords[lane][onset]:
            if note := self.notes[index]:
                self.notes[index] = replace(note, span=Span(onset, end - onset))

    def _at(self, quarter: Fraction) -> float:
        return float(_find_place(quarter, self._ruler.quarters))
