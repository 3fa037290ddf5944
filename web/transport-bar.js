/**
 * <transport-bar>: play, pause, position; what sounds folds out. It works on a Player and keeps nothing itself.
 *
 * Tells "jump" when somebody goes to another place of the music with it.
 */

import { formatDuration } from "./amounts.js";
import { makeSignButton, setSign } from "./controls.js";
import { make, markPage } from "./elements.js";
import { messages } from "./messages.js";
import { makeSoundOptions } from "./sound-options.js";
import { findBar } from "./sounds.js";

/** @import { Player } from "./player.js" */

const PLAY = "M8 5v14l11-7z";
const PAUSE = "M7 5h4v14H7zM13 5h4v14h-4z";
const TO_START = "M6 5h2v14H6zM19 5v14l-10-7z";
const OPTIONS = "M4 7h9m6 0h1M4 17h1m6 0h9M16 4.500v5M8 14.500v5";

const CONTROLS = "a, button, input, select, textarea, summary, [contenteditable], [role='button']";
const STEP_SEC = 0.1;

export class TransportBar extends HTMLElement {
  #seek = make("input", "seek");
  #time = make("span", "time");
  #duration = make("span", "time");
  #notice = make("p", "notice");

  /** @param {Player} player */
  attach(player) {
    const text = messages.player;
    const toggle = makeSignButton(text.play, PLAY, () => player.toggle());
    toggle.classList.add("primary");
    const options = makeSoundOptions(player);
    const unfold = makeSignButton(text.options, OPTIONS, () => {
      options.element.hidden = !options.element.hidden;
      unfold.setAttribute("aria-expanded", String(!options.element.hidden));
    });
    unfold.classList.add("unfold");
    unfold.setAttribute("aria-expanded", "false");
    options.element.hidden = true;
    this.#notice.setAttribute("role", "status");
    Object.assign(this.#seek, { type: "range", min: 0, step: STEP_SEC, ariaLabel: text.position });
    const jump = (/** @type {() => void} */ go) => {
      go();
      this.dispatchEvent(new Event("jump"));
    };
    this.#seek.addEventListener("input", () => jump(() => player.seek(this.#seek.valueAsNumber)));

    this.setAttribute("role", "region");
    this.setAttribute("aria-label", text.region);
    const toStart = makeSignButton(text.toStart, TO_START, () => jump(() => player.stop()));
    const row = make("div", "row", toStart, toggle, this.#time, this.#seek, this.#duration, unfold);
    this.append(options.element, this.#notice, row);

    player.addEventListener("time", () => this.#showTime(player));
    player.addEventListener("state", () => {
      const is_off = player.state === "stopped";
      setSign(toggle, is_off ? text.play : text.pause, is_off ? PLAY : PAUSE);
      this.dataset.state = player.state;
      if (this.#notice.textContent !== player.notice) this.#notice.textContent = player.notice;
      markPage("has-notice", player.notice !== "");
      this.#seek.max = String(player.duration_sec);
      this.#duration.textContent = formatDuration(player.duration_sec);
      options.show();
      this.#showTime(player);
    });
    addEventListener("keydown", (event) => this.#onKey(event, player));
  }

  /** @param {Player} player */
  #showTime({ sec, duration_sec, beats }) {
    const value = (Math.round(sec / STEP_SEC) * STEP_SEC).toFixed(1);
    if (this.#seek.value !== value) this.#seek.value = value; // sixty times a second it would be painted for nothing
    const text = messages.player.positionText(sec, duration_sec, findBar(beats, sec));
    if (this.#seek.ariaValueText === text) return;
    this.#seek.ariaValueText = text;
    this.#time.textContent = formatDuration(Math.floor(sec));
  }

  /** The space bar plays, unless it is for a control. @param {KeyboardEvent} event @param {Player} player */
  #onKey(event, player) {
    const { key, target, defaultPrevented, repeat, ctrlKey, metaKey, altKey } = event;
    if (key !== " " || defaultPrevented || ctrlKey || metaKey || altKey || this.getClientRects().length === 0) return;
    if (target instanceof Element && target.closest(CONTROLS)) return;
    event.preventDefault(); // the page would scroll
    if (!repeat) player.toggle();
  }
}

customElements.define("transport-bar", TransportBar);
