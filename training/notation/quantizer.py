"""Train the network of places on given beats, on a CPU: about forty minutes of one core.

    python -m training.notation.quantizer --without 0 1 --out .cache/rhythm/quantizer.pt

It learns with the annotated beats: exact, as somebody taps along, evened out, and now and then as halves or doubles;
bars are told or not. Half of its windows come from performances, half from scores that are played by program. Started
again it goes on where it stopped.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ottava.datatypes import Floats, IntArray
from ottava.rhythm.chords import group_notes
from ottava.rhythm.meter import beat_positions
from ottava.rhythm.quantizing import GRACE, NETWORK, PLACES, UNKNOWN_BAR_BEAT, UNWRITTEN, compute_features
from training.notation.corpus import SAME_BEATS, UNKNOWN, Taught, Window, find_nearest
from training.notation.encoder import QUANTIZER, split_outputs
from training.notation.excerpts import cut_excerpt, vary_transcription
from training.notation.loop import compute_entropies, run_training

N_NOTES = NETWORK.window
N_CHORDS = N_NOTES // 2  # about as many notes, in most music
N_PLAYED = N_CHORDS * 5 // 4
BATCH = 16
STEPS = 2400
LOSS_WEIGHTS = {"place": 1.0}
THIN_CHANCE, MIX_CHANCE = 0.2, 0.5
# How beats are given. None of it is tuned; people tap 20 to 40 ms beside what they hear.
EXACT_CHANCE, EVEN_CHANCE, MOST_TAP_SEC, MOST_LATE_SEC, MOST_EVEN_BEATS = 0.35, 0.2, 0.04, 0.015, 4
LEVEL_CHANCE, HIDDEN_BAR_CHANCE, HIDDEN_METER_CHANCE = 0.15, 0.3, 0.5
MOST_OCTAVES, MOST_SCATTER_SEC = 0.4, 0.008
SAME_PLACE_BEATS = 0.012  # that are float32, a few of them rounded


def draw_notes(corpus: Sequence[Taught], index: int, rng: np.random.Generator) -> Window:
    """Notes as the network sees them, on beats as somebody gives them."""
    taught, excerpt = cut_excerpt(corpus, index, N_CHORDS, rng, THIN_CHANCE, MIX_CHANCE)
    scatter_sec = rng.normal(0, rng.uniform(0, MOST_SCATTER_SEC), len(excerpt.onset))
    excerpt.onset, excerpt.offset = excerpt.onset + scatter_sec, excerpt.offset + scatter_sec
    vary_transcription(excerpt, rng)
    excerpt.select(np.lexsort((excerpt.pitch, excerpt.onset)))
    excerpt.select(np.arange(min(N_NOTES, len(excerpt.onset))))
    beats_sec, place, bar_beat, three = tap_beats(taught, excerpt.place, rng)
    played = beat_positions(excerpt.onset, beats_sec)
    lengths = beat_positions(excerpt.offset, beats_sec) - played
    beat = np.clip(np.floor(played).astype(np.int64), 0, len(beats_sec) - 2)
    nearest = np.clip(np.round(played).astype(np.int64), 0, len(beats_sec) - 1)
    lengths = lengths * 2 ** (rng.uniform(-0.5, 0.5) + rng.normal(0, 0.15, len(lengths)))
    velocities = (excerpt.velocity - 64) * rng.uniform(0.6, 1.3) + 64 + rng.uniform(-16, 16)
    pitches = excerpt.pitch + int(rng.integers(-5, 7))
    features = compute_features(
        played, group_notes(excerpt.onset).chord_of,
        np.diff(beats_sec)[beat] * 2 ** rng.uniform(-MOST_OCTAVES, MOST_OCTAVES),
        lengths, pitches, np.clip(velocities, 1, 127), bar_beat[nearest], three[nearest],
    )  # fmt: skip
    coordinates = np.stack([played - played[0], pitches], axis=1).astype(np.float32)
    return Window(features, coordinates, {"place": label_places(place, excerpt.value, excerpt.is_unwritten)})


def tap_beats(
    taught: Taught, place: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats, IntArray, IntArray]:
    """Beats as somebody gives them: their times, places counted by them, and what is told of bars and meters."""
    beats_sec, bar_beat = taught.beats_sec.copy(), taught.bar_beat.copy()
    three = taught.is_compound.astype(np.int64)
    how = rng.random()
    if how >= EXACT_CHANCE:
        if how < EXACT_CHANCE + EVEN_CHANCE:
            beats_sec = even_out(beats_sec, int(rng.integers(1, MOST_EVEN_BEATS + 1)))
        taps = rng.normal(rng.normal(0, MOST_LATE_SEC), rng.uniform(0, MOST_TAP_SEC), len(beats_sec))
        # Nobody taps so unevenly that a beat is gone.
        beats_sec = beats_sec + np.clip(taps, -0.2, 0.2) * min(1.0, float(np.median(taught.period_sec)) / 0.4)
        beats_sec = np.maximum.accumulate(beats_sec + 1e-3 * np.arange(len(beats_sec)))
    if rng.random() < LEVEL_CHANCE and len(beats_sec) > 8:
        bar_beat, three = np.full(len(bar_beat), UNKNOWN_BAR_BEAT), np.full(len(three), UNKNOWN)
        if rng.random() < 0.5:
            numbers = np.arange(2 * len(beats_sec) - 1) / 2
            beats_sec, place = np.interp(numbers, np.arange(len(beats_sec)), beats_sec), place * 2
            bar_beat, three = np.repeat(bar_beat, 2)[:-1], np.repeat(three, 2)[:-1]
        else:
            first = int(np.argmax(taught.is_downbeat)) % 2
            place = np.where(place >= first - SAME_BEATS, (place - first) / 2, np.nan)
            beats_sec, bar_beat, three = beats_sec[first::2], bar_beat[first::2], three[first::2]
    if rng.random() < HIDDEN_BAR_CHANCE:
        bar_beat = np.full(len(bar_beat), UNKNOWN_BAR_BEAT)
        if rng.random() < HIDDEN_METER_CHANCE:
            three = np.full(len(three), UNKNOWN)
    return beats_sec, place, bar_beat, three


def even_out(beats_sec: Floats, n_beats: int) -> Floats:
    """Beats of which each is moved to the mean of ``n_beats`` on either side, as a program gives them that follows."""
    padded = np.pad(beats_sec, n_beats, mode="reflect", reflect_type="odd")
    return np.convolve(padded, np.full(2 * n_beats + 1, 1 / (2 * n_beats + 1)), mode="valid")


def label_places(place: Floats, value: Floats, is_unwritten: NDArray[np.bool_]) -> IntArray:
    """The index of each note's place in `PLACES`, or what else it is; a grace note has no length."""
    known = np.isfinite(place)
    phase = np.where(known, place, 0) % 1.0
    nearest = find_nearest(np.where(phase > 1 - SAME_PLACE_BEATS, 0.0, phase), PLACES, SAME_PLACE_BEATS)
    others = np.where(is_unwritten, np.where(np.abs(value) < SAME_BEATS, GRACE, UNWRITTEN), UNKNOWN)
    return np.where(known, nearest, others)


def compute_losses(outputs: Tensor, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """The mean loss over the notes whose label is known."""
    return compute_entropies(split_outputs(outputs, QUANTIZER.outputs), batch, LOSS_WEIGHTS)


if __name__ == "__main__":
    run_training(__doc__, QUANTIZER, draw_notes, N_NOTES, BATCH, STEPS, compute_losses, LOSS_WEIGHTS, N_PLAYED)
