"""The ottava-1 format: a result as JSON, written and read.

The same JSON goes to the page, into .json files and to benchmarks. Reading accepts what people and other programs
write: unknown fields are left alone, wrong ones get one sentence.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from ottava.datatypes import (
    HIGHEST_PITCH,
    LOWEST_PITCH,
    Choices,
    Corrected,
    Correction,
    Note,
    Pedal,
    Performance,
    Result,
    Score,
    Spelling,
)
from ottava.errors import TranscriptionError
from ottava.files.midi import LONGEST_SEC, MOST_NOTES, check_size
from ottava.notation.spelling import NATURAL_PITCH_CLASS, name_pitch, read_pitch
from ottava.rhythm.meter import is_meter

FORMAT = "ottava-1"
TEMPO_FACTORS = (2, 3, 1 / 2, 1 / 3, 3 / 2, 2 / 3)
SAME_FACTOR = 0.01  # 0.33 is a third
LONGEST_TEXT = 500  # of a title
MOST_CENTS = 100.0
MOST_REMARKS = 5  # of a file: Ottava makes three
MOST_DEPTH = 100  # ours has 5
BRACKETS = np.zeros(256, np.int8)
BRACKETS[[*b"[{"]], BRACKETS[[*b"]}"]] = 1, -1
MOST_JSON_BYTES = 60_000_000  # 200,000 notes with their score


def result_to_json(result: Result) -> str:
    """Write a result as ottava-1 JSON, on one line."""
    return json.dumps(
        {
            "format": FORMAT,
            "title": result.title,
            "duration_sec": result.duration_sec,
            "performance": performance_to_dict(result.performance),
            "choices": choices_to_dict(result.choices),
            "score": _score_to_dict(result.score),
            "warnings": list(result.warnings),
        },
        allow_nan=False,
        ensure_ascii=False,
    )


def performance_to_dict(performance: Performance) -> dict[str, Any]:
    """``performance`` of the format."""
    return {
        "notes": [_note_to_dict(note) for note in performance.notes],
        "pedals": [asdict(pedal) for pedal in performance.pedals],
        "model": performance.model,
        "possible": [_note_to_dict(note) for note in performance.possible],
        "tuning_cents": performance.tuning_cents,
        **({"remarks": [*performance.remarks]} if performance.remarks else {}),
    }


def _note_to_dict(note: Note) -> dict[str, Any]:
    return {name: value for name, value in asdict(note).items() if value is not None}


def choices_to_dict(choices: Choices) -> dict[str, Any]:
    """``choices`` of the format: only what a person chose."""
    fields: dict[str, Any] = {
        "title": choices.title,
        "composer": choices.composer,
        "tempo_bpm": choices.tempo_bpm,
        "tempo_factor": choices.tempo_factor,
        "meters": [{"sec": sec, "beats": beats, "beat_type": kind} for sec, beats, kind in choices.meters] or None,
        "keys": [{"sec": sec, "fifths": fifths, "mode": mode} for sec, fifths, mode in choices.keys] or None,
        "downbeats_sec": [*choices.downbeats_sec] or None,
        "beats_sec": [*choices.beats_sec] or None,
        "grid": None if choices.grid == "auto" else choices.grid,
        "swing": choices.swing,
        "beats": None if choices.beats == "model" else choices.beats,
        "split": None if choices.split_pitch is None else name_pitch(choices.split_pitch),
        "setting": choices.setting,
        "sensitivity": None if choices.sensitivity == Choices().sensitivity else choices.sensitivity,
        "notes": [
            {"index": index, **_correction_to_dict(choices.corrections[index])} for index in sorted(choices.corrections)
        ]
        or None,
        "added": [
            {**{n: v for n, v in _note_to_dict(note).items() if n != "confidence"}, **_correction_to_dict(correction)}
            for note, correction in choices.added
        ]
        or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _correction_to_dict(correction: Correction) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "deleted": correction.is_deleted or None,
        "onset_sec": correction.onset_sec,
        "offset_sec": correction.offset_sec,
        "pitch": correction.pitch,
        "staff": correction.staff,
        **(asdict(correction.spelling) if correction.spelling else {}),
        "as_heard": correction.as_heard or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def corrected_to_list(corrected: Sequence[Corrected]) -> list[dict[str, Any] | None]:
    """What the page shows of each note of a result as it is after correction; None where the score has none."""
    return [
        {**_note_to_dict(one.note), **({"index": one.index} if one.added is None else {"added": one.added})}
        if one.note
        else None
        for one in corrected
    ]


def _score_to_dict(score: Score) -> dict[str, Any]:
    return {
        "beats": [
            {"time_sec": b.time_sec, "quarter": float(b.quarter), "beat_in_bar": b.beat_in_bar, "bar": b.bar}
            for b in score.beats
        ],
        "meters": [{"quarter": float(m.quarter), "beats": m.beats, "beat_type": m.beat_type} for m in score.meters],
        "pickup_quarter": float(score.pickup_quarter),
        "keys": [{"quarter": float(k.quarter), "fifths": k.fifths, "mode": k.mode} for k in score.keys],
        "tempos": [
            {"quarter": float(t.quarter), "bpm": t.bpm, **({"text": t.text} if t.text else {})} for t in score.tempos
        ],
        "is_swung": score.is_swung,
        "notes": [
            n
            and {
                "onset_quarter": _ratio(n.span.onset_quarter),
                "duration_quarter": _ratio(n.span.duration_quarter),
                "grace": n.span.duration_quarter == 0,
                "staff": n.staff,
                "voice": n.voice,
                "step": n.spelling.step,
                "alter": n.spelling.alter,
                "octave": n.spelling.octave,
                **({"ornament": n.ornament} if n.ornament else {}),
            }
            for n in score.notes
        ],
        "pedals": [
            {"onset_quarter": _ratio(p.onset_quarter), "offset_quarter": _ratio(p.offset_quarter)} for p in score.pedals
        ],
    }


def _ratio(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


def read_result(text: str) -> tuple[str, float, Performance, Choices]:
    """Read title, duration in seconds, performance and choices of an ottava-1 file; the score is made again.

    Raises
    ------
    TranscriptionError
        When the text is no ottava-1 JSON, or its notes make no sense.
    """
    check_size(len(text) <= MOST_JSON_BYTES)
    try:
        fields = json.loads(text) if _measure_depth(text) <= MOST_DEPTH else None
    except (ValueError, RecursionError) as error:
        raise TranscriptionError("This file is not valid JSON; save it again from Ottava.") from error
    if not isinstance(fields, dict) or not str(fields.get("format", "")).startswith(FORMAT):
        raise TranscriptionError("This JSON file is not an Ottava project (format ottava-1).")
    choices = read_choices(fields.get("choices", {}))
    performance = read_performance(fields.get("performance"), [note for note, _ in choices.added])
    check_size(len(performance.notes) <= MOST_NOTES)
    end_sec = max(note.offset_sec for note in performance.notes)
    duration, title = fields.get("duration_sec"), fields.get("title")
    duration_sec = float(duration) if isinstance(duration, int | float) and 0 <= duration < LONGEST_SEC else end_sec
    named = read_text(title) if isinstance(title, str) else None
    return named or "", max(duration_sec, end_sec), performance, choices


def _measure_depth(text: str) -> int:
    """How deep brackets are nested, those in strings among them; json itself would end the page's Python, not raise."""
    steps = BRACKETS[np.frombuffer(text.encode("utf-8", "replace"), np.uint8)]
    return int(np.cumsum(steps, dtype=np.int16).max(initial=0))


