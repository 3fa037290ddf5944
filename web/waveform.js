/** How loud a recording is from moment to moment, taken from what is read of it anyway: nothing is decoded twice. */

/** @import { Recording } from "./audio.js" */

export const PEAKS_A_SEC = 100; // an hour takes 360 kB, and a note of 50 ms is seen
const LOUDEST = 255;

/**
 * The recording, which tells what is read of it from its beginning on, or on from a place: the tuning is taken from slices
 * here and there, which would lie like islands in what is blank yet.
 * @param {Recording} recording
 * @param {(peaks: Uint8Array) => void} onPeaks the largest sample of each hundredth of a second, 0..255, so far: always
 *   the same array
 * @returns {Recording}
 */
export function watchPeaks(recording, onPeaks) {
  const samples_a_peak = recording.n_samples / recording.duration_sec / PEAKS_A_SEC;
  const peaks = new Uint8Array(Math.ceil(recording.n_samples / samples_a_peak));
  /** @typedef {{ first_sample: number, samples: Float32Array }} Slice */
  /** @type {Slice | null} */
  let island = null;
  let drawn_sample = 0; // up to here
  /** @param {Slice | null} before @param {number} first_sample */
  const leadsTo = (before, first_sample) =>
    before && first_sample > before.first_sample && first_sample <= before.first_sample + before.samples.length;
  /** @param {Slice} slice */
  const draw = ({ first_sample, samples }) => {
    addPeaks(peaks, first_sample, samples, samples_a_peak);
    drawn_sample = Math.max(drawn_sample, first_sample + samples.length);
  };
  return {
    ...recording,
    async read(first_sample, last_sample) {
      const samples = await recording.read(first_sample, last_sample);
      const is_next = first_sample <= drawn_sample || leadsTo(island, first_sample);
      if (island && leadsTo(island, first_sample)) draw(island); // where a listening goes on that was broken off
      if (is_next) draw({ first_sample, samples });
      island = is_next ? null : { first_sample, samples };
      if (is_next) onPeaks(peaks);
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
