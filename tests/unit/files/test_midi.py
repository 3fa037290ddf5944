"""MIDI: out and in."""

import io
from dataclasses import replace
from fractions import Fraction

import mido
import numpy as np
import pretty_midi
import pytest

from ottava.datatypes import Choices, Key, Note, Pedal, Performance, Score, Tempo
from ottava.errors import TranscriptionError
from ottava.files.midi import read_midi, read_written, write_midi, write_quantised_midi
from ottava.files.project import performance_to_dict, read_performance
from tests.performances import WALTZ, notate_here, perform


def test_a_performance_comes_back() -> None:
    played = perform(WALTZ, 97, 0.01)
    performance = Performance(played.notes, (Pedal(0.7, 1.9, "sustain"), Pedal(1.0, 2.5, "soft")), "hand-made")
    back = read_midi(write_midi(notate_here(performance, 25.0, Choices())))
    assert len(back.notes) == len(performance.notes)
    for read, note in zip(back.notes, performance.notes, strict=True):
        assert (read.pitch, read.velocity) == (note.pitch, note.velocity)
        assert read.onset_sec == pytest.approx(note.onset_sec, abs=1e-3)
        assert read.offset_sec == pytest.approx(note.offset_sec, abs=1e-3)
    assert [(p.kind, round(p.onset_sec, 2), round(p.offset_sec, 2)) for p in back.pedals] == [
        ("sustain", 0.7, 1.9), ("soft", 1.0, 2.5),
    ]


@pytest.mark.parametrize("first_beat_sec", [0.0, 0.5])
def test_bar_lines_move_with_the_player(first_beat_sec: float) -> None:
    # A beat of upbeat, and every beat takes longer than the one before.
    times = first_beat_sec + np.cumsum([0, *(0.5 + 0.02 * index for index in range(24))])
    notes = [Note(float(time), float(time) + 0.3, 60 + index % 7, 64) for index, time in enumerate(times)]
    choices = Choices(beats_sec=tuple(times.tolist()), meters=((0.0, 3, 4),), downbeats_sec=(float(times[1]),))
    result = notate_here(Performance(tuple(notes), (), "hand-made"), 30.0, choices)
    assert result.score.pickup_quarter == 1
    data = write_midi(result)
    file = pretty_midi.PrettyMIDI(io.BytesIO(data))
    downbeats = file.get_downbeats()
    # What leads in to the first note fills up its bar, or the file begins with the upbeat alone.
    assert downbeats[downbeats > first_beat_sec + 0.01][:6] == pytest.approx(times[1:19:3], abs=2e-3)
    assert [note.onset_sec for note in read_midi(data).notes] == pytest.approx(times, abs=2e-3)


def test_a_long_silence_before_the_music_takes_bars_of_its_own() -> None:
    """One bar of it would be slower than a MIDI file can say."""
    later = [replace(n, onset_sec=n.onset_sec + 300, offset_sec=n.offset_sec + 300) for n in perform(WALTZ, 100).notes]
    result = notate_here(Performance(tuple(later), (), "hand-made"), 350.0, Choices(meters=((0.0, 3, 4),)))
    file = pretty_midi.PrettyMIDI(io.BytesIO(write_midi(result)))
    assert min(note.start for note in file.instruments[0].notes) == pytest.approx(later[0].onset_sec, abs=0.01)
    assert min(abs(file.get_downbeats() - result.score.beats[0].time_sec)) < 0.05


def test_beats_as_slow_as_nobody_plays_are_written() -> None:
    result = notate_here(perform(WALTZ, 100), 30.0, Choices(beats_sec=(0.0, 40.0)))
    assert pretty_midi.PrettyMIDI(io.BytesIO(write_midi(result))).instruments[0].notes
    assert pretty_midi.PrettyMIDI(io.BytesIO(write_quantised_midi(result))).instruments[0].notes


def test_every_change_of_key_is_written_where_it_is_heard() -> None:
    result = notate_here(perform(WALTZ, 100), 25.0)
    keys = (Key(Fraction(0), 2, "major"), Key(Fraction(9), -5, "minor"))
    score = replace(result.score, keys=keys)
    file = pretty_midi.PrettyMIDI(io.BytesIO(write_midi(replace(result, score=score))))
    beat_sec = next(beat.time_sec for beat in score.beats if beat.quarter == 9)
    assert [(change.key_number, change.time) for change in file.key_signature_changes] == [
        (2, 0.0), (22, pytest.approx(beat_sec, abs=2e-3)),
    ]  # fmt: skip


def test_a_pedal_that_is_lifted_as_it_is_pressed_is_none() -> None:
    """Played files have them; a press without length could be kept, but not opened again."""
    pedal = [(0, 127), (0, 0), (480, 127), (480, 0)]  # ticks since the one before, 960 a second
    track = b"\0\x90\x3c\x40" + b"".join(_ticks(wait) + bytes([0xB0, 64, value]) for wait, value in pedal)
    track += b"\0\x80\x3c\x40" + EMPTY_FILE[-4:]
    header = b"MThd\0\0\0\6\0\0\0\1" + (480).to_bytes(2, "big")
    performance = read_midi(header + b"MTrk" + len(track).to_bytes(4, "big") + track)
    assert performance.pedals == (Pedal(0.5, 1.0, "sustain"),)


