"""Decoding against trying every reading, joining of segments, valid output."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ottava.listening.activations import N_TRACKS, Attributes, Intervals, Plan, Segment
from ottava.listening.presses import (
    FRAME_SEC,
    Press,
    clean_presses,
    convert_notes,
    convert_pedals,
    decode_intervals,
    drop_overlapping,
    find_first_frames,
    find_possible,
    join_presses,
    place_presses,
)

N_FRAMES = 5
PLAN = Plan((0,), hop_frames=4, hop_sec=4 * FRAME_SEC, first_frame=0, last_frame=9)
Rows = list[tuple[int, int, int, float]]


def make_intervals(rows: Rows) -> Intervals:
    columns = np.array(rows, np.float64).reshape(-1, 4).T
    track, begin, end = columns[:3].astype(np.int64)
    return Intervals(track, begin, end, columns[3].astype(np.float32))


def make_press(track: int = 41, onset: float = 1.0, offset: float = 2.0, *, has_onset: bool = True) -> Press:
    return Press(track, onset, offset, 80, 3.0, has_onset)


def find_best_total(intervals: dict[tuple[int, int], float], first: int) -> float:
    """Try every set of intervals that do not overlap but in their end frames."""
    best = 0.0
    usable = [pair for pair in intervals if pair[0] >= first]
    for size in range(len(usable) + 1):
        for chosen in itertools.combinations(usable, size):
            ordered = sorted(chosen)
            if all(a[1] <= b[0] for a, b in itertools.pairwise(ordered)):
                best = max(best, sum(intervals[pair] for pair in chosen))
    return best


PAIRS = [(begin, end) for begin in range(N_FRAMES) for end in range(begin + 1, N_FRAMES)]
SCORES = st.floats(0.015625, 8, width=16)


@given(
    st.dictionaries(st.sampled_from(PAIRS), SCORES, max_size=5),
    st.lists(st.floats(-4, 4, width=16), min_size=N_FRAMES, max_size=N_FRAMES),
    st.integers(0, N_FRAMES - 1),
)
def test_decoding_finds_the_best_reading(pairs: dict[tuple[int, int], float], single: list[float], first: int) -> None:
    candidates = make_intervals([(0, *pair, score) for pair, score in pairs.items()])
    path = decode_intervals(candidates, np.array([single], np.float32), np.array([first]))
    alone = {(frame, frame): score for frame, score in enumerate(single) if score > 0}
    chosen = list(zip(path.begin.tolist(), path.end.tolist(), path.score.tolist(), strict=True))
    assert all((pairs | alone)[begin, end] == score for begin, end, score in chosen)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(chosen))
    assert all(begin >= first for begin, _, _ in chosen)
    assert sum(score for _, _, score in chosen) == pytest.approx(find_best_total(pairs | alone, first))


def test_tracks_are_read_apart_and_in_order() -> None:
    candidates = make_intervals([(2, 0, 3, 1.0), (0, 1, 2, 1.0), (2, 3, 5, 1.0), (2, 1, 5, 1.5)])
    path = decode_intervals(candidates, np.full((3, N_FRAMES), -1, np.float32), np.zeros(3, np.int64))
    assert list(zip(path.track.tolist(), path.begin.tolist(), path.end.tolist(), strict=True)) == [
        (0, 1, 2), (2, 0, 3), (2, 3, 5),
    ]  # fmt: skip


LOW_SCORES = st.floats(-2.75, 8, width=16).filter(bool)


@given(
    st.dictionaries(st.sampled_from(PAIRS), LOW_SCORES, max_size=8),
    st.lists(st.floats(-4, 4, width=16), min_size=N_FRAMES, max_size=N_FRAMES),
    st.integers(0, N_FRAMES - 1),
)
def test_possible_notes_are_the_best_reading_of_what_is_left(
    pairs: dict[tuple[int, int], float], single: list[float], first: int
) -> None:
    candidates = make_intervals([(2, *pair, score) for pair, score in pairs.items()])
    tracks = np.full((3, N_FRAMES), -9, np.float32)
    tracks[2] = single
    chosen = decode_intervals(candidates, tracks, np.full(3, first))
    taken = list(zip(chosen.begin.tolist(), chosen.end.tolist(), strict=True))
    found = find_possible(candidates, tracks, chosen, np.full(3, first))
    path = list(zip(found.begin.tolist(), found.end.tolist(), found.score.tolist(), strict=True))
    assert all(pairs[begin, end] == pytest.approx(score) and score <= 0 for begin, end, score in path)
    long = [(begin, end) for begin, end in taken if begin < end]
    both = sorted([*long, *((begin, end) for begin, end, _ in path)])
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(both)), "nothing overlaps"
    left = {
        pair: score + 3
        for pair, score in pairs.items()
        if score <= 0 and all(pair[1] <= begin or end <= pair[0] for begin, end in long)
    }
    total = sum(score + 3 for _, _, score in path)
    filling = [  # what lies between two notes as their gap is left out after the reading
        pair for pair in left
        if any(0 <= pair[0] - end <= 2 for _, end in taken) and any(0 <= begin - pair[1] <= 2 for begin, _ in taken)
    ]  # fmt: skip
    assert total <= find_best_total(left, first) + 1e-6
    if not filling:
        assert total == pytest.approx(find_best_total(left, first))


def test_pedals_have_no_possible_presses() -> None:
    candidates = make_intervals([(0, 1, 3, -1.0), (1, 1, 3, -1.0), (2, 1, 3, -1.0)])
    single = np.full((3, N_FRAMES), -9, np.float32)
    nothing = decode_intervals(candidates, single, np.zeros(3, np.int64))
    assert find_possible(candidates, single, nothing, np.zeros(3, np.int64)).track.tolist() == [2]


def test_the_gap_between_two_notes_is_no_note() -> None:
    candidates = make_intervals([(2, 0, 4, 5.0), (2, 5, 8, -1.0), (2, 9, 12, 5.0), (2, 16, 18, -1.0)])
    single = np.full((3, 20), -9, np.float32)
    chosen = decode_intervals(candidates, single, np.zeros(3, np.int64))
    assert find_possible(candidates, single, chosen, np.zeros(3, np.int64)).begin.tolist() == [16]


def test_of_what_two_segments_hear_as_possible_one_is_kept() -> None:
    heard = [make_press(onset=1, offset=2)]
    worse, better = make_press(onset=4, offset=5), replace(make_press(onset=4.1, offset=5.2), score=3.5)
    again, begun = make_press(onset=1.9, offset=2.5), make_press(onset=8, has_onset=False)
    assert drop_overlapping([again, worse, better, begun], heard) == [better]


@given(st.lists(st.tuples(st.integers(0, 1), st.floats(0, 3), st.floats(0.01, 1)), max_size=12), st.data())
def test_possible_presses_overlap_nothing(rows: list[tuple[int, float, float]], data: st.DataObject) -> None:
    presses = [make_press(track, onset, onset + length) for track, onset, length in rows]
    n_heard = data.draw(st.integers(0, len(presses)))
    heard, possible = clean_presses(presses[:n_heard]), presses[n_heard:]
    kept = drop_overlapping(possible, heard)
    assert kept == sorted(kept, key=lambda press: (press.onset_sec, press.track))
    assert {press.onset_sec for press in kept} <= {press.onset_sec for press in possible}
    for track in (0, 1):
        own = sorted((p.onset_sec, p.offset_sec) for p in [*heard, *kept] if p.track == track)
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(own))
    if not heard:
        assert {press.track for press in kept} == {press.track for press in possible}


def place(rows: Rows, refinement: list[tuple[float, float]], present: list[tuple[bool, bool]]) -> list[Press]:
    intervals = make_intervals(rows)
    attributes = Attributes(np.full(len(rows), 70), np.array(refinement), np.array(present))
    nothing = np.zeros((0, 0), np.float32)
    segment = Segment(10.0, 1.0, nothing, intervals, nothing)
    return place_presses(intervals, attributes, segment, PLAN)


def test_presses_get_their_exact_times() -> None:
    (press,) = place([(41, 2, 5, 1.0)], [(0.25, -0.5)], [(False, False)])
    assert press.onset_sec == pytest.approx(10 + 2.25 * FRAME_SEC)
    assert press.offset_sec == pytest.approx(10 + 4.5 * FRAME_SEC)
    assert press.has_onset, "inside the segment it is there whatever the model says"


def test_neighbours_that_share_a_frame_do_not_overlap() -> None:
    first, second = place([(41, 2, 5, 1.0), (41, 5, 8, 1.0)], [(0, 0.5), (-0.5, 0)], [(True, True)] * 2)
    assert first.offset_sec == second.onset_sec


def test_at_the_border_the_model_says_whether_a_press_has_begun_before() -> None:
    presses = place([(40, 0, 3, 1.0), (41, 0, 3, 1.0)], [(0, 0)] * 2, [(False, True), (True, True)])
    assert {press.track: press.has_onset for press in presses} == {40: False, 41: True}


def test_the_next_segment_reads_on_after_the_last_ended_press() -> None:
    rows: Rows = [(40, 1, 6, 1.0), (40, 7, 9, 1.0), (41, 1, 3, 1.0)]
    attributes = Attributes(np.full(3, 70), np.zeros((3, 2)), np.zeros((3, 2), np.bool_))
    first = find_first_frames(make_intervals(rows), attributes, PLAN)
    assert (len(first), first[40], first[41], first.sum()) == (N_TRACKS, 2, 0, 2)


def test_a_note_held_over_a_border_is_one_note() -> None:
    last: dict[int, Press] = {}
    assert join_presses(last, [make_press(onset=1, offset=16)], until_sec=14) == []
    (note,) = join_presses(last, [make_press(onset=14, offset=20, has_onset=False)], until_sec=28)
    assert (note.onset_sec, note.offset_sec) == (1, 20)
    assert last == {}


@pytest.mark.parametrize("is_settled", [True, False])
def test_a_note_that_the_next_segment_does_not_hear_is_kept_unless_it_shows_all_of_it(is_settled: bool) -> None:
    last: dict[int, Press] = {}
    held = replace(make_press(onset=1, offset=16), is_settled=is_settled)
    assert join_presses(last, [held], until_sec=14) == []
    assert join_presses(last, [], until_sec=28) == ([held] if is_settled else [])


def test_what_goes_on_beyond_the_segment_is_settled_where_the_next_does_not_show_its_beginning() -> None:
    rows: Rows = [(40, 3, 9, 1.0), (41, 5, 9, 1.0), (42, 5, 9, 1.0), (43, 5, 8, 1.0)]  # the next begins with frame 4
    presses = place(rows, [(0, 0)] * 4, [(True, False), (True, False), (True, True), (True, False)])
    assert {press.track: press.is_settled for press in presses} == {40: True, 41: False, 42: True, 43: True}


def test_a_note_heard_twice_is_as_heard_last() -> None:
    last: dict[int, Press] = {}
    join_presses(last, [make_press(onset=14.5, offset=16)], until_sec=14)
    assert join_presses(last, [make_press(onset=14.6, offset=17)], until_sec=28) == [make_press(onset=14.6, offset=17)]


def test_a_press_from_before_the_recording_is_dropped() -> None:
    last: dict[int, Press] = {}
    assert join_presses(last, [make_press(onset=0, offset=1, has_onset=False)], until_sec=14) == []
    assert last == {}


def test_presses_are_given_once_when_they_cannot_change_any_more() -> None:
    last: dict[int, Press] = {}
    early, late, later = make_press(onset=1, offset=2), make_press(onset=13, offset=15), make_press(40, 13, 15)
    assert join_presses(last, [early, late, later], until_sec=14) == [early]
    again = make_press(onset=15.5, offset=16)
    assert set(join_presses(last, [again], until_sec=28)) == {late, later, again}
    assert last == {}


PRESSES = st.builds(
    lambda track, onset, length: make_press(track, onset, onset + length),
    st.integers(0, 3), st.floats(0, 2), st.floats(0, 1),
)  # fmt: skip


@given(st.lists(PRESSES, max_size=12))
def test_clean_presses_are_sorted_and_do_not_overlap(presses: list[Press]) -> None:
    cleaned = clean_presses(presses)
    assert cleaned == sorted(cleaned, key=lambda press: (press.onset_sec, press.track))
    assert all(press.offset_sec - press.onset_sec >= 0.0049 for press in cleaned)
    for track in range(4):
        own = [press for press in cleaned if press.track == track]
        assert all(a.offset_sec <= b.onset_sec for a, b in itertools.pairwise(own))


def test_tracks_become_pitches_and_pedals() -> None:
    presses = [make_press(track) for track in (0, 1, 2, 41, 89)]
    assert [note.pitch for note in convert_notes(presses)] == [21, 60, 108]
    assert [pedal.kind for pedal in convert_pedals(presses)] == ["sustain", "soft"]
    assert all(0 <= note.confidence <= 1 for note in convert_notes(presses))
