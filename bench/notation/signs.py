"""What a MusicXML file puts on the page: its signs counted, bar by bar, whoever wrote it.

Only what is printed counts: notes and rests with ``print-object="no"`` do not, nor tuplets that show neither number nor
bracket. A note is a head that no tie leads to. Times are quarters from the beginning, as the file writes it.
"""

import xml.etree.ElementTree as ElementTree
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise
from xml.etree.ElementTree import Element

MEASURES = (
    "symbols per bar", "ties per note", "rests per note", "tuplets per bar", "voices per staff and bar",
    "accidentals per note", "ledger lines per note", "clef changes per bar",
)  # fmt: skip
STEPS = "CDEFGAB"
# The note that a clef names, counted in steps from C0, and the line where it stands if the file does not say.
CLEFS = {"G": (4 * 7 + 4, 2), "F": (3 * 7 + 3, 4), "C": (4 * 7, 3)}
TOP_LINE = 8  # steps above the lowest line
Timed = tuple[int, Fraction, Element]  # index of the bar, quarters
Changes = dict[str, list[tuple[Fraction, int]]]  # by staff, in order of time


def measure_score(text: str | bytes) -> dict[str, float]:
    """Count the signs of a score of one part.

    Parameters
    ----------
    text
        An uncompressed MusicXML file.

    Returns
    -------
    dict
        A figure for each of `MEASURES`, and "bars", how many there are. Symbols are heads, rests, dots, ties,
        accidentals, tuplets and changes of clef. Voices are those with a note, of the staffs and bars with a note.
    """
    part = ElementTree.fromstring(text).find("part")
    if part is None:
        raise ValueError("no part in this file")
    elements = list(walk_part(part))
    notes = [timed for timed in elements if timed[2].tag == "note" and is_printed(timed[2])]
    clefs = find_clefs(elements)
    counts = count_signs(element for _, _, element in notes)
    counts["clefs"] = sum(before != after for of in clefs.values() for (_, before), (_, after) in pairwise(of))
    counts["tuplets"] = count_tuplets([element for _, _, element in elements if element.tag == "note"])
    symbols = sum(counts[name] for name in ("heads", "rests", "dots", "ties", "accidentals", "tuplets", "clefs"))
    n_bars, n_notes = len(part.findall("measure")), max(counts["notes"], 1)
    figures = (
        symbols / n_bars, counts["ties"] / n_notes, counts["rests"] / n_notes, counts["tuplets"] / n_bars,
        count_voices(notes), counts["accidentals"] / n_notes,
        count_ledger_lines(notes, clefs, find_octave_shifts(elements)) / n_notes, counts["clefs"] / n_bars,
    )  # fmt: skip
    return {**dict(zip(MEASURES, figures, strict=True)), "bars": n_bars}


def walk_part(part: Element) -> Iterator[Timed]:
    """Everything in the bars of a part with its time, which notes of a chord share; `backup` and `forward` are gone."""
    begin, divisions = Fraction(0), Fraction(1)
    for bar, measure in enumerate(part.iterfind("measure")):
        now = onset = end = begin
        for element in measure:
            divisions = Fraction(element.findtext("divisions") or divisions)
            length = Fraction(element.findtext("duration") or 0) / divisions
            if element.tag in ("backup", "forward"):
                now += length if element.tag == "forward" else -length
            elif element.tag == "note":
                if element.find("chord") is None:
                    onset, now = now, now + length
                yield bar, onset, element
            else:
                yield bar, now + Fraction(element.findtext("offset") or 0) / divisions, element
            end = max(end, now)
        begin = end


def is_printed(note: Element) -> bool:
    """Whether a note or rest is to be seen."""
    return note.get("print-object") != "no"


def is_struck(note: Element) -> bool:
    """Whether an element is a note that begins here."""
    return note.find("rest") is None and note.find("tie[@type='stop']") is None