def read_performance(fields: Any, added: Sequence[Note] = ()) -> Performance:
    """Read ``performance`` of the format as it was heard.

    Possible notes that were taken into it are left out again, and of those equal to ``added`` ones as many.

    Raises
    ------
    TranscriptionError
        When a note or pedal is missing a field, out of range or not a number, or there is no note.
    """
    try:
        possible = _read_notes(fields.get("possible", []))
        notes = _read_notes(fields["notes"])
        pedals = sorted(map(_read_pedal, fields.get("pedals", [])), key=lambda pedal: pedal.onset_sec)
        tuning_cents = float(fields.get("tuning_cents", 0.0))
        remarks = tuple(filter(None, (read_text(str(text)) for text in fields.get("remarks", [])[:MOST_REMARKS])))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise TranscriptionError("The notes of this Ottava project are damaged.") from error
    taken = {*possible}
    notes = [note for note in notes if note not in taken]
    for note in added:
        if note in notes:
            notes.remove(note)
    if not notes:
        raise TranscriptionError("This Ottava project holds no notes.")
    if not -MOST_CENTS <= tuning_cents <= MOST_CENTS:
        tuning_cents = 0.0
    model = read_text(str(fields.get("model", "")))
    return Performance(tuple(notes), tuple(pedals), model or "", tuple(possible), tuning_cents, remarks)


