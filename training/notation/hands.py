"""Train the network of hands on performances and played scores, on a CPU: about twenty minutes of one core.

    python -m training.notation.hands --without 0 1 --out .cache/rhythm/hands01.pt     leaves works of two folds out
    python -m training.notation.hands --out .cache/rhythm/hands.pt                     the one that ships

Started again it goes on where it stopped.
"""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from ottava.notation.hands import NETWORK, compute_hand_features
from ottava.rhythm.chords import group_notes
from training.notation.corpus import UNKNOWN, Taught, Window
from training.notation.encoder import HANDS, split_outputs
from training.notation.excerpts import draw_excerpt
from training.notation.loop import compute_entropies, run_training

N_NOTES, N_CHORDS = NETWORK.window, 170
BATCH = 16
STEPS = 1800
LOSS_WEIGHTS = {"staff": 1.0}
THIN_CHANCE, MIX_CHANCE = 0.1, 0.5
BLUR = 0.03


def draw_notes(corpus: Sequence[Taught], index: int, rng: np.random.Generator) -> Window:
    """Neighbouring notes of a performance as the network of hands sees them, played a little differently."""
    _, excerpt, _ = draw_excerpt(corpus, index, N_CHORDS, rng, THIN_CHANCE, MIX_CHANCE)
    begin = int(rng.integers(0, max(1, len(excerpt.onset) - N_NOTES + 1)))
    excerpt.select(np.arange(begin, min(len(excerpt.onset), begin + N_NOTES)))
    chords = group_notes(excerpt.onset)
    order = np.lexsort((excerpt.pitch, chords.chord_of))
    chord_of = chords.chord_of[order]
    excerpt.select(order)
    times_sec = chords.times_sec[chord_of]
    features = compute_hand_features(
        chord_of, times_sec, excerpt.onset, np.maximum(excerpt.offset, excerpt.onset + 0.02), excerpt.pitch,
        np.clip(excerpt.velocity, 1, 127),
    )  # fmt: skip
    features += rng.normal(0, BLUR, features.shape).astype(np.float32)
    coordinates = np.stack([times_sec - times_sec[0], excerpt.pitch], axis=1).astype(np.float32)
    is_known = (excerpt.staff > 0) & ~excerpt.is_unwritten
    return Window(features, coordinates, {"staff": np.where(is_known, excerpt.staff - 1, UNKNOWN)})


def compute_losses(outputs: Tensor, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """The mean loss over the notes whose staff is known."""
    return compute_entropies(split_outputs(outputs, HANDS.outputs), batch, LOSS_WEIGHTS)


if __name__ == "__main__":
    run_training(__doc__, HANDS, draw_notes, N_NOTES, BATCH, STEPS, compute_losses, LOSS_WEIGHTS, N_CHORDS * 5 // 4)
