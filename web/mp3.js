/**
 * How long an MP3 file says it is, and what its encoder has added to the recording, from its first frame.
 *
 * Source: ISO/IEC 11172-3, 2.4.2.3 (frame header); the "Xing"/"Info" tag that encoders write into the first frame, whose
 * frame count tells a whole file from one that was cut off, and LAME's extension of it, which tells the padding.
 */

const ID3_HEADER_BYTES = 10;
const SEARCH_BYTES = 65536; // junk between the tag and the first frame that is looked through

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

/** @param {Uint8Array} bytes */
function skipId3(bytes) {
  if (String.fromCharCode(...bytes.subarray(0, 3)) !== "ID3") return 0;
  const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(6, 10); // seven bits each
  return ID3_HEADER_BYTES + ((a << 21) | (b << 14) | (c << 7) | d);
}

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
  return { kbps, sample_rate, n_samples, n_bytes, tag_offset: 4 + side_bytes };
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
