"""Beats: when the listener would tap a foot.

Method: onset strength from the note list; the beat period followed over time by Viterbi on a tempogram
(autocorrelation in windows); beat times by dynamic programming towards that period (Ellis, "Beat Tracking by Dynamic
Programming", JNMR 36, 2007). Differs from it: notes instead of audio, a period that changes, a looser tempo cost
(strict settings of audio trackers halve the score on human playing; bench/results.md, "Beats").
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ottava.datatypes import Note
from ottava.paths import best_path

FRAME_RATE = 50  # Hz: a frame is 20 ms, well inside the 70 ms tolerance of beat scores
# Onsets blur over this standard deviation: chords spread and beats are not exact.
BLUR_SEC = 0.04
# Tempogram: windows long enough for several beats, one column a second.
WINDOW_SEC = 10.0
COLUMN_SEC = 1.0
SHORTEST_PERIOD_SEC, LONGEST_PERIOD_SEC = 0.25, 1.5
# The four below: coarse search on folds 0 and 1 of data/train (bench/results.md, "Beats").
LIKELY_PERIOD_SEC = 0.5
SHORTEST_BEAT_SEC = 0.05  # of those that are given: 1200 a minute
PERIOD_SPREAD_OCTAVES = 1.2
TEMPO_CHANGE_COST = 20.0
IRREGULARITY_COST = 4.0
# Low notes mark the beat more often than high ones: weight of a note one octave below middle C against one above.
BASS_WEIGHT = 0.3


def track_beats(notes: Sequence[Note], duration_sec: float, beat_bpm: float | None = None) -> NDArray[np.float64]:
    """Track the beats of a performance.

    Parameters
    ----------
    notes
        Sorted by onset; at least one.
    duration_sec
        The length of the recording; beats cover all notes, also where this is shorter.
    beat_bpm
        Where given, the beats a minute to look for.

    Returns
    -------
    ndarray, shape (n_beats,), float64
        Increasing times in seconds, n_beats >= 2; the first is at or before the first onset, the last at or after the
        last onset.
    """
    strength = compute_onset_strength(notes, duration_sec)
    periods = _follow_period(strength, beat_bpm)
    frames = _place_beats(strength, periods)
    last_sec = max(note.onset_sec for note in notes)
    return cover_notes(frames / FRAME_RATE, notes[0].onset_sec, last_sec, periods / FRAME_RATE)


def compute_onset_strength(notes: Sequence[Note], duration_sec: float) -> NDArray[np.float64]:
    """Onset strength, shape (n_frames,) at FRAME_RATE, with unit root mean square."""
    onsets = np.array([note.onset_sec for note in notes])
    weights = np.array([
        (0.3 + note.velocity / 127)
        * (1 + BASS_WEIGHT * np.clip((60 - note.pitch) / 12, -1, 2))
        * min(1.0, 0.5 + (note.offset_sec - note.onset_sec))
        for note in notes
    ])
    n_frames = int(np.ceil(max(duration_sec, float(onsets.max())) * FRAME_RATE)) + FRAME_RATE
    strength = np.bincount(np.round(onsets * FRAME_RATE).astype(np.int64), weights, n_frames)
    # Chords count more than single notes, but not in proportion.
    half = int(3 * BLUR_SEC * FRAME_RATE) + 1
    kernel = np.exp(-0.5 * (np.arange(-half, half + 1) / FRAME_RATE / BLUR_SEC) ** 2)
    strength = np.sqrt(np.convolve(strength, kernel, "same"))
    return np.asarray(strength / max(1e-9, float(np.sqrt(np.mean(strength**2)))))


def _follow_period(strength: NDArray[np.float64], beat_bpm: float | None) -> NDArray[np.float64]:
    """Beat period in frames for every frame of ``strength``."""
    lags = np.arange(int(SHORTEST_PERIOD_SEC * FRAME_RATE), int(LONGEST_PERIOD_SEC * FRAME_RATE) + 1)
    likely, spread = (LIKELY_PERIOD_SEC, PERIOD_SPREAD_OCTAVES) if beat_bpm is None else (60.0 / beat_bpm, 0.1)
    prior = -0.5 * (np.log2(lags / FRAME_RATE / likely) / spread) ** 2
    step = int(COLUMN_SEC * FRAME_RATE)
    columns = np.arange(0, len(strength), step)
    salience = np.stack([_autocorrelate(strength, int(centre), lags) for centre in columns])
    change = TEMPO_CHANGE_COST * np.log2(lags[:, None] / lags[None, :]) ** 2
    path = best_path(salience * 4.0 + prior, change)
    return np.asarray(np.interp(np.arange(len(strength)), columns, lags[path].astype(float)))


def _autocorrelate(strength: NDArray[np.float64], centre: int, lags: NDArray[np.int64]) -> NDArray[np.float64]:
    """Normalised autocorrelation at ``lags``, with the lag's double helping it, in a window about ``centre``."""
    half = int(WINDOW_SEC * FRAME_RATE / 2)
    window = strength[max(0, centre - half) : centre + half]
    window = window - window.mean()
    n_fft = 1 << int(np.ceil(np.log2(len(window) + 2 * lags[-1])))
    power = np.abs(np.fft.rfft(window, n_fft)) ** 2
    correlation = np.fft.irfft(power, n_fft)
    correlation /= max(1e-9, float(correlation[0]))
    return np.asarray((correlation[lags] + 0.5 * correlation[2 * lags]) / 1.5)


