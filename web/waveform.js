/** How loud a recording is from moment to moment, taken from what is read of it anyway: nothing is decoded twice. */

/** @import { Recording } from "./audio.js" */

export const PEAKS_A_SEC = 100; // an hour takes 360 kB, and a note of 50 ms is seen
const LOUDEST = 255;

/**
 * The recording, which tells what is read of it.
 * @param {Recording} recording
 * @param {(peaks: Uint8Array) => void} onPeaks the largest sample of each hundredth of a second, 0..255, so far: always
 *   the same array
 * @returns {Recording}
 */
export function watchPeaks(recording, onPeaks) {
  const samples_a_peak = recording.n_samples / recording.duration_sec / PEAKS_A_SEC;
  const peaks = new Uint8Array(Math.ceil(recording.n_samples / samples_a_peak));
  return {
    ...recording,
    async read(first_sample, last_sample) {
      const samples = await recording.read(first_sample, last_sample);
      addPeaks(peaks, first_sample, samples, samples_a_peak);
      onPeaks(peaks);
      return samples;
    },
  };
}

/**
 * A peak that lies across two slices is the larger of both; slices may overlap.
 * @param {Uint8Array} peaks
 * @param {number} first_sample
 * @param {Float32Array} samples ±1
 * @param {number} samples_a_peak
 */
function addPeaks(peaks, first_sample, samples, samples_a_peak) {
  let sample = 0;
  while (sample < samples.length) {
    const place = Math.floor((first_sample + sample) / samples_a_peak);
    const end = Math.min(samples.length, Math.max(sample + 1, Math.ceil((place + 1) * samples_a_peak) - first_sample));
    let peak = 0;
    for (; sample < end; sample++) peak = Math.max(peak, Math.abs(/** @type {number} */ (samples[sample])));
    if (place >= 0 && place < peaks.length) {
      peaks[place] = Math.max(/** @type {number} */ (peaks[place]), Math.min(LOUDEST, Math.round(LOUDEST * peak)));
    }
  }
}
