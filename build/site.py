"""Makes ``dist/``, the whole site as static files, and ``files.json``, the list of them with their hashes.

No bundler: what is in ``web/`` is what ships, file by file, each minified by itself, beside the models, the example,
the third-party files as npm installed them, the page's Python (`build.pyodide`) and the piano's samples
(`build.samples`). All addresses are relative, so that the site works below any path. Beside each file that gains from
it lies the same one compressed (``build/compress.mjs``), which is not listed.
"""

import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from build.pyodide import build_python
from build.samples import PITCHES, build_samples
from build.weight import ENTRY, find_modules
from build.wheels import CACHE, ROOT

DIST = ROOT / "dist"

EXAMPLE = "examples/minuet.mp3"

# A device needs one: that for threads; for one thread, without isolation; or for a browser without relaxed SIMD.
LITERT_BUILDS = ["threaded_internal", "internal", "compat_internal"]

# Of each npm package only what the page loads, unmodified.
VENDOR = {
    "client-zip": ["index.js", "LICENSE.txt"],
    "idb": ["build/index.js", "LICENSE"],
    "mediabunny/dist/bundles": ["mediabunny.min.mjs"],
    "pyodide": ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm"],
    "@litertjs/core/wasm": [f"litert_wasm_{build}.{ext}" for build in LITERT_BUILDS for ext in ("js", "wasm")],
    "verovio/dist": ["verovio.mjs", "verovio-module.mjs"],
}
VENDOR_FOLDERS = {
    "client-zip": "client-zip",
    "idb": "idb",
    "mediabunny/dist/bundles": "mediabunny",
    "pyodide": "pyodide",
    "@litertjs/core/wasm": "litert",
    "verovio/dist": "verovio",
}


# Which files of the site are whose, by the beginning of a part's name in docs/dependencies.md; all others are Ottava's.
PARTS = {
    "Pyodide": ["vendor/pyodide/*", "python/python_stdlib.zip"],
    "numpy": ["python/numpy-*"],
    "LiteRT": ["vendor/litert/*"],
    "mediabunny": ["vendor/mediabunny/*"],
    "idb": ["vendor/idb/**/*"],
    "client-zip": ["vendor/client-zip/*"],
    "Verovio": ["vendor/verovio/*"],
    "pretty_midi, mido": ["python/pretty_midi-*", "python/mido-*"],
    "packaging, six": ["python/packaging-*", "python/six-*"],
    "Transkun weights": ["models/transkun-*"],
    "Rhythm networks": ["models/rhythm/*"],
    "Salamander": ["samples/*"],
}

# Two fifths less to download; modules, files and what they export stay. Without {} it would look at tsconfig.json.
SHRINKING = ["--minify", "--legal-comments=none", "--charset=utf8", "--target=esnext", "--tsconfig-raw={}"]

# By the name that HTTP has for them.
ENCODINGS = {"br": ".br", "gzip": ".gz"}

# The list cannot hold itself, and the browser keeps the service worker by rules of its own.
NOT_LISTED = {"files.json", "sw.js"}


def build_site(out: Path = DIST) -> None:
    """Build the site beside ``out`` and put it there when it is complete."""
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as temporary:
        site, old = Path(temporary, "site"), Path(temporary, "old")
        _copy_files(site)
        (site / "python").mkdir()
        build_python(site / "python")
        build_samples(site / "samples")
        parts = hash_parts(list_parts((ROOT / "docs" / "dependencies.md").read_text("utf-8")), site)
        (site / "parts.json").write_text(json.dumps(parts, indent=1) + "\n", "utf-8")
        listed = list_files(site, find_optional((site / "models" / "models.json").read_text("utf-8")))
        (site / "files.json").write_text(json.dumps(listed, indent=1) + "\n", "utf-8")
        compress_files(site)
        if out.exists():
            out.rename(old)
        site.rename(out)


def compress_files(site: Path) -> None:
    """Write ``.br`` and ``.gz`` beside the files that gain from it."""
    subprocess.run(["node", ROOT / "build" / "compress.mjs", site, CACHE / "compressed"], check=True)


def list_files(site: Path, optional: Collection[str] = ()) -> dict[str, object]:
    """List the files of a site.

    Parameters
    ----------
    site
        The folder.
    optional
        Paths of files that are kept for offline use only once they were asked for.

    Returns
    -------
    dict
        ``files``: path, bytes, sha256 and where true ``optional`` of each file but the list, the service worker and
        what is compressed, sorted by path;
        ``version``: a hash over all of it, the service worker included.
    """
    files = []
    for path in sorted(path for path in site.rglob("*") if path.is_file() and path.suffix not in ENCODINGS.values()):
        content = path.read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        name = path.relative_to(site).as_posix()
        file: dict[str, object] = {"path": name, "bytes": len(content), "sha256": sha256}
        files.append(file | {"optional": True} if name in optional else file)
    version = hashlib.sha256(json.dumps([file for file in files if file["path"] != "files.json"]).encode()).hexdigest()
    return {"version": version[:16], "files": [file for file in files if file["path"] not in NOT_LISTED]}


