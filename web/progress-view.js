/** <progress-view>: which stage runs, how far, and how long it will take by the speed measured so far. */

import { messages } from "./messages.js";

/** @typedef {keyof typeof messages.stages} StageName */

/** Where each stage begins and ends on the one bar: listening is nearly all of the work. */
const SHARES = /** @type {const} */ ({
  opening: [0, 0.02],
  model: [0.02, 0.1],
  boot: [0.1, 0.12],
  listening: [0.12, 0.94],
  notating: [0.94, 1],
});
/** From the end of listening to the score: 3.3 s for 133 notes, 2.5 s for 439, 90 s for 35,000, on two busy cores. */
const WRITING_SEC = 2;
const WRITING_NOTE_SEC = 0.0025;
const TICK_MS = 1000;

export class ProgressView extends HTMLElement {
  #stage = document.createElement("p");
  #time = document.createElement("p");
  #bar = document.createElement("progress");
  /** @type {StageName | ""} */
  #name = "";
  #begun_ms = 0;
  /** Speed is measured from here on: the first part also warms up, and took half as long again as the others. */
  #measured = { from_ms: 0, fraction: 0 };
  #end_ms = Number.POSITIVE_INFINITY;
  #fraction = 0;
  #n_notes = 0;
  #timer = 0;

  connectedCallback() {
    this.#stage.className = "stage";
    this.#stage.setAttribute("role", "status"); // only a new stage is read out, not every second
    this.#time.className = "time-left";
    this.#bar.max = 1;
    this.append(this.#bar, this.#stage, this.#time);
  }

  start() {
    this.#name = "";
    this.#n_notes = 0;
    this.#bar.value = 0;
    this.update("opening", 0);
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** So many notes more have been heard: the more there are, the longer the score will take. @param {number} n_notes */
  count(n_notes) {
    this.#n_notes += n_notes;
    this.#tick();
  }

  /** @param {StageName} name @param {number} fraction 0..1 of this stage */
  update(name, fraction) {
    const now_ms = performance.now();
    if (name !== this.#name) {
      this.#name = name;
      this.#begun_ms = now_ms;
      this.#measured = { from_ms: now_ms, fraction: 0 };
      this.#stage.textContent = messages.stages[name];
      this.#bar.setAttribute("aria-label", messages.stages[name]);
    }
    this.#fraction = fraction;
    const { from_ms, fraction: before } = this.#measured;
    const part_ms = (now_ms - from_ms) / (fraction - before); // of the whole stage
    this.#end_ms = fraction > before ? now_ms + (1 - fraction) * part_ms : Number.POSITIVE_INFINITY;
    if (before === 0 && fraction > 0) this.#measured = { from_ms: now_ms, fraction };
    this.#draw(fraction);
    this.#tick();
  }

  /** Only listening takes long enough to be worth an estimate; between two segments the bar follows it. */
  #tick() {
    if (this.#name !== "listening") {
      this.#time.textContent = this.#name === "notating" ? messages.almostDone : "";
      return;
    }
    const now_ms = performance.now();
    const writing_sec = WRITING_SEC + (WRITING_NOTE_SEC * this.#n_notes) / this.#fraction;
    const left_sec = (this.#end_ms - now_ms) / 1000 + writing_sec;
    this.#time.textContent = Number.isFinite(left_sec) ? messages.timeLeft(left_sec) : messages.estimating;
    this.#draw((now_ms - this.#begun_ms) / (this.#end_ms - this.#begun_ms));
  }

  /** The bar never goes back. @param {number} fraction of the stage */
  #draw(fraction) {
    const [first, last] = SHARES[/** @type {StageName} */ (this.#name)];
    this.#bar.value = Math.max(this.#bar.value, first + (last - first) * Math.min(1, fraction || 0));
  }
}

customElements.define("progress-view", ProgressView);
