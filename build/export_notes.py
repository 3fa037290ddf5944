"""Export the piano transcription model Transkun 2.0.1 to the three ONNX graphs that Ottava runs.

    python build/export_notes.py [--out models] [--float32]

The checkpoint lies inside the PyPI wheel ``transkun`` (MIT); requirements/export.txt pins all that is needed. The
network is written anew here from its description (Yan and Duan, "Scoring intervals using non-hierarchical transformer
for automatic piano transcription", ISMIR 2024) and the names in the checkpoint, cut where it pays:

- core        features -> hidden states of the 90 target tracks before upsampling in time: 8 MB leave it, not 64;
- score       hidden states of some tracks -> the positive scores of intervals: of 43 million a few thousand are, and
              an interval whose score is not can never be better than none;
- attributes  hidden states and chosen intervals -> velocity, exact onset and offset.

Scales (of layers, attention and score) and the upsampling are folded into the weights beside them, the last layer
computes only what is read, and weights are stored as float16 and computed with as float32.
"""

import argparse
import hashlib
import importlib.metadata
import importlib.util
import json
import math
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

NAME = "transkun-2.0.1"
VERSION = "2.0.1"
CHECKPOINT_SHA256 = "50a80010effc2a59ffcd068a95cd2b29bd7f23a27a3515bc3ccd209c89a3d44c"
OPSET = 17
SAMPLE_RATE = 44100
SEGMENT_SAMPLES = 705_600  # 16 s
N_FRAMES = 691
N_WINDOWS = 6
N_MELS = 229
N_HIDDEN_FRAMES = 88
SIZE = 256
N_HEADS = 8
N_LAYERS = 6
N_GROUPS = 4
UPSAMPLING = 8
TRACKS = (-64, -67, *range(21, 109))  # sustain and soft pedal, then the keys; also their places on the frequency axis
SCORE_TRACKS = 15  # tracks in one call of the score graph: 29 MB a matrix of scores
SMALLEST_HALF = 4096  # smaller tensors stay float32: they weigh nothing
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
        self.amplitude = math.sqrt(2 / len(weights[f"{prefix}.proj.bias"]))

    def forward(self, coordinates: Tensor) -> Tensor:
        """(..., n_coordinates) to (..., size)."""
        waves = torch.cos(coordinates @ self.wave + self.wave_bias) * self.amplitude
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


class Core(nn.Module):  # type: ignore[misc]
    """Features (1, 6, 691, 229) to hidden states (90, 88, 256)."""

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
        self.grid_places = Positions(weights, f"{prefix}.posEmbedBuilderAttnTF")
        self.track_places = Positions(weights, f"{prefix}.posEmbedBuilderAttnTE")
        self.layers = nn.ModuleList(Layer(weights, f"{prefix}.encoderLayers.{i}") for i in range(N_LAYERS))
        frames, bands = N_HIDDEN_FRAMES + 1, 59
        self.register_buffer("grid", make_grid(torch.arange(frames), torch.arange(bands)))
        self.register_buffer("track_grid", make_grid(torch.arange(frames), torch.tensor(TRACKS)))

    def forward(self, features: Tensor) -> Tensor:
        """See the class."""
        x = self.convolutions[0](features) + self.mel_places
        x = F.pad(x, (2, 1, 4, 3))
        for convolution, norm in zip(self.convolutions[1:-1], self.norms[:-1], strict=True):
            x = F.gelu(norm(convolution(x)))
        x = self.norms[-1](self.convolutions[-1](x))
        # One empty frame and one empty band in front gather what the others have in common.
        x = F.pad(x[0].permute(1, 2, 0), (0, 0, 1, 0, 1, 0)) + self.grid_places(self.grid)
        x = torch.cat([x, self.track_places(self.track_grid)], 1)
        for layer in self.layers[:-1]:
            x = layer(x).transpose(0, 1)
        hidden: Tensor = self.layers[-1](x, first_frame=1, first_track=x.shape[1] - len(TRACKS))
        return hidden


def make_grid(times: Tensor, places: Tensor) -> Tensor:
    """All pairs as coordinates (n_times, n_places, 2)."""
    return torch.stack(torch.meshgrid(times.float(), places.float(), indexing="ij"), -1)


