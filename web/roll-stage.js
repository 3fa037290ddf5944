/** The stage of a piano roll: a canvas as large as what is seen, behind what scrolls; its zoom; when to draw. */

import { drawRoll, readPalette } from "./roll-drawing.js";
import { findScroll, toBox, toPitch, toSec, toSpot, toX } from "./roll-geometry.js";

/**
 * @import { Content } from "./roll-drawing.js"
 * @import { View } from "./roll-geometry.js"
 * @import { Place } from "./roll-notes.js"
 */

const MIN_PITCHES = 36; // three octaves at least, so that the first notes are not slabs
const MARGIN_PITCHES = 4;
const MIDDLE_PITCHES = { lowest: 60, highest: 72 };
const MIN_ROW_PX = { fine: 9, coarse: 14 }; // what a mouse, a finger can hit
const N_FIRST = 24; // notes, a bar or two: where the roll begins to be looked at
const FIRST_PX_PER_SEC = 90; // a bar of 4/4 at 100 a minute is as wide as in print
const MAX_PX_PER_SEC = 1200; // a semiquaver at 120 a minute is 150 px wide
const MARGINS = { keys_px: 36, ruler_px: 24, foot_px: 10 };
const NO_MARGINS = { keys_px: 0, ruler_px: 0, foot_px: 5 };
const LEAD_SHARE = 0.1; // of the width, left of a playhead that the roll has followed

export class RollStage {
  element = document.createElement("div");
  /** What has the focus, the pointer and the scroll bars. */
  scroller = document.createElement("div");
  #plane = document.createElement("div");
  #canvas = document.createElement("canvas");
  #content;
  #isEditable;
  #end_sec = 1;
  #wanted_px_per_sec = FIRST_PX_PER_SEC;
  #row_px = MIN_ROW_PX.fine;
  #range = findRange([]);
  #palette = readPalette(document.documentElement);
  #frame = 0;
  /** About which the first notes lie. */
  #first_pitch = MIDDLE_PITCHES.lowest;
  /** Whether to begin at the beginning when there is room to show it. */
  #isUnseen = true;

  /** @param {Content} content is drawn as it is then @param {boolean} is_editable whether it scrolls and has margins; else all is seen */
  constructor(content, is_editable) {
    this.#content = content;
    this.#isEditable = is_editable;
    this.element.className = "roll-stage";
    this.scroller.className = "roll-scroller";
    this.#plane.className = "roll-plane";
    this.#canvas.setAttribute("aria-hidden", "true");
    this.scroller.append(this.#plane);
    this.element.append(this.#canvas, this.scroller);
    this.scroller.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.lay()).observe(this.element);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.lay());
  }

