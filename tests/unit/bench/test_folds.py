"""Recordings of data/dev are read by networks that have not seen their work."""

from pathlib import Path

import pytest

from bench.notation.folds import DATA, find_fold


@pytest.mark.skipif(not (DATA / "train").exists(), reason="needs the shared data (OTTAVA_SHARED)")
@pytest.mark.parametrize(
    ("file", "fold"),
    [
        ("Bach__Fugue_bwv_856__LuoJ01M/performance.mid", 1),
        ("pathetique_2_ENSTDkAm_full.flac", 3),  # of the sonata no. 8, as its score tells
        ("chpn-e01_ENSTDkCl_full.flac", 4),  # of the etude op. 10 no. 1, as folds.py tells
        ("deb_clai_ENSTDkCl_full.flac", 0),  # in no fold
    ],
)
def test_the_fold_is_that_of_the_work(file: str, fold: int) -> None:
    assert find_fold(Path(file)) == fold
