"""Export the trained networks of rhythm to the five LiteRT graphs that Ottava runs, and enter them in models.json.

    python -m training.notation.export --weights .cache/rhythm --out models [--fold 0] [--only hands]

``--weights`` holds rhythm.pt, bars.pt, readings.pt, values.pt and names.pt (this folder's others), or with ``--fold``
rhythm0.pt and so on, for benchmarks on the works that fold leaves out; with ``--only`` the others stay as they are.
requirements/export.txt pins all that is needed.
"""

import argparse
import hashlib
import json
import math
import shutil
from pathlib import Path

import torch
from torch import nn

from ottava.models import FORMAT, RHYTHM_ROLES
from ottava.rhythm.readings import N_FIGURES, N_READINGS
from training.convert import convert_graph, describe_tensors
from training.notation.encoder import SHAPES, WINDOWS, Encoder, Readings
from training.packing import SMALLEST_TABLE, pack_graph

ROOT = Path(__file__).parents[2]
FOLDER = "rhythm"
LICENCE = "CC-BY-NC-SA-4.0"
TRAININGS = ", ".join(f"training/notation/{name}.py" for name in RHYTHM_ROLES)
ORIGIN = f"trained by Ottava on performances and printed scores, see models/README.md ({TRAININGS})"


@torch.no_grad()  # type: ignore[untyped-decorator]
def round_weights(network: nn.Module) -> None:
    """Round large tables to steps of about a 64th of their standard deviation, which pack to a byte a weight."""
    for weight in network.state_dict().values():
        if weight.numel() >= SMALLEST_TABLE:
            step = 2.0 ** (round(math.log2(float(weight.std()))) - 6)
            weight.copy_(torch.round(weight / step) * step)


def make_network(name: str) -> tuple[nn.Module, dict[str, torch.Tensor], tuple[int, ...]]:
    """A network without its weights, inputs of the right shape, and the shape of its output."""
    if name == "readings":
        return Readings().eval(), {"figures": torch.zeros(1, N_READINGS, N_FIGURES)}, (1, 2, N_READINGS)
    shape, tokens = SHAPES[name], (1, WINDOWS[name])
    inputs = {
        "features": torch.zeros(*tokens, shape.n_features),
        "coordinates": torch.zeros(*tokens, len(shape.waves)),
        "absent": torch.zeros(*tokens),
    }
    return Encoder(shape).eval(), inputs, (*tokens, sum(shape.outputs.values()))


def main() -> None:
    """Write the graphs and their entry in models.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=ROOT / "models")
    parser.add_argument("--fold", default="")
    parser.add_argument("--only", choices=RHYTHM_ROLES, help="the graph that is new")
    options = parser.parse_args()
    (options.out / FOLDER).mkdir(parents=True, exist_ok=True)
    if not (options.out / "models.json").is_file():
        shutil.copy2(ROOT / "models" / "models.json", options.out / "models.json")
    models = json.loads((options.out / "models.json").read_text("utf-8"))
    graphs = models["rhythm"]["graphs"] if options.only else {}
    for name in [options.only] if options.only else RHYTHM_ROLES:
        network, inputs, outputs = make_network(name)
        network.load_state_dict(torch.load(options.weights / f"{name}{options.fold}.pt", weights_only=True))
        round_weights(network)
        data = pack_graph(convert_graph(network, inputs))
        path = options.out / FOLDER / f"{name}.bin"
        path.write_bytes(data)
        graphs[name] = {
            "file": f"{FOLDER}/{path.name}",
            "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "inputs": describe_tensors((key, tuple(value.shape), None) for key, value in inputs.items()),
            "outputs": describe_tensors([("outputs", outputs, None)]),
        }
        print(f"{path.name} {len(data):,} B", flush=True)
    command = "python -m training.notation.export"
    models["format"] = FORMAT
    models["rhythm"] = {
        "name": "rhythm-1", "licence": LICENCE, "origin": ORIGIN, "export_command": command, "graphs": graphs,
    }  # fmt: skip
    (options.out / "models.json").write_text(json.dumps(models, indent=2) + "\n")


if __name__ == "__main__":
    main()
