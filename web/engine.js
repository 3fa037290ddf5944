/**
 * What runs the network: WebAssembly, or WebGPU where a check on this very device found it right and faster.
 *
 * Graphics drivers are many, and some compute wrongly: WebGPU has to give what WebAssembly gives here, for the same input.
 * The check runs after a first score, each engine in a worker of its own that is ended afterwards, and its verdict is
 * remembered for this adapter, graph and runtime. Adapters that are software are never asked.
 */

import { recall, remember } from "./remembered.js";

/** @import { Engine } from "./protocol.js" */
/** @typedef {{ sec: number, output: Float32Array }} Measured one run of the core graph */

export const RUNTIME = "@litertjs/core 2.5.3";
const REMEMBERED = "engine";
const LIMIT_MS = 120_000; // loading included; slower than that is no gain
const LEAST_GAIN = 1.2;
/** Of the largest output; another order of rounding stays below, a wrong kernel does not. */
const MOST_DIFFERENCE = 0.02;
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render/i;

/** @returns {Promise<string | null>} a name for the graphics hardware; null where there is none to use */
async function findAdapter() {
  const gpu = /** @type {any} */ (navigator).gpu; // the type checker does not know WebGPU
  // WebGL tells silently what WebGPU complains about in the console.
  if (!gpu || SOFTWARE.test(nameRenderer())) return null;
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
  if (!adapter || adapter.isFallbackAdapter || adapter.info?.isFallbackAdapter) return null;
  const { vendor = "", architecture = "", device = "", description = "" } = adapter.info ?? {};
  const name = [vendor, architecture, device, description].filter(Boolean).join(" ");
  return name && !SOFTWARE.test(name) ? name : null;
}

function nameRenderer() {
  const gl = new OffscreenCanvas(1, 1).getContext("webgl");
  const names = gl?.getExtension("WEBGL_debug_renderer_info");
  return gl ? String(gl.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER)) : "software";
}

/** @param {Measured} wasm @param {Measured} webgpu @returns {Engine} */
export function judgeEngines(wasm, webgpu) {
  const largest = wasm.output.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const is_right =
    webgpu.output.length === wasm.output.length &&
    webgpu.output.every(
      (value, i) => Math.abs(value - /** @type {number} */ (wasm.output[i])) <= MOST_DIFFERENCE * largest,
    );
  return is_right && largest > 0 && webgpu.sec * LEAST_GAIN < wasm.sec ? "webgpu" : "wasm";
}

/**
 * @param {string} graph what the verdict is about, beside adapter and runtime: the SHA-256 of the core graph
 * @returns {Promise<Engine>} the one to use
 */
export async function recallEngine(graph) {
  const { key, engine } = readVerdict();
  if (engine !== "webgpu") return "wasm";
  const adapter = await findAdapter();
  return adapter && key === nameKey(adapter, graph) ? "webgpu" : "wasm";
}

/** Whether there is hardware without a verdict. @param {string} graph */
export async function isWorthChecking(graph) {
  const adapter = await findAdapter();
  return adapter !== null && readVerdict().key !== nameKey(adapter, graph);
}

/** @returns {{ key?: string, engine?: Engine }} */
const readVerdict = () => JSON.parse(recall(REMEMBERED) || "{}");

/**
 * Measures both engines and remembers which to use. A check that is broken off says nothing.
 * @param {string} graph as in `recallEngine`
 * @param {string} setting whose core graph it is
 * @param {AbortSignal} signal
 * @param {number} [limit_ms]
 */
export async function checkEngines(graph, setting, signal, limit_ms = LIMIT_MS) {
  const adapter = await findAdapter();
  if (!adapter) return;
  conclude(adapter, graph, "wasm"); // also where the check takes the whole page down
  try {
    const wasm = await measure("wasm", setting, signal, limit_ms);
    conclude(adapter, graph, judgeEngines(wasm, await measure("webgpu", setting, signal, limit_ms)));
  } catch {
    if (signal.aborted) remember(REMEMBERED, "");
  }
}

/** After a failure in earnest. @param {string} graph */
export async function distrustWebgpu(graph) {
  const adapter = await findAdapter();
  if (adapter) conclude(adapter, graph, "wasm");
}

/** @param {string} adapter @param {string} graph @param {Engine} engine */
function conclude(adapter, graph, engine) {
  remember(REMEMBERED, JSON.stringify({ key: nameKey(adapter, graph), engine }));
}

/** @param {string} adapter @param {string} graph */
const nameKey = (adapter, graph) => [adapter, graph, RUNTIME].join(" / ");

/**
 * @param {Engine} engine @param {string} setting @param {AbortSignal} signal @param {number} limit_ms
 * @returns {Promise<Measured>}
 */
async function measure(engine, setting, signal, limit_ms) {
  const worker = new Worker(new URL("engine-worker.js", import.meta.url), { type: "module" });
  try {
    return await new Promise((resolve, reject) => {
      const give_up = AbortSignal.any([signal, AbortSignal.timeout(limit_ms)]);
      give_up.addEventListener("abort", () => reject(give_up.reason));
      worker.addEventListener("message", ({ data }) =>
        "output" in data ? resolve(data) : reject(new Error(data.detail)),
      );
      worker.addEventListener("error", reject);
      worker.postMessage({ engine, setting });
    });
  } finally {
    worker.terminate();
  }
}
