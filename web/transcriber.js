/** The page's side of the transcription worker: one job at a time; to cancel is to end the worker and start another. */

import { messages } from "./messages.js";

/**
 * @import { Choices, Note, Pedal, Performance, Reply, Request, Result, Stage } from "./protocol.js"
 * @import { Recording } from "./audio.js"
 */

/** @typedef {{ result: Result, musicxml: string, midi: Uint8Array<ArrayBuffer> }} Transcription */

/**
 * @typedef {object} Listeners
 * @property {AbortSignal} signal
 * @property {(stage: Stage, fraction: number) => void} [onProgress]
 * @property {(notes: Note[], pedals: Pedal[]) => void} [onHeard]
 */

/**
 * @typedef {Listeners & {
 *   recording: Recording | null,
 *   resolve: (transcription: Transcription) => void,
 *   reject: (reason: unknown) => void,
 * }} Job
 */

/** `message` is one sentence for the reader; `detail`, when not empty, is for whoever reports the fault. */
export class TranscriptionError extends Error {
  /** @param {string} message @param {string} detail */
  constructor(message, detail) {
    super(message);
    this.detail = detail;
  }
}

export class Transcriber {
  /** @type {Worker | null} */
  #worker = null;
  /** @type {Job | null} */
  #job = null;

  /** The worker starts at once, so that Python is ready when the first recording comes. */
  constructor() {
    this.#start();
  }

  /** Loads the model ahead, when a person is about to choose a recording: it takes seconds and a gigabyte. */
  prepare() {
    if (!this.#job) this.#post(this.#start(), { type: "prepare" });
  }

  /**
   * @param {Recording} recording
   * @param {Listeners & { choices: Choices }} options
   * @returns {Promise<Transcription>}
   */
  transcribe(recording, { choices, ...listeners }) {
    return this.#run({ type: "transcribe", n_samples: recording.n_samples, choices }, recording, listeners);
  }

  /**
   * Writes the score anew from notes that were heard before.
   * @param {Performance} performance
   * @param {number} duration_sec
   * @param {Listeners & { choices: Choices }} options
   * @returns {Promise<Transcription>}
   */
  notate(performance, duration_sec, { choices, ...listeners }) {
    return this.#run({ type: "notate", performance, duration_sec, choices }, null, listeners);
  }

  /**
   * @param {Request} request
   * @param {Recording | null} recording
   * @param {Listeners} listeners
   * @returns {Promise<Transcription>}
   */
  #run(request, recording, listeners) {
    if (this.#job) throw new Error("The transcriber does one job at a time.");
    listeners.signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      this.#job = { ...listeners, recording, resolve, reject };
      listeners.signal.addEventListener("abort", this.#abort, { once: true });
      this.#post(this.#start(), request);
    });
  }

  #start() {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    // What an ended worker had still under way is not for the next job.
    const is_current = () => worker === this.#worker;
    worker.addEventListener("message", ({ data }) => is_current() && this.#receive(data));
    worker.addEventListener("error", (event) => is_current() && this.#crash(event.message ?? ""));
    this.#worker = worker;
    return worker;
  }

  #stop() {
    this.#worker?.terminate();
    this.#worker = null;
  }

  #abort = () => {
    const job = this.#finish();
    this.#stop();
    this.#start();
    job?.reject(job.signal.reason);
  };

  /** A worker that crashes while idle is replaced when it is needed, so that a broken one does not restart for ever. */
  #crash(/** @type {string} */ detail) {
    this.#stop();
    this.#finish()?.reject(new TranscriptionError(messages.stopped, detail));
  }

  #finish() {
    const job = this.#job;
    this.#job = null;
    job?.signal.removeEventListener("abort", this.#abort);
    return job;
  }

  /** @param {Reply} reply */
  #receive(reply) {
    switch (reply.type) {
      case "ready":
        return;
      case "read": {
        const samples = this.#job?.recording?.read(reply.first_sample, reply.last_sample);
        if (samples && this.#worker) {
          this.#post(this.#worker, { type: "samples", first_sample: reply.first_sample, samples }, [samples.buffer]);
        }
        return;
      }
      case "progress":
        this.#job?.onProgress?.(reply.stage, reply.fraction);
        return;
      case "heard":
        this.#job?.onHeard?.(reply.notes, reply.pedals);
        return;
      case "result":
        this.#finish()?.resolve(reply);
        return;
      case "error":
        this.#fail(reply.message, reply.detail);
        return;
      default: {
        /** @type {never} */
        const unknown = reply;
        throw new Error(`Unknown reply: ${JSON.stringify(unknown)}`);
      }
    }
  }

  /** After a fault of the program, memory included, only a fresh worker is sure to be sound. */
  #fail(/** @type {string} */ message, /** @type {string} */ detail) {
    if (detail) this.#stop();
    this.#finish()?.reject(new TranscriptionError(message || messages.wentWrong, detail));
  }

  /** @param {Worker} worker @param {Request} request @param {Transferable[]} [transfer] */
  #post(worker, request, transfer = []) {
    worker.postMessage(request, transfer);
  }
}
