/** The models in the worker: opens their graphs and runs them. */

import { openLiteRt } from "./litert.js";
import { fetchFile, fetchGraph } from "./model-files.js";
import { unpackGraph } from "./packing.js";

/**
 * @import { LiteRt } from "./litert.js"
 * @import { Engine } from "./protocol.js"
 */

/**
 * @typedef {{ name: string, dtype: "float32", shape: number[] }} TensorInfo
 * @typedef {{ file: string, bytes: number, sha256: string, inputs: TensorInfo[],
 *   outputs: (TensorInfo & { above?: number })[] }} Graph
 *   inputs and outputs in the order of the file's signature; of an output with `above` only the elements above that are
 *   given, and their flat indices as `index`
 * @typedef {{ hop_sec: number, core: string }} Setting
 * @typedef {{ name: string, default_setting: string, settings: Record<string, Setting>,
 *   graphs: Record<string, Graph> }} Model
 * @typedef {{ type: "float32" | "int64", dims: number[], data: Float32Array | BigInt64Array }} Tensor
 * @typedef {Tensor & { name: string }} NamedTensor
 * @typedef {(graph: string, inputs: Record<string, Tensor>) => Promise<NamedTensor[]>} Run
 */

/** Loaded once; what did not arrive is asked for again with the next recording. @type {Promise<LiteRt> | null} */
let litert = null;

const LISTENING = "listening model";
const RHYTHM = "rhythm model";

/** The text of models.json: Python reads it too. */
export async function fetchModels() {
  const response = await fetchFile("models/models.json", LISTENING);
  return response.text();
}

/**
 * Loads what a setting of the default model runs; two runs never overlap, since Python awaits each.
 * @param {string} models the text of models.json
 * @param {string | undefined} setting its name; the model's own default where there is none
 * @param {Engine} engine
 * @param {(fraction: number) => void} onProgress how much of the model is here
 * @returns {Promise<Run>}
 */
export async function openModel(models, setting, engine, onProgress) {
  const graphs = chooseGraphs(findDefault(models), setting);
  const n_bytes = Object.values(graphs).reduce((sum, graph) => sum + graph.bytes, 0);
  let n_received = 0;
  return openGraphs(graphs, LISTENING, engine, (n) => {
    n_received += n;
    onProgress(n_received / n_bytes);
  });
}

/**
 * Loads the networks that find beats, bars and note values.
 * @param {string} models the text of models.json
 * @returns {Promise<Run>}
 */
export async function openRhythm(models) {
  return openGraphs(JSON.parse(models).rhythm.graphs, RHYTHM, "wasm", () => {});
}

/**
 * @param {Record<string, Graph>} graphs
 * @param {string} owner the model that they belong to
 * @param {Engine} engine
 * @param {(n_bytes: number) => void} receive
 * @returns {Promise<Run>}
 */
async function openGraphs(graphs, owner, engine, receive) {
  litert ??= openLiteRt((path) => fetchFile(path, owner), engine).catch((error) => {
    litert = null;
    throw error;
  });
  const runtime = await litert;
  /** @type {Record<string, ReturnType<LiteRt["load"]>>} */
  const loaded = {};
  // One after the other: each file's bytes can go before the next one's come.
  for (const [name, graph] of Object.entries(graphs)) {
    const bytes = await unpackGraph(await fetchGraph(graph, owner, receive));
    loaded[name] = runtime.load(bytes, name === "core" ? engine : "wasm"); // the rest is small
  }
  return (name, inputs) => runGraph(runtime, loaded[name], graphs[name], inputs);
}

/** @param {string} models @returns {Model} */
function findDefault(models) {
  const { models: all, default: name } = JSON.parse(models);
  return all.find((/** @type {Model} */ model) => model.name === name);
}

/** By the names under which Python runs them. @param {Model} model @param {string | undefined} setting */
function chooseGraphs({ settings, default_setting, graphs }, setting) {
  const chosen = settings[setting ?? default_setting] ?? settings[default_setting];
  const names = { places: "places", core: chosen.core, score: "score", attributes: "attributes" };
  return Object.fromEntries(Object.entries(names).map(([name, graph]) => [name, /** @type {Graph} */ (graphs[graph])]));
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
