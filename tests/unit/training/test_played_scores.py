"""Scores that a program plays: what is played must be what the labels say."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ottava.rhythm.meter import METERS
from training.notation.corpus import NO_NAME, Taught
from training.notation.habits import Curve, Curves
from training.notation.player import play
from training.notation.scores import FERMATA, LEFT, RIGHT, Written, list_bars, list_beats, read_score

ROW = {"file": "a.npz", "source": "mutopia", "composer": "A", "fold": "2", "is_free": "1", "remark": ""}
CURVES: Curves = {(4, False): [Curve(np.full((16, 4), 1.1), np.full((16, 4), 0.5))]}


def write(signature: tuple[int, int], quarters: list[float], upbeat: float = 0.0, n_bars: int = 16) -> dict[str, Any]:
    """Arrays of a score whose right hand has notes at these quarters of each bar, and whose left hand its first."""
    n, d = signature
    bar = 4 * n / d
    edges = [*([-upbeat] if upbeat else []), *np.arange(n_bars + 1) * bar]
    onsets = [(index * bar + q, RIGHT, 72 + i % 5) for index in range(n_bars) for i, q in enumerate(quarters)]
    onsets += [(index * bar, LEFT, 48 + index % 3) for index in range(n_bars)]
    onsets += [(-upbeat, RIGHT, 70)] if upbeat else []
    onset, staff, pitch = (np.array(column) for column in zip(*sorted(onsets), strict=True))
    count = len(onset)
    arrays: dict[str, NDArray[Any]] = {
        "onset_quarter": onset, "duration_quarter": np.full(count, 0.5), "pitch": pitch, "staff": staff,
        "step": np.full(count, -1), "alter": np.zeros(count, int), "grace": np.zeros(count, bool),
        "marks": np.zeros(count, int), "bar_quarter": np.array(edges),
        "time_signature_quarter": np.array(edges[:1]), "time_signature": np.array([signature]),
        "key_signature_quarter": np.array(edges[:1]), "key_signature": np.array([0]),
    }  # fmt: skip
    return arrays


def read(signature: tuple[int, int], quarters: list[float], upbeat: float = 0.0) -> Written:
    """The same as the player reads it."""
    written = read_score(ROW, write(signature, quarters, upbeat))
    assert written
    return written


def perform(written: Written, seed: int) -> Taught:
    """One performance of it."""
    return play(written, 400, CURVES, np.random.default_rng(seed))


def test_an_upbeat_counts_back_from_the_first_bar_line() -> None:
    begins, numbers, bars = list_beats(list_bars(write((3, 4), [0, 1, 2], upbeat=1.0)))
    assert (begins[0], numbers[:4].tolist(), bars[:4]) == (-1.0, [2, 0, 1, 2], [0, 1, 1, 1])


def test_beats_of_six_eighths_are_dotted() -> None:
    written = read((6, 8), [0, 0.5, 1, 1.5, 2, 2.5])
    assert written.quarters[0] == 1.5
    assert written.is_downbeat[:4].tolist() == [True, False, True, False]
    assert np.unique(np.round(written.place % 1, 3)).tolist() == pytest.approx([0, 1 / 3, 2 / 3], abs=1e-3)
    assert METERS[written.meter[0]] == (6, 8)


def test_a_bar_that_a_repeat_splits_is_one() -> None:
    arrays = write((4, 4), [0, 1, 2, 3])
    arrays["bar_quarter"] = np.sort(np.append(arrays["bar_quarter"], 11.0))
    assert len(list_bars(arrays)) == 16


def test_bars_that_do_not_add_up_are_not_learned_from() -> None:
    arrays = write((4, 4), [0, 1, 2, 3])
    arrays["time_signature"] = np.array([[3, 4]])
    assert read_score(ROW, arrays) is None


@given(st.integers(0, 2**31), st.sampled_from([(4, 4), (3, 4), (6, 8), (2, 2)]), st.sampled_from([0.0, 0.5]))
@settings(max_examples=60, deadline=None)
def test_notes_are_played_where_the_labels_say(seed: int, signature: tuple[int, int], upbeat: float) -> None:
    taught = perform(read(signature, [0, 0.5, 1, 1.5, 2, 2.5], upbeat), seed)
    assert (np.diff(taught.beats_sec) > 0).all()
    assert (np.diff(taught.onset) >= 0).all()
    assert (taught.offset > taught.onset).all()
    assert (taught.velocity >= 1).all()
    assert (taught.velocity <= 127).all()
    written = np.isfinite(taught.place)
    assert written.sum() > 20
    assert (taught.is_unwritten == ~written).all()
    assert (taught.line[~written] == NO_NAME).all()
    expected = np.interp(taught.place[written], np.arange(len(taught.beats_sec)), taught.beats_sec)
    # Hands stray, and a swung beat is divided elsewhere: never by half a beat.
    assert np.quantile(np.abs(taught.onset[written] - expected) / np.median(taught.period_sec), 0.9) < 0.25
    on_downbeat = taught.is_downbeat[np.round(taught.place[written]).astype(int)]
    low = taught.pitch[written] < 60
    is_whole = np.abs(taught.place[written] % 1) < 0.01
    assert on_downbeat[low & is_whole].any()


def test_every_performance_is_another() -> None:
    written = read((4, 4), [0, 1, 2, 3])
    lengths = [perform(written, seed).beats_sec[-1] for seed in range(8)]
    assert len(np.unique(np.round(lengths, 3))) == 8


def test_loudness_does_not_tell_bars() -> None:
    """Of music that is the same on every beat, over many performances."""
    arrays = write((4, 4), [0, 1, 2, 3])
    chosen = arrays["staff"] == RIGHT
    notes = ("onset_quarter", "duration_quarter", "pitch", "staff", "step", "alter", "grace", "marks")
    arrays |= {name: arrays[name][chosen] for name in notes}
    written = read_score(ROW, arrays)
    assert written
    differences = []
    for seed in range(150):
        taught = perform(written, seed)
        known = np.isfinite(taught.place)
        on = taught.is_downbeat[np.round(taught.place[known]).astype(int)]
        differences.append(taught.velocity[known][on].mean() - taught.velocity[known][~on].mean())
    assert abs(np.mean(differences)) < 3 * np.std(differences) / np.sqrt(len(differences))


def test_a_fermata_is_waited_for() -> None:
    arrays = write((4, 4), [0, 1, 2, 3])
    at = int(np.argmin(np.abs(arrays["onset_quarter"] - 18)))
    arrays["marks"][at] = FERMATA
    written = read_score(ROW, arrays)
    assert written
    longer = [np.diff(perform(written, seed).beats_sec)[18] for seed in range(40)]
    usual = [np.median(np.diff(perform(written, seed).beats_sec)) for seed in range(40)]
    assert np.median(np.array(longer) / np.array(usual)) > 1.2
