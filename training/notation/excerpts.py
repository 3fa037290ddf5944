"""Excerpts of performances, heard differently every time.

Tempo and rubato, transposition, touch, notes that a transcription would miss or invent, one hand taken from another
piece, easy music: 166 pieces are soon known by heart. How often each is done was not tuned (docs/notes.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import Floats, IntArray
from training.notation.corpus import SAME_BEATS, Taught

HAND_MIX_CHANCE, MOST_TEMPO_RATIO, LEAST_MIXED_BEATS, MOST_GUESTS = 0.7, 1.8, 16, 20
THIN_CHORDS, ONLY_BEATS_CHANCE, LEAST_THIN_NOTES = 3, 0.25, 50
ONE_HAND_CHANCE, LEAST_HAND = 0.15, 0.25
NO_PEDAL_CHANCE = 0.25  # that nothing is known of it


@dataclass
class Excerpt:
    """Neighbouring notes on their way to a window; arrays of notes as in `Taught`, ``period`` in seconds."""

    onset: Floats
    offset: Floats
    pitch: IntArray
    velocity: Floats
    staff: IntArray
    place: Floats
    value: Floats
    is_unwritten: NDArray[np.bool_]
    beat: IntArray
    period: Floats

    def select(self, chosen: NDArray[np.bool_] | IntArray) -> None:
        """Keep the chosen notes, in the order of their numbers where these are given."""
        for name in vars(self):
            setattr(self, name, getattr(self, name)[chosen])

    def add(self, **others: NDArray[np.generic]) -> None:
        """Add notes."""
        for name, values in others.items():
            setattr(self, name, np.concatenate([getattr(self, name), values]))


NOTE_FIELDS = tuple(name for name in Excerpt.__annotations__ if name != "period")  # that `Taught` has, too


def draw_excerpt(
    corpus: Sequence[Taught],
    index: int,
    n_chords: int,
    rng: np.random.Generator,
    thin_chance: float = 0.0,
    mix_chance: float = HAND_MIX_CHANCE,
) -> tuple[Taught, Excerpt, Floats]:
    """Notes from anywhere in a performance, played a little differently, and the presses of the pedal."""
    taught, excerpt = cut_excerpt(corpus, index, n_chords, rng, thin_chance, mix_chance)
    pedals = taught.pedals_sec
    pedals = pedals[(pedals[:, 1] > excerpt.onset[0]) & (pedals[:, 0] < excerpt.onset[-1] + 1)]
    pedals = vary_playing(excerpt, pedals, rng)
    vary_transcription(excerpt, rng)
    excerpt.select(np.argsort(excerpt.onset, kind="stable"))
    return taught, excerpt, pedals


def cut_excerpt(
    corpus: Sequence[Taught],
    index: int,
    n_chords: int,
    rng: np.random.Generator,
    thin_chance: float = 0.0,
    mix_chance: float = HAND_MIX_CHANCE,
) -> tuple[Taught, Excerpt]:
    """Notes from anywhere in a performance, some of them another's or left out, as they were played."""
    taught = corpus[index]
    # What is dropped, invented and cut off at the ends makes them more or fewer: take some more.
    total = len(taught.chord_begin) - 1
    is_thin = rng.random() < thin_chance
    n_taken = n_chords * (THIN_CHORDS if is_thin else 1)
    begin = int(rng.integers(0, max(1, total - n_taken + 1)))
    chosen = slice(taught.chord_begin[begin], taught.chord_begin[min(total, begin + n_taken * 5 // 4)])
    excerpt = Excerpt(
        **{name: getattr(taught, name)[chosen].copy() for name in NOTE_FIELDS},
        period=np.zeros(chosen.stop - chosen.start),
    )
    if rng.random() < mix_chance:
        guests = (corpus[guest] for guest in rng.integers(0, len(corpus), MOST_GUESTS).tolist())
        any(mix_hands(excerpt, taught, guest, rng) for guest in guests)
    if is_thin:
        thin_notes(excerpt, taught, rng)
    if rng.random() < ONE_HAND_CHANCE:
        one_hand = excerpt.staff != int(rng.integers(1, 3))
        if one_hand.mean() > LEAST_HAND:
            excerpt.select(one_hand)
    excerpt.period = np.where(
        excerpt.beat >= 0, taught.period_sec[np.clip(excerpt.beat, 0, len(taught.period_sec) - 1)], np.nan
    )
    return taught, excerpt


def mix_hands(excerpt: Excerpt, taught: Taught, other: Taught, rng: np.random.Generator) -> bool:
    """Let another piece of the same meter play one of the hands, bar over bar, in this one's tempo.

    The corpus has only 166 pieces, and a network soon knows them by heart. Gives whether the two go together.
    """
    inside = excerpt.beat[excerpt.beat >= 0]
    if not len(inside) or other.piece == taught.piece:
        return False
    begins = np.flatnonzero(taught.is_downbeat[inside[0] : inside[-1]])
    starts = np.flatnonzero(other.is_downbeat)
    if not len(begins) or not len(starts):
        return False
    begin, n_beats = inside[0] + begins[0], inside[-1] - inside[0] - begins[0]
    start = int(rng.choice(starts))
    n_beats = int(min(n_beats, len(other.beats_sec) - 1 - start))
    here, there = slice(begin, begin + n_beats), slice(start, start + n_beats)
    if (
        n_beats < LEAST_MIXED_BEATS
        or (taught.meter[here] != other.meter[there]).any()
        or (taught.is_downbeat[here] != other.is_downbeat[there]).any()
    ):
        return False
    ratio = np.median(np.diff(taught.beats_sec[here])) / np.median(np.diff(other.beats_sec[there]))
    if not 1 / MOST_TEMPO_RATIO < ratio < MOST_TEMPO_RATIO:
        return False
    hand = int(rng.integers(1, 3))
    # When the other one plays, in its own beats: with all that it does to time between them.
    numbers = np.arange(len(other.beats_sec))
    guest = (other.beat >= start) & (other.beat < start + n_beats) & (other.staff == hand)
    moment = np.interp(other.onset[guest], other.beats_sec, numbers) - start + begin
    moment_off = np.interp(other.offset[guest], other.beats_sec, numbers) - start + begin
    here_numbers = np.arange(len(taught.beats_sec))
    replaced = (excerpt.beat >= begin) & (excerpt.beat < begin + n_beats) & (excerpt.staff == hand)
    excerpt.select(~replaced)
    onset = np.interp(moment, here_numbers, taught.beats_sec)
    excerpt.add(
        onset=onset,
        offset=np.maximum(np.interp(moment_off, here_numbers, taught.beats_sec), onset + 0.02),
        pitch=other.pitch[guest],
        velocity=other.velocity[guest],
        staff=other.staff[guest],
        place=other.place[guest] - start + begin,
        value=other.value[guest],
        is_unwritten=other.is_unwritten[guest],
        beat=other.beat[guest] - start + begin,
        period=np.zeros(len(onset)),
    )
    excerpt.select(np.argsort(excerpt.onset, kind="stable"))
    return True


def thin_notes(excerpt: Excerpt, taught: Taught, rng: np.random.Generator) -> None:
    """Leave the notes on the beats and their first divisions: easy music, of which the corpus has little."""
    beat = np.clip(excerpt.beat, 0, len(taught.meter) - 1)
    divisions = np.where(taught.is_compound[beat], 3, 2)
    if rng.random() < ONLY_BEATS_CHANCE:
        divisions[:] = 1
    steps = excerpt.place * divisions
    kept = np.isfinite(steps) & (np.abs(steps - np.round(steps)) < SAME_BEATS)
    if kept.sum() < LEAST_THIN_NOTES:
        return
    excerpt.select(kept)
    # What is left is held up to what follows in its hand, or not.
    share = rng.uniform(0.3, 1.0)
    for staff in (0, 1, 2):
        index = np.flatnonzero(excerpt.staff == staff)
        onset = excerpt.onset[index]
        after = np.append(onset, np.inf)[np.searchsorted(onset, onset + 0.06)]
        gap = np.where(np.isfinite(after), after - onset, 0.0)
        excerpt.offset[index] = np.maximum(excerpt.offset[index], onset + share * gap)


def vary_playing(excerpt: Excerpt, pedals: Floats, rng: np.random.Generator) -> Floats:
    """Another tempo with other rubato, key, touch and dynamics; gives the pedals on the new time line."""
    knots_sec, knots = _draw_tempo(excerpt.onset[0], excerpt.offset.max() + 1, rng)
    slope = np.diff(knots) / np.diff(knots_sec)
    excerpt.period *= slope[np.clip(np.searchsorted(knots_sec, excerpt.onset) - 1, 0, len(slope) - 1)]
    n_notes = len(excerpt.onset)
    onset = np.interp(excerpt.onset, knots_sec, knots)
    length = np.interp(excerpt.offset, knots_sec, knots) - onset
    length *= 2 ** (rng.uniform(-0.5, 0.5) + rng.normal(0, 0.15, n_notes))
    excerpt.onset = onset + rng.normal(0, rng.uniform(0, 0.008), n_notes)
    excerpt.offset = excerpt.onset + length
    excerpt.pitch = excerpt.pitch + int(rng.integers(-5, 7))
    excerpt.velocity = (
        (excerpt.velocity - 64) * rng.uniform(0.6, 1.3) + 64 + rng.uniform(-16, 16) + rng.normal(0, 3, n_notes)
    )
    return np.asarray(np.interp(pedals, knots_sec, knots) + rng.normal(0, 0.02, pedals.shape))


def vary_transcription(excerpt: Excerpt, rng: np.random.Generator) -> None:
    """Miss some notes and invent others, half the time each."""
    if rng.random() < 0.5:
        heard = rng.random(len(excerpt.onset)) >= rng.uniform(0, 0.15)
        heard[0] = True
        excerpt.select(heard)
    if rng.random() < 0.5:
        wrong = rng.integers(0, len(excerpt.onset), int(rng.uniform(0, 0.05) * len(excerpt.onset)))
        # Octaves and twelfths that were only partials, notes struck twice, notes that nobody played.
        late = np.where(rng.random(len(wrong)) < 0.5, rng.normal(0, 0.02, len(wrong)), rng.uniform(0, 1, len(wrong)))
        onset = np.maximum(excerpt.onset[wrong] + late, excerpt.onset[0])
        excerpt.add(
            onset=onset,
            offset=onset + rng.uniform(0.03, 0.3, len(wrong)),
            pitch=excerpt.pitch[wrong] + rng.choice([-12, 12, 19, 24, 0, 1, 7], len(wrong)),
            velocity=excerpt.velocity[wrong] * rng.uniform(0.3, 0.8, len(wrong)),
            staff=excerpt.staff[wrong],
            place=np.full(len(wrong), np.nan),
            value=np.full(len(wrong), np.nan),
            is_unwritten=np.ones(len(wrong), np.bool_),
            beat=excerpt.beat[wrong],
            period=excerpt.period[wrong],
        )


def _draw_tempo(begin_sec: float, end_sec: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A time line to play along: seconds of the performance, and when they come instead."""
    knots_sec = np.arange(begin_sec - 5, end_sec + 8, 3.0)
    tempo = np.full(len(knots_sec) - 1, rng.uniform(-0.35, 0.35))
    if rng.random() < 0.5:
        sway = rng.normal(0, rng.uniform(0, 0.15), len(tempo) + 2)
        tempo = tempo + (sway[:-2] + sway[1:-1] + sway[2:]) / np.sqrt(3)
    return knots_sec, np.concatenate([[0.0], np.cumsum(3.0 * 2**tempo)])
