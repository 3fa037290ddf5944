"""Makes the piano samples of the page out of those that npm has: one microphone, no longer than needed, mp3.

Salamander Grand Piano V3 by Alexander Holm (CC BY 3.0): a sample every three semitones, of the layer that was struck
with velocities 88 to 94; ``web/sampler.js`` darkens it for softer ones. What is made here is kept in ``.cache/``.
"""

import hashlib
import shutil
import tempfile
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from build.wheels import CACHE, ROOT

LAYER = 12
PACKAGE = ROOT / "node_modules" / "@audio-samples" / f"piano-velocity{LAYER}"
LICENCE = ROOT / "build" / "licences" / "salamander.txt"
PITCHES = range(21, 106, 3)  # without the highest: the fundamental of that C8 is a semitone sharp
STEPS = {0: "C", 3: "D#", 6: "F#", 9: "A"}

SAMPLE_RATE = 44100
# mp3 opens in every browser, Ogg not in every Safari. Above 64 kbit/s a difference in mono could not be heard.
BIT_RATE = 64_000
# Few notes are held longer; the last seconds fade out.
LONGEST_SEC, FADE_SEC = 10.0, 3.0
# Silence before the hammer would be a delay: the attack is where the sound reaches this part of its peak.
ATTACK, BEFORE_ATTACK_SEC = 0.01, 0.002


def build_samples(out: Path) -> None:
    """Write ``<pitch>.mp3`` of every third pitch, and the licence, into a new folder."""
    origins = [Path(__file__).read_bytes(), (PACKAGE / "package.json").read_bytes(), av.__version__.encode()]
    digest = hashlib.sha256(b"".join(origins))
    kept = CACHE / "samples" / digest.hexdigest()[:16]
    if not kept.is_dir():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as temporary:
            made = Path(temporary, "samples")
            made.mkdir()
            for pitch in PITCHES:
                name = f"{STEPS[pitch % 12]}{pitch // 12 - 1}v{LAYER}.ogg"
                write_mp3(trim_sample(read_stereo(PACKAGE / "audio" / name)), made / f"{pitch}.mp3")
            made.rename(kept)
    shutil.copytree(kept, out)
    shutil.copy(LICENCE, out / "LICENSE.txt")


def read_stereo(path: Path) -> NDArray[np.float32]:
    """Decode a recording; gives two rows of samples at 44.1 kHz."""
    resampler = av.AudioResampler("fltp", "stereo", SAMPLE_RATE)
    with av.open(str(path)) as container:
        parts = [part.to_ndarray() for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    return np.concatenate(parts, axis=1).astype(np.float32)


def trim_sample(stereo: NDArray[np.float32]) -> NDArray[np.float32]:
    """Take one channel from the attack on, as loud as both, with an end that fades.

    One, because the two microphones stood apart: mixed, they cancel each other (the A below middle C: by 5 dB).
    """
    left = stereo[0]
    louder = np.sqrt(np.mean(stereo**2) / np.mean(left**2))
    attack = int(np.argmax(np.abs(left) > ATTACK * np.abs(left).max()))
    first = max(0, attack - round(BEFORE_ATTACK_SEC * SAMPLE_RATE))
    mono = left[first : first + round(LONGEST_SEC * SAMPLE_RATE)] * louder
    n_fade = min(len(mono), round(FADE_SEC * SAMPLE_RATE))
    mono[-n_fade:] *= np.cos(np.linspace(0, np.pi / 2, n_fade)) ** 2
    return np.asarray(mono, np.float32)


def write_mp3(mono: NDArray[np.float32], path: Path) -> None:
    """Encode mono samples; the same samples give the same bytes."""
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libmp3lame", rate=SAMPLE_RATE, layout="mono", bit_rate=BIT_RATE)
        frame = av.AudioFrame.from_ndarray(mono[np.newaxis, :], format="fltp", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
