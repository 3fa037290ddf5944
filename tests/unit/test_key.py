"""Key: signature and mode."""

import pytest

from ottava.datatypes import Note
from ottava.key import estimate_key, read_key, tonic_fifths

MAJOR, HARMONIC_MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 11)


def play(tonic: int, degrees: tuple[int, ...]) -> list[Note]:
    """Play a scale and its tonic chord."""
    pitches = [60 + tonic + d for d in degrees] + [48 + tonic, 60 + tonic, 60 + tonic + degrees[2], 67 + tonic]
    return [Note(0.5 * i, 0.5 * i + 0.5, pitch, 64) for i, pitch in enumerate(pitches)]


@pytest.mark.parametrize("tonic", range(12))
def test_scales_are_known_in_every_key(tonic: int) -> None:
    major, minor = estimate_key(play(tonic, MAJOR)), estimate_key(play(tonic, HARMONIC_MINOR))
    assert (major.fifths, major.mode) == (tonic_fifths(tonic, "major"), "major")
    assert (minor.fifths, minor.mode) == (tonic_fifths(tonic, "minor"), "minor")


def test_a_piece_is_in_the_key_where_it_begins_and_ends() -> None:
    pitches = [60 + degree + tonic for tonic in (0,) * 4 + (7,) * 12 + (0,) * 2 for degree in MAJOR]
    assert estimate_key([Note(0.6 * i, 0.6 * i + 0.5, pitch, 64) for i, pitch in enumerate(pitches)]).fifths == 0


def test_signatures_use_the_fewer_accidentals() -> None:
    assert [tonic_fifths(t, "major") for t in (0, 7, 5, 1, 6)] == [0, 1, -1, -5, 6]
    assert [tonic_fifths(t, "minor") for t in (9, 4, 2, 3, 8)] == [0, 1, -1, -6, 5]


@pytest.mark.parametrize(
    ("text", "key"),
    [("-5", (-5, "major")), ("Eb minor", (-6, "minor")), ("F# major", (6, "major")), ("D", (2, "major"))],
)
def test_keys_are_read_as_typed(text: str, key: tuple[int, str]) -> None:
    assert read_key(text) == key


@pytest.mark.parametrize("text", ["H dur", "8", "", "G# major minor", "B# major"])
def test_what_is_no_key_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="is no key"):
        read_key(text)
