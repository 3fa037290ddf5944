/**
 * The frames of a FLAC file, each of which says where it belongs: where some are damaged, decoders leave them out.
 *
 * Source: RFC 9639, 8 (metadata) and 9.1 (frame header), 9.3 (checksum of a frame).
 */

/** @import { Piece } from "./pieces.js" */

const MARK_BYTES = 4; // "fLaC"
const LEAST_FRAME_BYTES = 10;
const MOST_TRIES = 4;

/** @typedef {{ at: number, number: number }} Header */
/** @typedef {{ at: number, end: number, number: number }} Frame */

/**
 * @param {Uint8Array<ArrayBuffer>} bytes the file
 * @returns {Piece[]} runs of whole frames, each with the file's metadata before it; none where the frames are not of one
 *   length
 */
export function findFlacPieces(bytes) {
  const begin = skipMetadata(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const n_frame = view.getUint16(MARK_BYTES + 6); // the longest block; so long are all but the last
  const rate = view.getUint32(MARK_BYTES + 14) >>> 12;
  if (view.getUint16(MARK_BYTES + 4) !== n_frame || rate === 0) return [];
  const frames = findFrames(bytes, begin);
  /** @type {Frame[][]} */
  const runs = [];
  frames.forEach((frame, i) => {
    if (frames[i - 1]?.number !== frame.number - 1) runs.push([]);
    runs.at(-1)?.push(frame);
  });
  let next = 0; // number of the frame that should follow
  return runs.map((run) => {
    const [first, last] = [/** @type {Frame} */ (run[0]), /** @type {Frame} */ (run.at(-1))];
    const gap_sec = (Math.max(0, first.number - next) * n_frame) / rate;
    next = last.number + 1;
    const blob = new Blob([bytes.subarray(0, begin), bytes.subarray(first.at, last.end)]);
    return { blob, gap_sec, end_sec: null, resume: () => [] };
  });
}

/** @param {Uint8Array} bytes @returns where the first frame should begin */
function skipMetadata(bytes) {
  let at = MARK_BYTES;
  for (let is_last = false; !is_last && at + 4 <= bytes.length; ) {
    const [kind = 0, a = 0, b = 0, c = 0] = bytes.subarray(at, at + 4);
    is_last = kind >= 0x80;
    at += 4 + ((a << 16) | (b << 8) | c);
  }
  return at;
}

/** Those whose checksum is right. @param {Uint8Array} bytes @param {number} begin */
function findFrames(bytes, begin) {
  /** @type {Frame[]} */
  const frames = [];
  let header = findHeader(bytes, begin);
  while (header) {
    const end = findEnd(bytes, header.at);
    if (end > 0) frames.push({ ...header, end });
    header = findHeader(bytes, end || header.at + LEAST_FRAME_BYTES);
  }
  return frames;
}

/**
 * A frame ends where a header follows; what looks like one may be chance.
 * @param {Uint8Array} bytes
 * @param {number} at
 * @returns {number} 0 where the frame is damaged
 */
function findEnd(bytes, at) {
  let [end, sum] = [at + LEAST_FRAME_BYTES, computeSum16(bytes, at, at + LEAST_FRAME_BYTES, 0)];
  for (let n_tried = 0; n_tried < MOST_TRIES && end < bytes.length; n_tried++) {
    const next = findHeader(bytes, end)?.at ?? bytes.length;
    sum = computeSum16(bytes, end, next, sum);
    if (sum === 0) return next;
    sum = computeSum16(bytes, next, next + 1, sum);
    end = next + 1;
  }
  return 0;
}

/** The next header whose checksum is right. @param {Uint8Array} bytes @param {number} from @returns {Header | null} */
function findHeader(bytes, from) {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    if (bytes[at + 1] !== 0xf8) continue; // frames of one length
    const [length, number] = readNumber(bytes, at + 4);
    const sizes = /** @type {number} */ (bytes[at + 2]);
    const n_size = sizes >> 4 === 6 ? 1 : sizes >> 4 === 7 ? 2 : 0;
    const n_rate = (sizes & 15) === 12 ? 1 : (sizes & 15) === 13 || (sizes & 15) === 14 ? 2 : 0;
    const n_bytes = 4 + length + n_size + n_rate;
    if (length > 0 && computeSum8(bytes, at, at + n_bytes) === bytes[at + n_bytes]) return { at, number };
  }
  return null;
}

/** As UTF-8 writes numbers. @param {Uint8Array} bytes @param {number} at @returns {[length: number, number: number]} */
function readNumber(bytes, at) {
  const first = bytes[at] ?? 0xff;
  const n_ones = Math.clz32(~(first << 24));
  if (n_ones === 0) return [1, first];
  if (n_ones === 1 || n_ones > 6) return [0, 0];
  let number = first & (0x7f >> n_ones);
  for (const byte of bytes.subarray(at + 1, at + n_ones)) number = number * 64 + (byte & 0x3f);
  return [n_ones, number];
}

const TABLE_8 = Uint8Array.from({ length: 256 }, (_, byte) => shift(byte, 0x07, 0x80));
const TABLE_16 = Uint16Array.from({ length: 256 }, (_, byte) => shift(byte << 8, 0x8005, 0x8000));

/** @param {number} rest @param {number} polynomial @param {number} top bit */
function shift(rest, polynomial, top) {
  let shifted = rest;
  for (let bit = 0; bit < 8; bit++) shifted = (shifted << 1) ^ (shifted & top ? polynomial : 0);
  return shifted;
}

/** @param {Uint8Array} bytes @param {number} first @param {number} end */
function computeSum8(bytes, first, end) {
  let sum = 0;
  for (let at = first; at < end; at++) sum = /** @type {number} */ (TABLE_8[sum ^ /** @type {number} */ (bytes[at])]);
  return sum;
}

/** @param {Uint8Array} bytes @param {number} first @param {number} end @param {number} before sum of what is before */
function computeSum16(bytes, first, end, before) {
  let sum = before;
  for (let at = first; at < end; at++) {
    sum = ((sum << 8) & 0xff00) ^ /** @type {number} */ (TABLE_16[(sum >> 8) ^ /** @type {number} */ (bytes[at])]);
  }
  return sum;
}
