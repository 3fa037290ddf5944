"""Train the rhythm network on performances and played scores, on a CPU: 0.7 s of one core a step.

    python -m training.notation.rhythm --without 0 1 --out .cache/rhythm/rhythm01.pt     leaves the works of folds out

Without ``--without`` the one that ships. It learns to find beats, to find them at a tempo that is supposed, and to say
whether that tempo is of the right level; downbeats and meters too, because who knows these knows the level. Started
again it goes on where it stopped. requirements/export.txt pins all that is needed.
"""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor

from ottava.datatypes import Floats, IntArray
from ottava.rhythm.chords import FEATURE_KINDS, compute_chord_features, group_notes, suppose_tempo, tell_known
from ottava.rhythm.score_time import LEVELS, NETWORK, PERIODS_LOG2_SEC
from ottava.rhythm.steps import PHASES
from ottava.rhythm.steps import STEPS as STEP_CLASSES
from training.notation.corpus import SAME_BEATS, UNKNOWN, Taught, Window, find_nearest
from training.notation.encoder import RHYTHM, split_outputs
from training.notation.excerpts import NO_PEDAL_CHANCE, draw_excerpt
from training.notation.loop import compute_entropies, run_training

N_CHORDS = NETWORK.window
N_PLAYED = 420  # chords of a score: what is thinned or missed leaves fewer
BATCH = 16
STEPS = 6000
LOSS_WEIGHTS = {
    "beat": 1.0, "phase": 0.5, "period": 0.3, "step": 0.3, "downbeat": 0.5, "meter": 0.15, "level": 0.4,
}  # fmt: skip
PERIOD_SPREAD_OCTAVES = 0.1
THIN_CHANCE, VEIL_CHANCE = 0.25, 0.15
UNWRITTEN = len(PHASES) + 1
# How often a tempo is supposed, how often it is of another level then, and how far it is from the true one, in octaves,
# all through and here and there: not tuned.
SUPPOSED_CHANCE, OTHER_LEVEL_CHANCE, EVEN_CHANCE = 0.65, 0.4, 0.3
OFF_OCTAVES, MOST_SWAY_OCTAVES, SWAY_CHORDS = 0.06, 0.12, 40
MOST_SMOOTH_CHORDS = 24
# How often a person knows something, and then: the meter, of the whole or of a passage; some downbeats, up to so many;
# the beats of a passage, with or without its downbeats. Not tuned.
KNOWING_CHANCE = 0.55
KNOWN_METER_CHANCE, KNOWN_DOWNBEATS_CHANCE, KNOWN_BEATS_CHANCE = 0.6, 0.45, 0.25
WHOLE_CHANCE, MOST_KNOWN_DOWNBEATS, KNOWN_BARS_CHANCE = 0.6, 8, 0.6


def draw_chords(corpus: Sequence[Taught], index: int, rng: np.random.Generator) -> Window:
    """Chords as the rhythm network hears them, often at a supposed tempo."""
    taught, excerpt, pedals = draw_excerpt(corpus, index, N_CHORDS, rng, THIN_CHANCE)
    chords = group_notes(excerpt.onset)
    features = compute_chord_features(
        chords, excerpt.offset - excerpt.onset, excerpt.pitch, np.clip(excerpt.velocity, 1, 127),
        pedals if len(pedals) and rng.random() >= NO_PEDAL_CHANCE else None,
    )  # fmt: skip
    veil_features(features, rng)
    first = np.searchsorted(chords.chord_of, np.arange(len(chords.times_sec)))
    labels = label_chords(chords.chord_of, excerpt.place, excerpt.is_unwritten)
    labels |= label_bars(taught, chords.chord_of, excerpt.place, labels["beat"])
    count = slice(0, N_CHORDS)
    heard = {name: label[count] for name, label in labels.items()}
    features = tell_known(features, *draw_known(heard, len(features), rng))
    with np.errstate(invalid="ignore"):
        labels["period"] = np.log2(excerpt.period[first]).astype(np.float32)
    coordinates = np.stack([chords.times_sec - chords.times_sec[0], np.arange(len(features))], axis=1)
    features, times_sec = features[count], chords.times_sec[count]
    octaves = labels["period"][count].astype(np.float64)
    labels["level"] = np.full(len(chords.times_sec), UNKNOWN)
    if np.isfinite(octaves).any() and rng.random() < SUPPOSED_CHANCE:
        level = int(rng.integers(1, len(LEVELS))) if rng.random() < OTHER_LEVEL_CHANCE else 0
        period_sec = suppose_period(octaves, rng) * LEVELS[level]
        features = suppose_tempo(features, times_sec, period_sec, rng.random())
        if level:  # what is right at a wrong tempo is not known
            unknown = {name: np.nan if name == "period" else UNKNOWN for name in labels}
            labels = {name: np.full_like(label, unknown[name]) for name, label in labels.items()}
        labels["level"][:] = level
    return Window(
        features, coordinates[count].astype(np.float32), {name: label[count] for name, label in labels.items()}
    )


