"""Packed graphs: steps are found, and what is packed is unpacked to the same bytes."""

import zlib

import numpy as np
import pytest

from ottava.models import find_models_folder, unpack_graph
from training.packing import find_step, pack_graph


@pytest.mark.parametrize(
    ("values", "step"),
    [
        ([0.0, 0.5, -3.0, 8.25], 0.25),
        ([0.0, 1024.0, -2048.0], 1024.0),
        ([0x7F7FF, -0x80800], 1.0),
        ([0x7F800, 1.0], None),
        ([1.0, 2.0**-30], None),
        ([1.0, np.nan], None),
        ([0.0, 0.0], None),
    ],
)
def test_the_step_is_the_largest_power_of_two_that_all_values_share(values: list[float], step: float | None) -> None:
    assert find_step(np.array(values, np.float32)) == step


def test_a_graph_comes_back_as_it_was_and_was_stored_small() -> None:
    content = (find_models_folder() / "transkun-places.bin").read_bytes()
    graph = unpack_graph(content)
    again = pack_graph(graph)
    assert unpack_graph(again) == graph
    assert len(again) < len(graph) / 4


@pytest.mark.parametrize("name", ["transkun-places.bin", "transkun-core-fast.bin"])
def test_nothing_follows_the_end_of_the_stream(name: str) -> None:
    """A browser refuses what zlib.decompress overlooks; the fast core has no weights on a grid."""
    content = (find_models_folder() / name).read_bytes()
    for packed in (content, pack_graph(unpack_graph(content))):
        stream = zlib.decompressobj(-zlib.MAX_WBITS)
        stream.decompress(packed)
        assert stream.eof
        assert stream.unused_data == b""