def _ticks(number: int) -> bytes:
    """A length of time as MIDI writes it."""
    return bytes([0x80 | number >> 7, number & 0x7F]) if number > 0x7F else bytes([number])


def test_notes_left_out_of_the_score_are_left_out_of_the_file() -> None:
    sure, doubtful = Note(0.5, 1.0, 60, 64, 0.9), Note(1.0, 1.5, 100, 64, 0.2)
    result = notate_here(Performance((sure, doubtful), (), "hand-made"), 2.0, Choices(sensitivity=0.4))
    assert [note.pitch for note in read_midi(write_midi(result)).notes] == [60]


EMPTY_FILE = b"MThd\0\0\0\6\0\1\0\1\0\x60MTrk\0\0\0\4\0\xff\x2f\0"


@pytest.mark.parametrize("data", [b"", b"MThd", b"not a MIDI file at all", EMPTY_FILE])
def test_what_cannot_be_used_gets_a_sentence(data: bytes) -> None:
    with pytest.raises(TranscriptionError, match="This MIDI file"):
        read_midi(data)


def write_file(
    notes: list[tuple[float, float, int]],
    meters: list[tuple[float, int, int]],
    keys: list[int],
    bpm: float = 90.0,
    resolution: int = 480,
) -> bytes:
    """A file as a notation program writes it: (quarter, length, pitch), (quarter, beats, beat_type), key numbers."""
    quarter_sec = 60 / bpm
    file = pretty_midi.PrettyMIDI(resolution=resolution, initial_tempo=bpm)
    file.time_signature_changes = [pretty_midi.TimeSignature(n, kind, at * quarter_sec) for at, n, kind in meters]
    file.key_signature_changes = [pretty_midi.KeySignature(key, 0.0) for key in keys]
    piano = pretty_midi.Instrument(program=0)
    piano.notes = [pretty_midi.Note(64, pitch, at * quarter_sec, (at + length) * quarter_sec)
                   for at, length, pitch in notes]
    file.instruments.append(piano)
    buffer = io.BytesIO()
    file.write(buffer)
    return buffer.getvalue()


def drop_meters(data: bytes) -> bytes:
    """A file without what says its meter, which pretty_midi always writes."""
    file = mido.MidiFile(file=io.BytesIO(data))
    for track in file.tracks:
        assert all(message.time == 0 for message in track if message.type == "time_signature")
        track[:] = [message for message in track if message.type != "time_signature"]
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


TUNE = [(0.0, 1.0, 67), (1.0, 1.5, 72), (2.5, 0.5, 71), (3.0, 1 / 3, 72), (3 + 1 / 3, 2 / 3, 74), (4.0, 2.0, 76)]


def test_what_was_written_and_not_played_keeps_its_bars_and_lengths() -> None:
    data = write_file(TUNE, [(0, 1, 4), (1, 3, 4)], [5])
    written = read_written(data)
    assert [meter[1:] for meter in written.meters] == [(3, 4)]
    assert written.keys == ((0.0, -1, "major"),)
    score = notate_here(read_midi(data), 5.0, written).score
    assert score.pickup_quarter == 1
    spans = [note.span for note in score.notes if note]
    assert [float(span.onset_quarter) + 1 for span in spans] == [pytest.approx(at) for at, _, _ in TUNE]
    assert [float(span.duration_quarter) for span in spans] == [pytest.approx(length) for _, length, _ in TUNE]


def test_meters_of_a_file_change_where_it_says() -> None:
    notes = [(quarter / 2, 0.5, 60 + quarter % 5) for quarter in range(24)]
    written = read_written(write_file(notes, [(0, 3, 4), (6, 6, 8)], []))
    assert [(round(sec / (60 / 90), 3), *meter) for sec, *meter in written.meters] == [(0, 3, 4), (6, 6, 8)]
    assert len(written.beats_sec) == 6 + 4
    assert written.keys == ()


def test_what_was_played_says_nothing_of_its_bars() -> None:
    performance = perform(WALTZ, 97, 0.02)
    notes = [(note.onset_sec * 1.5, 0.5, note.pitch) for note in performance.notes]
    assert read_written(write_file(notes, [(0, 4, 4)], [0])) == Choices()


def read_score(data: bytes) -> Score:
    """What comes of a written file."""
    return notate_here(read_midi(data), 60.0, read_written(data)).score


def list_places(score: Score) -> list[tuple[float, float]]:
    """Onsets and lengths of the notes in quarters, in order."""
    spans = sorted((note.span.onset_quarter, note.span.duration_quarter) for note in score.notes if note)
    return [(float(onset), float(length)) for onset, length in spans]


