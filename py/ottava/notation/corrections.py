"""Corrections: the notes of a score, from those that were heard and what a person changed in them.

The list of notes as heard never changes: a correction names one of them by its number, and what was added lies beside.
"""

from dataclasses import replace

from ottava.datatypes import HIGHEST_PITCH, LOWEST_PITCH, Choices, Corrected, Correction, Note, Performance, Spelling
from ottava.listening.confidence import is_chosen
from ottava.notation.spelling import sound_spelling

UNCHANGED = Correction()
SHORTEST_SEC = 0.01  # of a note whose beginning was moved behind its end
SAME_SEC = 0.05  # a bar line this near to a note stands on it


def correct_notes(performance: Performance, choices: Choices, *, only_as_heard: bool = False) -> tuple[Corrected, ...]:
    """Apply what a person decided of single notes.

    Parameters
    ----------
    performance
        As heard.
    choices
        ``sensitivity`` decides of notes that no correction names; ``corrections`` count the notes heard first and then
        the possible ones; ``added`` are taken as they are.
    only_as_heard
        Whether only those corrections count with which the piece is read (`Correction.as_heard`).

    Returns
    -------
    tuple of Corrected
        The notes heard, the possible ones that are wanted, and those added, sorted by when and where they were before
        the correction. What was corrected is certain: its confidence is 1.
    """
    found = []
    n_heard = len(performance.notes)
    for index, source in enumerate((*performance.notes, *performance.possible)):
        correction = choices.corrections.get(index, UNCHANGED)
        if only_as_heard and not _is_read(source, correction, performance, choices):
            correction = UNCHANGED
        is_wanted = is_chosen(source, choices.sensitivity, was_heard=index < n_heard)
        is_kept = is_wanted if correction == UNCHANGED else not correction.is_deleted
        note = _change(source, correction) if is_kept else None
        if note or index < n_heard or is_wanted:
            found.append(Corrected(source, note, correction.staff, correction.spelling, index))
    for index, (note, correction) in enumerate(choices.added):
        if only_as_heard and not _is_read(note, correction, performance, choices, is_added=True):
            continue
        found.append(Corrected(note, note, correction.staff, correction.spelling, added=index))
    return tuple(sorted(found, key=lambda one: (one.source.onset_sec, one.source.pitch)))


def take_as_heard(choices: Choices) -> Choices:
    """The choices with which the whole piece is read with its corrected notes, as if they had been heard so."""
    return replace(
        choices,
        corrections={index: replace(one, as_heard=True) for index, one in choices.corrections.items()},
        added=tuple((note, replace(one, as_heard=True)) for note, one in choices.added),
    )


def _is_read(
    note: Note, correction: Correction, performance: Performance, choices: Choices, *, is_added: bool = False
) -> bool:
    """Whether the piece is read with a correction: where a person wants it, and where its beats or bars need it."""
    if correction.as_heard or correction.is_deleted:
        return correction.as_heard
    onset_sec = _change(note, correction).onset_sec
    bars_sec = (*choices.downbeats_sec, *(sec for sec, _, _ in choices.meters[1:]))
    is_first = bool(performance.notes) and onset_sec < performance.notes[0].onset_sec
    is_bar = any(abs(onset_sec - sec) < SAME_SEC for sec in bars_sec)
    return (is_added or onset_sec != note.onset_sec) and (is_first or is_bar)


def choose_name(one: Corrected, name: Spelling) -> Spelling:
    """The name that a person gave a note, where it is one of its pitch, or else ``name``."""
    fits = one.spelling and one.note and sound_spelling(one.spelling) == one.note.pitch
    return one.spelling if one.spelling and fits else name


def _change(note: Note, correction: Correction) -> Note:
    """The note as it is after a correction; moved in time it keeps its length."""
    if correction == UNCHANGED:
        return note
    onset_sec = note.onset_sec if correction.onset_sec is None else correction.onset_sec
    offset_sec = correction.offset_sec
    if offset_sec is None:
        offset_sec = onset_sec + note.offset_sec - note.onset_sec
    pitch = note.pitch if correction.pitch is None else min(max(correction.pitch, LOWEST_PITCH), HIGHEST_PITCH)
    offset_sec = max(offset_sec, onset_sec + SHORTEST_SEC)
    return replace(note, onset_sec=onset_sec, offset_sec=offset_sec, pitch=pitch, confidence=1.0)
