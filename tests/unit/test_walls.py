"""Who may import whom: the map of the house, from the ground up. A room knows those in its line and no others."""

import ast
from collections import defaultdict
from pathlib import Path

from build.wheels import ROOT

# What passes between the rooms, and what several of them count with.
GROUND = {
    "errors": set(),
    "datatypes": set(),
    "models": {"errors"},  # models.json
    "networks": {"datatypes"},  # how a trained network is run; each is described where it is asked
    "paths": {"datatypes"},
    "smoothing": {"datatypes"},
    "version": set(),
}
# The way of a recording, and the two hosts where it is gone.
PACKAGE = GROUND | {
    "listening": {"datatypes", "errors", "models"},  # samples become a performance
    "rhythm": {"datatypes", "networks", "paths", "smoothing"},  # a performance gets beats, bars and places
    "notation": {"datatypes", "listening", "networks", "paths", "rhythm"},  # one label a note
    "engraving": {"datatypes", "notation", "rhythm", "smoothing"},  # what a page looks like
    "files": {"datatypes", "engraving", "errors", "listening", "notation", "rhythm", "version"},  # readers and writers
    "pipeline": {"datatypes", "errors", "listening", "models", "notation", "rhythm"},  # the whole way
    "hosts": {"datatypes", "errors", "files", "listening", "models", "notation", "pipeline", "rhythm"},
    "": {"datatypes", "errors", "files", "hosts", "models", "pipeline", "version"},  # the names for other programs
    "check": {"datatypes", "errors", "files", "hosts", "models", "pipeline", "version"},
    "__main__": {"", "check", "files", "notation"},  # the command line
}
# Beside the package: the site, how networks are made, what is measured.
PROJECT = {"ottava": set(), "build": set(), "training": {"ottava"}, "bench": {"build", "ottava", "training"}}


def list_imports(folder: Path, package: str) -> dict[str, set[str]]:
    """What each room of a folder imports from a package; the package itself is the room ""."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in folder.rglob("*.py"):
        path = file.relative_to(folder).with_suffix("").parts
        room = "" if path == ("__init__",) else path[0]
        found[room] |= set()
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            for name in names_in(node):
                top, _, rest = name.partition(".")
                if top == package:
                    found[room].add(rest.partition(".")[0])
    return found


def names_in(node: ast.AST) -> list[str]:
    """Modules that a statement imports; a name out of a package is one of its modules, where it has such a one."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom) or node.level or not node.module:
        return []
    if node.module in PROJECT:
        folder = ROOT / ("py/ottava" if node.module == "ottava" else node.module)
        return [f"{node.module}.{alias.name}" if (folder / f"{alias.name}.py").exists() else node.module
                for alias in node.names]  # fmt: skip
    return [node.module]


def test_rooms_of_the_package() -> None:
    found = list_imports(ROOT / "py" / "ottava", "ottava")
    assert {room: names - {room} for room, names in found.items()} == PACKAGE


def test_rooms_form_no_circle() -> None:
    left = dict(PACKAGE)
    while free := [room for room, known in left.items() if not known & left.keys()]:
        for room in free:
            del left[room]
    assert not left


def test_folders_beside_the_package() -> None:
    for folder, allowed in PROJECT.items():
        place = ROOT / "py" / "ottava" if folder == "ottava" else ROOT / folder
        known = {name for name in PROJECT if name != folder and any(list_imports(place, name).values())}
        assert known == allowed, folder
