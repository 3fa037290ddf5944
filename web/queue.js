/** Files wait here for their turn: one is made into a piece at a time, and a failure stops none of the others. */

import { explain } from "./make-piece.js";

/**
 * @import { Begun } from "./make-piece.js"
 * @import { Piece } from "./piece.js"
 * @import { StageName } from "./progress-view.js"
 */

/**
 * @typedef {{ name: string, load: (signal: AbortSignal) => File | Promise<File>, begun?: Begun }} Item a file, or how to
 *   come by it
 */

/**
 * @typedef {Item & {
 *   state: "waiting" | "working" | "done" | "failed",
 *   stage: StageName,
 *   fraction: number,
 *   problem: { sentence: string, detail: string } | null,
 *   piece: Piece | null,
 *   isSeen: boolean,
 *   abort: AbortController,
 * }} Entry `fraction` is that of the stage; `isSeen`: the piece was opened
 */

export class Queue extends EventTarget {
  /** In the order in which they came. @type {readonly Entry[]} */
  entries = [];
  /** What is worked on. @type {Entry | null} */
  current = null;
  #make;

  /**
   * Events: "changed" (an entry came, went or is in another state), "started", "progress", "finished", "failed" (of
   * `detail`, an entry) and "idle" (all have had their turn).
   * @param {(file: File, entry: Entry) => Promise<Piece>} make calls `advance` as it goes
   */
  constructor(make) {
    super();
    this.#make = make;
  }

  get isBusy() {
    return this.current !== null;
  }

  /** Whether something would be lost with the page. */
  get isNeeded() {
    return this.isBusy || this.entries.some(({ state, isSeen }) => state === "done" && !isSeen);
  }

  /** What was opened or has failed is forgotten when something new comes after a pause. @param {Item[]} items */
  add(items) {
    if (!this.isBusy) this.entries = this.entries.filter(({ state, isSeen }) => state === "done" && !isSeen);
    this.entries = [...this.entries, ...items.map(createEntry)];
    this.#tell("changed");
    if (!this.isBusy) this.#work();
  }

  /** Whatever becomes of it is not wanted. @param {Entry} entry */
  remove(entry) {
    this.entries = this.entries.filter((other) => other !== entry);
    entry.abort.abort();
    this.#tell("changed");
  }

  /** @param {Entry} entry @param {StageName} stage @param {number} fraction */
  advance(entry, stage, fraction) {
    Object.assign(entry, { stage, fraction });
    this.#tell("progress", entry);
  }

  async #work() {
    for (let entry = this.#findNext(); entry; entry = this.#findNext()) {
      this.current = entry;
      entry.state = "working";
      this.#tell("started", entry);
      this.#tell("changed");
      await this.#finish(entry);
    }
    this.current = null;
    this.#tell("changed");
    this.#tell("idle");
  }

  #findNext() {
    return this.entries.find(({ state }) => state === "waiting");
  }

  /** @param {Entry} entry */
  async #finish(entry) {
    const { signal } = entry.abort;
    /** Not all that has to be done before can be stopped; the next does not wait for it. @type {Promise<never>} */
    const removed = new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    try {
      const making = Promise.resolve(entry.load(signal)).then((file) => this.#make(file, entry));
      entry.piece = await Promise.race([making, removed]);
      entry.state = "done";
    } catch (error) {
      if (signal.aborted) return;
      entry.problem = explain(error);
      entry.state = "failed";
    }
    this.#tell(entry.state === "done" ? "finished" : "failed", entry);
  }

  /** @param {string} type @param {Entry} [entry] */
  #tell(type, entry) {
    this.dispatchEvent(new CustomEvent(type, { detail: entry }));
  }
}

/** @param {Item} item @returns {Entry} */
function createEntry({ name, load, begun }) {
  const abort = new AbortController();
  const progress = /** @type {const} */ ({ state: "waiting", stage: "opening", fraction: 0 });
  return { name, load, begun, ...progress, problem: null, piece: null, isSeen: false, abort };
}
