"""Firefox and WebKitGTK as Debian has them, driven by the protocols that they speak themselves.

Firefox: Marionette, JSON with its length before it over a socket (Playwright asks for commands that the long-term
release lacks). WebKitGTK: W3C WebDriver, JSON over HTTP.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ANSWER_SEC = 300
"""WebKitGTK has no relaxed SIMD, hence one thread: its first score took 160 s on two cores that others used."""

Ask = Callable[[str, dict[str, Any]], Any]


@dataclass(frozen=True)
class Driver:
    """A browser and what is asked of it; the names of commands are those of Marionette."""

    ask: Ask

    def visit(self, address: str) -> None:
        """Go to a page."""
        self.ask("Navigate", {"url": address})

    def reload(self) -> None:
        """Load the page anew."""
        self.ask("Refresh", {})

    def run(self, script: str) -> Any:
        """Run the body of a function in the page."""
        return self.ask("ExecuteScript", {"script": script, "args": []})

    def choose_file(self, selector: str, path: Path) -> None:
        """Choose a file."""
        element = self.ask("FindElement", {"using": "css selector", "value": selector})
        self.ask("ElementSendKeys", {"id": next(iter(element.values())), "text": str(path)})

    def wait_for(self, script: str, is_right: Callable[[Any], bool] = bool) -> Any:
        """Run a script until its answer is right."""
        deadline = time.monotonic() + ANSWER_SEC
        while not is_right(answer := self.run(script)):
            assert time.monotonic() < deadline, f"{script}: {answer}"
            time.sleep(0.25)
        return answer


@contextmanager
def drive_firefox(folder: Path) -> Iterator[Driver]:
    """Open a Firefox that has never been anywhere; the folder takes its profile."""
    if not shutil.which("firefox-esr"):
        pytest.skip("Firefox is not installed (apt-get install firefox-esr)")
    port = _find_port()
    (folder / "user.js").write_text(f'user_pref("marionette.port", {port});\n')
    with _start(["firefox-esr", "--headless", "--marionette", "--profile", str(folder)], port) as connection:
        stream = connection.makefile("rwb")
        _receive(stream)

        def ask(command: str, parameters: dict[str, Any]) -> Any:
            content = json.dumps([0, 1, f"WebDriver:{command}", parameters]).encode()
            stream.write(b"%d:%b" % (len(content), content))
            stream.flush()
            _, _, error, answer = _receive(stream)
            assert error is None, error
            return answer["value"] if answer and set(answer) == {"value"} else answer

        ask("NewSession", {"capabilities": {"alwaysMatch": {}}})
        yield Driver(ask)


@contextmanager
def drive_webkit() -> Iterator[Driver]:
    """Open WebKitGTK's own small browser on a screen that nobody sees."""
    browsers = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))
    if not (browsers and shutil.which("WebKitWebDriver") and shutil.which("xvfb-run")):
        pytest.skip("WebKitGTK is not installed (apt-get install webkit2gtk-driver xvfb)")
    port = _find_port()
    address = f"http://127.0.0.1:{port}/session"
    capabilities = {"webkitgtk:browserOptions": {"binary": str(browsers[-1]), "args": ["--automation"]}}
    with _start(["xvfb-run", "-a", "WebKitWebDriver", f"--port={port}"], port):
        session = _request("POST", address, {"capabilities": {"alwaysMatch": capabilities}})["sessionId"]

        def ask(command: str, parameters: dict[str, Any]) -> Any:
            paths = {"Navigate": "url", "Refresh": "refresh", "ExecuteScript": "execute/sync", "FindElement": "element"}
            path = paths.get(command) or f"element/{parameters['id']}/value"
            return _request("POST", f"{address}/{session}/{path}", parameters)

        yield Driver(ask)
        _request("DELETE", f"{address}/{session}", None)


def _request(method: str, address: str, body: object) -> Any:
    """Ask by HTTP."""
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, content, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SEC) as response:
            return json.load(response)["value"]
    except urllib.error.HTTPError as error:
        raise AssertionError(error.read().decode()) from error


def _receive(stream: Any) -> Any:
    """Read a message: the bytes of it, a colon, and JSON."""
    n_bytes = b""
    while not n_bytes.endswith(b":"):
        byte = stream.read(1)
        assert byte, "the browser has gone"
        n_bytes += byte
    return json.loads(stream.read(int(n_bytes[:-1])))


def _find_port() -> int:
    """Find a port that is free."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def _start(command: list[str], port: int) -> Iterator[socket.socket]:
    """Start a program, connect to it, and end it with all that it has started."""
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        connection = None
        while connection is None:
            assert time.monotonic() < deadline, f"{command[0]} does not answer"
            try:
                connection = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SEC)
            except ConnectionRefusedError:
                time.sleep(0.2)
        with connection:
            yield connection
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
