/** The models' files: each is, byte for byte, the one that models.json names, from this device or else from the site. */

import { DownloadError, download } from "./download.js";
import { readBlocks, removeBlocks, writeBlocks } from "./model-store.js";

/** @import { Graph } from "./models.js" */

/** @typedef {Pick<Graph, "file" | "bytes" | "sha256">} File */

/** A fault whose message is one sentence for the reader. */
export class PlainError extends Error {}

/**
 * @typedef {object} Listeners
 * @property {(n_bytes: number) => void} [onReceived] so many more are here
 * @property {(sentence: string) => void} [onFull] there is no room to keep the file; it is given all the same
 * @property {AbortSignal} [signal]
 */

/**
 * Two workers or tabs that want the same file take turns: what one has downloaded the other finds.
 * @param {File} graph
 * @param {string} owner the model that it belongs to, as a reader would call it
 * @param {Listeners} [listeners]
 * @returns {Promise<Uint8Array<ArrayBuffer>>} exactly the bytes that models.json names
 */
export async function fetchGraph(graph, owner, listeners = {}) {
  const read = () => readOrDownload(graph, owner, listeners);
  if (!navigator.locks) return read(); // both download, and keep the same blocks
  const { signal } = listeners;
  return navigator.locks.request(`ottava-model-${graph.sha256}`, signal ? { signal } : {}, read);
}

/** @param {File} graph @param {string} owner @param {Listeners} listeners */
async function readOrDownload({ file, bytes, sha256 }, owner, { onReceived, onFull, signal }) {
  const content = new Uint8Array(bytes);
  let furthest = 0;
  const advance = (/** @type {number} */ n_present) => {
    if (n_present > furthest) onReceived?.(n_present - furthest);
    furthest = Math.max(furthest, n_present);
  };
  let n_present = await readBlocks(sha256, content);
  const is_kept = n_present === bytes;
  if (is_kept && (await hasHash(content, sha256))) {
    advance(bytes);
    return content;
  }
  if (is_kept) n_present = 0; // damaged
  advance(n_present);
  let keeps = true;
  const onArrived = async (/** @type {number} */ first, /** @type {number} */ last) => {
    advance(last);
    if (!keeps) return;
    await writeBlocks(sha256, content, first, last).catch(async (error) => {
      keeps = false;
      if (error.name !== "QuotaExceededError") return; // a browser that keeps nothing
      await forget(sha256); // pieces need the room more
      onFull?.(
        `The ${owner} could not be kept on this device and will be downloaded again: delete some of My pieces (the list says what they take), or free space on this device.`,
      );
    });
  };
  let n_part = 0;
  do {
    n_part = n_present;
    const url = new URL(`models/${file}`, import.meta.url);
    const reason = await download(url, content, { n_present, onArrived, signal }).catch((error) => {
      if (error instanceof DownloadError) return error.reason;
      throw error;
    });
    if (reason === "unreachable" && is_kept) {
      throw new PlainError(`The ${owner} on this device is damaged; connect to the network once and try again.`);
    }
    if (reason === "unreachable") throw unreachable(owner);
    if (reason === "incomplete") {
      throw new PlainError(`The ${owner} did not arrive completely; check the connection and try again.`);
    }
    if (!reason && (await hasHash(content, sha256))) return content;
    n_present = 0;
  } while (n_part > 0); // what is wrong may be what was kept: once more from the beginning
  await forget(sha256);
  throw new PlainError(`The ${owner} arrived damaged; reload the page and try again.`);
}

/** @param {string} path @param {string} owner */
export async function fetchFile(path, owner) {
  const response = await fetch(new URL(path, import.meta.url)).catch(() => null);
  if (!response?.ok) throw unreachable(owner);
  return response;
}

/** @param {string} owner */
const unreachable = (owner) => new PlainError(`The ${owner} could not be loaded; check the connection and try again.`);

/** @param {Uint8Array<ArrayBuffer>} content @param {string} sha256 */
async function hasHash(content, sha256) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") === sha256;
}

/** @param {string} sha256 */
const forget = (sha256) => removeBlocks((kept) => kept === sha256).catch(() => {});
