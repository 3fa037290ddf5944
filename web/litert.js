/**
 * LiteRT in the worker: loads its WebAssembly module, and models into it, and runs them on typed arrays.
 *
 * The JavaScript of @litertjs/core is for a page: it wants `importScripts` or a document, which a module worker lacks,
 * and a bundler for its imports. So this file calls the WebAssembly module below it in the way it does. What that module
 * hands out lies in its memory and is deleted by hand.
 */

import { download, openDevice, upload } from "./gpu.js";
import { countThreads, nameBuild } from "./threads.js";

/**
 * @import { LiteRt as Package } from "@litertjs/core"
 * @import { Device } from "./gpu.js"
 * @import { Engine } from "./protocol.js"
 */

/**
 * @typedef {Package["liteRtWasm"]} Wasm
 * @typedef {ReturnType<Wasm["LiteRtEnvironment"]["create"]>} Environment
 * @typedef {ReturnType<Wasm["LiteRtTensorBuffer"]["createManaged"]>} Buffer
 * @typedef {ReturnType<Wasm["loadModel"]>} Model
 * @typedef {Awaited<ReturnType<Wasm["compileModel"]>>} CompiledModel
 * @typedef {{ model: Model, engine: Engine }} Loaded
 */

/**
 * To be called once in a worker.
 * @param {(path: string) => Promise<Response>} fetchFile
 * @param {Engine} engine the most that a model will ask for
 * @returns {Promise<LiteRt>}
 */
export async function openLiteRt(fetchFile, engine) {
  const n_threads = countThreads();
  const path = `vendor/litert/${nameBuild()}`;
  const script = new URL(`${path}.js`, import.meta.url).href;
  const module = await WebAssembly.compileStreaming(fetchFile(`${path}.wasm`));
  const createModule = await importFactory(script);
  // It starts a helper for each core that the browser names; each takes memory, and one thread runs already.
  if (n_threads > 1) Object.defineProperty(navigator, "hardwareConcurrency", { value: n_threads - 1 });
  /** @type {(imports: WebAssembly.Imports, receive: (...made: object[]) => void) => object} */
  const instantiateWasm = (imports, receive) => {
    receive(new WebAssembly.Instance(module, imports), module);
    return {};
  };
  /** @type {string[]} */
  const errors = [];
  // Most of what it says is about what it is made of.
  const printErr = (/** @type {string} */ line) => line.startsWith("ERROR") && errors.push(line);
  const wasm = await createModule({ instantiateWasm, mainScriptUrlOrBlob: script, print: () => {}, printErr });
  const device = engine === "webgpu" ? await openDevice((error) => errors.push(error)) : null;
  return new LiteRt(wasm, n_threads, device, errors);
}

/**
 * The script is a classic one, and stays so, since each helper starts it again as a classic worker. Imported as a module
 * it keeps its variables to itself, but it hands its factory to `define` where there is one, as AMD loaders have it.
 * @param {string} script
 * @returns {Promise<(options: object) => Promise<Wasm>>}
 */
async function importFactory(script) {
  let factory;
  const define = (/** @type {string[]} */ _, /** @type {() => any} */ give) => {
    factory = give();
  };
  Object.assign(globalThis, { define: Object.assign(define, { amd: true }) });
  await import(script);
  Object.assign(globalThis, { define: undefined });
  if (!factory) throw new Error(`${script} gave no factory.`);
  return factory;
}

/** One model of each engine is ready at a time: that takes up to 290 MB; to make another one ready takes 5 to 80 ms. */
export class LiteRt {
  #wasm;
  #environment;
  #device;
  #options;
  #errors;
  /** @type {Map<Engine, { model: Model, compiled: CompiledModel }>} */
  #ready = new Map();