def _read_notes(items: Sequence[Any]) -> list[Note]:
    return sorted(map(_read_note, items), key=lambda note: (note.onset_sec, note.pitch))


def _read_note(fields: Mapping[str, Any]) -> Note:
    onset_sec, offset_sec = _read_interval(fields)
    pitch, velocity = int(fields["pitch"]), int(fields["velocity"])
    if not (LOWEST_PITCH <= pitch <= HIGHEST_PITCH and 1 <= velocity <= 127):
        raise ValueError(f"pitch {pitch} or velocity {velocity} out of range")
    confidence = float(fields.get("confidence", 1.0))
    if not 0 <= confidence <= 1:
        raise ValueError(f"confidence {confidence} out of range")
    hand = fields.get("hand")
    return Note(onset_sec, offset_sec, pitch, velocity, confidence, hand if hand in (1, 2) else None)


def _read_pedal(fields: Mapping[str, Any]) -> Pedal:
    kind: Literal["sustain", "soft"] = "soft" if fields["kind"] == "soft" else "sustain"
    return Pedal(*_read_interval(fields), kind)


def _read_interval(fields: Mapping[str, Any]) -> tuple[float, float]:
    onset_sec, offset_sec = float(fields["onset_sec"]), float(fields["offset_sec"])
    if not (0 <= onset_sec < offset_sec < LONGEST_SEC):
        raise ValueError(f"no interval: {onset_sec} to {offset_sec} s")
    return onset_sec, offset_sec


