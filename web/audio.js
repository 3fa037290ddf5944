/** Opening a recording: any file the browser decodes becomes mono samples at the listening model's rate. */

import { messages } from "./messages.js";
import { readMp3Duration } from "./mp3.js";

const SAMPLE_RATE = 44100; // models/models.json; the browser resamples while it decodes
const LIMIT_MIN = 60; // stereo as decoded, 1.3 GB, is about what a tab can hold
const LIMIT_BYTES = 1.4e9; // an hour of 96 kHz, 16 bit, stereo
const MIX_SAMPLES = 1 << 20; // mixed in one go: 5 to 10 ms

/** Frames of decoder delay and padding, and rounding, stay far below this share. */
const CUT_OFF_SHARE = 0.03;
const CUT_OFF_SEC = 0.5;

/**
 * @typedef {object} Recording
 * @property {string} name of the file
 * @property {number} n_samples
 * @property {number} duration_sec
 * @property {string[]} warnings one sentence each
 * @property {(first_sample: number, last_sample: number) => Float32Array} read mono, ±1, last excluded, a copy
 */

/** A recording cannot be used; the message is one sentence for the reader. */
export class RecordingError extends Error {}

/**
 * @param {File} file
 * @param {AbortSignal} signal
 * @returns {Promise<Recording>}
 * @throws {RecordingError} with the sentence to show
 */
export async function openRecording(file, signal) {
  if (file.size > LIMIT_BYTES) throw new RecordingError(messages.tooLong(LIMIT_MIN));
  const bytes = await readBytes(file);
  if (bytes.byteLength === 0) throw new RecordingError(messages.empty);
  const declared = readMp3Duration(new Uint8Array(bytes));
  if (declared && declared.duration_sec > LIMIT_MIN * 60) throw new RecordingError(messages.tooLong(LIMIT_MIN));
  signal.throwIfAborted();
  const decoded = await decode(bytes, file.name);
  if (decoded.length === 0) throw new RecordingError(messages.noAudio);
  if (decoded.duration > LIMIT_MIN * 60) throw new RecordingError(messages.tooLong(LIMIT_MIN));
  signal.throwIfAborted();
  const mono = await mixToMono(decoded, signal);
  const duration_sec = mono.length / SAMPLE_RATE;
  return {
    name: file.name,
    n_samples: mono.length,
    duration_sec,
    warnings: declared?.counted ? checkComplete(duration_sec, declared.duration_sec) : [],
    read: (first_sample, last_sample) => mono.slice(first_sample, last_sample),
  };
}

/** @param {File} file */
async function readBytes(file) {
  try {
    return await file.arrayBuffer();
  } catch {
    throw new RecordingError(messages.unreadable);
  }
}

/** @param {ArrayBuffer} bytes @param {string} name */
async function decode(bytes, name) {
  try {
    return await new OfflineAudioContext(1, 1, SAMPLE_RATE).decodeAudioData(bytes);
  } catch {
    throw new RecordingError(messages.unknownFormat(name));
  }
}

/**
 * The mean of all channels, in slices, so that the page stays alive.
 * @param {AudioBuffer} decoded
 * @param {AbortSignal} signal
 */
async function mixToMono(decoded, signal) {
  const n_channels = decoded.numberOfChannels;
  const mono = new Float32Array(decoded.length);
  const channels = Array.from({ length: n_channels }, (_, channel) => decoded.getChannelData(channel));
  for (let first = 0; first < mono.length; first += MIX_SAMPLES) {
    const slice = mono.subarray(first, first + MIX_SAMPLES);
    for (const channel of channels) {
      const samples = channel.subarray(first, first + MIX_SAMPLES);
      for (let i = 0; i < slice.length; i++)
        slice[i] = /** @type {number} */ (slice[i]) + /** @type {number} */ (samples[i]) / n_channels;
    }
    await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
  }
  return mono;
}

/** @param {number} duration_sec @param {number} declared_sec */
function checkComplete(duration_sec, declared_sec) {
  const missing_sec = declared_sec - duration_sec;
  const is_cut_off = missing_sec > Math.max(CUT_OFF_SEC, CUT_OFF_SHARE * declared_sec);
  return is_cut_off ? [messages.cutOff(duration_sec, declared_sec)] : [];
}
