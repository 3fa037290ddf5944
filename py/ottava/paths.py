"""Paths: the best way through states that change from step to step at a price.

Method: dynamic programming (Viterbi, "Error bounds for convolutional codes", IEEE Transactions on Information Theory
13, 1967).
"""

import numpy as np

from ottava.datatypes import Floats, IntArray


def best_path(scores: Floats, cost: Floats) -> IntArray:
    """Find the states whose scores, less the costs of the changes between them, have the greatest sum.

    Parameters
    ----------
    scores
        What each state is worth at each step, shape (n_steps, n_states), n_steps >= 1.
    cost
        Of going from one state (row) to another (column) in one step, shape (n_states, n_states); that of staying
        stands on the diagonal.

    Returns
    -------
    ndarray, shape (n_steps,), int64
        The state of each step. Where it is as good to change later, the change comes early.
    """
    # The way there is not kept, only what each state is worth: found again for the one path that is wanted.
    totals = scores.copy()
    for step in range(1, len(scores)):
        totals[step] += (totals[step - 1][:, None] - cost).max(axis=0)
    state = int(totals[-1].argmax())
    path = [state]
    for total in totals[-2::-1]:
        reach = total - cost[:, state]
        best = int(reach.argmax())
        state = best if reach[best] > reach[state] else state
        path.append(state)
    return np.array(path[::-1], np.int64)
