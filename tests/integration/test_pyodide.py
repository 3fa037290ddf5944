"""The page's worker, Pyodide and LiteRT included, gives what the command line gives: run under node."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ottava import notate
from ottava.datatypes import Note, Pedal, Result
from ottava.files.musicxml import write_musicxml
from ottava.files.project import result_to_json
from ottava.hosts.native import create_run, open_recording
from ottava.models import choose_graphs, choose_model, choose_setting, find_models_folder, read_models
from ottava.pipeline import listen

ROOT = Path(__file__).parents[2]
DIST = ROOT / "dist"
# Of the minuet two segments, with the seam between them; the prelude is shorter and has one.
CLIP_SEC = 16
# The two numpy and the two runtimes round differently; a hundredth of this was measured.
TOLERANCE_SEC = 1e-3
# A busy machine with two cores takes one minute.
TIMEOUT_SEC = 600


def transcribe_in_node(folder: Path, samples: NDArray[np.float32], site: Path = DIST) -> dict[str, Any]:
    """Run the worker of a site on samples; its last reply."""
    if not (DIST / "files.json").exists():
        pytest.fail("dist/ is not built; run: make dist")
    raw = folder / "samples.f32"
    samples.astype("<f4").tofile(raw)
    command = ["node", str(ROOT / "tests" / "integration" / "transcribe.mjs"), str(site), str(raw), "{}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SEC)
    assert done.returncode == 0, done.stderr[-2000:]
    reply: dict[str, Any] = json.loads(done.stdout)
    return reply


def transcribe_here(samples: NDArray[np.float32]) -> Result:
    """Run the same pipeline in this Python."""
    folder = find_models_folder()
    model = choose_model(read_models((folder / "models.json").read_text("utf-8")))

    async def read(first_sample: int, last_sample: int) -> NDArray[np.float32]:
        return samples[first_sample:last_sample]

    def report(stage: str, fraction: float, notes: Sequence[Note], pedals: Sequence[Pedal]) -> None:
        pass

    setting = choose_setting(model)
    run = create_run(choose_graphs(model, setting), folder)
    heard = asyncio.run(listen(read, len(samples), model, setting.hop_sec, run, report))
    return notate(heard, len(samples) / model.sample_rate)


@pytest.fixture(scope="module")
def copied_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the worker needs of the site, to be damaged."""
    site = tmp_path_factory.mktemp("copy") / "site"
    shutil.copytree(DIST, site, ignore=shutil.ignore_patterns("*.br", "*.gz", "samples", "verovio"))
    (site / "package.json").write_text('{"type": "module"}')  # for node, as the repository's own does for dist/
    return site


@contextmanager
def damage_model(site: Path, graph: str, damage: str) -> Iterator[None]:
    """Damage one file of the site's models for a while."""
    path = site / "models" / graph
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        damaged = {"cut": content[:-1], "altered": content[:-1] + bytes([content[-1] ^ 1]), "longer": content + b"?"}
        path.write_bytes(damaged[damage])
    try:
        yield
    finally:
        path.write_bytes(content)


@pytest.mark.parametrize("clip", ["minuet", "prelude"])
def test_page_and_command_line_agree(clip: str, tmp_path: Path) -> None:
    recording = open_recording(ROOT / "examples" / f"{clip}.mp3", 44100)

    async def read() -> NDArray[np.float32]:
        return await recording.read(0, CLIP_SEC * 44100)

    samples = asyncio.run(read())
    reply = transcribe_in_node(tmp_path, samples)
    assert reply["type"] == "result", reply
    result = transcribe_here(samples)
    here, there = json.loads(result_to_json(result)), reply["result"]
    assert len(here["performance"]["notes"]) > 10
    for kind in ("notes", "pedals"):
        assert len(there["performance"][kind]) == len(here["performance"][kind])
        for mine, other in zip(here["performance"][kind], there["performance"][kind], strict=True):
            assert abs(other["onset_sec"] - mine["onset_sec"]) < TOLERANCE_SEC
            assert abs(other["offset_sec"] - mine["offset_sec"]) < TOLERANCE_SEC
            assert other.get("pitch") == mine.get("pitch")
    assert there["score"]["notes"] == here["score"]["notes"]
    assert reply["musicxml"] == write_musicxml(result)


def test_worker_says_why_a_recording_cannot_be_used(tmp_path: Path) -> None:
    reply = transcribe_in_node(tmp_path, np.zeros(44100 * 2, np.float32))
    assert reply["type"] == "error"
    assert reply["message"].endswith(".")
    assert "\n" not in reply["message"]
    assert reply["detail"] == ""


@pytest.mark.parametrize("damage", ["missing", "cut", "altered", "longer"])
def test_worker_uses_no_other_model_than_the_listed_one(damage: str, copied_site: Path, tmp_path: Path) -> None:
    with damage_model(copied_site, "transkun-core.bin", damage):
        reply = transcribe_in_node(tmp_path, np.zeros(44100, np.float32), copied_site)
    assert reply["type"] == "error"
    assert reply["message"].startswith("The listening model ")
    assert reply["detail"] == ""


def test_worker_says_that_the_rhythm_model_is_at_fault(copied_site: Path, tmp_path: Path) -> None:
    recording = open_recording(ROOT / "examples" / "minuet.mp3", 44100)

    async def read() -> NDArray[np.float32]:
        return await recording.read(0, 4 * 44100)

    with damage_model(copied_site, "rhythm/bars.bin", "altered"):
        reply = transcribe_in_node(tmp_path, asyncio.run(read()), copied_site)
    assert reply["message"].startswith("The rhythm model arrived damaged")
