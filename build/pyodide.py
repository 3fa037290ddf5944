"""Assembles the page's Python: ``python_stdlib.zip``, the wheels and the site's own ``pyodide-lock.json``.

Everything but numpy is precompiled (``compile.mjs``) and stored without its source, which takes Pyodide's start from
over five seconds to under two. The lock file is npm's with the packages replaced by the few that the page loads;
Pyodide checks each against its sha256, and nothing else can be loaded: there is no resolver in it.

Two builds of the same sources give the same bytes. What is compiled is kept in ``.cache/`` under a hash of all that
it was made of, so that an edit of one file recompiles ``ottava`` only.
"""

import hashlib
import json
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from build.wheels import CACHE, NPM_PYODIDE, ROOT, fetch_numpy, fetch_pure_wheels, read_npm_lock

PACKAGE = ROOT / "py" / "ottava"
COMPILER = ROOT / "build" / "compile.mjs"

# The command line, its self-test, its decoders, its files and its printed pages stay at home.
NOT_IN_THE_PAGE = {
    PACKAGE / name for name in (
        "__main__.py", "check.py", "hosts/native.py", "listening/mono.py", "files/decoding.py", "files/inputs.py",
        "files/outputs.py", "files/pages.py", "notation/key_names.py",
    )
}  # fmt: skip

# Looked for at import by pretty_midi (its soundfont), never called here.
STUBS = {"pretty_midi": ["importlib_resources"]}

# What must be loaded before what: names as in the lock file.
DEPENDS = {
    "mido": ["packaging"],
    "pretty-midi": ["mido", "numpy", "six"],
    "ottava": ["numpy", "pretty-midi"],
}

# The earliest time that a zip archive can hold: archives must not differ by the day they were made.
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def build_python(out: Path) -> None:
    """Write every file of ``dist/python`` into the folder ``out``, which exists."""
    numpy, pure = fetch_numpy(), fetch_pure_wheels()
    stdlib = NPM_PYODIDE / "python_stdlib.zip"
    sources = list_sources()
    groups = [
        _cached("stdlib", [stdlib], lambda tree: _unpack_stdlib(stdlib, tree)),
        _cached("packages", pure, lambda tree: _unpack_pure(pure, tree)),
        _cached("ottava", sources, lambda tree: _copy_package(sources, tree)),
    ]
    for file in [numpy, *(file for group in groups for file in sorted(group.iterdir()))]:
        shutil.copyfile(file, out / file.name)
    lock = site_lock(read_npm_lock(), sorted(out.glob("*-none-any.whl")))
    (out / "pyodide-lock.json").write_text(json.dumps(lock, indent=1, sort_keys=True) + "\n", "utf-8")


def list_sources() -> list[Path]:
    """List the files of ottava that the page loads."""
    return sorted(file for file in PACKAGE.rglob("*.py") if file not in NOT_IN_THE_PAGE)


def site_lock(npm_lock: dict[str, Any], wheels: Iterable[Path]) -> dict[str, Any]:
    """Return npm's lock file with numpy alone of its packages, unchanged, and the given wheels."""
    packages = {"numpy": npm_lock["packages"]["numpy"]}
    for wheel in wheels:
        distribution, version = wheel.name.split("-")[:2]
        name = distribution.replace("_", "-")
        packages[name] = {
            "name": name,
            "version": version,
            "file_name": wheel.name,
            "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
            "install_dir": "site",
            "package_type": "package",
            "unvendored_tests": False,
            "imports": [distribution],
            "depends": DEPENDS.get(name, []),
        }
    return {"info": npm_lock["info"], "packages": packages}


def _cached(group: str, inputs: list[Path], unpack: Callable[[Path], None]) -> Path:
    """Return the folder of a group's archives, compiled now unless the same inputs were compiled before."""
    key = hashlib.sha256()
    for file in [*inputs, Path(__file__), COMPILER, NPM_PYODIDE / "package.json"]:
        key.update(f"{_name(file)} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    folder = CACHE / "python" / f"{group}-{key.hexdigest()[:16]}"
    if not folder.is_dir():
        print(f"Compiling {group} for the page.", flush=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as temporary:
            trees, archives = Path(temporary, "trees"), Path(temporary, "archives")
            trees.mkdir()
            archives.mkdir()
            unpack(trees)
            _compile(sorted(trees.iterdir()))
            for tree in trees.iterdir():
                _zip(tree, archives / tree.name)
            for older in folder.parent.glob(f"{group}-*"):
                shutil.rmtree(older)
            archives.rename(folder)
    return folder


def _name(file: Path) -> str:
    """Name of an input: where it lies in ottava, of which two files may be called alike; else its own."""
    return str(file.relative_to(PACKAGE) if file.is_relative_to(PACKAGE) else file.name)


def _unpack_stdlib(archive: Path, trees: Path) -> None:
    """Unpack the standard library."""
    with zipfile.ZipFile(archive) as source:
        source.extractall(trees / archive.name)


def _unpack_pure(wheels: Iterable[Path], trees: Path) -> None:
    """Unpack the code and the licence of each wheel; data and requirements left out."""
    for wheel in wheels:
        tree = trees / wheel.name.replace("-py2.py3-", "-py3-")
        with zipfile.ZipFile(wheel) as source:
            for member in source.namelist():
                is_licence = "dist-info/" in member and ("LICENSE" in member or member.endswith("/WHEEL"))
                if member.endswith(".py") or is_licence:
                    _write(tree / member, source.read(member))
        name, version = wheel.name.split("-")[:2]
        _write_metadata(tree, name, version)
        for stub in STUBS.get(name, []):
            _write(tree / f"{stub}.py", b"")


def _copy_package(sources: Iterable[Path], trees: Path) -> None:
    """Copy the sources of ottava into the tree of a wheel."""
    version = json.loads((ROOT / "package.json").read_text("utf-8"))["version"]
    tree = trees / f"ottava-{version}-py3-none-any.whl"
    for source in sources:
        _write(tree / "ottava" / source.relative_to(PACKAGE), source.read_bytes())
    _write_metadata(tree, "ottava", version)


def _write_metadata(tree: Path, name: str, version: str) -> None:
    """Write the least metadata that installs: no requirements, the lock file orders the packages."""
    folder = tree / f"{name}-{version}.dist-info"
    _write(folder / "METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode())
    _write(folder / "WHEEL", b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")


def _write(path: Path, content: bytes) -> None:
    """Write a file and make its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _compile(trees: list[Path]) -> None:
    """Compile the Python files of each tree beside their sources."""
    done = subprocess.run(["node", COMPILER, *trees], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"The page's Python could not be compiled:\n{done.stdout}{done.stderr}".rstrip())


def _zip(tree: Path, archive: Path) -> None:
    """Store a tree without its sources: sorted, undated and uncompressed (hosts compress on the way)."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as target:
        for file in sorted(path for path in tree.rglob("*") if path.is_file() and path.suffix != ".py"):
            target.writestr(zipfile.ZipInfo(file.relative_to(tree).as_posix(), ZIP_EPOCH), file.read_bytes())
