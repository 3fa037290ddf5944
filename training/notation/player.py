"""A player of printed scores: each time they are played otherwise, as people of all kinds play.

A click, an even player, the tempo of a real performance, a learner who stops, goes back and slips. Loudness and pedal
know nothing of bars and beats, so that nobody learns from them where a rule has put these. What a player does was
measured on performances (``python -m training.notation.habits``; "measured" below), the tempo that a composer asks for
on 1,200 scores with a printed one; what says "set" was chosen so that it covers more than what was measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import Floats, IntArray
from ottava.rhythm.bars import smooth_periods
from ottava.rhythm.chords import group_notes
from ottava.rhythm.meter import METERS
from training.notation.corpus import NO_NAME, SAME_BEATS, Taught
from training.notation.habits import LENGTHS_SEC, Curve, Curves
from training.notation.scores import ARPEGGIO, FERMATA, LEFT, RIGHT, SLUR, STACCATO, Written

MANNERS = {"click": 0.12, "even": 0.25, "curve": 0.38, "learner": 0.25}  # set
# Of a piece its beginning, more often than a window would by chance: how a piece begins is what a person sees first.
FIRST_CHANCE = 0.35
# Logarithm of a beat in seconds by that of the median time between onsets in beats: scores with a printed tempo.
BEAT_BASE, BEAT_SLOPE, BEAT_SPREAD = -0.63, -0.26, 0.36
PRINTED_CHANCE, PRINTED_SPREAD, BEAT_SEC, GAP_SEC = 0.5, 0.12, (0.22, 2.2), (0.07, 1.2)
LEARNER_SLOWER = (1.05, 1.6)  # set
# Logarithms, measured: drift of a running mean of 17 beats, a beat about it (concert .099 and .139, most of it music).
DRIFT, SCATTER, DRIFT_BEATS = (0.01, 0.08), (0.01, 0.06), 8.0
LEARNER_DRIFT, LEARNER_SCATTER = (0.04, 0.12), (0.03, 0.12)
CURVE_STRENGTH = (0.5, 1.2)  # set
RITARDANDO_CHANCE, RITARDANDO_BEATS, RITARDANDO = 0.6, 6, (1.0, 1.9)  # last two beats measured: 1.02 1.55 2.56
FERMATA_FACTOR = (1.2, 2.8)  # set
PAUSE_CHANCE, PAUSE_SEC = (0.0, 0.15), (0.15, 1.5)  # before a bar; set
STUMBLE_CHANCE, MOST_STUMBLE_BEATS = 0.04, 4  # at a beat; set
# Seconds, measured: in a hand .007 (10 and 90 %: .005 .013), between hands .017 (.011 .028), top note -.004 (-.018 0).
HAND_SEC, NOTE_SEC, TOP_SEC, PLAYER_SPREAD = 0.009, 0.006, (-0.006, 0.007), 0.45
LEARNER_SCATTERS_MORE, EXACT_CHANCE = 1.8, 0.3  # the second: of those who play to a click
GRACE_SEC, GRACE_ON_BEAT_CHANCE, ARPEGGIO_SEC = (0.05, 0.11), 0.3, (0.03, 0.09)  # set
ARPEGGIO_CHANCE = 0.02  # of a chord of four notes, without a sign; set
TRILL, TRILL_SEC, LEAST_TRILL_SEC, TRILL_CHANCE = 64, (0.06, 0.11), 0.25, 0.8  # set
# Where the second half of a beat comes, and from where on it is read as a third, as `straighten_swing` wants it; set.
SWING_CHANCE, SWING, LEAST_THIRD = 0.08, (0.54, 0.7), 0.61
# How long keys are down, as shares of the written length at SHARES_AT, by LENGTHS_SEC: measured, and for what is
# detached and slurred scaled (set: detached notes of data/train are held about half as long as others).
SHARES_AT = np.array([0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0])
SHARES = np.array([
    (0.25, 0.39, 0.57, 0.80, 1.03, 1.54, 1.8),
    (0.15, 0.25, 0.40, 0.61, 0.91, 1.35, 1.5),
    (0.10, 0.15, 0.24, 0.45, 0.87, 1.37, 1.5),
    (0.10, 0.13, 0.32, 0.54, 0.92, 1.30, 1.4),
    (0.12, 0.20, 0.43, 0.62, 0.87, 1.17, 1.3),
    (0.15, 0.28, 0.57, 0.75, 0.90, 1.16, 1.25),
])  # fmt: skip
DETACHED, SLURRED = 0.55, 1.15
LEGATO_CHANCE, LEGATO = 0.4, (0.8, 1.05)  # of a player who holds all notes about as long as written; set
PLAYER_LENGTH_SPREAD, LENGTH_LIKENESS = 0.2, 3.0
# Loudness, measured: level 54 64 72, slow change 10, a note about it 12, of which the top note is 11 above the others.
VELOCITY, VELOCITY_SLOW, VELOCITY_CHORDS, VELOCITY_NOTE, TOP_LOUDER = (64, 9), 8.0, 24.0, 6.0, (2, 16)
SAME_VELOCITY_CHANCE = 0.12
PEDAL_CHANCE, PEDAL_EVERY_SEC, PEDAL_DOWN_SEC = 0.4, (0.5, 2.5), 0.12  # set; measured .11 .46 1.05 presses a beat
WRONG_CHANCE, REPEATED_CHANCE = 0.02, 0.01  # notes of a learner; set
COUNT_IN_CHANCE = 0.02
EASY_CHANCE = 0.3  # that the left hand is written anew, as in books for beginners
EASY_SPANS = ("bar", "bar", "half", "beat")
QUARTERS_CHANCE, MOST_EASY_GAP = 0.6, 0.75  # of those that are then written in longer values; in beats
TOP_TIE_BEATS = 1e-3
LOWEST, HIGHEST = 21, 108


@dataclass
class _Notes:
    """What is played: notes with their places (NaN: none), and what they are in the score."""

    onset: Floats
    offset: Floats
    pitch: IntArray
    velocity: Floats
    staff: IntArray
    place: Floats
    value: Floats
    is_unwritten: NDArray[np.bool_]
    beat: IntArray
    line: IntArray
    fifths: IntArray

    def add(self, chosen: IntArray, **others: NDArray[np.generic]) -> None:
        """Play some notes once more, as nobody has written them."""
        for name in vars(self):
            column = getattr(self, name)
            setattr(self, name, np.concatenate([column, others.get(name, column[chosen])]))
        n = len(chosen)
        self.place[-n:], self.value[-n:], self.is_unwritten[-n:], self.line[-n:] = np.nan, np.nan, True, NO_NAME


def play(written: Written, n_chords: int, curves: Curves, rng: np.random.Generator) -> Taught:
    """Play about ``n_chords`` chords from anywhere in a score, or all of it if it has no more."""
    written = _take_bars(written, n_chords, rng)
    if rng.random() < EASY_CHANCE:
        written = _write_easily(written, rng)
        if rng.random() < QUARTERS_CHANCE:
            written = _write_in_quarters(written)
    manner = str(rng.choice([*MANNERS], p=[*MANNERS.values()]))
    beats_sec, stumbles = _time_beats(written, manner, curves, rng)
    notes = _strike(written, beats_sec, manner, rng)
    _trill(notes, written, beats_sec, rng)
    _stumble(notes, beats_sec, stumbles, rng)
    if manner == "learner":
        _slip(notes, rng)
    if rng.random() < COUNT_IN_CHANCE:
        _count_in(notes, beats_sec, rng)
    order = np.lexsort((notes.pitch, notes.onset))
    shift = 0.5 - float(notes.onset.min())
    for name, column in vars(notes).items():
        setattr(notes, name, column[order])
    notes.onset, notes.offset, beats_sec = notes.onset + shift, notes.offset + shift, beats_sec + shift
    chord_of = group_notes(notes.onset).chord_of
    return Taught(
        name=written.name, piece=written.name, composer=written.composer, fold=written.fold,
        onset=notes.onset, offset=np.maximum(notes.offset, notes.onset + 0.02), pitch=notes.pitch,
        velocity=np.clip(notes.velocity, 1, 127), staff=notes.staff, place=notes.place, value=notes.value,
        is_unwritten=notes.is_unwritten, beat=notes.beat, line=notes.line, fifths=notes.fifths,
        chord_begin=np.searchsorted(chord_of, np.arange(chord_of[-1] + 2)),
        pedals_sec=_press_pedal(notes, rng),
        beats_sec=beats_sec, period_sec=smooth_periods(beats_sec),
        is_downbeat=np.append(written.is_downbeat, True), meter=np.append(written.meter, written.meter[-1]),
        is_compound=np.append(written.is_compound, written.is_compound[-1]),
        bar_beat=np.append(written.bar_beat, 0),
    )  # fmt: skip


def _take_bars(written: Written, n_chords: int, rng: np.random.Generator) -> Written:
    """Some neighbouring bars, counted from their first beat."""
    _, first_notes = np.unique(np.round(written.place, 3), return_index=True)
    begin = 0
    if len(first_notes) > n_chords and rng.random() > FIRST_CHANCE:
        latest = written.bar[written.beat[first_notes[-n_chords]]]
        begin = int(np.argmax(written.bar == int(rng.integers(0, latest + 1))))
    beyond = np.searchsorted(written.place[first_notes], begin - SAME_BEATS) + n_chords
    end = len(written.bar) if beyond >= len(first_notes) else int(written.beat[first_notes[beyond]]) + 1
    chosen = (written.beat >= begin) & (written.beat < end)
    fields = {
        name: getattr(written, name)[chosen]
        for name in ("place", "value", "length", "pitch", "staff", "is_grace", "marks", "line", "beat", "fifths")
    }
    beats = {
        name: getattr(written, name)[begin:end]
        for name in ("is_downbeat", "meter", "is_compound", "bar_beat", "bar", "quarters")
    }
    fields["place"], fields["beat"] = fields["place"] - begin, fields["beat"] - begin
    return replace(written, **fields, **beats)


def _write_easily(written: Written, rng: np.random.Generator) -> Written:
    """The melody alone, above one chord a bar, half a bar or a beat, or above nothing but its bass."""
    staff = written.staff
    if not (staff == LEFT).any() or not (staff == RIGHT).any():
        return written
    _, group = np.unique(np.round(written.place, 3), return_inverse=True)
    top = np.full(group.max() + 1, -1)
    right = np.flatnonzero((staff == RIGHT) & ~written.is_grace)
    top[group[right]] = right  # sorted by pitch: the highest is the last
    melody = np.unique(top[top >= 0])
    span = str(rng.choice(EASY_SPANS))
    begins = np.flatnonzero(written.is_downbeat)
    if span == "beat":
        begins = np.arange(len(written.bar))
    elif span == "half":
        is_middle = (written.bar_beat == 2) & (np.diff(written.bar, append=-1) == 0)
        begins = np.flatnonzero(written.is_downbeat | is_middle)
    if not len(begins):
        return written
    left = np.flatnonzero((staff == LEFT) & (written.beat >= begins[0]))
    part = np.searchsorted(begins, written.beat[left], side="right") - 1
    ends = np.append(begins[1:], len(written.bar))
    n_voices = int(rng.integers(1, 4))
    chosen, spans = [], []
    for index in np.unique(part).tolist():
        pitches, first = np.unique(written.pitch[left[part == index]], return_index=True)
        kept = left[part == index][first[pitches <= pitches[0] + 16]]
        chosen += kept[:n_voices].tolist()
        spans += [index] * len(kept[:n_voices])
    added, of = np.array(chosen, np.int64), np.array(spans, np.int64)
    value = (ends[of] - begins[of]).astype(np.float64)
    index = np.concatenate([melody, added])
    fields = {name: getattr(written, name)[index] for name in ("pitch", "staff", "line", "fifths", "is_grace")}
    n = len(melody)
    place = np.concatenate([written.place[melody], begins[of].astype(np.float64)])
    order = np.lexsort((fields["pitch"], place))
    fields |= {
        "place": place,
        "value": np.concatenate([written.value[melody], value]),
        "length": np.concatenate([written.length[melody], value]),
        "beat": np.concatenate([written.beat[melody], begins[of]]),
        "marks": np.concatenate([written.marks[melody], np.zeros(len(added), np.int64)]),
    }
    fields["is_grace"][n:] = False
    return replace(written, **{name: column[order] for name, column in fields.items()})


def _write_in_quarters(written: Written) -> Written:
    """The same in values twice as long, where one meter holds: books for beginners have quarters for eighths."""
    meter = METERS[written.meter[0]] if written.meter[0] < len(METERS) else None
    gaps = np.diff(np.unique(np.round(written.place, 3)))
    if (written.meter != written.meter[0]).any() or not len(gaps):
        return written
    quarter_sec = written.quarter_sec / 2
    if meter == (3, 8):
        to = METERS.index((3, 4))
        meters, quarters = np.full_like(written.meter, to), 2 * written.quarters
        return replace(written, meter=meters, quarters=quarters, quarter_sec=quarter_sec)
    if meter not in ((2, 4), (4, 4)) or np.median(gaps) > MOST_EASY_GAP:
        return written
    # Each beat becomes two, and what was a bar of four two bars.
    number = np.repeat(2 * written.bar_beat, 2) + np.tile([0, 1], len(written.bar))
    bar = np.repeat(2 * written.bar, 2) + number // 4
    place = 2 * written.place
    return replace(
        written, place=place, value=2 * written.value, length=2 * written.length,
        beat=np.floor(place + SAME_BEATS).astype(np.int64), is_downbeat=number % 4 == 0,
        meter=np.full(len(bar), METERS.index((4, 4))), is_compound=np.repeat(written.is_compound, 2),
        bar_beat=number % 4, bar=bar, quarters=np.repeat(written.quarters, 2), quarter_sec=quarter_sec,
    )  # fmt: skip


def _time_beats(
    written: Written, manner: str, curves: Curves, rng: np.random.Generator
) -> tuple[Floats, list[tuple[int, int, float]]]:
    """When the beats and the end come; at which beat a learner begins so many beats early, and how long until then."""
    n_beats = len(written.bar)
    places = np.unique(np.round(written.place[~written.is_grace], 3))[:300]
    gap = float(np.median(np.diff(places))) if len(places) > 1 else 1.0
    unit = written.quarters[0]
    beat_sec = float(np.exp(BEAT_BASE + BEAT_SLOPE * np.log(gap) + rng.normal(0, BEAT_SPREAD)))
    if np.isfinite(written.quarter_sec) and rng.random() < PRINTED_CHANCE:
        beat_sec = written.quarter_sec * unit * float(np.exp(rng.normal(0, PRINTED_SPREAD)))
    if manner == "learner":
        beat_sec *= rng.uniform(*LEARNER_SLOWER)
    beat_sec = float(np.clip(np.clip(beat_sec * gap, *GAP_SEC) / gap, *BEAT_SEC))
    period = beat_sec / unit * written.quarters
    if manner == "curve":
        period *= _take_curve(written, period, curves, rng) ** rng.uniform(*CURVE_STRENGTH)
    elif manner != "click":
        drifts, scatters = (LEARNER_DRIFT, LEARNER_SCATTER) if manner == "learner" else (DRIFT, SCATTER)
        drift = drift_slowly(n_beats, DRIFT_BEATS, rng) * rng.uniform(*drifts)
        period *= np.exp(drift + rng.normal(0, rng.uniform(*scatters), n_beats))
    if manner != "click":
        held = np.unique(written.beat[(written.marks & FERMATA > 0) & ~written.is_grace])
        period[held] *= rng.uniform(*FERMATA_FACTOR)
        if rng.random() < RITARDANDO_CHANCE:
            n = min(n_beats, RITARDANDO_BEATS)
            period[n_beats - n :] *= rng.uniform(*RITARDANDO) ** np.linspace(0, 1, n + 1)[1:]
    stumbles = []
    if manner == "learner":
        pauses = written.is_downbeat & (rng.random(n_beats) < rng.uniform(*PAUSE_CHANCE))
        pauses[0] = False
        before = np.flatnonzero(pauses) - 1
        period[before] += rng.uniform(*PAUSE_SEC, len(before))
        for beat in (1 + np.flatnonzero(rng.random(n_beats - 1) < STUMBLE_CHANCE)).tolist():
            count = min(int(rng.integers(1, MOST_STUMBLE_BEATS + 1)), n_beats - beat)
            early_sec = float(period[beat : beat + count].sum()) + rng.uniform(*PAUSE_SEC)
            period[beat - 1] += early_sec
            stumbles.append((beat, count, early_sec))
    return np.append(0.0, np.cumsum(period)), stumbles


def _take_curve(written: Written, period_sec: Floats, curves: Curves, rng: np.random.Generator) -> Floats:
    """Beat periods of a real performance in bars of as many beats, one of a tempo near this one, as shares."""
    out = np.ones(len(written.bar))
    taken: dict[tuple[int, bool], tuple[Curve, int]] = {}
    bars, begins, counts = np.unique(written.bar, return_index=True, return_counts=True)
    for number, (begin, count) in enumerate(zip(begins.tolist(), counts.tolist(), strict=True)):
        kind = count, bool(written.is_compound[begin])
        if kind not in taken:
            alike = curves.get(kind) or curves.get((count, not kind[1])) or curves[4, False]
            away = [abs(np.log(np.median(curve.period_sec) / period_sec[begin])) for curve in alike]
            nearest = np.argsort(away)[: max(4, len(alike) // 2)]
            curve = alike[int(rng.choice(nearest))]
            taken[kind] = curve, int(rng.integers(max(1, len(curve.relative) - len(bars))))
        curve, first = taken[kind]
        row = (first + number) % (2 * len(curve.relative))  # to the end and back
        row = min(row, 2 * len(curve.relative) - 1 - row)
        width = curve.relative.shape[1]
        out[begin : begin + count] = curve.relative[row, np.minimum(np.arange(count) * width // count, width - 1)]
    return out


def _strike(written: Written, beats_sec: Floats, manner: str, rng: np.random.Generator) -> _Notes:
    """Strike and release the notes."""
    n = len(written.pitch)
    places = written.place
    numbers = np.arange(len(beats_sec))
    end = places + written.length
    if rng.random() < SWING_CHANCE and not written.is_compound.any():
        middle = rng.uniform(*SWING)
        if middle > LEAST_THIRD:
            swung = _swing(written.place, 2 / 3)
            written = replace(written, place=swung, value=_swing(written.place + written.value, 2 / 3) - swung)
        places, end = _swing(places, middle), _swing(end, middle)
    pulse = np.interp(places, numbers, beats_sec)
    last_sec = beats_sec[-1] - beats_sec[-2]
    end_sec = np.interp(end, numbers, beats_sec) + np.maximum(end - numbers[-1], 0) * last_sec
    written_sec = np.maximum(end_sec - pulse, 0.03)
    _, group = np.unique(np.round(written.place, 3), return_inverse=True)
    n_groups = int(group.max()) + 1
    scatter = float(np.exp(rng.normal(0, PLAYER_SPREAD))) * (LEARNER_SCATTERS_MORE if manner == "learner" else 1.0)
    if manner == "click" and rng.random() < EXACT_CHANCE:
        scatter = 0.0
    hand_sec = rng.normal(0, HAND_SEC, (n_groups, 3)) * scatter
    onset = pulse + hand_sec[group, written.staff] + rng.normal(0, NOTE_SEC, n) * scatter
    plain = np.flatnonzero(~written.is_grace)
    top = np.full(n_groups, -1)
    top[group[plain]] = plain
    counts = np.bincount(group[plain], minlength=n_groups)
    tops = top[counts > 1]
    if scatter:
        onset[tops] += rng.normal(*TOP_SEC)
        _spread_chords(onset, written, group, counts, rng)
    _place_graces(onset, written, group, rng)

    velocity = rng.normal(*VELOCITY) + drift_slowly(n_groups, VELOCITY_CHORDS, rng)[group] * VELOCITY_SLOW
    velocity += rng.normal(0, VELOCITY_NOTE, n)
    louder = rng.uniform(*TOP_LOUDER)
    velocity[tops] += louder
    velocity[written.staff == LEFT] -= rng.uniform(0, louder)
    if rng.random() < SAME_VELOCITY_CHANCE:
        velocity[:] = rng.uniform(40, 110)
    length = np.where(written.is_grace, rng.uniform(*GRACE_SEC), _draw_shares(written, written_sec, rng) * written_sec)
    is_unwritten = written.is_grace.copy()
    return _Notes(
        onset=onset, offset=onset + np.maximum(length, 0.03), pitch=written.pitch.copy(), velocity=velocity,
        staff=written.staff.copy(), place=np.where(is_unwritten, np.nan, written.place),
        value=np.where(is_unwritten, 0.0, written.value), is_unwritten=is_unwritten, beat=written.beat.copy(),
        line=written.line.copy(), fifths=written.fifths.copy(),
    )  # fmt: skip


def _swing(places: Floats, middle: float) -> Floats:
    """Places in beats, with the middle of each beat somewhere else."""
    return np.asarray(np.floor(places) + np.interp(places % 1.0, [0, 0.5, 1], [0, middle, 1]))


def _spread_chords(
    onset: Floats, written: Written, group: IntArray, counts: IntArray, rng: np.random.Generator
) -> None:
    """Break the chords that have the sign, and some without it."""
    signed = np.bincount(group, (written.marks & ARPEGGIO > 0) & ~written.is_grace, len(counts)) > 1
    broken = signed | ((counts >= 4) & (rng.random(len(counts)) < ARPEGGIO_CHANCE))
    for index in np.flatnonzero(broken).tolist():
        notes = np.flatnonzero((group == index) & ~written.is_grace)
        # The first on the beat, the last, or the middle one.
        begin = rng.choice([0.0, 0.5, 1.0]) * (len(notes) - 1)
        onset[notes] += (np.arange(len(notes)) - begin) * rng.uniform(*ARPEGGIO_SEC)


def _place_graces(onset: Floats, written: Written, group: IntArray, rng: np.random.Generator) -> None:
    """Play grace notes before what they belong to, or with it, which then comes later."""
    step = rng.uniform(*GRACE_SEC)
    on_beat = rng.random() < GRACE_ON_BEAT_CHANCE
    for index in np.unique(group[written.is_grace]).tolist():
        for staff in (0, RIGHT, LEFT):
            here = (group == index) & (written.staff == staff)
            graces = np.flatnonzero(here & written.is_grace)
            if len(graces):
                onset[graces] += (np.arange(len(graces)) - (0 if on_beat else len(graces))) * step
                if on_beat:
                    onset[here & ~written.is_grace] += len(graces) * step


def _draw_shares(written: Written, written_sec: Floats, rng: np.random.Generator) -> Floats:
    """How long keys are down, as shares of the written length; neighbours in a hand are alike."""
    n = len(written_sec)
    chance = np.zeros(n)
    for staff in (0, RIGHT, LEFT):
        notes = np.flatnonzero(written.staff == staff)
        chance[notes] = drift_slowly(len(notes), LENGTH_LIKENESS, rng)
    chance = (np.argsort(np.argsort(chance)) + 0.5) / n
    kind = np.searchsorted(LENGTHS_SEC, written_sec)
    shares = np.empty(n)
    for one in np.unique(kind).tolist():
        shares[kind == one] = np.interp(chance[kind == one], SHARES_AT, SHARES[one])
    if rng.random() < LEGATO_CHANCE:
        shares = rng.uniform(*LEGATO) * np.exp(rng.normal(0, 0.08, n))
    shares = np.where(written.marks & STACCATO > 0, shares * DETACHED, shares)
    shares = np.where(written.marks & SLUR > 0, shares * SLURRED, shares)
    return np.asarray(shares * np.exp(rng.normal(0, PLAYER_LENGTH_SPREAD)))


def _trill(notes: _Notes, written: Written, beats_sec: Floats, rng: np.random.Generator) -> None:
    """Play what a trill stands for; the first note of it is the written one."""
    for index in np.flatnonzero((written.marks & TRILL > 0) & ~written.is_grace).tolist():
        length = float(np.interp(written.place[index] + written.length[index], np.arange(len(beats_sec)), beats_sec))
        length -= float(notes.onset[index])
        if length < LEAST_TRILL_SEC or rng.random() > TRILL_CHANCE:
            continue
        step = rng.uniform(*TRILL_SEC)
        count = int(length * rng.uniform(0.6, 0.95) / step)
        onset = notes.onset[index] + step * np.arange(1, count)
        above = int(rng.integers(1, 3)) * (np.arange(1, count) % 2)
        notes.offset[index] = notes.onset[index] + step
        if count > 1:
            chosen = np.full(count - 1, index)
            notes.add(chosen, onset=onset, offset=onset + step, pitch=notes.pitch[chosen] + above)


def _stumble(
    notes: _Notes, beats_sec: Floats, stumbles: Sequence[tuple[int, int, float]], rng: np.random.Generator
) -> None:
    """Begin some beats early, break off and begin them anew, as a learner does."""
    for beat, count, early_sec in stumbles:
        chosen = np.flatnonzero((notes.beat >= beat) & (notes.beat < beat + count) & ~notes.is_unwritten)
        chosen = chosen[: int(rng.integers(1, len(chosen) + 1))] if len(chosen) else chosen
        if len(chosen):
            onset, offset = notes.onset[chosen] - early_sec, notes.offset[chosen] - early_sec
            notes.add(chosen, onset=onset, offset=np.minimum(offset, beats_sec[beat]))
            # What was held until the next beat is not held through all that.
            n = len(notes.onset) - len(chosen)
            held = (notes.onset[:n] < onset[0]) & (notes.offset[:n] > onset[0] + 0.5)
            notes.offset[:n][held] = onset[0] + 0.2


def _slip(notes: _Notes, rng: np.random.Generator) -> None:
    """Strike a neighbouring key too, or the same one once before."""
    wrong = np.flatnonzero(rng.random(len(notes.onset)) < WRONG_CHANCE)
    if len(wrong):
        onset = notes.onset[wrong] + rng.normal(0, 0.02, len(wrong))
        pitch = np.clip(notes.pitch[wrong] + rng.choice([-2, -1, 1, 2], len(wrong)), LOWEST, HIGHEST)
        notes.add(wrong, onset=onset, offset=onset + rng.uniform(0.06, 0.3, len(wrong)), pitch=pitch)
    repeated = np.flatnonzero(rng.random(len(notes.onset)) < REPEATED_CHANCE)
    if len(repeated):
        onset = notes.onset[repeated] - rng.uniform(0.12, 0.4, len(repeated))
        notes.add(repeated, onset=onset, offset=onset + 0.1)


def _count_in(notes: _Notes, beats_sec: Floats, rng: np.random.Generator) -> None:
    """Some beats of one key before the music."""
    count = int(rng.choice([2, 3, 4]))
    onset = beats_sec[0] + (np.arange(count) - count) * (beats_sec[1] - beats_sec[0])
    chosen = np.zeros(count, np.int64)
    pitch = np.full(count, int(rng.integers(36, 90)))
    notes.add(chosen, onset=onset, offset=onset + 0.1, pitch=pitch, beat=np.full(count, -1))


def _press_pedal(notes: _Notes, rng: np.random.Generator) -> Floats:
    """Presses of the pedal, changed with a note of the left hand every now and then; mostly none."""
    low = notes.onset[(notes.staff != RIGHT) & ~notes.is_unwritten]
    if rng.random() > PEDAL_CHANCE or not len(low):
        return np.zeros((0, 2))
    presses, last, every_sec = [], -np.inf, rng.uniform(*PEDAL_EVERY_SEC)
    for onset in low.tolist():
        if onset > last + every_sec * np.exp(rng.normal(0, 0.3)):
            presses.append(onset + PEDAL_DOWN_SEC)
            last = onset
    begins = np.array(presses)
    ends = np.append(begins[1:] - PEDAL_DOWN_SEC, begins[-1] + every_sec)
    return np.stack([begins, np.maximum(ends, begins + 0.05)], axis=1)


def drift_slowly(n: int, steps: float, rng: np.random.Generator) -> Floats:
    """A random walk of spread 1 that returns to 0 within about so many steps."""
    keep = float(np.exp(-1 / steps))
    noise = rng.normal(0, 1, n)
    noise[1:] *= np.sqrt(1 - keep**2)
    out, now = np.empty(n), 0.0
    for index, one in enumerate(noise.tolist()):
        now = keep * now + one
        out[index] = now
    return out
