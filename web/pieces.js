/**
 * A file that is damaged in its middle, or several that were joined to one: browsers decode as far as the first damage,
 * or leave out what is damaged so that all that follows comes too early. Here each sound piece is decoded for itself
 * and put where it belongs.
 */

const LEAST_HOLE_SEC = 0.02; // decoders give the last samples of a piece or keep them
const HOLE_SEC = 600; // more is no hole but a damaged number

/**
 * @typedef {object} Piece
 * @property {Blob} blob a file of its own
 * @property {number} gap_sec what is missing before it
 * @property {number | null} end_sec where it ends, after the end of the first piece of its recording; null: not known
 * @property {(decoded_sec: number) => Piece[]} resume what is to be decoded where the browser stopped too early
 */

/**
 * @param {Blob} file
 * @param {boolean} is_mp3
 * @returns {Promise<Piece[]>} more than one where there is damage; none where that is not known
 */
export async function findPieces(file, is_mp3) {
  const mark = await file.slice(0, 4).text();
  if (mark === "OggS") {
    const { findOggPieces } = await import("./ogg.js");
    return keepWhole(findOggPieces(await readAll(file)), file);
  }
  if (mark === "fLaC") {
    const { findFlacPieces } = await import("./flac.js");
    return keepWhole(findFlacPieces(await readAll(file)), file);
  }
  if (!is_mp3) return [];
  const { findMp3Pieces } = await import("./mp3.js");
  return keepWhole(findMp3Pieces(await readAll(file), file), file);
}

/** @param {Blob} file */
const readAll = async (file) => new Uint8Array(await file.arrayBuffer());

/** What has no damage is decoded as it is. @param {Piece[]} pieces @param {Blob} file */
function keepWhole(pieces, file) {
  const [piece] = pieces;
  return piece && pieces.length === 1 ? [{ ...piece, blob: file }] : pieces;
}

/**
 * @param {Piece[]} pieces
 * @param {number} sample_rate Hz
 * @param {(blob: Blob) => Promise<Float32Array>} decode to mono
 * @returns {Promise<{ mono: Float32Array, holes_sec: [number, number][] }>}
 */
export async function joinPieces(pieces, sample_rate, decode) {
  const waiting = [...pieces];
  /** @type {{ at: number, samples: Float32Array }[]} */
  const placed = [];
  /** @type {[number, number][]} */
  const holes_sec = [];
  let end = 0;
  let link_end = 0; // of the first piece of a recording
  let lost_sec = 0;
  for (let piece = waiting.shift(); piece; piece = waiting.shift()) {
    const samples = await decode(piece.blob).catch(() => new Float32Array(0));
    waiting.unshift(...piece.resume(samples.length / sample_rate));
    lost_sec += piece.gap_sec;
    if (samples.length === 0) continue;
    const from_end = piece.end_sec === null ? 0 : link_end + Math.round(piece.end_sec * sample_rate) - samples.length;
    const follows = end + Math.round(Math.min(lost_sec, HOLE_SEC) * sample_rate);
    const at = from_end < end + HOLE_SEC * sample_rate ? Math.max(follows, from_end) : follows;
    if (lost_sec > 0 || at - end > LEAST_HOLE_SEC * sample_rate) holes_sec.push([end / sample_rate, at / sample_rate]);
    placed.push({ at, samples });
    end = at + samples.length;
    if (piece.end_sec === null) link_end = end;
    lost_sec = 0;
  }
  const mono = new Float32Array(end);
  for (const { at, samples } of placed) mono.set(samples, at);
  return { mono, holes_sec };
}
