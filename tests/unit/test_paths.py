"""The best path through states."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ottava.paths import best_path


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 4))
def test_no_path_is_better(seed: int, n_steps: int, n_states: int) -> None:
    rng = np.random.default_rng(seed)
    scores, cost = rng.normal(size=(n_steps, n_states)), rng.exponential(size=(n_states, n_states))

    def worth(path: tuple[int, ...]) -> float:
        changes = sum(cost[change] for change in pairwise(path))
        return float(sum(scores[step, state] for step, state in enumerate(path)) - changes)

    best = max(worth(path) for path in product(range(n_states), repeat=n_steps))
    assert worth(tuple(best_path(scores, cost).tolist())) == pytest.approx(best)


def test_a_change_that_may_come_at_any_time_comes_early() -> None:
    scores = np.zeros((5, 3))
    scores[0, 2] = scores[4, 0] = 9.0
    assert best_path(scores, 1 - np.eye(3)).tolist() == [2, 0, 0, 0, 0]
