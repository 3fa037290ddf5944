"""The values that pass between the stages, each immutable and without behaviour of its own.

Conventions: ``_sec`` float seconds from the beginning of the recording, ``_quarter`` `fractions.Fraction` quarter
notes from the first full bar's downbeat (a pickup is negative), pitch a MIDI number, velocity 1..127.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32] | NDArray[np.float64]
Floats = NDArray[np.float64]
IntArray = NDArray[np.int64]
Mode = Literal["major", "minor"]
Tensors = Mapping[str, NDArray[Any]]
LOWEST_PITCH, HIGHEST_PITCH = 21, 108  # of a piano


@dataclass(frozen=True, slots=True)
class Note:
    """A note as heard or played; ``offset_sec`` is the release of the key, not of the pedal.

    ``hand`` is the one to which a file gives it, 1 for the right and 2 for the left, None where nothing says so.
    """

    onset_sec: float
    offset_sec: float
    pitch: int
    velocity: int
    confidence: float = 1.0
    hand: int | None = None


@dataclass(frozen=True, slots=True)
class Pedal:
    """One press of a pedal."""

    onset_sec: float
    offset_sec: float
    kind: Literal["sustain", "soft"]


@dataclass(frozen=True, slots=True)
class Performance:
    """What was played: notes sorted by (onset_sec, pitch), pedals by onset_sec, and the model that heard them.

    ``possible`` notes, sorted alike, were not heard, but nearly: none has a confidence above 0.5, none overlaps a heard
    note of its pitch. ``tuning_cents`` is how far the piano is from A4 = 440 Hz; 0 where nothing was corrected.
    ``remarks`` are sentences about the file: what was left out of it.
    """

    notes: tuple[Note, ...]
    pedals: tuple[Pedal, ...]
    model: str
    possible: tuple[Note, ...] = ()
    tuning_cents: float = 0.0
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spelling:
    """The written name of a pitch: C sharp 4 is ("C", 1, 4)."""

    step: str
    alter: int
    octave: int


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person changed in a note; None where nothing. The name counts where it is one of the note's pitch.

    It changes its own staff in its own bar (`ottava.notation.edits`), or, where the whole piece is read ``as_heard``,
    whatever would be otherwise if the note had been heard so.
    """

    is_deleted: bool = False
    onset_sec: float | None = None
    offset_sec: float | None = None
    pitch: int | None = None
    staff: int | None = None
    spelling: Spelling | None = None
    as_heard: bool = False


