"""The list of files is complete and true, and the page's Python is what its lock file says."""

import hashlib
import json
import re
import zipfile
from pathlib import Path

import pytest

from build.pyodide import site_lock
from build.site import DIST, find_optional, hash_parts, list_files, list_parts, preload_modules, shrink_files
from build.weight import find_modules, weigh_page
from build.wheels import NPM_PYODIDE, ROOT, read_npm_lock

MOST_BYTES = {"first_view": 50_000, "all": 120_000}
"""After gzip; November 2026: 44,000 and 110,500."""


def test_list_names_every_file_once(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    contents = {"index.html": b"page", "models/a.bin": b"weights", "sw.js": b"worker", "files.json": b"old"}
    for path, content in contents.items():
        (tmp_path / path).write_bytes(content)
    listed = list_files(tmp_path)
    assert listed["files"] == [
        {"path": path, "bytes": len(contents[path]), "sha256": hashlib.sha256(contents[path]).hexdigest()}
        for path in ("index.html", "models/a.bin")
    ]


def test_graphs_of_other_settings_are_optional(tmp_path: Path) -> None:
    names = ("places", "core", "core-int8", "score", "attributes")
    models = {
        "default": "one",
        "models": [
            {
                "name": "one",
                "default_setting": "balanced",
                "settings": {"balanced": {"core": "core"}, "exact": {"core": "core"}, "fast": {"core": "core-int8"}},
                "graphs": {name: {"file": f"{name}.bin"} for name in names},
            }
        ],
    }
    optional = find_optional(json.dumps(models))
    assert {path for path in optional if path.startswith("models/")} == {"models/core-int8.bin"}
    assert "vendor/litert/litert_wasm_compat_internal.wasm" in optional
    assert "vendor/litert/litert_wasm_threaded_internal.wasm" not in optional
    (tmp_path / "models").mkdir()
    for name in ("core", "core-int8"):
        (tmp_path / "models" / f"{name}.bin").touch()
    files = list_files(tmp_path, optional)["files"]
    assert isinstance(files, list)
    assert [file.get("optional") for file in files] == [True, None]


@pytest.mark.parametrize(("path", "changes"), [("index.html", True), ("sw.js", True), ("files.json", False)])
def test_version_follows_content(tmp_path: Path, path: str, changes: bool) -> None:
    for name in ("index.html", "sw.js", "files.json"):
        (tmp_path / name).write_text("before")
    before = list_files(tmp_path)["version"]
    assert list_files(tmp_path)["version"] == before
    (tmp_path / path).write_text("after")
    assert (list_files(tmp_path)["version"] != before) == changes


def test_site_lock_keeps_numpy_and_hashes_the_rest(tmp_path: Path) -> None:
    wheel = tmp_path / "pretty_midi-1.0-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    npm_lock = read_npm_lock()
    lock = site_lock(npm_lock, [wheel])
    assert set(lock["packages"]) == {"numpy", "pretty-midi"}
    assert lock["packages"]["numpy"] == npm_lock["packages"]["numpy"]
    assert lock["packages"]["pretty-midi"]["sha256"] == hashlib.sha256(b"wheel").hexdigest()


def test_site_as_built() -> None:
    """What `make dist` left: the list is true, the lock file too, and no source or stranger is in the Python."""
    if not (DIST / "files.json").exists():
        pytest.fail("dist/ is not built; run: make dist")
    listed = json.loads((DIST / "files.json").read_text("utf-8"))
    optional = find_optional((DIST / "models" / "models.json").read_text("utf-8"))
    assert listed == list_files(DIST, optional)
    assert not [file["path"] for file in listed["files"] if file["path"].endswith(".d.ts")]
    packages = json.loads((DIST / "python" / "pyodide-lock.json").read_text("utf-8"))["packages"]
    assert {name for package in packages.values() for name in package["depends"]} < set(packages)
    assert {package["file_name"] for package in packages.values()} == {
        path.name for path in (DIST / "python").glob("*.whl")
    }
    for package in packages.values():
        wheel = DIST / "python" / package["file_name"]
        assert hashlib.sha256(wheel.read_bytes()).hexdigest() == package["sha256"]
        if package["name"] != "numpy":
            with zipfile.ZipFile(wheel) as archive:
                assert not [name for name in archive.namelist() if name.endswith(".py")]


def test_no_address_is_written_down() -> None:
    """The release address of Pyodide and those of package registries stay where they are known."""
    release = re.search(r"https://([\w.]+)/", (NPM_PYODIDE / "pyodide.mjs").read_text("utf-8"))
    assert release is not None
    lines = (ROOT / "package-lock.json").read_text("utf-8").splitlines()
    assert not [line for line in lines if '"resolved"' in line]
    for file in (ROOT / "build").glob("*.*"):
        assert release[1] not in file.read_text("utf-8")


def test_parts_are_those_of_the_page() -> None:
    parts = {part["name"]: part for part in list_parts((ROOT / "docs" / "dependencies.md").read_text("utf-8"))}
    pins = json.loads((ROOT / "package.json").read_text("utf-8"))["dependencies"]
    assert next(iter(parts)) == "Ottava"
    assert parts["Verovio"] == {"name": "Verovio", "version": pins["verovio"], "licence": "LGPL-3.0-or-later"}
    assert not {"playwright, pytest-playwright", "part"} & set(parts)


def test_every_file_is_of_one_part(tmp_path: Path) -> None:
    """And a part's hash is that of the lines of `sha256sum`."""
    names = ["index.html", "vendor/verovio/verovio.mjs", "vendor/idb/LICENSE", "vendor/idb/build/index.js"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name, "utf-8")
    listed = [{"name": name, "version": "1", "licence": "MIT"} for name in ("Ottava", "idb", "Verovio")]
    parts = {part["name"]: part for part in hash_parts(listed, tmp_path)}
    assert list(parts) == ["Ottava", "idb", "Verovio"]
    assert [*parts["Ottava"]["files"], *parts["Verovio"]["files"], *parts["idb"]["files"]] == names
    lines = "".join(f"{hashlib.sha256(name.encode()).hexdigest()}  {name}\n" for name in names[2:])
    assert parts["idb"]["sha256"] == hashlib.sha256(lines.encode()).hexdigest()
    with pytest.raises(ValueError, match="mediabunny"):
        hash_parts([*listed, {"name": "mediabunny", "version": "1", "licence": "MIT"}], tmp_path)


def test_parts_as_built_are_the_whole_site() -> None:
    parts = json.loads((DIST / "parts.json").read_text("utf-8"))
    files = {name: sha256 for part in parts for name, sha256 in part["files"].items()}
    listed = json.loads((DIST / "files.json").read_text("utf-8"))["files"]
    told = {file["path"]: file["sha256"] for file in listed if file["path"] != "parts.json"}
    assert told.items() <= files.items()
    assert set(files) - set(told) == {"sw.js"}
    assert not [name for name in parts[0]["files"] if name.startswith(("vendor/", "samples/"))]


def test_shrunk_files_keep_their_names_and_sense(tmp_path: Path) -> None:
    """What a file exports and imports has the names that others know; a plain script's are everybody's."""
    code = [
        "/** A comment. */",
        'import { one } from "./one.js";',
        'export const url = new URL("a.js", import.meta.url); // why',
        "export const twice = (value) => value + value + one;",
    ]
    (tmp_path / "two.js").write_text("\n".join(code), "utf-8")
    (tmp_path / "one.js").write_text('export const one = "♯ // kept";\n', "utf-8")
    (tmp_path / "plain.js").write_text("var known = 1;\n", "utf-8")
    (tmp_path / "one.css").write_text("/* why */\np {\n  margin: 0;\n}\n", "utf-8")
    shrink_files(tmp_path)
    contents = {path.name: path.read_text("utf-8").strip() for path in tmp_path.iterdir()}
    two = contents.pop("two.js")
    assert two.startswith("import{one as ")
    assert "export const url=" in two
    assert ",twice=" in two
    assert contents == {
        "one.js": 'export const one="♯ // kept";',
        "plain.js": "var known=1;",
        "one.css": "p{margin:0}",
    }


def test_page_names_what_its_first_view_imports(tmp_path: Path) -> None:
    (tmp_path / "vendor").mkdir()
    contents = {
        "main.js": 'import{a}from"./a.js";import"./b.js";import("./late.js")',
        "a.js": 'export*from"./vendor/c.mjs"',
        "b.js": 'import "./a.js";',
        "vendor/c.mjs": "",
        "late.js": "",
        "index.html": '<script type="module" src="main.js"></script>',
    }
    for path, content in contents.items():
        (tmp_path / path).write_text(content, "utf-8")
    assert find_modules(tmp_path, "main.js") == {
        tmp_path / name for name in ("main.js", "a.js", "b.js", "vendor/c.mjs")
    }
    preload_modules(tmp_path)
    page = (tmp_path / "index.html").read_text("utf-8")
    assert re.findall(r'modulepreload" href="([^"]+)"', page) == ["a.js", "b.js", "vendor/c.mjs"]
    assert page.endswith(contents["index.html"])


@pytest.mark.parametrize("part", MOST_BYTES)
def test_page_is_light(part: str) -> None:
    assert 0 < weigh_page(DIST)[part] < MOST_BYTES[part]
