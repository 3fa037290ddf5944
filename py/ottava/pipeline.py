"""The whole way, in two stages: `listen` hears a performance in a recording, `notate` writes a performance down.

The cut lies where people correct things: every correction is a `Choices` value and runs `notate` alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from ottava.activations import N_TRACKS, compute_attributes, compute_places, compute_segment, plan_segments
from ottava.audio import check_length, check_loudness
from ottava.checkpoints import Checkpoint
from ottava.chords import group_notes
from ottava.confidence import check_notes, find_warnings
from ottava.corrections import correct_notes
from ottava.datatypes import (
    Choices,
    Corrected,
    Key,
    Note,
    Performance,
    Read,
    Report,
    Result,
    Run,
    Score,
    ScoreNote,
    Span,
    Spelling,
)
from ottava.edits import edit_score
from ottava.errors import TranscriptionError
from ottava.hands import choose_staffs, describe_hands, split_hands
from ottava.key import ease_keys, estimate_key, find_fifths, follow_keys, place_keys
from ottava.lengths import measure_durations, measure_exactly, trim_durations
from ottava.meter import beat_positions, complete_grid, list_bars, number_beats, quarter_at
from ottava.models import Model
from ottava.names import choose_names, describe_names
from ottava.notes import (
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
from ottava.ornaments import find_ornaments
from ottava.pedals import place_pedals
from ottava.places import is_written, limit_places, straighten_swing, straighten_thirds
from ottava.placing import find_pace, needs_pace, place_by_model, place_by_tracking
from ottava.readings import Pace
from ottava.rhythm_model import compute_hands, compute_names, compute_values
from ottava.spelling import sound_spelling, spell_pitches, spell_place
from ottava.tempo import choose_tempos
from ottava.tuning import describe_tuning, estimate_tuning
from ottava.values import choose_values, describe_values
from ottava.voices import HELD_QUARTER, separate_voices


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
    run: Run,
    title: str = "",
    pace: Pace | None = None,
    before: Result | None = None,
) -> Result:
    """Write a performance down.

    Corrections of single notes are put into the score as it was read without them (`ottava.edits`), so that nothing
    else changes; those that are taken as heard are read with all others.

    Parameters
    ----------
    performance
        At least one note.
    duration_sec
        Length of the recording.
    choices
        What a person decided.
    run
        The host's call that runs the rhythm networks; not called where ``choices`` ask for beats without a model.
    title
        Of the piece, where ``choices`` has none.
    pace
        Of the performance, where a host has found it before (`ottava.placing.find_pace`).
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
    run: Run,
    title: str,
    pace: Pace | None,
) -> Result:
    """Read the score of notes, of which one at least is left; see `notate`."""
    played = [(one.note, number) for number, one in enumerate(corrected) if one.note]
    played.sort(key=lambda pair: (pair[0].onset_sec, pair[0].pitch))
    notes, numbers = [note for note, _ in played], [number for _, number in played]
    chords = group_notes(np.array([note.onset_sec for note in notes]))
    is_trained = choices.beats == "model"
    if is_trained:
        if needs_pace(choices):
            pace = pace or await find_pace(performance, run)
        grid, chord_places = await place_by_model(notes, performance.pedals, chords, choices, run, pace)
    else:
        grid, chord_places = place_by_tracking(notes, chords, duration_sec, choices)
    chord_places, is_swung = straighten_swing(chord_places, grid.signatures, choices.swing)
    if choices.grid == "auto" and not choices.beats_sec:
        chord_places = straighten_thirds(chord_places, grid.signatures)
    roles = find_ornaments(notes, chords, chord_places)
    shown = [index for index, role in enumerate(roles) if role.place is not None]
    places = limit_places([role.place for role in roles if role.place is not None], grid, choices.grid)
    shown_notes = [notes[index] for index in shown]
    is_grace = [roles[index].is_grace for index in shown]

    lengths = measure_durations(shown_notes, places, grid.times_sec)
    if is_trained:
        outputs = await compute_values(*describe_values(shown_notes, performance.pedals, places, grid), run)
    if is_trained and choices.split_pitch is None:
        order, features, times_sec, pitches = describe_hands(shown_notes)
        hands = await compute_hands(features, times_sec, pitches, run)
        staffs = choose_staffs(order, hands["staff"], outputs["staff"], shown_notes)
    else:
        staffs = split_hands(shown_notes, choices.split_pitch)
    decided = [corrected[numbers[index]] for index in shown]
    staffs = [one.staff or staff for one, staff in zip(decided, staffs, strict=True)]
    releases = beat_positions(np.array([note.offset_sec for note in shown_notes]), grid.times_sec).tolist()
    # Where places were moved, exact ends would no longer fit them.
    if choices.beats_sec and choices.grid == "auto" and not is_swung and is_written(releases):
        lengths = measure_exactly(places, releases, lengths)
    elif is_trained:
        lengths = choose_values(outputs["value"], places, staffs, lengths, grid, choices.grid)

    ends = [place if grace else place + length for place, length, grace in zip(places, lengths, is_grace, strict=True)]
    grid = complete_grid(grid, max(ends, key=float))  # floats compare many times as fast
    quarters, beats, meters = number_beats(grid, min(places, key=float))
    # Most places are those of many notes.
    quarter_of = {place: quarter_at(quarters, place) for place in {*places, *ends}}
    begins = [quarter_of[place] for place in places]
    spans = [Span(begin, quarter_of[end] - begin) for begin, end in zip(begins, ends, strict=True)]
    voices = separate_voices(shown_notes, spans, staffs, Fraction(0) if is_trained else HELD_QUARTER)
    spans = trim_durations(spans, staffs, voices, joins_legato=not is_trained)
    pickup_quarter = -min(beats[0].quarter, Fraction(0))
    bars = [bar.start_quarter for bar in list_bars(meters, pickup_quarter, max(begins)) if bar.number]
    chosen_keys = place_keys(choices.keys, beats)
    keys = chosen_keys or (estimate_key(notes),)
    if is_trained:
        keys, spellings = await name_notes(shown_notes, begins, bars, keys, not chosen_keys, run)
    else:
        spellings = spell_pitches(shown_notes, keys[0])
    spellings = [one.spelling if one.spelling and sound_spelling(one.spelling) == note.pitch else spelling
                 for one, note, spelling in zip(decided, shown_notes, spellings, strict=True)]

    ornaments = [roles[index].ornament for index in shown]
    written = dict(zip(shown, map(ScoreNote, spans, staffs, voices, spellings, ornaments), strict=True))
    position = {number: index for index, number in enumerate(numbers)}
    score = Score(
        beats=tuple(beats),
        meters=tuple(meters),
        pickup_quarter=pickup_quarter,
        keys=keys,
        tempos=choose_tempos(beats, meters, choices.tempo_bpm),
        notes=tuple(written.get(position.get(number, -1)) for number in range(len(corrected))),
        pedals=tuple(place_pedals(performance.pedals, grid.times_sec, quarters)),
        is_swung=is_swung,
    )
    warnings = (*describe_tuning(performance.tuning_cents), *find_warnings(performance.notes))
    performance = replace(performance, notes=tuple(one.source for one in corrected))
    return Result(choices.title or title, duration_sec, performance, choices, score, corrected, warnings)


