/** The models on this device: what is still to be fetched, fetching it ahead, and clearing away what is of no use. */

import { fetchGraph, PlainError } from "./model-files.js";
import { measureKept, removeBlocks } from "./model-store.js";
import { chooseGraphs, chooseRhythm, fetchModels, LISTENING, listGraphs, RHYTHM } from "./models.js";

/** @import { Graph } from "./models.js" */

/**
 * Fetches and keeps what listening and writing scores need without a choice of settings. Broken off, or called again, it
 * goes on where it was.
 * @param {(n_here: number, n_bytes: number) => void} onProgress bytes that are on this device, and of all
 * @param {AbortSignal} [signal]
 * @throws {PlainError} one of them did not come or cannot be kept; `messages.translate` knows the sentence
 */
export async function keepModels(onProgress, signal) {
  const models = await fetchModels();
  const needed = listNeeded(models);
  const n_bytes = needed.reduce((sum, { graph }) => sum + graph.bytes, 0);
  let n_here = 0;
  const onReceived = (/** @type {number} */ n) => {
    n_here += n;
    onProgress(n_here, n_bytes);
  };
  await dropUnlisted(models);
  for (const { graph, owner } of needed) {
    let sentence = "";
    const onFull = (/** @type {string} */ reason) => {
      sentence = reason;
    };
    await fetchGraph(graph, owner, { onReceived, onFull, signal });
    if (sentence) throw new PlainError(sentence);
  }
  if ((await measure(needed)) > 0) {
    throw new PlainError("This browser does not let Ottava keep the models on this device, as in a private window.");
  }
}

/** Bytes that `keepModels` would fetch; what is kept is looked at closely only when it is used. */
export async function measureMissing() {
  return measure(listNeeded(await fetchModels()));
}

/** Clears away what no listed model has any more. @param {string} models the text of models.json */
export async function dropUnlisted(models) {
  const listed = new Set(listGraphs(models).map(({ sha256 }) => sha256));
  await removeBlocks((sha256) => !listed.has(sha256));
}

/** @param {{ graph: Graph }[]} needed */
async function measure(needed) {
  const kept = await measureKept();
  return needed.reduce((sum, { graph }) => sum + Math.max(0, graph.bytes - (kept.get(graph.sha256) ?? 0)), 0);
}

/** Each file once. @param {string} models the text of models.json */
function listNeeded(models) {
  const graphs = [
    ...Object.values(chooseGraphs(models)).map((graph) => ({ graph, owner: LISTENING })),
    ...Object.values(chooseRhythm(models)).map((graph) => ({ graph, owner: RHYTHM })),
  ];
  return [...new Map(graphs.map((item) => [item.graph.sha256, item])).values()];
}
