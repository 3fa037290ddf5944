"""The ottava-1 format."""

import json
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings

from ottava.datatypes import Choices, Note, Performance
from ottava.errors import TranscriptionError
from ottava.files.project import choices_to_dict, read_choices, read_result, result_to_json
from tests.performances import WALTZ, notate_here, perform, performances

CHOICES = Choices(title="T", tempo_bpm=90.0, meters=((0.0, 6, 8),), keys=((0.0, -3, "minor"),), downbeats_sec=(1.5,),
                  grid="16", split_pitch=61, setting="exact", sensitivity=0.7, tempo_factor=0.5,
                  beats_sec=(0.5, 1.25, 2.0), swing=False, beats="dp")


@given(performances())
@settings(max_examples=20, deadline=None)
def test_a_saved_result_is_notated_the_same_again(performance: Performance) -> None:
    result = notate_here(performance, 26.0, Choices(meters=((0.0, 3, 4),)), "A title")
    title, duration_sec, read, choices = read_result(result_to_json(result))
    assert (title, duration_sec, read, choices) == ("A title", 26.0, performance, result.choices)
    assert notate_here(read, duration_sec, choices, title) == result


def test_choices_come_back_and_only_what_was_chosen_is_written() -> None:
    assert read_choices(choices_to_dict(CHOICES)) == CHOICES
    assert choices_to_dict(Choices()) == {}


def test_the_score_ties_quarters_to_seconds() -> None:
    fields = json.loads(result_to_json(notate_here(perform(WALTZ, 100, 0.01), 25.0, Choices(), "W")))
    score = fields["score"]
    assert fields["format"] == "ottava-1"
    assert len(score["notes"]) == len(fields["performance"]["notes"])
    times = [beat["time_sec"] for beat in score["beats"]]
    quarters = [beat["quarter"] for beat in score["beats"]]
    assert times == sorted(times)
    assert [b - a for a, b in pairwise(quarters)] == [1.0] * (len(quarters) - 1)
    downbeats = [beat for beat in score["beats"] if beat["beat_in_bar"] == 1]
    assert all(beat["quarter"] == 3 * (beat["bar"] - 1) for beat in downbeats)
    assert all(Fraction(note["duration_quarter"]) > 0 for note in score["notes"])


def test_doubtful_notes_are_null_in_the_score() -> None:
    notes = (Note(0.5, 1.0, 60, 64, 0.9), Note(1.0, 1.5, 62, 64, 0.2))
    fields = json.loads(result_to_json(notate_here(Performance(notes, (), "m"), 2.0, Choices(sensitivity=0.4))))
    assert [note is None for note in fields["score"]["notes"]] == [False, True]
    with pytest.raises(TranscriptionError, match="higher sensitivity"):
        notate_here(Performance(notes, (), "m"), 2.0, Choices(sensitivity=0.0))


def test_possible_notes_are_written_only_where_they_are_asked_for() -> None:
    heard = (Note(0.5, 1.0, 60, 64, 0.9), Note(1.0, 1.5, 62, 64, 0.99))
    performance = Performance(heard, (), "m", (Note(0.7, 0.9, 72, 40, 0.3), Note(1.0, 1.2, 50, 40, 0.1)))
    for sensitivity, pitches in ((0.5, [60, 62]), (0.75, [60, 72, 62]), (1.0, [60, 72, 50, 62])):
        text = result_to_json(notate_here(performance, 2.0, Choices(sensitivity=sensitivity)))
        fields = json.loads(text)
        assert [note["pitch"] for note in fields["performance"]["notes"]] == pitches
        assert len(fields["score"]["notes"]) == len(pitches)
        assert all(fields["score"]["notes"])
        assert [note["pitch"] for note in fields["performance"]["possible"]] == [72, 50]
        assert read_result(text)[2] == performance, "the notes as heard come back whatever was written"


def test_the_tuning_is_kept_and_told() -> None:
    performance = Performance((Note(0.5, 1.0, 60, 64),), (), "m", tuning_cents=-30.5)
    text = result_to_json(notate_here(performance, 2.0, Choices()))
    assert read_result(text)[2] == performance
    assert json.loads(text)["warnings"] == ["The piano is tuned 30 cents below A4 = 440 Hz; this was corrected."]


def test_what_may_be_no_piano_is_a_warning_of_the_result() -> None:
    notes = tuple(Note(i / 2, i / 2 + 0.4, 60 + i % 12, 64, 0.99 if i % 3 else 0.6) for i in range(30))
    fields = json.loads(result_to_json(notate_here(Performance(notes, (), "m"), 20.0, Choices(sensitivity=0.1))))
    (warning,) = fields["warnings"]
    assert "10 of 30 notes are doubtful" in warning, "of the notes heard, whatever is written"


def good() -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(result_to_json(notate_here(perform(WALTZ, 100), 25.0, Choices())))
    return fields


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("onset_sec", -1.0), ("onset_sec", None), ("offset_sec", 0.0), ("pitch", 300), ("velocity", 0),
        ("pitch", "C4"), ("onset_sec", float("nan")), ("offset_sec", float("inf")),
    ],
)
def test_damaged_notes_get_a_sentence(place: str, value: object) -> None:
    fields = good()
    fields["performance"]["notes"][3][place] = value
    with pytest.raises(TranscriptionError, match="damaged"):
        read_result(json.dumps(fields))


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"format": "other"}', "[" * 100000, '{"format": "ottava-1"}',
                                  '{"format": "ottava-1", "performance": {"notes": []}}'])
def test_other_texts_get_a_sentence(text: str) -> None:
    with pytest.raises(TranscriptionError):
        read_result(text)


@pytest.mark.parametrize("choices", [{"meters": [{"beats": 3}]}, {"tempo_bpm": -4}, {"grid": "7"}, {"keys": "C"}, 3,
                                     {"split": "H9"}, {"sensitivity": 2}])
def test_damaged_choices_get_a_sentence(choices: object) -> None:
    with pytest.raises(TranscriptionError, match="choices"):
        read_choices(choices)
