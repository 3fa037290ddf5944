"""Samples to the features that the listening model reads, and whether a recording can be used at all.

Method: Transkun 2.0.1 (Yan and Duan, ISMIR 2024): 229 mel bands (HTK scale, no area normalisation) of the power
spectrum under six windows of 4096 samples every 1024, on a logarithmic scale from 0 (silence). The numbers are the same
but for float32 rounding; of the mel filterbank only the 1472 weights that are not zero are used, for speed.

Conventions: samples are mono float32, about -1..1, at 44.1 kHz; frame i is centred on sample 1024 i.
"""

from functools import cache, lru_cache

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from ottava.datatypes import IntArray
from ottava.errors import TranscriptionError

SAMPLE_RATE = 44100
HOP_SAMPLES = 1024
WINDOW_SAMPLES = 4096
N_MELS = 229
LOWEST_HZ, HIGHEST_HZ = 30.0, 8000.0
FLOOR = 1e-5  # power added before the logarithm, and the zero of the scale
# The learned windows: centre of each Gaussian as a share of the window, its standard deviation as a share of half the
# window. Source: logistic function of winGen.center and winGen.sigma in the checkpoint transkun/pretrained/2.0.pt.
GAUSSIAN_CENTRES = (0.34276254, 0.44638014, 0.49210237, 0.58285449, 0.72003359)
GAUSSIAN_DEVIATIONS = (0.23673051, 0.30765897, 0.65133108, 0.33603143, 0.22925056)
BLOCK_FRAMES = 64  # transformed at once: all 691 of a segment together need 55 MB instead of 10 and half as long again
MINIMUM_SEC = 0.5  # the shortest recording in which there can be a note, its attack and a bit of its sound
# -80 dB of full scale, three steps of 16 bits. Real recordings peak at -17 dB and above (bench/results.md, "No piano"),
# so that even one 40 dB softer is heard whole.
SILENCE_PEAK = 1e-4


def check_length(n_samples: int, sample_rate: int) -> None:
    """Raise TranscriptionError when a recording is empty or too short to hold a note."""
    if n_samples == 0:
        raise TranscriptionError("The recording is empty: there is no sound in the file.")
    if n_samples < MINIMUM_SEC * sample_rate:
        raise TranscriptionError(
            f"The recording is too short ({n_samples / sample_rate:.2f} s): "
            f"at least {MINIMUM_SEC:g} seconds are needed to hear a note."
        )


def check_finite(samples: NDArray[np.float32]) -> None:
    """Raise TranscriptionError when some samples are not numbers."""
    if not np.isfinite(samples).all():
        raise TranscriptionError("The recording is damaged: some of its samples are not numbers; export it again.")


def check_loudness(peak: float) -> None:
    """Raise TranscriptionError when ``peak``, the largest absolute sample of a recording, is that of silence."""
    if peak < SILENCE_PEAK:
        raise TranscriptionError("The recording is silent: check the microphone or the file, and try again.")


def compute_features(samples: NDArray[np.float32], tuning_cents: float = 0.0) -> NDArray[np.float32]:
    """Compute the features of one segment.

    Parameters
    ----------
    samples
        Shape (n_samples,), zeros where the segment reaches beyond the recording.
    tuning_cents
        How far the piano is from A4 = 440 Hz; the features are those of one that is not.

    Returns
    -------
    NDArray
        Shape (1, 6, n_frames, 229) with n_frames = ceil(n_samples / 1024) + 1.
    """
    frames = _split_frames(_normalise_gain(_pad(samples)))
    bins, weights, first_weight = compute_mel_weights(tuning_cents)
    first_bin, last_bin = int(bins.min()), int(bins.max()) + 1
    bins = bins - first_bin
    # reduceat takes indices of the machine's own size only, and that is 32 bits in the browser.
    first_weight = first_weight.astype(np.intp)
    features = np.empty((1, 1 + len(GAUSSIAN_CENTRES), len(frames), N_MELS), np.float32)
    for channel, window in enumerate(compute_windows()):
        for first in range(0, len(frames), BLOCK_FRAMES):
            block = frames[first : first + BLOCK_FRAMES]
            spectrum = np.fft.rfft(block * window, norm="ortho")[:, first_bin:last_bin]
            power = spectrum.real**2 + spectrum.imag**2
            features[0, channel, first : first + BLOCK_FRAMES] = np.add.reduceat(
                power[:, bins] * weights, first_weight, axis=1
            )
    features += np.float32(FLOOR)
    np.log(features, out=features)
    features -= np.float32(np.log(FLOOR))
    features /= np.float32(-np.log(FLOOR))
    return features


