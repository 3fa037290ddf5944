/**
 * AIFF and AIFF-C become WAV, which is the same samples the other way round: everything that decodes, resamples and
 * slices long recordings then serves both. Browsers but Safari do not open AIFF.
 *
 * Format: Audio Interchange File Format AIFF-C, draft of 26 August 1991, Apple.
 */

import { writeWavHeader } from "./wav.js";

/** @import { Samples } from "./wav.js" */

const BLOCK_BYTES = 3 << 18; // turned round in one go: four times as many took 100 ms on a busy machine; fits all samples
const MOST_CHUNKS = 1000; // a damaged file may seem to have millions
const MOST_CHANNELS = 32; // what browsers decode
const RATES = { lowest: 3000, highest: 768_000 }; // what browsers make buffers of, Hz

/**
 * @typedef {object} Aiff
 * @property {File | null} wav null where the samples cannot be used
 * @property {string} compression four letters; of samples that cannot be used, empty where the file is damaged
 * @property {number} declared_sec
 */

/** @typedef {{ at: number, length: number }} Place in the file */

/**
 * @param {File} file
 * @returns {Promise<Aiff | null>} null: not an AIFF file
 */
export async function readAiff(file) {
  const head = new DataView(await file.slice(0, 12).arrayBuffer());
  if (head.byteLength < 12 || readName(head, 0) !== "FORM" || !/^AIF[FC]$/.test(readName(head, 8))) return null;
  const { common, sound } = await findChunks(file);
  const format = common && readCommon(new DataView(await slice(file, common).arrayBuffer()));
  const broken = { wav: null, compression: "", declared_sec: 0 };
  if (!format || !sound) return broken;
  const { n_frames, sample_rate, n_channels, compression } = format;
  const declared_sec = n_frames / sample_rate;
  const coding = findCoding(compression, Math.ceil(format.bits / 8));
  if (!coding) return { wav: null, compression, declared_sec };

  const offset = new DataView(await slice(file, { at: sound.at, length: 8 }).arrayBuffer()).getUint32(0);
  const begin = sound.at + 8 + offset;
  const n_bytes_frame = coding.n_bytes * n_channels;
  const n_held = Math.max(0, Math.floor((sound.at + sound.length - begin) / n_bytes_frame));
  if (n_held === 0) return broken;
  const samples = slice(file, { at: begin, length: Math.min(n_held, n_frames) * n_bytes_frame });
  const blocks = await turnBlocks(samples, coding);
  const length = blocks.reduce((sum, { size }) => sum + size, 0);
  const header = writeWavHeader({ sample_rate, n_channels, ...coding.written }, length);
  return { wav: new File([header, ...blocks], file.name), compression, declared_sec };
}

/** @param {Blob} file @param {Place} place */
const slice = (file, { at, length }) => file.slice(at, at + length);

/** @param {DataView} view @param {number} at */
const readName = (view, at) => String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at, 4));

/** The two chunks that matter, as much of them as the file holds. @param {File} file */
async function findChunks(file) {
  /** @type {{ common: Place | null, sound: Place | null }} */
  const found = { common: null, sound: null };
  let at = 12;
  for (let n = 0; n < MOST_CHUNKS && at + 8 < file.size && !(found.common && found.sound); n++) {
    const head = new DataView(await file.slice(at, at + 8).arrayBuffer());
    const place = { at: at + 8, length: Math.min(head.getUint32(4), file.size - at - 8) };
    const name = readName(head, 0);
    if (name === "COMM") found.common = place;
    else if (name === "SSND" && place.length >= 8) found.sound = place;
    at += 8 + head.getUint32(4) + (head.getUint32(4) % 2);
  }
  return found;
}

/** @param {DataView} view of the COMM chunk @returns null where it makes no sense */
function readCommon(view) {
  if (view.byteLength < 18) return null;
  const sample_rate = Math.round(readExtended(view, 8));
  const common = {
    n_channels: view.getUint16(0),
    n_frames: view.getUint32(2),
    bits: view.getUint16(6),
    sample_rate,
    compression: view.byteLength >= 22 ? readName(view, 18) : "NONE",
  };
  const is_sound = common.n_channels > 0 && common.n_channels <= MOST_CHANNELS && common.bits <= 64;
  return is_sound && sample_rate >= RATES.lowest && sample_rate <= RATES.highest ? common : null;
}

/** A number of 80 bits: sign and exponent in 16, then 64 with the leading one. @param {DataView} view @param {number} at */
function readExtended(view, at) {
  const exponent = (view.getUint16(at) & 0x7fff) - 16383;
  return view.getUint32(at + 2) * 2 ** (exponent - 31) + view.getUint32(at + 6) * 2 ** (exponent - 63);
}

/**
 * @typedef {object} Coding
 * @property {number} n_bytes of a sample in the file
 * @property {Pick<Samples, "n_bytes" | "kind">} written
 * @property {((block: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>) | null} turn null: the same in WAV
 */

/** @param {string} compression @param {number} n_bytes @returns {Coding | null} null: no PCM */
function findCoding(compression, n_bytes) {
  /** @type {(n_bytes: number, kind: "integer" | "float", turn: Coding["turn"], n_written?: number) => Coding} */
  const code = (n_bytes, kind, turn, n_written = n_bytes) => ({ n_bytes, written: { n_bytes: n_written, kind }, turn });
  switch (compression) {
    case "fl32":
    case "FL32":
      return code(4, "float", (block) => reverse(block, 4));
    case "fl64":
    case "FL64":
      return code(8, "float", shorten, 4); // not every browser reads WAV of 64 bits
    case "raw ":
      return code(1, "integer", null);
    case "NONE":
    case "twos":
    case "in24":
    case "in32":
    case "sowt":
      if (n_bytes < 1 || n_bytes > 4) return null;
      if (n_bytes === 1) return code(1, "integer", (block) => block.map((byte) => byte ^ 0x80));
      return code(n_bytes, "integer", compression === "sowt" ? null : (block) => reverse(block, n_bytes));
    default:
      return null;
  }
}

/** @param {Blob} samples @param {Coding} coding @returns {Promise<Blob[]>} which the browser may keep on disk */
async function turnBlocks(samples, { turn }) {
  if (!turn) return [samples];
  const blocks = [];
  for (let at = 0; at < samples.size; at += BLOCK_BYTES) {
    const block = new Uint8Array(await samples.slice(at, at + BLOCK_BYTES).arrayBuffer());
    blocks.push(new Blob([turn(block)]));
  }
  return blocks;
}

/** Big-endian numbers become little-endian. @param {Uint8Array<ArrayBuffer>} block @param {number} n_bytes */
function reverse(block, n_bytes) {
  const reversed = new Uint8Array(block.length);
  for (let at = 0; at < block.length; at += n_bytes) {
    for (let i = 0; i < n_bytes; i++) reversed[at + i] = /** @type {number} */ (block[at + n_bytes - 1 - i]);
  }
  return reversed;
}

/** Big-endian numbers of 64 bits become little-endian ones of 32. @param {Uint8Array<ArrayBuffer>} block */
function shorten(block) {
  const view = new DataView(block.buffer);
  const numbers = new DataView(new ArrayBuffer(block.length / 2));
  for (let at = 0; at < block.length; at += 8) numbers.setFloat32(at / 2, view.getFloat64(at), true);
  return new Uint8Array(numbers.buffer);
}
