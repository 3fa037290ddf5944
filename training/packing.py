"""Small files of graphs: weights on a grid whose step each of them can bear, and their whole numbers packed.

A file is one raw deflate stream of little-endian numbers:

- uint32 bytes of the graph, uint32 number of tables, then for each table of weights uint32 first byte in the graph,
  uint32 number of weights, float32 step;
- the bytes of the graph that are in no table;
- for every weight of all tables, in steps and that plus 0x80800: bits 12 to 19, a byte each;
- bits 4 to 11, a byte each;
- bits 0 to 3, two weights a byte, the first one's below.

Uniform steps and an entropy code are within a quarter of a bit of what any rounding needs for the same error (Gish and
Pierce, "Asymptotically efficient quantizing", IEEE Transactions on Information Theory, 1968). The bits in the middle
hold nearly all that is uneven, and are many enough that Huffman's whole bits cost little; the lower ones are as good as
random; the uppermost are nearly always the same. Steps are powers of two, so that the packer finds them in the graph as
it is converted.
"""

import struct
import zlib

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from ottava.models import LEAST_STEPS

SMALLEST_TABLE = 4096  # weights; smaller ones stay float32
MOST_STEPS = 2**20 - 1 + LEAST_STEPS


def pack_graph(graph: bytes) -> bytes:
    """Compress a graph; its weights keep their values exactly, and its length becomes a multiple of four."""
    graph += bytes(-len(graph) % 4)
    tables = _find_tables(graph)
    header = struct.pack("<II", len(graph), len(tables))
    rest, places, at = [], [], 0
    for first, values, step in tables:
        header += struct.pack("<IIf", first, len(values), step)
        rest.append(graph[at:first])
        places.append(np.round(values / step).astype(np.int64) - LEAST_STEPS)
        at = first + values.nbytes
    place = np.concatenate([*places, np.zeros(0, np.int64)])
    low = np.append(place & 15, 0)[: len(place) + len(place) % 2].reshape(-1, 2)
    sections = (
        header + b"".join([*rest, graph[at:]]),
        (place >> 12).astype(np.uint8).tobytes(),
        (place >> 4 & 255).astype(np.uint8).tobytes(),
    )
    last = (low[:, 0] | low[:, 1] << 4).astype(np.uint8).tobytes()
    return b"".join(_deflate(section, is_last=False) for section in sections) + _deflate(last, is_last=True)


def _find_tables(graph: bytes) -> list[tuple[int, NDArray[np.float32], float]]:
    """First byte, values and step of each constant of a graph that lies on a grid, in the order of the file."""
    whole = np.frombuffer(graph, np.uint8)
    model = schema.Model.GetRootAs(graph)
    tables = []
    for index in range(model.BuffersLength()):
        content = model.Buffers(index).DataAsNumpy()
        if isinstance(content, int) or len(content) % 4 or len(content) < 4 * SMALLEST_TABLE:
            continue
        values = content.view(np.float32)
        step = find_step(values)
        if step is not None:
            first = content.__array_interface__["data"][0] - whole.__array_interface__["data"][0]
            tables.append((first, values, step))
    return sorted(tables, key=lambda table: table[0])


def find_step(values: NDArray[np.float32]) -> float | None:
    """The largest power of two of which all values are multiples, None where they do not fit into the range then."""
    mantissa, exponent = np.frexp(values[values != 0].astype(np.float64))
    if not len(mantissa) or not np.isfinite(mantissa).all():
        return None
    whole = (mantissa * 2.0**24).astype(np.int64)
    step = float(2.0 ** (exponent - 24 + np.log2((whole & -whole).astype(np.float64))).min())
    return step if LEAST_STEPS * step <= values.min() and values.max() <= MOST_STEPS * step else None


def _deflate(data: bytes, is_last: bool) -> bytes:
    """A part of a raw deflate stream that refers to no other part, by the strategy that makes it smallest."""
    tried = []
    for strategy in (zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_RLE, zlib.Z_HUFFMAN_ONLY):
        packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9, strategy)
        tried.append(packer.compress(data) + packer.flush(zlib.Z_FINISH if is_last else zlib.Z_FULL_FLUSH))
    return min(tried, key=len)
