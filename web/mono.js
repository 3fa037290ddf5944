/**
 * Channels become one: their mean, or where they cancel each other, one of them; of several tracks one is chosen.
 *
 * The command line does the same, and py/ottava/listening/mono.py says why.
 */

export const BLOCK_SEC = 0.5;
const CANCELLED_SHARE = 0.25;
const LOUD_SHARE = 0.5;
const QUIET_SHARE = 1e-3;

/** @param {number} rate Hz */
export const countBlock = (rate) => Math.round(BLOCK_SEC * rate);

/**
 * @param {Float32Array[]} channels of a recording, or of a part of it that begins with a block
 * @param {number} rate Hz
 * @param {Float32Array} mono to be filled, as long as the channels
 */
export function mixToMono(channels, rate, mono) {
  const n_block = countBlock(rate);
  for (let first = 0; first < mono.length; first += n_block) {
    const block = channels.map((channel) => channel.subarray(first, first + n_block));
    mixBlock(block, mono.subarray(first, first + n_block));
  }
}

/** @param {Float32Array[]} channels @param {Float32Array} mono all zeros */
function mixBlock(channels, mono) {
  for (const channel of channels) {
    for (let i = 0; i < mono.length; i++)
      mono[i] = /** @type {number} */ (mono[i]) + /** @type {number} */ (channel[i]) / channels.length;
  }
  if (channels.length === 1) return;
  const energies = channels.map(sumSquares);
  const all = energies.reduce((a, b) => a + b);
  if (!(sumSquares(mono) * channels.length ** 2 < CANCELLED_SHARE * all)) return;
  const enough = LOUD_SHARE * Math.max(...energies);
  mono.set(/** @type {Float32Array} */ (channels[energies.findIndex((energy) => energy >= enough)]));
}

/** @param {Float32Array} samples */
function sumSquares(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return sum;
}

/** The mean square of samples. @param {Float32Array} samples */
export const measureEnergy = (samples) => sumSquares(samples) / Math.max(1, samples.length);

/**
 * The first of several tracks that sounds for at least half as long as any other.
 * @param {number[][]} energies of each track, the mean square of its blocks
 */
export function chooseTrack(energies) {
  const loudest = energies.flat().reduce((a, b) => Math.max(a, b), 0);
  const n_sounding = energies.map((track) => track.filter((energy) => energy > QUIET_SHARE * loudest).length);
  const most = Math.max(...n_sounding);
  return n_sounding.findIndex((n) => 2 * n >= most);
}
