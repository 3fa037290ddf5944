"""Recordings that are no solo piano, and sampled pianos beside them: made by FluidSynth, eSpeak NG and formulas.

The instruments are those of the FluidR3 GM sound font. They play pieces of ``data/dev``, and a hymn and a tune of ours.
"""

import shutil
import subprocess
import wave
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pretty_midi
from numpy.typing import NDArray

SOUND_FONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
SAMPLE_RATE = 44100
SECONDS = 40.0
Played = tuple[float, float, int, int]  # onset and offset in seconds, pitch, velocity
Part = tuple[int, bool, list[Played]]  # program, whether it is a drum set, notes

# Programs of General MIDI, counted from 0; the melodic ones play one note at a time.
MELODIC = {
    "bowed strings": {"violin": 40, "cello": 42},
    "brass": {"trumpet": 56},
    "woodwind": {"sax": 65, "oboe": 68, "clarinet": 71, "flute": 73, "recorder": 74},
    "plucked strings": {"bass": 33},
}
CHORDAL = {
    "bowed strings": {"strings": 48, "synth strings": 50},
    "choir, pad": {"choir": 52, "pad": 89},
    "brass": {"brass": 61},
    "organ, accordion": {"organ": 19, "drawbar": 16, "accordion": 21},
    "plucked strings": {"nylon": 24, "steel": 25, "jazz guitar": 26, "distortion": 30, "harp": 46, "pizzicato": 45,
                        "sitar": 104},
    "harpsichord, clavinet": {"harpsichord": 6, "clavinet": 7},
    "electric piano": {"e-piano": 4, "e-piano 2": 5},
    "mallets, music box": {"celesta": 8, "music box": 10, "vibes": 11, "marimba": 12},
    "sampled piano": {"piano": 0, "bright piano": 1, "electric grand": 2, "honky-tonk": 3},
}  # fmt: skip
# These play a slow piece too.
SLOW = ("nylon", "steel", "harp", "harpsichord", "organ", "e-piano", "vibes", *CHORDAL["sampled piano"])
VOICES = ("en", "en+f3", "en+m7", "de", "it", "cmn", "fr+f2", "en+whisper", "en+croak", "sv+f4")
TEXT = (
    "Good evening and welcome. Tonight there will be no piano at all, only this voice that reads a text of some "
    "length, with numbers such as seventeen and forty two, and questions. Is anybody there? Yes, I believe so! The "
    "quick brown fox jumps over the lazy dog, and then it rests for a while in the warm afternoon sun."
)
CHORDS = (
    (50, 57, 62, 65), (48, 55, 64, 67), (53, 57, 60, 69), (46, 58, 62, 65), (43, 58, 62, 67), (45, 57, 61, 64),
    (50, 57, 62, 65), (55, 58, 62, 70), (48, 55, 64, 67), (53, 57, 60, 65),
)  # fmt: skip
TUNE = (62, 65, 69, 67, 65, 64, 62, 61, 62, 69, 74, 72, 70, 69, 67, 65, 64, 65, 67, 69, 65, 62)


def make_counterexamples(folder: Path, maps: Path) -> dict[str, Path]:
    """Make those recordings that are not there yet.

    Parameters
    ----------
    folder
        Where they go.
    maps
        The recordings of dev, whose notes are played.

    Returns
    -------
    dict
        Paths by "class: name"; without those whose program is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    recordings = {f"noise, tones: {name}": folder / f"{name}.wav" for name in make_noises()}
    for name, samples in make_noises().items():
        write_wav(folder / f"{name}.wav", samples)
    if shutil.which("espeak-ng"):
        for voice in VOICES:
            path = recordings[f"speech: {voice}"] = folder / f"speech {voice}.wav"
            subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "-w", str(path), TEXT], check=True)
    if shutil.which("fluidsynth") and SOUND_FONT.is_file():
        for name, parts in list_pieces(maps):
            path = recordings[name] = folder / f"{name.partition(': ')[2]}.wav"
            if not path.is_file():
                render(parts, path)
    return recordings


def list_pieces(maps: Path) -> Iterable[tuple[str, list[Part]]]:
    """Everything that FluidSynth plays, as "class: name" and parts."""
    bach, mozart, debussy, burgmueller = (
        read_notes(maps / f"{name}.notes.tsv")
        for name in ("bach_847_SptkBGCl_0-60", "mz_545_3_ENSTDkCl_0-60", "deb_clai_ENSTDkCl_0-60",
                     "burg_quelle_SptkBGAm_0-60")
    )  # fmt: skip
    hymn = [(1.1 * i, 1.1 * i + 1.05, pitch, 80) for i, chord in enumerate(CHORDS * 4) for pitch in chord
            if 1.1 * i < SECONDS]  # fmt: skip
    tune = [(0.45 * i, 0.45 * i + 0.43, TUNE[i % len(TUNE)] + 12, 90) for i in range(88)]
    line = find_top_line(mozart)
    for group, instruments in MELODIC.items():
        for name, program in instruments.items():
            lower = {"cello": 24, "bass": 36}.get(name, 0)
            yield f"{group}: {name} tune", [(program, False, tune)]
            yield f"{group}: {name} line", [(program, False, [(a, b, p - lower, v) for a, b, p, v in line])]
    for group, instruments in CHORDAL.items():
        for name, program in instruments.items():
            yield f"{group}: {name} Bach", [(program, False, bach)]
            yield f"{group}: {name} hymn", [(program, False, hymn)]
            if name in SLOW:
                yield f"{group}: {name} Debussy", [(program, False, debussy)]
    drums = [(0.25 * i, 0.25 * i + 0.1, 36 if i % 4 == 0 else 38 if i % 4 == 2 else 42, 100) for i in range(160)]
    low = [(0.5 * i, 0.5 * i + 0.45, (38, 38, 45, 43, 41, 41, 36, 45)[i // 4 % 8], 100) for i in range(80)]
    strummed = [
        (1.0 * i, i + 0.9, pitch, 80)
        for i in range(40) for pitch in ((57, 62, 65), (57, 60, 64), (55, 58, 62), (57, 61, 64))[i // 2 % 4]
    ]  # fmt: skip
    octave_lower = [(a, b, p - 12, v) for a, b, p, v in hymn]
    yield "band, orchestra: rock band", [(0, True, drums), (33, False, low), (30, False, strummed), (56, False, tune)]
    yield "band, orchestra: folk band", [(0, True, drums), (32, False, low), (25, False, strummed), (73, False, tune)]
    yield "band, orchestra: drums", [(0, True, drums)]
    yield "band, orchestra: orchestra", [(48, False, hymn), (61, False, octave_lower), (73, False, tune)]
    yield "band, orchestra: quartet", [(40, False, line), (42, False, octave_lower)]
    yield "piano and another: violin", [(0, False, debussy), (40, False, tune)]
    yield "piano and another: flute", [(0, False, mozart), (73, False, tune)]
    yield "piano and another: band", [(0, False, strummed), (0, True, drums), (33, False, low)]
    yield "piano and another: strings", [(0, False, burgmueller), (48, False, hymn)]


def read_notes(path: Path) -> list[Played]:
    """The notes of the first seconds of a recording of dev."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line[:1].isdigit()]
    notes = [(float(a), float(b), int(float(p)), int(float(v))) for a, b, p, v, *_ in rows]
    return [note for note in notes if note[0] < SECONDS]


