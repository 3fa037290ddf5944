"""Everything that a Chromium asks of the network, told by itself: DevTools' protocol on every page and worker.

Playwright speaks the protocol too but hands out no session of a worker; this is a second client beside it, on the port
that `browser_arguments` opens, with no more of the WebSocket protocol than that takes.
"""

import json
import os
import socket
import struct
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

PATIENCE_SEC = 30
BROWSER_ITSELF = "browser_ui"  # its own windows, made of chrome:// pages
LENGTH_FORMATS = {126: "!H", 127: "!Q"}


@dataclass(frozen=True)
class Sent:
    """A request: who made it (page, worker, service_worker ...) and where to."""

    kind: str
    url: str


def find_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Wire:
    """Listens to a browser until it is closed."""

    port: int
    requests: list[Sent] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    """What the browser itself has logged of errors and breaches, in pages and workers."""
    kinds: dict[str, str] = field(default_factory=dict)
    """Session id to the kind of target."""
    _n_sent: int = 0

    def __enter__(self) -> Self:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/json/version", timeout=PATIENCE_SEC) as reply:
            path = urlsplit(json.load(reply)["webSocketDebuggerUrl"]).path
        self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_SEC)
        hello = ["GET {} HTTP/1.1", "Host: 127.0.0.1:{}", "Upgrade: websocket", "Connection: Upgrade",
                 "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==", "", ""]  # fmt: skip
        self._socket.sendall("\r\n".join(hello).format(path, self.port).encode())
        self._file = self._socket.makefile("rb")
        while self._file.readline().strip():
            pass
        self._socket.settimeout(None)
        threading.Thread(target=self._listen, daemon=True).start()
        self._attach()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def wait_until_quiet(self, quiet_sec: float = 1.0) -> None:
        """Wait until nothing was asked for a while."""
        n_before, end = -1, time.monotonic() + PATIENCE_SEC
        while n_before != len(self.requests) and time.monotonic() < end:
            n_before = len(self.requests)
            time.sleep(quiet_sec)

    def _attach(self, session: str | None = None) -> None:
        """Be told of what a target starts (the browser: everything), before it has run a line."""
        options = {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": True}
        self._send("Target.setAutoAttach", options, session)

    def _listen(self) -> None:
        try:
            while True:
                self._hear(json.loads(self._read_message()))
        except (OSError, ValueError, struct.error):
            return  # the browser was closed

    def _hear(self, message: dict[str, Any]) -> None:
        given, method = message.get("params", {}), message.get("method")
        kind = self.kinds.get(message.get("sessionId", ""), "")
        if method == "Target.attachedToTarget":
            session = given["sessionId"]
            self.kinds[session] = given["targetInfo"]["type"]
            for command in ("Network.enable", "Log.enable", "Audits.enable"):
                self._send(command, {}, session)
            self._attach(session)
            self._send("Runtime.runIfWaitingForDebugger", {}, session)
        elif kind == BROWSER_ITSELF:
            return
        elif method == "Network.requestWillBeSent":
            self.requests.append(Sent(kind, given["request"]["url"]))
        elif method in ("Network.webSocketCreated", "Network.webTransportCreated"):
            self.requests.append(Sent(kind, given["url"]))
        elif method == "Log.entryAdded" and given["entry"]["level"] in ("error", "warning"):
            self.complaints.append(f"{kind}: {given['entry']['text']}")
        elif method == "Audits.issueAdded" and given["issue"]["code"] == "ContentSecurityPolicyIssue":
            self.complaints.append(f"{kind}: {json.dumps(given['issue']['details'])}")

    def _send(self, method: str, given: dict[str, Any], session: str | None) -> None:
        self._n_sent += 1
        message = {"id": self._n_sent, "method": method, "params": given}
        data = json.dumps(message | ({"sessionId": session} if session else {})).encode()
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))
        length = (
            struct.pack("!BB", 0x81, 0x80 | len(data)) if len(data) < 126 else struct.pack("!BBH", 0x81, 254, len(data))
        )
        self._socket.sendall(length + mask + masked)

    def _read_message(self) -> bytes:
        """Read all frames of one message."""
        content, is_last = b"", False
        while not is_last:
            first, n_bytes = self._file.read(2)
            is_last = bool(first & 0x80)
            if n_bytes in LENGTH_FORMATS:
                form = LENGTH_FORMATS[n_bytes]
                (n_bytes,) = struct.unpack(form, self._file.read(struct.calcsize(form)))
            content += self._file.read(n_bytes)
        return content