def read_choices(fields: Any) -> Choices:
    """Read ``choices`` of the format.

    Raises
    ------
    TranscriptionError
        When a choice has the wrong form.
    """
    try:
        corrections = {int(note["index"]): _read_correction(note) for note in fields.get("notes") or []}
        return make_choices(
            title=fields.get("title"),
            composer=fields.get("composer"),
            tempo_bpm=None if fields.get("tempo_bpm") is None else float(fields["tempo_bpm"]),
            tempo_factor=fields.get("tempo_factor"),
            meters=tuple(sorted(
                (float(meter.get("sec", 0.0)), int(meter["beats"]), int(meter["beat_type"]))
                for meter in fields.get("meters") or []
            )),
            keys=tuple(sorted(
                (float(key.get("sec", 0.0)), int(key["fifths"]), str(key["mode"])) for key in fields.get("keys") or []
            )),
            downbeats_sec=_read_times(fields.get("downbeats_sec")),
            beats_sec=_read_times(fields.get("beats_sec")),
            grid=str(fields.get("grid") or "auto"),
            swing=fields.get("swing"),
            beats=str(fields.get("beats") or "model"),
            split_pitch=None if fields.get("split") in (None, "auto") else read_pitch(fields["split"]),
            setting=fields.get("setting"),
            sensitivity=float(fields.get("sensitivity", Choices().sensitivity)),
            corrections=corrections,
            added=tuple((_read_note(note), _read_correction(note, of_new=True)) for note in fields.get("added") or []),
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise TranscriptionError("The choices of this Ottava project are damaged.") from error


def _read_correction(fields: Mapping[str, Any], of_new: bool = False) -> Correction:
    """A correction; a note that was added has its own times and pitch, and here only how it is written."""
    staff = fields.get("staff")
    if staff not in (None, 1, 2):
        raise ValueError(f"no staff: {staff}")
    spelling = None
    if fields.get("step") is not None:
        spelling = Spelling(str(fields["step"]), int(fields.get("alter", 0)), int(fields["octave"]))
        if spelling.step not in NATURAL_PITCH_CLASS or not -2 <= spelling.alter <= 2:
            raise ValueError(f"no name of a note: {spelling}")
    as_heard = bool(fields.get("as_heard"))
    if of_new:
        return Correction(staff=staff, spelling=spelling, as_heard=as_heard)
    times = [None if fields.get(name) is None else float(fields[name]) for name in ("onset_sec", "offset_sec")]
    if any(time is not None and not 0 <= time < LONGEST_SEC for time in times):
        raise ValueError(f"no time: {times}")
    pitch = None if fields.get("pitch") is None else int(fields["pitch"])
    if pitch is not None and not LOWEST_PITCH <= pitch <= HIGHEST_PITCH:
        raise ValueError(f"no key of a piano: {pitch}")
    return Correction(bool(fields.get("deleted")), times[0], times[1], pitch, staff, spelling, as_heard)


def _read_times(items: Sequence[float] | None) -> tuple[float, ...]:
    """Times in order, each once."""
    return tuple(sorted({float(time) for time in items or []}))


def read_text(text: Any) -> str | None:
    """Read what a person wrote: no longer than some lines, and without halves of letters, which no file can hold.

    Raises
    ------
    ValueError
        When it is neither text nor None.
    """
    if text is None:
        return None
    if not isinstance(text, str):
        raise ValueError("title, composer and setting must be text")
    return text[:LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8")


def make_choices(**fields: Any) -> Choices:
    """Check the ranges of the choices that reach us from outside.

    Raises
    ------
    ValueError
        With a sentence that names the choice and what it may be.
    """
    tempo, factor = fields["tempo_bpm"], fields["tempo_factor"]
    if tempo is not None and not 10 <= float(tempo) <= 400:
        raise ValueError("the tempo must lie between 10 and 400 beats a minute")
    if factor is not None and not any(abs(factor / one - 1) < SAME_FACTOR for one in TEMPO_FACTORS):
        raise ValueError("the tempo factor must be 2, 3, 1/2, 1/3, 3/2 or 2/3")
    for sec, beats, beat_type in fields["meters"]:
        if not is_meter(beats, beat_type):
            raise ValueError("the meter must look like 3/4 or 6/8")
        if not 0 <= sec < LONGEST_SEC:
            raise ValueError("a meter must begin at a time in seconds from the start")
    for sec, fifths, mode in fields["keys"]:
        if not (-7 <= fifths <= 7 and mode in ("major", "minor")):
            raise ValueError('the key must be -7 to 7 sharps (flats are negative) or a name such as "Eb minor"')
        if not 0 <= sec < LONGEST_SEC:
            raise ValueError("a key must begin at a time in seconds from the start")
    if fields["grid"] not in ("auto", "8", "16", "triplet"):
        raise ValueError("the grid must be auto, 8, 16 or triplet")
    if fields["swing"] not in (None, True, False):
        raise ValueError("swing must be true or false")
    if fields["beats"] not in ("model", "dp"):
        raise ValueError("beats must be found by model or dp")
    for times, name in ((fields["downbeats_sec"], "a downbeat"), (fields["beats_sec"], "a beat")):
        if not all(0 <= time < LONGEST_SEC for time in times):
            raise ValueError(f"{name} must be a time in seconds from the start")
    if len(fields["beats_sec"]) == 1:
        raise ValueError("one beat alone gives no tempo: tap at least two")
    if not 0 <= fields["sensitivity"] <= 1:
        raise ValueError("the sensitivity must lie between 0 and 1")
    fields |= {name: read_text(fields[name]) for name in ("title", "composer", "setting")}
    return Choices(**fields)
