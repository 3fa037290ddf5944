"""A printed page becomes a performance whose score is known."""

import xml.etree.ElementTree as ElementTree
from fractions import Fraction

import pytest

from bench.notation.ceiling import Printed, find_pitch, list_beats, load_evaluate, place_in_time, read_printed
from bench.notation.folds import DATA

PAGE = """<score-partwise><part>
<measure implicit="yes"><attributes><divisions>2</divisions><key><fifths>-1</fifths></key>
<time><beats>3</beats><beat-type>4</beat-type></time></attributes>
<direction><direction-type/><sound tempo="60"/></direction>
<note><pitch><step>C</step><octave>5</octave></pitch><duration>2</duration><voice>1</voice><staff>1</staff></note>
</measure>
<measure>
<note><grace/><pitch><step>E</step><octave>5</octave></pitch><voice>1</voice><staff>1</staff></note>
<note><pitch><step>D</step><octave>5</octave></pitch><duration>6</duration><tie type="start"/><staff>1</staff></note>
<backup><duration>6</duration></backup>
<note><rest/><duration>2</duration><staff>2</staff></note>
<note print-object="no"><pitch><step>G</step><octave>3</octave></pitch><duration>2</duration><staff>2</staff></note>
<note><pitch><step>B</step><alter>-1</alter><octave>2</octave></pitch><duration>2</duration><staff>2</staff></note>
</measure>
<measure>
<note><pitch><step>D</step><octave>5</octave></pitch><duration>2</duration><tie type="stop"/><staff>1</staff></note>
<note><pitch><step>D</step><octave>5</octave></pitch><duration>4</duration><staff>1</staff></note>
<backup><duration>4</duration></backup>
<note><pitch><step>D</step><octave>5</octave></pitch><duration>1</duration><staff>2</staff></note>
</measure></part></score-partwise>"""


def read_page() -> Printed:
    """The page above."""
    if not (DATA.parent / "tools" / "evaluate.py").exists():
        pytest.skip("needs the shared tools (OTTAVA_SHARED)")
    return read_printed(ElementTree.fromstring(PAGE), load_evaluate())


def test_notes_are_those_to_be_played() -> None:
    notes = [
        (float(onset), find_pitch(note), float(note.duration), float(note.position), note.staff)
        for onset, note in read_page().notes
    ]
    # The tied note is one, the D that both hands strike is the longer one; grace and hidden notes are gone.
    assert notes == [(0, 72, 1, 2, 1), (1, 74, 4, 0, 1), (3, 46, 1, 2, 2), (5, 74, 2, 1, 1)]


def test_beats_and_signatures_follow_the_bars() -> None:
    printed = read_page()
    assert [(float(quarter), is_downbeat) for quarter, is_downbeat in printed.beats] == [
        (quarter, quarter in (1, 4)) for quarter in range(7)
    ]
    assert printed.meters == [(Fraction(0), (3, 4))]
    assert printed.keys == [(Fraction(0), -1)]
    assert printed.bpm == 60


def test_the_truth_counts_quarters_from_the_first_downbeat() -> None:
    truth = place_in_time(read_page(), load_evaluate())
    assert list(truth.notes.onset) == [0, 1, 3, 5]
    assert list(truth.notes.offset) == [1, 5, 4, 7]
    assert [note.onset for note in truth.written] == [-1, 0, 2, 4]
    assert truth.beat_quarters[0] == -1


def test_beats_of_a_divided_bar() -> None:
    unit = Fraction(3, 2)
    assert list_beats(Fraction(9), Fraction(1, 2), Fraction(5, 2), unit) == [(Fraction(10), False)]
    assert list_beats(Fraction(9), Fraction(0), Fraction(3), unit) == [(Fraction(9), True), (Fraction(21, 2), False)]
