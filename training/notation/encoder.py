"""The networks behind beats and note values: a small transformer over chords, beats or notes, and who chooses.

Method: an encoder whose attention turns by how far two tokens are apart in time, in pitch or in number (rotary
positions: Su et al., "RoFormer", 2021), and that sees the nearest neighbours through a convolution.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from ottava.notation import hands, names, values
from ottava.rhythm import bars, quantizing, score_time
from ottava.rhythm.chords import N_FEATURES
from ottava.rhythm.readings import N_FIGURES, N_READINGS

KERNEL = 5


@dataclass(frozen=True)
class Waves:
    """How attention turns with one coordinate: ``n`` wavelengths from the shortest to the longest."""

    shortest: float
    longest: float
    n: int


@dataclass(frozen=True)
class Shape:
    """Of an encoder: what comes in, what goes out (name: numbers a token), and how large it is."""

    n_features: int
    outputs: Mapping[str, int]
    size: int
    n_heads: int
    n_layers: int
    dropout: float
    waves: Sequence[Waves]  # for each coordinate; together half of size / n_heads
    # The last of the outputs, which only read what the others made the network see: what is the same all through a
    # piece would make it learn the pieces by heart.
    aside: Mapping[str, int] = field(default_factory=dict)


RHYTHM = Shape(
    n_features=N_FEATURES,
    outputs=score_time.NETWORK.sizes,
    size=128,
    n_heads=8,
    n_layers=5,
    dropout=0.1,
    waves=(Waves(0.12, 60.0, 6), Waves(2.0, 256.0, 2)),  # seconds, number of chords
)


BARS = Shape(
    n_features=bars.N_FEATURES,
    outputs=bars.NETWORK.sizes,
    size=64,
    n_heads=4,
    n_layers=3,
    dropout=0.15,
    waves=(Waves(2.0, 64.0, 8),),  # beats
)
QUANTIZER = Shape(
    n_features=quantizing.N_FEATURES,
    outputs=quantizing.NETWORK.sizes,
    size=64,
    n_heads=4,
    n_layers=4,
    dropout=0.05,
    waves=(Waves(0.25, 64.0, 5), Waves(3.0, 100.0, 3)),  # beats, semitones
)
VALUES_AND_STAFFS = Shape(
    n_features=values.N_FEATURES,
    outputs=values.NETWORK.sizes,
    size=64,
    n_heads=4,
    n_layers=4,
    dropout=0.2,
    waves=(Waves(0.25, 64.0, 5), Waves(3.0, 100.0, 3)),  # beats, semitones
)
HANDS = Shape(
    n_features=hands.N_FEATURES,
    outputs=hands.NETWORK.sizes,
    size=96,
    n_heads=6,
    n_layers=4,
    dropout=0.2,
    waves=(Waves(0.1, 40.0, 5), Waves(3.0, 100.0, 3)),  # seconds, semitones
)
NAMES = Shape(
    n_features=names.N_FEATURES,
    outputs=names.NETWORK.sizes,
    size=64,
    n_heads=4,
    n_layers=3,
    dropout=0.2,
    waves=(Waves(0.25, 64.0, 5), Waves(3.0, 100.0, 3)),  # seconds, semitones
)
SHAPES = {
    "rhythm": RHYTHM,
    "bars": BARS,
    "quantizer": QUANTIZER,
    "values": VALUES_AND_STAFFS,
    "hands": HANDS,
    "names": NAMES,
}
WINDOWS = {of.NETWORK.graph: of.NETWORK.window for of in (score_time, bars, quantizing, values, hands, names)}


class Encoder(nn.Module):  # type: ignore[misc]
    """Features and coordinates of tokens to the outputs, side by side."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        for index, waves in enumerate(shape.waves):
            lengths = torch.logspace(math.log10(waves.shortest), math.log10(waves.longest), waves.n)
            self.register_buffer(f"turns{index}", 2 * math.pi / lengths, persistent=False)
        self.enter = nn.Linear(shape.n_features, shape.size)
        self.layers = nn.ModuleList(Layer(shape.size, shape.n_heads, shape.dropout) for _ in range(shape.n_layers))
        self.norm = nn.RMSNorm(shape.size, eps=1e-6)
        self.leave = nn.Linear(shape.size, sum(shape.outputs.values()) - sum(shape.aside.values()))
        self.aside = nn.Linear(shape.size, sum(shape.aside.values())) if shape.aside else None

    def forward(self, features: Tensor, coordinates: Tensor, absent: Tensor) -> Tensor:
        """Features (n, n_tokens, n_features), coordinates (n, n_tokens, n_coordinates), absent (n, n_tokens) 0 or -1e4.

        Gives (n, n_tokens, sum of outputs).
        """
        turns = [coordinates[..., i, None] * getattr(self, f"turns{i}") for i in range(len(self.shape.waves))]
        angles = torch.cat(turns, -1)[:, None]
        cosine, sine = angles.cos(), angles.sin()
        x = self.enter(features)
        for layer in self.layers:
            x = layer(x, cosine, sine, absent[:, None, None, :])
        x = self.norm(x)
        outputs = self.leave(x)
        return torch.cat([outputs, self.aside(x.detach())], -1) if self.aside else outputs


