"""A host of the site with one more file, which it sends as hosts do at their worst."""

import hashlib
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from threading import Thread

import numpy as np

from build.serve import ADDRESS, SiteHandler, SiteServer
from build.site import DIST

NAME = "made.bin"
N_BYTES = 3_500_000
SETTLE_SEC = 0.5  # what was sent before a break shall arrive
STALL_SEC = 60


@dataclass
class Host:
    """What it sends, and what it was asked for."""

    content: bytes = field(default_factory=lambda: np.random.default_rng(7).bytes(N_BYTES))
    knows_ranges: bool = True
    content_range: str = "bytes {first}-{last}/{total}"
    breaks: list[int] = field(default_factory=list)
    """Bytes of each answer to come after which the connection ends; answers after these are whole."""
    stalls: bool = False
    """Connections do not end there but bring nothing more."""
    asked: list[str] = field(default_factory=list)
    """The Range of each request, or nothing."""
    address: str = ""

    @property
    def graph(self) -> dict[str, object]:
        """The file as models.json would name it."""
        return {"file": NAME, "bytes": N_BYTES, "sha256": hashlib.sha256(self.content).hexdigest()}


class ModelHandler(SiteHandler):
    """The site, with the file by its own rules and, as ``other.bin``, by another name."""

    def __init__(self, host: Host, *arguments: object, **options: object) -> None:
        self.host = host
        super().__init__(*arguments, **options)  # type: ignore[arg-type]

    def do_GET(self) -> None:  # noqa: N802
        """Send the file or a part of it."""
        if self.path not in (f"/models/{NAME}", "/models/other.bin"):
            return super().do_GET()
        host = self.host
        content, asked = host.content, self.headers.get("Range", "")
        host.asked.append(asked)
        first = int(re.findall(r"\d+", asked)[0]) if asked and host.knows_ranges else 0
        self.send_response(HTTPStatus.PARTIAL_CONTENT if asked and host.knows_ranges else HTTPStatus.OK)
        if asked and host.knows_ranges:
            places = {"first": first, "last": len(content) - 1, "total": len(content)}
            self.send_header("Content-Range", host.content_range.format(**places))
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(content) - first))
        self.end_headers()
        n_sent = host.breaks.pop(0) if host.breaks else None
        self.wfile.write(content[first:][:n_sent])
        if n_sent is not None:
            self.wfile.flush()
            time.sleep(STALL_SEC if host.stalls else SETTLE_SEC)
            self.close_connection = True


@contextmanager
def open_host() -> Iterator[Host]:
    """Serve ``dist/`` and the file on a free port."""
    host = Host()
    with SiteServer((ADDRESS, 0), partial(ModelHandler, host, directory=str(DIST))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        host.address = f"http://{ADDRESS}:{server.server_port}"
        yield host
        server.shutdown()
