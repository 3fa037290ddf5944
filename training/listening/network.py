"""The network of Transkun 2.0.1, written anew for export: its checkpoint read into modules that convert well.

Method: Yan and Duan, "Scoring intervals using non-hierarchical transformer for automatic piano transcription", ISMIR
2024, and the names in the checkpoint, which lies inside the PyPI wheel ``transkun`` (MIT). Differs from it: scales
(of layers, attention and score) and the upsampling are folded into the weights beside them, and the last layer computes
only what is read. It is cut into the parts that training/listening/export.py describes.
"""

import hashlib
import importlib.metadata
import importlib.util
import math
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

VERSION = "2.0.1"
CHECKPOINT_SHA256 = "50a80010effc2a59ffcd068a95cd2b29bd7f23a27a3515bc3ccd209c89a3d44c"
N_FRAMES = 691  # of a segment
N_WINDOWS = 6
N_MELS = 229
N_BANDS = 59
N_HIDDEN_FRAMES = 88
SIZE = 256
N_HEADS = 8
N_LAYERS = 6
N_GROUPS = 4
UPSAMPLING = 8
TRACKS = (-64, -67, *range(21, 109))  # sustain and soft pedal, then the keys; also their places on the frequency axis
LEAST_SCORE = -3.0  # odds of 1 to 20
SCORE_TRACKS = 15  # tracks in one call of the score graph: 29 MB a matrix of scores
Weights = dict[str, Tensor]


def read_weights() -> Weights:
    """Read the checkpoint out of the installed wheel."""
    version = importlib.metadata.version("transkun")
    if version != VERSION:
        raise SystemExit(f"transkun {VERSION} is needed (requirements/export.txt), found {version}.")
    spec = importlib.util.find_spec("transkun")
    if spec is None or spec.origin is None:
        raise SystemExit("The package transkun is not installed (requirements/export.txt).")
    path = Path(spec.origin).parent / "pretrained" / "2.0.pt"
    if hashlib.sha256(path.read_bytes()).hexdigest() != CHECKPOINT_SHA256:
        raise SystemExit(f"{path} is not the checkpoint of transkun {VERSION}.")
    weights: Weights = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
    return weights


def normalise(x: Tensor) -> Tensor:
    """RMS normalisation without a learned factor."""
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)


class Positions(nn.Module):  # type: ignore[misc]
    """Learned Fourier features of coordinates, and a small network on them."""

    def __init__(self, weights: Weights, prefix: str) -> None:
        super().__init__()
        for name, part in (("wave", "proj"), ("up", "mlp.0"), ("down", "mlp.3")):
            self.register_buffer(name, weights[f"{prefix}.{part}.weight"].T.contiguous())
            self.register_buffer(f"{name}_bias", weights[f"{prefix}.{part}.bias"].clone())
        self.up *= math.sqrt(2 / len(weights[f"{prefix}.proj.bias"]))  # the waves' amplitude

    def forward(self, coordinates: Tensor) -> Tensor:
        """(..., n_coordinates) to (..., size)."""
        waves = torch.cos(coordinates @ self.wave + self.wave_bias)
        return F.gelu(waves @ self.up + self.up_bias) @ self.down + self.down_bias


