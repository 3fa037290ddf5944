"""MIDI files as other programs write and break them: what sounds is read, what is left out is said."""

import warnings

import pytest

from ottava.datatypes import Choices, Pedal
from ottava.errors import TranscriptionError
from ottava.files.midi import read_midi, read_written
from ottava.files.project import performance_to_dict, read_performance
from tests.damage import make_damaged, read_shared_midi
from tests.performances import notate_here

QUARTER = 480
TUNE = (60, 62, 64, 65, 67, 65, 64, 62)
END = b"\x00\xff\x2f\x00"
TEMPO = b"\x00\xff\x51\x03" + (625_000).to_bytes(3, "big")  # 96
METER = b"\x00\xff\x58\x04\x03\x02\x18\x08"
KEY = b"\x00\xff\x59\x02\x02\x00"
QUARTER_SEC = 0.625


def number(value: int) -> bytes:
    """Of variable length."""
    begin = number(value >> 7) if value > 127 else b""
    return bytes(byte | 128 for byte in begin) + bytes([value & 127])


def note(pitch: int, ticks: int = QUARTER, channel: int = 0, wait: int = 0, velocity: int = 80) -> bytes:
    """On and off."""
    return number(wait) + bytes([0x90 | channel, pitch, velocity]) + number(ticks) + bytes([0x80 | channel, pitch, 0])


def play(pitches: tuple[int, ...] = TUNE, channel: int = 0) -> bytes:
    """Quarters, one after another."""
    return b"".join(note(pitch, channel=channel) for pitch in pitches)


def text(kind: int, words: bytes) -> bytes:
    """A meta message of words: 3 the name of a track, 5 a lyric."""
    return b"\x00\xff" + bytes([kind]) + number(len(words)) + words


def program(value: int, channel: int = 0) -> bytes:
    return b"\x00" + bytes([0xC0 | channel, value])


def chunk(name: bytes, content: bytes, length: int | None = None) -> bytes:
    return name + (len(content) if length is None else length).to_bytes(4, "big") + content


def build(*tracks: bytes, kind: int = 1, division: bytes = QUARTER.to_bytes(2, "big"), n_tracks: int = 0) -> bytes:
    """A file of tracks, to each of which an end is added."""
    header = kind.to_bytes(2, "big") + (n_tracks or len(tracks)).to_bytes(2, "big") + division
    return chunk(b"MThd", header) + b"".join(chunk(b"MTrk", track + END) for track in tracks)


def list_pitches(data: bytes) -> list[int]:
    return [one.pitch for one in read_midi(data).notes]


@pytest.fixture(autouse=True)
def _no_warnings() -> None:
    """None of Python's may reach a terminal."""
    warnings.simplefilter("error")


