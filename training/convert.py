"""From a torch module to a LiteRT graph, and how its tensors are described in models.json."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import litert_torch
import torch
from ai_edge_litert.interpreter import Interpreter
from torch import Tensor, nn

LARGEST_ERROR = 1e-4  # of a converted graph, relative to its largest output; 1e-5 was seen


def convert_graph(module: nn.Module, inputs: dict[str, Tensor]) -> bytes:
    """Convert one graph with float32 weights, and see that it computes what the module does."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.tflite"
        litert_torch.convert(module.eval(), tuple(inputs.values())).export(str(path))
        graph = path.read_bytes()
    generator = torch.Generator().manual_seed(2)
    given = [torch.rand(value.shape, generator=generator) for value in inputs.values()]
    interpreter = Interpreter(model_content=graph)
    interpreter.allocate_tensors()
    for place, value in zip(interpreter.get_input_details(), given, strict=True):
        interpreter.set_tensor(place["index"], value.numpy())
    interpreter.invoke()
    with torch.no_grad():
        results = module(*given)
    results = results if isinstance(results, tuple) else (results,)
    for place, result in zip(interpreter.get_output_details(), results, strict=True):
        difference = (torch.from_numpy(interpreter.get_tensor(place["index"])) - result).abs().max()
        if not difference <= LARGEST_ERROR * result.abs().max():
            raise SystemExit(f"{type(module).__name__} was converted wrongly: off by {difference:.2g}.")
    return graph


def describe_tensors(values: Iterable[tuple[str, tuple[int, ...], float | None]]) -> list[dict[str, object]]:
    """Name, dtype and shape in the order of the graph's signature; of an output also what its elements must exceed."""
    return [
        {"name": name, "dtype": "float32", "shape": list(shape)} | ({} if above is None else {"above": above})
        for name, shape, above in values
    ]
