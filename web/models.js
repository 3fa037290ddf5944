/** models.json: which models there are, and which graphs of them run. */

import { fetchFile } from "./model-files.js";

/**
 * @typedef {{ name: string, dtype: "float32", shape: number[] }} TensorInfo
 * @typedef {{ file: string, bytes: number, sha256: string, inputs: TensorInfo[],
 *   outputs: (TensorInfo & { above?: number })[] }} Graph
 *   inputs and outputs in the order of the file's signature; of an output with `above` only the elements above that are
 *   given, and their flat indices as `index`
 * @typedef {{ hop_sec: number, core: string }} Setting
 * @typedef {{ name: string, default_setting: string, settings: Record<string, Setting>,
 *   graphs: Record<string, Graph> }} Model
 * @typedef {{ default: string, models: Model[], rhythm: { graphs: Record<string, Graph> } }} Models
 */

/** What a reader calls them. */
export const LISTENING = "listening model";
export const RHYTHM = "rhythm model";

/** The text of models.json: Python reads it too. */
export async function fetchModels() {
  const response = await fetchFile("models/models.json", LISTENING);
  return response.text();
}

/**
 * What a setting of the default model runs, by the names under which Python runs them.
 * @param {string} models the text of models.json
 * @param {string} [setting] its name; the model's own default where there is none
 * @returns {Record<string, Graph>}
 */
export function chooseGraphs(models, setting) {
  const { models: all, default: chosen_name } = /** @type {Models} */ (JSON.parse(models));
  const { settings, default_setting, graphs } = /** @type {Model} */ (all.find(({ name }) => name === chosen_name));
  const chosen = settings[setting ?? default_setting] ?? settings[default_setting];
  const names = { places: "places", core: chosen.core, score: "score", attributes: "attributes" };
  return Object.fromEntries(Object.entries(names).map(([name, graph]) => [name, /** @type {Graph} */ (graphs[graph])]));
}

/** What writes a score. @param {string} models the text of models.json */
export function chooseRhythm(models) {
  return /** @type {Models} */ (JSON.parse(models)).rhythm.graphs;
}

/** All that any setting of any model runs. @param {string} models the text of models.json @returns {Graph[]} */
export function listGraphs(models) {
  const { models: all, rhythm } = /** @type {Models} */ (JSON.parse(models));
  return [...all, rhythm].flatMap(({ graphs }) => Object.values(graphs));
}
