"""Whatever may be played and chosen gives a score that other programs can read; more of it: make soak."""

import os

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ottava.datatypes import Choices, Performance
from ottava.errors import TranscriptionError
from ottava.files.midi import write_midi, write_quantised_midi
from ottava.files.musicxml import write_musicxml
from ottava.files.project import read_result, result_to_json
from tests.musicxml_schema import bar_sums, read_schema
from tests.performances import any_choices, extreme_performances, notate_anyhow

N_EXAMPLES = int(os.environ.get("OTTAVA_EXAMPLES", "25"))
IS_SOAKED = N_EXAMPLES >= 1000
LONGEST_SEC = 3000.0 if IS_SOAKED else 200.0


@given(extreme_performances(LONGEST_SEC), any_choices(), st.integers(0, 2**32 - 1))
@settings(
    max_examples=N_EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=not IS_SOAKED,  # always the same small sample
    phases=(Phase.generate,),  # a smaller example takes minutes to find
)
def test_anything_becomes_a_valid_score_or_a_sentence(performance: Performance, choices: Choices, seed: int) -> None:
    try:
        result = notate_anyhow(performance, choices, seed)
    except TranscriptionError:
        assert choices.sensitivity < 0.5 or any(one.is_deleted for one in choices.corrections.values())
        return
    text = write_musicxml(result)
    assert not list(read_schema().iter_errors(text))
    assert all(total == length for total, length in bar_sums(text))
    assert write_midi(result)
    assert write_quantised_midi(result)
    _, _, again, chosen = read_result(result_to_json(result))
    assert (again.notes, chosen) == (performance.notes, choices)
