/**
 * Opening a recording: any file the browser decodes becomes mono samples at the listening model's rate.
 *
 * What reads some kinds of files only is imported when such a file comes.
 */

import { messages } from "./messages.js";

const SAMPLE_RATE = 44100; // models/models.json; the browser resamples while it decodes
const SLICED_SEC = 600; // ten minutes decoded at once are 212 MB
const SLICED_BYTES = 2_000_000; // ten minutes of 27 kbit/s: a smaller file needs no look inside
const HEAD_BYTES = 1 << 20; // of an MP3, pictures in its tag included
const LIMIT_MIN = 60; // where the browser cannot decode in slices: stereo as decoded, 1.3 GB, is what a tab can hold
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
 * @property {() => string[]} findWarnings one sentence each, of all that has been read
 * @property {(first_sample: number, last_sample: number) => Promise<Float32Array>} read mono, ±1, last excluded, a copy
 * @property {() => void} close when no more is to be read
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
  // A slice of a file that has gone reads as an empty one.
  const head = await readBytes(file.size > HEAD_BYTES ? file.slice(0, HEAD_BYTES) : file);
  if (file.size === 0) throw new RecordingError(messages.empty);
  const aiff = await tryAiff(file, head);
  const { readMp3 } = await import("./mp3.js");
  const mp3 = aiff ? null : readMp3(new Uint8Array(head), file.size);
  const decodable = aiff ? takeWav(aiff, file.name) : file;
  const opened = (await openLong(decodable, mp3)) ?? (await openShort(decodable, mp3, signal));
  signal.throwIfAborted();
  if (opened.n_samples === 0) throw new RecordingError(messages.noAudio);
  const declared_sec = aiff?.declared_sec ?? (mp3?.counted ? mp3.duration_sec : opened.declared_sec);
  const warnings = declared_sec ? checkComplete(opened.duration_sec, declared_sec) : [];
  return { ...opened, name: file.name, findWarnings: () => [...warnings, ...opened.findWarnings()] };
}

/** @typedef {import("./mp3.js").Mp3} Mp3 */

/** @param {File} file @param {ArrayBuffer} head */
async function tryAiff(file, head) {
  if (new TextDecoder("latin1").decode(head.slice(0, 4)) !== "FORM") return null;
  const { readAiff } = await import("./aiff.js");
  return readAiff(file).catch(() => null); // unreadable: said below
}

/** @param {import("./aiff.js").Aiff} aiff @param {string} name of the file */
function takeWav({ wav, compression }, name) {
  if (wav) return wav;
  throw new RecordingError(
    compression ? messages.namedFormat(name, `AIFF-C ${compression}`) : messages.brokenAiff(name),
  );
}

/** Nothing of a long recording is held but the slice that is read. @param {File} file @param {Mp3 | null} mp3 */
async function openLong(file, mp3) {
  if (file.size < SLICED_BYTES) return null;
  const { openSlices } = await import("./slices.js");
  const slices = await openSlices(file, SAMPLE_RATE, SLICED_SEC, mp3?.padding ?? { first: 0, last: 0 });
  return (
    slices && {
      ...slices,
      findWarnings: () => checkDamage(slices.findDamage()),
      read: (/** @type {number} */ first_sample, /** @type {number} */ last_sample) =>
        slices.read(first_sample, last_sample).catch(() => {
          throw new RecordingError(messages.unreadable);
        }),
    }
  );
}

/** The whole recording is decoded. @param {File} file @param {Mp3 | null} mp3 @param {AbortSignal} signal */
async function openShort(file, mp3, signal) {
  const is_long = mp3 && mp3.duration_sec > LIMIT_MIN * 60 && file.size >= SLICED_BYTES;
  if (is_long || file.size > LIMIT_BYTES) throw new RecordingError(messages.tooLong(LIMIT_MIN));
  const decoded = await decode(file);
  if (decoded.duration > LIMIT_MIN * 60) throw new RecordingError(messages.tooLong(LIMIT_MIN));
  signal.throwIfAborted();
  const mono = await mixToMono(decoded, signal);
  return {
    n_samples: mono.length,
    duration_sec: mono.length / SAMPLE_RATE,
    declared_sec: null,
    findWarnings: () => [],
    read: async (/** @type {number} */ first_sample, /** @type {number} */ last_sample) =>
      mono.slice(first_sample, last_sample),
    close() {},
  };
}

/** @param {Blob} file */
async function readBytes(file) {
  try {
    return await file.arrayBuffer();
  } catch {
    throw new RecordingError(messages.unreadable);
  }
}

/** @param {File} file */
async function decode(file) {
  const bytes = await readBytes(file);
  try {
    return await new OfflineAudioContext(1, 1, SAMPLE_RATE).decodeAudioData(bytes);
  } catch {
    const { nameFormat } = await import("./formats.js");
    const format = await nameFormat(file).catch(() => "");
    const { name } = file;
    throw new RecordingError(format ? messages.namedFormat(name, format) : messages.unknownFormat(name));
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

/** @param {number[]} damage_sec */
function checkDamage(damage_sec) {
  const [first_sec] = damage_sec;
  return first_sec === undefined ? [] : [messages.damaged(first_sec)];
}
