/**
 * The pages of an Ogg file: where recordings were written one after the other, and where pages are damaged.
 *
 * Source: RFC 3533 (page), RFC 7845 (Opus), the Vorbis I specification, 4.2.2 (identification header).
 */

/** @import { Piece } from "./pieces.js" */

const HEAD_BYTES = 27;
const FIRST_PAGE = 2; // bit of the sixth byte: a stream begins
const CRC_AT = 22;

/** @typedef {{ at: number, n_bytes: number, is_first: boolean, granule: number, number: number }} Page */

/**
 * @param {Uint8Array<ArrayBuffer>} bytes the file
 * @returns {Piece[]} runs of whole pages, each with the headers of its stream before it; none where it is no Ogg file
 */
export function findOggPieces(bytes) {
  const pages = [...findPages(bytes)];
  const links = splitBefore(pages, (page, before) => page.is_first && !before.is_first);
  return links.flatMap((link) => findLinkPieces(bytes, link));
}

/** @param {Uint8Array<ArrayBuffer>} bytes @param {Page[]} link */
function findLinkPieces(bytes, link) {
  const rate = link[0] && readRate(bytes, link[0]);
  const n_headers = link.findIndex(({ granule }) => granule > 0);
  if (!rate || n_headers < 1 || link.filter(({ is_first }) => is_first).length > 1) return [];
  const head = take(bytes, link.slice(0, n_headers));
  const runs = splitBefore(link.slice(n_headers), (page, before) => page.number !== before.number + 1);
  const first_end = findEnd(runs[0] ?? []);
  return runs.map((run, i) => ({
    blob: new Blob([...head, ...take(bytes, run)]),
    gap_sec: 0,
    end_sec: i === 0 ? null : (findEnd(run) - first_end) / rate,
    resume: () => [],
  }));
}

/** The last place that a run of pages names; a page in which no packet ends has none. @param {Page[]} run */
const findEnd = (run) => Math.max(...run.map(({ granule }) => granule));

/** @param {Uint8Array<ArrayBuffer>} bytes @param {Page[]} pages */
const take = (bytes, pages) => pages.map(({ at, n_bytes }) => bytes.subarray(at, at + n_bytes));

/** @param {Page[]} pages @param {(page: Page, before: Page) => boolean} isNew */
function splitBefore(pages, isNew) {
  /** @type {Page[][]} */
  const parts = [];
  pages.forEach((page, i) => {
    const before = pages[i - 1];
    if (!before || isNew(page, before)) parts.push([]);
    parts.at(-1)?.push(page);
  });
  return parts;
}

/** What a granule counts, Hz. @param {Uint8Array<ArrayBuffer>} bytes @param {Page} page @returns 0 for other codecs */
function readRate(bytes, { at, n_bytes }) {
  const begin = at + HEAD_BYTES + /** @type {number} */ (bytes[at + 26]);
  const name = String.fromCharCode(...bytes.subarray(begin, begin + 8));
  if (name === "OpusHead") return 48000;
  if (name.slice(1, 7) !== "vorbis" || begin + 16 > at + n_bytes) return 0;
  return new DataView(bytes.buffer, bytes.byteOffset + begin).getUint32(12, true);
}

/** Those whose checksum is right. @param {Uint8Array<ArrayBuffer>} bytes @returns {Generator<Page>} */
function* findPages(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + HEAD_BYTES <= bytes.length; ) {
    const n_bytes = bytes[at] === 0x4f && view.getUint32(at) === 0x4f676753 ? measurePage(bytes, at) : 0;
    if (n_bytes === 0 || computeChecksum(bytes.subarray(at, at + n_bytes)) !== view.getUint32(at + CRC_AT, true)) {
      at++;
      continue;
    }
    const granule = Number(view.getBigInt64(at + 6, true));
    const is_first = (view.getUint8(at + 5) & FIRST_PAGE) !== 0;
    yield { at, n_bytes, is_first, granule, number: view.getUint32(at + 18, true) };
    at += n_bytes;
  }
}

/** @param {Uint8Array} bytes @param {number} at @returns 0 where the file ends before */
function measurePage(bytes, at) {
  const n_segments = /** @type {number} */ (bytes[at + 26]);
  const lengths = bytes.subarray(at + HEAD_BYTES, at + HEAD_BYTES + n_segments);
  const n_bytes = HEAD_BYTES + n_segments + lengths.reduce((a, b) => a + b, 0);
  return at + n_bytes <= bytes.length ? n_bytes : 0;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte << 24;
  for (let bit = 0; bit < 8; bit++) rest = (rest << 1) ^ (rest < 0 ? 0x04c11db7 : 0);
  return rest;
});

/** Of a page, its own checksum taken for 0. @param {Uint8Array} page */
function computeChecksum(page) {
  let sum = 0;
  for (let i = 0; i < page.length; i++) {
    const byte = i >= CRC_AT && i < CRC_AT + 4 ? 0 : /** @type {number} */ (page[i]);
    sum = (sum << 8) ^ /** @type {number} */ (TABLE[(sum >>> 24) ^ byte]);
  }
  return sum >>> 0;
}
