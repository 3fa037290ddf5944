/** <progress-view>: which stage runs, how far, and how long it will take by the speed measured so far. */

import { messages } from "./messages.js";

/** @typedef {keyof typeof messages.stages} StageName */

/** Where each stage begins and ends on the one bar: listening is nearly all of the work. */
const SHARES = /** @type {const} */ ({
  opening: [0, 0.02],
  boot: [0.02, 0.06],
  model: [0.06, 0.12],
  listening: [0.12, 0.94],
  notating: [0.94, 1],
});
const ROUND_SEC = 5;
const TICK_MS = 1000;

export class ProgressView extends HTMLElement {
  #stage = document.createElement("p");
  #time = document.createElement("p");
  #bar = document.createElement("progress");
  /** @type {StageName | ""} */
  #name = "";
  #begun_ms = 0;
  #end_ms = 0;
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
    this.update("opening", 0);
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** @param {StageName} name @param {number} fraction 0..1 of this stage */
  update(name, fraction) {
    const now_ms = performance.now();
    if (name !== this.#name) {
      this.#name = name;
      this.#begun_ms = now_ms;
      this.#stage.textContent = messages.stages[name];
      this.#bar.setAttribute("aria-label", messages.stages[name]);
    }
    const [first, last] = SHARES[name];
    this.#bar.value = first + (last - first) * Math.min(1, Math.max(0, fraction));
    this.#end_ms = fraction > 0 ? this.#begun_ms + (now_ms - this.#begun_ms) / fraction : 0;
    this.#tick();
  }

  /** Only listening takes long enough to be worth an estimate. */
  #tick() {
    const left_sec = Math.ceil((this.#end_ms - performance.now()) / 1000 / ROUND_SEC) * ROUND_SEC;
    if (this.#name !== "listening") this.#time.textContent = this.#name === "notating" ? messages.almostDone : "";
    else if (this.#end_ms === 0) this.#time.textContent = messages.estimating;
    else this.#time.textContent = left_sec > 0 ? messages.timeLeft(left_sec) : messages.almostDone;
  }
}

customElements.define("progress-view", ProgressView);
