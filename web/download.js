/** Downloads a file that may break off: what is missing is asked for again from where it broke. */

const WAITS_MS = [500, 1500, 4000];
const STALL_MS = 30_000; // a connection that brings nothing for so long is dead

/** A file that did not come; `reason` says how far it got. */
export class DownloadError extends Error {
  /** @param {"unreachable" | "incomplete" | "wrong"} reason wrong: it is not as long as it should be */
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/**
 * Fills `content`, which is as long as the file. A host may send the whole file instead of what was asked for: then it is
 * filled from the beginning. Whether these are the right bytes is for the caller to check; a file is asked for by its
 * hash, hence no If-Range.
 * @param {URL} url
 * @param {Uint8Array<ArrayBuffer>} content
 * @param {object} options
 * @param {number} options.n_present bytes at the beginning of `content` that are there already
 * @param {(first: number, last: number) => unknown} options.onArrived these bytes are there now; awaited
 * @param {AbortSignal} [options.signal]
 * @param {number[]} [options.waits_ms] before each new try; whenever one brought something they begin anew
 * @param {number} [options.stall_ms]
 * @throws {DownloadError}
 */
export async function download(url, content, options) {
  const { onArrived, signal, waits_ms = WAITS_MS } = options;
  let { n_present } = options;
  let furthest = n_present;
  let n_failed = 0;
  while (n_present < content.length) {
    try {
      for await (const { first, chunk } of request(url, n_present, content.length, options)) {
        if (first + chunk.length > content.length) throw new DownloadError("wrong");
        content.set(chunk, first);
        n_present = first + chunk.length;
        await onArrived(first, n_present);
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof DownloadError) throw error;
      if (error instanceof RangeRefused) n_present = 0;
    }
    if (n_present === content.length) return;
    if (n_present > furthest) n_failed = 0;
    furthest = Math.max(furthest, n_present);
    const wait_ms = navigator.onLine === false ? undefined : waits_ms[n_failed++];
    if (wait_ms === undefined) throw new DownloadError(n_present > options.n_present ? "incomplete" : "unreachable");
    await new Promise((resolve) => setTimeout(resolve, wait_ms));
  }
}

/** The host knows how to send a part, but not this one. */
class RangeRefused extends Error {}

/**
 * One request, until its end or until it breaks.
 * @param {URL} url
 * @param {number} n_present
 * @param {number} n_bytes of the whole file
 * @param {{ signal?: AbortSignal, stall_ms?: number }} options
 */
async function* request(url, n_present, n_bytes, { signal, stall_ms = STALL_MS }) {
  const stalled = new AbortController();
  let timer = setTimeout(() => stalled.abort(), stall_ms);
  try {
    const response = await fetch(url, {
      cache: "no-store", // the browser need not keep it, too
      headers: n_present > 0 ? { Range: `bytes=${n_present}-` } : {},
      signal: signal ? AbortSignal.any([signal, stalled.signal]) : stalled.signal,
    });
    let first = findFirst(response, n_present, n_bytes);
    const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      yield { first, chunk: value };
      first += value.length;
      timer = setTimeout(() => stalled.abort(), stall_ms);
    }
  } finally {
    clearTimeout(timer);
    stalled.abort(); // whoever stops reading wants no more of it
  }
}

/** Where in the file an answer begins. @param {Response} response @param {number} n_present @param {number} n_bytes */
function findFirst({ status, headers }, n_present, n_bytes) {
  if (status === 200) return 0;
  if (status === 206 && n_present > 0) {
    const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("Content-Range") ?? "") ?? [];
    if (Number(first) === n_present && (total === "*" || Number(total) === n_bytes)) return n_present;
  }
  if (status === 206 || status === 416) throw new RangeRefused();
  const is_passing = status >= 500 || status === 408 || status === 429;
  throw is_passing ? new Error(`HTTP ${status}`) : new DownloadError("unreachable");
}
