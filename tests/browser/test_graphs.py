"""Graphs are unpacked in the page to the bytes that Python unpacks."""

import base64
import hashlib
import struct
import zlib

import pytest
from playwright.sync_api import Page

from ottava.models import find_models_folder, unpack_graph

UNPACK = """async (text) => {
  const { unpackGraph } = await import("./packing.js");
  const graph = await unpackGraph(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", graph));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}"""


def make_odd_file() -> bytes:
    """Three weights in two tables, so that the last half of a byte holds none."""
    places = [0x80800 + whole for whole in (-4, 1200, -70000)]
    data = struct.pack("<II IIf IIf", 24, 2, 4, 2, 0.25, 16, 1, 2.0) + b"abcdefghijkl"
    data += bytes(place >> 12 for place in places) + bytes(place >> 4 & 255 for place in places)
    data += bytes([places[0] & 15 | (places[1] & 15) << 4, places[2] & 15])
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize("name", ["odd", "transkun-places.bin", "transkun-core-fast.bin"])
def test_the_page_unpacks_what_python_does(page: Page, site: str, name: str) -> None:
    content = make_odd_file() if name == "odd" else (find_models_folder() / name).read_bytes()
    page.goto(site)
    digest = page.evaluate(UNPACK, base64.b64encode(content).decode())
    assert digest == hashlib.sha256(unpack_graph(content)).hexdigest()