class Attention(nn.Module):  # type: ignore[misc]
    """Attention along the last but one axis; adds its result to the query. Only queries are normalised."""

    def __init__(self, weights: Weights, prefix: str) -> None:
        super().__init__()
        scale = weights[f"{prefix}.scale"]
        module = f"{prefix}.module"
        self.register_buffer("query", weights[f"{module}.q_proj_weight"] / math.sqrt(SIZE // N_HEADS))
        self.register_buffer("key", weights[f"{module}.k_proj_weight"].clone())
        self.register_buffer("value", weights[f"{module}.v_proj_weight"].clone())
        self.register_buffer("out", (weights[f"{module}.out_proj.weight"] * scale[:, None]).T.contiguous())
        self.register_buffer("bias", weights[f"{module}.out_proj.bias"] * scale)

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:
        """X (n, n_queries, 256), memory (n, n_keys, 256), to the shape of x."""
        n, n_queries, n_keys = x.shape[0], x.shape[1], memory.shape[1]
        head = SIZE // N_HEADS
        query = (normalise(x) @ self.query).reshape(n, n_queries, N_HEADS, head).transpose(1, 2)
        key = (memory @ self.key).reshape(n, n_keys, N_HEADS, head).permute(0, 2, 3, 1)
        value = (memory @ self.value).reshape(n, n_keys, N_HEADS, head).transpose(1, 2)
        mixed = torch.softmax(query @ key, -1) @ value
        return x + mixed.transpose(1, 2).reshape(n, n_queries, SIZE) @ self.out + self.bias


class FeedForward(nn.Module):  # type: ignore[misc]
    """The usual two-layer network, added to its input."""

    def __init__(self, weights: Weights, prefix: str) -> None:
        super().__init__()
        scale = weights[f"{prefix}.scale"]
        self.register_buffer("up", weights[f"{prefix}.module.0.weight"].T.contiguous())
        self.register_buffer("up_bias", weights[f"{prefix}.module.0.bias"].clone())
        self.register_buffer("down", (weights[f"{prefix}.module.3.weight"] * scale[:, None]).T.contiguous())
        self.register_buffer("down_bias", weights[f"{prefix}.module.3.bias"] * scale)

    def forward(self, x: Tensor) -> Tensor:
        """Keep the shape (..., 256)."""
        return x + F.gelu(normalise(x) @ self.up + self.up_bias) @ self.down + self.down_bias


class Layer(nn.Module):  # type: ignore[misc]
    """Attention over frequency, then over time. Both read the layer's input as it came in."""

    def __init__(self, weights: Weights, prefix: str) -> None:
        super().__init__()
        self.attend_frequency = Attention(weights, f"{prefix}.mhaBlockF")
        self.feed_frequency = FeedForward(weights, f"{prefix}.fnnBlockF")
        self.attend_time = Attention(weights, f"{prefix}.mhaBlockT")
        self.feed_time = FeedForward(weights, f"{prefix}.fnnBlockT")

    def forward(self, x: Tensor, first_frame: int = 0, first_track: int = 0) -> Tensor:
        """X (time, track, 256); gives (track, time, 256) from the named frame and track on."""
        queries = x[first_frame:, first_track:]
        h = self.feed_frequency(self.attend_frequency(queries, x[first_frame:]))
        h = self.attend_time(h.transpose(0, 1), x[:, first_track:].transpose(0, 1))
        return self.feed_time(h)


class Places(nn.Module):  # type: ignore[misc]
    """Coordinates of bands (89, 59, 2) and tracks (89, 90, 2) to what is added to their tokens, (89, 149, 256)."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.bands = Positions(weights, "backbone.posEmbedBuilderAttnTF")
        self.tracks = Positions(weights, "backbone.posEmbedBuilderAttnTE")

    def forward(self, grid: Tensor, track_grid: Tensor) -> Tensor:
        """See the class."""
        return torch.cat([self.bands(grid), self.tracks(track_grid)], 1)


class Core(nn.Module):  # type: ignore[misc]
    """Features (1, 6, 691, 229) and places (89, 149, 256) to hidden states (90, 88, 256)."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        prefix = "backbone"
        self.convolutions = nn.ModuleList()
        for name, stride in (("inputConv", (1, 1)), ("downConv.1", (2, 1)), ("downConv.5", (2, 2)),
                             ("downConv.9", (2, 2)), ("downConv.13", (1, 1))):  # fmt: skip
            weight = weights[f"{prefix}.{name}.weight"]
            convolution = nn.Conv2d(weight.shape[1], weight.shape[0], 3, stride, 1)
            convolution.load_state_dict({"weight": weight, "bias": weights[f"{prefix}.{name}.bias"]})
            self.convolutions.append(convolution)
        self.norms = nn.ModuleList()
        for index in (2, 6, 10, 14):
            weight = weights[f"{prefix}.downConv.{index}.weight"]
            norm = nn.GroupNorm(N_GROUPS, len(weight))
            norm.load_state_dict({"weight": weight, "bias": weights[f"{prefix}.downConv.{index}.bias"]})
            self.norms.append(norm)
        mels = torch.arange(N_MELS, dtype=torch.float32)[:, None]
        places = Positions(weights, f"{prefix}.posEmbedBuilder")(mels)
        self.register_buffer("mel_places", places.T[None, :, None, :].contiguous())
        self.layers = nn.ModuleList(Layer(weights, f"{prefix}.encoderLayers.{i}") for i in range(N_LAYERS))

    def forward(self, features: Tensor, places: Tensor) -> Tensor:
        """See the class."""
        x = self.convolutions[0](features) + self.mel_places
        x = F.pad(x, (2, 1, 4, 3))
        for convolution, norm in zip(self.convolutions[1:-1], self.norms[:-1], strict=True):
            x = F.gelu(norm(convolution(x)))
        x = self.norms[-1](self.convolutions[-1](x))
        # One empty frame and one empty band in front gather what the others have in common; the tracks begin empty.
        x = F.pad(x[0].permute(1, 2, 0), (0, 0, 1, len(TRACKS), 1, 0)) + places
        for layer in self.layers[:-1]:
            x = layer(x).transpose(0, 1)
        hidden: Tensor = self.layers[-1](x, first_frame=1, first_track=x.shape[1] - len(TRACKS))
        return hidden


def make_grid(times: Tensor, places: Tensor) -> Tensor:
    """All pairs as coordinates (n_times, n_places, 2)."""
    return torch.stack(torch.meshgrid(times.float(), places.float(), indexing="ij"), -1)


class Score(nn.Module):  # type: ignore[misc]
    """Hidden states (15, 88, 256) and frame numbers (691,) to scores of intervals and of single frames."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        up, up_bias = read_upsampling(weights)
        rows, row_bias = weights["scorer.map.0.weight"].double(), weights["scorer.map.0.bias"].double()
        for name, first, last, scale in (("end", 0, SIZE, 1 / math.sqrt(SIZE)), ("begin", SIZE, 2 * SIZE, 1.0),
                                         ("single", 2 * SIZE, 2 * SIZE + 1, 1.0)):  # fmt: skip
            weight = torch.einsum("iro,po->irp", up, rows[first:last]) * scale
            bias = (rows[first:last] @ up_bias + row_bias[first:last]) * scale
            self.register_buffer(name, weight.flatten(1).float())
            self.register_buffer(f"{name}_bias", bias.float())

    def forward(self, hidden: Tensor, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Scores (15, 691, 691) by track, end and begin, and scores (15, 691) of single frames."""
        shape = (SCORE_TRACKS, N_HIDDEN_FRAMES * UPSAMPLING, -1)
        end = ((hidden @ self.end).reshape(shape) + self.end_bias)[:, :N_FRAMES]
        begin = ((hidden @ self.begin).reshape(shape) + self.begin_bias)[:, :N_FRAMES]
        single = ((hidden @ self.single).reshape(shape) + self.single_bias)[:, :N_FRAMES, 0]
        length = frames[:, None] - frames[None, :]
        # What does not end after it begins: length 0 and a score below any that is kept.
        before = torch.relu(1 - length) * (2 * LEAST_SCORE)
        return (end @ begin.transpose(1, 2)) * torch.relu(length) + before, single


class Attributes(nn.Module):  # type: ignore[misc]
    """Hidden states where 64 intervals begin and end to velocity (64, 128) and refinement (64, 4), all logits.

    Refinement: place of onset and offset within their frames, then whether the interval has an onset and an offset at
    all or goes on beyond the segment.
    """

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        up, up_bias = read_upsampling(weights)
        self.register_buffer("up", up.flatten(1).float())
        self.register_buffer("up_bias", up_bias.float())
        for name, prefix in (("velocity", "velocityPredictor"), ("refinement", "refinedOFPredictor")):
            for index, part in ((0, "hidden"), (3, "out")):
                self.register_buffer(f"{name}_{part}", weights[f"{prefix}.{index}.weight"].T.contiguous())
                self.register_buffer(f"{name}_{part}_bias", weights[f"{prefix}.{index}.bias"].clone())

    def read_frame(self, hidden: Tensor, phase: Tensor) -> Tensor:
        """Upsample only the frames that are asked for: hidden states (n, 256), place among eight (n, 8) as 0 and 1."""
        phases = (hidden @ self.up).reshape(-1, UPSAMPLING, SIZE)
        return (phases * phase[:, :, None]).sum(1) + self.up_bias

    def forward(self, first: Tensor, first_phase: Tensor, last: Tensor, last_phase: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        begin, end = self.read_frame(first, first_phase), self.read_frame(last, last_phase)
        x = torch.cat([begin, end, begin * end], 1)
        velocity = F.gelu(x @ self.velocity_hidden + self.velocity_hidden_bias)
        refinement = F.gelu(x @ self.refinement_hidden + self.refinement_hidden_bias)
        return (
            velocity @ self.velocity_out + self.velocity_out_bias,
            refinement @ self.refinement_out + self.refinement_out_bias,
        )


def read_upsampling(weights: Weights) -> tuple[Tensor, Tensor]:
    """The eightfold upsampling as (256 in, 8 phases, 256 out) and a bias, in double for folding."""
    weight = weights["backbone.upConv1dSkip.weight"].double().permute(0, 2, 1).contiguous()
    return weight, weights["backbone.upConv1dSkip.bias"].double()
