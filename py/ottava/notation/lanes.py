"""Lanes: the voices of a score while single notes are taken out and put in.

No published method: a note goes where it costs least by the rules of `ottava.notation.voices`; what gives way to it, or
takes the place of one that is gone, stands in the staff and bar of a correction, and nothing else does.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from ottava.datatypes import Floats, Note, Score, ScoreNote, Span
from ottava.notation.cells import Cell, list_cells, list_starts
from ottava.notation.spelling import sound_spelling
from ottava.notation.voices import CROSSED, CUT, FURTHER, HEIGHT, SECOND, VOICES
from ottava.rhythm.meter import beat_positions, find_place

Lane = tuple[int, int]  # staff and voice

# The note before a gap fills it when its key was down for this share of the way over both; not tuned.
FILLED_SHARE = 0.6


class Lanes:
    """The notes of a score in their voices; none reaches over the next of its own."""

    def __init__(
        self,
        notes: list[ScoreNote | None],
        played: Sequence[Note | None],
        score: Score,
        times_sec: Floats,
        quarters: Sequence[Fraction],
    ) -> None:
        """Take the notes of a score, how each is played, and its beats in seconds and quarters."""
        self.notes = notes
        self._played = played
        self._times_sec, self._quarters = times_sec, quarters
        self._starts = list_starts(replace(score, notes=()), quarters[-1])
        self._touched: set[Cell] = set()
        # What begins in each quarter, grace notes left out, and these quarters in order.
        self._chords: dict[Lane, dict[Fraction, list[int]]] = {}
        self._onsets: dict[Lane, list[Fraction]] = {}
        for index, written in enumerate(notes):
            if written:
                self._enter(index, written)

    def touch(self, notes: Sequence[ScoreNote]) -> None:
        """Allow changes in the staff and the bars of corrected notes."""
        self._touched |= {cell for note in notes for cell in list_cells(note, self._starts)}

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
        place = float(beat_positions(np.array([released_sec]), self._times_sec)[0])
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
        return float(find_place(quarter, self._quarters))
