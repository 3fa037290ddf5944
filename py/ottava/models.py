"""What is known of a model: models.json read into values, and where its files lie.

Conventions: models.json is written by build/export_notes.py alone; the page reads it to download and verify, Python to
run. A size in a shape is a number, or a word where it varies.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ottava.errors import TranscriptionError

FORMAT = "ottava-models-1"


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output of a graph."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """One ONNX file, its length and SHA-256, and what goes in and comes out."""

    file: str
    bytes: int
    sha256: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """A listening model.

    ``settings`` gives the hop between segments in seconds by name: a shorter hop hears every moment more often.
    """

    name: str
    sample_rate: int
    segment_samples: int
    settings: dict[str, float]
    default_setting: str
    licence: str
    origin: str
    export_command: str
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
        content = json.loads(text)
        if content["format"] != FORMAT:
            raise TranscriptionError(
                f"models.json has the format {content['format']}, but this version of Ottava reads {FORMAT}: "
                "install models and program of the same version."
            )
        models = {item["name"]: _read_model(item) for item in content["models"]}
        default = content["default"]
        return {default: models.pop(default), **models}
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise TranscriptionError(f"models.json cannot be read ({error!r}): install Ottava's models anew.") from error


def choose_model(models: dict[str, Model], name: str | None = None) -> Model:
    """Give the named model, or the default; raises TranscriptionError that lists the models there are."""
    if name is None:
        return next(iter(models.values()))
    if name not in models:
        raise TranscriptionError(f"There is no model {name!r}; choose one of {', '.join(models)}.")
    return models[name]


def choose_hop(model: Model, setting: str | None = None) -> float:
    """Give the seconds between segments of a setting, or of the default; an unknown one is a TranscriptionError."""
    if setting is None:
        setting = model.default_setting
    if setting not in model.settings:
        raise TranscriptionError(f"There is no setting {setting!r}; choose one of {', '.join(model.settings)}.")
    return model.settings[setting]


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
    settings = {name: float(setting["hop_sec"]) for name, setting in item["settings"].items()}
    if item["default_setting"] not in settings:
        raise ValueError(f"default_setting {item['default_setting']!r} is not among the settings")
    return Model(
        name=item["name"],
        sample_rate=int(item["sample_rate"]),
        segment_samples=int(item["segment_samples"]),
        settings=settings,
        default_setting=item["default_setting"],
        licence=item["licence"],
        origin=item["origin"],
        export_command=item["export_command"],
        graphs={name: _read_graph(graph) for name, graph in item["graphs"].items()},
    )


def _read_graph(item: dict[str, Any]) -> Graph:
    """Read one graph of a model."""
    inputs, outputs = (
        tuple(Tensor(tensor["name"], tensor["dtype"], tuple(tensor["shape"])) for tensor in item[side])
        for side in ("inputs", "outputs")
    )
    return Graph(item["file"], int(item["bytes"]), item["sha256"], inputs, outputs)
