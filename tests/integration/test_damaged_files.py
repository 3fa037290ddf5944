"""Recordings that are damaged, forty of them, through the command line's reader; thousands: make soak."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.page.damaged import read_damaged
from tests.damage import SHARED, Sources, encode_sources, make_damaged, read_shared_sources

N_FILES = 40


@pytest.mark.parametrize("read_sources", [encode_sources, read_shared_sources], ids=["ours", "of other programs"])
def test_damaged_files_give_samples_or_a_sentence(tmp_path: Path, read_sources: Callable[[], Sources]) -> None:
    """Without a traceback, a crash or a hang, in a bounded part of memory."""
    if not (sources := read_sources()):
        pytest.skip(f"nothing of other programs in {SHARED}; set OTTAVA_SHARED")
    paths = []
    for number in range(N_FILES):
        name, content = make_damaged(sources, number)
        paths.append(tmp_path / name)
        paths[-1].write_bytes(content)
    readings = list(read_damaged(paths, n_workers=2))
    assert [(reading.name, reading.fault) for reading in readings if reading.fault] == []
    assert sum(reading.n_samples > 0 for reading in readings) > N_FILES / 4
    assert sum(reading.sentence != "" for reading in readings) > N_FILES / 8
