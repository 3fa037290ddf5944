/**
 * The piece that is open: what was heard, what a person decided, and the score made of both.
 *
 * Choices are values that never change; a correction is a new one and a step that can be undone. The last one asked for
 * is written: while the worker is busy with one, those between are skipped.
 */

/**
 * @import { Choices, FileFormat, Opened, Performance } from "./protocol.js"
 * @import { Transcriber, Transcription } from "./transcriber.js"
 */

/**
 * @typedef {object} Facts of a piece, which the library keeps
 * @property {string} id
 * @property {string} name of the file it came from, which names the files saved of it
 * @property {Blob | null} recording as it came, where there is one
 * @property {string[]} warnings about the recording
 * @property {number} created_ms
 */

/** @typedef {{ past: Choices[], future: Choices[] }} Steps what undo and redo lead to, the nearest last */

/** @typedef {Facts & Opened & { steps?: Steps, waveform?: Uint8Array | null }} Source */

const MOST_STEPS = 100;
/** Corrections come in bursts; another reading is looked at when no more of them come. */
const REST_MS = 1500;

/** @param {Choices[]} past @param {Choices} choices */
export function addStep(past, choices) {
  return [...past, choices].slice(-MOST_STEPS);
}

/** Whether corrections of single notes have changed no more than their bars. @param {Choices} choices */
function hasEdits({ notes, added }) {
  return [...(notes ?? []), ...(added ?? [])].some(({ as_heard }) => !as_heard);
}

export class Piece extends EventTarget {
  #transcriber;
  #choices;
  #past;
  #future;
  /** @type {Promise<void> | null} */
  #writing = null;
  /** @type {Promise<void> | null} */
  #comparing = null;
  #timer = 0;
  #abort = new AbortController();
  #written;

  /**
   * Events: "corrected" (`choices` are new), "written" (a new score), "failed" (its `detail` is the error; the choices
   * that could not be written are taken back), "compared" (`n_other_bars` is new).
   * @param {Source} source
   * @param {Pick<Transcriber, "notate" | "write" | "compare">} transcriber
   * @param {Transcription} [transcription] the score of these choices, where it is there already
   */
  constructor(source, transcriber, transcription) {
    super();
    const { id, name, title, recording, warnings, created_ms, duration_sec, performance, choices, steps } = source;
    this.id = id;
    this.name = name;
    this.recording = recording;
    this.warnings = warnings;
    this.created_ms = created_ms;
    this.duration_sec = duration_sec;
    /** As heard: corrections count its notes. @type {Performance} */
    this.performance = performance;
    this.#choices = title && !choices.title ? { ...choices, title } : choices;
    this.#past = steps?.past ?? [];
    this.#future = steps?.future ?? [];
    this.#transcriber = transcriber;
    /** Of the recording (waveform.js), where it was read here. */
    this.waveform = source.waveform ?? null;
    /** Of the choices at the last "written". @type {Transcription | null} */
    this.transcription = transcription ?? null;
    /** The choices of it. @type {Choices | null} */
    this.#written = transcription ? this.#choices : null;
    /** How many bars would change if the piece were read again with the corrected notes. */
    this.n_other_bars = 0;
  }

  /** What a person decided, the newest. */
  get choices() {
    return this.#choices;
  }

  get title() {
    return this.#choices.title ?? "";
  }

  /** @returns {Steps} */
  get steps() {
    return { past: this.#past, future: this.#future };
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /** Whether the score is that of the newest choices. */
  get isWritten() {
    return this.#written === this.#choices;
  }

  /** Whether a score is being written. */
  get isBusy() {
    return this.#writing !== null;
  }

  /**
   * Decides something anew.
   * @param {(choices: Choices) => Choices} change
   * @returns {Promise<void>} when the score of it, or of a later one, is written
   */
  correct(change) {
    const choices = change(this.#choices);
    if (JSON.stringify(choices) === JSON.stringify(this.#choices)) return this.#writing ?? Promise.resolve();
    this.#past = addStep(this.#past, this.#choices);
    this.#future = [];
    return this.#adopt(choices);
  }

  undo() {
    const choices = this.#past.pop();
    if (!choices) return Promise.resolve();
    this.#future.push(this.#choices);
    return this.#adopt(choices);
  }

  redo() {
    const choices = this.#future.pop();
    if (!choices) return Promise.resolve();
    this.#past.push(this.#choices);
    return this.#adopt(choices);
  }

  /** Writes the score of the choices as they are. */
  write() {
    return this.#adopt(this.#choices);
  }

  /**
   * A file of the score that only Python writes.
   * @param {FileFormat} format
   */
  async writeFile(format) {
    await this.#writing;
    await this.#comparing;
    const options = { choices: this.#choices, signal: this.#abort.signal };
    return this.#transcriber.write(format, this.performance, this.duration_sec, options);
  }

  /** Nothing more is written until something is asked for again. */
  close() {
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#abort = new AbortController();
  }

  /** @param {Choices} choices */
  #adopt(choices) {
    clearTimeout(this.#timer);
    this.#choices = choices;
    this.n_other_bars = 0;
    this.#writing ??= this.#writeNewest().finally(() => {
      this.#writing = null;
    });
    this.dispatchEvent(new Event("corrected"));
    return this.#writing;
  }

  async #writeNewest() {
    const { signal } = this.#abort;
    await this.#comparing;
    if (this.#written === this.#choices && !signal.aborted) this.#tellWritten(); // undone before it was begun
    while (this.#written !== this.#choices && !signal.aborted) {
      /** @type {Choices} */
      const choices = this.#choices;
      try {
        this.transcription = await this.#transcriber.notate(this.performance, this.duration_sec, { choices, signal });
        this.#written = choices;
        if (choices === this.#choices) this.#tellWritten();
      } catch (error) {
        if (signal.aborted) return;
        if (choices !== this.#choices) continue;
        this.#takeBack();
        this.dispatchEvent(new Event("corrected"));
        this.dispatchEvent(new CustomEvent("failed", { detail: error }));
        if (choices === this.#choices) return; // there is nothing to go back to
        if (this.#written === this.#choices) this.#tellWritten(); // it may have been skipped
      }
    }
  }

  #tellWritten() {
    this.dispatchEvent(new Event("written"));
    if (hasEdits(this.#choices)) this.#timer = setTimeout(() => this.#compare(), REST_MS);
  }

  /** Looks what another reading would do; where that fails, nothing is offered. */
  #compare() {
    const [choices, { signal }] = [this.#choices, this.#abort];
    const show = (/** @type {number} */ n_bars) => {
      if (choices !== this.#choices || signal.aborted) return;
      this.n_other_bars = n_bars;
      this.dispatchEvent(new Event("compared"));
    };
    this.#comparing = this.#transcriber
      .compare(this.performance, this.duration_sec, { choices, signal })
      .then(show, () => {})
      .finally(() => {
        this.#comparing = null;
      });
  }

  /** What cannot be written goes: back to the correction before it, or where it was undone, on to the score that stands. */
  #takeBack() {
    const undone = this.#written ? this.#future.indexOf(this.#written) : -1;
    const before = undone < 0 ? this.#past.pop() : this.#future[undone];
    if (undone >= 0) {
      this.#past.push(this.#choices, ...this.#future.splice(undone).slice(1).reverse());
    }
    if (before) this.#choices = before;
  }
}
