"""A correction of a note changes its own staff in its own bar, and bars that its tie reaches: no other note or rest."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from ottava.datatypes import Choices, Correction, Note, Performance, Result, ScoreNote, Spelling
from ottava.files.musicxml import write_musicxml
from ottava.notation.cells import count_other_bars, list_touched
from ottava.notation.corrections import take_as_heard
from ottava.notation.spelling import sound_spelling
from ottava.rhythm.meter import list_bars
from tests.musicxml_schema import bar_sums
from tests.performances import WALTZ, notate_here, perform

PLAYED = perform(WALTZ, unevenness_sec=0.012, seed=3)
END_SEC = 30.0
QUARTER_SEC = 0.6  # of WALTZ at its tempo
Identity = tuple[int | None, int | None]
Cell = tuple[int, int]


def write(choices: Choices, performance: Performance = PLAYED) -> Result:
    return notate_here(performance, END_SEC, choices)


def label(result: Result) -> dict[Identity, ScoreNote | None]:
    """What is written of each note, by what a correction calls it."""
    return {(one.index, one.added): note for one, note in zip(result.corrected, result.score.notes, strict=True)}


def list_cells(note: ScoreNote | None, starts: list[Fraction]) -> set[Cell]:
    """The staff of a note in every bar that it sounds in."""
    if note is None:
        return set()
    begin, end = note.span.onset_quarter, note.span.onset_quarter + note.span.duration_quarter
    return {(note.staff, bar) for bar, (start, stop) in enumerate(zip(starts, [*starts[1:], None], strict=True))
            if (stop is None or begin < stop) and (start < end or start == begin)}  # fmt: skip


def changed_elsewhere(before: Result, after: Result, edited: set[Identity]) -> list[Identity]:
    """Notes that nobody edited, which share no staff and bar with one that somebody did, and are written otherwise."""
    starts = [bar.start_quarter for bar in list_bars(after.score.meters, after.score.pickup_quarter, Fraction(999))]
    old, new = label(before), label(after)
    touched = {cell for name in edited for notes in (old, new) for cell in list_cells(notes.get(name), starts)}
    return [name for name in old.keys() & new.keys() if name not in edited and old[name] != new[name]
            and not touched & (list_cells(old[name], starts) | list_cells(new[name], starts))]  # fmt: skip


def named(choices: Choices) -> set[Identity]:
    return {(index, None) for index in choices.corrections} | {(None, place) for place in range(len(choices.added))}


def find(pitch: int, quarter: float, performance: Performance = PLAYED) -> int:
    """Number of the note of WALTZ that was written there."""
    sec = 0.5 + quarter * QUARTER_SEC
    return min((number for number, note in enumerate(performance.notes) if note.pitch == pitch),
               key=lambda number: abs(performance.notes[number].onset_sec - sec))  # fmt: skip


def added(pitch: int, quarter: float, length: float, correction: Correction | None = None) -> tuple[Note, Correction]:
    onset_sec = 0.5 + quarter * QUARTER_SEC
    return Note(onset_sec, onset_sec + length * QUARTER_SEC, pitch, 64), correction or Correction()


INDEX = st.integers(0, len(PLAYED.notes) - 1)
SEC = st.floats(0.6, END_SEC, allow_nan=False)
NAMES = st.none() | st.builds(Spelling, st.sampled_from("CDEFGAB"), st.integers(-1, 1), st.integers(1, 6))
EDITS = st.dictionaries(INDEX, st.builds(
    Correction, st.booleans(), st.none() | SEC, st.none() | SEC, st.none() | st.integers(21, 108),
    st.sampled_from([None, 1, 2]), NAMES,
), max_size=6)  # fmt: skip
ADDED = st.lists(
    st.tuples(SEC, st.floats(0.02, 4), st.integers(21, 108), st.sampled_from([None, 1, 2])).map(
        lambda row: (Note(row[0], row[0] + row[1], row[2], 64), Correction(staff=row[3]))
    ),
    max_size=4,
).map(tuple)


@given(EDITS, ADDED)
@settings(deadline=None, max_examples=60)
def test_nothing_changes_in_another_staff_or_bar(
    corrections: Mapping[int, Correction], new: tuple[tuple[Note, Correction], ...]
) -> None:
    choices = Choices(corrections=corrections, added=new)
    plain, edited = write(Choices()), write(choices)
    assert edited.score.beats[: len(plain.score.beats)] == plain.score.beats
    assert (edited.score.keys, edited.score.meters, edited.score.pedals) == (
        plain.score.keys, plain.score.meters, plain.score.pedals)  # fmt: skip
    assert not changed_elsewhere(plain, edited, named(choices))
    assert all(total == length for total, length in bar_sums(write_musicxml(edited)))


def draw(result: Result) -> dict[Cell, list[str]]:
    """What each staff shows in each bar: notes, rests and clefs; accidentals may remind of another bar's."""
    drawn: dict[Cell, list[str]] = {}
    divisions = 1
    for number, measure in enumerate(ElementTree.fromstring(write_musicxml(result)).iter("measure")):
        for child in measure:
            divisions = int(child.findtext("divisions") or divisions)
            for clef in child.iter("clef"):
                signs = drawn.setdefault((int(clef.get("number", "1")), number), [])
                signs.append(f"clef {clef.findtext('sign')}")
            if child.tag == "note":
                length = Fraction(int(child.findtext("duration") or 0), divisions)
                names = [child.findtext(f"pitch/{part}") for part in ("step", "alter", "octave")]
                ties = [tie.get("type") for tie in child.iter("tie")]
                signs = drawn.setdefault((int(child.findtext("staff") or 1), number), [])
                signs.append(f"{names} {length} {child.findtext('type')} {child.findtext('voice')} {ties}")
    return drawn