def count_signs(notes: Iterable[Element]) -> Counter[str]:
    """Heads, notes, rests and what stands at them."""
    counts: Counter[str] = Counter()
    for note in notes:
        counts["heads" if note.find("rest") is None else "rests"] += 1
        counts["notes"] += is_struck(note)
        counts["dots"] += len(note.findall("dot"))
        counts["accidentals"] += len(note.findall("accidental"))
        counts["ties"] += len(note.findall("notations/tied[@type='start']"))
    return counts


def count_tuplets(notes: list[Element]) -> int:
    """Tuplets with a number or a bracket, and with something printed within."""
    count = 0
    waiting: Counter[str] = Counter()  # by voice: begun, and nothing printed yet
    for note in notes:
        voice = note.findtext("voice", "1")
        tuplets = note.findall("notations/tuplet")
        waiting[voice] += sum(tuplet.get("type") == "start" and shows_tuplet(tuplet) for tuplet in tuplets)
        if is_printed(note):
            count += waiting.pop(voice, 0)
        elif any(tuplet.get("type") == "stop" for tuplet in tuplets):
            waiting.pop(voice, 0)
    return count


def shows_tuplet(tuplet: Element) -> bool:
    """Whether the sign itself is printed: editors hide it where a figure goes on."""
    return tuplet.get("show-number") != "none" or tuplet.get("bracket") == "yes"


def count_voices(notes: list[Timed]) -> float:
    """Mean number of voices with a note, over the staffs and bars with a note."""
    voices: dict[tuple[int, str], set[str]] = defaultdict(set)
    for bar, _, note in notes:
        if note.find("rest") is None:
            voices[bar, note.findtext("staff", "1")].add(note.findtext("voice", "1"))
    return sum(map(len, voices.values())) / max(len(voices), 1)


def find_clefs(elements: list[Timed]) -> Changes:
    """The lowest line of each staff, in steps from C0, and where it changes."""
    clefs: Changes = defaultdict(list)
    for _, quarter, element in elements:
        for clef in element.findall("clef") if element.tag == "attributes" else ():
            note, line = CLEFS[clef.findtext("sign", "G")]
            note += 7 * int(clef.findtext("clef-octave-change") or 0)
            lowest = note - 2 * (int(clef.findtext("line") or line) - 1)
            clefs[clef.get("number", "1")].append((quarter, lowest))
    return {staff: sorted(changes, key=lambda change: change[0]) for staff, changes in clefs.items()}


def find_octave_shifts(elements: list[Timed]) -> Changes:
    """Steps by which the notes of a staff are printed above their pitch, under 8va and the like."""
    shifts: Changes = defaultdict(list)
    for _, quarter, element in elements:
        for shift in element.iterfind("direction-type/octave-shift"):
            sign = {"up": 1, "down": -1, "stop": 0}.get(shift.get("type", ""))
            if sign is not None:
                shifts[element.findtext("staff", "1")].append((quarter, sign * (int(shift.get("size", 8)) - 1)))
    # Where one line ends and another begins, the end comes first.
    return {staff: sorted(changes, key=lambda change: (change[0], change[1] != 0)) for staff, changes in shifts.items()}


def count_ledger_lines(notes: list[Timed], clefs: Changes, shifts: Changes) -> int:
    """Ledger lines that the notes would have one by one: those of a chord are not shared."""
    count = 0
    for _, quarter, note in notes:
        pitch = note.find("pitch")
        if pitch is None or not is_struck(note):
            continue
        staff = note.findtext("staff", "1")
        height = 7 * int(pitch.findtext("octave", "4")) + STEPS.index(pitch.findtext("step", "C"))
        height += find_in_force(shifts.get(staff, []), quarter, 0) - find_in_force(clefs[staff], quarter, 0)
        count += max(-height, height - TOP_LINE, 0) // 2
    return count


def find_in_force(changes: list[tuple[Fraction, int]], quarter: Fraction, default: int) -> int:
    """The value at a time."""
    index = bisect_right(changes, quarter, key=lambda change: change[0])
    return changes[index - 1][1] if index else default