WHOLE = build(TEMPO + METER + play())
BODY = TEMPO + METER + play()
WRAPPED = {
    "RIFF": b"RIFF" + (len(WHOLE) + 12).to_bytes(4, "little") + b"RMIDdata" + len(WHOLE).to_bytes(4, "little") + WHOLE,
    "MacBinary": b"\0\x08tune.mid" + bytes(118) + WHOLE,
    "junk before": b"\r\n\r\n" + WHOLE,
    "junk after": WHOLE + bytes(100),
    "text after": WHOLE + b"\r\n<!-- saved -->",
    "two files": WHOLE + WHOLE,
    "a foreign chunk before": WHOLE[:14] + chunk(b"XFIH", b"\x90\x3c\x40") + WHOLE[14:],
    "a foreign chunk after": WHOLE + chunk(b"XFKM", b"words"),
    "a long header": chunk(b"MThd", WHOLE[8:14] + b"\0\0") + WHOLE[14:],
    "too many tracks": build(BODY, n_tracks=9),
    "too few tracks": build(TEMPO + METER, play(), n_tracks=1),
    "no track counted": WHOLE[:10] + b"\0\0" + WHOLE[12:],
    "an empty track": build(TEMPO + METER, play()) + chunk(b"MTrk", b""),
    "an empty track before": WHOLE[:14] + chunk(b"MTrk", b"") + WHOLE[14:],
    "no end": WHOLE[:14] + chunk(b"MTrk", BODY),
    "length 0": WHOLE[:14] + chunk(b"MTrk", BODY + END, 0),
    "length too small": WHOLE[:14] + chunk(b"MTrk", BODY + END, 30),
    "length too large": WHOLE[:14] + chunk(b"MTrk", BODY + END, 0xFFFFFFFF),
    "length too large, then a track": WHOLE[:14] + chunk(b"MTrk", TEMPO + METER + END, 0x7FFFFFFF)
    + chunk(b"MTrk", play() + END),
    "a key of nine sharps": build(b"\x00\xff\x59\x02\x09\x00" + BODY),
    "an empty key": build(b"\x00\xff\x59\x00" + BODY),
    "a key of no mode": build(b"\x00\xff\x59\x02\x02\x07" + BODY),
    "tempo 0": build(TEMPO + METER + play(TUNE[:4]) + b"\x00\xff\x51\x03\0\0\0" + play(TUNE[4:])),
    "a tempo of one byte": build(b"\x00\xff\x51\x01\x07" + BODY),
    "meter 0/4": build(b"\x00\xff\x58\x04\x00\x02\x18\x08" + BODY),
    "an empty meter": build(b"\x00\xff\x58\x00" + BODY),
    "a system message of high bytes": build(b"\x00\xf0\x05\x43\xff\x90\x80\xf7" + BODY),
    "a clock": build(b"\x00\xf8\x00\xfe\x00\xf2\x01\x02" + BODY),
    "data of no message": build(b"\x00\x40" + BODY),
    "a mark forty hours later": build(BODY + number(0x0FFFFFF) + b"\xff\x06\x01x"),
    "a tempo forty hours later": build(BODY + number(0x0FFFFFF) + TEMPO[1:]),
    "lyrics": build(TEMPO + METER, text(5, b"Al-") + text(1, b"\\le") + text(5, b"\xff\x90\x3c"), play()),
    "text in no encoding": build(text(3, b"\xe9\x80\xff") + BODY),
}  # fmt: skip


@pytest.mark.parametrize("name", WRAPPED)
def test_a_file_with_one_oddity_is_read(name: str) -> None:
    performance, written = read_midi(WRAPPED[name]), read_written(WRAPPED[name])
    assert [one.pitch for one in performance.notes] == [*TUNE]
    onsets = [one.onset_sec for one in performance.notes]
    assert onsets == pytest.approx([index * QUARTER_SEC for index in range(8)])
    assert [meter[1:] for meter in written.meters] == [(3, 4)]


@pytest.mark.parametrize("name", ["a key of nine sharps", "tempo 0", "meter 0/4"])
def test_a_sign_that_cannot_be_is_said(name: str) -> None:
    assert read_midi(WRAPPED[name]).remarks == (
        "Left out of this MIDI file: a tempo, meter or key that cannot be.",
    )  # fmt: skip


def test_a_whole_file_says_nothing() -> None:
    assert read_midi(WHOLE).remarks == ()


def test_a_byte_too_large_costs_no_other_note() -> None:
    loud = note(62, velocity=200)
    performance = read_midi(build(TEMPO + play((60,)) + loud + play((64, 65))))
    assert [(one.pitch, one.velocity) for one in performance.notes] == [(60, 80), (62, 127), (64, 80), (65, 80)]


