"""Where the seconds of a segment go: each part of the listening network timed as a LiteRT graph of its own.

    python -m bench.listening.parts [--threads 2] [--runs 5]

Runs in the environment of requirements/export.txt. A part has the shapes that it has in the network, random input and
the checkpoint's weights; the quickest run counts. LiteRT's own profile by operator is not in its Python package.
"""

import argparse
import tempfile
import time
from pathlib import Path

import litert_torch
import torch
from ai_edge_litert.interpreter import Interpreter
from torch import Tensor, nn

from bench.report import describe_run, replace_section
from training.listening.network import (
    N_BANDS,
    N_FRAMES,
    N_HIDDEN_FRAMES,
    N_LAYERS,
    N_MELS,
    N_WINDOWS,
    SCORE_TRACKS,
    SIZE,
    TRACKS,
    Attention,
    Core,
    FeedForward,
    Score,
    read_weights,
)

N_TIMES, N_TOKENS = N_HIDDEN_FRAMES + 1, N_BANDS + len(TRACKS)


class Convolutions(nn.Module):  # type: ignore[misc]
    """The core before its layers."""

    def __init__(self, core: Core) -> None:
        super().__init__()
        self.core = core

    def forward(self, features: Tensor) -> Tensor:
        """Features to tokens."""
        core = self.core
        x = nn.functional.pad(core.convolutions[0](features) + core.mel_places, (2, 1, 4, 3))
        for convolution, norm in zip(core.convolutions[1:-1], core.norms[:-1], strict=True):
            x = nn.functional.gelu(norm(convolution(x)))
        y: Tensor = core.norms[-1](core.convolutions[-1](x))
        return y


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    weights = read_weights()
    layer = "backbone.encoderLayers.0"
    by_time, by_token = torch.rand(N_TIMES, N_TOKENS, SIZE), torch.rand(N_TOKENS, N_TIMES, SIZE)
    features = torch.rand(1, N_WINDOWS, N_FRAMES, N_MELS)
    parts: list[tuple[str, nn.Module, tuple[Tensor, ...], float]] = [
        ("convolutions", Convolutions(Core(weights)), (features,), 1),
        ("attention over frequency", Attention(weights, f"{layer}.mhaBlockF"), (by_time, by_time * 1), N_LAYERS),
        ("feed-forward after it", FeedForward(weights, f"{layer}.fnnBlockF"), (by_time,), N_LAYERS),
        ("attention over time", Attention(weights, f"{layer}.mhaBlockT"), (by_token, by_token * 1), N_LAYERS),
        ("feed-forward after it", FeedForward(weights, f"{layer}.fnnBlockT"), (by_token,), N_LAYERS),
        ("core, whole", Core(weights), (features, by_time), 1),
        ("score", Score(weights), (torch.rand(SCORE_TRACKS, N_HIDDEN_FRAMES, SIZE), torch.arange(float(N_FRAMES))),
         len(TRACKS) / SCORE_TRACKS),
    ]  # fmt: skip
    rows = []
    for name, module, inputs, times in parts:
        seconds = time_graph(module, inputs, options.threads, options.runs)
        rows.append(f"| {name} | {1000 * seconds:.0f} | {times:g} | {1000 * seconds * times:.0f} |")
        print(rows[-1], flush=True)
    replace_section("\n".join([
        "## Where a segment's seconds go",
        "",
        describe_run(),
        "",
        f"LiteRT with XNNPACK, float32, {options.threads} threads, native. The last layer computes less than others.",
        "",
        "| part | ms | times | together, ms |",
        "|---|--:|--:|--:|",
        *rows,
        "",
    ]))  # fmt: skip


def time_graph(module: nn.Module, inputs: tuple[Tensor, ...], n_threads: int, n_runs: int) -> float:
    """Seconds of the quickest run."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "part.tflite"
        litert_torch.convert(module.eval(), inputs).export(str(path))
        interpreter = Interpreter(str(path), num_threads=n_threads)
        interpreter.allocate_tensors()
        for place, value in zip(interpreter.get_input_details(), inputs, strict=True):
            interpreter.set_tensor(place["index"], value.numpy())
        seconds = []
        for _ in range(n_runs):
            began = time.monotonic()
            interpreter.invoke()
            seconds.append(time.monotonic() - began)
    return min(seconds)


if __name__ == "__main__":
    main()