class Score(nn.Module):  # type: ignore[misc]
    """Hidden states (15, 88, 256) to the positive scores of intervals and the scores of single frames."""

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
        frames = torch.arange(N_FRAMES, dtype=torch.float32)
        self.register_buffer("end_frame", frames[None, :, None])
        self.register_buffer("begin_frame", frames[None, None, :])

    def forward(self, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Flat index into (track, end, begin), score of each such interval, and (15, 691) scores of single frames."""
        shape = (SCORE_TRACKS, N_HIDDEN_FRAMES * UPSAMPLING, -1)
        end = ((hidden @ self.end).reshape(shape) + self.end_bias)[:, :N_FRAMES]
        begin = ((hidden @ self.begin).reshape(shape) + self.begin_bias)[:, :N_FRAMES]
        single = ((hidden @ self.single).reshape(shape) + self.single_bias)[:, :N_FRAMES, 0]
        # An interval that does not end after it begins gets length 0, hence score 0, hence is not positive.
        length = torch.relu(self.end_frame - self.begin_frame)
        scores = ((end @ begin.transpose(1, 2)) * length).flatten()
        index = torch.nonzero(scores > 0)[:, 0]
        return index, scores[index], single


class Attributes(nn.Module):  # type: ignore[misc]
    """Hidden states and intervals to velocity (n, 128) and refinement (n, 4), all logits.

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

    def read_frame(self, hidden: Tensor, track: Tensor, frame: Tensor) -> Tensor:
        """Upsample only the frames that are asked for."""
        coarse = torch.div(frame, UPSAMPLING, rounding_mode="floor")
        fine = frame - coarse * UPSAMPLING
        flat = hidden.reshape(len(TRACKS) * N_HIDDEN_FRAMES, SIZE)[track * N_HIDDEN_FRAMES + coarse]
        phases = (flat @ self.up).reshape(-1, UPSAMPLING, SIZE)
        chosen = (torch.arange(UPSAMPLING)[None, :] == fine[:, None]).float()
        return (phases * chosen[:, :, None]).sum(1) + self.up_bias

    def forward(self, hidden: Tensor, track: Tensor, begin: Tensor, end: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        first, last = self.read_frame(hidden, track, begin), self.read_frame(hidden, track, end)
        x = torch.cat([first, last, first * last], 1)
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


def halve_weights(graph: onnx.ModelProto) -> None:
    """Store large weights as float16 and cast them back where they are used.

    The projections of positions stay: they multiply coordinates up to 108 inside a cosine, where an error of a
    thousandth of a weight is a tenth of a radian.
    """
    casts = []
    for tensor in graph.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < SMALLEST_HALF or tensor.name.endswith(".wave"):
            continue
        half = values.astype(np.float16)
        if not np.isfinite(half).all():
            raise SystemExit(f"{tensor.name} does not fit into float16.")
        name = tensor.name
        tensor.CopyFrom(onnx.numpy_helper.from_array(half, f"{name}_half"))
        casts.append(onnx.helper.make_node("Cast", [f"{name}_half"], [name], f"{name}_cast", to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *graph.graph.node]
    del graph.graph.node[:]
    graph.graph.node.extend(nodes)


def export_graph(module: nn.Module, tensors: dict[str, Tensor], outputs: list[str], axes: dict[str, dict[int, str]],
                 path: Path, half: bool) -> dict[str, object]:  # fmt: skip
    """Write one graph and give its entry in models.json."""
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        raw = Path(folder) / "graph.onnx"
        torch.onnx.export(
            module.eval(), tuple(tensors.values()), str(raw), dynamo=False, do_constant_folding=False,
            opset_version=OPSET, input_names=list(tensors), output_names=outputs, dynamic_axes=axes,
        )  # fmt: skip
        graph = onnx.load(raw)
    if half:
        halve_weights(graph)
    graph.producer_name, graph.producer_version, graph.doc_string = "ottava", "", ""
    for node in graph.graph.node:
        node.doc_string = ""
    onnx.checker.check_model(graph)
    data = graph.SerializeToString(deterministic=True)
    path.write_bytes(data)
    return {
        "file": path.name,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "inputs": [describe_tensor(value) for value in graph.graph.input],
        "outputs": [describe_tensor(value) for value in graph.graph.output],
    }


def describe_tensor(value: onnx.ValueInfoProto) -> dict[str, object]:
    """Name, dtype and shape; a size that varies is a word."""
    tensor = value.type.tensor_type
    dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)).name
    return {"name": value.name, "dtype": dtype, "shape": [d.dim_param or d.dim_value for d in tensor.shape.dim]}


def export_graphs(folder: Path, half: bool) -> dict[str, dict[str, object]]:
    """Write the three graphs."""
    weights = read_weights()
    hidden = torch.zeros(len(TRACKS), N_HIDDEN_FRAMES, SIZE)
    features = torch.rand(1, N_WINDOWS, N_FRAMES, N_MELS, generator=torch.Generator().manual_seed(1))
    index = torch.arange(3)
    file = "transkun-{}.onnx".format
    n = {0: "n"}
    return {
        "core": export_graph(Core(weights), {"features": features}, ["hidden"], {}, folder / file("core"), half),
        "score": export_graph(
            Score(weights), {"hidden": hidden[:SCORE_TRACKS]}, ["index", "score", "single"], {"index": n, "score": n},
            folder / file("score"), half),
        "attributes": export_graph(
            Attributes(weights), {"hidden": hidden, "track": index, "begin": index, "end": index + 1},
            ["velocity", "refinement"], dict.fromkeys(("track", "begin", "end", "velocity", "refinement"), n),
            folder / file("attributes"), half),
    }  # fmt: skip


def main() -> None:
    """Write the graphs and models.json."""
    parser = argparse.ArgumentParser(description="Export Transkun to ONNX.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "models")
    parser.add_argument("--float32", action="store_true", help="keep all weights in float32 (for comparison)")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    model = {
        "name": NAME,
        "sample_rate": SAMPLE_RATE,
        "segment_samples": SEGMENT_SAMPLES,
        "settings": {"exact": {"hop_sec": 8.0}, "balanced": {"hop_sec": 14.0}},
        "default_setting": "balanced",
        "licence": "MIT",
        "origin": "PyPI transkun 2.0.1, transkun/pretrained/2.0.pt, by Yujia Yan and Zhiyao Duan",
        "export_command": "python build/export_notes.py",
        "graphs": export_graphs(arguments.out, half=not arguments.float32),
    }
    models = {"format": "ottava-models-1", "default": NAME, "models": [model]}
    (arguments.out / "models.json").write_text(json.dumps(models, indent=2) + "\n")
    for path in sorted(arguments.out.glob("*.onnx")):
        print(f"{path.name} {path.stat().st_size:,} B")


if __name__ == "__main__":
    main()
