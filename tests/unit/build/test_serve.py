"""The server sends what a browser needs and says in one sentence when it cannot start."""

import gzip
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest

from build.policy import ISOLATION_HEADERS, SECURITY_HEADERS
from build.serve import open_server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("index.html", "worker.js", "a.mjs", "a.wasm", "a.bin", "a.musicxml", "files.json"):
        (tmp_path / name).write_text("x")
    (tmp_path / "models").mkdir()
    return tmp_path


@pytest.fixture(params=[False, True], ids=["isolated", "plain"])
def address(folder: Path, request: pytest.FixtureRequest) -> Iterator[tuple[str, bool]]:
    with open_server(folder, port=0, plain=request.param) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", request.param
        server.shutdown()
        thread.join()


def test_headers(address: tuple[str, bool]) -> None:
    url, plain = address
    with urllib.request.urlopen(url) as reply:
        headers = reply.headers
    for name, value in (SECURITY_HEADERS | ISOLATION_HEADERS).items():
        assert headers[name] == (None if plain else value)
    assert headers["Set-Cookie"] is None
    assert headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    ("name", "mime_type"),
    [
        ("index.html", "text/html"),
        ("worker.js", "text/javascript"),
        ("a.mjs", "text/javascript"),
        ("a.wasm", "application/wasm"),
        ("a.bin", "application/octet-stream"),
        ("a.musicxml", "application/vnd.recordare.musicxml+xml"),
        ("files.json", "application/json"),
    ],
)
def test_mime_types(address: tuple[str, bool], name: str, mime_type: str) -> None:
    with urllib.request.urlopen(address[0] + name) as reply:
        assert reply.headers.get_content_type() == mime_type


@pytest.mark.parametrize("path", ["models/", "absent.js", "../pyproject.toml"])
def test_nothing_else_is_served(address: tuple[str, bool], path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(address[0] + path)
    assert error.value.code == 404


def fetch(url: str, accepted: str) -> tuple[bytes, Message]:
    """Body as sent and headers, for a reader who takes these encodings."""
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept-Encoding": accepted})) as reply:
        return reply.read(), reply.headers


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("identity", None),
        ("", None),
    ],
)
def test_what_is_compressed_is_sent_to_who_takes_it(
    folder: Path, address: tuple[str, bool], accepted: str, encoding: str | None
) -> None:
    contents = {None: b"page", "br": b"as brotli", "gzip": b"as gzip"}
    (folder / "index.html").write_bytes(contents[None])
    _, plain_headers = fetch(address[0], "identity")
    for ending, name in ((".br", "br"), (".gz", "gzip")):
        compressed = folder / f"index.html{ending}"
        compressed.write_bytes(contents[name])
        os.utime(compressed, ns=(0, (folder / "index.html").stat().st_mtime_ns))
    for path in ("", "index.html", "index.html?a"):
        body, headers = fetch(address[0] + path, accepted)
        assert body == contents[encoding]
        assert headers.get("Content-Encoding") == encoding
        assert headers["Content-Length"] == str(len(body))
        assert headers["Content-Type"].startswith("text/html")
        assert headers["Vary"] == "Accept-Encoding"
        assert headers["Last-Modified"] == plain_headers["Last-Modified"]


def test_what_was_compressed_before_the_file_changed_is_not_sent(folder: Path, address: tuple[str, bool]) -> None:
    (folder / "worker.js.br").write_bytes(b"older")
    os.utime(folder / "worker.js.br", (0, 0))
    assert fetch(address[0] + "worker.js", "br")[0] == b"x"


def test_error_is_sent_as_it_is(folder: Path, address: tuple[str, bool]) -> None:
    (folder / "absent.js.gz").write_bytes(gzip.compress(b"of what is gone"))
    with pytest.raises(urllib.error.HTTPError) as error:
        fetch(address[0] + "absent.js", "gzip")
    assert error.value.code == 404
    assert "Content-Encoding" not in error.value.headers
    assert b"404" in error.value.read()


def test_taken_port_is_one_sentence(folder: Path) -> None:
    with open_server(folder, port=0) as server, pytest.raises(SystemExit) as stop:
        open_server(folder, port=server.server_port)
    sentence = str(stop.value)
    assert str(server.server_port) in sentence
    assert "in use" in sentence
    assert "\n" not in sentence
