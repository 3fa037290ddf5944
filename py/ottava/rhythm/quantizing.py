"""Quantizing: where in a beat each note stands, where all beats are given.

Method: a network sees of every note how it was played on the given beats, what is around it and what stood at the same
place of the beats nearby, and says how likely each place in a beat is; Viterbi from note to note then takes the places
that are likeliest together: they never decrease, what is struck together mostly stands together, and a beat that is
divided in two ways costs. After the rhythm quantization by networks of Shibata, Nakamura and Yoshii, "Non-local musical
statistics as guides for audio-to-score piano transcription", Information Sciences 566, 2021; differs from it: beats are
given, and what a place is worth is asked for each note of the performance, not for each step of a grid.

Conventions: positions are in beats, 0 being the first given one; outputs are logarithms of probabilities.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import Floats, IntArray, Note, Run
from ottava.networks import Network, run_network
from ottava.rhythm.bars import N_BAR_BEATS, Signature
from ottava.rhythm.chords import Chords
from ottava.rhythm.features import describe_neighbours, find_followers, scale_lengths, tabulate_notes
from ottava.rhythm.meter import beat_positions, is_compound
from ottava.rhythm.places import unmix_places

# Places in a beat that the network chooses between: 99 % of the notes of data/train.
PLACES = tuple(Fraction(place) for place in (
    "0", "1/2", "1/4", "3/4", "1/3", "2/3", "1/6", "5/6", "1/8", "3/8", "5/8", "7/8",
    "1/12", "5/12", "7/12", "11/12", "1/5", "2/5", "3/5", "4/5", "1/9", "2/9", "4/9", "5/9", "7/9", "8/9",
    "1/16", "3/16", "5/16", "7/16", "9/16", "11/16", "13/16", "15/16",
))  # fmt: skip
NETWORK = Network("quantizer", window=384, hop=288, sizes={
    "place": len(PLACES) + 3,  # place in the beat; elsewhere; not written (ornaments, wrong notes); a grace note
})  # fmt: skip
UNWRITTEN, GRACE = len(PLACES) + 1, len(PLACES) + 2
UNKNOWN_BAR_BEAT = UNKNOWN_DIVISION = -1
# A note that more likely than this is an ornament or a wrong note has no place. At .6 a fifth of them are found, not
# a sixth, and .2 % more of the written notes lose their places (63 pieces of folds 0 and 1 of data/train).
UNWRITTEN_CHANCE, GRACE_CHANCE = 0.75, 0.5
SHORTEST_BEATS, LONGEST_BEATS = 1 / 32, 8.0
SHORTEST_SEC, LONGEST_SEC = 0.02, 4.0
NEAR_SEC = 0.05  # one, in features of how far a note is from a place
DIVISIONS = (1, 2, 3, 4, 6, 8)
TURNS = (1, 2, 3, 4)  # a beat
LAGS = (-2, -1, 1, 2)  # beats from a note, where something may be struck as well
N_FEATURES = 32 + len(DIVISIONS) + 2 * len(TURNS) + 2 * len(LAGS) + N_BAR_BEATS
# What is paid, in natural logarithms: search on folds 0 and 1 of data/train; with none of it .9247 of the places are
# right, with this .9250.
CHORD_SHARE = 0.3  # of what is said of the notes of a chord, all are told
MIXED_COST = 1.0  # of another way to divide a beat beside the one before
APART_COST = 0.5  # of notes of a chord that do not stand together
BROKEN_COST, BROKEN_SEC, BROKEN_COST_A_SEC = 0.25, 0.06, 20.0  # of notes of two chords that do
IMPOSSIBLE = -1e9
_PARTS = 720  # of a beat, of which all places are whole numbers
_PLACE_PARTS = np.array([int(place * _PARTS) for place in PLACES])
# Ways to divide a beat: any (0, 1/2), by two, by three, by five.
_WAYS = np.array([0 if p.denominator <= 2 else 2 if p.denominator % 3 == 0 else 3 if p.denominator % 5 == 0 else 1
                  for p in PLACES])  # fmt: skip


@dataclass(frozen=True, slots=True)
class GivenBeats:
    """Beats that a person gave.

    ``times_sec`` (n_beats,), at least two, increasing; ``bar_beat`` (n_beats,): number in the bar, from 0,
    `UNKNOWN_BAR_BEAT` where no downbeat was given before; ``falls_into_three`` (n_beats,): 1 or 0, `UNKNOWN_DIVISION`.
    """

    times_sec: Floats
    bar_beat: IntArray
    falls_into_three: IntArray


def tell_beats(
    times_sec: Floats, downbeats: Sequence[int], meters: Sequence[tuple[int, Signature]]
) -> GivenBeats:
    """What a person told of beats: their seconds, which of them are downbeats, and time signatures from a beat on."""
    numbers = np.arange(len(times_sec))
    last = np.searchsorted(downbeats, numbers, side="right") - 1
    bar_beat = np.where(last >= 0, numbers - np.append(downbeats, 0)[last], UNKNOWN_BAR_BEAT)
    three = np.full(len(times_sec), UNKNOWN_DIVISION)
    for beat, (count, _) in meters:
        three[beat:] = is_compound(count)
    return GivenBeats(times_sec, bar_beat.astype(np.int64), three)


async def quantize(
    notes: Sequence[Note], chords: Chords, beats: GivenBeats, run: Run
) -> list[Fraction | None]:
    """Find the places of notes on given beats.

    Parameters
    ----------
    notes, chords
        At least one note, sorted by onset, and what is struck together.
    beats
        Reaching over all notes.
    run
        The host's call that runs the network.

    Returns
    -------
    list of Fraction or None
        Of each note in beats, never decreasing; None where it has no place of its own.
    """
    onsets_sec, offsets_sec, pitches, velocities = tabulate_notes(notes)
    played = beat_positions(onsets_sec, beats.times_sec)
    lengths = beat_positions(offsets_sec, beats.times_sec) - played
    beat = np.clip(np.floor(played).astype(np.int64), 0, len(beats.times_sec) - 2)
    nearest = np.clip(np.round(played).astype(np.int64), 0, len(beats.times_sec) - 1)
    features = compute_features(
        played, chords.chord_of, np.diff(beats.times_sec)[beat], lengths, pitches, velocities,
        beats.bar_beat[nearest], beats.falls_into_three[nearest],
    )  # fmt: skip
    outputs = await run_network(NETWORK, features, np.stack([played, pitches], axis=1), run)
    places = decode_places(outputs["place"], played, onsets_sec, chords.chord_of)
    # What Viterbi pays for is still possible, but not always to be written.
    plain = iter(unmix_places([place for place in places if place is not None]))
    return [None if place is None else next(plain) for place in places]


def compute_features(
    played: Floats,
    chord_of: IntArray,
    period_sec: Floats,
    lengths_beats: Floats,
    pitches: IntArray,
    velocities: Floats,
    bar_beat: IntArray,
    falls_into_three: IntArray,
) -> NDArray[np.float32]:
    """What the network reads, a row a note.

    Parameters
    ----------
    played
        Shape (n_notes,), never decreasing: when the notes are struck, in beats.
    chord_of
        Shape (n_notes,): number of the chord of each.
    period_sec
        Shape (n_notes,): length of the beat in which each is struck.
    lengths_beats, pitches, velocities
        How long the key is down; MIDI number, 1..127.
    bar_beat, falls_into_three
        Of the nearest beat, see `GivenBeats`.

    Returns
    -------
    ndarray, shape (n_notes, N_FEATURES), float32
        Each about -2..2.
    """
    n_notes = len(played)
    counts = np.bincount(chord_of)
    struck = np.bincount(chord_of, played) / counts
    near_beat = np.round(played)
    off_beat = played - near_beat
    gaps = np.diff(struck)
    before, after = np.append(LONGEST_BEATS, gaps)[chord_of], np.append(gaps, LONGEST_BEATS)[chord_of]
    turns = 2 * np.pi * off_beat[:, None] * np.array(TURNS)
    scaled = played[:, None] * np.array(DIVISIONS)
    misses = (scaled - np.round(scaled)) / np.array(DIVISIONS) * period_sec[:, None]
    # Of beat 3 those from a little before it up to a little before the next.
    beat_of_chord = np.floor(struck + 0.1)
    _, at, in_beat = np.unique(beat_of_chord, return_inverse=True, return_counts=True)
    begins = np.searchsorted(beat_of_chord, beat_of_chord)
    lagged = [_miss(struck, played + lag) * period_sec for lag in LAGS]
    on_beats = [_miss(struck, np.floor(played + 0.1) + beat) * period_sec for beat in (0, 1)]
    columns = [
        off_beat,
        np.log2(np.maximum(period_sec, 0.05)) + 0.7,
        _scale_beats(before), _scale_beats(after),
        scale_lengths(before * period_sec, SHORTEST_SEC, LONGEST_SEC),
        scale_lengths(after * period_sec, SHORTEST_SEC, LONGEST_SEC),
        _scale_beats(lengths_beats),
        scale_lengths(lengths_beats * period_sec, SHORTEST_SEC, LONGEST_SEC),
        *_scale_beats(find_followers(played, pitches, chord_of)).T,
        *_scale_beats(find_followers(-played[::-1], pitches[::-1], -chord_of[::-1])[::-1]).T,
        np.log2(counts)[chord_of],
        *describe_neighbours(chord_of, pitches).T,
        velocities / 32 - 2,
        (velocities - (np.bincount(chord_of, velocities) / counts)[chord_of]) / 16,
        (pitches - 62) / 12,
        (np.log2(in_beat)[at] / 2)[chord_of],
        ((np.arange(len(struck)) - begins) / 4)[chord_of],
        (struck[chord_of] - played) * period_sec / NEAR_SEC,
        *(_limit(miss) for miss in on_beats),
        bar_beat != UNKNOWN_BAR_BEAT,
        falls_into_three == 1,
        falls_into_three == 0,
        *np.cos(turns).T, *np.sin(turns).T,
        *_limit(misses).T,
        *(_limit(miss) for miss in lagged),
        *(np.exp(-0.5 * (miss / NEAR_SEC) ** 2) for miss in lagged),
        *(np.minimum(bar_beat, N_BAR_BEATS - 1) == number for number in range(N_BAR_BEATS)),
    ]  # fmt: skip
    return np.stack(columns, axis=1).astype(np.float32).reshape(n_notes, N_FEATURES)


def _scale_beats(beats: Floats) -> Floats:
    return scale_lengths(beats, SHORTEST_BEATS, LONGEST_BEATS, at_one=0.5)


def _limit(misses_sec: Floats) -> Floats:
    return np.asarray(np.clip(misses_sec / NEAR_SEC, -2, 2))


def _miss(struck: Floats, wanted: Floats) -> Floats:
    """How much later than wanted the nearest chord is struck, in beats; ``struck`` increasing."""
    right = np.clip(np.searchsorted(struck, wanted), 1, max(1, len(struck) - 1))
    late = np.minimum(right, len(struck) - 1)
    misses = np.stack([struck[right - 1] - wanted, struck[late] - wanted])
    return np.asarray(np.where(np.abs(misses[0]) < np.abs(misses[1]), misses[0], misses[1]))


def decode_places(
    outputs: Floats, played: Floats, onsets_sec: Floats, chord_of: IntArray
) -> list[Fraction | None]:
    """The places of notes that are likeliest together.

    Parameters
    ----------
    outputs
        Of the network, shape (n_notes, len(PLACES) + 3).
    played, onsets_sec, chord_of
        Of the notes, never decreasing, in beats and in seconds; number of the chord.

    Returns
    -------
    list of Fraction or None
        In beats, never decreasing; None where a note has no place of its own.
    """
    sums = np.zeros((chord_of[-1] + 1, outputs.shape[1]))
    np.add.at(sums, chord_of, outputs)
    shared = (sums / np.bincount(chord_of)[:, None])[chord_of]
    outputs = (1 - CHORD_SHARE) * outputs + CHORD_SHARE * shared
    chances = np.exp(outputs[:, [UNWRITTEN, GRACE]])
    written = np.flatnonzero((chances[:, 0] < UNWRITTEN_CHANCE) & (chances[:, 1] < GRACE_CHANCE))
    if not len(written):
        written = np.arange(len(played))
    # Of each place in a beat the one that is nearest to where the note was struck.
    parts = np.maximum(np.round(played[written, None] - _PLACE_PARTS / _PARTS), 0).astype(np.int64) * _PARTS
    parts += _PLACE_PARTS
    path = _find_path(outputs[written, : len(PLACES)], parts, onsets_sec[written], chord_of[written])
    places: list[Fraction | None] = [None] * len(played)
    for note, part in zip(written.tolist(), parts[np.arange(len(written)), path].tolist(), strict=True):
        places[note] = Fraction(part, _PARTS)
    return places


def _find_path(scores: Floats, parts: IntArray, onsets_sec: Floats, chord_of: IntArray) -> IntArray:
    """Of each note the index in `PLACES`; ``parts`` (n_notes, n_places): where they are.

    States are a place and the way to divide that holds in its beat up to there.
    """
    n_notes, n_ways = len(scores), int(_WAYS.max()) + 1
    place, way = (grid.ravel() for grid in np.meshgrid(np.arange(len(PLACES)), np.arange(n_ways), indexing="ij"))
    is_state = (_WAYS[place] == way) | (_WAYS[place] == 0)
    place, way = place[is_state], way[is_state]
    own = _WAYS[place]
    # Within a beat a way holds on where a place goes with any; another one costs. In a new beat none holds yet.
    mixed = np.where((own > 0) & (way[:, None] > 0) & (own != way[:, None]), -MIXED_COST, 0.0)
    mixed[(own == 0) & (way != way[:, None])] = IMPOSSIBLE
    fresh = np.where(way != own, IMPOSSIBLE, 0.0)
    best = scores[0][place] + fresh
    sources = np.zeros((n_notes, len(place)), np.int64)
    for note in range(1, n_notes):
        here, there = parts[note - 1][place], parts[note][place]
        gap_sec = onsets_sec[note] - onsets_sec[note - 1]
        step = there - here[:, None]
        costs = np.where((there // _PARTS) == (here // _PARTS)[:, None], mixed, fresh)
        if chord_of[note] == chord_of[note - 1]:
            costs = costs - APART_COST * (step > 0)
        else:
            costs = costs - (BROKEN_COST + BROKEN_COST_A_SEC * max(0.0, gap_sec - BROKEN_SEC)) * (step == 0)
        reached = best[:, None] + np.where(step < 0, IMPOSSIBLE, costs)
        sources[note] = reached.argmax(axis=0)
        best = reached[sources[note], np.arange(len(place))] + scores[note][place]
    path = np.zeros(n_notes, np.int64)
    state = int(best.argmax())
    for note in range(n_notes - 1, -1, -1):
        path[note] = place[state]
        state = int(sources[note, state])
    return path


def part_chords(
    notes: Sequence[Note], chords: Chords, places: Sequence[Fraction | None]
) -> tuple[Chords, list[Fraction | None]]:
    """Chords whose notes all have one place, and the place of each; ``places`` of the notes."""
    keys = list(zip(chords.chord_of.tolist(), places, strict=True))
    is_new = [True, *(key != before for before, key in pairwise(keys))]
    chord_of = np.cumsum(is_new) - 1
    times_sec = np.bincount(chord_of, [note.onset_sec for note in notes]) / np.bincount(chord_of)
    return Chords(chord_of, times_sec), [places[note] for note in np.flatnonzero(is_new).tolist()]
