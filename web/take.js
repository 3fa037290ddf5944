/** What was recorded: samples of 24 bits, all that a sound card gives, in blobs that the browser may keep on disk. */

import { writeWavHeader } from "./wav.js";

const SAMPLE_BYTES = 3;
const FULL_SCALE = 2 ** 23;
const PART_BYTES = 1 << 20; // 7 s at 48 kHz

export class Take {
  /** The loudest of each block that was added, 0..1. @type {number[]} */
  peaks = [];
  n_samples = 0;
  /** @type {Blob[]} */
  #parts = [];
  /** @type {Uint8Array<ArrayBuffer>[]} */
  #recent = [];
  #n_recent = 0;

  /** @param {number} sample_rate Hz */
  constructor(sample_rate) {
    this.sample_rate = sample_rate;
  }

  get duration_sec() {
    return this.n_samples / this.sample_rate;
  }

  /** @param {Float32Array} samples @param {number} peak of them */
  append(samples, peak) {
    const bytes = encode(samples);
    this.peaks.push(Math.min(1, peak));
    this.n_samples += samples.length;
    this.#recent.push(bytes);
    this.#n_recent += bytes.length;
    if (this.#n_recent >= PART_BYTES) this.#store();
  }

  /** @param {number} first_sec @param {number} last_sec */
  async read(first_sec, last_sec) {
    return decode(new Uint8Array(await this.#slice(first_sec, last_sec).arrayBuffer()));
  }

  /** @param {string} name @param {number} first_sec @param {number} last_sec */
  writeWav(name, first_sec, last_sec) {
    const samples = this.#slice(first_sec, last_sec);
    const { sample_rate } = this;
    const format = /** @type {const} */ ({ sample_rate, n_channels: 1, n_bytes: SAMPLE_BYTES, kind: "integer" });
    return new File([writeWavHeader(format, samples.size), samples], name, { type: "audio/wav" });
  }

  /** @param {number} first_sec @param {number} last_sec */
  #slice(first_sec, last_sec) {
    this.#store();
    const [first, last] = [first_sec, last_sec].map((sec) => Math.round(sec * this.sample_rate) * SAMPLE_BYTES);
    return new Blob(this.#parts).slice(first, last);
  }

  #store() {
    if (this.#n_recent > 0) this.#parts.push(new Blob(this.#recent));
    this.#recent = [];
    this.#n_recent = 0;
  }
}

/** @param {Float32Array} samples */
function encode(samples) {
  const bytes = new Uint8Array(samples.length * SAMPLE_BYTES);
  let at = 0;
  for (const sample of samples) {
    const number = Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, Math.round(sample * FULL_SCALE)));
    bytes[at++] = number;
    bytes[at++] = number >> 8;
    bytes[at++] = number >> 16;
  }
  return bytes;
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
function decode(bytes) {
  const view = new DataView(bytes.buffer);
  const samples = new Float32Array(bytes.length / SAMPLE_BYTES);
  for (let i = 0; i < samples.length; i++) {
    const at = i * SAMPLE_BYTES;
    samples[i] = (view.getUint8(at) | (view.getUint8(at + 1) << 8) | (view.getInt8(at + 2) << 16)) / FULL_SCALE;
  }
  return samples;
}
