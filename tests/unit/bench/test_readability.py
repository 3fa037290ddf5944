"""Signs of small hand-made pages, counted."""

import pytest

from bench.notation.readability import Piece, compare
from bench.notation.signs import measure_score

ATTRIBUTES = """<attributes><divisions>6</divisions><staves>2</staves>
<clef number="1"><sign>G</sign><line>2</line></clef><clef number="2"><sign>F</sign><line>4</line></clef></attributes>"""


def note(step: str, octave: int, duration: int = 6, extra: str = "", staff: int = 1, voice: int = 1) -> str:
    """A note; ``extra`` begins with what comes before the pitch, such as <chord/>, and goes on after a bar."""
    before, _, after = extra.partition("|")
    return (
        f"<note>{before}<pitch><step>{step}</step><octave>{octave}</octave></pitch><duration>{duration}</duration>"
        f"<voice>{voice}</voice><staff>{staff}</staff>{after}</note>"
    )


def rest(duration: int = 6, attribute: str = "", staff: int = 1, voice: int = 1) -> str:
    """A rest, shown or hidden."""
    place = f"<voice>{voice}</voice><staff>{staff}</staff>"
    return f"<note {attribute}><rest/><duration>{duration}</duration>{place}</note>"


def shift(kind: str, size: int = 8) -> str:
    """The end or the beginning of an octave line."""
    line = f'<octave-shift type="{kind}" size="{size}"/>'
    return f"<direction><direction-type>{line}</direction-type><staff>1</staff></direction>"


def backup(duration: int) -> str:
    """Back in time."""
    return f"<backup><duration>{duration}</duration></backup>"


def page(*bars: str) -> str:
    """A score of these bars."""
    first, *others = bars
    measures = "".join(f"<measure>{bar}</measure>" for bar in [ATTRIBUTES + first, *others])
    return f"<?xml version='1.0' encoding='utf-8'?><score-partwise><part>{measures}</part></score-partwise>"


def test_hidden_rests_are_not_counted() -> None:
    figures = measure_score(page(note("C", 5) + rest() + rest(6, 'print-object="no"') + note("D", 5)))
    assert figures["rests per note"] == 1 / 2
    assert figures["symbols per bar"] == 3


def test_a_tied_note_is_one_note_and_two_heads() -> None:
    begin = note("C", 5, extra='|<tie type="start"/><dot/><notations><tied type="start"/></notations>')
    end = note("C", 5, extra='|<tie type="stop"/><notations><tied type="stop"/></notations>')
    figures = measure_score(page(begin, end))
    assert figures["ties per note"] == 1
    assert figures["symbols per bar"] == (2 + 1 + 1) / 2  # heads, tie, dot


def test_tuplets_are_counted_where_a_sign_is_printed() -> None:
    def triplet(sign: str, hidden: str = "") -> str:
        begin = f'|<notations><tuplet type="start" {sign}/></notations>'
        end = '|<notations><tuplet type="stop"/></notations>'
        text = note("C", 5, 2, begin) + note("D", 5, 2) + note("E", 5, 2, end)
        return text.replace("<note>", f"<note {hidden}>")

    shown, silent = triplet(""), triplet('show-number="none" bracket="no"')
    behind_rest = triplet("").replace("<note>", '<note print-object="no">', 1)
    assert measure_score(page(shown + silent))["tuplets per bar"] == 1
    assert measure_score(page(behind_rest))["tuplets per bar"] == 1
    assert measure_score(page(triplet("", 'print-object="no"') + note("C", 5)))["tuplets per bar"] == 0


def test_voices_are_those_with_notes() -> None:
    upper = note("C", 5, 12) + backup(12) + note("E", 5, 12, voice=2) + backup(12)
    lower = note("C", 3, 12, staff=2, voice=5) + backup(12) + rest(12, staff=2, voice=6)
    empty = rest(12) + backup(12) + rest(12, staff=2, voice=5)
    assert measure_score(page(upper + lower, empty))["voices per staff and bar"] == 3 / 2


def test_accidentals_are_those_shown() -> None:
    shown = note("C", 5, extra="|<accidental>sharp</accidental>")
    assert measure_score(page(shown + note("C", 5)))["accidentals per note"] == 1 / 2


@pytest.mark.parametrize(
    ("step", "octave", "staff", "lines"),
    [("C", 4, 1, 1), ("D", 4, 1, 0), ("G", 5, 1, 0), ("A", 5, 1, 1), ("C", 6, 1, 2), ("C", 4, 2, 1), ("C", 2, 2, 2)],
)
def test_ledger_lines_follow_the_clef(step: str, octave: int, staff: int, lines: int) -> None:
    assert measure_score(page(note(step, octave, staff=staff)))["ledger lines per note"] == lines


def test_ledger_lines_follow_octave_lines() -> None:
    high = note("C", 7)  # five lines, or two under 8va
    text = shift("down") + high + shift("stop") + shift("down", 15) + high + shift("stop") + high
    figures = measure_score(page(text))
    assert figures["ledger lines per note"] == (2 + 0 + 5) / 3


def test_an_octave_line_holds_for_the_other_voice_too() -> None:
    text = shift("down") + note("C", 6) + shift("stop") + note("C", 6) + backup(12)
    text += note("C", 6, voice=2) + note("C", 6, voice=2)
    assert measure_score(page(text))["ledger lines per note"] == (0 + 2 + 0 + 2) / 4


def test_clefs_hold_from_their_time_and_count_where_they_change() -> None:
    treble = '<attributes><clef number="2"><sign>G</sign><line>2</line></clef></attributes>'
    lower = note("C", 5, staff=2) + treble + note("C", 5, staff=2)  # five lines (and a half) in the bass, none after
    figures = measure_score(page(lower, treble + note("C", 5, staff=2)))
    assert figures["clef changes per bar"] == 1 / 2  # said again, it is no change
    assert figures["ledger lines per note"] == 4 / 3


def test_a_chord_has_one_time() -> None:
    text = note("C", 5) + note("E", 5, extra="<chord/>") + shift("down") + note("C", 6) + note("E", 6, extra="<chord/>")
    assert measure_score(page(text))["ledger lines per note"] == 0


def test_differences_where_a_sign_is_missing() -> None:
    assert compare(0, 0) == 0
    assert compare(0, 1) == float("inf")
    assert compare(4, 3) == 1 / 4


def test_bars_are_right_within_a_tenth() -> None:
    assert Piece("piece", {}, {"bars": 91}, None, 100).is_level_right
    assert not Piece("piece", {}, {"bars": 50}, None, 100).is_level_right
