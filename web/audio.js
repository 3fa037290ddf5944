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
const MIX_BLOCKS = 24; // mixed in one go: 5 to 10 ms

/** Frames of decoder delay and padding, and rounding, stay far below this share. */
const CUT_OFF_SHARE = 0.03;
const CUT_OFF_SEC = 0.5;
const LEFT_OUT_SEC = 0.15; // by a decoder that stops at damage or passes it over; padding is less
const NEAR_SEC = 0.5; // holes that are nearer are told as one
const MOST_PLACES = 3; // that a sentence names

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
  const findWarnings = () => {
    const damage = opened.findWarnings();
    // Without time stamps what is missing may have been where the hole is.
    const sentence = mp3 && damage.length > 0 ? messages.partMissing : messages.cutOff;
    return [...damage, ...checkComplete(opened.duration_sec, declared_sec ?? 0, sentence)];
  };
  return { ...opened, name: file.name, findWarnings };
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
    compression ? messages.closedFormat(name, `AIFF-C ${compression}`) : messages.brokenAiff(name),
  );
}

/** Nothing of a long recording is held but the slice that is read. @param {File} file @param {Mp3 | null} mp3 */
const openLong = (file, mp3) => (file.size < SLICED_BYTES ? null : openSliced(file, SLICED_SEC, mp3));

/** @param {File} file @param {number} minimum_sec @param {Mp3 | null} mp3 */
async function openSliced(file, minimum_sec, mp3) {
  const { openSlices } = await import("./slices.js");
  const slices = await openSlices(file, SAMPLE_RATE, minimum_sec, mp3?.padding ?? { first: 0, last: 0 });
  return (
    slices && {
      ...slices,
      findWarnings: () => checkDamage(slices.findDamage(), slices.duration_sec),
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
  const stamped = (await hasTimeStamps(file)) && (await readTracks(file));
  if (stamped && stamped.n_tracks > 1) {
    const sliced = await openSliced(file, 0, null);
    if (sliced) return sliced;
  }
  const { mono, holes_sec } = await decodeWhole(file, mp3 !== null, signal);
  if (stamped && stamped.duration_sec - mono.length / SAMPLE_RATE > LEFT_OUT_SEC) {
    const sliced = await openSliced(file, 0, null);
    if (sliced) return sliced;
  }
  return {
    n_samples: mono.length,
    duration_sec: mono.length / SAMPLE_RATE,
    declared_sec: null,
    findWarnings: () => checkDamage(holes_sec, Infinity),
    read: async (/** @type {number} */ first_sample, /** @type {number} */ last_sample) =>
      mono.slice(first_sample, last_sample),
    close() {},
  };
}

/** Whether it is MP4 or Matroska, which may hold several tracks. @param {File} file */
async function hasTimeStamps(file) {
  const head = new TextDecoder("latin1").decode(await readBytes(file.slice(0, 8)));
  return head.startsWith("\x1a\x45\xdf\xa3") || head.endsWith("ftyp");
}

/** @param {File} file */
async function readTracks(file) {
  const { readFacts } = await import("./slices.js");
  return readFacts(file);
}

/** @param {File} file @param {boolean} is_mp3 @param {AbortSignal} signal @returns {Promise<{ mono: Float32Array, holes_sec: [number, number][] }>} */
async function decodeWhole(file, is_mp3, signal) {
  const { findPieces, joinPieces } = await import("./pieces.js");
  const pieces = await findPieces(file, is_mp3);
  if (pieces.length > 0) {
    const joined = await joinPieces(pieces, SAMPLE_RATE, (blob) => decodeMono(blob, signal));
    signal.throwIfAborted();
    if (joined.mono.length > 0) return joined;
  }
  const mono = await decodeMono(file, signal).catch((error) => {
    if (error instanceof RecordingError || signal.aborted) throw error;
    return nameProblem(file);
  });
  return { mono, holes_sec: [] };
}

/** @param {Blob} file */
async function readBytes(file) {
  try {
    return await file.arrayBuffer();
  } catch {
    throw new RecordingError(messages.unreadable);
  }
}

/** @param {Blob} file @param {AbortSignal} signal */
async function decodeMono(file, signal) {
  const decoded = await new OfflineAudioContext(1, 1, SAMPLE_RATE).decodeAudioData(await readBytes(file));
  if (decoded.duration > LIMIT_MIN * 60) throw new RecordingError(messages.tooLong(LIMIT_MIN));
  signal.throwIfAborted();
  return mixInSlices(decoded, signal);
}

/** @param {File} file @returns {Promise<never>} */
async function nameProblem(file) {
  const { nameFormat } = await import("./formats.js");
  const { format, is_recording } = await nameFormat(file).catch(() => ({ format: "", is_recording: false }));
  if (!format) throw new RecordingError(messages.unknownFormat(file.name));
  const say = is_recording ? messages.closedFormat : messages.namedFormat;
  throw new RecordingError(say(file.name, format));
}

/**
 * Mixes in slices, so that the page stays alive.
 * @param {AudioBuffer} decoded
 * @param {AbortSignal} signal
 */
async function mixInSlices(decoded, signal) {
  const { mixToMono, countBlock } = await import("./mono.js");
  const n_slice = MIX_BLOCKS * countBlock(SAMPLE_RATE);
  const mono = new Float32Array(decoded.length);
  const channels = Array.from({ length: decoded.numberOfChannels }, (_, channel) => decoded.getChannelData(channel));
  for (let first = 0; first < mono.length; first += n_slice) {
    const slice = (/** @type {Float32Array} */ samples) => samples.subarray(first, first + n_slice);
    mixToMono(channels.map(slice), SAMPLE_RATE, slice(mono));
    await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
  }
  return mono;
}

/** @param {number} duration_sec @param {number} declared_sec @param {typeof messages.cutOff} sentence */
function checkComplete(duration_sec, declared_sec, sentence) {
  const missing_sec = declared_sec - duration_sec;
  const is_cut_off = missing_sec > Math.max(CUT_OFF_SEC, CUT_OFF_SHARE * declared_sec);
  return is_cut_off ? [sentence(duration_sec, declared_sec)] : [];
}

/** @param {[number, number][]} holes_sec in order @param {number} duration_sec with what is missing at the end @returns {string[]} */
function checkDamage(holes_sec, duration_sec) {
  const [last_begin, last_end] = holes_sec.at(-1) ?? [0, 0];
  if (duration_sec - last_end < CUT_OFF_SEC) {
    return [...checkDamage(holes_sec.slice(0, -1), Infinity), messages.cutOff(last_begin, duration_sec)];
  }
  if (holes_sec.length === 0) return [];
  /** @type {[number, number][]} */
  const places = [];
  for (const [begin, end] of holes_sec) {
    const before = places.at(-1);
    if (before && begin - before[1] < NEAR_SEC) before[1] = end;
    else places.push([Math.floor(begin), Math.ceil(end)]);
  }
  return [messages.damaged(places.slice(0, MOST_PLACES), Math.max(0, places.length - MOST_PLACES))];
}
