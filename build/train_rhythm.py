"""Train the rhythm network on data/train, on a CPU: about twenty minutes of one core a fold.

    python -m build.train_rhythm --fold 0 --out .cache/rhythm/rhythm0.pt     leaves the works of fold 0 out
    python -m build.train_rhythm --out .cache/rhythm/rhythm.pt               the one that ships

Started again it goes on where it stopped. requirements/export.txt pins all that is needed.
"""

from functools import partial

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from build.encoder import RHYTHM, split_outputs
from build.rhythm_corpus import draw_chords
from build.training import compute_entropies, run_training
from ottava.rhythm_classes import PERIODS_LOG2_SEC
from ottava.rhythm_model import WINDOWS

N_CHORDS = WINDOWS["rhythm"][0]
BATCH = 16
STEPS = 2000
LOSS_WEIGHTS = {"beat": 1.0, "phase": 0.5, "period": 0.3, "step": 0.3}
PERIOD_SPREAD_OCTAVES = 0.1


def compute_losses(outputs: Tensor, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """The mean loss of each output over the chords whose label is known."""
    parts = split_outputs(outputs, RHYTHM.outputs)
    losses = compute_entropies(parts, batch, ("beat", "phase", "step"))
    known = torch.isfinite(batch["period"])
    distance = batch["period"][known][:, None] - torch.from_numpy(PERIODS_LOG2_SEC).float()
    wanted = torch.softmax(-0.5 * (distance / PERIOD_SPREAD_OCTAVES) ** 2, -1)
    return losses | {"period": F.cross_entropy(parts["period"][known], wanted)}


if __name__ == "__main__":
    draw = partial(draw_chords, n_chords=N_CHORDS)
    run_training(__doc__, RHYTHM, draw, N_CHORDS, BATCH, STEPS, compute_losses, LOSS_WEIGHTS)
