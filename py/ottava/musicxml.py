"""MusicXML: the page as other programs read it, a grand staff for piano.

Conventions: music21 holds the score tree. Bars, ties and rests are made here, so that its own notation pass stays off
and nothing is guessed twice. The text is the same for the same score wherever it is written: no date, no random
identifiers.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from music21 import bar, chord, clef, key, layout, metadata, meter, note, pitch, stream, tempo, tie
from music21.musicxml.m21ToXml import ScoreExporter
from music21.stream.makeNotation import makeTupletBrackets

from ottava import __version__
from ottava.datatypes import Meter, Result, Score, ScoreNote
from ottava.meter import bar_quarters, beat_quarters
from ottava.rhythm import split_span

# A lower staff whose middle note lies above this is written in the treble clef.
TREBLE_ABOVE_PITCH = 62


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign of a voice in a bar: a chord, or a rest without ``notes``. Quarters count from the bar's start."""

    start_quarter: Fraction
    duration_quarter: Fraction
    notes: tuple[ScoreNote, ...]
    tied_back: bool = False
    tied_on: bool = False


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
    notes = [scored for scored in score.notes if scored]
    tree = stream.Score(id="score")
    tree.metadata = metadata.Metadata()
    # XML has no place for control characters, not even escaped.
    tree.metadata.title = "".join(filter(str.isprintable, result.title)) or "Piano"
    parts = [_make_part(score, notes, staff) for staff in (1, 2)]
    for part in parts:
        tree.insert(0, part)
    tree.insert(0, layout.StaffGroup(parts, name="Piano", symbol="brace", barTogether=True, id="piano"))
    exporter = ScoreExporter(tree, makeNotation=False)
    exporter.parse()
    _sign(exporter)
    return str(exporter.asBytes(), "utf-8")


def _sign(exporter: ScoreExporter) -> None:
    """Put our name where music21 puts its own, the day, a composer that nobody gave and a part's name by chance."""
    for part in (exporter.xmlRoot.find("part-list/score-part"), exporter.xmlRoot.find("part")):
        part.set("id", "P1")
    identification = exporter.xmlRoot.find("identification")
    for creator in identification.findall("creator"):
        identification.remove(creator)
    encoding = identification.find("encoding")
    encoding.remove(encoding.find("encoding-date"))
    for software in encoding.findall("software"):
        software.text = f"Ottava {__version__}"


