"""Train the network of bars on data/train, on a CPU: about six minutes of one core a fold.

    python -m build.train_bars --fold 0 --out .cache/rhythm/bars0.pt     leaves the works of fold 0 out
    python -m build.train_bars --out .cache/rhythm/bars.pt               the one that ships

It learns with the annotated beats, which slip now and then. Started again it goes on where it stopped.
requirements/export.txt pins all that is needed.
"""

from functools import partial

from torch import Tensor

from build.encoder import BARS, split_outputs
from build.rhythm_corpus import draw_bars
from build.training import compute_entropies, run_training
from ottava.rhythm_model import WINDOWS

N_BEATS = WINDOWS["bars"][0]
BATCH = 32
STEPS = 1200
LOSS_WEIGHTS = {"downbeat": 1.0, "bar": 1.0, "meter": 0.3}


def compute_losses(outputs: Tensor, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """The mean loss of each output over the beats whose label is known."""
    return compute_entropies(split_outputs(outputs, BARS.outputs), batch, LOSS_WEIGHTS)


if __name__ == "__main__":
    draw = partial(draw_bars, n_beats=N_BEATS)
    run_training(__doc__, BARS, draw, N_BEATS, BATCH, STEPS, compute_losses, LOSS_WEIGHTS)
