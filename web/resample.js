/**
 * Another sample rate, one slice at a time: WebCodecs gives a recording's own rate, and the browser's resampling of
 * buffers aliases.
 *
 * Method: polyphase windowed sinc; a sample depends on its place alone, so that slices join without a seam. Kaiser window
 * (Kaiser and Schafer, 1980). Of the lower of the two Nyquist frequencies, what is below 0.88 passes and what is above
 * 1.04 is -80 dB; the little that folds falls above 21 kHz, and the model hears up to 8 kHz.
 */

const ZERO_CROSSINGS = 32; // of the sinc, each side
const KAISER_BETA = 8; // -80 dB
const CUTOFF = 0.96; // middle of the slope, as a share of the lower Nyquist frequency

/**
 * @typedef {object} Resampling
 * @property {number} up samples out for every `down` samples in
 * @property {number} down
 * @property {number} reach samples in that a sample out depends on, each side
 * @property {Float32Array[]} phases for each of `up` places between two samples in, the weights of 2 `reach` samples
 */

/**
 * @param {number} rate_in Hz
 * @param {number} rate_out Hz
 * @returns {Resampling}
 */
export function planResampling(rate_in, rate_out) {
  const divisor = findDivisor(rate_in, rate_out);
  const [up, down] = [rate_out / divisor, rate_in / divisor];
  const cutoff = CUTOFF * Math.min(1, rate_out / rate_in);
  const reach = Math.ceil(ZERO_CROSSINGS / cutoff);
  const middle = besselI0(KAISER_BETA);
  const phases = Array.from({ length: up }, (_, phase) => {
    const weights = Float32Array.from({ length: 2 * reach }, (_, i) => {
      const place = i - reach + 1 - phase / up;
      const edge = Math.max(0, 1 - (place / reach) ** 2);
      return cutoff * sinc(cutoff * place) * (besselI0(KAISER_BETA * Math.sqrt(edge)) / middle);
    });
    const sum = weights.reduce((a, b) => a + b);
    return weights.map((weight) => weight / sum); // a constant stays what it is
  });
  return { up, down, reach, phases };
}

/**
 * Which samples in a slice depends on.
 * @param {Resampling} plan @param {number} first @param {number} last of the slice, last excluded
 * @returns {[number, number]} first, negative at the recording's beginning, and last, excluded
 */
export function findSource({ up, down, reach }, first, last) {
  return [Math.floor((first * down) / up) - reach + 1, Math.floor(((last - 1) * down) / up) + reach + 1];
}

/**
 * @param {Resampling} plan
 * @param {Float32Array} source the samples that `findSource` names
 * @param {number} first @param {number} last of the slice, last excluded
 */
export function resample(plan, source, first, last) {
  const { up, down, reach, phases } = plan;
  const [source_first] = findSource(plan, first, last);
  const out = new Float32Array(last - first);
  for (let n = first; n < last; n++) {
    const at = Math.floor((n * down) / up);
    const weights = /** @type {Float32Array} */ (phases[n * down - at * up]);
    const begin = at - reach + 1 - source_first;
    let sum = 0;
    for (let i = 0; i < weights.length; i++)
      sum += /** @type {number} */ (weights[i]) * /** @type {number} */ (source[begin + i]);
    out[n - first] = sum;
  }
  return out;
}

/** @param {number} x */
const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Modified Bessel function of the first kind, by its power series. @param {number} x */
function besselI0(x) {
  let [sum, term] = [1, 1];
  for (let k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/** The greatest common divisor. @param {number} a @param {number} b */
function findDivisor(a, b) {
  while (b > 0) [a, b] = [b, a % b];
  return a;
}