@given(EDITS, ADDED)
@settings(deadline=None, max_examples=40)
def test_no_other_note_rest_or_clef_is_drawn_otherwise(
    corrections: Mapping[int, Correction], new: tuple[tuple[Note, Correction], ...]
) -> None:
    edited = write(Choices(corrections=corrections, added=new))
    if not edited.draft:
        return
    before, after, touched = draw(edited.draft), draw(edited), list_touched(edited.draft, edited)
    # A clef that a corrected bar needs is taken back where the next one begins.
    followed = {(staff, bar + 1) for staff, bar in touched}
    for cell in (before.keys() & after.keys()) - touched:
        one, other = before[cell], after[cell]
        if cell in followed:
            one, other = ([sign for sign in signs if not sign.startswith("clef")] for signs in (one, other))
        assert one == other


@given(EDITS, ADDED, st.data())
@settings(deadline=None, max_examples=30)
def test_the_next_correction_leaves_the_ones_before_it(
    corrections: dict[int, Correction], new: tuple[tuple[Note, Correction], ...], data: st.DataObject
) -> None:
    index, last = data.draw(INDEX), data.draw(st.booleans())
    first = Choices(corrections={number: one for number, one in corrections.items() if number != index}, added=new)
    second = replace(first, corrections={**first.corrections, index: Correction(is_deleted=last, pitch=70)})
    assert not changed_elsewhere(write(first), write(second), {(index, None)})


def test_a_deleted_note_leaves_its_place_to_the_one_before_it_if_that_was_held() -> None:
    """The tune of the first bar is a half and two eighths; without the first eighth the half lasts up to the second."""
    half, eighth = find(72, 0), find(74, 2)
    for length, is_filled in ((1.8, True), (1.2, False)):
        held = replace(PLAYED.notes[half], offset_sec=PLAYED.notes[half].onset_sec + length * QUARTER_SEC)
        performance = replace(PLAYED, notes=tuple(held if number == half else note
                                                  for number, note in enumerate(PLAYED.notes)))  # fmt: skip
        before = label(write(Choices(), performance))[half, None]
        after = label(write(Choices(corrections={eighth: Correction(is_deleted=True)}), performance))[half, None]
        assert before is not None
        assert after is not None
        assert before.span.duration_quarter == 2
        assert after.span.duration_quarter == (Fraction(5, 2) if is_filled else 2)


def test_an_added_note_joins_the_chord_that_sounds_when_it_begins() -> None:
    choices = Choices(added=(added(76, 3.02, 1.9),))
    notes = label(write(choices))
    chord, new = notes[find(71, 3), None], notes[None, 0]
    assert chord is not None
    assert new is not None
    assert (new.span, new.staff, new.voice) == (chord.span, chord.staff, chord.voice)


def test_an_added_note_that_is_held_takes_a_voice_of_its_own() -> None:
    notes = label(write(Choices(added=(added(30, 6, 3),))))
    new = notes[None, 0]
    assert new is not None
    assert new.span.duration_quarter == 3
    assert new.staff == 2
    others = [note for name, note in notes.items() if note and name[0] is not None and note.staff == 2
              and new.span.onset_quarter < note.span.onset_quarter < new.span.onset_quarter + 3]  # fmt: skip
    assert others
    assert new.voice not in {note.voice for note in others}


def test_a_key_that_is_released_between_eighths_makes_no_triplet() -> None:
    """A note released at two thirds of a beat: where the beat has none, a length ends on no third."""
    new = label(write(Choices(added=(added(30, 2.5, 1.16),))))[None, 0]
    assert new is not None
    assert new.span.duration_quarter == 1


def test_a_note_added_behind_the_end_gets_bars() -> None:
    before, result = write(Choices()), write(Choices(added=(added(60, 40, 1),)))
    new = label(result)[None, 0]
    assert new is not None
    assert new.span.onset_quarter > before.score.beats[-1].quarter
    assert result.score.beats[-1].quarter >= new.span.onset_quarter
    assert result.score.beats[-1].beat_in_bar == 3


def test_a_moved_note_keeps_its_value_and_a_transposed_one_its_place() -> None:
    number = find(72, 0)
    heard = PLAYED.notes[number]
    shift = 3 * QUARTER_SEC
    moved = Correction(onset_sec=heard.onset_sec + shift, offset_sec=heard.offset_sec + shift)
    old = label(write(Choices()))[number, None]
    later = label(write(Choices(corrections={number: moved})))[number, None]
    higher = label(write(Choices(corrections={number: Correction(pitch=73)})))[number, None]
    assert old is not None
    assert later is not None
    assert higher is not None
    assert later.span == replace(old.span, onset_quarter=old.span.onset_quarter + 3)
    assert (higher.span, higher.staff, higher.voice) == (old.span, old.staff, old.voice)
    assert sound_spelling(higher.spelling) == 73


def test_read_again_with_the_corrected_notes_on_demand() -> None:
    """Low notes on the second beat of every bar, where there were none, are heavier than those on the first one."""
    basses = [number for number, note in enumerate(PLAYED.notes) if note.pitch < 40]
    choices = Choices(corrections={number: Correction(is_deleted=True) for number in basses},
                      added=tuple(added(30, 3 * bar + 1, 2) for bar in range(1, 12)))  # fmt: skip
    edited, reread = write(choices), write(take_as_heard(choices))
    assert edited.draft is not None
    assert reread.draft is None
    assert count_other_bars(edited, reread) > 0
    assert count_other_bars(edited, edited) == 0


def test_a_bar_line_on_an_added_note_is_read_with_it() -> None:
    note, correction = added(90, 4.5, 0.5)
    result = write(Choices(added=((note, correction),), downbeats_sec=(note.onset_sec,)))
    assert result.draft is None
