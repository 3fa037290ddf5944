"""The whole way, in two stages: `listen` hears a performance in a recording, `notate` writes a performance down.

The cut lies where people correct things: every correction is a `Choices` value and runs `notate` alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from ottava.datatypes import (
    Choices,
    Corrected,
    Note,
    Performance,
    Read,
    Report,
    Result,
    Run,
    Score,
    ScoreNote,
)
from ottava.errors import TranscriptionError
from ottava.listening.activations import N_TRACKS, compute_attributes, compute_places, compute_segment, plan_segments
from ottava.listening.audio import check_length, check_loudness
from ottava.listening.checkpoints import Checkpoint
from ottava.listening.confidence import check_notes, find_warnings
from ottava.listening.presses import (
    clean_presses,
    convert_notes,
    convert_pedals,
    decode_intervals,
    drop_overlapping,
    find_first_frames,
    find_possible,
    join_presses,
    place_presses,
)
from ottava.listening.tuning import describe_tuning, estimate_tuning
from ottava.models import Model
from ottava.notation.corrections import choose_name, correct_notes
from ottava.notation.edits import edit_score
from ottava.notation.hands import choose_staffs
from ottava.notation.key import place_keys
from ottava.notation.lengths import cut_silent, trim_durations
from ottava.notation.names import name_notes
from ottava.notation.ornaments import find_ornaments
from ottava.notation.pedals import place_pedals
from ottava.notation.values import ask_values, choose_lengths
from ottava.notation.voices import HELD_QUARTER, separate_voices
from ottava.rhythm.chords import group_notes
from ottava.rhythm.meter import complete_grid, list_bars, number_beats, place_spans
from ottava.rhythm.places import limit_places
from ottava.rhythm.placing import place_chords
from ottava.rhythm.readings import Pace
from ottava.rhythm.tempo import choose_tempos


async def listen(
    read: Read,
    n_samples: int,
    model: Model,
    hop_sec: float,
    run: Run,
    report: Report,
    begun: Sequence[Checkpoint] = (),
    keep: Callable[[Checkpoint], None] = lambda checkpoint: None,
) -> Performance:
    """Hear the notes and pedals of a recording.

    Parameters
    ----------
    read, n_samples
        The recording, at the model's sample rate.
    model, run
        The model and the host's call that runs its graphs.
    hop_sec
        Seconds between segments, see `ottava.models.choose_setting`.
    report
        Called after every segment with stage "listening", the share done, and the notes and pedals that are final.
    begun, keep
        The checkpoints of a listening to the same recording that was broken off: it goes on after them. ``keep`` is
        given each new one.

    Returns
    -------
    Performance
        Notes sorted by (onset_sec, pitch); those of a pitch do not overlap.

    Raises
    ------
    TranscriptionError
        The recording is too short, damaged or silent, or no note was heard in it.
    """
    check_length(n_samples, model.sample_rate)
    plan = plan_segments(n_samples, model, hop_sec)
    listening = f"{model.name} {n_samples} {hop_sec}"
    begun = [checkpoint for checkpoint in begun if checkpoint.listening == listening][: len(plan.begin_samples)]
    presses = [press for checkpoint in begun for press in checkpoint.presses]
    possible = [press for checkpoint in begun for press in checkpoint.possible]
    last_presses = {press.track: press for press in begun[-1].last_presses} if begun else {}
    first_frames = begun[-1].first_frames if begun else np.full(N_TRACKS, plan.first_frame, np.int64)
    peak = begun[-1].peak if begun else 0.0
    report("listening", len(begun) / len(plan.begin_samples), convert_notes(presses), convert_pedals(presses))
    tuning_cents = begun[-1].tuning_cents if begun else await estimate_tuning(read, n_samples)
    places = await compute_places(run)
    for count, begin_sample in enumerate(plan.begin_samples[len(begun) :], len(begun) + 1):
        segment = await compute_segment(read, n_samples, begin_sample, tuning_cents, places, model, run)
        intervals = decode_intervals(segment.candidates, segment.single, first_frames)
        attributes = await compute_attributes(segment.hidden, intervals, run)
        placed = place_presses(intervals, attributes, segment, plan)
        heard = join_presses(last_presses, placed, segment.begin_sec + plan.hop_sec)
        fraction = count / len(plan.begin_samples)
        report("listening", fraction, convert_notes(heard), convert_pedals(heard))
        others = find_possible(segment.candidates, segment.single, intervals, first_frames)
        nearly = place_presses(others, await compute_attributes(segment.hidden, others, run), segment, plan)
        first_frames = find_first_frames(intervals, attributes, plan)
        peak = max(peak, segment.peak)
        last = [*last_presses.values()]
        keep(Checkpoint(listening, fraction, heard, nearly, last, first_frames, peak, tuning_cents))
        presses += heard
        possible += nearly
    check_loudness(peak)
    presses = clean_presses([*presses, *last_presses.values()])
    possible = drop_overlapping(possible, presses)
    notes = convert_notes(presses)
    check_notes(notes, n_samples / model.sample_rate)
    return Performance(notes, convert_pedals(presses), model.name, convert_notes(possible), tuning_cents)


async def notate(
    performance: Performance,
    duration_sec: float,
    choices: Choices,
    run: Run | None,
    title: str = "",
    pace: Pace | None = None,
    before: Result | None = None,
) -> Result:
    """Write a performance down.

    Corrections of single notes are put into the score as it was read without them (`ottava.notation.edits`), so that
    nothing else changes; those that are taken as heard are read with all others.

    Parameters
    ----------
    performance
        At least one note.
    duration_sec
        Length of the recording.
    choices
        What a person decided.
    run
        The host's call that runs the rhythm networks; None where there are none. Not called where ``choices`` ask for
        beats without a model.
    title
        Of the piece, where ``choices`` has none.
    pace
        Of the performance, where a host has found it before (`ottava.rhythm.placing.find_pace`).
    before
        What a host had written last: where nothing but single notes and titles were corrected since, it is not read
        anew.

    Returns
    -------
    Result
        Its performance has the notes heard and the possible and added ones that ``choices`` ask for, its score a note
        for each of them, in order, or None where it is left out.

    Raises
    ------
    TranscriptionError
        When the choices leave no note.
    """
    corrected = correct_notes(performance, choices)
    if not any(one.note for one in corrected):
        is_strict = choices.sensitivity < Choices().sensitivity
        raise TranscriptionError("No note is this certain; choose a higher sensitivity." if is_strict else
                                 "Every note is deleted; take one of the corrections back.")
    as_read = correct_notes(performance, choices, only_as_heard=True)
    if not any(one.note for one in as_read):
        as_read = corrected
    draft = before and (before.draft or before)
    if not draft or not _is_draft(draft, performance, duration_sec, as_read, choices):
        draft = await read_score(performance, duration_sec, as_read, choices, run, title, pace)
    draft = replace(draft, title=choices.title or title, choices=choices)
    if as_read == corrected:
        return draft
    performance = replace(performance, notes=tuple(one.source for one in corrected))
    score = edit_score(draft, corrected, choices.grid)
    return replace(draft, performance=performance, score=score, corrected=corrected, draft=draft)


def _is_draft(
    result: Result, performance: Performance, duration_sec: float, as_read: tuple[Corrected, ...], choices: Choices
) -> bool:
    """Whether a result is what reading these notes with these choices would give, but for its titles."""

    def forget(one: Choices) -> Choices:
        return replace(one, title=None, composer=None, corrections={}, added=())

    is_same = (result.performance.pedals, result.duration_sec) == (performance.pedals, duration_sec)
    return is_same and result.corrected == as_read and forget(result.choices) == forget(choices)


async def read_score(
    performance: Performance,
    duration_sec: float,
    corrected: tuple[Corrected, ...],
    choices: Choices,
    run: Run | None,
    title: str,
    pace: Pace | None,
) -> Result:
    """Read the score of notes, of which one at least is left, from the beginning; see `notate`."""
    if choices.beats == "dp":
        run = None
    numbers, notes = _list_played(corrected)
    chords = group_notes(np.array([note.onset_sec for note in notes]))
    placed, is_swung = await place_chords(performance, notes, chords, duration_sec, choices, run, pace)
    grid, roles = placed.grid, find_ornaments(notes, placed.chords, placed.places)

    # From here on only the notes that the page shows: the sign of a trill stands for the others.
    shown = [index for index, role in enumerate(roles) if role.place is not None]
    numbers, notes, roles = [numbers[i] for i in shown], [notes[i] for i in shown], [roles[i] for i in shown]
    places = limit_places([role.place for role in roles if role.place is not None], grid, choices.grid)
    outputs = await ask_values(notes, performance.pedals, places, grid, run)
    staffs = await choose_staffs(notes, outputs.get("staff"), choices.split_pitch, run)
    if choices.split_pitch is None:
        staffs = [note.hand or staff for note, staff in zip(notes, staffs, strict=True)]
    staffs = [corrected[number].staff or staff for number, staff in zip(numbers, staffs, strict=True)]
    # Where places were moved, exact ends would no longer fit them.
    may_be_exact = placed.is_written and choices.grid == "auto" and not is_swung
    # What a network or a file says is a written length already; a key's is not.
    follows_keys = run is None and not may_be_exact
    lengths = choose_lengths(notes, places, staffs, grid, outputs, choices.grid, may_be_exact=may_be_exact)
    if not follows_keys:
        lengths = cut_silent(notes, performance.pedals, places, staffs, lengths)
    ends = [place if role.is_grace else place + length
            for place, role, length in zip(places, roles, lengths, strict=True)]

    first = min(places, key=float)  # floats compare many times as fast
    # Two beats at least, which have a tempo: a limit may have moved all there is to the last one.
    grid = complete_grid(grid, max(*ends, first + 1, key=float), choices.beats_sec)
    quarters, beats, meters = number_beats(grid, first)
    spans = place_spans(quarters, places, ends)
    voices = separate_voices(notes, spans, staffs, HELD_QUARTER if follows_keys else Fraction(0))
    spans = trim_durations(spans, staffs, voices, joins_legato=follows_keys)
    begins = [span.onset_quarter for span in spans]
    pickup_quarter = -min(beats[0].quarter, Fraction(0))
    bars = [bar.start_quarter for bar in list_bars(meters, pickup_quarter, max(begins)) if bar.number]
    keys, spellings = await name_notes(notes, begins, bars, place_keys(choices.keys, beats), run)
    spellings = [choose_name(corrected[number], name) for number, name in zip(numbers, spellings, strict=True)]
    ornaments = [role.ornament for role in roles]

    written = dict(zip(numbers, map(ScoreNote, spans, staffs, voices, spellings, ornaments), strict=True))
    score = Score(
        beats=tuple(beats),
        meters=tuple(meters),
        pickup_quarter=pickup_quarter,
        keys=keys,
        tempos=choose_tempos(beats, meters, choices.tempo_bpm, is_written=placed.is_written),
        notes=tuple(written.get(number) for number in range(len(corrected))),
        pedals=tuple(place_pedals(performance.pedals, grid.times_sec, quarters)),
        is_swung=is_swung,
    )
    warnings = (*performance.remarks, *describe_tuning(performance.tuning_cents), *find_warnings(performance.notes))
    performance = replace(performance, notes=tuple(one.source for one in corrected))
    return Result(choices.title or title, duration_sec, performance, choices, score, corrected, warnings)


def _list_played(corrected: Sequence[Corrected]) -> tuple[list[int], list[Note]]:
    """The notes that the score has, by onset and pitch: their numbers in ``corrected``, and how they are now."""
    played = [(number, one.note) for number, one in enumerate(corrected) if one.note]
    played.sort(key=lambda pair: (pair[1].onset_sec, pair[1].pitch))
    return [number for number, _ in played], [note for _, note in played]
