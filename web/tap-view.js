/**
 * <tap-view>: tapping the beats along with the music, by key, pointer or finger.
 *
 * Tells "done" {beats_sec}, increasing, or empty where too few were tapped.
 */

import { make, makeButton } from "./elements.js";
import { hide } from "./focus.js";
import { messages } from "./messages.js";

/** Two taps nearer than this are one that trembled: 300 beats a minute. */
const NEAREST_SEC = 0.2;
const LEAST_TAPS = 4;

export class TapView extends HTMLElement {
  #help = make("p");
  #tap = makeButton(messages.tap, undefined, { className: "primary" });
  #stop = makeButton(messages.tapDone, () => this.end());
  /** @type {number[]} */
  #beats_sec = [];
  #findTime = () => 0;
  /** What had the focus before. @type {HTMLElement} */
  #opener = this;

  connectedCallback() {
    this.hidden = true;
    this.#help.id = "tap-help"; // not a status: reading out would drown the music
    this.#tap.setAttribute("aria-describedby", this.#help.id);
    this.append(this.#help, make("div", "actions", this.#tap, this.#stop));
    // The moment of the press counts, not that of the release.
    this.#tap.addEventListener("pointerdown", () => this.#add());
    this.#tap.addEventListener("keydown", (event) => {
      if ((event.key === " " || event.key === "Enter") && !event.repeat) this.#add();
      if (event.key === " " || event.key === "Enter") event.preventDefault();
    });
    this.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.end();
      event.stopPropagation(); // space is a beat here, not a pause
    });
  }

  get isOpen() {
    return !this.hidden;
  }

  /** @param {() => number} findTime the second of the recording that is heard now */
  begin(findTime) {
    this.#findTime = findTime;
    this.#beats_sec = [];
    this.#help.textContent = messages.tapHelp;
    if (document.activeElement instanceof HTMLElement) this.#opener = document.activeElement;
    this.hidden = false;
    this.#tap.focus();
  }

  /** What was tapped counts. */
  end() {
    if (this.hidden) return;
    hide(this, this.#opener);
    const beats_sec = this.#beats_sec.length < LEAST_TAPS ? [] : this.#beats_sec;
    this.dispatchEvent(new CustomEvent("done", { detail: { beats_sec } }));
  }

  #add() {
    const sec = this.#findTime();
    const last = this.#beats_sec.at(-1) ?? Number.NEGATIVE_INFINITY;
    if (sec - last < NEAREST_SEC) return;
    this.#beats_sec.push(sec);
    this.#help.textContent = messages.tapped(this.#beats_sec.length);
  }
}

customElements.define("tap-view", TapView);