def _make_part(score: Score, notes: Sequence[ScoreNote], staff: int) -> stream.PartStaff:
    """One staff with all its bars."""
    part = stream.PartStaff(id=f"P1-Staff{staff}")
    part.partName = "Piano"
    now = score.meters[0]
    length = bar_quarters(now)
    signature = meter.TimeSignature(f"{now.beats}/{now.beat_type}")
    voices = _lay_out_voices([scored for scored in notes if scored.staff == staff], length)
    n_bars = ceil(max(scored.span.onset_quarter + scored.span.duration_quarter for scored in notes) / length)
    pitches = sorted(_pitch(scored).midi for scored in notes if scored.staff == staff)
    middle = pitches[len(pitches) // 2] if pitches else 0
    for number in range(0 if score.pickup_quarter else 1, n_bars + 1):
        measure = stream.Measure(number=number)
        if not part:
            measure.insert(0, clef.TrebleClef() if staff == 1 or middle > TREBLE_ABOVE_PITCH else clef.BassClef())
            measure.insert(0, _make_key(score))
            measure.insert(0, signature)
            if staff == 1:
                measure.insert(0, _make_tempo(score, now))
        if number == 0:
            measure.paddingLeft = length - score.pickup_quarter
            measure.showNumber = stream.enums.ShowNumber.NEVER
        _fill_measure(measure, voices[number], length if number else score.pickup_quarter, number, now)
        part.append(measure)
    part.makeAccidentals(inPlace=True)
    for measure in part.getElementsByClass(stream.Measure):
        for voice in measure.voices or [measure]:
            _make_beams(voice, signature, measure.paddingLeft)
            makeTupletBrackets(voice, inPlace=True)
    part.getElementsByClass(stream.Measure).last().rightBarline = bar.Barline("final")
    return part


def _make_beams(voice: stream.Stream, signature: meter.TimeSignature, begin_quarter: float) -> None:
    """Join the flags of a voice; music21's own makeBeams searches the whole part for the meter, bar by bar."""
    elements = list(voice.notesAndRests)
    for element, beams in zip(elements, signature.getBeams(elements, begin_quarter), strict=True):
        if beams is not None and not element.isRest:
            element.beams = beams


def _lay_out_voices(notes: Sequence[ScoreNote], length: Fraction) -> dict[int, dict[int, list[Sign]]]:
    """Signs of one staff by bar number and voice, ties made at the bar lines, rests still to be filled."""
    chords: dict[tuple[int, Fraction], list[ScoreNote]] = defaultdict(list)
    for scored in notes:
        chords[scored.voice, scored.span.onset_quarter].append(scored)
    bars: dict[int, dict[int, list[Sign]]] = defaultdict(lambda: defaultdict(list))
    for (voice, onset), members in sorted(chords.items(), key=lambda item: item[0]):
        end = onset + members[0].span.duration_quarter
        begin = onset
        while begin < end:
            number = int(begin // length) + 1
            stop = min(end, number * length)
            # The pickup counts from its own start, which leaves the beats where the whole bar has them.
            start = begin - (number - 1) * length
            bars[number][voice].append(Sign(start, stop - begin, tuple(members), begin > onset, stop < end))
            begin = stop
    return bars


def _fill_measure(
    measure: stream.Measure, voices: dict[int, list[Sign]], length: Fraction, number: int, now: Meter
) -> None:
    """Write the voices of a bar; voice 1 shows its rests, the second hides them."""
    first = bar_quarters(now) - length
    if not voices:
        rest = note.Rest(quarterLength=length)
        rest.fullMeasure = True
        measure.insert(0, rest)
        return
    for voice in sorted({1, *voices}):
        holder = stream.Voice(id=str(voice)) if len(voices) > 1 or 1 not in voices else measure
        for sign in _with_rests(voices.get(voice, []), first, first + length):
            _insert_sign(holder, sign, first, beat_quarters(now), hidden=voice > 1)
        if holder is not measure:
            measure.insert(0, holder)


def _with_rests(signs: Sequence[Sign], start: Fraction, end: Fraction) -> list[Sign]:
    """The signs with a rest in every gap from ``start`` to ``end``."""
    filled = []
    for sign in [*signs, Sign(end, Fraction(0), ())]:
        if sign.start_quarter > start:
            filled.append(Sign(start, sign.start_quarter - start, ()))
        if sign.duration_quarter:
            filled.append(sign)
        start = sign.start_quarter + sign.duration_quarter
    return filled


def _insert_sign(
    holder: stream.Stream, sign: Sign, first: Fraction, beat_quarter: Fraction, hidden: bool
) -> None:
    """Insert one sign as as many tied notes (or rests) as it takes to show the beats."""
    lengths = split_span(sign.start_quarter, sign.duration_quarter, beat_quarter)
    start = sign.start_quarter
    for index, value in enumerate(lengths):
        element: note.GeneralNote
        if not sign.notes:
            element = note.Rest(quarterLength=value)
            element.style.hideObjectOnPrint = hidden
        else:
            back, on = sign.tied_back or index > 0, sign.tied_on or index < len(lengths) - 1
            heads = [_make_head(scored, back, on) for scored in _distinct(sign.notes)]
            element = heads[0] if len(heads) == 1 else chord.Chord(heads)
            element.quarterLength = value
        holder.insert(start - first, element)
        start += value


def _distinct(notes: Sequence[ScoreNote]) -> list[ScoreNote]:
    """A chord's notes from low to high, each pitch once: a trill's repeats may fall on one place."""
    return [n for _, n in sorted({_pitch(n).midi: n for n in notes}.items())]


def _make_head(scored: ScoreNote, back: bool, on: bool) -> note.Note:
    head = note.Note(_pitch(scored))
    if back or on:
        head.tie = tie.Tie("continue" if back and on else "stop" if back else "start")
    return head


def _pitch(scored: ScoreNote) -> pitch.Pitch:
    spelling = scored.spelling
    return pitch.Pitch(step=spelling.step, accidental=spelling.alter or None, octave=spelling.octave)


def _make_key(score: Score) -> key.KeySignature:
    return key.KeySignature(score.keys[0].fifths)


def _make_tempo(score: Score, now: Meter) -> tempo.MetronomeMark:
    beat = beat_quarters(now)
    mark = tempo.MetronomeMark(
        number=round(score.tempos[0].bpm / float(beat)), referent=note.Note(quarterLength=beat).duration
    )
    mark.placement = "above"
    return mark
