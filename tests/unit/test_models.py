"""models.json and the choices among models."""

import hashlib
import json
import struct
import zlib
from pathlib import Path

import pytest

from ottava.errors import TranscriptionError
from ottava.listening.activations import INTERVALS_A_CALL, N_BANDS, N_HIDDEN_FRAMES, N_TRACKS
from ottava.listening.audio import N_MELS
from ottava.listening.presses import LEAST_SCORE
from ottava.models import (
    choose_graphs,
    choose_model,
    choose_setting,
    find_models_folder,
    read_models,
    read_rhythm,
    unpack_graph,
)
from ottava.notation import hands, names, values
from ottava.rhythm import bars, chords, quantizing, score_time
from ottava.rhythm.readings import N_FIGURES, N_READINGS

GRAPH = {
    "file": "a.bin", "bytes": 3, "sha256": "00",
    "inputs": [{"name": "x", "dtype": "float32", "shape": [1, 2]}],
    "outputs": [{"name": "y", "dtype": "float32", "shape": [3], "above": -1}],
}  # fmt: skip


def make_entry(name: str) -> dict[str, object]:
    return {
        "name": name, "sample_rate": 44100, "segment_samples": 705600, "default_setting": "quick",
        "settings": {"quick": {"hop_sec": 14, "core": "small"}, "slow": {"hop_sec": 8, "core": "core"}},
        "licence": "MIT", "origin": "here", "export_command": "make",
        "graphs": {n: {**GRAPH, "file": f"{n}.bin"} for n in ("places", "core", "small", "score", "attributes")},
    }  # fmt: skip


def make_text(**changes: object) -> str:
    content = {"format": "ottava-models-4", "default": "b", "models": [make_entry("a"), make_entry("b")]}
    return json.dumps({**content, **changes})


def test_the_default_comes_first_and_fields_arrive() -> None:
    models = read_models(make_text())
    assert list(models) == ["b", "a"]
    tensor = models["a"].graphs["core"].inputs[0]
    assert (tensor.name, tensor.shape, tensor.above) == ("x", (1, 2), None)
    assert models["a"].graphs["core"].outputs[0].above == -1
    assert choose_model(models).name == "b"
    assert choose_model(models, "a").name == "a"


def test_a_setting_names_the_hop_and_the_core() -> None:
    model = choose_model(read_models(make_text()))
    assert (choose_setting(model).hop_sec, choose_setting(model, "slow").hop_sec) == (14.0, 8.0)
    assert choose_graphs(model, choose_setting(model))["core"].file == "small.bin"
    assert choose_graphs(model, choose_setting(model, "slow"))["core"].file == "core.bin"
    assert list(choose_graphs(model, choose_setting(model))) == ["places", "core", "score", "attributes"]


def test_a_graph_is_put_together_from_its_weights_and_the_rest() -> None:
    # Weights of -1, 0.5 and 300 in steps of 0.25 and of 2 in steps of 2, between letters.
    places = [0x80800 + whole for whole in (-4, 2, 1200, 1)]
    data = struct.pack("<II IIf IIf", 28, 2, 4, 3, 0.25, 20, 1, 2.0) + b"abcdefghijkl"
    data += bytes(place >> 12 for place in places) + bytes(place >> 4 & 255 for place in places)
    data += bytes(a & 15 | (b & 15) << 4 for a, b in (places[:2], places[2:]))
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    content = packer.compress(data) + packer.flush()
    assert unpack_graph(content) == struct.pack("<4s 3f 4s f 4s", b"abcd", -1, 0.5, 300, b"efgh", 2, b"ijkl")
    with pytest.raises(zlib.error):
        unpack_graph(content[:-2])


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    models = read_models(make_text())
    with pytest.raises(TranscriptionError, match="b, a"):
        choose_model(models, "c")
    with pytest.raises(TranscriptionError, match="quick, slow"):
        choose_setting(models["a"], "exact")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", make_text(format="ottava-models-9"), make_text(default="c"), make_text(models=[{"name": "b"}]),
     make_text(models=[{**make_entry("b"), "default_setting": "none"}]),
     make_text(models=[{**make_entry("b"), "settings": {"quick": {"hop_sec": 8, "core": "none"}}}])],
)  # fmt: skip
def test_an_unusable_description_is_one_sentence(text: str) -> None:
    with pytest.raises(TranscriptionError, match=r"models\.json.*install"):
        read_models(text)


def test_what_the_listening_counts_on_is_what_the_graphs_are() -> None:
    model = choose_model(read_models((find_models_folder() / "models.json").read_text()))
    inputs = {name: {tensor.name: tensor.shape for tensor in graph.inputs} for name, graph in model.graphs.items()}
    outputs = {name: {tensor.name: tensor for tensor in graph.outputs} for name, graph in model.graphs.items()}
    assert outputs["score"]["score"].above == LEAST_SCORE
    assert inputs["places"]["grid"][:2] == (N_HIDDEN_FRAMES + 1, N_BANDS)
    assert inputs["places"]["track_grid"][:2] == (N_HIDDEN_FRAMES + 1, N_TRACKS)
    assert outputs["core"]["hidden"].shape[:2] == (N_TRACKS, N_HIDDEN_FRAMES)
    assert inputs["attributes"]["first"][0] == INTERVALS_A_CALL
    assert inputs["core"]["features"][3] == N_MELS


def test_the_models_of_this_repository_are_as_described() -> None:
    import hashlib

    folder = find_models_folder()
    for model in read_models((folder / "models.json").read_text()).values():
        assert model.default_setting in model.settings
        for graph in model.graphs.values():
            data = Path(folder, graph.file).read_bytes()
            assert (len(data), hashlib.sha256(data).hexdigest()) == (graph.bytes, graph.sha256)


def test_the_rhythm_graphs_are_what_the_pipeline_feeds_them() -> None:
    folder = find_models_folder()
    rhythm = read_rhythm((folder / "models.json").read_text())
    assert (folder / "rhythm" / "LICENSE").is_file()
    assert sum(graph.bytes for graph in rhythm.graphs.values()) < 8_000_000
    modules = {"bars": bars, "quantizer": quantizing, "values": values, "hands": hands, "names": names}
    features = {"rhythm": chords.N_FEATURES} | {name: module.N_FEATURES for name, module in modules.items()}
    networks = {of.NETWORK.graph: of.NETWORK for of in (score_time, *modules.values())}
    for graph in rhythm.graphs.values():
        assert hashlib.sha256((folder / graph.file).read_bytes()).hexdigest() == graph.sha256
    chooser = rhythm.graphs.pop("readings")
    assert (chooser.inputs[0].name, chooser.inputs[0].shape) == ("figures", (1, N_READINGS, N_FIGURES))
    assert chooser.outputs[0].shape == (1, 2, N_READINGS)
    for name, graph in rhythm.graphs.items():
        assert graph.inputs[0].shape == (1, networks[name].window, features[name])
        assert graph.outputs[0].shape == (1, networks[name].window, sum(networks[name].sizes.values()))


def test_a_list_without_rhythm_graphs_gets_a_sentence() -> None:
    with pytest.raises(TranscriptionError, match="install"):
        read_rhythm(make_text())
