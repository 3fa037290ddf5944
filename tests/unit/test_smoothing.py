"""Means and medians of what lies near."""

import numpy as np
import pytest

from ottava.smoothing import take_means, take_medians


def test_means_are_of_those_that_are_there_and_known() -> None:
    values = np.array([1.0, 2.0, 6.0, 4.0])
    assert take_means(values, 3) == pytest.approx([1.5, 3, 4, 5])
    assert take_means(values, 3, np.array([True, False, False, False])) == pytest.approx([1, 1, 0, 0])
    assert take_means(values[:1], 17) == pytest.approx([1])


def test_medians_go_on_beyond_the_ends() -> None:
    assert take_medians(np.array([1.0, 9.0, 2.0, 3.0]), 3) == pytest.approx([1, 2, 3, 3])