  /** @returns {View} */
  get view() {
    const { clientWidth: width, clientHeight: height, scrollLeft: left_px, scrollTop: top_px } = this.scroller;
    const margins = this.#isEditable ? MARGINS : NO_MARGINS;
    const all = (width - margins.keys_px) / this.#end_sec;
    const px_per_sec = this.#isEditable ? Math.max(all, this.#wanted_px_per_sec) : all;
    return { width, height, left_px, top_px, px_per_sec, row_px: this.#row_px, ...this.#range, ...margins };
  }

  /** What of the content is in the middle. */
  get middle() {
    const view = this.view;
    return { time_sec: toSec(view, view.width / 2), pitch: toPitch(view, view.height / 2) };
  }

  /** Takes what time and pitches there are. @param {Place[]} notes by onset @param {number} end_sec @param {boolean} is_new not what was there before */
  measure(notes, end_sec, is_new) {
    const { highest } = this.#range;
    this.#range = findRange(notes);
    this.#end_sec = end_sec;
    this.#first_pitch = findMiddle(notes.slice(0, N_FIRST));
    if (is_new) this.#wanted_px_per_sec = FIRST_PX_PER_SEC;
    this.#isUnseen ||= is_new;
    this.lay();
    if (!is_new) this.scroller.scrollTop += (this.#range.highest - highest) * this.#row_px;
  }

  /** Sizes follow the room, colours the scheme. */
  lay() {
    const { width, height, keys_px, ruler_px, foot_px, highest, lowest, px_per_sec } = this.view;
    if (width === 0) return; // in a fold that is closed
    const n_rows = highest - lowest + 1;
    const least_px = matchMedia("(pointer: coarse)").matches ? MIN_ROW_PX.coarse : MIN_ROW_PX.fine;
    this.#row_px = Math.max((height - ruler_px - foot_px) / n_rows, this.#isEditable ? least_px : 0);
    if (this.#isEditable) {
      this.#plane.style.setProperty("width", `${keys_px + this.#end_sec * px_per_sec}px`);
      this.#plane.style.setProperty("height", `${ruler_px + n_rows * this.#row_px + foot_px}px`);
    }
    if (this.#isUnseen)
      this.scroller.scrollTo(0, ruler_px + (highest - this.#first_pitch + 0.5) * this.#row_px - height / 2);
    this.#isUnseen = false;
    this.#palette = readPalette(this.element);
    this.draw();
  }

  /** In the next frame, once. */
  draw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      const view = this.view;
      const context = this.#canvas.getContext("2d");
      if (context && view.width > 0) {
        this.#fitCanvas(view);
        context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
        drawRoll(context, view, this.#content, this.#palette);
      }
    });
  }

  /** @param {number} factor @param {number} [client_x] of what keeps its place; else the middle */
  zoom(factor, client_x) {
    const { left, width } = this.#canvas.getBoundingClientRect();
    const x = client_x === undefined ? width / 2 : client_x - left;
    const { view } = this;
    const sec = toSec(view, x);
    this.#wanted_px_per_sec = Math.min(view.px_per_sec * factor, MAX_PX_PER_SEC);
    this.lay();
    this.scroller.scrollLeft += toX(this.view, sec) - x;
  }

  /** Null beside the notes, as on a scroll bar. @param {MouseEvent} event */
  locate({ clientX, clientY }) {
    const view = this.view;
    const { left, top } = this.#canvas.getBoundingClientRect();
    const [x, y] = [clientX - left, clientY - top];
    return x < view.width && y < view.height ? toSpot(view, x, y) : null;
  }

  /** Where a note is in the window. @param {Place} note */
  findBox(note) {
    const { left, top } = this.#canvas.getBoundingClientRect();
    const { x, y, width, height } = toBox(this.view, note);
    return new DOMRect(left + x, top + y, width, height);
  }

  /** @param {Place} note */
  reveal(note) {
    const view = this.view;
    this.scroller.scrollBy(findScroll(view, toBox(view, note)));
  }

  /** Turns the page when the playhead leaves it, but not for one who looks elsewhere. @param {number | null} before_sec @param {number} sec */
  follow(before_sec, sec) {
    const view = this.view;
    const is_seen = (/** @type {number} */ at_sec) => {
      const x = toX(view, at_sec);
      return x >= view.keys_px && x < view.width;
    };
    if (is_seen(sec) || (before_sec !== null && !is_seen(before_sec))) return;
    const is_calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const left = sec * view.px_per_sec - LEAD_SHARE * view.width;
    this.scroller.scrollTo({ left, behavior: is_calm ? "instant" : "smooth" });
  }

  /** Only where it has changed: this wipes all. @param {View} view */
  #fitCanvas({ width, height }) {
    const canvas = this.#canvas;
    const size = [width, height].map((px) => Math.round(px * devicePixelRatio));
    if (canvas.width === size[0] && canvas.height === size[1]) return;
    [canvas.width, canvas.height] = /** @type {[number, number]} */ (size);
    canvas.style.setProperty("width", `${width}px`);
    canvas.style.setProperty("height", `${height}px`);
  }
}

/** The pitch between the lowest and the highest. @param {Place[]} notes */
function findMiddle(notes) {
  const pitches = notes.map(({ pitch }) => pitch);
  return pitches.length > 0 ? (Math.min(...pitches) + Math.max(...pitches)) / 2 : MIDDLE_PITCHES.lowest;
}

/** @param {Place[]} notes */
function findRange(notes) {
  const low = notes.reduce((lowest, { pitch }) => Math.min(lowest, pitch), MIDDLE_PITCHES.lowest) - MARGIN_PITCHES;
  const high = notes.reduce((highest, { pitch }) => Math.max(highest, pitch), MIDDLE_PITCHES.highest) + MARGIN_PITCHES;
  const spare = Math.max(0, MIN_PITCHES - (high - low + 1));
  return { lowest: low - Math.floor(spare / 2), highest: high + Math.ceil(spare / 2) };
}
