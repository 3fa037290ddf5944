/** <level-meter>: how loud the microphone hears, in decibels, and whether it was too loud. */

import { messages } from "./messages.js";

const FLOOR_DB = -60;
const FALL_DB = 1; // a block of 21 ms: the 20 dB in 0.5 s of a studio's peak meter
const CLIP = 0.999; // full scale, but for rounding
const CLIP_MS = 3000; // long enough to be read

export class LevelMeter extends HTMLElement {
  #bar = document.createElement("div");
  #sign = document.createElement("p");
  #level_db = FLOOR_DB;
  #timer = 0;

  connectedCallback() {
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", messages.level);
    this.#bar.className = "level-bar";
    this.#sign.className = "level-sign";
    this.#sign.setAttribute("role", "status");
    this.append(this.#bar, this.#sign);
  }

  /** @param {number} peak of the last block, 0..1 */
  show(peak) {
    this.#level_db = Math.max(20 * Math.log10(peak), this.#level_db - FALL_DB, FLOOR_DB);
    this.#bar.style.setProperty("--level", String(1 - this.#level_db / FLOOR_DB));
    if (peak < CLIP) return;
    this.#sign.textContent = messages.clipping;
    this.dataset.clipping = "";
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.clear(), CLIP_MS);
  }

  /** Forgets that it was too loud. */
  clear() {
    this.#sign.textContent = "";
    delete this.dataset.clipping;
  }
}

customElements.define("level-meter", LevelMeter);
