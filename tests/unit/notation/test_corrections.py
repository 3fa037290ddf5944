"""Corrections of single notes: what a person changed is in the score, and nothing else is lost."""

import io
import json
from dataclasses import replace

import pretty_midi
from hypothesis import given, settings
from hypothesis import strategies as st

from ottava.datatypes import Choices, Correction, Note, Performance, Spelling
from ottava.files.midi import write_midi, write_quantised_midi
from ottava.files.project import read_choices, read_result, result_to_json
from ottava.notation.corrections import correct_notes
from ottava.notation.spelling import sound_spelling
from tests.performances import WALTZ, notate_here, perform, performances

PLAYED = perform(WALTZ)
N_HEARD = len(PLAYED.notes)
POSSIBLE = Note(1.0, 1.4, 90, 50, 0.3)
HEARD = replace(PLAYED, possible=(POSSIBLE,))
ADDED = Note(1.234, 1.6, 85, 70)


def write(choices: Choices, performance: Performance = HEARD) -> list[tuple[int, int]]:
    """Pitch and staff of each note of the score."""
    score = notate_here(performance, 30.0, choices).score
    return [(sound_spelling(note.spelling), note.staff) for note in score.notes if note]


def test_a_deleted_note_is_gone_and_all_others_stay() -> None:
    deleted = write(Choices(corrections={3: Correction(is_deleted=True)}))
    whole = [pitch for pitch, _ in write(Choices())]
    assert sorted([*(pitch for pitch, _ in deleted), PLAYED.notes[3].pitch]) == sorted(whole)


def test_a_note_is_moved_in_pitch_and_time() -> None:
    moved = Correction(pitch=84, onset_sec=2.0)
    [note] = [one.note for one in correct_notes(HEARD, Choices(corrections={5: moved})) if one.index == 5]
    before = PLAYED.notes[5]
    assert note is not None
    assert (note.pitch, note.onset_sec, note.confidence) == (84, 2.0, 1.0)
    assert abs((note.offset_sec - note.onset_sec) - (before.offset_sec - before.onset_sec)) < 1e-9
    assert 84 in [pitch for pitch, _ in write(Choices(corrections={5: moved}))]


def test_a_hand_and_a_name_are_as_chosen() -> None:
    lowest = min(range(N_HEARD), key=lambda index: PLAYED.notes[index].pitch)
    pitch = PLAYED.notes[lowest].pitch
    sharp = Spelling("E", 1, 1)
    assert sound_spelling(sharp) == pitch
    choices = Choices(corrections={lowest: Correction(staff=1, spelling=sharp)})
    result = notate_here(HEARD, 30.0, choices)
    written = result.score.notes[lowest]
    assert written is not None
    assert (written.staff, written.spelling) == (1, sharp)
    # A name that is not one of the pitch says nothing.
    other = Choices(corrections={lowest: Correction(spelling=Spelling("G", 0, 1))})
    named = notate_here(HEARD, 30.0, other).score.notes[lowest]
    assert named is not None
    assert sound_spelling(named.spelling) == pitch


def test_a_possible_note_can_be_wanted_and_a_doubtful_one_kept() -> None:
    assert POSSIBLE.pitch not in [pitch for pitch, _ in write(Choices())]
    assert POSSIBLE.pitch in [pitch for pitch, _ in write(Choices(sensitivity=0.8))]
    wanted = Choices(corrections={N_HEARD: Correction(staff=1)})
    assert (POSSIBLE.pitch, 1) in write(wanted)
    unwanted = Choices(sensitivity=0.8, corrections={N_HEARD: Correction(is_deleted=True)})
    assert POSSIBLE.pitch not in [pitch for pitch, _ in write(unwanted)]
    doubtful = replace(HEARD, notes=tuple(replace(note, confidence=0.6) for note in HEARD.notes[:4]) + HEARD.notes[4:])
    strict = correct_notes(doubtful, Choices(sensitivity=0.2, corrections={0: Correction(pitch=50)}))
    assert [one.note is not None for one in strict[:4]] == [True, False, False, False]


