"""How sure a note is, which notes a reader wants, and whether a recording is one of a piano at all.

Method: the score of an interval is the logarithm of how much better its track reads with it than without, as the model
sees it; how often a note of a score is true was counted on dev (bench/listening/confidence.py).
"""

from collections.abc import Sequence

import numpy as np

from ottava.datatypes import Note
from ottava.errors import TranscriptionError

# The logarithm of the odds that a note is true is 0 at the decision; it grows with ln(1 + score) above, with the score
# below. Fitted to the recordings of dev: alone they give 2.3 and 0.72, with as many out of the laboratory 2.6 and 0.51
# (bench/results.md, "Confidence").
GROWTH_ABOVE, GROWTH_BELOW = 2.4, 0.6
AS_HEARD = 0.5  # the sensitivity at which the notes are those heard
# Nothing is surer than this, so that the lowest sensitivity still leaves the surest notes.
SUREST = 0.98
# With more doubtful notes than this a recording is no solo piano, or a poor one (bench/results.md, "Not a piano").
DOUBTFUL_CONFIDENCE, DOUBTFUL_SHARE = 0.8, 0.1
# With so few notes and none of them certain there is no music to write down.
CERTAIN_CONFIDENCE, FEW_A_SEC = 0.95, 0.5


def compute_confidence(score: float) -> float:
    """Compute how often a note of this score is true, 0..1; one that is possible and was not heard has 0.5 or less.

    Of what was tried on dev (the posterior of the field, length, velocity, register) the score alone tells nearly all.
    """
    growth = GROWTH_ABOVE * np.log1p(score) if score > 0 else GROWTH_BELOW * score
    return float(1 / (1 + np.exp(-growth)))


def is_chosen(note: Note, sensitivity: float, *, was_heard: bool) -> bool:
    """Whether the score has a note that nobody has corrected.

    Parameters
    ----------
    note
        Of a performance.
    sensitivity
        0..1: at 0.5 all that was heard, below what is at least as sure as 1 - ``sensitivity``, above also what is
        possible and as sure.
    was_heard
        False for a possible one.
    """
    is_sure = note.confidence >= min(1 - sensitivity, SUREST)
    return (sensitivity >= AS_HEARD or is_sure) if was_heard else (sensitivity > AS_HEARD and is_sure)


def check_notes(notes: Sequence[Note], duration_sec: float) -> None:
    """Raise TranscriptionError when ``notes``, all that was heard in a recording, are none, or few and all doubtful."""
    is_certain = any(note.confidence >= CERTAIN_CONFIDENCE for note in notes)
    if not is_certain and len(notes) <= FEW_A_SEC * duration_sec:
        raise TranscriptionError("No piano notes were found in this recording; Ottava hears a piano alone.")


def find_warnings(notes: Sequence[Note]) -> tuple[str, ...]:
    """Give a sentence where too many of the notes heard in a recording are doubtful."""
    n_doubtful = sum(note.confidence < DOUBTFUL_CONFIDENCE for note in notes)
    if n_doubtful <= DOUBTFUL_SHARE * len(notes):
        return ()
    return (
        f"This may not be a piano alone, or the recording is poor: {n_doubtful} of {len(notes)} notes are doubtful. "
        "Check the notes; Ottava hears only a solo piano well.",
    )