def _place_beats(strength: NDArray[np.float64], periods: NDArray[np.float64]) -> NDArray[np.int64]:
    """Beat frames: the chain that collects the most strength with intervals near the period."""
    n_frames = len(strength)
    total = strength.copy()
    back = np.full(n_frames, -1, np.int64)
    for frame in range(n_frames):
        period = periods[frame]
        gaps = np.arange(max(1, int(period / 2)), int(period * 2) + 1)
        gaps = gaps[gaps <= frame]
        if len(gaps):
            reach = total[frame - gaps] - IRREGULARITY_COST * np.log2(gaps / period) ** 2
            best = int(np.argmax(reach))
            if reach[best] > 0:
                total[frame] += reach[best]
                back[frame] = frame - gaps[best]
    # The chain ends in the last period, at its best frame.
    tail = int(periods[-1]) + 1
    frame = n_frames - tail + int(np.argmax(total[-tail:]))
    frames = []
    while frame >= 0:
        frames.append(frame)
        frame = int(back[frame])
    return np.array(frames[::-1], np.int64)


def cover_notes(
    times_sec: NDArray[np.float64],
    first_sec: float,
    last_sec: float,
    periods_sec: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Trim beats that lie outside the notes and go on at the local period to cover all of them.

    Parameters
    ----------
    times_sec
        Increasing; two at least, or ``periods_sec`` given. Without it those that follow at once are left out: in steps
        of a nanosecond the notes would never be covered.
    first_sec, last_sec
        Of the notes' onsets.
    periods_sec
        Of which the first and the last hold at the ends; the first and the last interval where it is None.
    """
    if periods_sec is None:
        times_sec = _drop_bounces(times_sec)
    periods = np.diff(times_sec) if periods_sec is None else periods_sec
    first_period, last_period = float(periods[0]), float(periods[-1])
    # A note up to a quarter beat early belongs to the beat.
    times = [t for t in times_sec if first_sec - 0.75 * first_period < t < last_sec + 0.75 * last_period]
    times = times or [first_sec]
    while times[0] > first_sec + 0.25 * first_period:
        times.insert(0, times[0] - first_period)
    while times[-1] < last_sec or len(times) < 2:
        times.append(times[-1] + last_period)
    return np.array(times)


def _drop_bounces(times_sec: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two beats at least, none at once after another."""
    kept = [float(times_sec[0])]
    for time_sec in times_sec[1:].tolist():
        if time_sec - kept[-1] >= SHORTEST_BEAT_SEC:
            kept.append(time_sec)
    return np.array(kept if len(kept) > 1 else [kept[0], kept[0] + LIKELY_PERIOD_SEC])


def estimate_tempo(times_sec: NDArray[np.float64]) -> float:
    """Beats a minute of the piece: of the median interval, as a metronome would be set.

    Parameters
    ----------
    times_sec
        Beat times, shape (n_beats,), n_beats >= 2.
    """
    return 60.0 / float(np.median(np.diff(times_sec)))
