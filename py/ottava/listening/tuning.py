"""How far a piano is from A4 = 440 Hz.

Method: the peaks of long spectra, taken from slices spread over the recording, are placed by a parabola through their
logarithm (Smith and Serra, PARSHL, ICMC 1987) and laid over one semitone of equal temperament; the tuning is where most
of their weight lies. The mode, not the mean: the fifth and seventh partials, inharmonic strings and noise pull the mean
by up to 4 cents, while most of the weight stays where it is.

Conventions: samples are mono at 44.1 kHz; cents, hundredths of a semitone, positive where the piano is sharp. Nothing
in the sound tells a piano half a semitone flat from one half a semitone sharp on which all is played a semitone lower,
and the listening model is as sure of either (docs/notes.md): it is taken for flat, as pianos sink with the years.
"""

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import Read
from ottava.listening.audio import SAMPLE_RATE, SILENCE_PEAK

# Half a minute tells the tuning within 1 cent in noise as loud as the piano, within 4 cents in a room 3 m away (27
# recordings; bench/results.md, "Tuning").
N_SLICES = 8
SLICE_SEC = 4.0
WINDOW_SAMPLES = 16384  # semitones down to G3 have peaks of their own
# Below, neighbouring notes share a peak; above, strings are stretched and partials are far from equal temperament.
LOWEST_HZ, HIGHEST_HZ = 100.0, 2000.0
FAINTEST_DB = -40.0  # of the loudest peak of its spectrum
SPREAD_CENTS = 5.0  # of the kernel that smooths the histogram
FLATTEST_CENTS = -55.0  # up to 45 cents sharp
# Weight at the mode over the mean weight: the 27 recordings have 1.5 and more, in noise as loud as they are 1.16; noise
# alone has 1.03, 2 s of it 1.08.
LEAST_CONTRAST = 1.15
# The model hears a piano 20 cents off as well as any, loses up to .007 at 30 and nearly everything from 45 on
# (bench/results.md, "Out of the laboratory"): within 15 nothing is gained, and features stay exactly those it learned.
DEAD_CENTS = 15.0
# A tuner speaks of a quarter of a semitone and more; beyond 35 the other reading is nearly as near.
WORTH_SAYING_CENTS, UNSURE_CENTS = 25.0, 35.0


async def estimate_tuning(read: Read, n_samples: int) -> float:
    """Estimate how far a recorded piano is from A4 = 440 Hz.

    Parameters
    ----------
    read, n_samples
        The recording. At most 32 s of it are read, in 8 slices, one at a time.

    Returns
    -------
    float
        Cents, -55..45; 0 where it is within `DEAD_CENTS` or cannot be told.
    """
    cents, contrast = await measure_tuning(read, n_samples)
    return cents if contrast >= LEAST_CONTRAST and abs(cents) > DEAD_CENTS else 0.0


async def measure_tuning(read: Read, n_samples: int) -> tuple[float, float]:
    """Measure a recording's tuning in cents and how clear it is: what `find_mode` gives for all slices together."""
    slice_samples = min(round(SLICE_SEC * SAMPLE_RATE), n_samples)
    n_slices = min(N_SLICES, -(-n_samples // max(slice_samples, 1)))
    histogram = np.zeros(100)
    for first in np.linspace(0, n_samples - slice_samples, n_slices).astype(int).tolist():
        histogram += compute_histogram(await read(first, first + slice_samples))
    return find_mode(histogram)


def describe_tuning(cents: float) -> tuple[str, ...]:
    """Give a sentence where a piano is so far from A4 = 440 Hz that its owner will want to know; else none.

    Where it may as well be off in the other direction, with all notes a semitone away, the sentence says so.
    """
    if abs(cents) < WORTH_SAYING_CENTS:
        return ()
    side, other = ("below", "high") if cents < 0 else ("above", "low")
    sentence = f"The piano is tuned {abs(cents):.0f} cents {side} A4 = 440 Hz; this was corrected."
    if abs(cents) > UNSURE_CENTS:
        sentence += f" If all notes are a semitone too {other}, it is {100 - abs(cents):.0f} cents off the other way."
    return (sentence,)


def compute_histogram(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Weigh the spectral peaks of samples by their distance to the nearest equal-tempered pitch.

    Shape (100,): the weight between -50 and -49 cents comes first. All zero for silence and for what is no number.
    """
    histogram = np.zeros(100)
    window = np.hanning(WINDOW_SAMPLES + 1)[:-1].astype(np.float32)
    for first in range(0, len(samples) - WINDOW_SAMPLES + 1, WINDOW_SAMPLES // 2):
        frame = samples[first : first + WINDOW_SAMPLES]
        if SILENCE_PEAK <= np.abs(frame).max() < np.inf:
            hz, level = _find_peaks(np.abs(np.fft.rfft(frame * window)))
            place = np.floor(1200 * np.log2(hz / 440) + 50).astype(np.intp) % 100
            # The square root of the amplitude: a loud note counts for more, but not for all.
            histogram += np.bincount(place, np.exp(level / 2), minlength=100)
    return histogram


def find_mode(histogram: NDArray[np.float64]) -> tuple[float, float]:
    """Find where most of the weight lies, in cents, and the weight there over the mean weight (0 where there is none).

    `histogram` is that of `compute_histogram`; its ends meet, and it is read from `FLATTEST_CENTS` on.
    """
    if not histogram.any():
        return 0.0, 0.0
    centres = np.arange(100) - 49.5
    distance = (centres - centres[:, None] + 50) % 100 - 50
    smooth = np.exp(-0.5 * (distance / SPREAD_CENTS) ** 2) @ histogram
    mode = int(smooth.argmax())
    near = np.where(np.abs(distance[mode]) <= 2 * SPREAD_CENTS, histogram, 0.0)
    cents = centres[mode] + (near * distance[mode]).sum() / near.sum()
    return float((cents - FLATTEST_CENTS) % 100 + FLATTEST_CENTS), float(smooth[mode] / smooth.mean())


def _find_peaks(magnitude: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies in Hz of the peaks of a spectrum and the logarithms of their amplitudes."""
    first, last = (round(hz * WINDOW_SAMPLES / SAMPLE_RATE) for hz in (LOWEST_HZ, HIGHEST_HZ))
    level = np.log(magnitude[first - 1 : last + 1] + 1e-12)
    left, middle, right = level[:-2], level[1:-1], level[2:]
    faintest = level.max() + FAINTEST_DB * np.log(10) / 20
    (index,) = np.nonzero((middle > left) & (middle >= right) & (middle > faintest))
    left, middle, right = left[index], middle[index], right[index]
    offset = 0.5 * (left - right) / (left - 2 * middle + right)
    return (first + index + offset) * SAMPLE_RATE / WINDOW_SAMPLES, middle