@dataclass(frozen=True, slots=True)
class Corrected:
    """A note after correction: None where the score has none; what it was before, and what of it is decided.

    ``index`` is its number among all notes heard and possible, or ``added`` among the added ones.
    """

    source: Note
    note: Note | None
    staff: int | None = None
    spelling: Spelling | None = None
    index: int | None = None
    added: int | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person decided; None, empty or "auto" where Ottava decides.

    ``tempo_bpm`` is in quarter notes a minute; ``tempo_factor`` 2 or 0.5 writes twice or half as many beats as Ottava
    would. ``meters`` are (from which second on, beats, beat_type), ``keys`` (from which second on, fifths, mode): the
    first one holds from the beginning. ``beats_sec`` are all beats, as tapped along.
    ``beats`` says who finds them: the trained model, or dynamic programming without one. ``sensitivity`` 0..1: at 0.5
    the score has the notes as heard, below only those surer than 1 - sensitivity, above it also the possible ones surer
    than that. ``corrections`` are by the number of the note among those heard and the possible ones after them,
    ``added`` notes have a staff or a name where a person gave one.
    """

    title: str | None = None
    composer: str | None = None
    tempo_bpm: float | None = None
    tempo_factor: float | None = None
    meters: tuple[tuple[float, int, int], ...] = ()
    keys: tuple[tuple[float, int, Mode], ...] = ()
    downbeats_sec: tuple[float, ...] = ()
    beats_sec: tuple[float, ...] = ()
    grid: Literal["auto", "8", "16", "triplet"] = "auto"
    swing: bool | None = None
    beats: Literal["model", "dp"] = "model"
    split_pitch: int | None = None
    setting: str | None = None
    sensitivity: float = 0.5
    corrections: Mapping[int, Correction] = field(default_factory=dict)
    added: tuple[tuple[Note, Correction], ...] = ()


@dataclass(frozen=True, slots=True)
class BeatGrid:
    """Beats in recording time.

    ``times_sec`` shape (n_beats,), increasing; ``beat_in_bar`` shape (n_beats,), 1 on a downbeat; ``signatures``: the
    time signature (beats, beat_type) at each beat.
    """

    times_sec: NDArray[np.float64]
    beat_in_bar: IntArray
    signatures: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Meter:
    """A time signature from ``quarter`` on."""

    quarter: Fraction
    beats: int
    beat_type: int


@dataclass(frozen=True, slots=True)
class Key:
    """A key from ``quarter`` on; ``fifths`` -7..7 counts sharps (flats when negative)."""

    quarter: Fraction
    fifths: int
    mode: Mode


@dataclass(frozen=True, slots=True)
class Tempo:
    """Quarter notes a minute from ``quarter`` on, as printed; ``text`` such as "rit." stands instead of the figure."""

    quarter: Fraction
    bpm: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class Beat:
    """A tactus beat of the score and its time in the recording; bar 0 is the pickup."""

    time_sec: float
    quarter: Fraction
    beat_in_bar: int
    bar: int


@dataclass(frozen=True, slots=True)
class Span:
    """Where a note stands in the score; ``duration_quarter`` 0 is a grace note."""

    onset_quarter: Fraction
    duration_quarter: Fraction


@dataclass(frozen=True, slots=True)
class ScoreNote:
    """A note as written. ``staff`` 1 is the upper; ``voice`` 1..4 counts per staff."""

    span: Span
    staff: int
    voice: int
    spelling: Spelling
    ornament: Literal["trill", "arpeggio"] | None = None


@dataclass(frozen=True, slots=True)
class ScorePedal:
    """A press of the sustain pedal in score time."""

    onset_quarter: Fraction
    offset_quarter: Fraction


@dataclass(frozen=True, slots=True)
class Score:
    """What is written. ``notes[i]`` belongs to note i of the performance; None where it is left out."""

    beats: tuple[Beat, ...]
    meters: tuple[Meter, ...]
    pickup_quarter: Fraction
    keys: tuple[Key, ...]
    tempos: tuple[Tempo, ...]
    notes: tuple[ScoreNote | None, ...]
    pedals: tuple[ScorePedal, ...]
    is_swung: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """Everything known of one recording: what the JSON file holds.

    The notes of ``performance`` are those heard and, among them, the possible ones that ``choices`` ask for and the
    added ones, all as they were before correction; ``corrected`` has each of them as it is now. ``draft`` is the piece
    as it was read, where corrections of single notes were put into its score.
    """

    title: str
    duration_sec: float
    performance: Performance
    choices: Choices
    score: Score
    corrected: tuple[Corrected, ...]
    warnings: tuple[str, ...] = field(default=())
    draft: "Result | None" = None


# The seam between the pipeline and its host (docs/architecture.md, decision 2).
Read = Callable[[int, int], Awaitable[NDArray[np.float32]]]
"""``await read(first_sample, last_sample)`` gives mono float32 samples, last excluded, at the model's sample rate."""

Run = Callable[[str, Tensors], Awaitable[dict[str, NDArray[Any]]]]
"""``await run(graph, tensors)`` runs one graph of the model; names and shapes are those of models.json."""

Report = Callable[[str, float, Sequence[Note], Sequence[Pedal]], None]
"""``report(stage, fraction, notes, pedals)``: how far a stage is (0..1) and what was heard since the last report."""
