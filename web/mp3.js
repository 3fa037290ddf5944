/**
 * How long an MP3 file says it is, and what its encoder has added to the recording, from its first frame; and its runs
 * of whole frames, where it is damaged or several were joined.
 *
 * Source: ISO/IEC 11172-3, 2.4.2.3 (frame header); the "Xing"/"Info" tag that encoders write into the first frame, whose
 * frame count tells a whole file from one that was cut off, and LAME's extension of it, which tells the padding.
 */

/** @import { Piece } from "./pieces.js" */

const ID3_HEADER_BYTES = 10;
const SEARCH_BYTES = 65536; // junk between the tag and the first frame that is looked through

const TAGS = ["ID3", "TAG", "APETAGEX"]; // what is no sound between two files that were joined
const SPARED_FRAMES = 4; // that decoders and padding may take from a run

const DECODER_DELAY = 529; // samples, of every decoder; the tag counts the encoder's only

const BITRATES_KBPS = {
  mpeg1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  mpeg2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};
const SAMPLE_RATES_HZ = [44100, 48000, 32000]; // MPEG-1; half of it MPEG-2, a quarter MPEG-2.5

/**
 * @typedef {object} Mp3
 * @property {number} duration_sec padding included
 * @property {boolean} counted when the file states its number of frames; else the length follows from the first bitrate
 * @property {{ first: number, last: number }} padding samples before and after the recording
 */

/**
 * @param {Uint8Array} bytes the file, or its beginning up to the first sound
 * @param {number} n_bytes of the file
 * @returns {Mp3 | null} null when this is no MP3
 */
export function readMp3(bytes, n_bytes) {
  const start = skipId3(bytes);
  const end = Math.min(bytes.length - 4, start + SEARCH_BYTES);
  for (let at = start; at < end; at++) {
    const frame = readFrame(bytes, at);
    if (!frame) continue;
    const n_frames = readFrameCount(bytes, at + frame.tag_offset);
    const padding = readPadding(bytes, at + frame.tag_offset);
    if (n_frames > 0) return { duration_sec: (n_frames * frame.n_samples) / frame.sample_rate, counted: true, padding };
    // One header may be chance; the next frame must follow where this one ends.
    if (!readFrame(bytes, at + frame.n_bytes)) continue;
    return { duration_sec: ((n_bytes - at) * 8) / (frame.kbps * 1000), counted: false, padding };
  }
  return null;
}

/** @typedef {{ key: string, frame_sec: number, places: number[], end: number, gap_bytes: number }} Run of whole frames */

/**
 * @param {Uint8Array<ArrayBuffer>} bytes the file
 * @param {Blob} file
 * @returns {Piece[]} none when this is no MP3
 */
export function findMp3Pieces(bytes, file) {
  const runs = findRuns(bytes);
  const n_bytes = runs.reduce((sum, { places, end }) => sum + end - /** @type {number} */ (places[0]), 0);
  const sec = runs.reduce((sum, { places, frame_sec }) => sum + places.length * frame_sec, 0);
  return runs.map((run, i) => {
    const gap_sec = i === 0 ? 0 : (run.gap_bytes * sec) / n_bytes;
    return makePiece(run, 0, gap_sec, file);
  });
}

/**
 * @param {Run} run
 * @param {number} first frame
 * @param {number} gap_sec
 * @param {Blob} file
 * @returns {Piece}
 */
function makePiece(run, first, gap_sec, file) {
  const n_frames = run.places.length - first;
  return {
    blob: file.slice(run.places[first], run.end),
    gap_sec,
    end_sec: null,
    resume(decoded_sec) {
      const n_decoded = Math.ceil(decoded_sec / run.frame_sec);
      if (n_frames - n_decoded <= SPARED_FRAMES) return [];
      const next = first + n_decoded + SPARED_FRAMES - 1;
      return [makePiece(run, next, (next - first) * run.frame_sec - decoded_sec, file)];
    },
  };
}