async def name_notes(
    notes: Sequence[Note],
    begins: Sequence[Fraction],
    bars: Sequence[Fraction],
    keys: tuple[Key, ...],
    may_change: bool,
    run: Run,
) -> tuple[tuple[Key, ...], list[Spelling]]:
    """Find keys and the names of the notes under them.

    Parameters
    ----------
    notes, begins
        At least one note, and the quarter in which each of them stands.
    bars
        Quarters of the bars, where the key may change; the first is 0.
    keys, may_change
        As a person chose them; or the one of the whole piece, which was only estimated and may change.
    run
        The host's call that runs the network of names.
    """
    fifths = find_fifths(keys, begins)
    features, onsets, pitches = describe_names(notes, fifths)
    outputs = await compute_names(features, onsets, pitches, run)
    if may_change:
        keys = follow_keys(outputs["signature"], notes, begins, bars, keys[0])
        followed = find_fifths(keys, begins)
        if (followed != fifths).any():
            fifths = followed
            outputs = await compute_names(*describe_names(notes, fifths), run)
    names = choose_names(outputs["name"], pitches, fifths)
    if may_change:
        keys = ease_keys(keys, begins, pitches, names)
        names = choose_names(outputs["name"], pitches, find_fifths(keys, begins))
    return keys, [spell_place(note.pitch, name) for note, name in zip(notes, names.tolist(), strict=True)]
