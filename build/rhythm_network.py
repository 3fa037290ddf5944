"""The network that hears beats and bars in chords.

Method: a transformer encoder whose attention turns by the *time* between two chords as well as by the number of chords
between them (rotary positions: Su et al., "RoFormer", 2021), and sees the nearest neighbours through a convolution.
"""

import math

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from ottava.chords import N_FEATURES
from ottava.rhythm_classes import METERS, N_BAR_BEATS, PERIODS_LOG2_SEC, PHASES, STEPS

SIZE = 96
N_HEADS = 6
N_LAYERS = 5
HEAD = SIZE // N_HEADS
KERNEL = 5
DROPOUT = 0.1
# Wavelengths of the rotations: three quarters of a head turn with time, the rest with the number of chords.
SECONDS = (0.12, 60.0)
PLACES = (2.0, 256.0)
OUTPUTS = {
    "beat": 1,  # log odds that a beat falls on the chord
    "downbeat": 1,  # log odds that it is the first of its bar, given that a beat falls on it
    "phase": len(PHASES) + 2,  # place in the beat; elsewhere; not written (ornaments, grace notes, wrong notes)
    "period": len(PERIODS_LOG2_SEC),
    "meter": len(METERS) + 1,
    "bar": N_BAR_BEATS,  # number of the beat within the bar
    "step": len(STEPS) + 1,  # beats to the next chord that is written
}


class RhythmNetwork(nn.Module):  # type: ignore[misc]
    """Features and times of chords to the numbers of `OUTPUTS`."""

    def __init__(self) -> None:
        super().__init__()
        n_waves = HEAD // 2
        n_timed = n_waves * 3 // 4
        waves = [_wavelengths(*SECONDS, n_timed), _wavelengths(*PLACES, n_waves - n_timed)]
        self.register_buffer("by_second", 2 * math.pi / waves[0], persistent=False)
        self.register_buffer("by_place", 2 * math.pi / waves[1], persistent=False)
        self.enter = nn.Linear(N_FEATURES, SIZE)
        self.layers = nn.ModuleList(Layer() for _ in range(N_LAYERS))
        self.norm = nn.RMSNorm(SIZE, eps=1e-6)
        self.leave = nn.Linear(SIZE, sum(OUTPUTS.values()))

    def forward(self, features: Tensor, times_sec: Tensor, absent: Tensor) -> Tensor:
        """Features (n, n_chords, N_FEATURES), times (n, n_chords), absent (n, n_chords): 0, or -1e4 for padding."""
        places = torch.arange(times_sec.shape[1], dtype=torch.float32)[:, None] * self.by_place
        angles = torch.cat([times_sec[..., None] * self.by_second, places.expand(len(times_sec), -1, -1)], -1)[:, None]
        cosine, sine = angles.cos(), angles.sin()
        x = self.enter(features)
        for layer in self.layers:
            x = layer(x, cosine, sine, absent[:, None, None, :])
        return self.leave(self.norm(x))


class Layer(nn.Module):  # type: ignore[misc]
    """Convolution over neighbours, attention, and a two-layer network, each added to its input."""

    def __init__(self) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.RMSNorm(SIZE, eps=1e-6) for _ in range(3))
        self.neighbours = nn.Conv1d(SIZE, SIZE, KERNEL, padding=KERNEL // 2, groups=SIZE)
        self.attend = nn.Linear(SIZE, 3 * SIZE)
        self.mix = nn.Linear(SIZE, SIZE)
        self.up = nn.Linear(SIZE, 3 * SIZE)
        self.down = nn.Linear(3 * SIZE, SIZE)

    def forward(self, x: Tensor, cosine: Tensor, sine: Tensor, absent: Tensor) -> Tensor:
        """X (n, n_chords, SIZE), cosine and sine (n, 1, n_chords, HEAD / 2), to the shape of x."""
        n, n_chords, _ = x.shape
        x = x + self.neighbours(self.norms[0](x).transpose(1, 2)).transpose(1, 2)
        parts = self.attend(self.norms[1](x)).reshape(n, n_chords, 3, N_HEADS, HEAD).permute(2, 0, 3, 1, 4)
        query, key, value = rotate(parts[0], cosine, sine), rotate(parts[1], cosine, sine), parts[2]
        mixed = F.scaled_dot_product_attention(query, key, value, absent)
        x = x + F.dropout(self.mix(mixed.transpose(1, 2).reshape(n, n_chords, SIZE)), DROPOUT, self.training)
        return x + F.dropout(self.down(F.gelu(self.up(self.norms[2](x)))), DROPOUT, self.training)


def rotate(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Turn each pair (first half, second half) of the last axis."""
    a, b = x.chunk(2, -1)
    return torch.cat([a * cosine - b * sine, a * sine + b * cosine], -1)


def _wavelengths(shortest: float, longest: float, n: int) -> Tensor:
    return torch.logspace(math.log10(shortest), math.log10(longest), n)