/** @param {Uint8Array} bytes */
function findRuns(bytes) {
  /** @type {Run[]} */
  const runs = [];
  let run = /** @type {Run | null} */ (null);
  let ended = skipId3(bytes);
  for (let at = ended; at + 4 <= bytes.length; ) {
    const frame = readFrame(bytes, at);
    const key = frame && `${frame.sample_rate} ${frame.is_mono}`;
    if (!frame || !key || at + frame.n_bytes > bytes.length || (key !== run?.key && !isFollowed(bytes, at, frame))) {
      run = null;
      at++;
      continue;
    }
    if (key !== run?.key) {
      const between = new TextDecoder("latin1").decode(bytes.subarray(ended, at));
      const gap_bytes = TAGS.some((tag) => between.includes(tag)) ? 0 : at - ended;
      run = { key, frame_sec: frame.n_samples / frame.sample_rate, places: [], end: at, gap_bytes };
      runs.push(run);
    }
    run.places.push(at);
    at += frame.n_bytes;
    run.end = at;
    ended = at;
  }
  return runs;
}

/** One header may be chance; the next frames must follow where this one ends. @param {Uint8Array} bytes @param {number} at @param {Frame} frame */
function isFollowed(bytes, at, frame) {
  const next = readFrame(bytes, at + frame.n_bytes);
  const third = next && readFrame(bytes, at + frame.n_bytes + next.n_bytes);
  return [next, third].every((other) => other?.sample_rate === frame.sample_rate && other.is_mono === frame.is_mono);
}

/** @param {Uint8Array} bytes */
function skipId3(bytes) {
  if (String.fromCharCode(...bytes.subarray(0, 3)) !== "ID3") return 0;
  const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(6, 10); // seven bits each
  return ID3_HEADER_BYTES + ((a << 21) | (b << 14) | (c << 7) | d);
}

/** @typedef {NonNullable<ReturnType<typeof readFrame>>} Frame */

/** @param {Uint8Array} bytes @param {number} at */
function readFrame(bytes, at) {
  const [sync = 0, kind = 0, rates = 0, mode = 0] = bytes.subarray(at, at + 4);
  if (sync !== 0xff || (kind & 0xe0) !== 0xe0) return null;
  const version = (kind >> 3) & 3; // 3 MPEG-1, 2 MPEG-2, 0 MPEG-2.5
  const is_layer3 = ((kind >> 1) & 3) === 1;
  const kbps = BITRATES_KBPS[version === 3 ? "mpeg1" : "mpeg2"][rates >> 4];
  const base_rate = SAMPLE_RATES_HZ[(rates >> 2) & 3];
  if (version === 1 || !is_layer3 || !kbps || !base_rate) return null;
  const sample_rate = base_rate / (version === 3 ? 1 : version === 2 ? 2 : 4);
  const n_samples = version === 3 ? 1152 : 576;
  const n_bytes = Math.floor(((n_samples / 8) * kbps * 1000) / sample_rate) + ((rates >> 1) & 1);
  const is_mono = mode >> 6 === 3;
  const side_bytes = version === 3 ? (is_mono ? 17 : 32) : is_mono ? 9 : 17;
  return { kbps, sample_rate, n_samples, n_bytes, is_mono, tag_offset: 4 + side_bytes };
}

/** The frame count of a Xing or Info tag at `at`; 0 where there is none. @param {Uint8Array} bytes @param {number} at */
function readFrameCount(bytes, at) {
  const name = String.fromCharCode(...bytes.subarray(at, at + 4));
  const has_count = ((bytes[at + 7] ?? 0) & 1) === 1;
  if ((name !== "Xing" && name !== "Info") || !has_count || at + 12 > bytes.length) return 0;
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + 8);
}

/** @param {Uint8Array} bytes @param {number} at a tag with all its fields */
function readPadding(bytes, at) {
  const encoder = String.fromCharCode(...bytes.subarray(at + 120, at + 124));
  if (!["LAME", "Lavf", "Lavc"].includes(encoder)) return { first: 0, last: 0 };
  const [a = 0, b = 0, c = 0] = bytes.subarray(at + 141, at + 144); // twelve bits each
  const last = (((b & 15) << 8) | c) - DECODER_DELAY;
  return { first: ((a << 4) | (b >> 4)) + DECODER_DELAY, last: Math.max(0, last) };
}