def find_optional(models: str) -> set[str]:
    """Find the paths of what most devices do without; ``models`` is the text of models.json.

    That is LiteRT for other browsers, the graphs that no default needs and the piano.
    """
    content = json.loads(models)
    optional = {f"vendor/litert/litert_wasm_{build}.{ext}" for build in LITERT_BUILDS[1:] for ext in ("js", "wasm")}
    optional |= {f"samples/{pitch}.mp3" for pitch in PITCHES}
    for model in content["models"]:
        needed = {model["settings"][model["default_setting"]]["core"], "places", "score", "attributes"}
        is_default = model["name"] == content["default"]
        optional |= {
            f"models/{graph['file']}" for name, graph in model["graphs"].items() if not is_default or name not in needed
        }
    return optional


def list_parts(dependencies: str) -> list[dict[str, str]]:
    """List name, version and licence of what the page is made of, Ottava first; the text is docs/dependencies.md."""
    page = dependencies.split("## In the page", 1)[1].split("\n## ", 1)[0]
    rows = [[cell.strip() for cell in line.split("|")[1:4]] for line in page.splitlines() if line.startswith("| ")][1:]
    ottava = json.loads((ROOT / "package.json").read_text("utf-8"))
    parts = [["Ottava", ottava["version"], ottava["license"]], *rows]
    return [{"name": name, "version": version, "licence": licence} for name, version, licence in parts]


def hash_parts(parts: list[dict[str, str]], site: Path) -> list[dict[str, Any]]:
    """Add to each part its files with their hashes, and one ``sha256`` of all: that of what ``sha256sum`` says of them.

    Raises
    ------
    ValueError
        When a part has no files, or `PARTS` does not know it.
    """
    files = {path.relative_to(site).as_posix(): path for path in sorted(site.rglob("*")) if path.is_file()}
    hashes = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    hashed: list[dict[str, Any]] = []
    for part in reversed(parts):  # Ottava, the first, has what is left
        begin = next((begin for begin in PARTS if part["name"].startswith(begin)), None)
        patterns = PARTS[begin] if begin else ["**/*"] if part is parts[0] else []
        found = {path.relative_to(site).as_posix() for pattern in patterns for path in site.glob(pattern)}
        own = {name: hashes.pop(name) for name in sorted(found & set(hashes))}
        if not own:
            raise ValueError(f"no file of the site is of {part['name']}")
        lines = "".join(f"{sha256}  {name}\n" for name, sha256 in own.items())
        hashed.append({**part, "sha256": hashlib.sha256(lines.encode()).hexdigest(), "files": own})
    return hashed[::-1]


def shrink_files(folder: Path) -> None:
    """Minify the JavaScript and CSS that lies in a folder, each file by itself and in place."""
    files = sorted([*folder.glob("*.js"), *folder.glob("*.css")])
    esbuild = ROOT / "node_modules" / ".bin" / "esbuild"
    places = [f"--outbase={folder}", f"--outdir={folder}", "--allow-overwrite", "--log-level=warning"]
    subprocess.run([esbuild, *files, *SHRINKING, *places], check=True)


def preload_modules(site: Path) -> None:
    """Name what the first view imports in the page: the browser asks for all at once, not for one after the other."""
    page = site / "index.html"
    script = f'<script type="module" src="{ENTRY}"></script>'
    before, found, after = page.read_text("utf-8").partition(script)
    if not found:
        raise ValueError(f"index.html has no {script}")
    modules = sorted(path.relative_to(site).as_posix() for path in find_modules(site, ENTRY) - {site / ENTRY})
    links = "\n    ".join(f'<link rel="modulepreload" href="{module}">' for module in modules)
    page.write_text(f"{before}{links}\n    {found}{after}", "utf-8")


def _copy_files(site: Path) -> None:
    """Copy everything but Python."""
    shutil.copytree(ROOT / "web", site, ignore=shutil.ignore_patterns("*.d.ts"))
    shrink_files(site)
    for source, target in _find_files():
        (site / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, site / target)
    preload_modules(site)


def _find_files() -> Iterator[tuple[Path, str]]:
    """Yield each file from outside ``web/`` with its place in the site."""
    yield ROOT / EXAMPLE, EXAMPLE
    yield ROOT / "models" / "models.json", "models/models.json"
    for model in sorted((ROOT / "models").rglob("*.bin")):
        yield model, model.relative_to(ROOT).as_posix()
    yield ROOT / "models" / "rhythm" / "LICENSE", "models/rhythm/LICENSE"
    yield ROOT / "build" / "licences" / "litert.txt", "vendor/litert/LICENSE"
    for package, names in VENDOR.items():
        for name in names:
            yield ROOT / "node_modules" / package / name, f"vendor/{VENDOR_FOLDERS[package]}/{name}"


if __name__ == "__main__":
    build_site()
