"""Names: what each note is called and which signature it stands under, by a network that sees where the notes go.

A pitch class far from the key is called by where it leads and by the harmony it belongs to. So the network sees each
note among its neighbours, and what sounds around it near and far, all counted on the line of fifths from a signature
that is *supposed*; a transposed piece looks the same to it. It is asked twice: under the key of the whole piece it says
which signatures are in force where, and under these it names the notes.

Conventions: places on the line of fifths, C = 0, G = 1, F = -1; notes are sorted by onset, then pitch.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import Floats, IntArray, Key, Note, Run, Spelling
from ottava.networks import Network, run_network
from ottava.notation.key import ease_keys, estimate_key, find_fifths, follow_keys
from ottava.notation.spelling import spell_pitches, spell_place
from ottava.rhythm.features import scale_lengths, tabulate_notes

NETWORK = Network("names", window=384, hop=288, sizes={
    "signature": 12,  # fifths above the one supposed, modulo 12
    "name": 3,  # which of NAME_PLACES
})  # fmt: skip
FLATTEST = -5  # the nearest names of the twelve pitch classes lie this far and more from the signature's major tonic
NAME_PLACES = (-12, 0, 12)  # from the nearest name
FIRST_PLACE, LAST_PLACE = -15, 19  # F double flat to B double sharp: what can be written
REACHES = (8, 32, 128, 512)  # notes before and after that are counted together
EDGE_SEC = 20.0
STEPS_SEMITONES = (-4, -3, -2, -1, 0, 1, 2, 3, 4)  # to which a note may go
NEAR_NOTES, FAR_NOTES = 12, 24  # that sound with a note; that a note may go to
NEAR_SEC, STEP_SEC, TOGETHER_SEC = 0.3, 0.7, 0.03
N_PIECE = 36  # columns that tell of the whole piece, the last ones
N_FEATURES = 12 + 12 + 2 * len(STEPS_SEMITONES) + 8 + 12 * len(REACHES) + N_PIECE
SHORTEST_SEC, LONGEST_SEC = 0.02, 4.0


async def name_notes(
    notes: Sequence[Note],
    begins: Sequence[Fraction],
    bars: Sequence[Fraction],
    chosen_keys: tuple[Key, ...],
    run: Run | None,
) -> tuple[tuple[Key, ...], list[Spelling]]:
    """Find keys and the names of the notes under them.

    Parameters
    ----------
    notes, begins
        At least one note, and the quarter in which each of them stands.
    bars
        Quarters of the bars, where the key may change; the first is 0.
    chosen_keys
        As a person chose them; empty where they are to be found.
    run
        The host's call that runs the network; None where none is to be asked: then one key holds for the whole piece.
    """
    keys = chosen_keys or (estimate_key(notes),)
    if run is None:
        return keys, spell_pitches(notes, keys[0])
    fifths = find_fifths(keys, begins)
    outputs = await _ask(notes, fifths, run)
    if not chosen_keys:
        keys = follow_keys(outputs["signature"], notes, begins, bars, keys[0])
        followed = find_fifths(keys, begins)
        if (followed != fifths).any():
            fifths = followed
            outputs = await _ask(notes, fifths, run)
    pitches = np.array([note.pitch for note in notes])
    likely = agree_on_names(outputs["name"], begins, pitches)
    names = choose_names(likely, pitches, fifths)
    if not chosen_keys:
        keys = ease_keys(keys, begins, pitches, names)
        names = choose_names(likely, pitches, find_fifths(keys, begins))
    return keys, [spell_place(note.pitch, name) for note, name in zip(notes, names.tolist(), strict=True)]


async def _ask(notes: Sequence[Note], fifths: IntArray, run: Run) -> dict[str, Floats]:
    """What the network says of each note under the signatures that are supposed, see `NETWORK`."""
    features, onsets_sec, pitches = describe_names(notes, fifths)
    return await run_network(NETWORK, features, np.stack([onsets_sec, pitches], axis=1), run)


def describe_names(notes: Sequence[Note], fifths: IntArray) -> tuple[NDArray[np.float32], Floats, IntArray]:
    """Features, onsets in seconds and pitches of notes; ``fifths`` (n_notes,) is supposed to be their signature."""
    onsets, offsets, pitches, _ = tabulate_notes(notes)
    features = compute_name_features(onsets, offsets, pitches, fifths, count_piece(onsets, offsets, pitches))
    return features, onsets, pitches


def agree_on_names(outputs: Floats, begins: Sequence[Fraction], pitches: IntArray) -> Floats:
    """What is said of notes, the same of those that are one key struck twice at one place of the score.

    ``outputs`` (n_notes, n_names): logarithms of chances; as many come back.
    """
    keys = list(zip(begins, pitches.tolist(), strict=True))
    of_key = {key: index for index, key in enumerate(dict.fromkeys(keys))}
    index = np.array([of_key[key] for key in keys])
    sums = np.zeros((len(of_key), outputs.shape[1]))
    np.add.at(sums, index, outputs)
    return np.asarray(sums[index])


def choose_names(outputs: Floats, pitches: IntArray, fifths: IntArray) -> IntArray:
    """The most likely name of each note that can be written.

    Parameters
    ----------
    outputs
        Of the network, shape (n_notes, 3): logarithms of the chances of `NAME_PLACES`.
    pitches, fifths
        Shape (n_notes,): MIDI numbers, and the signatures under which the network was asked.

    Returns
    -------
    ndarray, shape (n_notes,), int64
        Places on the line of fifths.
    """
    places = find_nearest_names(pitches, fifths)[:, None] + np.array(NAME_PLACES)
    likely = np.where((places >= FIRST_PLACE) & (places <= LAST_PLACE), outputs, -np.inf).argmax(axis=1)
    return np.asarray(places[np.arange(len(pitches)), likely])


def find_nearest_names(pitches: IntArray, fifths: IntArray) -> IntArray:
    """Places on the line of fifths that the names count from: those near the tonic of the signature."""
    return fifths + FLATTEST + (pitches * 7 - fifths - FLATTEST) % 12


def count_piece(onsets_sec: Floats, offsets_sec: Floats, pitches: IntArray) -> Floats:
    """How much of each pitch class the whole piece, its beginning and its end have, shape (3, 12), sums 1."""
    weights = _weigh(onsets_sec, offsets_sec)
    parts = (onsets_sec >= -np.inf, onsets_sec <= onsets_sec[0] + EDGE_SEC, onsets_sec >= onsets_sec[-1] - EDGE_SEC)
    counts = np.array([np.bincount(pitches[part] % 12, weights[part], 12) for part in parts])
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def compute_name_features(
    onsets_sec: Floats, offsets_sec: Floats, pitches: IntArray, fifths: IntArray, piece: Floats
) -> NDArray[np.float32]:
    """What the network of names reads, a row a note.

    Parameters
    ----------
    onsets_sec, offsets_sec, pitches
        Shape (n_notes,), of the whole piece or of a stretch of it.
    fifths
        Shape (n_notes,): the signature that each note is supposed to stand under.
    piece
        As `count_piece` gives it.

    Returns
    -------
    ndarray, shape (n_notes, N_FEATURES), float32
        Each about -2..2.
    """
    n_notes = len(pitches)
    rows = np.arange(n_notes)
    features = np.zeros((n_notes, N_FEATURES), np.float32)
    features[rows, (pitches * 7 - fifths) % 12] = 1
    features[:, 12:24] = _count_intervals(onsets_sec, pitches)
    at = 24 + 2 * len(STEPS_SEMITONES)
    features[:, 24:at] = _find_steps(onsets_sec, pitches)
    is_new = np.diff(onsets_sec, prepend=-np.inf) > TOGETHER_SEC
    chord_of = np.cumsum(is_new) - 1
    starts = np.flatnonzero(is_new).astype(np.intp)  # reduceat takes no other index on 32 bits
    gaps = _scale_sec(np.diff(onsets_sec[is_new]))
    features[:, at] = _scale_sec(offsets_sec - onsets_sec)
    features[:, at + 1] = np.append(gaps, 2)[chord_of]
    features[:, at + 2] = np.append(2, gaps)[chord_of]
    features[:, at + 3] = (pitches - 62) / 12
    features[:, at + 4] = pitches == np.minimum.reduceat(pitches, starts)[chord_of]
    features[:, at + 5] = pitches == np.maximum.reduceat(pitches, starts)[chord_of]
    features[:, at + 6] = np.log2(np.bincount(chord_of))[chord_of]
    features[:, at + 7] = 1
    # The pitch classes in the order of fifths from the supposed tonic.
    order = (fifths[:, None] + np.arange(FLATTEST, FLATTEST + 12)) * 7 % 12
    weights = np.zeros((n_notes, 12))
    weights[rows, pitches % 12] = _weigh(onsets_sec, offsets_sec)
    total = np.concatenate([np.zeros((1, 12)), np.cumsum(weights, axis=0)])
    at += 8
    for reach in REACHES:
        counts = total[np.minimum(rows + reach + 1, n_notes)] - total[np.maximum(rows - reach, 0)]
        counts = np.take_along_axis(counts, order, axis=1)
        features[:, at : at + 12] = _spread(counts / counts.sum(axis=1, keepdims=True))
        at += 12
    features[:, at:] = _spread(piece[:, order].transpose(1, 0, 2).reshape(n_notes, N_PIECE))
    return features


def _weigh(onsets_sec: Floats, offsets_sec: Floats) -> Floats:
    """A note of four times the length counts twice."""
    return np.sqrt(np.clip(offsets_sec - onsets_sec, SHORTEST_SEC, LONGEST_SEC))


def _spread(shares: Floats) -> Floats:
    """Shares of pitch classes so that small ones tell, too."""
    return np.asarray(3 * np.sqrt(shares))


def _scale_sec(seconds: Floats) -> Floats:
    return scale_lengths(seconds, SHORTEST_SEC, LONGEST_SEC)


def _count_intervals(onsets_sec: Floats, pitches: IntArray) -> Floats:
    """How near notes of each interval are in time, on the line of fifths, shape (n_notes, 12)."""
    n_notes = len(pitches)
    counts, rows = np.zeros((n_notes, 12)), np.arange(n_notes)
    for ahead in range(1, min(NEAR_NOTES, n_notes - 1) + 1):
        weight = np.exp((onsets_sec[:-ahead] - onsets_sec[ahead:]) / NEAR_SEC)
        interval = (pitches[ahead:] - pitches[:-ahead]) * 7
        counts[rows[:-ahead], interval % 12] += weight
        counts[rows[ahead:], -interval % 12] += weight
    return np.asarray(np.sqrt(counts))


def _find_steps(onsets_sec: Floats, pitches: IntArray) -> Floats:
    """How soon a note goes to each of `STEPS_SEMITONES`, and came from there: 1 at once, 0 never."""
    n_notes, n_steps = len(pitches), len(STEPS_SEMITONES)
    found = np.zeros((n_notes, 2 * n_steps))
    for ahead in range(min(FAR_NOTES, n_notes - 1), 0, -1):
        gap = onsets_sec[ahead:] - onsets_sec[:-ahead]
        near = np.exp(-gap / STEP_SEC)
        step = pitches[ahead:] - pitches[:-ahead] - STEPS_SEMITONES[0]
        chosen = np.flatnonzero((gap > TOGETHER_SEC) & (step >= 0) & (step < n_steps))
        found[chosen, step[chosen]] = near[chosen]
        found[chosen + ahead, 2 * n_steps - 1 - step[chosen]] = near[chosen]
    return found