class Layer(nn.Module):  # type: ignore[misc]
    """Convolution over neighbours, attention, and a two-layer network, each added to its input."""

    def __init__(self, size: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.dropout = nn.Dropout(dropout)
        self.norms = nn.ModuleList(nn.RMSNorm(size, eps=1e-6) for _ in range(3))
        self.neighbours = nn.Conv1d(size, size, KERNEL, padding=KERNEL // 2, groups=size)
        self.attend = nn.Linear(size, 3 * size)
        self.mix = nn.Linear(size, size)
        self.up = nn.Linear(size, 3 * size)
        self.down = nn.Linear(3 * size, size)

    def forward(self, x: Tensor, cosine: Tensor, sine: Tensor, absent: Tensor) -> Tensor:
        """X (n, n_tokens, size), cosine and sine (n, 1, n_tokens, size / n_heads / 2), to the shape of x."""
        n, n_tokens, size = x.shape
        x = x + self.neighbours(self.norms[0](x).transpose(1, 2)).transpose(1, 2)
        parts = self.attend(self.norms[1](x)).reshape(n, n_tokens, 3, self.n_heads, -1).permute(2, 0, 3, 1, 4)
        query, key, value = rotate(parts[0], cosine, sine), rotate(parts[1], cosine, sine), parts[2]
        mixed = F.scaled_dot_product_attention(query, key, value, absent)
        x = x + self.dropout(self.mix(mixed.transpose(1, 2).reshape(n, n_tokens, size)))
        return x + self.dropout(self.down(F.gelu(self.up(self.norms[2](x)))))


class Readings(nn.Module):  # type: ignore[misc]
    """Scores of readings by their figures: where nothing is decided, and where a draft is corrected."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.zeros(2, N_FIGURES))
        self.offsets = nn.Parameter(torch.zeros(2, N_READINGS))

    def forward(self, figures: Tensor) -> Tensor:
        """Figures (n, N_READINGS, N_FIGURES) to (n, 2, N_READINGS)."""
        return (figures[:, None] * self.weights[:, None]).sum(-1) + self.offsets


def rotate(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Turn each pair (first half, second half) of the last axis."""
    a, b = x.chunk(2, -1)
    return torch.cat([a * cosine - b * sine, a * sine + b * cosine], -1)


def split_outputs(outputs: Tensor, sizes: Mapping[str, int]) -> dict[str, Tensor]:
    """Take the outputs of an encoder apart."""
    return dict(zip(sizes, outputs.split(list(sizes.values()), -1), strict=True))