def walk(start: float, n_quarters: int = 16, length: float = 1.0) -> list[tuple[float, float, int]]:
    """Quarters up and down from a place on."""
    return [(start + step, length, 60 + (0, 2, 4, 5, 7, 5, 4, 2)[step % 8]) for step in range(n_quarters)]


@pytest.mark.parametrize(("meter", "pickup"), [((4, 4), 3), ((4, 4), 1), ((3, 4), 2), ((4, 4), 0.5), ((6, 8), 0.5)])
@pytest.mark.parametrize("empty_bars", [0, 2])
def test_silence_before_a_pickup_displaces_no_bar_line(meter: tuple[int, int], pickup: float, empty_bars: int) -> None:
    bar = 4 * meter[0] / meter[1]
    first = (empty_bars + 1) * bar
    score = read_score(write_file([(first - pickup, pickup, 67), *walk(first)], [(0, *meter)], []))
    places = list_places(score)
    assert places[:2] == [(-pickup, pickup), (0.0, 1.0)]
    assert (score.meters[0].beats, score.meters[0].beat_type) == meter
    assert pickup <= score.pickup_quarter < pickup + bar / 2


def test_rests_before_a_first_note_in_the_first_beat_of_its_bar_are_its_rests() -> None:
    assert read_score(write_file([(0.5, 0.5, 67), *walk(1.0, 15)], [(0, 4, 4)], [])).pickup_quarter == 0


@pytest.mark.parametrize("bpm", [63.0, 90.0, 112.5, 133.0])
def test_the_tempo_of_a_written_file_is_its_own(bpm: float) -> None:
    assert read_score(write_file(walk(0), [(0, 4, 4)], [], bpm)).tempos == (Tempo(Fraction(0), bpm),)


def test_notes_on_the_beats_of_a_file_without_a_meter_keep_its_beats() -> None:
    data = drop_meters(write_file([*walk(0), *((3.0 * bar, 3.0, 40) for bar in range(5))], [], [], 75.0))
    assert read_written(data).meters == ()
    score = read_score(data)
    assert score.tempos[0].bpm == 75.0
    assert {onset % 1 for onset, _ in list_places(score)} == {0.0}


def test_a_meter_that_is_none_is_left_out_and_not_the_beats() -> None:
    file = pretty_midi.PrettyMIDI(io.BytesIO(write_file(walk(0), [(0, 3, 4), (6, 4, 4)], [])))
    file.time_signature_changes[0].numerator = 40
    buffer = io.BytesIO()
    file.write(buffer)
    assert read_written(buffer.getvalue()).beats_sec[:3] == pytest.approx((0.0, 2 / 3, 4 / 3))


@pytest.mark.parametrize("resolution", [24, 48, 100, 128, 960])
def test_a_file_of_few_ticks_is_written_or_played(resolution: int) -> None:
    notes = [*walk(0, 8), *((8 + step / 3, 1 / 3, 65 + step % 3) for step in range(12)), (12.0, 4.0, 60)]
    score = read_score(write_file(notes, [(0, 4, 4)], [], resolution=resolution))
    assert np.array(list_places(score)) == pytest.approx(np.array([place for *place, _ in notes]))
    played = [(note.onset_sec * 1.5, 0.5, note.pitch) for note in perform(WALTZ, 97, 0.03).notes]
    assert read_written(write_file(played, [(0, 4, 4)], [], resolution=resolution)) == Choices()


@pytest.mark.parametrize("ticks", [-20, 7, 37, 40, 60])
def test_what_comes_late_by_a_constant_is_on_time(ticks: int) -> None:
    notes = [(at + 4 + ticks / 480, length, pitch) for at, length, pitch in walk(0)]
    score = read_score(write_file(notes, [(0, 4, 4)], []))
    assert list_places(score) == [(float(quarter), 1.0) for quarter in range(16)]
    assert score.pickup_quarter == 0


def test_a_track_a_hand_is_a_staff() -> None:
    """Also where the hands cross; a pitch that a person chose to part them goes before it."""
    file = pretty_midi.PrettyMIDI(io.BytesIO(write_file(walk(0), [(0, 4, 4)], [])))
    left = pretty_midi.Instrument(program=0)
    left.notes = [pretty_midi.Note(64, pitch, bar * 8 / 3, bar * 8 / 3 + 4 / 3)
                  for bar, pitch in enumerate((36, 84, 86, 36))]
    file.instruments.append(left)
    buffer = io.BytesIO()
    file.write(buffer)
    performance, written = read_midi(buffer.getvalue()), read_written(buffer.getvalue())
    assert [note.pitch for note in performance.notes if note.hand == 2] == [36, 84, 86, 36]
    score = notate_here(performance, 15.0, written).score
    assert [note.staff for note in score.notes if note] == [note.hand for note in performance.notes]
    score = notate_here(performance, 15.0, replace(written, split_pitch=60)).score
    assert [note.staff for note in score.notes if note] == [2 if note.pitch < 60 else 1 for note in performance.notes]
    back = read_performance(performance_to_dict(performance))
    assert back == performance
