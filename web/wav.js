/** The header of a WAV file: what follows it are the samples as they are. */

const HEADER_BYTES = 44;
const FORMATS = { integer: 1, float: 3 };

/**
 * @typedef {object} Samples how they lie in the file, little-endian, channels side by side
 * @property {number} sample_rate Hz
 * @property {number} n_channels
 * @property {number} n_bytes of one sample
 * @property {"integer" | "float"} kind one byte is unsigned, more are signed
 */

/** @param {Samples} samples @param {number} length of all of them, bytes */
export function writeWavHeader({ sample_rate, n_channels, n_bytes, kind }, length) {
  const view = new DataView(new ArrayBuffer(HEADER_BYTES));
  const write = (/** @type {number} */ at, /** @type {string} */ name) => {
    for (let i = 0; i < 4; i++) view.setUint8(at + i, name.charCodeAt(i));
  };
  write(0, "RIFF");
  view.setUint32(4, HEADER_BYTES - 8 + length, true);
  write(8, "WAVE");
  write(12, "fmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, FORMATS[kind], true);
  view.setUint16(22, n_channels, true);
  view.setUint32(24, sample_rate, true);
  view.setUint32(28, sample_rate * n_channels * n_bytes, true);
  view.setUint16(32, n_channels * n_bytes, true);
  view.setUint16(34, 8 * n_bytes, true);
  write(36, "data");
  view.setUint32(40, length, true);
  return view.buffer;
}
