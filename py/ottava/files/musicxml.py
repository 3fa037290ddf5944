"""MusicXML 4.0: the page as other programs read it, a grand staff for piano.

What stands there is decided elsewhere (signs, beams, tuplets, accidentals, clefs, directions); here it is written.

Conventions: the text is the same for the same score wherever it is written: no date, no random identifiers. The note
with number 12 of the result is named n12 (n12-2 and so on where it is tied), so that a page can find it.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from math import lcm
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from ottava.datatypes import Key, Result, Score, ScoreNote
from ottava.engraving.accidentals import Place, Shown, choose_accidentals
from ottava.engraving.beams import join_beams
from ottava.engraving.clefs import Clef, Stretch, choose_clefs
from ottava.engraving.directions import Direction, Directions, Kind, collect_directions
from ottava.engraving.signs import Sign, Voices, lay_out_signs
from ottava.engraving.tuplets import Tuplet, bracket_tuplets, name_value
from ottava.notation.cells import list_touched
from ottava.rhythm.meter import Bar, beat_quarters, list_bars
from ottava.version import __version__

STAFFS = (1, 2)
STAFF_VOICES = 4  # numbers of voices that a staff has: the lower one's begin with 5
ACCIDENTALS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
CLEFS: dict[Clef, tuple[str, int]] = {"treble": ("G", 2), "bass": ("F", 4)}
# A4 with the staffs of a printed piano score, 7 mm high: 40 tenths of MusicXML.
STAFF_MM, HEIGHT_MM, WIDTH_MM, MARGIN_MM = 7.0, 297.0, 210.0, 15.0
STAFF_TENTHS, BETWEEN_STAFFS, BETWEEN_SYSTEMS = 40, 70, 110
PIANO_PROGRAM = 1
GRACE_QUARTER = Fraction(1, 2)
OCTAVE_SIZES = {1: "8", 2: "15"}
PLACEMENTS: dict[Kind, str] = {
    "tempo": "above", "words": "above", "octave": "above", "dynamic": "below", "wedge": "below", "pedal": "below",
}  # fmt: skip
Hosted = tuple[int, Direction]  # a direction and its staff
Clefs = Mapping[tuple[int, int], Mapping[Fraction, Clef]]  # by bar and staff, by place in the bar


def write_musicxml(result: Result) -> str:
    """Write a score as MusicXML 4.0.

    Parameters
    ----------
    result
        A result with at least one note.

    Returns
    -------
    str
        The text of an uncompressed .musicxml file.
    """
    score = result.score
    bars, voices = _lay_out(score)
    draft = result.draft
    # Corrections of single notes change neither clefs in other bars nor any dynamics.
    before = _draw_staffs(draft.score) if draft else {}
    touched = list_touched(draft, result) if draft else set()
    stretches = {
        staff: choose_clefs(bars, voices, staff, before.get(staff, ()), {bar for one, bar in touched if one == staff})
        for staff in STAFFS
    }
    keys = [_find_key(score.keys, bar) for bar in bars]
    loud = draft or result
    dynamics = (loud.score.notes, [note.velocity for note in loud.performance.notes])
    directions = collect_directions(score, *dynamics, bars, stretches)
    clefs: dict[tuple[int, int], dict[Fraction, Clef]] = {}
    for staff in STAFFS:
        last: Clef | None = None
        for stretch in stretches[staff]:
            if stretch.clef != last:
                clefs.setdefault((stretch.bar, staff), {})[stretch.start_quarter] = stretch.clef
            last = stretch.clef
    shown = {staff: choose_accidentals(voices, [key.fifths for key in keys], staff) for staff in STAFFS}
    divisions = _find_divisions(voices, directions)
    # Equal notes are told apart: each is an object of its own.
    names = {id(note): f"n{number}" for number, note in enumerate(score.notes) if note}

    root = Element("score-partwise", version="4.0")
    _write_head(root, result)
    part = SubElement(root, "part", id="P1")
    for number, bar in enumerate(bars):
        measure = SubElement(part, "measure", number=str(bar.number))
        if bar.number == 0:
            measure.set("implicit", "yes")
        _write_attributes(measure, number, bars, keys, clefs, divisions)
        hosted = _host_directions(voices[number], {staff: directions.get((number, staff), []) for staff in STAFFS}, bar)
        for staff in STAFFS:
            _write_staff(measure, voices[number], staff, bar, shown[staff][number], divisions, names, hosted[staff],
                         clefs.get((number, staff), {}))
    _add(SubElement(measure, "barline", location="right"), "bar-style", "light-heavy")
    _name_parts(root)
    ElementTree.indent(root, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, "unicode")}\n'


@lru_cache(maxsize=1)  # of a draft, into which one correction after the other is put
def _draw_staffs(score: Score) -> dict[int, list[Stretch]]:
    """How each staff of a score is drawn."""
    bars, voices = _lay_out(score)
    return {staff: choose_clefs(bars, voices, staff) for staff in STAFFS}


def _lay_out(score: Score) -> tuple[list[Bar], list[Voices]]:
    """All bars of a score and the signs in them."""
    notes = [note for note in score.notes if note]
    end_quarter = max(note.span.onset_quarter + note.span.duration_quarter for note in notes)
    bars = list_bars(score.meters, score.pickup_quarter, end_quarter)
    return bars, lay_out_signs(notes, bars)


def _name_parts(root: Element) -> None:
    """Make the names of notes unique: the second sign of note 12, tied to its first, is n12-2."""
    counts: Counter[str] = Counter()
    for note in root.iter("note"):
        if name := note.get("id"):
            counts[name] += 1
            if counts[name] > 1:
                note.set("id", f"{name}-{counts[name]}")


def _add(parent: Element, tag: str, text: object = None, **attributes: str) -> Element:
    """A new last child."""
    child = SubElement(parent, tag, attributes)
    if text is not None:
        child.text = str(text)
    return child


def _clean(text: str | None) -> str:
    """What a person wrote without control characters: XML has no place for them, not even escaped."""
    return "".join(filter(str.isprintable, text or ""))


def _find_key(keys: Sequence[Key], bar: Bar) -> Key:
    """The key in force in a bar; the first one from the beginning on."""
    return keys[max(0, bisect_right(keys, bar.start_quarter, key=lambda key: key.quarter) - 1)]


def _find_divisions(voices: Sequence[Voices], directions: Directions) -> int:
    """Parts of a quarter note in which everything can be counted."""
    places = {sign.length_quarter for bar in voices for signs in bar.values() for sign in signs}
    places |= {sign.start_quarter for bar in voices for signs in bar.values() for sign in signs}
    places |= {direction.start_quarter for of in directions.values() for direction in of}
    return lcm(*(place.denominator for place in places))


def _count(length_quarter: Fraction, divisions: int) -> int:
    """A length in ``divisions`` of a quarter, of which it is a whole number."""
    return length_quarter.numerator * (divisions // length_quarter.denominator)


def _write_head(root: Element, result: Result) -> None:
    """Title, composer, who wrote the file, the paper and the part."""
    title, composer = _clean(result.title) or "Piano", _clean(result.choices.composer)
    _add(_add(root, "work"), "work-title", title)
    identification = _add(root, "identification")
    if composer:
        _add(identification, "creator", composer, type="composer")
    encoding = _add(identification, "encoding")
    _add(encoding, "software", f"Ottava {__version__}")
    for element in ("accidental", "beam"):
        _add(encoding, "supports", element=element, type="yes")
    defaults = _add(root, "defaults")
    scaling = _add(defaults, "scaling")
    _add(scaling, "millimeters", STAFF_MM)
    _add(scaling, "tenths", STAFF_TENTHS)
    height, width, margin = (round(mm / STAFF_MM * STAFF_TENTHS, 1) for mm in (HEIGHT_MM, WIDTH_MM, MARGIN_MM))
    page = _add(defaults, "page-layout")
    _add(page, "page-height", height)
    _add(page, "page-width", width)
    margins = _add(page, "page-margins", type="both")
    for side in ("left", "right", "top", "bottom"):
        _add(margins, f"{side}-margin", margin)
    _add(_add(defaults, "system-layout"), "system-distance", BETWEEN_SYSTEMS)
    _add(_add(defaults, "staff-layout", number="2"), "staff-distance", BETWEEN_STAFFS)
    part = _add(_add(root, "part-list"), "score-part", id="P1")
    _add(part, "part-name", "Piano", **{"print-object": "no"})
    _add(_add(part, "score-instrument", id="P1-I1"), "instrument-name", "Piano")
    instrument = _add(part, "midi-instrument", id="P1-I1")
    _add(instrument, "midi-channel", 1)
    _add(instrument, "midi-program", PIANO_PROGRAM)


def _write_attributes(
    measure: Element, number: int, bars: Sequence[Bar], keys: Sequence[Key], clefs: Clefs, divisions: int
) -> None:
    """What changes at the beginning of a bar: signature, meter and clefs."""
    bar = bars[number]
    attributes = Element("attributes")
    if number == 0:
        _add(attributes, "divisions", divisions)
    if number == 0 or keys[number] is not keys[number - 1]:
        key = _add(attributes, "key")
        _add(key, "fifths", keys[number].fifths)
        _add(key, "mode", keys[number].mode)
    if number == 0 or bar.meter is not bars[number - 1].meter:
        time = _add(attributes, "time")
        _add(time, "beats", bar.meter.beats)
        _add(time, "beat-type", bar.meter.beat_type)
    if number == 0:
        _add(attributes, "staves", len(STAFFS))
    for staff in STAFFS:
        clef = clefs.get((number, staff), {}).get(bar.lead_quarter)
        if clef:
            _write_clef(attributes, staff, clef)
    if len(attributes):
        measure.append(attributes)


def _write_clef(attributes: Element, staff: int, clef: Clef) -> None:
    sign, line = CLEFS[clef]
    element = _add(attributes, "clef", number=str(staff))
    _add(element, "sign", sign)
    _add(element, "line", line)


def _host_directions(
    voices: Voices, directions: Mapping[int, Sequence[Direction]], bar: Bar
) -> dict[int, list[Hosted]]:
    """By staff the directions that are written with its voices, each with the staff at which it stands.

    In a staff that rests for the whole bar there is no place but its beginning; other programs misplace or lose what is
    written at a distance from there. So all are written with the other staff where that moves: what ends comes after
    its beginning.
    """
    rests = {staff: all(sign.fills_bar for sign in voices[staff, 1]) for staff in STAFFS}
    hosted: dict[int, list[Hosted]] = {staff: [] for staff in STAFFS}
    for staff, own in directions.items():
        other = STAFFS[0] + STAFFS[1] - staff
        end_quarter = bar.lead_quarter + bar.length_quarter
        has_inside = any(bar.lead_quarter < direction.start_quarter < end_quarter for direction in own)
        host = other if has_inside and rests[staff] and not rests[other] else staff
        hosted[host] += [(staff, direction) for direction in own]
    return {staff: sorted(both, key=lambda one: one[1].start_quarter) for staff, both in hosted.items()}


def _write_staff(
    measure: Element,
    voices: Voices,
    staff: int,
    bar: Bar,
    shown: Mapping[Place, Shown],
    divisions: int,
    names: Mapping[int, str],
    directions: Sequence[Hosted],
    clefs: Mapping[Fraction, Clef],
) -> None:
    """The voices of a staff one after the other; directions go with the first one.

    Ends of lines at the bar line come after the last voice: readers apply an octave line to all notes between its
    beginning and its end in the file.
    """
    end = bar.lead_quarter + bar.length_quarter
    own = {voice: signs for (other, voice), signs in voices.items() if other == staff}
    last = [hosted for hosted in directions if hosted[1].start_quarter >= end]
    waiting = [hosted for hosted in directions if hosted[1].start_quarter < end]
    for voice, signs in own.items():
        if (staff, voice) != (1, 1):
            _add(_add(measure, "backup"), "duration", _count(bar.length_quarter, divisions))
        beams, tuplets = join_beams(signs, bar.meter), bracket_tuplets(signs)
        accidentals: list[dict[int, Shown]] = [{} for _ in signs]
        for (other, number, place), kind in shown.items():
            if other == voice:
                accidentals[number][place] = kind
        for number, sign in enumerate(signs):
            if voice == 1 and (clefs or waiting):
                if sign.start_quarter in clefs and sign.start_quarter > bar.lead_quarter and (
                    number == 0 or signs[number - 1].start_quarter < sign.start_quarter
                ):
                    _write_clef(_add(measure, "attributes"), staff, clefs[sign.start_quarter])
                stop = max(sign.end_quarter, sign.start_quarter + Fraction(1, divisions))
                while waiting and waiting[0][1].start_quarter < stop:
                    _write_direction(measure, *waiting.pop(0), sign.start_quarter, bar, divisions)
            _write_sign(measure, sign, staff, voice, divisions, names, beams[number], tuplets[number],
                        accidentals[number])
    for hosted in last:
        _write_direction(measure, *hosted, end, bar, divisions)


def _write_sign(
    measure: Element,
    sign: Sign,
    staff: int,
    voice: int,
    divisions: int,
    names: Mapping[int, str],
    beams: Sequence[str],
    tuplet: Tuplet | None,
    shown: Mapping[int, Shown],
) -> None:
    """A rest, or one note element for each note of a chord; grace notes are eighths with a stroke."""
    is_grace = not sign.length_quarter
    value = name_value(GRACE_QUARTER if is_grace else sign.length_quarter) if not sign.fills_bar else None
    duration = _count(sign.length_quarter, divisions)
    for place, scored in enumerate(sign.notes or (None,)):
        note = SubElement(measure, "note", {"print-object": "no"} if sign.is_hidden else {})
        if scored:
            note.set("id", names[id(scored)])
        if is_grace:
            _add(note, "grace", slash="yes")
        if place:
            _add(note, "chord")
        if scored is None:
            _add(note, "rest", **({"measure": "yes"} if sign.fills_bar else {}))
        else:
            _write_pitch(note, scored)
        if not is_grace:
            _add(note, "duration", duration)
        ties = ["stop"] * sign.tied_back + ["start"] * sign.tied_on
        for tie in ties:
            _add(note, "tie", type=tie)
        _add(note, "voice", voice + STAFF_VOICES * (staff - 1))
        if value:
            _add(note, "type", value.kind)
            for _ in range(value.dots):
                _add(note, "dot")
        if scored and place in shown:
            _add(note, "accidental", ACCIDENTALS[scored.spelling.alter],
                 **({"cautionary": "yes"} if shown[place] == "courtesy" else {}))
        if value and value.actual != value.normal:
            modification = _add(note, "time-modification")
            _add(modification, "actual-notes", value.actual)
            _add(modification, "normal-notes", value.normal)
        _add(note, "staff", staff)
        for level, beam in enumerate(() if place else beams, 1):
            _add(note, "beam", beam, number=str(level))
        notations = Element("notations")
        for tie in ties:
            _add(notations, "tied", type=tie)
        if tuplet and not place:
            mark = _add(notations, "tuplet", type=tuplet.kind)
            if tuplet.kind == "start":
                mark.set("bracket", "yes" if tuplet.has_bracket else "no")
        if not sign.tied_back:
            _write_ornaments(notations, sign, place)
        if len(notations):
            note.append(notations)


def _write_pitch(note: Element, scored: ScoreNote) -> None:
    pitch = _add(note, "pitch")
    _add(pitch, "step", scored.spelling.step)
    if scored.spelling.alter:
        _add(pitch, "alter", scored.spelling.alter)
    _add(pitch, "octave", scored.spelling.octave)


def _write_ornaments(notations: Element, sign: Sign, place: int) -> None:
    """Signs of a trill, over the chord, and of a broken chord, at each of its notes."""
    ornaments = {note.ornament for note in sign.notes}
    if "trill" in ornaments and not place:
        _add(_add(notations, "ornaments"), "trill-mark")
    if "arpeggio" in ornaments and len(sign.notes) > 1:
        _add(notations, "arpeggiate")


def _write_direction(
    measure: Element, staff: int, given: Direction, start_quarter: Fraction, bar: Bar, divisions: int
) -> None:
    """One direction, at its distance from where the bar is written up to."""
    direction = SubElement(measure, "direction", placement=PLACEMENTS[given.kind])
    kind = _add(direction, "direction-type")
    if given.kind == "tempo" and given.tempo:
        beat = beat_quarters(bar.meter)
        value, metronome = name_value(beat), _add(kind, "metronome")
        _add(metronome, "beat-unit", value.kind)
        for _ in range(value.dots):
            _add(metronome, "beat-unit-dot")
        _add(metronome, "per-minute", round(given.tempo.bpm / float(beat)))
    elif given.kind == "words":
        _add(kind, "words", given.text, **{"font-style": "italic"})
    elif given.kind == "dynamic":
        _add(_add(kind, "dynamics"), given.text)
    elif given.kind == "wedge":
        _add(kind, "wedge", type=given.text)
    elif given.kind == "pedal":
        _add(kind, "pedal", type=given.text, line="yes", sign="no")
    elif given.kind == "octave":
        # MusicXML says where the notes are drawn, the line says where they sound.
        drawn = "down" if given.size > 0 else "up"
        _add(kind, "octave-shift", type="stop" if given.is_stop else drawn, size=OCTAVE_SIZES[abs(given.size)])
    if given.start_quarter != start_quarter:
        _add(direction, "offset", (given.start_quarter - start_quarter) * divisions)
    _add(direction, "staff", staff)
    if given.kind == "tempo" and given.tempo:
        _add(direction, "sound", tempo=f"{given.tempo.bpm:g}")
