"""Train the network of bars on data/train, on a CPU: about six minutes of one core a fold.

    python -m training.notation.bars --fold 0 --out .cache/rhythm/bars0.pt     leaves the works of fold 0 out
    python -m training.notation.bars --out .cache/rhythm/bars.pt               the one that ships

It learns with the annotated beats, which slip now and then, and with ``--more .cache/rhythm/reread`` half of the time
with those that other networks found (training/notation/reread.py). Started again it goes on where it stopped.
requirements/export.txt pins all that is needed.
"""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from ottava.rhythm.bars import NETWORK, compute_beat_features
from training.notation.corpus import SAME_BEATS, UNKNOWN, Taught, Window
from training.notation.encoder import BARS, split_outputs
from training.notation.excerpts import NO_PEDAL_CHANCE, draw_excerpt
from training.notation.loop import compute_entropies, run_training
from training.notation.reread import read_reread

N_BEATS = NETWORK.window
BATCH = 32
STEPS = 1200
SLIP_CHANCE, VEIL_CHANCE = 0.3, 0.1
CHORDS_A_BEAT = 3  # about as many as are taken for a window
LOSS_WEIGHTS = {"downbeat": 1.0, "bar": 1.0, "meter": 0.3}


def draw_bars(corpus: Sequence[Taught], index: int, rng: np.random.Generator) -> Window:
    """Beats as the network of bars sees them; the count of beats slips now and then."""
    taught, excerpt, pedals = draw_excerpt(corpus, index, N_BEATS * CHORDS_A_BEAT, rng)
    # Pedals and releases where the notes are, on the count of beats.
    known = np.isfinite(excerpt.place)
    if np.unique(excerpt.onset[known]).size < 2:
        return draw_bars(corpus, int(rng.integers(len(corpus))), rng)
    excerpt.select(known)
    order = np.argsort(excerpt.onset, kind="stable")
    pressed = np.interp(pedals[:, 0], excerpt.onset[order], excerpt.place[order])
    place, length = excerpt.place, (excerpt.offset - excerpt.onset) / excerpt.period
    first = float(np.floor(place.min() + SAME_BEATS))
    place, pressed = place - first, pressed - first
    count = int(place.max() + SAME_BEATS) + 1
    number = np.arange(count) + int(first)
    period = np.interp(np.arange(count), np.sort(place), excerpt.period[np.argsort(place)])
    if rng.random() < SLIP_CHANCE and count > 8:
        # A beat too many or too few in the middle.
        at = int(rng.integers(4, count - 4))
        if rng.random() < 0.5:
            place, pressed = place + (place >= at), pressed + (pressed >= at)
            number, period = np.insert(number, at, -1), np.insert(period, at, period[at])
        else:
            gone = (place >= at) & (place < at + 1)
            place, length = place[~gone] - (place[~gone] >= at), length[~gone]
            excerpt.select(~gone)
            pressed = pressed - (pressed >= at)
            number, period = np.delete(number, at), np.delete(period, at)
    features = compute_beat_features(
        place, length, excerpt.pitch, np.clip(excerpt.velocity, 1, 127),
        pressed[:0] if rng.random() < NO_PEDAL_CHANCE else pressed, period,
    )  # fmt: skip
    features += rng.normal(0, 0.05, features.shape).astype(np.float32)
    features[:, rng.random(features.shape[1]) < VEIL_CHANCE] = 0
    is_known = (number >= 0) & (number < len(taught.beats_sec) - 1)
    labels = {
        "downbeat": np.where(is_known, taught.is_downbeat[number], UNKNOWN),
        "bar": np.where(is_known, taught.bar_beat[number], UNKNOWN),
        "meter": np.where(is_known, taught.meter[number], UNKNOWN),
    }
    cut = slice(0, N_BEATS)
    coordinates = np.arange(len(number), dtype=np.float32)[:, None]
    return Window(features[cut], coordinates[cut], {name: label[cut] for name, label in labels.items()})


def compute_losses(outputs: Tensor, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """The mean loss of each output over the beats whose label is known."""
    return compute_entropies(split_outputs(outputs, BARS.outputs), batch, LOSS_WEIGHTS)


if __name__ == "__main__":
    run_training(__doc__, BARS, draw_bars, N_BEATS, BATCH, STEPS, compute_losses, LOSS_WEIGHTS, more=read_reread)
