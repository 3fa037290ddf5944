"""How sure a note is, the notes a reader asks for, and what is no piano."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ottava.datatypes import Choices, Note, Performance
from ottava.errors import TranscriptionError
from ottava.listening.confidence import check_notes, compute_confidence, find_warnings
from ottava.notation.corrections import correct_notes

SURE, FAIR, DOUBTFUL, POSSIBLE, UNLIKELY = (
    Note(float(place), place + 0.5, 60, 64, confidence)
    for place, confidence in enumerate((0.995, 0.9, 0.6, 0.35, 0.1))
)
PERFORMANCE = Performance((SURE, FAIR, DOUBTFUL), (), "m", (POSSIBLE, UNLIKELY))


@given(st.floats(-3, 60), st.floats(-3, 60))
def test_a_higher_score_is_surer_and_a_note_that_was_not_heard_is_not_likely(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 < compute_confidence(low) <= compute_confidence(high) < 1
    assert compute_confidence(low) <= 0.5 or low > 0
    assert compute_confidence(high) >= 0.5 or high <= 0


@pytest.mark.parametrize(("score", "confidence"), [(-3, 0.142), (0, 0.5), (1, 0.841), (3, 0.965), (6, 0.991)])
def test_confidence_of_scores(score: float, confidence: float) -> None:
    assert compute_confidence(score) == pytest.approx(confidence, abs=0.001)


@pytest.mark.parametrize(
    ("sensitivity", "kept"),
    [
        (0.0, [SURE]), (0.1, [SURE, FAIR]), (0.45, [SURE, FAIR, DOUBTFUL]), (0.5, [SURE, FAIR, DOUBTFUL]),
        (0.6, [SURE, FAIR, DOUBTFUL]), (0.7, [SURE, FAIR, DOUBTFUL, POSSIBLE]),
        (1.0, [SURE, FAIR, DOUBTFUL, POSSIBLE, UNLIKELY]),
    ],
)  # fmt: skip
def test_sensitivity_moves_the_threshold_both_ways(sensitivity: float, kept: list[Note]) -> None:
    corrected = correct_notes(PERFORMANCE, Choices(sensitivity=sensitivity))
    assert [one.note for one in corrected if one.note] == kept
    notes = [one.source for one in corrected]
    assert [note for note in notes if note not in PERFORMANCE.possible] == list(PERFORMANCE.notes), "as heard, in order"


CONFIDENCES = st.lists(st.floats(0, 1), min_size=1, max_size=8)


@given(CONFIDENCES, CONFIDENCES, st.floats(0, 1), st.floats(0, 1))
def test_more_sensitive_never_means_fewer_notes(
    heard: list[float], possible: list[float], one: float, other: float
) -> None:
    notes = tuple(Note(float(i), i + 0.5, 60, 64, c) for i, c in enumerate(heard))
    others = tuple(Note(i + 0.5, i + 1.0, 72, 64, c / 2) for i, c in enumerate(possible))
    performance = Performance(notes, (), "m", others)
    kept = []
    for sensitivity in sorted((one, other)):
        corrected = correct_notes(performance, Choices(sensitivity=sensitivity))
        chosen = [one.source for one in corrected]
        assert chosen == sorted(chosen, key=lambda note: (note.onset_sec, note.pitch))
        kept.append({one.note for one in corrected if one.note})
    assert kept[0] <= kept[1]


def test_no_music_is_one_sentence() -> None:
    check_notes([SURE], duration_sec=600)
    check_notes([DOUBTFUL] * 40, duration_sec=60)  # many doubtful notes: a warning will do
    for notes in ([], [DOUBTFUL] * 5):
        with pytest.raises(TranscriptionError, match="No piano notes"):
            check_notes(notes, duration_sec=60)


def test_many_doubtful_notes_are_a_warning() -> None:
    piano = [replace(SURE, onset_sec=i / 10) for i in range(95)]
    assert find_warnings(piano) == ()
    assert find_warnings([*piano, *[DOUBTFUL] * 5]) == ()
    (warning,) = find_warnings([*piano, *[DOUBTFUL] * 25])
    assert "25 of 120" in warning
    assert "piano alone" in warning
