"""Which steps weights can be rounded to: the coarsest that leave the scores of intervals as they are, nearly.

The error that rounding a matrix to steps of d adds to the scores is in the mean square s d²/12, where s, its
sensitivity, is measured by adding noise to it. For a given sum of these errors a file is smallest where each weight
adds as much as any other: d² = 12 e²/s n/N, with the matrix's n weights of all N and the error e (reverse
water-filling).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from training.listening.network import LEAST_SCORE, N_FRAMES, SCORE_TRACKS, TRACKS, Core, Places, Score
from training.packing import SMALLEST_TABLE

# Root mean square error of the scores above LEAST_SCORE, whose standard deviation is 2 to 3 (models/README.md,
# "Weights").
SCORE_ERROR = 0.01
# Of the attributes graph, which adds nothing to the scores: steps of a matrix's standard deviation.
ATTRIBUTES_STEP = 2.0**-6
NOISE_STEP = 2.0**-5  # of the standard deviation: small enough that the error grows with its square


@dataclass(frozen=True, slots=True)
class Listening:
    """The graphs that make scores, and what they are given."""

    places: Places
    core: Core
    score: Score
    grids: tuple[Tensor, Tensor]
    features: list[Tensor]

    def score_intervals(self, features: Tensor, chosen: Tensor | None) -> tuple[Tensor, Tensor]:
        """Scores of chosen intervals, by default of those above LEAST_SCORE, and their numbers."""
        hidden = self.core(features, self.places(*self.grids))
        frames = torch.arange(float(N_FRAMES))
        calls = range(0, len(TRACKS), SCORE_TRACKS)
        scores = torch.cat([self.score(hidden[i : i + SCORE_TRACKS], frames)[0].flatten() for i in calls])
        if chosen is None:
            chosen = torch.nonzero(scores > LEAST_SCORE)[:, 0]
        return scores[chosen], chosen


def list_tables(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Weights that are worth rounding.

    What multiplies coordinates up to 108 inside a cosine is not, as an error of a thousandth of a weight is a tenth of
    a radian there, nor is what is added to every band: both are small.
    """
    for name, weight in module.state_dict().items():
        if weight.numel() >= SMALLEST_TABLE and not name.endswith(("wave", "mel_places")):
            yield name, weight


def choose_steps(listening: Listening) -> dict[nn.Module, dict[str, float]]:
    """Steps by graph and name; takes a few minutes."""
    graphs = (listening.places, listening.core, listening.score)
    sensitivities = {graph: measure_sensitivities(listening, graph) for graph in graphs}
    sizes = {graph: {name: weight.numel() for name, weight in list_tables(graph)} for graph in graphs}
    n_weights = sum(sum(of_graph.values()) for of_graph in sizes.values())
    return {
        graph: {
            name: SCORE_ERROR * math.sqrt(12 * size / n_weights / sensitivities[graph][name])
            for name, size in sizes[graph].items()
        }
        for graph in graphs
    }


@torch.no_grad()  # type: ignore[untyped-decorator]
def measure_sensitivities(listening: Listening, graph: nn.Module) -> dict[str, float]:
    """Mean square error of the scores for each table of a graph, for noise of variance 1 on it."""
    exact = [listening.score_intervals(features, None) for features in listening.features]
    sensitivities = {}
    for name, weight in list_tables(graph):
        kept, step = weight.clone(), NOISE_STEP * float(weight.std())
        noise = torch.rand(weight.shape, generator=torch.Generator().manual_seed(3)) - 0.5
        weight.add_(step * noise)
        errors = [
            float((listening.score_intervals(features, chosen)[0] - scores).square().mean())
            for features, (scores, chosen) in zip(listening.features, exact, strict=True)
        ]
        weight.copy_(kept)
        sensitivities[name] = sum(errors) / len(errors) / (step**2 / 12)
        print(f"{name} {sensitivities[name]:.3g}", flush=True)
    return sensitivities


def round_weights(graph: nn.Module, steps: dict[str, float]) -> None:
    """Round to the nearest power of two of each step, in place."""
    for name, weight in list_tables(graph):
        step = 2.0 ** round(math.log2(steps[name]))
        weight.copy_(torch.round(weight / step) * step)