def find_top_line(notes: list[Played]) -> list[Played]:
    """The highest of the notes struck together, each up to the next."""
    line: list[Played] = []
    for note in sorted(notes):
        if not line or note[0] - line[-1][0] >= 0.03:
            line.append(note)
        elif note[2] > line[-1][2]:
            line[-1] = note
    nexts = [note[0] for note in line[1:]] + [np.inf]
    return [(a, min(b, following), p, v) for (a, b, p, v), following in zip(line, nexts, strict=True)]


def render(parts: list[Part], path: Path) -> None:
    """Have FluidSynth play parts into a wav file."""
    midi = pretty_midi.PrettyMIDI()
    for program, is_drum, notes in parts:
        instrument = pretty_midi.Instrument(program, is_drum)
        instrument.notes = [pretty_midi.Note(v, p, a, max(b, a + 0.05)) for a, b, p, v in notes]
        midi.instruments.append(instrument)
    score = path.with_suffix(".mid")
    midi.write(str(score))
    command = ["fluidsynth", "-ni", "-g", "0.5", "-r", str(SAMPLE_RATE), "-F", str(path), str(SOUND_FONT), str(score)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    score.unlink()


def make_noises() -> dict[str, NDArray[np.float64]]:
    """Noises and tones of 30 s, by name."""
    random = np.random.default_rng(0)
    n = 30 * SAMPLE_RATE
    sec = np.arange(n) / SAMPLE_RATE
    hz = np.maximum(np.fft.rfftfreq(n, 1 / SAMPLE_RATE), 20.0)

    def colour(exponent: float) -> NDArray[np.float64]:
        noise = np.fft.irfft(np.fft.rfft(random.standard_normal(n)) / hz**exponent, n)
        return np.asarray(noise / noise.std())

    claps = np.zeros(n)
    for clap in range(40):
        first = round(clap * 0.7 * SAMPLE_RATE)
        claps[first : first + 2000] = random.standard_normal(2000) * np.exp(-np.arange(2000) / 300)
    sung = 220 * 2 ** (np.round(5 * np.sin(1.3 * sec)) / 12) * (1 + 0.012 * np.sin(2 * np.pi * 5.5 * sec))
    phase = 2 * np.pi * np.cumsum(sung) / SAMPLE_RATE
    return {
        "white noise": 0.1 * colour(0.0),
        "pink noise": 0.1 * colour(0.5),
        "brown noise": 0.1 * colour(1.0),
        "a quiet room": 0.002 * colour(0.5),
        "mains hum": sum((0.2 / k * np.sin(2 * np.pi * 50 * k * sec) for k in range(1, 12)), np.zeros(n)),
        "a tone": 0.3 * np.sin(2 * np.pi * 440 * sec),
        "a sweep": 0.3 * np.sin(2 * np.pi * (100 * sec + 60 * sec**2)),
        "claps": 0.2 * claps,
        "sawtooth with vibrato": sum((0.15 / k * np.sin(k * phase) for k in range(1, 15)), np.zeros(n)),
    }


def write_wav(path: Path, samples: NDArray[np.float64]) -> None:
    """Write samples of -1..1 with 16 bits."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
