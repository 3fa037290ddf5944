"""Written music: the beats and bars that a MIDI file says, where its notes stand on the file's own divisions.

Conventions: places are ticks of the file, ``resolution`` of which are a quarter note.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from ottava.datatypes import Choices, Meter
from ottava.rhythm.divisions import EXACT_DIVISIONS, PLAIN_DIVISIONS
from ottava.rhythm.meter import bar_quarters, is_meter, signature_quarters
from ottava.rhythm.places import EXACT_SHARE, measure_written

Signature = tuple[int, int]
DEFAULT_SIGNATURE = (4, 4)  # what MIDI means where it says nothing
FINE_TICKS = 96  # of a quarter: in coarser files much that was played stands on some division as well
# Everything may come late (or early) by as much of a quarter; then so many notes stand on its halves and thirds, and
# twice as many as without the delay. Not tuned.
LONGEST_DELAY, SIMPLE_SHARE, LEAST_ONSETS = 1 / 8, 0.5, 8
SIMPLE_DIVISIONS = (2, 3)
SAME_TEMPO_SHARE = 0.03  # by which a tempo that is named may differ from the file's; not tuned


@dataclass(frozen=True, slots=True)
class Ruled:
    """Ticks of the beats from the first note's on, the first bar line at or after it, and signatures from a tick on.

    Without signatures there is no bar line.
    """

    beats: tuple[int, ...]
    downbeat: int | None
    signatures: tuple[tuple[int, Signature], ...]


def find_delay(onsets: Sequence[int], resolution: int) -> int | None:
    """How many ticks all of written music comes late, mostly 0; None for what was played.

    Parameters
    ----------
    onsets
        Ticks of the notes, one at least, each once.
    """
    divisions = _choose_divisions(resolution)
    plain = [division for division in PLAIN_DIVISIONS if division in divisions]

    def measure(delay: int, others: Sequence[int]) -> float:
        return measure_written([(onset - delay) / resolution for onset in onsets], others)

    most = int(resolution * LONGEST_DELAY)
    phases = Counter((onset + most) % resolution - most for onset in onsets)
    least = max(SIMPLE_SHARE, 2 * measure(0, SIMPLE_DIVISIONS))
    for delay, _ in phases.most_common(3):
        if 0 < abs(delay) <= most and len(onsets) >= LEAST_ONSETS and measure(delay, plain) >= EXACT_SHARE and (
            measure(delay, SIMPLE_DIVISIONS) >= least
        ):
            return delay
    return 0 if measure(0, divisions) >= EXACT_SHARE else None


def _choose_divisions(resolution: int) -> list[int]:
    """Divisions of a quarter that tell written music from what was played: half of the ticks are on none of them."""
    if resolution >= FINE_TICKS:
        return [*EXACT_DIVISIONS]
    chosen: list[int] = []
    ticks: set[int] = set()
    for division in EXACT_DIVISIONS:
        own = {*range(0, resolution, resolution // division)} if resolution % division == 0 else set[int]()
        if own and len(ticks | own) <= max(1, resolution / 2):
            ticks |= own
            chosen.append(division)
    return chosen


def rule_beats(
    signatures: Sequence[tuple[int, int, int]], resolution: int, first_tick: int, last_tick: int
) -> Ruled:
    """The beats and bars of written music.

    Parameters
    ----------
    signatures
        (tick, beats, beat_type) as the file has them, in order. What is no meter is left out; so are bars before the
        first note, and rests before it in its own bar make a pickup. Where there is none at all beats are quarters.
    first_tick, last_tick
        Where the first note begins, and the last one ends.
    """
    # Of those at one place the last.
    changes = [*{tick: (count, kind) for tick, count, kind in signatures if is_meter(count, kind)}.items()]
    if not changes:
        return Ruled(tuple(range(first_tick - first_tick % resolution, last_tick, resolution)), None, ())
    if changes[0][0] > 0:
        changes.insert(0, (0, DEFAULT_SIGNATURE))
    bars = [bar for bar in _list_bars(changes, resolution, last_tick) if bar.end > first_tick]
    begins_late = first_tick >= bars[0].start + bars[0].beat_ticks or bars[0].is_pickup
    downbeat = bars[1 if begins_late and len(bars) > 1 else 0].start
    beats = (tick for bar in bars for tick in bar.list_beats() if tick + bar.beat_ticks > first_tick)
    in_force = [(bar.start, bar.signature) for number, bar in enumerate(bars)
                if not number or bar.signature != bars[number - 1].signature]
    return Ruled(tuple(beats), downbeat, tuple(in_force))


@dataclass(frozen=True, slots=True)
class _Bar:
    """A bar from tick to tick; a pickup is shorter than its signature says, and its beats are its last ones."""

    start: int
    end: int
    signature: Signature
    beat_ticks: int
    is_pickup: bool = False

    def list_beats(self) -> range:
        first = (self.end - self.start) % self.beat_ticks if self.is_pickup else 0
        return range(self.start + first, self.end, self.beat_ticks)


def _list_bars(changes: Sequence[tuple[int, Signature]], resolution: int, last_tick: int) -> list[_Bar]:
    """Bars up to the last tick; a change of the signature cuts the one before it."""
    bars: list[_Bar] = []
    for (tick, signature), stop in zip(changes, [*(tick for tick, _ in changes[1:]), last_tick], strict=True):
        size, beat = (max(1, round(quarters * resolution)) for quarters in (
            bar_quarters(Meter(Fraction(0), *signature)), signature_quarters(signature)
        ))  # fmt: skip
        bars += [_Bar(start, min(start + size, stop) if stop < last_tick else start + size, signature, beat)
                 for start in range(tick, max(stop, tick + 1), size)]
        if len(bars) > 1 and len(changes) > 1 and tick == changes[1][0] == bars[0].end and size > bars[0].end:
            # The first bar is shorter than the second one.
            bars[0] = _Bar(0, tick, signature, beat, is_pickup=True)
    return bars


def keep_written(written: Choices, choices: Choices) -> Choices:
    """What a person decided, with the file's own beats and bars wherever they go together with that.

    A meter with as long a beat, and the tempo that the file has, leave its beats as they are: a true word changes
    nothing. ``written`` as `ottava.files.midi.read_written` gives it.
    """
    if not written.beats_sec or choices.beats_sec or choices.tempo_factor:
        return choices
    unit = signature_quarters(written.meters[0][1:]) if written.meters else Fraction(1)
    if any(signature_quarters((beats, kind)) != unit for _, beats, kind in choices.meters):
        return choices
    if choices.tempo_bpm and len(written.beats_sec) > 1:
        gaps = sorted(after - before for before, after in pairwise(written.beats_sec))
        if abs(choices.tempo_bpm * gaps[len(gaps) // 2] / 60 / float(unit) - 1) > SAME_TEMPO_SHARE:
            return choices
    says_the_same = [meter[1:] for meter in choices.meters] == [meter[1:] for meter in written.meters[:1]]
    return replace(
        choices,
        beats_sec=written.beats_sec,
        meters=written.meters if says_the_same or not choices.meters else choices.meters,
        keys=choices.keys or written.keys,
        downbeats_sec=choices.downbeats_sec or written.downbeats_sec,
    )