  /**
   * @param {Wasm} wasm
   * @param {number} n_threads
   * @param {Device | null} device for models on WebGPU
   * @param {string[]} errors where those of the module and the device arrive
   */
  constructor(wasm, n_threads, device, errors) {
    this.#wasm = wasm;
    this.#device = device;
    this.#errors = errors;
    this.#environment = wasm.LiteRtEnvironment.create(device);
    this.#options = {
      cpuOptions: { numThreads: n_threads },
      gpuOptions: { precision: /** @type {const} */ ("fp32") },
      webNNOptions: {},
    };
  }

  /**
   * @param {Uint8Array} bytes they are copied: the model reads its constants from there for good
   * @param {Engine} engine what will run it
   * @returns {Loaded}
   */
  load(bytes, engine) {
    const address = this.#wasm._malloc(bytes.length);
    if (!address) throw new RangeError("LiteRT is out of memory.");
    this.#wasm.HEAPU8.set(bytes, address);
    return { model: this.#wasm.loadModel(this.#environment, address, bytes.length), engine };
  }

  /**
   * @template T
   * @param {Loaded} loaded
   * @param {Float32Array[]} inputs
   * @param {(output: Float32Array, i: number) => T} read gets each output, in memory that is there until it returns
   * @returns {Promise<T[]>} inputs and outputs are in the order of the model's signature
   */
  async run(loaded, inputs, read) {
    const compiled = await this.#prepare(loaded);
    /** @type {(() => void)[]} */
    const cleanings = [];
    try {
      const buffers = inputs.map((input, i) => this.#createInput(loaded.model, compiled, input, i, cleanings));
      const outputs = await compiled.run(0, buffers);
      cleanings.push(...outputs.map((output) => () => output.delete()));
      this.#check();
      const results = await Promise.all(outputs.map((output, i) => this.#read(output, (data) => read(data, i))));
      this.#check(); // the device tells later than the module
      return results;
    } finally {
      for (const clean of cleanings) clean();
    }
  }

  /** @param {Loaded} loaded */
  async #prepare({ model, engine }) {
    const ready = this.#ready.get(engine);
    if (ready?.model === model) return ready.compiled;
    ready?.compiled.delete();
    this.#ready.delete(engine);
    const options = { ...this.#options, accelerator: engine };
    const compiled = await this.#wasm.compileModel(this.#environment, model, options);
    this.#check();
    this.#ready.set(engine, { model, compiled });
    return compiled;
  }

  /** Where memory is short the module says so, goes on and gives numbers that mean nothing. */
  #check() {
    if (this.#errors.length) throw new Error(this.#errors.splice(0).join(" "));
  }

  /**
   * @param {Model} model
   * @param {CompiledModel} compiled
   * @param {Float32Array} input
   * @param {number} i
   * @param {(() => void)[]} cleanings gets what frees the input
   * @returns {Buffer} where the compiled model wants it
   */
  #createInput(model, compiled, input, i, cleanings) {
    const { LiteRtTensorBuffer, LiteRtTensorBufferType, LiteRtTensorBufferLockMode } = this.#wasm;
    const { HOST_MEMORY, WEB_GPU_BUFFER_PACKED } = LiteRtTensorBufferType;
    const requirements = compiled.getInputBufferRequirements(0, i);
    const types = requirements.supportedTypes();
    const is_host = types.get(0).value === HOST_MEMORY.value;
    types.delete();
    requirements.delete();
    const type = model.getInputTensorType(0, i);
    try {
      if (is_host) {
        const buffer = LiteRtTensorBuffer.createManaged(this.#environment, HOST_MEMORY, type, type.bytes());
        cleanings.push(() => buffer.delete());
        this.#use(buffer, LiteRtTensorBufferLockMode.WRITE, (data) => data.set(input));
        return buffer;
      }
      const source = upload(this.#device, input);
      const id = this.#wasm.WebGPU.importJsBuffer(source);
      const place = /** @type {const} */ ([WEB_GPU_BUFFER_PACKED, id, input.byteLength]);
      const buffer = LiteRtTensorBuffer.createFromWebGpuBuffer(this.#environment, type, ...place);
      cleanings.push(() => {
        buffer.delete();
        this.#wasm.wgpuBufferRelease(id);
        source.destroy();
      });
      return buffer;
    } finally {
      type.delete();
    }
  }

  /**
   * @template T
   * @param {Buffer} output
   * @param {(data: Float32Array) => T} use
   */
  async #read(output, use) {
    if (!output.isWebGpuMemory()) return this.#use(output, this.#wasm.LiteRtTensorBufferLockMode.READ, use);
    const source = this.#wasm.WebGPU.getJsObject(output.getWebGpuBuffer());
    return download(this.#device, source, output.packedSize() / 4, use);
  }

  /**
   * The memory may have grown since the last use, hence no view is kept.
   * @template T
   * @param {Buffer} buffer
   * @param {Parameters<Buffer["lock"]>[0]} mode
   * @param {(data: Float32Array) => T} use
   * @returns {T}
   */
  #use(buffer, mode, use) {
    const address = buffer.lock(mode);
    try {
      return use(new Float32Array(this.#wasm.HEAPU8.buffer, address, buffer.packedSize() / 4));
    } finally {
      buffer.unlock();
    }
  }
}
