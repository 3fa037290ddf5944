"""MusicXML: the page as other programs read it, a grand staff for piano.

Conventions: music21 holds the score tree. Bars, ties and rests are made here, so that its own notation pass stays off
and nothing is guessed twice. The text is the same for the same score wherever it is written: no date, no random
identifiers.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from xml.etree.ElementTree import SubElement

from music21 import bar, chord, clef, expressions, key, layout, metadata, meter, note, pitch, stream, tempo, tie
from music21.musicxml.m21ToXml import ScoreExporter
from music21.stream.makeNotation import makeTupletBrackets

from ottava import __version__
from ottava.datatypes import Meter, Result, Score, ScoreNote
from ottava.meter import Bar, beat_quarters, list_bars
from ottava.ties import split_span

# A lower staff whose middle note lies above this is written in the treble clef.
TREBLE_ABOVE_PITCH = 62
Graces = dict[int, dict[Fraction, list[ScoreNote]]]  # of a bar, by voice and quarter


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
    """Name us and the instrument, instead of music21, the day, a composer that nobody gave and a part by chance."""
    for part in (exporter.xmlRoot.find("part-list/score-part"), exporter.xmlRoot.find("part")):
        part.set("id", "P1")
    # MuseScore complains of a part without one.
    instrument = SubElement(exporter.xmlRoot.find("part-list/score-part"), "score-instrument", id="P1-I1")
    SubElement(instrument, "instrument-name").text = "Piano"
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
    end = max(scored.span.onset_quarter + scored.span.duration_quarter for scored in notes)
    bars = list_bars(score.meters, score.pickup_quarter, end)
    own = [scored for scored in notes if scored.staff == staff]
    voices, graces = _lay_out_voices(own, bars), _lay_out_graces(own, bars)
    pitches = sorted(_pitch(scored).midi for scored in own)
    middle = pitches[len(pitches) // 2] if pitches else 0
    now: Meter | None = None
    for index, place in enumerate(bars):
        measure = stream.Measure(number=place.number)
        if not index:
            measure.insert(0, clef.TrebleClef() if staff == 1 or middle > TREBLE_ABOVE_PITCH else clef.BassClef())
            measure.insert(0, _make_key(score))
        if place.meter is not now:
            now = place.meter
            signature = meter.TimeSignature(f"{now.beats}/{now.beat_type}")
            measure.insert(0, signature)
        if staff == 1:
            _insert_tempos(measure, score, place)
        if place.number == 0:
            measure.paddingLeft = place.lead_quarter
            measure.showNumber = stream.enums.ShowNumber.NEVER
        _fill_measure(measure, voices[index], graces[index], place)
        part.append(measure)
        for voice in measure.voices or [measure]:
            _make_beams(voice, signature, measure.paddingLeft)
            makeTupletBrackets(voice, inPlace=True)
    part.makeAccidentals(inPlace=True)
    part.getElementsByClass(stream.Measure).last().rightBarline = bar.Barline("final")
    return part


def _make_beams(voice: stream.Stream, signature: meter.TimeSignature, begin_quarter: float) -> None:
    """Join the flags of a voice; music21's own makeBeams searches the whole part for the meter, bar by bar."""
    elements = [element for element in voice.notesAndRests if not element.duration.isGrace]
    for element, beams in zip(elements, signature.getBeams(elements, begin_quarter), strict=True):
        if beams is not None and not element.isRest:
            element.beams = beams


def _lay_out_voices(notes: Sequence[ScoreNote], bars: Sequence[Bar]) -> dict[int, dict[int, list[Sign]]]:
    """Signs of one staff by index of the bar and voice, ties made at the bar lines, rests still to be filled."""
    chords: dict[tuple[int, Fraction], list[ScoreNote]] = defaultdict(list)
    for scored in notes:
        if scored.span.duration_quarter:
            chords[scored.voice, scored.span.onset_quarter].append(scored)
    starts = [place.start_quarter for place in bars]
    laid: dict[int, dict[int, list[Sign]]] = defaultdict(lambda: defaultdict(list))
    for (voice, onset), members in sorted(chords.items(), key=lambda item: item[0]):
        end = onset + members[0].span.duration_quarter
        begin = onset
        while begin < end:
            index = bisect_right(starts, begin) - 1
            place = bars[index]
            stop = min(end, place.start_quarter + place.length_quarter)
            # The pickup counts from its own start, which leaves the beats where the whole bar has them.
            start = begin - place.start_quarter + place.lead_quarter
            laid[index][voice].append(Sign(start, stop - begin, tuple(members), begin > onset, stop < end))
            begin = stop
    return laid


