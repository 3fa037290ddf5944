"""Train the network of note values and staffs on data/train, on a CPU: about ten minutes of one core a fold.

    python -m build.train_values --fold 0 --out .cache/rhythm/values0.pt     leaves the works of fold 0 out
    python -m build.train_values --out .cache/rhythm/values.pt               the one that ships

It learns with the true places of the notes, some of them disturbed, in beats of the annotation, halves and doubles.
Started again it goes on where it stopped.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor

from build.encoder import VALUES_AND_STAFFS, Encoder, split_outputs
from build.rhythm_corpus import (
    UNKNOWN,
    Batch,
    Taught,
    Window,
    find_nearest,
    read_corpus,
    stack_windows,
    weigh_performances,
)
from build.training import N_FOLDS, read_folder, train
from ottava.values import VALUES, compute_note_features, hold_notes

N_NOTES = 384
BATCH = 16
STEPS = 1200
LEARNING_RATE = 2e-3
LOSS_WEIGHTS = {"value": 1.0, "staff": 0.5}
ONE_HAND_CHANCE, LEVEL_CHANCE, DISTURBED = 0.1, 0.3, 0.02


def main() -> None:
    """Train and save; print the running losses."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fold", type=int, choices=range(N_FOLDS), help="the fold to leave out")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    corpus = read_corpus(read_folder(), [fold for fold in range(N_FOLDS) if fold != options.fold])
    chances = weigh_performances(corpus)

    def draw(rng: np.random.Generator) -> Batch:
        chosen = rng.choice(len(corpus), BATCH, p=chances).tolist()
        return stack_windows([draw_window(corpus[index], rng) for index in chosen], N_NOTES)

    train(Encoder(VALUES_AND_STAFFS), draw, compute_losses, LOSS_WEIGHTS, options.out, options.steps, LEARNING_RATE)


def draw_window(taught: Taught, rng: np.random.Generator) -> Window:
    """Features, coordinates, values and staffs of neighbouring notes."""
    n_notes = len(taught.onset)
    begin = int(rng.integers(0, max(1, n_notes - N_NOTES + 1)))
    index = np.arange(begin, min(n_notes, begin + N_NOTES))
    if rng.random() < ONE_HAND_CHANCE:
        index = index[taught.staff[index] != int(rng.integers(1, 3))]
    if rng.random() < 0.5:
        index = index[rng.random(len(index)) >= rng.uniform(0, 0.1)]
    if not len(index):
        index = np.array([begin])
    return describe_notes(taught, index, rng)


def describe_notes(taught: Taught, index: NDArray[np.int64], rng: np.random.Generator | None) -> Window:
    """See `draw_window`; without ``rng`` as it was played and written."""
    numbers = np.arange(len(taught.beats_sec))
    played = np.interp(taught.onset[index], taught.beats_sec, numbers)
    released = np.interp(taught.offset[index], taught.beats_sec, numbers)
    sounding_sec = hold_notes(taught.offset[index], taught.pedals_sec)
    sounding = np.interp(sounding_sec, taught.beats_sec, numbers)
    place = np.where(np.isnan(taught.place[index]), played, taught.place[index])
    value = np.where(np.isnan(taught.place[index]), np.nan, taught.value[index])
    length, sounds = np.maximum(released - played, 0.02), np.maximum(sounding - played, 0.02)
    beat = np.clip(np.floor(place + 0.02).astype(np.int64), 0, len(taught.period_sec) - 1)
    period, bar_beat = taught.period_sec[beat], taught.bar_beat[beat]
    pitch, velocity = taught.pitch[index], taught.velocity[index]
    if rng is not None:
        level = float(rng.choice([0.5, 2.0])) if rng.random() < LEVEL_CHANCE else 1.0
        place, value, length, sounds = (beats * level for beats in (place, value, length, sounds))
        period = period / level
        if level != 1:
            bar_beat = np.floor(place + 0.02).astype(np.int64) % int(rng.choice([2, 3, 4]))
        disturbed = rng.random(len(place)) < DISTURBED
        place = place + np.where(disturbed, rng.choice([-0.25, -1 / 6, 1 / 6, 0.25], len(place)), 0.0)
        stretch = 2 ** (rng.uniform(-0.4, 0.4) + rng.normal(0, 0.1, len(place)))
        length, sounds = length * stretch, np.maximum(sounds, length * stretch)
        if rng.random() < 0.25:
            sounds = length
        pitch = pitch + int(rng.integers(-5, 7))
        velocity = np.clip((velocity - 64) * rng.uniform(0.6, 1.3) + 64 + rng.uniform(-16, 16), 1, 127)
        period = period * 2 ** rng.uniform(-0.4, 0.4)
    order = np.lexsort((pitch, place))
    is_compound = np.array([n > 3 and n % 3 == 0 for _, n, _ in taught.time_signatures.tolist()])
    in_force = np.clip(np.searchsorted(taught.time_signatures[:, 0], beat, side="right") - 1, 0, None)
    features = compute_note_features(
        place[order], length[order], sounds[order], pitch[order], velocity[order], period[order], bar_beat[order],
        is_compound[in_force][order],
    )  # fmt: skip
    coordinates = np.stack([place[order] - place[order[0]], pitch[order]], axis=1).astype(np.float32)
    classes = np.where(np.isnan(value), UNKNOWN, find_nearest(np.nan_to_num(value), VALUES, 0.03))
    staff = np.where(taught.staff[index] > 0, taught.staff[index] - 1, UNKNOWN)
    return Window(features, coordinates, {"value": classes[order], "staff": staff[order]})


def compute_losses(outputs: Tensor, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """The mean loss of each output over the notes whose label is known."""
    parts = split_outputs(outputs, VALUES_AND_STAFFS.outputs)
    return {
        name: F.cross_entropy(part.flatten(0, 1), batch[name].flatten(), ignore_index=UNKNOWN)
        for name, part in parts.items()
    }


if __name__ == "__main__":
    main()
