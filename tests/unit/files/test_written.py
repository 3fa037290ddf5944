"""What a person says of a written MIDI file, beside what the file says itself."""

import pytest

from ottava.datatypes import Choices
from ottava.files.written import keep_written

WRITTEN = Choices(
    beats_sec=tuple(0.5 * beat for beat in range(12)), meters=((0.0, 3, 4), (3.0, 2, 4)), keys=((0.0, 2, "major"),),
    downbeats_sec=(0.5,),
)  # fmt: skip


@pytest.mark.parametrize("told", [
    Choices(), Choices(meters=((0.0, 3, 4),)), Choices(tempo_bpm=120.0),
    Choices(tempo_bpm=118.0, meters=((0.0, 3, 4),)),
])  # fmt: skip
def test_a_true_word_changes_nothing(told: Choices) -> None:
    kept = keep_written(WRITTEN, told)
    assert (kept.beats_sec, kept.meters, kept.downbeats_sec) == (
        WRITTEN.beats_sec, WRITTEN.meters, WRITTEN.downbeats_sec
    )  # fmt: skip
    assert kept.tempo_bpm == told.tempo_bpm


def test_another_meter_in_as_long_beats_stands_on_those_of_the_file() -> None:
    kept = keep_written(WRITTEN, Choices(meters=((0.0, 4, 4),), downbeats_sec=(1.0,)))
    assert kept.beats_sec == WRITTEN.beats_sec
    assert kept.meters == ((0.0, 4, 4),)
    assert kept.downbeats_sec == (1.0,)


@pytest.mark.parametrize("told", [
    Choices(meters=((0.0, 6, 8),)), Choices(tempo_bpm=60.0), Choices(tempo_factor=2.0), Choices(beats_sec=(0.0, 1.0)),
])  # fmt: skip
def test_what_does_not_go_with_the_file_is_read_anew(told: Choices) -> None:
    assert keep_written(WRITTEN, told) == told


def test_a_file_that_was_played_says_nothing() -> None:
    told = Choices(meters=((0.0, 4, 4),))
    assert keep_written(Choices(), told) == told
