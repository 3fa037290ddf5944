"""Serves ``dist/`` on this machine with the headers that a host should send; for use and for tests.

What the headers are and why: `build.policy`. ``--plain`` leaves all of them out, as most static hosts do: the service
worker must add them, and until it does the page has what its ``<meta>`` says.
"""

import argparse
import errno
import sys
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from build.policy import ISOLATION_HEADERS, SECURITY_HEADERS
from build.site import DIST, ENCODINGS

ADDRESS = "127.0.0.1"
PORT = 8000

MIME_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".wasm": "application/wasm",
    ".bin": "application/octet-stream",
    ".whl": "application/octet-stream",
    ".zip": "application/zip",
    ".mp3": "audio/mpeg",
    ".musicxml": "application/vnd.recordare.musicxml+xml",
}


class SiteHandler(SimpleHTTPRequestHandler):
    """Static files with headers; no list of a folder, and a log of nothing but errors."""

    extensions_map = MIME_TYPES
    headers_sent: ClassVar[dict[str, str]] = SECURITY_HEADERS | ISOLATION_HEADERS
    encoding = ""

    def translate_path(self, path: str) -> str:
        """Find the file, compressed where the reader takes that and it is not older than the file."""
        self.encoding = ""
        found = Path(super().translate_path(path))
        if found.is_dir() and path.split("?")[0].endswith("/"):
            found /= "index.html"
        for name, ending in ENCODINGS.items():
            compressed = found.with_name(found.name + ending)
            if self._accepts(name) and found.is_file() and compressed.is_file() and _is_current(compressed, found):
                self.encoding = name
                return str(compressed)
        return str(found)

    def guess_type(self, path: object) -> str:
        """Tell the type of what is compressed."""
        name = str(path)
        return super().guess_type(name.removesuffix(ENCODINGS[self.encoding]) if self.encoding else name)

    def _accepts(self, encoding: str) -> bool:
        """Whether the reader takes this encoding."""
        for wish in self.headers.get("Accept-Encoding", "").split(","):
            name, _, quality = wish.partition(";")
            if name.strip() == encoding:
                return quality.replace(" ", "") not in ("q=0", "q=0.0")
        return False

    def end_headers(self) -> None:
        """Add the headers; a rebuilt site must be seen at the next visit."""
        for name, value in self.headers_sent.items():
            self.send_header(name, value)
        if self.encoding:
            self.send_header("Content-Encoding", self.encoding)
        self.send_header("Vary", "Accept-Encoding")
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Send the page of an error as it is."""
        self.encoding = ""
        super().send_error(code, message, explain)

    def list_directory(self, path: object) -> None:
        """Refuse to list a folder."""
        self.send_error(HTTPStatus.NOT_FOUND)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Keep quiet about what went well."""


def _is_current(compressed: Path, file: Path) -> bool:
    """Whether a compressed file was made of the file as it is."""
    return compressed.stat().st_mtime >= file.stat().st_mtime


class PlainHandler(SiteHandler):
    """A host that knows nothing of all this."""

    headers_sent: ClassVar[dict[str, str]] = {}


class SiteServer(ThreadingHTTPServer):
    """A server that does not mind a reader who leaves in the middle of a file."""

    daemon_threads = True

    def serve_forever(self, poll_interval: float = 0.05) -> None:
        """Serve until `shutdown`, which waits for the next poll: by default half a second."""
        super().serve_forever(poll_interval)

    def handle_error(self, request: object, client_address: object) -> None:
        """Report an error unless the reader hung up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def open_server(folder: Path = DIST, port: int = PORT, plain: bool = False) -> SiteServer:
    """Bind a server for a folder.

    Parameters
    ----------
    folder
        What to serve.
    port
        0 takes a free one.
    plain
        Without any header of `build.policy`.

    Raises
    ------
    SystemExit
        With one sentence when the port is taken or may not be used.
    """
    handler = partial(PlainHandler if plain else SiteHandler, directory=str(folder))
    try:
        return SiteServer((ADDRESS, port), handler)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        problem = "is in use by another program" if error.errno == errno.EADDRINUSE else "needs rights that you lack"
        raise SystemExit(f"Port {port} {problem}; choose another one, for example: make serve PORT=8080") from None


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="Serve dist/ on this machine.")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--folder", type=Path, default=DIST, help="another folder than dist/")
    parser.add_argument("--plain", action="store_true", help="send no headers of build/policy.py, as most hosts do")
    arguments = parser.parse_args()
    with open_server(arguments.folder, arguments.port, arguments.plain) as server:
        print(f"Ottava is at http://{ADDRESS}:{server.server_port}/ (Ctrl+C ends it)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
