"""Recordings that are damaged, forty of them, through the command line's reader; thousands: make soak."""

from pathlib import Path

from bench.page.damaged import read_damaged
from tests.damage import encode_sources, make_damaged

N_FILES = 40


def test_damaged_files_give_samples_or_a_sentence(tmp_path: Path) -> None:
    """Without a traceback, a crash or a hang, in a bounded part of memory."""
    sources = encode_sources()
    paths = []
    for number in range(N_FILES):
        name, content = make_damaged(sources, number)
        paths.append(tmp_path / name)
        paths[-1].write_bytes(content)
    readings = list(read_damaged(paths, n_workers=2))
    assert [(reading.name, reading.fault) for reading in readings if reading.fault] == []
    assert sum(reading.n_samples > 0 for reading in readings) > N_FILES / 4
    assert sum(reading.sentence != "" for reading in readings) > N_FILES / 8