@pytest.mark.parametrize("n_lost", range(1, 40))
def test_what_was_cut_off_is_said(n_lost: int) -> None:
    performance = read_midi(WHOLE[:-n_lost])
    n_notes = len(performance.notes)
    assert [one.pitch for one in performance.notes] == [*TUNE[:n_notes]]
    assert n_notes >= 8 - -(-n_lost // 8)
    assert any("cut off" in remark for remark in performance.remarks)


@pytest.mark.parametrize("division", [b"\xe7\x28", b"\xe8\x50", b"\xe3\x04", b"\xe2\x50"])
def test_frames_of_a_film_are_seconds(division: bytes) -> None:
    frame_rate = {0xE7: 25, 0xE8: 24, 0xE3: 29.97, 0xE2: 30}[division[0]]
    data = build(TEMPO + play(), division=division)
    assert read_midi(data).notes[1].onset_sec == pytest.approx(QUARTER / (frame_rate * division[1]), rel=1e-4)
    assert read_written(data) == Choices()  # it knows no beats


@pytest.mark.parametrize(
    "tracks",
    [
        (play(), TEMPO + METER + KEY),
        (b"", TEMPO + METER + KEY + play()),
        (TEMPO + METER + KEY, TEMPO + METER + KEY + play(), TEMPO + METER + KEY),
        (TEMPO, METER + KEY + play()),
    ],
)
def test_tempo_meter_and_key_stand_in_any_track(tracks: tuple[bytes, ...]) -> None:
    written = read_written(build(*tracks))
    assert written.beats_sec[:3] == pytest.approx([0, QUARTER_SEC, 2 * QUARTER_SEC])
    assert (written.meters, written.keys) == (((0.0, 3, 4),), ((0.0, 2, "major"),))


def test_of_two_meters_at_once_that_of_the_first_track_counts() -> None:
    other = METER.replace(b"\x03\x02", b"\x04\x02")
    assert read_written(build(METER + play(), other)).meters == ((0.0, 3, 4),)


@pytest.mark.parametrize("fifths", [-7, -6, 0, 6, 7])
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_a_key_is_as_the_file_has_it(fifths: int, mode: str) -> None:
    key = b"\x00\xff\x59\x02" + bytes([fifths & 255, mode == "minor"])
    assert read_written(build(TEMPO, key + play())).keys == ((0.0, fifths, mode),)


def test_a_key_before_the_first_note_is_that_of_the_beginning() -> None:
    late = number(QUARTER) + KEY[1:] + play()
    assert [key[1:] for key in read_written(build(TEMPO, late)).keys] == [(2, "major")]
    later = play() + b"\x00" + KEY[1:] + play()
    assert read_written(build(TEMPO, later)).keys == ()  # that before it is not said


def test_the_patterns_of_format_2_follow_one_another() -> None:
    data = build(TEMPO + METER + play((60, 62)), play((64, 65)), kind=2)
    onsets = [one.onset_sec / QUARTER_SEC for one in read_midi(data).notes]
    assert onsets == pytest.approx([0, 1, 3, 4])  # from the next bar line on


def on(pitch: int, wait: int = 0) -> bytes:
    return number(wait) + bytes([0x90, pitch, 80])


def off(pitch: int, wait: int = 0) -> bytes:
    return number(wait) + bytes([0x80, pitch, 0])


def list_spans(*tracks: bytes) -> list[tuple[int, float, float]]:
    """Pitch, onset and end in quarters."""
    notes = read_midi(build(TEMPO, *tracks)).notes
    return [(one.pitch, round(one.onset_sec / QUARTER_SEC, 2), round(one.offset_sec / QUARTER_SEC, 2)) for one in notes]


def test_keys_that_do_not_end_last_to_the_end_of_their_track() -> None:
    mark = number(2 * QUARTER) + b"\xff\x06\x01x"
    assert list_spans(play((60,)) + on(64) + on(67) + mark) == [(60, 0, 1), (64, 1, 3), (67, 1, 3)]


def test_a_last_key_at_the_end_of_its_track_lasts_to_that_of_the_file_or_a_quarter() -> None:
    assert list_spans(on(60)) == [(60, 0, 1)]
    assert list_spans(on(60), play((72, 74))) == [(60, 0, 2), (72, 0, 1), (74, 1, 2)]


def test_a_key_whose_end_is_missing_is_struck_again() -> None:
    missing = on(60) + on(60, QUARTER) + off(60, QUARTER)
    assert list_spans(missing) == [(60, 0, 1), (60, 1, 2)]


def test_a_key_that_is_held_while_the_file_waits_for_hours_ends() -> None:
    assert list_spans(on(60) + number(0x0FFFFFF) + b"\xff\x06\x01x") == [(60, 0, 16)]


def test_a_key_that_is_released_hours_later_ends() -> None:
    assert list_spans(on(60) + off(60, 0x0FFFFFF) + play((62,))) == [(60, 0, 16)]


@pytest.mark.parametrize("control", [120, 123, 126])
def test_all_notes_off_ends_them(control: int) -> None:
    ends = number(QUARTER) + bytes([0xB0, control, 0])
    assert list_spans(on(60) + on(64) + ends + on(62) + ends) == [(60, 0, 1), (64, 0, 1), (62, 1, 2)]


def test_notes_of_no_length_last_to_the_next_one() -> None:
    clicks = on(60) + off(60) + on(62, QUARTER // 2) + off(62) + on(64, 4 * QUARTER) + off(64)
    assert list_spans(clicks) == [(60, 0, 0.5), (62, 0.5, 1.5), (64, 4.5, 5.5)]


def test_two_notes_on_one_key_are_both_kept() -> None:
    voices = on(60) + on(60) + off(60, QUARTER) + off(60, 3 * QUARTER)
    assert sorted(list_spans(voices)) == [(60, 0, 1), (60, 0, 4)]
    # A release at the tick of the next press is that of the one before.
    assert list_spans(on(60) + on(60, QUARTER) + off(60) + off(60, QUARTER)) == [(60, 0, 1), (60, 1, 2)]


def test_a_part_that_is_doubled_is_written_once() -> None:
    assert list_pitches(build(TEMPO, play(), play(channel=1))) == [*TUNE]


def test_notes_beyond_the_piano_are_counted() -> None:
    performance = read_midi(build(TEMPO + play((12, 60, 20, 109, 62))))
    assert [one.pitch for one in performance.notes] == [60, 62]
    assert performance.remarks == ("Left out of this MIDI file: 3 notes beyond the keys of a piano.",)


def test_notes_hours_later_are_counted() -> None:
    performance = read_midi(build(TEMPO + play() + note(60, wait=0x0FFFFFF)))
    assert len(performance.notes) == len(TUNE)
    assert performance.remarks == ("Left out of this MIDI file: 1 note after a pause of more than 4000 quarters.",)


DRUMS = play((36, 38, 36, 38), channel=9)


@pytest.mark.parametrize(
    ("tracks", "pitches", "remark"),
    [
        ((play(), program(33, 1) + play((36, 36), 1), DRUMS), TUNE, "6 notes of other instruments (bass, drums)"),
        ((program(0) + play(), text(3, b"Strings 1") + play((72,), 1)), TUNE, "1 note of other"),
        ((program(73) + play(), text(3, b"Klavier") + program(88, 1) + play((48,), 1)), (48,), "8 notes of other"),
        ((text(3, b"Treble") + play(), text(3, b"Bass") + play((48,), 1)), (*TUNE, 48), ""),
        ((program(73) + play(), program(40, 1) + play((48,), 1)), (*TUNE, 48), "written down was: flutes, strings."),
        ((text(3, b"Organ") + program(19) + play(), DRUMS), TUNE, "written down was: Organ."),
        ((text(3, b"Trumpet Voluntary") + play(),), TUNE, ""),
        ((text(3, b"Piano Man") + program(0) + play() + program(33, 1) + play((36,), 1),), TUNE, "1 note of other"),
        ((play(channel=9),), TUNE, "the channel of drums"),
        ((program(0) + play((60,)) + program(48) + play((62,)),), (60,), "(strings or voices)"),
    ],
)  # fmt: skip
def test_of_a_band_the_piano_is_taken(tracks: tuple[bytes, ...], pitches: tuple[int, ...], remark: str) -> None:
    performance = read_midi(build(TEMPO + METER, *tracks))
    assert sorted(one.pitch for one in performance.notes) == sorted(pitches)
    assert remark in " ".join(performance.remarks)
    assert bool(performance.remarks) == bool(remark)


def test_names_of_parts_are_printable_and_few() -> None:
    others = [text(3, b"Violin\x1b[2J %d" % index + b"; " * 99) + play((60,), 1) for index in range(20)]
    (remark,) = read_midi(build(TEMPO, play(), *others)).remarks
    assert remark.isprintable()
    assert len(remark) < 250


def test_pedals_in_a_track_of_their_own_belong_to_the_notes() -> None:
    pedal = b"\x00\xb0\x40\x7f" + number(QUARTER) + b"\xb0\x40\x00"
    assert read_midi(build(TEMPO, play(), pedal)).pedals == (Pedal(0.0, QUARTER_SEC, "sustain"),)


def test_a_pedal_is_lifted_after_the_last_key() -> None:
    pedal = b"\x00\xb0\x40\x7f" + note(60) + number(QUARTER) + b"\xb0\x40\x00"
    assert read_midi(build(TEMPO + pedal)).pedals == (Pedal(0.0, 2 * QUARTER_SEC, "sustain"),)
    late = b"\x00\xb0\x40\x7f" + note(60) + number(0x0FFFFFF) + b"\xb0\x40\x00"
    assert read_midi(build(TEMPO + late)).pedals == (Pedal(0.0, QUARTER_SEC, "sustain"),)


def test_what_was_left_out_is_told_with_the_score_and_kept_with_the_piece() -> None:
    performance = read_midi(build(TEMPO + METER + play((12, *TUNE))))
    assert read_performance(performance_to_dict(performance)) == performance
    assert notate_here(performance, 6.0).warnings == performance.remarks


# As a program writes it that saves bytes, and one that says everything in every track.
RUNNING = build(TEMPO + METER + b"\x00\x90\x3c\x50" + b"\x83\x60\x3c\x00\x00\x40\x50\x83\x60\x40\x00" * 9, kind=0)
TALKING = build(
    METER + TEMPO,
    *(KEY + text(3, b"Piano") + program(0, hand) + b"\x00" + bytes([0xB0 | hand]) + b"\x79\0\0\x64\0\0\x65\0\0\x06\x0c"
      + b"\x00\xff\x21\x01\x00" + play(channel=hand) for hand in (0, 1)),
)  # fmt: skip


@pytest.mark.parametrize("number", range(70))
def test_what_other_programs_write_may_be_damaged(number: int) -> None:
    """Whatever is done to it, it is read, or there is a sentence."""
    name, data = make_damaged({"running": ("mid", RUNNING), "talking": ("mid", TALKING), **read_shared_midi()}, number)
    try:
        performance = read_midi(data)
    except TranscriptionError as error:
        assert str(error).startswith("This "), name
        return
    written = read_written(data)
    assert read_performance(performance_to_dict(performance)) == performance
    assert [*written.beats_sec] == sorted(set(written.beats_sec))
    assert all(one.offset_sec > one.onset_sec and 21 <= one.pitch <= 108 for one in performance.notes)


def test_a_file_without_notes_says_nothing_of_its_beats() -> None:
    assert read_written(build(TEMPO + METER + KEY)) == Choices()


@pytest.mark.parametrize("data", [WHOLE[:13], WHOLE[:12] + b"\0\0" + WHOLE[14:], WHOLE[:12] + b"\xe7\0" + WHOLE[14:]])
def test_a_file_that_says_no_length_of_a_tick_is_damaged(data: bytes) -> None:
    with pytest.raises(TranscriptionError, match="damaged"):
        read_midi(data)


def test_numbers_are_as_the_standard_has_them() -> None:
    assert [number(value) for value in (0, 127, 128, 0x3FFF, 0x4000)] == [
        b"\0", b"\x7f", b"\x81\0", b"\xff\x7f", b"\x81\x80\0",
    ]  # fmt: skip
