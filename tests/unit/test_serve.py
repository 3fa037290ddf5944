"""The server sends what a browser needs and says in one sentence when it cannot start."""

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
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


def test_taken_port_is_one_sentence(folder: Path) -> None:
    with open_server(folder, port=0) as server, pytest.raises(SystemExit) as stop:
        open_server(folder, port=server.server_port)
    sentence = str(stop.value)
    assert str(server.server_port) in sentence
    assert "in use" in sentence
    assert "\n" not in sentence
