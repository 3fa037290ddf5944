"""Every package is locked by version and hash, so that nothing else can be installed under its name."""

import json
import re

import pytest

from build.wheels import ROOT

# Torch has another build for each kind of machine (its head says so); the model's checkpoint has a hash of its own.
WITHOUT_HASHES = {"export.txt"}
# Their hashes were never fetched: the linter's programs for other systems, which nothing here runs or ships.
OF_OTHER_SYSTEMS = re.compile(r"node_modules/@biomejs/cli-")


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda path: path.name)
def test_python_packages_have_hashes(path: object) -> None:
    name = getattr(path, "name", "")
    text = (ROOT / "requirements" / name).read_text("utf-8")
    entries = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    assert entries
    for entry in entries:
        assert re.match(r"[\w.-]+==[\w.]+", entry), entry
        assert ("--hash=sha256:" in entry) == (name not in WITHOUT_HASHES), entry


def test_npm_packages_have_hashes() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    open_entries = {name for name, entry in packages.items() if name and "integrity" not in entry}
    assert {name for name in open_entries if not OF_OTHER_SYSTEMS.match(name)} == set()
    assert all(packages[name].get("optional") for name in open_entries)
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values() if "integrity" in entry)
