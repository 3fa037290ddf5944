"""Train the network of note values and staffs on a CPU: about a quarter of an hour of one core.

    python -m training.notation.values --without 0 1 --out .cache/rhythm/values.pt     leaves works of two folds out
    python -m training.notation.values --out .cache/rhythm/values.pt                   the one that ships

It learns with the true places of the notes, some of them disturbed, in beats of the annotation, halves and doubles.
Started again it goes on where it stopped.
"""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from ottava.datatypes import Floats
from ottava.notation.values import NETWORK, VALUES, compute_note_features, find_bar_ends
from ottava.notation.values import SHORTEST_PLAYED_BEATS as SHORTEST_BEATS
from ottava.rhythm.features import hold_notes
from training.notation.corpus import SAME_BEATS, UNKNOWN, Taught, Window, find_nearest
from training.notation.encoder import VALUES_AND_STAFFS, split_outputs
from training.notation.excerpts import cut_excerpt
from training.notation.loop import compute_entropies, run_training

N_NOTES = NETWORK.window
N_CHORDS = N_NOTES // 2  # about as many notes, in most music
N_PLAYED = N_CHORDS * 5 // 4
BATCH = 16
STEPS = 1200
LOSS_WEIGHTS = {"value": 1.0, "staff": 0.5}
MIX_CHANCE, LEVEL_CHANCE, MOST_DISTURBED = 0.6, 0.3, 0.08
SAME_VALUE_BEATS = 0.03  # values of data/train are float32 quarters


def draw_notes(corpus: Sequence[Taught], index: int, rng: np.random.Generator) -> Window:
    """Neighbouring notes of a performance as the network of values sees them, played a little differently."""
    taught, excerpt = cut_excerpt(corpus, index, N_CHORDS, rng, mix_chance=MIX_CHANCE)
    if rng.random() < 0.5:
        heard = rng.random(len(excerpt.onset)) >= rng.uniform(0, 0.1)
        heard[0] = True
        excerpt.select(heard)
    excerpt.select(np.arange(min(N_NOTES, len(excerpt.onset))))
    numbers = np.arange(len(taught.beats_sec))
    played = np.interp(excerpt.onset, taught.beats_sec, numbers)
    released = np.interp(excerpt.offset, taught.beats_sec, numbers)
    sounding = np.interp(hold_notes(excerpt.offset, taught.pedals_sec), taught.beats_sec, numbers)
    is_placed = np.isfinite(excerpt.place)
    place = np.where(is_placed, excerpt.place, played)
    value = np.where(is_placed, excerpt.value, np.nan)
    length, sounds = np.maximum(released - played, SHORTEST_BEATS), np.maximum(sounding - played, SHORTEST_BEATS)
    beat = np.clip(np.floor(place + SAME_BEATS).astype(np.int64), 0, len(taught.period_sec) - 1)
    period, bar_beat = taught.period_sec[beat], taught.bar_beat[beat]
    bar_left = np.asarray(find_bar_ends(taught.is_downbeat)[beat] - place, np.float64)

    level = float(rng.choice([0.5, 2.0])) if rng.random() < LEVEL_CHANCE else 1.0
    place, value, length, sounds = (beats * level for beats in (place, value, length, sounds))
    if level != 1:
        n_beats = int(rng.choice([2, 3, 4]))
        bar_beat = np.floor(place + SAME_BEATS).astype(np.int64) % n_beats
        bar_left = n_beats - np.mod(place, n_beats)
    place = disturb_places(place, rng)
    length = length * 2 ** (rng.uniform(-0.4, 0.4) + rng.normal(0, 0.1, len(place)))
    sounds = length if rng.random() < 0.25 else np.maximum(sounds, length)
    pitch = excerpt.pitch + int(rng.integers(-5, 7))
    velocity = (excerpt.velocity - 64) * rng.uniform(0.6, 1.3) + 64 + rng.uniform(-16, 16)
    period = period / level * 2 ** rng.uniform(-0.4, 0.4)
    order = np.lexsort((pitch, place))
    features = compute_note_features(
        place[order],
        length[order],
        sounds[order],
        pitch[order],
        np.clip(velocity, 1, 127)[order],
        period[order],
        bar_beat[order],
        bar_left[order],
        taught.is_compound[beat][order],
    )
    coordinates = np.stack([place[order] - place[order[0]], pitch[order]], axis=1).astype(np.float32)
    classes = np.where(np.isnan(value), UNKNOWN, find_nearest(np.nan_to_num(value), VALUES, SAME_VALUE_BEATS))
    staff = np.where(excerpt.staff > 0, excerpt.staff - 1, UNKNOWN)
    return Window(features, coordinates, {"value": classes[order], "staff": staff[order]})


def disturb_places(place: Floats, rng: np.random.Generator) -> Floats:
    """Places as they are found: here and there the chords of one place stand at another."""
    _, chord = np.unique(np.round(place, 3), return_inverse=True)
    n_chords = int(chord.max()) + 1
    away = rng.choice([-0.25, -1 / 6, -1 / 8, -1 / 12, 1 / 12, 1 / 8, 1 / 6, 0.25], n_chords)
    return place + np.where(rng.random(n_chords) < rng.uniform(0, MOST_DISTURBED), away, 0.0)[chord]


def compute_losses(outputs: Tensor, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """The mean loss of each output over the notes whose label is known."""
    return compute_entropies(split_outputs(outputs, VALUES_AND_STAFFS.outputs), batch, LOSS_WEIGHTS)


if __name__ == "__main__":
    run_training(__doc__, VALUES_AND_STAFFS, draw_notes, N_NOTES, BATCH, STEPS, compute_losses, LOSS_WEIGHTS, N_PLAYED)
