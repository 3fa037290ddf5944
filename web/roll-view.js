/** <roll-view>: a piano roll that fills while the recording is listened to. Louder is darker; pedals run along the foot. */

/** @import { Note, Pedal } from "./protocol.js" */

const MIN_PITCHES = 36; // three octaves at least, so that the first notes are not slabs
const MARGIN_PITCHES = 3;
const PEDAL_PX = 3;
const FAINTEST = 0.3; // opacity of velocity 0

export class RollView extends HTMLElement {
  #canvas = document.createElement("canvas");
  #duration_sec = 1;
  /** @type {Note[]} */
  #notes = [];
  /** @type {Pedal[]} */
  #pedals = [];
  #range = { lowest: 0, n_pitches: MIN_PITCHES };
  /** How much of the lists is on the canvas: of an hour only what is new is drawn. */
  #drawn = { notes: 0, pedals: 0 };
  #frame = 0;

  connectedCallback() {
    this.#canvas.setAttribute("aria-hidden", "true");
    this.append(this.#canvas);
    new ResizeObserver(() => this.#drawAnew()).observe(this);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#drawAnew());
  }

  /** @param {number} duration_sec of the recording: the width of the roll */
  start(duration_sec) {
    this.#duration_sec = duration_sec;
    this.#notes = [];
    this.#pedals = [];
    this.dataset.notes = "0";
    this.#range = findRange([]);
    this.#drawAnew();
  }

  /** @param {Note[]} notes @param {Pedal[]} pedals heard since the last call */
  add(notes, pedals) {
    for (const note of notes) this.#notes.push(note);
    for (const pedal of pedals) this.#pedals.push(pedal);
    this.dataset.notes = String(this.#notes.length);
    const range = findRange(this.#notes);
    const is_same = range.lowest === this.#range.lowest && range.n_pitches === this.#range.n_pitches;
    this.#range = range;
    if (is_same) this.#plan();
    else this.#drawAnew();
  }

  #drawAnew() {
    this.#drawn = { notes: 0, pedals: 0 };
    this.#plan();
  }

  #plan() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    const { clientWidth: width, clientHeight: height } = this;
    const context = this.#canvas.getContext("2d");
    if (!context || width === 0) return;
    if (this.#drawn.notes + this.#drawn.pedals === 0) {
      this.#canvas.width = Math.round(width * devicePixelRatio); // and all is wiped
      this.#canvas.height = Math.round(height * devicePixelRatio);
      context.scale(devicePixelRatio, devicePixelRatio);
    }
    context.fillStyle = getComputedStyle(this).color;

    const px_per_sec = width / this.#duration_sec;
    const { lowest, n_pitches } = this.#range;
    const px_per_pitch = (height - 2 * PEDAL_PX) / n_pitches;
    for (const { onset_sec, offset_sec, pitch, velocity } of this.#notes.slice(this.#drawn.notes)) {
      context.globalAlpha = FAINTEST + (1 - FAINTEST) * (velocity / 127);
      const y = (n_pitches - 1 - (pitch - lowest)) * px_per_pitch;
      const length = Math.max(1.5, (offset_sec - onset_sec) * px_per_sec - 0.5);
      context.beginPath();
      context.roundRect(onset_sec * px_per_sec, y, length, Math.max(1.5, px_per_pitch - 0.5), 1.5);
      context.fill();
    }
    context.globalAlpha = FAINTEST;
    for (const { onset_sec, offset_sec } of this.#pedals.slice(this.#drawn.pedals)) {
      context.fillRect(onset_sec * px_per_sec, height - PEDAL_PX, (offset_sec - onset_sec) * px_per_sec, PEDAL_PX);
    }
    this.#drawn = { notes: this.#notes.length, pedals: this.#pedals.length };
  }
}

/** @param {Note[]} notes */
function findRange(notes) {
  const low = notes.reduce((lowest, { pitch }) => Math.min(lowest, pitch), 60) - MARGIN_PITCHES;
  const high = notes.reduce((highest, { pitch }) => Math.max(highest, pitch), 72) + MARGIN_PITCHES;
  const spare = Math.max(0, MIN_PITCHES - (high - low + 1));
  return { lowest: low - Math.floor(spare / 2), n_pitches: high - low + 1 + spare };
}

customElements.define("roll-view", RollView);
