"""Signs, beams, tuplets and accidentals: what a bar looks like."""

from fractions import Fraction

import pytest

from ottava.datatypes import Meter, ScoreNote, Span, Spelling
from ottava.engraving.accidentals import choose_accidentals
from ottava.engraving.beams import join_beams
from ottava.engraving.signs import Voices, lay_out_signs
from ottava.engraving.tuplets import Value, bracket_tuplets, name_value
from ottava.rhythm.meter import Bar, bar_quarters

COMMON, COMPOUND, WALTZ, CUT = (Meter(Fraction(0), *meter) for meter in ((4, 4), (6, 8), (3, 4), (2, 2)))
Row = tuple[str, str, str]  # onset, length in quarters, name such as "C#4"


def read(rows: list[Row], staff: int = 1, voice: int = 1) -> list[ScoreNote]:
    notes = []
    for onset, length, name in rows:
        alter = name.count("#") - name.count("b")
        spelling = Spelling(name[0], alter, int(name[-1]))
        notes.append(ScoreNote(Span(Fraction(onset), Fraction(length)), staff, voice, spelling))
    return notes


def lay_out(notes: list[ScoreNote], meter: Meter = COMMON, n_bars: int = 1) -> list[Voices]:
    length = bar_quarters(meter)
    return lay_out_signs(notes, [Bar(number + 1, number * length, length, meter) for number in range(n_bars)])


def describe(voices: Voices, staff: int = 1, voice: int = 1) -> list[str]:
    """Lengths of the signs of a voice: rests with "r", hidden ones with "h", tied ones with "~"."""
    return [
        ("h" if sign.is_hidden else "" if sign.notes else "r") + str(sign.length_quarter) + "~" * sign.tied_on
        for sign in voices[staff, voice]
    ]


def test_what_a_voice_lacks_is_rests_and_a_silent_staff_has_one() -> None:
    bar = lay_out(read([("1", "1", "C4"), ("5/2", "1", "D4")]))[0]
    assert describe(bar) == ["r1", "1", "r1/2", "1", "r1/2"]
    assert [sign.fills_bar for sign in bar[2, 1]] == [True]


def test_rests_of_a_voice_are_hidden_while_another_one_sounds() -> None:
    bar = lay_out([*read([("0", "1", "E5"), ("3", "1", "E5")]), *read([("0", "2", "C4")], voice=2)])[0]
    assert describe(bar) == ["1", "h1", "r1", "1"]
    assert describe(bar, voice=2) == ["2", "h2"]


def test_a_note_goes_on_in_the_next_bar() -> None:
    first, second = lay_out(read([("3", "3", "C4")]), n_bars=2)
    assert describe(first) == ["r2", "r1", "1~"]
    assert describe(second) == ["2", "r2"]
    assert second[1, 1][0].tied_back


def test_grace_notes_stand_before_their_chord() -> None:
    bar = lay_out(read([("0", "2", "C4"), ("2", "0", "D5"), ("2", "2", "C5")]))[0]
    assert describe(bar) == ["2", "0", "2"]
    assert [sign.notes[0].spelling.step for sign in bar[1, 1]] == ["C", "D", "C"]


@pytest.mark.parametrize(
    ("length", "value"),
    [
        ("3/2", Value("quarter", 1, 1, 1)),
        ("1/3", Value("eighth", 0, 3, 2)),
        ("1/6", Value("16th", 0, 3, 2)),
        ("2/5", Value("eighth", 0, 5, 4)),
        ("3/10", Value("16th", 0, 5, 6)),
        ("1/7", Value("16th", 0, 7, 4)),
        ("1/15", Value("32nd", 0, 15, 8)),
        ("1/11", Value("32nd", 0, 11, 8)),
    ],
)
def test_every_length_has_its_value(length: str, value: Value) -> None:
    assert name_value(Fraction(length)) == value


