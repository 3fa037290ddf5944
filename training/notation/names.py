"""Train the network of names and signatures on performances and played scores, on a CPU: about six minutes of one core.

    python -m training.notation.names --without 0 1 --out .cache/rhythm/names01.pt     leaves works of two folds out
    python -m training.notation.names --out .cache/rhythm/names.pt                     the one that ships

It learns under signatures that are supposed: the printed one, the one that is estimated for the whole piece, and others
near it. Under the printed one there is nothing to learn about signatures. Started again it goes on where it stopped.
"""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from ottava.datatypes import IntArray
from ottava.notation.key import estimate_key
from ottava.notation.names import (
    N_PIECE,
    NAME_PLACES,
    NETWORK,
    REACHES,
    compute_name_features,
    count_piece,
    find_nearest_names,
)
from training.notation.corpus import NO_NAME, UNKNOWN, Taught, Window, list_notes
from training.notation.encoder import NAMES, split_outputs
from training.notation.loop import compute_entropies, run_training

N_NOTES = NETWORK.window
BATCH = 16
STEPS = 1200
LOSS_WEIGHTS = {"signature": 0.3, "name": 1.0}
PRINTED_CHANCE, ESTIMATED_CHANCE = 0.5, 0.35
OTHER_FIFTHS = (-5, -4, -3, -3, -2, -1, -1, 1, 1, 2, 3, 3, 4, 5, 6)
ONE_HAND_CHANCE, HIDDEN_CHANCE, INVENTED = 0.1, 0.5, 0.04
_estimated: dict[str, int] = {}


def draw_notes(corpus: Sequence[Taught], index: int, rng: np.random.Generator) -> Window:
    """Neighbouring notes of a performance as the network of names sees them, played a little differently."""
    taught = corpus[index]
    n_notes = len(taught.onset)
    begin = int(rng.integers(0, max(1, n_notes - N_NOTES + 1)))
    # What stands around the window counts, too.
    chosen = np.arange(max(0, begin - REACHES[-1]), min(n_notes, begin + N_NOTES + REACHES[-1]))
    if rng.random() < ONE_HAND_CHANCE:
        chosen = chosen[(taught.staff[chosen] != int(rng.integers(1, 3))) | (chosen == begin)]
    if rng.random() < 0.5:
        chosen = chosen[(rng.random(len(chosen)) >= rng.uniform(0, 0.1)) | (chosen == begin)]
    pitch, line = taught.pitch[chosen], taught.line[chosen]
    if rng.random() < 0.5:
        invented = rng.random(len(chosen)) < rng.uniform(0, INVENTED)
        pitch = np.where(invented, pitch + rng.choice([-19, -12, -7, -5, -1, 1, 7, 12, 19, 24], len(chosen)), pitch)
        line = np.where(invented, NO_NAME, line)
    speed = 2 ** rng.uniform(-0.4, 0.4)
    onset = (taught.onset[chosen] + rng.normal(0, rng.uniform(0, 0.01), len(chosen))) * speed
    length = (
        (taught.offset - taught.onset)[chosen] * speed * 2 ** (rng.uniform(-0.6, 0.6) + rng.normal(0, 0.1, len(chosen)))
    )
    printed = taught.fifths[chosen]
    supposed, tells_signature = _suppose(taught, printed, rng)
    piece = count_piece(taught.onset, taught.offset, taught.pitch)

    order = np.lexsort((pitch, onset))
    features = compute_name_features(onset[order], (onset + length)[order], pitch[order], supposed[order], piece)
    if rng.random() < HIDDEN_CHANCE:
        features[:, -N_PIECE:] = 0
    signature = (printed - supposed) % 12 if tells_signature else np.full(len(chosen), UNKNOWN)
    # Names count from the supposed signature at the level that is nearest to the printed one.
    level = supposed + 12 * np.round((printed - supposed) / 12).astype(np.int64)
    nearest = find_nearest_names(pitch, level)
    name = np.full(len(chosen), UNKNOWN)
    for number, place in enumerate(NAME_PLACES):
        name[line == nearest + place] = number
    first = int(np.searchsorted(chosen, begin))
    kept = order[first : first + N_NOTES]
    coordinates = np.stack([onset[kept] - onset[kept[0]], pitch[kept]], axis=1).astype(np.float32)
    return Window(features[first : first + N_NOTES], coordinates, {"signature": signature[kept], "name": name[kept]})


def _suppose(taught: Taught, printed: IntArray, rng: np.random.Generator) -> tuple[IntArray, bool]:
    """A signature for each note, and whether the network shall say how far it is from the printed one."""
    chance = rng.random()
    if chance < PRINTED_CHANCE:
        return printed, False
    if taught.name not in _estimated:
        _estimated[taught.name] = estimate_key(list_notes(taught)[0]).fifths
    supposed = np.full(len(printed), _estimated[taught.name])
    if chance > PRINTED_CHANCE + ESTIMATED_CHANCE:
        supposed += int(rng.choice(OTHER_FIFTHS))
    return supposed, True


def compute_losses(outputs: Tensor, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """The mean loss of each output over the notes whose label is known."""
    return compute_entropies(split_outputs(outputs, NAMES.outputs), batch, LOSS_WEIGHTS)


if __name__ == "__main__":
    run_training(__doc__, NAMES, draw_notes, N_NOTES, BATCH, STEPS, compute_losses, LOSS_WEIGHTS, N_NOTES)
