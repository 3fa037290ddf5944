"""Lengths: how long each note is written, by when its key is released.

No published method: written lengths follow the key's release, legato notes reach the next one of their voice.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import floor

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import Note, Pedal, Span
from ottava.rhythm.divisions import find_divisions
from ottava.rhythm.features import hold_notes, tabulate_notes, tabulate_presses
from ottava.rhythm.meter import beat_positions

# A note held for at least this share (same search) of the way to the next one of its voice is written up to it:
# pianists lift before the next note, and the page shows legato.
LEGATO_SHARE = 0.3


def measure_durations(
    notes: Sequence[Note], places: Sequence[Fraction], times_sec: NDArray[np.float64]
) -> list[Fraction]:
    """Lengths in beats, from the place to where the key's release falls on the grid, at least one step.

    Parameters
    ----------
    notes, places
        Of one length; places in beats, those of a chord alike.
    times_sec
        Beat times, shape (n_beats,), increasing.

    Returns
    -------
    list of Fraction
        Greater than 0. The grid is what the places of the beat in which the key is released need, else that of the
        note's own beat.
    """
    divisions = find_divisions(places)
    releases = beat_positions(np.array([note.offset_sec for note in notes]), times_sec)
    shortest = {division: Fraction(1, division) for division in divisions.values()}
    lengths = []
    for place, release in zip(places, releases.tolist(), strict=True):
        own = divisions[floor(place)]
        division = divisions.get(floor(release), own)
        lengths.append(max(Fraction(round(release * division), division) - place, shortest[own]))
    return lengths


def cut_silent(
    notes: Sequence[Note],
    pedals: Sequence[Pedal],
    places: Sequence[Fraction],
    staffs: Sequence[int],
    lengths: Sequence[Fraction],
) -> list[Fraction]:
    """Lengths of a single line that end with its next note where they no longer sound when that begins.

    Parameters
    ----------
    notes, places, staffs, lengths
        Of one length; ``places`` and ``lengths`` in beats.
    pedals
        What may hold a note whose key is up.
    """
    _, offsets, _, _ = tabulate_notes(notes)
    ends_sec = hold_notes(offsets, tabulate_presses(pedals))
    chords: dict[int, dict[Fraction, list[int]]] = {}
    for index, (place, staff) in enumerate(zip(places, staffs, strict=True)):
        chords.setdefault(staff, {}).setdefault(place, []).append(index)
    cut = list(lengths)
    for of_staff in chords.values():
        for place, later in pairwise(sorted(of_staff, key=float)):  # floats compare many times as fast
            (index, *others), (following, *more) = of_staff[place], of_staff[later]
            if not others and not more and ends_sec[index] < notes[following].onset_sec:
                cut[index] = min(cut[index], later - place)
    return cut


def trim_durations(
    spans: Sequence[Span], staffs: Sequence[int], voices: Sequence[int], *, joins_legato: bool = True
) -> list[Span]:
    """Written lengths: no note reaches over the next of its voice, legato notes reach up to it.

    Parameters
    ----------
    spans, staffs, voices
        Of one length; a span of length 0 is a grace note, and stays one.
    joins_legato
        Whether a note held for most of the way to the next one (`LEGATO_SHARE`) reaches up to it.

    Returns
    -------
    list of Span
        One for each note, in order; notes of a chord in one voice share one duration, spans of a voice do not overlap.
    """
    by_voice: dict[tuple[int, int], dict[Fraction, list[int]]] = {}
    for index, span in enumerate(spans):
        if span.duration_quarter:
            by_voice.setdefault((staffs[index], voices[index]), {}).setdefault(span.onset_quarter, []).append(index)
    trimmed = list(spans)
    for chords in by_voice.values():
        onsets = sorted(chords)
        for onset, following in zip(onsets, [*onsets[1:], None], strict=True):
            duration = max(spans[i].duration_quarter for i in chords[onset])
            if following is not None:
                gap = following - onset
                # Up to a half note of silence is bridged, never more: a long rest is meant.
                if duration >= gap or (joins_legato and duration >= LEGATO_SHARE * gap and gap <= 2):
                    duration = gap
            for index in chords[onset]:
                trimmed[index] = Span(onset, duration)
    return trimmed
