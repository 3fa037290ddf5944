/** The models in the worker: opens their graphs and runs them. */

import { openLiteRt } from "./litert.js";
import { fetchFile, fetchGraph } from "./model-files.js";
import { chooseGraphs, chooseRhythm, LISTENING, RHYTHM } from "./models.js";
import { unpackGraph } from "./packing.js";

/**
 * @import { LiteRt } from "./litert.js"
 * @import { Listeners } from "./model-files.js"
 * @import { Graph } from "./models.js"
 * @import { Engine } from "./protocol.js"
 */

/**
 * @typedef {{ type: "float32" | "int64", dims: number[], data: Float32Array | BigInt64Array }} Tensor
 * @typedef {Tensor & { name: string }} NamedTensor
 * @typedef {(graph: string, inputs: Record<string, Tensor>) => Promise<NamedTensor[]>} Run
 */

/** Loaded once; what did not arrive is asked for again with the next recording. @type {Promise<LiteRt> | null} */
let litert = null;

/**
 * Loads what a setting of the default model runs; two runs never overlap, since Python awaits each.
 * @param {string} models the text of models.json
 * @param {string | undefined} setting its name; the model's own default where there is none
 * @param {Engine} engine
 * @param {(fraction: number) => void} onProgress how much of the model is here
 * @param {(sentence: string) => void} [onFull] there was no room to keep it on this device
 * @returns {Promise<Run>}
 */
export async function openModel(models, setting, engine, onProgress, onFull) {
  const graphs = chooseGraphs(models, setting);
  const n_bytes = Object.values(graphs).reduce((sum, graph) => sum + graph.bytes, 0);
  let n_received = 0;
  const onReceived = (/** @type {number} */ n) => {
    n_received += n;
    onProgress(n_received / n_bytes);
  };
  return openGraphs(graphs, LISTENING, engine, { onReceived, onFull });
}

/**
 * Loads the networks that find beats, bars and note values.
 * @param {string} models the text of models.json
 * @param {(sentence: string) => void} onFull as in `openModel`
 * @returns {Promise<Run>}
 */
export async function openRhythm(models, onFull) {
  return openGraphs(chooseRhythm(models), RHYTHM, "wasm", { onFull });
}

/**
 * @param {Record<string, Graph>} graphs
 * @param {string} owner the model that they belong to
 * @param {Engine} engine
 * @param {Listeners} listeners
 * @returns {Promise<Run>}
 */
async function openGraphs(graphs, owner, engine, listeners) {
  litert ??= openLiteRt((path) => fetchFile(path, owner), engine).catch((error) => {
    litert = null;
    throw error;
  });
  const runtime = await litert;
  /** @type {Record<string, ReturnType<LiteRt["load"]>>} */
  const loaded = {};
  // One after the other: each file's bytes can go before the next one's come.
  for (const [name, graph] of Object.entries(graphs)) {
    const bytes = await unpackGraph(await fetchGraph(graph, owner, listeners));
    loaded[name] = runtime.load(bytes, name === "core" ? engine : "wasm"); // the rest is small
  }
  return (name, inputs) => runGraph(runtime, loaded[name], graphs[name], inputs);
}

/**
 * @param {LiteRt} runtime
 * @param {ReturnType<LiteRt["load"]>} loaded
 * @param {Graph} graph
 * @param {Record<string, Tensor>} inputs
 * @returns {Promise<NamedTensor[]>}
 */
async function runGraph(runtime, loaded, graph, inputs) {
  const given = graph.inputs.map(({ name }) => /** @type {Float32Array} */ (inputs[name].data));
  const outputs = await runtime.run(loaded, given, (data, i) => {
    const { name, shape, above } = graph.outputs[i];
    if (above !== undefined) return selectAbove(name, data, above);
    return [/** @type {NamedTensor} */ ({ name, type: "float32", dims: shape, data: data.slice() })];
  });
  return outputs.flat();
}

/**
 * A score for each pair of frames is 28 MB a call; what is of interest is a few thousand of them.
 * @param {string} name
 * @param {Float32Array} data
 * @param {number} above
 * @returns {NamedTensor[]}
 */
function selectAbove(name, data, above) {
  /** @type {number[]} */
  const index = [];
  for (let i = 0; i < data.length; i++) if (data[i] > above) index.push(i);
  const dims = [index.length];
  return [
    { name: "index", type: "int64", dims, data: BigInt64Array.from(index, BigInt) },
    { name, type: "float32", dims, data: Float32Array.from(index, (i) => data[i]) },
  ];
}
