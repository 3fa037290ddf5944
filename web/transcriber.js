/** The page's side of the transcription worker: one job at a time; to cancel is to end the worker and start another. */

import { messages } from "./messages.js";

/**
 * @import { Checkpoint, Choices, Engine, FileFormat, Note, Opened, Pedal, Performance, Reply, Request, Result, ShownNote, Stage } from "./protocol.js"
 * @import { Recording } from "./audio.js"
 */

/** From here on the memory that listening took is given back before the score is written, and again before it is drawn. */
const LONG_SEC = 600;

/**
 * @typedef {{ result: Result, notes: (ShownNote | null)[], musicxml: string, unkept: string }} Transcription
 *   `notes` are those of the result's performance as corrected, null where one is deleted
 */

/**
 * @typedef {object} Listeners
 * @property {AbortSignal} signal
 * @property {(stage: Stage, fraction: number) => void} [onProgress]
 * @property {(notes: Note[], pedals: Pedal[]) => void} [onHeard]
 * @property {(checkpoint: Checkpoint) => void} [onCheckpoint]
 */

/** @typedef {Extract<Reply, { type: "performance" | "result" | "compared" | "opened" | "written" }>} Outcome the last reply of a job */

/** @typedef {{ setting?: string, engine?: Engine }} Listening */

/**
 * @typedef {Listeners & {
 *   recording: Recording | null,
 *   resolve: (outcome: Outcome) => void,
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
  /** What the worker listens with. @type {Listening} */
  #listening = {};

  /** The worker starts at once, so that Python is ready when the first recording comes. */
  constructor() {
    this.#start();
  }

  get isBusy() {
    return this.#job !== null;
  }

  /** Loads the model ahead, when a person is about to choose a recording: it takes seconds and a gigabyte. */
  prepare(/** @type {Listening} */ listening) {
    if (!this.#job) this.#post(this.#start(listening), { type: "prepare", ...listening });
  }

  /** Gives back all memory until the next job. */
  rest() {
    if (!this.#job) this.#stop();
  }

  /**
   * @param {Recording} recording
   * @param {Listeners & { choices: Choices, engine?: Engine, begun: Checkpoint[] }} options `begun`: the checkpoints of a
   *   listening that was broken off
   * @returns {Promise<Transcription & { heard: Performance }>}
   */
  async transcribe(recording, { choices, engine, begun, ...listeners }) {
    const { n_samples, duration_sec } = recording;
    const listening = { setting: choices.setting, engine };
    const heard = await this.#run({ type: "listen", n_samples, ...listening, begun }, recording, listeners, listening);
    if (heard.type !== "performance") throw new Error(`Not a performance: ${heard.type}`);
    if (duration_sec > LONG_SEC) this.#stop();
    const transcription = await this.notate(heard.performance, duration_sec, { choices, ...listeners });
    if (duration_sec > LONG_SEC) this.#stop();
    return { ...transcription, heard: heard.performance };
  }

  /**
   * Writes the score anew from notes that were heard before.
   * @param {Performance} performance
   * @param {number} duration_sec
   * @param {Listeners & { choices: Choices }} options
   * @returns {Promise<Transcription>}
   */
  async notate(performance, duration_sec, { choices, ...listeners }) {
    const written = await this.#run({ type: "notate", performance, duration_sec, choices }, null, listeners);
    if (written.type !== "result") throw new Error(`Not a result: ${written.type}`);
    return written;
  }

  /**
   * How many other bars would change if the piece were read again with its corrected notes.
   * @param {Performance} performance
   * @param {number} duration_sec
   * @param {Listeners & { choices: Choices }} options
   */
  async compare(performance, duration_sec, { choices, ...listeners }) {
    const compared = await this.#run({ type: "compare", performance, duration_sec, choices }, null, listeners);
    if (compared.type !== "compared") throw new Error(`Not a comparison: ${compared.type}`);
    return compared.n_bars;
  }

  /**
   * What is in a MIDI file or a saved project.
   * @param {File} file
   * @param {Listeners} listeners
   * @returns {Promise<Opened>}
   */
  async open(file, listeners) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const opened = await this.#run({ type: "open", name: file.name, bytes }, null, listeners);
    if (opened.type !== "opened") throw new Error(`Not a piece: ${opened.type}`);
    return opened;
  }

  /**
   * A file of the score that only Python writes.
   * @param {FileFormat} format
   * @param {Performance} performance
   * @param {number} duration_sec
   * @param {Listeners & { choices: Choices }} options
   */
  async write(format, performance, duration_sec, { choices, ...listeners }) {
    const written = await this.#run({ type: "write", format, performance, duration_sec, choices }, null, listeners);
    if (written.type !== "written") throw new Error(`Not a file: ${written.type}`);
    return written.bytes;
  }

  /**
   * @param {Request} request
   * @param {Recording | null} recording
   * @param {Listeners} listeners
   * @param {Listening} [listening]
   * @returns {Promise<Outcome>}
   */
  #run(request, recording, listeners, listening) {
    if (this.#job) throw new Error("The transcriber does one job at a time.");
    listeners.signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      this.#job = { ...listeners, recording, resolve, reject };
      listeners.signal.addEventListener("abort", this.#abort, { once: true });
      this.#post(this.#start(listening), request);
    });
  }

  /** A worker keeps to one model: only with its end the memory of it is free. @param {Listening} [listening] */
  #start(listening = this.#listening) {
    const { setting, engine } = this.#listening;
    if (setting && (listening.setting !== setting || listening.engine !== engine)) this.#stop();
    this.#listening = listening;
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
      case "read":
        this.#read(reply.first_sample, reply.last_sample);
        return;
      case "progress":
        this.#job?.onProgress?.(reply.stage, reply.fraction);
        return;
      case "heard":
        this.#job?.onHeard?.(reply.notes, reply.pedals);
        return;
      case "checkpoint":
        this.#job?.onCheckpoint?.(reply.checkpoint);
        return;
      case "performance":
      case "result":
      case "compared":
      case "opened":
      case "written":
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

  /** Hands the worker a slice of the recording. @param {number} first_sample @param {number} last_sample */
  async #read(first_sample, last_sample) {
    const [job, worker] = [this.#job, this.#worker];
    try {
      const samples = await job?.recording?.read(first_sample, last_sample);
      // The job may have been cancelled meanwhile.
      if (!samples || !worker || worker !== this.#worker) return;
      this.#post(worker, { type: "samples", first_sample, samples }, [samples.buffer]);
    } catch (error) {
      if (job !== this.#job) return;
      this.#stop(); // it would wait for ever
      this.#finish()?.reject(error);
    }
  }

  /** After a fault of the program, memory included, only a fresh worker is sure to be sound. */
  #fail(/** @type {string} */ message, /** @type {string} */ detail) {
    if (detail) this.#stop();
    this.#finish()?.reject(new TranscriptionError(messages.translate(message) || messages.wentWrong, detail));
  }

  /** @param {Worker} worker @param {Request} request @param {Transferable[]} [transfer] */
  #post(worker, request, transfer = []) {
    worker.postMessage(request, transfer);
  }
}
