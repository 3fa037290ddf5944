"""Render the bundled examples: notes typed in below, played with a little human freedom, sounded by FluidSynth.

    python examples/render.py SOUNDFONT.sf2

writes NAME.mid (what is played) and NAME.mp3 (how it sounds) beside this file. Needs fluidsynth on PATH.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

import av
import pretty_midi

FOLDER = Path(__file__).parent
SAMPLE_RATE = 44100
BIT_RATE = 96_000
# A good amateur's unevenness: standard deviations of onsets and velocities.
ONSET_SPREAD_SEC, VELOCITY_SPREAD = 0.008, 4.0
# The sound font's piano has died away this long after the last key is released.
RING_SEC = 0.5

# One line a bar: "pitch:quarters", pitches of a chord joined by "+".
MINUET_RIGHT = """
D5:1 G4:.5 A4:.5 B4:.5 C5:.5
D5:1 G4:1 G4:1
E5:1 C5:.5 D5:.5 E5:.5 F#5:.5
G5:1 G4:1 G4:1
C5:1 D5:.5 C5:.5 B4:.5 A4:.5
B4:1 C5:.5 B4:.5 A4:.5 G4:.5
F#4:1 G4:.5 A4:.5 B4:.5 G4:.5
A4:3
D5:1 G4:.5 A4:.5 B4:.5 C5:.5
D5:1 G4:1 G4:1
E5:1 C5:.5 D5:.5 E5:.5 F#5:.5
G5:1 G4:1 G4:1
C5:1 D5:.5 C5:.5 B4:.5 A4:.5
B4:1 C5:.5 B4:.5 A4:.5 G4:.5
A4:1 B4:.5 A4:.5 G4:.5 F#4:.5
G4:3
"""
MINUET_LEFT = """
G3+B3+D4:2 A3:1
B3:3
C4:3
B3:3
A3:3
G3:3
D4:1 B3:1 G3:1
D4:1 D3:.5 C4:.5 B3:.5 A3:.5
B3:2 A3:1
G3:1 B3:1 G3:1
C4:3
B3:1 C4:.5 B3:.5 A3:.5 G3:.5
A3:2 F#3:1
G3:2 B3:1
C4:1 D4:1 D3:1
G3:2 G2:1
"""
# The broken chords of the prelude: lower two notes, upper three; each half bar twice.
PRELUDE_CHORDS = ("C4 E4 G4 C5 E5", "C4 D4 A4 D5 F5", "B3 D4 G4 D5 F5")

Played = tuple[float, float, int, float]  # quarter, length in quarters, pitch, weight


def read_hand(text: str, weight: float) -> list[Played]:
    """Read one hand of a piece; weight is the mean velocity."""
    played = []
    quarter = 0.0
    for token in text.split():
        names, length = token.split(":")
        for name in names.split("+"):
            accent = 6 if quarter % 3 == 0 else 0
            played.append((quarter, float(length), pretty_midi.note_name_to_number(name), weight + accent))
        quarter += float(length)
    return played


def read_prelude() -> list[Played]:
    """Two held notes in the left hand, six running sixteenths in the right, twice a bar."""
    played = []
    for half_bar in range(2 * len(PRELUDE_CHORDS)):
        pitches = [pretty_midi.note_name_to_number(name) for name in PRELUDE_CHORDS[half_bar // 2].split()]
        start = 2.0 * half_bar
        played += [(start, 2.0, pitches[0], 62.0), (start + 0.25, 1.75, pitches[1], 54.0)]
        played += [(start + 0.5 + 0.25 * i, 0.25, pitches[2 + i % 3], 56.0) for i in range(6)]
    last = 2.0 * 2 * len(PRELUDE_CHORDS)
    return [*played, *((last, 2.0, pitch, 58.0) for pitch in (48, 60, 64, 67, 72))]


def perform(played: list[Played], bpm: float, bar_quarters: float, pedal: bool, seed: int) -> pretty_midi.PrettyMIDI:
    """Play in tempo with small deviations, a slower last bar, and one pedal a bar where asked for."""
    random = Random(seed)
    end = max(quarter + length for quarter, length, _, _ in played)
    slow_from = end - 2 * bar_quarters

    def seconds(quarter: float) -> float:
        # Half a second of silence first; the last two bars broaden by up to 15 %.
        late = max(0.0, quarter - slow_from)
        return 0.5 + 60 / bpm * (quarter + 0.15 * late**2 / (4 * bar_quarters))

    midi = pretty_midi.PrettyMIDI(initial_tempo=bpm, resolution=960)
    piano = pretty_midi.Instrument(program=0, name="Piano")
    for quarter, length, pitch, weight in sorted(played):
        onset = seconds(quarter) + random.gauss(0, ONSET_SPREAD_SEC)
        release = seconds(quarter + 0.92 * length) + random.gauss(0, ONSET_SPREAD_SEC)
        velocity = round(min(127, max(1, weight + random.gauss(0, VELOCITY_SPREAD))))
        piano.notes.append(pretty_midi.Note(velocity, pitch, onset, max(release, onset + 0.05)))
    if pedal:
        for bar in range(int(end / bar_quarters)):
            piano.control_changes += [
                pretty_midi.ControlChange(64, 127, seconds(bar * bar_quarters) + 0.08),
                pretty_midi.ControlChange(64, 0, seconds((bar + 1) * bar_quarters) - 0.02),
            ]
    midi.instruments.append(piano)
    return midi


def sound(midi_path: Path, soundfont: Path, mp3_path: Path, end_sec: float) -> None:
    """Render a MIDI file to a mono mp3 of about ``end_sec``."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "out.wav"
        subprocess.run(
            ["fluidsynth", "-ni", "-g", "3", "-r", str(SAMPLE_RATE), "-F", str(wav), str(soundfont), str(midi_path)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        with av.open(str(wav)) as source, av.open(str(mp3_path), "w") as target:
            stream = target.add_stream("mp3", rate=SAMPLE_RATE, layout="mono", bit_rate=BIT_RATE)
            resampler = av.AudioResampler(format="s16p", layout="mono", rate=SAMPLE_RATE)
            for frame in source.decode(audio=0):
                if frame.time < end_sec:
                    for mixed in resampler.resample(frame):
                        target.mux(stream.encode(mixed))
            target.mux(stream.encode(None))


def main() -> int:
    """Render both examples."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_file():
        print("usage: python examples/render.py SOUNDFONT.sf2", file=sys.stderr)
        return 2
    minuet = read_hand(MINUET_RIGHT, 72) + read_hand(MINUET_LEFT, 60)
    pieces = {
        "minuet": perform(minuet, bpm=104, bar_quarters=3, pedal=False, seed=114),
        "prelude": perform(read_prelude(), bpm=80, bar_quarters=4, pedal=True, seed=846),
    }
    for name, midi in pieces.items():
        midi.write(str(FOLDER / f"{name}.mid"))
        sound(FOLDER / f"{name}.mid", Path(sys.argv[1]), FOLDER / f"{name}.mp3", midi.get_end_time() + RING_SEC)
        print(f"{name}: {midi.get_end_time():.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
