/** The models' files: each is fetched from the site itself and is, byte for byte, the one that models.json names. */

/** @import { Graph } from "./inference.js" */

/** A fault whose message is one sentence for the reader. */
export class PlainError extends Error {}

/**
 * @param {Graph} graph
 * @param {string} owner the model that it belongs to, as a reader would call it
 * @param {(n_bytes: number) => void} receive
 * @returns {Promise<Uint8Array<ArrayBuffer>>} exactly the bytes that models.json names
 */
export async function fetchGraph({ file, bytes, sha256 }, owner, receive) {
  const response = await fetchFile(`models/${file}`, owner);
  const content = new Uint8Array(bytes);
  let n_received = 0;
  try {
    for await (const chunk of readChunks(response)) {
      content.set(chunk, n_received); // a RangeError when the file is longer than said
      n_received += chunk.length;
      receive(chunk.length);
    }
  } catch {
    throw new PlainError(`The ${owner} did not arrive completely; check the connection and try again.`);
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  if (Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") !== sha256) {
    throw new PlainError(`The ${owner} arrived damaged; reload the page and try again.`);
  }
  return content;
}

/** @param {string} path @param {string} owner */
export async function fetchFile(path, owner) {
  const response = await fetch(new URL(path, import.meta.url)).catch(() => null);
  if (!response?.ok) {
    throw new PlainError(`The ${owner} could not be loaded; check the connection and try again.`);
  }
  return response;
}

/** A stream is not async iterable in every browser. @param {Response} response */
async function* readChunks(response) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  while (true) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