def _lay_out_graces(notes: Sequence[ScoreNote], bars: Sequence[Bar]) -> dict[int, Graces]:
    """Grace notes of one staff by index of the bar, voice and quarter of the bar."""
    starts = [place.start_quarter for place in bars]
    laid: dict[int, Graces] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for scored in notes:
        if not scored.span.duration_quarter:
            index = max(0, bisect_right(starts, scored.span.onset_quarter) - 1)
            start = scored.span.onset_quarter - bars[index].start_quarter + bars[index].lead_quarter
            laid[index][scored.voice][start].append(scored)
    return laid


def _fill_measure(
    measure: stream.Measure,
    voices: dict[int, list[Sign]],
    graces: Graces,
    place: Bar,
) -> None:
    """Write the voices of a bar; voice 1 shows its rests, the others hide them."""
    first, unit = place.lead_quarter, beat_quarters(place.meter)
    if not voices and not graces:
        rest = note.Rest(quarterLength=place.length_quarter)
        rest.fullMeasure = True
        measure.insert(0, rest)
        return
    numbers = sorted({1, *voices, *graces})
    for voice in numbers:
        holder = stream.Voice(id=str(voice)) if len(numbers) > 1 else measure
        early = dict(graces.get(voice, {}))
        for sign in _with_rests(voices.get(voice, []), first, first + place.length_quarter):
            for start in sorted(start for start in early if start <= sign.start_quarter):
                _append_graces(holder, early.pop(start))
            _append_sign(holder, sign, unit, hidden=voice > 1)
        for start in sorted(early):
            _append_graces(holder, early.pop(start))
        if holder is not measure:
            measure.insert(0, holder)


def _append_graces(holder: stream.Stream, notes: Sequence[ScoreNote]) -> None:
    """Grace notes before the next sign, one after the other; those struck together are not told apart."""
    for scored in notes:
        head = note.Note(_pitch(scored), type="eighth")
        holder.append(head.getGrace())


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


def _append_sign(holder: stream.Stream, sign: Sign, beat_quarter: Fraction, hidden: bool) -> None:
    """Write one sign as as many tied notes (or rests) as it takes to show the beats."""
    lengths = split_span(sign.start_quarter, sign.duration_quarter, beat_quarter)
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
            if not back:
                _add_ornaments(element, sign.notes)
        holder.append(element)


def _add_ornaments(element: note.NotRest, notes: Sequence[ScoreNote]) -> None:
    """Signs of a trill and of a broken chord."""
    ornaments = {scored.ornament for scored in notes}
    if "trill" in ornaments:
        element.expressions.append(expressions.Trill())
    if "arpeggio" in ornaments and isinstance(element, chord.Chord):
        element.expressions.append(expressions.ArpeggioMark())


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


def _insert_tempos(measure: stream.Measure, score: Score, place: Bar) -> None:
    """Tempo marks of a bar; the first ones stand over the first note, pickup or not."""
    for index, mark in enumerate(score.tempos):
        is_first = index == 0 and place.start_quarter <= 0 and (place.number == 0 or not score.pickup_quarter)
        offset = mark.quarter - place.start_quarter
        if not is_first and (index == 0 or not 0 <= offset < place.length_quarter):
            continue
        element: tempo.TempoIndication | expressions.TextExpression
        if mark.text:
            element = expressions.TextExpression(mark.text)
        else:
            beat = beat_quarters(place.meter)
            referent = note.Note(quarterLength=beat).duration
            element = tempo.MetronomeMark(number=round(mark.bpm / float(beat)), referent=referent)
        element.placement = "above"
        measure.insert(0 if is_first else offset, element)
    if score.is_swung and place.number == (0 if score.pickup_quarter else 1):
        swing = expressions.TextExpression("swing")
        swing.placement = "above"
        measure.insert(0, swing)
