/** ONNX Runtime in the worker: fetches the graphs of the model, checks each against its hash and runs them. */

import * as ort from "./vendor/onnxruntime/ort.wasm.min.mjs";

/**
 * @typedef {{ file: string, bytes: number, sha256: string }} Graph
 * @typedef {{ name: string, graphs: Record<string, Graph> }} Model
 * @typedef {{ type: "float32" | "int64", dims: number[], data: Float32Array | BigInt64Array }} Tensor
 * @typedef {(graph: string, inputs: Record<string, Tensor>) => Promise<(Tensor & { name: string })[]>} Run
 */

// The tested machines gain nothing from more threads, and each takes memory.
const MOST_THREADS = 4;

/** A fault whose message is one sentence for the reader. */
export class PlainError extends Error {}

/** The text of models.json: Python reads it too. */
export async function fetchModels() {
  const response = await fetchFile("models/models.json");
  return response.text();
}

/**
 * Loads the default model; two runs never overlap, since Python awaits each.
 * @param {string} models the text of models.json
 * @param {(fraction: number) => void} onProgress how much of the model is here
 * @returns {Promise<Run>}
 */
export async function openModel(models, onProgress) {
  ort.env.wasm.wasmPaths = new URL("vendor/onnxruntime/", import.meta.url).href;
  // Without cross-origin isolation there is no shared memory, hence no second thread.
  ort.env.wasm.numThreads = self.crossOriginIsolated ? Math.min(navigator.hardwareConcurrency || 2, MOST_THREADS) : 1;
  const { graphs } = findDefault(models);
  const n_bytes = Object.values(graphs).reduce((sum, graph) => sum + graph.bytes, 0);
  let n_received = 0;
  const receive = (/** @type {number} */ n) => {
    n_received += n;
    onProgress(n_received / n_bytes);
  };
  /** @type {Record<string, ort.InferenceSession>} */
  const sessions = {};
  // One after the other: each file's bytes can go before the next one's come.
  for (const [name, graph] of Object.entries(graphs)) {
    sessions[name] = await ort.InferenceSession.create(await fetchGraph(graph, receive));
  }
  return (name, inputs) => runSession(sessions[name], inputs);
}

/** @param {string} models @returns {Model} */
function findDefault(models) {
  const { models: all, default: name } = JSON.parse(models);
  return all.find((/** @type {Model} */ model) => model.name === name);
}

/**
 * @param {ort.InferenceSession} session
 * @param {Record<string, Tensor>} inputs
 * @returns {Promise<(Tensor & { name: string })[]>}
 */
async function runSession(session, inputs) {
  const feeds = Object.entries(inputs).map(([name, { type, data, dims }]) => [name, new ort.Tensor(type, data, dims)]);
  const outputs = await session.run(Object.fromEntries(feeds));
  return Object.entries(outputs).map(([name, output]) => {
    const { type, dims, data } = /** @type {Tensor & ort.Tensor} */ (output);
    return { name, type, dims: [...dims], data };
  });
}

/**
 * @param {Graph} graph
 * @param {(n_bytes: number) => void} receive
 * @returns {Promise<Uint8Array>} exactly the bytes that models.json names
 */
async function fetchGraph({ file, bytes, sha256 }, receive) {
  const response = await fetchFile(`models/${file}`);
  const content = new Uint8Array(bytes);
  let n_received = 0;
  try {
    for await (const chunk of readChunks(response)) {
      content.set(chunk, n_received); // a RangeError when the file is longer than said
      n_received += chunk.length;
      receive(chunk.length);
    }
  } catch {
    throw new PlainError("The listening model did not arrive completely; check the connection and try again.");
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  if (Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") !== sha256) {
    throw new PlainError("The listening model arrived damaged; reload the page and try again.");
  }
  return content;
}

/** @param {string} path */
async function fetchFile(path) {
  const response = await fetch(new URL(path, import.meta.url)).catch(() => null);
  if (!response?.ok) {
    throw new PlainError("The listening model could not be loaded; check the connection and try again.");
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
