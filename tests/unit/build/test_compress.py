"""Files of the site are compressed once, truly, and only where that gains something."""

import gzip
import os
import subprocess
from pathlib import Path

from build.site import DIST, list_files
from build.wheels import ROOT

TEXT = b"do re mi fa sol la si do " * 400
UNPACK = "process.stdout.write(require('zlib').brotliDecompressSync(require('fs').readFileSync(process.argv[1])))"


def compress(site: Path, cache: Path) -> None:
    """Run the command."""
    subprocess.run(["node", ROOT / "build" / "compress.mjs", site, cache], check=True)


def read_brotli(path: Path) -> bytes:
    """Unpack a file."""
    return subprocess.run(["node", "-e", UNPACK, path], check=True, capture_output=True).stdout


def test_what_gains_lies_compressed_beside_its_file(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "deep").mkdir(parents=True)
    contents = {"a.js": TEXT, "deep/b.html": TEXT[::-1], "c.bin": TEXT, "d.whl": os.urandom(5000), "e.css": b"p{}"}
    for name, content in contents.items():
        (site / name).write_bytes(content)
    listed = list_files(site)
    compress(site, tmp_path / "cache")
    names = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    assert names - set(contents) == {"a.js.br", "a.js.gz", "deep/b.html.br", "deep/b.html.gz"}
    assert read_brotli(site / "a.js.br") == TEXT
    assert gzip.decompress((site / "deep" / "b.html.gz").read_bytes()) == TEXT[::-1]
    assert (site / "a.js.br").stat().st_mtime >= (site / "a.js").stat().st_mtime
    assert list_files(site) == listed


def test_results_are_kept_until_the_file_changes(tmp_path: Path) -> None:
    site, cache = tmp_path / "site", tmp_path / "cache"
    site.mkdir()
    (site / "a.js").write_bytes(TEXT)
    compress(site, cache)
    for path in cache.glob("*.br"):
        path.write_bytes(b"kept")
    (site / "a.js.br").unlink()
    compress(site, cache)
    assert (site / "a.js.br").read_bytes() == b"kept"

    (site / "a.js").write_bytes(TEXT + b"!")
    for ending in ("br", "gz"):
        (site / f"a.js.{ending}").unlink()
    compress(site, cache)
    assert read_brotli(site / "a.js.br") == TEXT + b"!"
    assert len(list(cache.iterdir())) == 2


def test_site_has_what_a_visitor_needs_compressed() -> None:
    paths = ["index.html", "main.js", "vendor/pyodide/pyodide.asm.wasm", "python/python_stdlib.zip"]
    for path in paths:
        plain = (DIST / path).stat()
        assert (DIST / f"{path}.br").stat().st_size < (DIST / f"{path}.gz").stat().st_size < plain.st_size
        assert (DIST / f"{path}.br").stat().st_mtime >= plain.st_mtime
    assert not list(DIST.rglob("*.bin.*"))
