/** The line that goes over the engraved pages with the music, and the notes under it. */

import { findFirstAfter, quarterAt, readQuarter } from "./beat-time.js";

/**
 * @import { Beat } from "./beat-time.js"
 * @import { ScoreNote } from "./protocol.js"
 * @import { Place, System } from "./score-layout.js"
 * @typedef {{ element: HTMLElement, systems: System[], places: Place[] }} Page
 * @typedef {{ quarter: number, page: Page, system: System, x: number, elements: Element[] }} Stop where notes begin
 */

/** A person who scrolls looks elsewhere for so long before the page follows the music again. */
const LOOKING_MS = 4000;

export class ScoreCursor {
  #line = document.createElement("div");
  /** As wide as the page, the line at its right end: it is a layer of its own, and moving it paints nothing anew. */
  #carriage = document.createElement("div");
  /** @type {Stop[]} */
  #stops = [];
  /** @type {Beat[]} */
  #beats = [];
  /** @type {Element[]} */
  #sounding = [];
  /** @type {System | null} */
  #system = null;
  #looked_ms = Number.NEGATIVE_INFINITY;

  constructor() {
    this.#line.className = "score-cursor";
    this.#carriage.className = "score-carriage";
    this.#carriage.append(this.#line);
    const look = () => {
      this.#looked_ms = performance.now();
    };
    for (const way of ["wheel", "touchmove"]) addEventListener(way, look, { passive: true });
  }

  /** @param {Page[]} pages @param {(ScoreNote | null)[]} notes @param {Beat[]} beats */
  setPages(pages, notes, beats) {
    this.hide();
    this.#beats = beats;
    this.#stops = pages.flatMap((page) => findStops(page, notes)).sort((a, b) => a.quarter - b.quarter);
  }

  /** @param {number} sec of the recording @param {boolean} follows whether the page scrolls to the line */
  place(sec, follows) {
    const quarter = quarterAt(this.#beats, sec);
    const index =
      Math.max(
        1,
        findFirstAfter(this.#stops, (stop) => stop.quarter, quarter + 1e-6),
      ) - 1;
    const [stop, next] = [this.#stops[index], this.#stops[index + 1]];
    if (!stop) return;
    const { page, system } = stop;
    const is_near = next?.system === system && next.page === page;
    const end = is_near ? next.x : system.right;
    const share = next ? Math.min(1, Math.max(0, (quarter - stop.quarter) / (next.quarter - stop.quarter))) : 0;
    this.#draw(page.element, system, stop.x + share * (end - stop.x));
    this.#mark(stop.elements);
    if (follows && this.#system !== system) this.#follow();
    this.#system = system;
  }

  hide() {
    this.#carriage.remove();
    this.#mark([]);
    this.#system = null;
  }

  /** @param {HTMLElement} page @param {System} system @param {number} x */
  #draw(page, { top, bottom }, x) {
    if (this.#carriage.parentElement !== page) page.append(this.#carriage);
    const { style } = this.#carriage;
    style.setProperty("transform", `translateX(${(x - 1) * 100}%)`);
    style.setProperty("top", `${top * 100}%`);
    style.setProperty("height", `${(bottom - top) * 100}%`);
  }

  /** @param {Element[]} elements */
  #mark(elements) {
    if (elements === this.#sounding) return;
    for (const element of this.#sounding) element.classList.remove("sounding");
    for (const element of elements) element.classList.add("sounding");
    this.#sounding = elements;
  }

  #follow() {
    if (performance.now() - this.#looked_ms < LOOKING_MS) return;
    const is_calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#line.scrollIntoView({ block: "center", behavior: is_calm ? "instant" : "smooth" });
  }
}

/** One stop a system and quarter, at the leftmost note head. @param {Page} page @param {(ScoreNote | null)[]} notes */
function findStops(page, notes) {
  /** @type {Map<string, Stop>} */
  const stops = new Map();
  for (const { note, element, x, system: number, is_first } of page.places) {
    const [written, system] = [notes[note], page.systems[number]];
    if (!written || !system || !is_first) continue;
    const key = `${number} ${written.onset_quarter}`;
    const stop = stops.get(key);
    if (stop) {
      stop.x = Math.min(stop.x, x);
      stop.elements.push(element);
    } else {
      stops.set(key, { quarter: readQuarter(written.onset_quarter), page, system, x, elements: [element] });
    }
  }
  return [...stops.values()];
}
