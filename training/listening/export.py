"""Export the piano transcription model Transkun 2.0.1 to the four LiteRT graphs that Ottava runs.

    python -m training.listening.export [--out models] [--weights float32]

requirements/export.txt pins all that is needed. The network (training/listening/network.py) is cut where it pays:

- places      coordinates -> what the network adds to every token for its place in time and frequency: the same for
              every segment, so it is run once a recording and not stored as the 14 MB that it makes;
- core        features -> hidden states of the 90 target tracks before upsampling in time: 8 MB leave it, not 64;
- score       hidden states of some tracks -> the scores of all intervals. Of 43 million a few thousand are positive,
              and one whose score is not can never be better than none; those just below it tell what a more
              sensitive reading would add: whoever runs the graph keeps what is above `LEAST_SCORE` and no more;
- attributes  hidden states where chosen intervals begin and end -> velocity, exact onset and offset.

Numbers that do not come from the recording are inputs where the converter would otherwise store what it computes from
them.
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from ai_edge_quantizer import qtyping, quantizer
from torch import Tensor, nn

from ottava.listening.audio import compute_features
from ottava.models import FORMAT
from training.convert import convert_graph, describe_tensors
from training.listening.network import (
    LEAST_SCORE,
    N_BANDS,
    N_FRAMES,
    N_HIDDEN_FRAMES,
    N_MELS,
    N_WINDOWS,
    SCORE_TRACKS,
    SIZE,
    TRACKS,
    UPSAMPLING,
    VERSION,
    Attributes,
    Core,
    Places,
    Score,
    make_grid,
    read_weights,
)
from training.listening.parity import read_samples
from training.listening.rounding import ATTRIBUTES_STEP, Listening, choose_steps, list_tables, round_weights
from training.packing import pack_graph

ROOT = Path(__file__).parents[2]
NAME = f"transkun-{VERSION}"
SAMPLE_RATE = 44100
SEGMENT_SAMPLES = 705_600  # 16 s
INTERVALS = 64  # in one call of the attributes graph
# Source and weights of each graph, chosen by figures (models/README.md, "Weights").
FORMS = {
    "places": ("places", "rounded"),
    "core": ("core", "rounded"),
    "core-fast": ("core", "int8"),
    "score": ("score", "rounded"),
    "attributes": ("attributes", "rounded"),
}
SETTINGS = {
    "exact": {"hop_sec": 8.0, "core": "core"},
    "balanced": {"hop_sec": 14.0, "core": "core"},
    "fast": {"hop_sec": 14.0, "core": "core-fast"},
}


def read_sources() -> dict[str, tuple[nn.Module, dict[str, Tensor], dict[str, float | None]]]:
    """Each graph with its inputs, and its outputs with the value above which their elements are kept."""
    weights = read_weights()
    times = torch.arange(N_HIDDEN_FRAMES + 1)
    grids = {"grid": make_grid(times, torch.arange(N_BANDS)), "track_grid": make_grid(times, torch.tensor(TRACKS))}
    features = torch.rand(1, N_WINDOWS, N_FRAMES, N_MELS, generator=torch.Generator().manual_seed(1))
    places = torch.zeros(N_HIDDEN_FRAMES + 1, N_BANDS + len(TRACKS), SIZE)
    hidden = torch.zeros(SCORE_TRACKS, N_HIDDEN_FRAMES, SIZE)
    # Of one tensor given twice the converter makes one input.
    sizes = {"first": SIZE, "first_phase": UPSAMPLING, "last": SIZE, "last_phase": UPSAMPLING}
    ends = {name: torch.zeros(INTERVALS, size) for name, size in sizes.items()}
    return {
        "places": (Places(weights), grids, {"places": None}),
        "core": (Core(weights), {"features": features, "places": places}, {"hidden": None}),
        "score": (Score(weights), {"hidden": hidden, "frames": torch.arange(float(N_FRAMES))},
                  {"score": LEAST_SCORE, "single": None}),
        "attributes": (Attributes(weights), ends, {"velocity": None, "refinement": None}),
    }  # fmt: skip


def read_features() -> list[Tensor]:
    """Features of the first segment of each example."""
    features = []
    for path in sorted((ROOT / "examples").glob("*.mp3")):
        samples = read_samples(path, SAMPLE_RATE)[:SEGMENT_SAMPLES]
        samples = np.pad(samples, (0, SEGMENT_SAMPLES - len(samples)))
        features.append(torch.from_numpy(compute_features(samples, tuning_cents=0.0)))
    return features


def quantize_weights(graph: bytes) -> bytes:
    """Round the weights to int8 with a scale for each output channel.

    Each token is rounded to int8 before it meets them, so that int8 is computed with.
    """
    config = qtyping.OpQuantizationConfig(
        weight_tensor_config=qtyping.TensorQuantizationConfig(
            num_bits=8, granularity=qtyping.QuantGranularity.CHANNELWISE
        ),
        compute_precision=qtyping.ComputePrecision.INTEGER,
        explicit_dequantize=False,
    )
    task = quantizer.Quantizer(graph)
    for operation in (qtyping.TFLOperationName.FULLY_CONNECTED, qtyping.TFLOperationName.CONV_2D):
        task.update_quantization_recipe(".*", operation, config)
    return bytes(task.quantize(enable_progress_report=False).quantized_model)


def write_graphs(folder: Path, forms: dict[str, tuple[str, str]]) -> dict[str, dict[str, object]]:
    """Write files and give their entries in models.json; ``forms`` names source and weights of each graph."""
    sources = read_sources()
    exact = {name: convert_graph(module, inputs) for name, (module, inputs, _) in sources.items()}
    places, core, score, attributes = (module for module, _, _ in sources.values())
    grids = sources["places"][1].values()
    for graph, steps in choose_steps(Listening(places, core, score, tuple(grids), read_features())).items():
        round_weights(graph, steps)
    round_weights(attributes, {name: ATTRIBUTES_STEP * float(weight.std()) for name, weight in list_tables(attributes)})
    rounded = {name: convert_graph(module, inputs) for name, (module, inputs, _) in sources.items()}
    integer = {name: quantize_weights(graph) for name, graph in exact.items()}
    graphs = {"float32": exact, "rounded": rounded, "int8": integer}
    entries: dict[str, dict[str, object]] = {}
    for name, (source, form) in forms.items():
        module, inputs, outputs = sources[source]
        data = pack_graph(graphs[form][source])
        path = folder / f"transkun-{name}.bin"
        path.write_bytes(data)
        with torch.no_grad():
            results = module(*inputs.values())
        results = results if isinstance(results, tuple) else (results,)
        entries[name] = {
            "file": path.name,
            "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "inputs": describe_tensors((key, tuple(value.shape), None) for key, value in inputs.items()),
            "outputs": describe_tensors(
                (key, tuple(result.shape), above) for (key, above), result in zip(outputs.items(), results, strict=True)
            ),
        }
        print(f"{path.name} {len(data):,} B", flush=True)
    return entries


def main() -> None:
    """Write the graphs and models.json."""
    parser = argparse.ArgumentParser(description="Export Transkun to LiteRT.")
    parser.add_argument("--out", type=Path, default=ROOT / "models")
    forms = ("float32", "rounded", "int8")
    parser.add_argument("--weights", choices=forms, help="the same for all graphs (for comparison)")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    chosen = {name: (source, arguments.weights or form) for name, (source, form) in FORMS.items()}
    model = {
        "name": NAME,
        "sample_rate": SAMPLE_RATE,
        "segment_samples": SEGMENT_SAMPLES,
        "settings": SETTINGS,
        "default_setting": "balanced",
        "licence": "MIT",
        "origin": "PyPI transkun 2.0.1, transkun/pretrained/2.0.pt, by Yujia Yan and Zhiyao Duan",
        "export_command": "python -m training.listening.export",
        "graphs": write_graphs(arguments.out, chosen),
    }
    path = arguments.out / "models.json"
    # What training/notation/export.py entered stays.
    others = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    models = others | {"format": FORMAT, "default": NAME, "models": [model]}
    path.write_text(json.dumps(models, indent=2) + "\n")


if __name__ == "__main__":
    main()