def test_an_added_note_is_in_the_score_and_in_the_files_once() -> None:
    choices = Choices(added=((ADDED, Correction(staff=2)),))
    result = notate_here(HEARD, 30.0, choices)
    [number] = [number for number, one in enumerate(result.corrected) if one.added == 0]
    written = result.score.notes[number]
    assert written is not None
    assert written.staff == 2
    onsets = [note.onset_sec for note in result.performance.notes]
    assert onsets == sorted(onsets)
    for data in (write_midi(result), write_quantised_midi(result)):
        midi = pretty_midi.PrettyMIDI(io.BytesIO(data))
        pitches = [note.pitch for instrument in midi.instruments for note in instrument.notes]
        assert pitches.count(ADDED.pitch) == 1


def test_saved_and_opened_again_nothing_of_a_correction_is_lost() -> None:
    corrections = {2: Correction(is_deleted=True), 4: Correction(pitch=61, spelling=Spelling("D", -1, 4)),
                   6: Correction(onset_sec=1.5, offset_sec=2.5, staff=2)}  # fmt: skip
    choices = Choices(corrections=corrections, added=((ADDED, Correction(spelling=Spelling("D", -1, 6))),),
                      keys=((0.0, 2, "major"), (12.0, -1, "minor")), beats="dp")  # fmt: skip
    first = notate_here(HEARD, 30.0, choices, "T")
    title, duration_sec, performance, saved = read_result(result_to_json(first))
    assert performance == HEARD
    assert saved == choices
    assert result_to_json(notate_here(performance, duration_sec, saved, title)) == result_to_json(first)


def test_keys_hold_from_where_they_are_set() -> None:
    keys = notate_here(HEARD, 30.0, Choices(keys=((0.0, 2, "major"), (12.0, -1, "minor")))).score.keys
    assert [(key.fifths, key.mode) for key in keys] == [(2, "major"), (-1, "minor")]
    assert keys[0].quarter == 0 < keys[1].quarter


def test_quantised_midi_stands_on_the_grid() -> None:
    result = notate_here(perform(WALTZ, 97, 0.01), 30.0)
    midi = pretty_midi.PrettyMIDI(io.BytesIO(write_quantised_midi(result)))
    assert [instrument.name for instrument in midi.instruments] == ["Right hand", "Left hand"]
    quarter_sec = 60.0 / result.score.tempos[0].bpm
    starts = [note.start / quarter_sec * 48 for instrument in midi.instruments for note in instrument.notes]
    assert max(abs(start - round(start)) for start in starts) < 0.05
    played = sum(1 for note in result.score.notes if note)
    assert len(starts) == played


INDEX = st.integers(0, 60)
TIMES = st.none() | st.floats(0, 30, allow_nan=False)
CORRECTIONS = st.builds(
    Correction, st.booleans(), TIMES, TIMES, st.none() | st.integers(21, 108), st.sampled_from([None, 1, 2]),
    st.none() | st.builds(Spelling, st.sampled_from("CDEFGAB"), st.integers(-2, 2), st.integers(0, 8)),
)  # fmt: skip


@given(performances(), st.dictionaries(INDEX, CORRECTIONS, max_size=8), st.lists(st.tuples(
    st.floats(0, 25, allow_nan=False), st.floats(0.01, 3, allow_nan=False), st.integers(21, 108)
), max_size=3))  # fmt: skip
@settings(deadline=None)  # two readings on a busy machine
def test_any_corrections_leave_a_score_of_what_is_left(
    performance: Performance, corrections: dict[int, Correction], new: list[tuple[float, float, int]]
) -> None:
    added = tuple((Note(on, on + length, pitch, 64), Correction()) for on, length, pitch in new)
    choices = Choices(corrections=corrections, added=added, beats="dp")
    corrected = correct_notes(performance, choices)
    assert [one.source for one in corrected if one.added is None] == list(performance.notes)
    deleted = [corrections[i].is_deleted for i in range(len(performance.notes)) if i in corrections]
    assert sum(one.note is None for one in corrected) == sum(deleted)
    if any(one.note for one in corrected):
        result = notate_here(performance, 60.0, choices)
        assert len(result.score.notes) == len(corrected)
        for one, written in zip(result.corrected, result.score.notes, strict=True):
            assert written is None or (one.note and sound_spelling(written.spelling) == one.note.pitch)
        assert read_choices(json.loads(result_to_json(result))["choices"]) == choices
