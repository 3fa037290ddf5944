/**
 * Runs the site's own worker under node: node transcribe.mjs DIST SAMPLES CHOICES.
 * SAMPLES is raw float32 at the model's rate; the worker's last reply goes to stdout as JSON.
 * Node is made to look like a module worker to Pyodide and LiteRT: `self`, `location`, `fetch` of files, and no storage.
 */
import { readFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [site, samples_path, choices] = process.argv.slice(2);
const { buffer, byteOffset, byteLength } = await readFile(samples_path);
const samples = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
const worker_url = pathToFileURL(resolve(site, "worker.js")).href;

class WorkerGlobalScope extends EventTarget {
  /** @param {any} reply */
  postMessage(reply) {
    queueMicrotask(() => receive(reply));
  }
}
const self = new WorkerGlobalScope();
const send = (/** @type {unknown} */ data) => self.dispatchEvent(new MessageEvent("message", { data }));

/** @param {string | URL} address */
async function fetchFile(address) {
  const type = extname(String(address)) === ".wasm" ? "application/wasm" : "application/octet-stream";
  return new Response(await readFile(new URL(address)), { headers: { "Content-Type": type } });
}

const location = { href: worker_url, origin: "file://", toString: () => worker_url };
Object.assign(self, { location });
Object.assign(globalThis, {
  WorkerGlobalScope,
  self,
  location,
  navigator: { userAgent: "", platform: "", languages: [] },
  fetch: fetchFile,
});
// What Pyodide and LiteRT ask to tell node from a browser.
Object.assign(process, { browser: true, type: "renderer" });

/** @param {any} reply */
function receive(reply) {
  if (reply.type === "read") {
    const { first_sample, last_sample } = reply;
    send({ type: "samples", first_sample, samples: samples.slice(first_sample, last_sample) });
  } else if (reply.type === "result" || reply.type === "error") {
    process.stdout.write(JSON.stringify(reply), () => process.exit(0));
  } else if (reply.type === "ready") {
    send({ type: "listen", n_samples: samples.length, begun: [] });
  } else if (reply.type === "performance") {
    const duration_sec = samples.length / 44100;
    send({ type: "notate", performance: reply.performance, duration_sec, choices: JSON.parse(choices) });
  } else {
    console.error(JSON.stringify(reply).slice(0, 200));
  }
}

// A stack would make node print the megabyte of one line that it points to.
process.on("uncaughtException", (error) => {
  console.error(String(error));
  process.exit(1);
});
await import(worker_url);
