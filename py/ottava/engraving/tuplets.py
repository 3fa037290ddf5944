"""Tuplets: the note value of every length, and where a tuplet's number stands.

Method: a length whose denominator has an odd factor is a value of a tuplet; a bracket lasts until the notes are back on
a place that needs none. The ratios are those of engraving practice (Gould, "Behind Bars", 2011, part one, "Tuplets").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Literal

from ottava.engraving.signs import Sign

# Quarters of the values that have a sign of their own, longest first.
KINDS = {
    Fraction(8): "breve", Fraction(4): "whole", Fraction(2): "half", Fraction(1): "quarter", Fraction(1, 2): "eighth",
    Fraction(1, 4): "16th", Fraction(1, 8): "32nd", Fraction(1, 16): "64th", Fraction(1, 32): "128th",
    Fraction(1, 64): "256th", Fraction(1, 128): "512th", Fraction(1, 256): "1024th",
}  # fmt: skip
DOTS = {0: Fraction(1), 1: Fraction(3, 2)}
# So many in the time of so many, by the odd part of the denominator; of others the next power of two below.
RATIOS = {1: ((1, 1),), 3: ((3, 2),), 5: ((5, 4), (5, 6)), 7: ((7, 4), (7, 6))}
FLAGS = {"eighth": 1, "16th": 2, "32nd": 3, "64th": 4, "128th": 5, "256th": 6,
         "512th": 7, "1024th": 8}  # of the values that can be beamed


@dataclass(frozen=True, slots=True)
class Value:
    """A note value: its MusicXML name, its dots, and ``actual`` notes in the time of ``normal`` ones."""

    kind: str
    dots: int
    actual: int
    normal: int


@dataclass(frozen=True, slots=True)
class Tuplet:
    """The beginning or the end of a tuplet, which has a bracket where no beam holds it together."""

    kind: Literal["start", "stop"]
    has_bracket: bool


@cache
def name_value(length_quarter: Fraction) -> Value:
    """The note value of a length.

    Raises
    ------
    ValueError
        When no one sign shows it.
    """
    odd = _odd_part(length_quarter)
    for dots, factor in DOTS.items():
        for actual, normal in RATIOS.get(odd, ((odd, 1 << (odd.bit_length() - 1)),)):
            plain = length_quarter * actual / normal / factor
            if plain in KINDS:
                return Value(KINDS[plain], dots, actual, normal)
    raise ValueError(f"no note value is {length_quarter} quarters long")


def bracket_tuplets(signs: Sequence[Sign]) -> list[Tuplet | None]:
    """Where tuplets begin and end among the signs of a voice in a bar; one has at least two signs.

    All are numbered: those who hide the numbers of tuplets that go on are fewer (readability on data/dev: the figures
    of a piece differ by 36 % from the printed ones, by 47 % where only the first 24 alike have numbers).
    """
    tuplets: list[Tuplet | None] = [None] * len(signs)
    for first, last in _group_tuplets(signs):
        members = [sign for sign in signs[first : last + 1] if sign.length_quarter]
        is_beamed = all(sign.notes and name_value(sign.length_quarter).kind in FLAGS for sign in members)
        tuplets[first], tuplets[last] = Tuplet("start", not is_beamed), Tuplet("stop", not is_beamed)
    return tuplets


def _group_tuplets(signs: Sequence[Sign]) -> list[tuple[int, int]]:
    """The first and the last sign of each tuplet of a voice in a bar."""
    groups: list[tuple[int, int]] = []
    members: list[int] = []
    for index, sign in enumerate(signs):
        if sign.length_quarter and not sign.fills_bar and _odd_part(sign.length_quarter) > 1:
            members.append(index)
            if _odd_part(sign.end_quarter) > 1 and index + 1 < len(signs):
                continue
        elif not sign.length_quarter:
            continue
        if len(members) > 1:
            groups.append((members[0], members[-1]))
        members = []
    return groups


def _odd_part(quarter: Fraction) -> int:
    """The denominator without its factors of two."""
    denominator = quarter.denominator
    return denominator // (denominator & -denominator)
