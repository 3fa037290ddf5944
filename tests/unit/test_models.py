"""models.json and the choices among models."""

import json
from pathlib import Path

import pytest

from ottava.errors import TranscriptionError
from ottava.models import choose_hop, choose_model, find_models_folder, read_models

GRAPH = {
    "file": "a.onnx", "bytes": 3, "sha256": "00",
    "inputs": [{"name": "x", "dtype": "float32", "shape": [1, "n"]}], "outputs": [],
}  # fmt: skip


def make_entry(name: str) -> dict[str, object]:
    return {
        "name": name, "sample_rate": 44100, "segment_samples": 705600, "default_setting": "quick",
        "settings": {"quick": {"hop_sec": 14}, "slow": {"hop_sec": 8}}, "licence": "MIT", "origin": "here",
        "export_command": "make", "graphs": {"core": GRAPH},
    }  # fmt: skip


def make_text(**changes: object) -> str:
    content = {"format": "ottava-models-1", "default": "b", "models": [make_entry("a"), make_entry("b")]}
    return json.dumps({**content, **changes})


def test_the_default_comes_first_and_fields_arrive() -> None:
    models = read_models(make_text())
    assert list(models) == ["b", "a"]
    tensor = models["a"].graphs["core"].inputs[0]
    assert (tensor.name, tensor.dtype, tensor.shape) == ("x", "float32", (1, "n"))
    assert choose_model(models).name == "b"
    assert choose_model(models, "a").name == "a"


def test_settings_are_seconds_between_segments() -> None:
    model = choose_model(read_models(make_text()))
    assert (choose_hop(model), choose_hop(model, "slow")) == (14.0, 8.0)


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    models = read_models(make_text())
    with pytest.raises(TranscriptionError, match="b, a"):
        choose_model(models, "c")
    with pytest.raises(TranscriptionError, match="quick, slow"):
        choose_hop(models["a"], "exact")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", make_text(format="ottava-models-9"), make_text(default="c"), make_text(models=[{"name": "b"}]),
     make_text(models=[{**make_entry("b"), "default_setting": "none"}])],
)  # fmt: skip
def test_an_unusable_description_is_one_sentence(text: str) -> None:
    with pytest.raises(TranscriptionError, match=r"models\.json.*install"):
        read_models(text)


def test_the_models_of_this_repository_are_as_described() -> None:
    import hashlib

    folder = find_models_folder()
    for model in read_models((folder / "models.json").read_text()).values():
        assert model.default_setting in model.settings
        for graph in model.graphs.values():
            data = Path(folder, graph.file).read_bytes()
            assert (len(data), hashlib.sha256(data).hexdigest()) == (graph.bytes, graph.sha256)
