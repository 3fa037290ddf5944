/**
 * Who writes scores anew while a person corrects them: the transcriber, and while that one listens to other recordings
 * a second one, which is there only then: a phone has little memory.
 */

import { Transcriber } from "./transcriber.js";

const REST_MS = 30_000; // corrections come in bursts, and a new worker takes some seconds

export class Writer {
  #transcriber;
  #isTaken;
  /** @type {Transcriber | null} */
  #second = null;
  #timer = 0;

  /** @param {Transcriber} transcriber @param {() => boolean} isTaken by recordings, listened to or about to be */
  constructor(transcriber, isTaken) {
    this.#transcriber = transcriber;
    this.#isTaken = isTaken;
  }

  /** As of Transcriber. @type {Transcriber["notate"]} */
  notate(...job) {
    return this.#use((transcriber) => transcriber.notate(...job));
  }

  /** As of Transcriber. @type {Transcriber["compare"]} */
  compare(...job) {
    return this.#use((transcriber) => transcriber.compare(...job));
  }

  /** As of Transcriber. @type {Transcriber["write"]} */
  write(...job) {
    return this.#use((transcriber) => transcriber.write(...job));
  }

  /** @template T @param {(transcriber: Transcriber) => Promise<T>} work */
  async #use(work) {
    if (!this.#isTaken() && !this.#transcriber.isBusy) return work(this.#transcriber);
    clearTimeout(this.#timer);
    this.#second ??= new Transcriber();
    try {
      return await work(this.#second);
    } finally {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#second?.rest(), REST_MS);
    }
  }
}
