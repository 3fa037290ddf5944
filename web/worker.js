/** The transcription worker: boots Python at once, then answers one request at a time (protocol.d.ts). */

import { openModel, openRhythm } from "./inference.js";
import { dropUnlisted } from "./kept-models.js";
import { PlainError } from "./model-files.js";
import { fetchModels } from "./models.js";
import { rememberRuns } from "./repeated-runs.js";
import { loadPyodide } from "./vendor/pyodide/pyodide.mjs";

/**
 * @import { Engine, Reply, Request } from "./protocol.js"
 * @import { Run } from "./inference.js"
 */

// How Python, LiteRT and the browsers say that memory is used up.
const OUT_OF_MEMORY =
  /MemoryError|bad_alloc|out of memory|OOM|allocation failed|(could not|cannot|failed to|unable to) (allocate|enlarge)/i;
const MEMORY_SENTENCE = "This device ran out of memory; close other tabs or programs and try again.";
const WRONG_SENTENCE = "Something went wrong: try again, or reload the page.";

/** @type {(samples: Float32Array) => void} */
let receiveSamples = () => {};
/** @type {Promise<{ models: string, run: Run }> | null} */
let listening = null;
/** @type {Promise<ReturnType<typeof rememberRuns>> | null} */
let rhythm = null;
/** Why a model could not be kept on this device. */
let unkept = "";

const python = bootPython();
python.then(() => post({ type: "ready" })).catch(() => {}); // told when a request needs it

self.addEventListener("message", async (/** @type {MessageEvent<Request>} */ { data: request }) => {
  try {
    await answer(request);
  } catch (error) {
    post({ type: "error", ...explain(error) });
  }
});

async function bootPython() {
  const loading = loadPyodide({
    indexURL: new URL("vendor/pyodide/", import.meta.url).href,
    lockFileURL: new URL("python/pyodide-lock.json", import.meta.url).href,
    stdLibURL: new URL("python/python_stdlib.zip", import.meta.url).href,
    packages: ["ottava"],
  });
  const pyodide = await loading.catch((cause) => {
    throw new PlainError("Ottava could not start; check the connection and reload the page.", { cause });
  });
  return pyodide.pyimport("ottava.hosts.browser");
}

/** @param {Request} request */
async function answer(request) {
  switch (request.type) {
    case "prepare":
      startListening(request); // a failure is told when a recording needs the model
      return;
    case "samples":
      receiveSamples(request.samples);
      return;
    case "listen": {
      const { models, run } = await startListening(request);
      const browser = await waitForPython();
      const begun = JSON.stringify(request.begun);
      await browser.hear_recording({ ...host, run }, models, request.n_samples, request.setting, begun);
      return;
    }
    case "notate": {
      const { performance, duration_sec, choices } = request;
      post({ type: "progress", stage: "notating", fraction: 0 });
      const rhythm = choices.beats === "dp" ? null : await startRhythm();
      rhythm?.turn();
      const browser = await python;
      await browser.write_score(
        { ...host, run: rhythm?.run ?? null },
        JSON.stringify(performance),
        duration_sec,
        JSON.stringify(choices),
      );
      return;
    }
    case "compare": {
      const { performance, duration_sec, choices } = request;
      const rhythm = choices.beats === "dp" ? null : await startRhythm();
      const browser = await python;
      const [heard, chosen] = [JSON.stringify(performance), JSON.stringify(choices)];
      await browser.compare_rereading({ ...host, run: rhythm?.run ?? null }, heard, duration_sec, chosen);
      return;
    }
    case "open": {
      const browser = await python;
      browser.open_file(host, request.name, request.bytes);
      return;
    }
    case "write": {
      const { format, performance, duration_sec, choices } = request;
      const rhythm = choices.beats === "dp" ? null : await startRhythm();
      const browser = await python;
      const [heard, chosen] = [JSON.stringify(performance), JSON.stringify(choices)];
      await browser.write_file({ ...host, run: rhythm?.run ?? null }, format, heard, duration_sec, chosen);
      return;
    }
    default: {
      /** @type {never} */
      const unknown = request;
      throw new Error(`Unknown request: ${JSON.stringify(unknown)}`);
    }
  }
}

async function waitForPython() {
  post({ type: "progress", stage: "boot", fraction: 0 });
  const browser = await python;
  post({ type: "progress", stage: "boot", fraction: 1 });
  return browser;
}

/**
 * The model is loaded when a recording is near and kept; after a failure the next recording tries again.
 * @param {{ setting?: string, engine?: Engine }} chosen the same in the whole life of a worker
 */
function startListening({ setting, engine = "wasm" }) {
  const onProgress = (/** @type {number} */ fraction) => post({ type: "progress", stage: "model", fraction });
  listening ??= fetchModels().then(async (models) => {
    const run = await openModel(models, setting, engine, onProgress, onFull);
    dropUnlisted(models).catch(() => {}); // the next one may
    return { models, run };
  });
  listening.catch(() => {
    listening = null;
  });
  return listening;
}

/** The rhythm graphs are small; after a failure the next score tries again. */
function startRhythm() {
  rhythm ??= fetchModels()
    .then((models) => openRhythm(models, onFull))
    .then(rememberRuns);
  rhythm.catch(() => {
    rhythm = null;
  });
  return rhythm;
}

/** One sentence is enough. @param {string} sentence */
function onFull(sentence) {
  unkept ||= sentence;
}

/** What py/ottava/hosts/browser.py may call; `run` is added when a model is there. */
const host = {
  /** @param {number} first_sample @param {number} last_sample @returns {Promise<Float32Array>} */
  read(first_sample, last_sample) {
    return new Promise((resolve) => {
      receiveSamples = resolve;
      post({ type: "read", first_sample, last_sample });
    });
  },
  /** @param {string} reply */
  post(reply) {
    post(JSON.parse(reply));
  },
  /** @param {string} result @param {string} notes @param {string} musicxml */
  finish(result, notes, musicxml) {
    post({ type: "result", result: JSON.parse(result), notes: JSON.parse(notes), musicxml, unkept });
  },
  /** @param {Uint8Array<ArrayBuffer>} bytes */
  deliver(bytes) {
    post({ type: "written", bytes });
  },
};

/** @param {Reply} reply */
function post(reply) {
  self.postMessage(reply);
}

/** A detail says that the program is at fault, and the page then starts a fresh worker. @param {unknown} error */
function explain(error) {
  if (error instanceof PlainError) return { message: error.message, detail: String(error.cause ?? "") };
  const detail = error instanceof Error ? error.stack || error.message : String(error);
  return { message: OUT_OF_MEMORY.test(String(error)) ? MEMORY_SENTENCE : WRONG_SENTENCE, detail };
}
