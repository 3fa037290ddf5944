"""What is known of a model: models.json read into values, and where its files lie.

Conventions: models.json is written by training/listening/export.py alone; the page reads it to download and verify,
Python to run.
"""

import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ottava.errors import TranscriptionError

ROLES = ("places", "core", "score", "attributes")
RHYTHM_ROLES = ("rhythm", "bars", "readings", "quantizer", "values", "hands", "names")
FORMAT = "ottava-models-4"
LEAST_STEPS = -0x80800  # of a weight in a packed graph, so that small ones lie in the middle of what bits 4 to 11 count


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output of a graph, float32.

    An output with ``above`` is mostly of no interest: `run` gives in its place "index", shape (n,), int64, the flat
    indices of its elements greater than that, and under its own name those elements, shape (n,).
    """

    name: str
    shape: tuple[int, ...]
    above: float | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """One LiteRT file, its length and SHA-256, and what goes in and comes out in the order of the file."""

    file: str
    bytes: int
    sha256: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """How to listen: the longest hop between segments in seconds, and the graph that is run as "core"."""

    hop_sec: float
    core: str


@dataclass(frozen=True, slots=True)
class Model:
    """A listening model.

    ``graphs`` are the files by name; `ROLES` are what a run needs, and a setting may name another core.
    """

    name: str
    sample_rate: int
    segment_samples: int
    settings: dict[str, Setting]
    default_setting: str
    licence: str
    origin: str
    export_command: str
    graphs: dict[str, Graph]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The trained networks of rhythm: ``graphs`` by their names in `RHYTHM_ROLES`."""

    name: str
    licence: str
    origin: str
    graphs: dict[str, Graph]


def read_models(text: str) -> dict[str, Model]:
    """Read models.json.

    Parameters
    ----------
    text
        Contents of models.json.

    Returns
    -------
    dict
        The models by name, the default first.

    Raises
    ------
    TranscriptionError
        The text is not models.json, is of another format, or lacks something.
    """
    try:
        content = _read_content(text)
        models = {item["name"]: _read_model(item) for item in content["models"]}
        default = content["default"]
        return {default: models.pop(default), **models}
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise TranscriptionError(f"models.json cannot be read ({error!r}): install Ottava's models anew.") from error


def read_rhythm(text: str) -> Rhythm:
    """Read of models.json what finds beats and note values; raises TranscriptionError as `read_models` does."""
    try:
        item = _read_content(text)["rhythm"]
        graphs = {name: _read_graph(graph) for name, graph in item["graphs"].items()}
        return Rhythm(item["name"], item["licence"], item["origin"], {name: graphs[name] for name in RHYTHM_ROLES})
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise TranscriptionError(f"models.json cannot be read ({error!r}): install Ottava's models anew.") from error


def _read_content(text: str) -> dict[str, Any]:
    """The content of models.json, if its format is ours."""
    content: dict[str, Any] = json.loads(text)
    if content["format"] != FORMAT:
        raise TranscriptionError(
            f"models.json has the format {content['format']}, but this version of Ottava reads {FORMAT}: "
            "install models and program of the same version."
        )
    return content


def choose_model(models: dict[str, Model], name: str | None = None) -> Model:
    """Give the named model, or the default; raises TranscriptionError that lists the models there are."""
    if name is None:
        return next(iter(models.values()))
    if name not in models:
        raise TranscriptionError(f"There is no model {name!r}; choose one of {', '.join(models)}.")
    return models[name]


def choose_setting(model: Model, name: str | None = None) -> Setting:
    """Give the named setting, or the default; raises TranscriptionError that lists the settings there are."""
    if name is None:
        name = model.default_setting
    if name not in model.settings:
        raise TranscriptionError(f"There is no setting {name!r}; choose one of {', '.join(model.settings)}.")
    return model.settings[name]


def choose_graphs(model: Model, setting: Setting) -> dict[str, Graph]:
    """Give the graphs that a setting runs, by their names in `ROLES`."""
    return {role: model.graphs[setting.core if role == "core" else role] for role in ROLES}


def unpack_graph(content: bytes) -> bytes:
    """Give the LiteRT graph of a file of a model, whose parts training/packing.py describes.

    Raises
    ------
    zlib.error, ValueError
        The file is damaged.
    """
    data = zlib.decompress(content, -zlib.MAX_WBITS)
    n_bytes, n_tables = np.frombuffer(data, "<u4", 2).tolist()
    header = np.dtype([("first", "<u4"), ("count", "<u4"), ("step", "<f4")])
    tables = np.frombuffer(data, header, n_tables, 8)
    n_weights = int(tables["count"].sum())
    rest_at = 8 + tables.nbytes
    rest_end = rest_at + n_bytes - 4 * n_weights
    upper, middle = np.frombuffer(data, np.uint8, 2 * n_weights, rest_end).reshape(2, -1).astype(np.int32)
    lower = np.frombuffer(data, np.uint8, (n_weights + 1) // 2, rest_end + 2 * n_weights)
    lower = np.stack([lower & 15, lower >> 4], 1).reshape(-1)[:n_weights]
    places = (upper << 12 | middle << 4 | lower) + LEAST_STEPS
    graph, at, weight_at = bytearray(), rest_at, 0
    for first, count, step in tables.tolist():
        at_end = at + first - len(graph)
        graph += data[at:at_end]
        graph += (places[weight_at : weight_at + count] * np.float32(step)).astype("<f4").tobytes()
        at, weight_at = at_end, weight_at + count
    return bytes(graph + data[at:rest_end])


def find_models_folder() -> Path:
    """Give the folder that holds models.json: inside the installed package, or at the root of the repository.

    Raises
    ------
    TranscriptionError
        Neither is there.
    """
    package = Path(__file__).parent
    for folder in (package / "package_data" / "models", package.parent.parent / "models"):
        if (folder / "models.json").is_file():
            return folder
    raise TranscriptionError("The listening model is missing: install Ottava again with its models.")


def _read_model(item: dict[str, Any]) -> Model:
    """Read one entry of the list of models."""
    settings = {name: Setting(float(entry["hop_sec"]), entry["core"]) for name, entry in item["settings"].items()}
    graphs = {name: _read_graph(graph) for name, graph in item["graphs"].items()}
    if item["default_setting"] not in settings:
        raise ValueError(f"default_setting {item['default_setting']!r} is not among the settings")
    needed = {role for role in ROLES if role != "core"} | {setting.core for setting in settings.values()}
    missing = needed - graphs.keys()
    if missing:
        raise ValueError(f"graphs lacks {', '.join(sorted(missing))}")
    return Model(
        name=item["name"],
        sample_rate=int(item["sample_rate"]),
        segment_samples=int(item["segment_samples"]),
        settings=settings,
        default_setting=item["default_setting"],
        licence=item["licence"],
        origin=item["origin"],
        export_command=item["export_command"],
        graphs=graphs,
    )


def _read_graph(item: dict[str, Any]) -> Graph:
    """Read one graph of a model."""
    inputs, outputs = (
        tuple(Tensor(tensor["name"], tuple(tensor["shape"]), tensor.get("above")) for tensor in item[side])
        for side in ("inputs", "outputs")
    )
    return Graph(item["file"], int(item["bytes"]), item["sha256"], inputs, outputs)