@cache
def compute_windows() -> NDArray[np.float32]:
    """Compute the windows, shape (6, 4096): a periodic Hann window and the learned Gaussians."""
    place = np.arange(WINDOW_SAMPLES) / WINDOW_SAMPLES
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * place)
    centre, deviation = np.array(GAUSSIAN_CENTRES)[:, None], np.array(GAUSSIAN_DEVIATIONS)[:, None]
    gaussians = np.exp(-0.5 * ((place - centre) / (deviation / 2)) ** 2)
    return np.vstack([hann, gaussians]).astype(np.float32)


@lru_cache(maxsize=2)
def compute_mel_weights(tuning_cents: float = 0.0) -> tuple[IntArray, NDArray[np.float32], IntArray]:
    """Compute the triangles of the mel bands without their zeros.

    Parameters
    ----------
    tuning_cents
        The bands lie where a piano that is this far from A4 = 440 Hz has its partials: that corrects its tuning, costs
        nothing and leaves time alone.

    Returns
    -------
    tuple
        Shape (n_weights,) bin of the spectrum, shape (n_weights,) weight, ordered by band, and shape (229,) index of
        each band's first weight. Every band has one at least, which `np.add.reduceat` needs.

    References
    ----------
    HTK scale: mel = 2595 log10(1 + hz / 700).
    """
    hz = np.linspace(0, SAMPLE_RATE / 2, WINDOW_SAMPLES // 2 + 1)
    lowest, highest = (2595 * np.log10(1 + edge / 700) for edge in (LOWEST_HZ, HIGHEST_HZ))
    edges = 700 * (10 ** (np.linspace(lowest, highest, N_MELS + 2) / 2595) - 1) * 2 ** (tuning_cents / 1200)
    rising = (hz - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - hz) / np.diff(edges)[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    band, bins = np.nonzero(triangles)
    first_weight = np.searchsorted(band, np.arange(N_MELS))
    return bins.astype(np.int64), triangles[band, bins].astype(np.float32), first_weight.astype(np.int64)


def _pad(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Put zeros around samples: the first frame is centred on the first, the last one on the last or later."""
    n_hops = -(-len(samples) // HOP_SAMPLES)
    padded = np.zeros(n_hops * HOP_SAMPLES + WINDOW_SAMPLES, np.float32)
    padded[WINDOW_SAMPLES // 2 :][: len(samples)] = samples
    return padded


def _normalise_gain(padded: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring samples to mean 0 and deviation 1, each counted as often as it occurs in the frames."""
    n_pieces, n_overlaps = len(padded) // HOP_SAMPLES, WINDOW_SAMPLES // HOP_SAMPLES
    from_ends = np.minimum(np.arange(n_pieces), np.arange(n_pieces)[::-1])
    counts = np.minimum(from_ends + 1, min(n_overlaps, n_pieces - n_overlaps + 1))
    size = counts.sum() * HOP_SAMPLES
    mean = counts @ padded.reshape(n_pieces, HOP_SAMPLES).sum(axis=1, dtype=np.float64) / size
    centred = padded - np.float32(mean)
    energy = counts @ np.square(centred).reshape(n_pieces, HOP_SAMPLES).sum(axis=1, dtype=np.float64)
    centred /= np.float32(np.sqrt(energy / (size - 1)) + 1e-8)
    return centred


def _split_frames(padded: NDArray[np.float32]) -> NDArray[np.float32]:
    """View samples as overlapping frames (n_frames, 4096).

    `as_strided`, as the intermediate shape of `sliding_window_view` overflows the 32-bit sizes of WebAssembly.
    """
    (step,) = padded.strides
    shape = (len(padded) - WINDOW_SAMPLES) // HOP_SAMPLES + 1, WINDOW_SAMPLES
    return as_strided(padded, shape, (HOP_SAMPLES * step, step), writeable=False)
