"""The same sources give the same site, whoever builds it, where and when."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from build.site import DIST
from build.wheels import CACHE, ROOT

SOURCES = ("build", "docs", "examples", "models", "py", "requirements", "web", "package.json", "package-lock.json")
ELSEWHERE = {
    "TZ": "Asia/Tokyo",
    "LC_ALL": "C",
    "LANG": "C",
    "HOME": "/nowhere",
    "USER": "somebody",
    "PYTHONHASHSEED": "7",
}
BUILD_SEC = 900  # a busy machine compiles Python's library and encodes the piano in two or three minutes


def read_list(site: Path) -> dict[str, Any]:
    """Read files.json: path and hash of every file, and the version of all."""
    listed: dict[str, Any] = json.loads((site / "files.json").read_text("utf-8"))
    return listed


def test_two_builds_are_the_same(tmp_path: Path) -> None:
    """In another folder, another time zone and language, with files of another day, and nothing kept but downloads."""
    if not (DIST / "files.json").exists():
        pytest.fail("dist/ is not built; run: make dist")
    copy = tmp_path / "another place"
    copy.mkdir()
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(
                source, copy / name, copy_function=shutil.copyfile, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copyfile(source, copy / name)
    (copy / "node_modules").symlink_to(ROOT / "node_modules")
    shutil.copytree(CACHE / "wheels", copy / ".cache" / "wheels")
    environment = os.environ | ELSEWHERE | {"PYTHONPATH": str(copy)}
    done = subprocess.run(
        [sys.executable, "-m", "build.site"],
        cwd=copy, env=environment, umask=0o077, capture_output=True, text=True, timeout=BUILD_SEC,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    here, there = ({file["path"]: file for file in read_list(site)["files"]} for site in (DIST, copy / "dist"))
    assert sorted(here) == sorted(there)
    assert [path for path, file in here.items() if file != there[path]] == []
    assert read_list(DIST) == read_list(copy / "dist")
    assert (DIST / "sw.js").read_bytes() == (copy / "dist" / "sw.js").read_bytes()