def test_a_length_that_needs_a_tie_has_none() -> None:
    with pytest.raises(ValueError, match="5/4"):
        name_value(Fraction(5, 4))


def test_a_tuplet_lasts_until_the_notes_are_back_on_the_beat() -> None:
    rows = [("0", "1/3", "C4"), ("1/3", "2/3", "D4"), ("1", "1", "E4"), ("2", "1/5", "C4"), ("11/5", "4/5", "C4")]
    marks = bracket_tuplets(lay_out(read([*rows, ("3", "1", "C4")]))[0][1, 1])
    assert [mark and mark.kind for mark in marks] == ["start", "stop", None, "start", "stop", None]
    beamed = bracket_tuplets(lay_out(read([(str(Fraction(i, 3)), "1/3", "C4") for i in range(12)]))[0][1, 1])
    assert [mark.has_bracket for mark in (*marks, *beamed) if mark] == [True] * 4 + [False] * 8


def beams(rows: list[Row], meter: Meter) -> list[str]:
    """The beams of each sign, from the eighth's on."""
    names = join_beams(lay_out(read(rows), meter)[0][1, 1], meter)
    return ["/".join(name) for name in names]


def test_beams_show_the_beats() -> None:
    eighths: list[Row] = [(str(Fraction(i, 2)), "1/2", "C4") for i in range(8)]
    assert beams(eighths, COMMON) == ["begin", "continue", "continue", "end"] * 2
    assert beams(eighths[:6], WALTZ) == ["begin", *["continue"] * 4, "end"]
    assert beams(eighths[:6], COMPOUND) == ["begin", "continue", "end"] * 2
    assert beams(eighths, CUT) == ["begin", "continue", "continue", "end"] * 2


def test_shorter_notes_are_beamed_beat_by_beat() -> None:
    rows: list[Row] = [("0", "3/4", "C4"), ("3/4", "1/4", "C4"), ("1", "1/2", "C4"), ("3/2", "1/2", "C4")]
    found = beams([*rows, ("2", "2", "C4")], COMMON)
    assert found == ["begin", "end/backward hook", "begin", "end", ""]


def test_rests_and_quarters_part_beams() -> None:
    rows = [("0", "1/2", "C4"), ("1/2", "1", "C4"), ("3/2", "1/2", "C4"), ("5/2", "3/2", "C4")]
    assert beams(rows, COMMON) == [""] * 6


def show(bars: list[list[Row]], fifths: int = 0) -> list[str]:
    """The accidentals of one bar after the other: "n" needed, "c" courtesy, "-" none, by onset."""
    rows = [(str(Fraction(onset) + 4 * number), length, name)
            for number, bar in enumerate(bars) for onset, length, name in bar]
    voices = lay_out(read(rows), n_bars=len(bars))
    shown = choose_accidentals(voices, [fifths] * len(bars), 1)
    return [
        "".join(found.get((1, number, place), "-")[0] for number, sign in enumerate(bar[1, 1])
                for place in range(len(sign.notes)))
        for found, bar in zip(shown, voices, strict=True)
    ]


def test_an_accidental_holds_up_to_the_bar_line() -> None:
    bar: list[Row] = [("0", "1", "F#4"), ("1", "1", "F#4"), ("2", "1", "F4"), ("3", "1", "F#5")]
    assert show([bar]) == ["n-nn"]
    assert show([bar], fifths=1) == ["--nc"]


def test_the_next_bar_and_other_octaves_have_reminders() -> None:
    whole = [("0", "4", "F4")]
    assert show([[("0", "4", "F#4")], whole, whole]) == ["n", "c", "-"]
    assert show([[("0", "2", "B-4".replace("-", "b")), ("2", "2", "B5")]]) == ["nc"]


def test_a_tied_note_needs_no_accidental() -> None:
    assert show([[("3", "3", "C#4")], [("2", "1", "C#4"), ("3", "1", "C4")]])[1] == "-nn"