def draw_known(labels: dict[str, IntArray], n_chords: int, rng: np.random.Generator) -> list[IntArray]:
    """What a person knows of ``n_chords`` chords, as `tell_known` takes it: nothing, or some of the ``labels``."""
    known = {name: np.full(n_chords, UNKNOWN) for name in ("meter", "downbeat", "beat")}
    if rng.random() >= KNOWING_CHANCE:
        return [*known.values()]
    n_known = len(labels["beat"])

    def draw_passage() -> slice:
        begin, end = sorted(rng.integers(0, n_known + 1, 2).tolist())
        return slice(begin, end)

    if rng.random() < KNOWN_METER_CHANCE:
        passage = slice(0, n_known) if rng.random() < WHOLE_CHANCE else draw_passage()
        known["meter"][passage] = labels["meter"][passage]
    if rng.random() < KNOWN_DOWNBEATS_CHANCE:
        downbeats = np.flatnonzero(labels["downbeat"] == 1)
        count = min(len(downbeats), int(MOST_KNOWN_DOWNBEATS ** rng.random()))
        known["downbeat"][rng.permutation(downbeats)[:count]] = 1
    if rng.random() < KNOWN_BEATS_CHANCE:
        passage = draw_passage()
        for name in ("beat", "downbeat")[: 2 if rng.random() < KNOWN_BARS_CHANCE else 1]:
            known[name][passage] = labels[name][passage]
    known["beat"][known["downbeat"] == 1] = 1
    return [*known.values()]


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


def label_bars(taught: Taught, chord_of: IntArray, place: Floats, on_beat: IntArray) -> dict[str, IntArray]:
    """Labels "downbeat" and "meter" of chords; ``on_beat`` as `label_chords` gives it."""
    places = np.full(len(on_beat), np.inf)
    np.minimum.at(places, chord_of, np.where(np.isnan(place), np.inf, place))
    beat = np.floor(np.where(np.isfinite(places), places, -1) + SAME_BEATS).astype(np.int64)
    is_known = (beat >= 0) & (beat < len(taught.is_downbeat))
    beat = np.where(is_known, beat, 0)
    downbeat = np.where(on_beat == 1, taught.is_downbeat[beat], 0)
    return {
        "downbeat": np.where(is_known & (on_beat != UNKNOWN), downbeat, UNKNOWN),
        "meter": np.where(is_known, taught.meter[beat], UNKNOWN),
    }


def compute_losses(outputs: Tensor, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """The mean loss of each output over the chords whose label is known."""
    parts = split_outputs(outputs, RHYTHM.outputs)
    losses = compute_entropies(parts, batch, [name for name in LOSS_WEIGHTS if name != "period"])
    known = torch.isfinite(batch["period"])
    distance = batch["period"][known][:, None] - torch.from_numpy(PERIODS_LOG2_SEC).float()
    wanted = torch.softmax(-0.5 * (distance / PERIOD_SPREAD_OCTAVES) ** 2, -1)
    return losses | {"period": F.cross_entropy(parts["period"][known], wanted)}


if __name__ == "__main__":
    run_training(__doc__, RHYTHM, draw_chords, N_CHORDS, BATCH, STEPS, compute_losses, LOSS_WEIGHTS, N_PLAYED)
