"""Touches: how a key is let go is no length."""

from collections.abc import Callable
from fractions import Fraction

import pytest

from ottava.notation.touches import undo_touches

TUNE = [(0.0, 1.0), (1.0, 0.5), (1.5, 0.5), (2.0, 1.5), (3.5, 0.5), (4.0, 2.0), (6.0, 0.25), (6.25, 0.25), (6.5, 0.5),
        (7.0, 1.0), (8.0, 3.0), (12.0, 4.0)]  # fmt: skip


Rows = list[tuple[float, float]]


def read(rows: Rows, touch: Callable[[int, float], float], beat_quarters: str = "1") -> list[float]:
    """Lengths of (place, length) whose keys are held for what ``touch`` gives for number and length."""
    places = [Fraction(place).limit_denominator(48) for place, _ in rows]
    releases = [place + touch(number, length) for number, (place, length) in enumerate(rows)]
    nothing = [Fraction(1, 7)] * len(rows)
    lengths = undo_touches(places, releases, [1] * len(rows), [Fraction(beat_quarters)] * len(rows), nothing)
    assert lengths is not None
    return [float(length) for length in lengths]


@pytest.mark.parametrize("ticks", [1, 10, 24, 60, -1, -20, -30, -48])
def test_every_key_let_go_as_early_or_late(ticks: int) -> None:
    assert read(TUNE, lambda _, length: length - ticks / 480) == [length for _, length in TUNE]


@pytest.mark.parametrize("share", [0.98, 0.95, 0.9, 0.8, 0.75, 0.7])
def test_every_key_held_for_a_share_of_its_length(share: float) -> None:
    assert read(TUNE, lambda _, length: round(share * length * 480) / 480) == [length for _, length in TUNE]


def test_some_keys_held_on_and_some_let_go() -> None:
    touches = (0, 0.06, -0.03, -0.08)
    assert read(TUNE, lambda number, length: length + touches[number % 4]) == [length for _, length in TUNE]


def test_what_is_exact_stays() -> None:
    rows = [(float(beat), (1.0, 0.5, 0.25, 0.75, 1.25)[beat % 5]) for beat in range(20)]
    assert read(rows, lambda _, length: length) == [length for _, length in rows]


def test_dotted_beats_end_on_their_eighths() -> None:
    rows = [(beat + part / 3, 1 / 3) for beat in range(6) for part in range(2)]
    assert read(rows, lambda _, length: 0.9 * length, "3/2") == [pytest.approx(length) for _, length in rows]


def test_held_voices_end_with_what_moves_above_them() -> None:
    rows = [*((float(beat), 1.0) for beat in range(16)), *((float(beat), 4.0) for beat in range(0, 16, 4))]
    for share in (0.95, 0.8):
        found = read(rows, lambda _, length, share=share: share * length)  # type: ignore[misc]
        assert found == [length for _, length in rows]


def test_what_was_played_keeps_the_lengths_of_its_keys() -> None:
    places = [Fraction(beat) for beat in range(40)]
    releases = [beat + 0.2 + (beat * 0.37) % 0.7 for beat in range(40)]
    assert undo_touches(places, releases, [1] * 40, [Fraction(1)] * 40, places) is None
