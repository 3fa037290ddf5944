"""Train the rhythm network on data/train, on a CPU: about 35 minutes of one core a fold, in two parts.

    python -m training.notation.rhythm --fold 0 --out .cache/rhythm/plain0.pt      leaves the works of fold 0 out
    python -m training.notation.rhythm --fold 0 --begin .cache/rhythm/plain0.pt --out .cache/rhythm/rhythm0.pt

Without ``--fold`` the one that ships. First it learns to find beats; then, beginning with what it has learned, also to
find them at a tempo that is supposed. Started again it goes on where it stopped. requirements/export.txt pins all that
is needed.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor

from ottava.datatypes import Floats, IntArray
from ottava.rhythm.chords import FEATURE_KINDS, compute_chord_features, group_notes, suppose_tempo
from ottava.rhythm.score_time import NETWORK, PERIODS_LOG2_SEC
from ottava.rhythm.steps import PHASES
from ottava.rhythm.steps import STEPS as STEP_CLASSES
from training.notation.corpus import SAME_BEATS, UNKNOWN, Taught, Window, find_nearest
from training.notation.encoder import RHYTHM, split_outputs
from training.notation.excerpts import NO_PEDAL_CHANCE, draw_excerpt
from training.notation.loop import Further, compute_entropies, run_training

N_CHORDS = NETWORK.window
BATCH = 16
STEPS, MORE_STEPS, MORE_RATE = 2000, 1400, 1e-3
LOSS_WEIGHTS = {"beat": 1.0, "phase": 0.5, "period": 0.3, "step": 0.3}
PERIOD_SPREAD_OCTAVES = 0.1
THIN_CHANCE, VEIL_CHANCE = 0.25, 0.15
UNWRITTEN = len(PHASES) + 1
# How often a tempo is supposed, and how far it is from the true one, in octaves, all through and here and there: not
# tuned.
SUPPOSED_CHANCE, EVEN_CHANCE = 0.7, 0.3
OFF_OCTAVES, MOST_SWAY_OCTAVES, SWAY_CHORDS = 0.06, 0.12, 40
MOST_SMOOTH_CHORDS = 24


def draw_chords(corpus: Sequence[Taught], index: int, rng: np.random.Generator, *, supposes: bool = False) -> Window:
    """Chords as the rhythm network hears them, most of the time at a supposed tempo where it ``supposes`` one."""
    _, excerpt, pedals = draw_excerpt(corpus, index, N_CHORDS, rng, THIN_CHANCE)
    chords = group_notes(excerpt.onset)
    features = compute_chord_features(
        chords, excerpt.offset - excerpt.onset, excerpt.pitch, np.clip(excerpt.velocity, 1, 127),
        None if rng.random() < NO_PEDAL_CHANCE else pedals,
    )  # fmt: skip
    veil_features(features, rng)
    first = np.searchsorted(chords.chord_of, np.arange(len(chords.times_sec)))
    labels = label_chords(chords.chord_of, excerpt.place, excerpt.is_unwritten)
    count = slice(0, N_CHORDS)
    with np.errstate(invalid="ignore"):
        labels["period"] = np.log2(excerpt.period[first]).astype(np.float32)
    coordinates = np.stack([chords.times_sec - chords.times_sec[0], np.arange(len(features))], axis=1)
    features, times_sec = features[count], chords.times_sec[count]
    octaves = labels["period"][count].astype(np.float64)
    if supposes and np.isfinite(octaves).any() and rng.random() < SUPPOSED_CHANCE:
        period_sec = suppose_period(octaves, rng)
        features = suppose_tempo(features, times_sec, period_sec, rng.random())
    return Window(
        features, coordinates[count].astype(np.float32), {name: label[count] for name, label in labels.items()}
    )


def suppose_period(octaves: Floats, rng: np.random.Generator) -> Floats:
    """About the true length of a beat at each chord, in seconds: one for all or the smoothed one, and a little off.

    ``octaves`` of a second, NaN where it is not known.
    """
    n_chords, known = len(octaves), np.flatnonzero(np.isfinite(octaves))
    octaves = np.interp(np.arange(n_chords), known, octaves[known])
    if rng.random() < EVEN_CHANCE:
        octaves[:] = np.median(octaves)
    else:
        window = np.ones(2 * int(rng.integers(3, MOST_SMOOTH_CHORDS)) + 1)
        half = len(window) // 2
        smoothed = np.convolve(octaves, window) / np.convolve(np.ones(n_chords), window)
        octaves = smoothed[half : half + n_chords]
    knots = np.arange(0, n_chords + SWAY_CHORDS, SWAY_CHORDS)
    sway = np.interp(np.arange(n_chords), knots, rng.normal(0, rng.uniform(0, MOST_SWAY_OCTAVES), len(knots)))
    return np.asarray(2 ** (octaves + rng.normal(0, OFF_OCTAVES) + sway))


def veil_features(features: NDArray[np.float32], rng: np.random.Generator) -> None:
    """Hide one kind of features now and then, and blur all."""
    features += rng.normal(0, 0.05, features.shape).astype(np.float32)
    for kind in FEATURE_KINDS:
        if rng.random() < VEIL_CHANCE:
            features[:, kind] = 0


def label_chords(chord_of: IntArray, place: Floats, unwritten: NDArray[np.bool_]) -> dict[str, IntArray]:
    """Labels "beat", "phase" and "step" of chords, by the earliest place that one of its notes has in the score."""
    n_chords = int(chord_of[-1]) + 1
    places = np.full(n_chords, np.inf)
    np.minimum.at(places, chord_of, np.where(np.isnan(place), np.inf, place))
    known = np.isfinite(places)
    all_unwritten = np.bincount(chord_of, unwritten) == np.bincount(chord_of)
    phase_of = np.where(known, places, 0) % 1.0
    phase = find_nearest(np.where(phase_of > 1 - SAME_BEATS, 0.0, phase_of), PHASES)
    phase = np.where(known, phase, np.where(all_unwritten, UNWRITTEN, UNKNOWN))
    step = np.full(n_chords, UNKNOWN)
    # Between two chords that are written; none where the count jumps (a repeat, a slip of the alignment).
    index = np.flatnonzero(known)
    gaps = np.diff(places[index])
    step[index[:-1]] = np.where(gaps > -SAME_BEATS, find_nearest(gaps, STEP_CLASSES), UNKNOWN)
    beat = np.where(known, phase == 0, np.where(all_unwritten, 0, UNKNOWN))
    return {"beat": beat, "phase": phase, "step": step}


def compute_losses(outputs: Tensor, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """The mean loss of each output over the chords whose label is known."""
    parts = split_outputs(outputs, RHYTHM.outputs)
    losses = compute_entropies(parts, batch, ("beat", "phase", "step"))
    known = torch.isfinite(batch["period"])
    distance = batch["period"][known][:, None] - torch.from_numpy(PERIODS_LOG2_SEC).float()
    wanted = torch.softmax(-0.5 * (distance / PERIOD_SPREAD_OCTAVES) ** 2, -1)
    return losses | {"period": F.cross_entropy(parts["period"][known], wanted)}


if __name__ == "__main__":
    run_training(
        __doc__, RHYTHM, draw_chords, N_CHORDS, BATCH, STEPS, compute_losses, LOSS_WEIGHTS,
        Further(partial(draw_chords, supposes=True), MORE_STEPS, MORE_RATE),
    )  # fmt: skip
