/** The line that goes over the engraved pages with the music, and the notes under it. */

import { findFirstAfter, quarterAt, readQuarter, secAt } from "./beat-time.js";

/**
 * @import { Beat } from "./beat-time.js"
 * @import { ScoreNote } from "./protocol.js"
 * @import { Place, System } from "./score-layout.js"
 * @typedef {{ element: HTMLElement, systems: System[], places: Place[] }} Page
 * @typedef {{ quarter: number, page: Page, system: System, x: number, elements: Element[] }} Stop where notes begin
 */

/** A person who scrolls looks elsewhere for so long before the page follows the music again. */
const LOOKING_MS = 4000;

/** The line and the music have two clocks: apart by more, the line is put right. */
const APART_MS = 40;

const CALM = matchMedia("(prefers-reduced-motion: reduce)");

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
  /** The line's way over the system, in milliseconds of music from `#first_sec` on. @type {Animation | null} */
  #way = null;
  #first_sec = 0;
  #looked_ms = Number.NEGATIVE_INFINITY;
  /** Where the line was put last. */
  #sec = 0;

  constructor() {
    this.#line.className = "score-cursor";
    this.#carriage.className = "score-carriage";
    this.#carriage.append(this.#line);
    const look = () => {
      this.#looked_ms = performance.now();
    };
    CALM.addEventListener("change", () => this.hide());
    for (const way of ["wheel", "touchmove"]) addEventListener(way, look, { passive: true });
  }

  /** @param {Page[]} pages @param {(ScoreNote | null)[]} notes @param {Beat[]} beats */
  setPages(pages, notes, beats) {
    this.hide();
    this.#beats = beats;
    this.#stops = pages.flatMap((page) => findStops(page, notes)).sort((a, b) => a.quarter - b.quarter);
  }

  /**
   * @param {number} sec of the recording
   * @param {boolean} follows whether the page scrolls to the line
   * @param {number} pace seconds of the music that pass in one; 0 while it stands
   */
  place(sec, follows, pace) {
    const quarter = quarterAt(this.#beats, sec);
    const n_begun = findFirstAfter(this.#stops, (stop) => stop.quarter, quarter + 1e-6);
    const stop = this.#stops[Math.max(1, n_begun) - 1];
    if (!stop) return;
    const is_new = stop.system !== this.#system;
    const is_back = sec < this.#sec; // a loop may lie within one system
    this.#sec = sec;
    if (is_new) this.#enter(stop);
    if (CALM.matches) this.#carriage.style.setProperty("transform", placeAt(stop.x));
    else this.#move((sec - this.#first_sec) * 1000, pace);
    this.#mark(stop.elements);
    if (follows && (is_new || is_back)) this.#follow();
  }

  /** The page comes back to the line from wherever it was scrolled. */
  comeBack() {
    this.#looked_ms = Number.NEGATIVE_INFINITY;
    this.#follow();
  }

  hide() {
    this.#way?.cancel();
    this.#carriage.remove();
    this.#mark([]);
    this.#system = null;
  }

  /**
   * The whole way is told to the browser at once: where each frame moves the line, it orders the layers of thousands of
   * note heads anew (4 ms).
   * @param {Stop} stop the first there
   */
  #enter({ page, system }) {
    this.#system = system;
    if (this.#carriage.parentElement !== page.element) page.element.append(this.#carriage);
    this.#carriage.style.setProperty("top", `${system.top * 100}%`);
    this.#carriage.style.setProperty("height", `${(system.bottom - system.top) * 100}%`);
    if (CALM.matches) return; // from note to note
    const stops = this.#stops.filter((stop) => stop.system === system);
    const last = /** @type {Stop} */ (stops.at(-1));
    const next = this.#stops[this.#stops.indexOf(last) + 1];
    const end = next ? { quarter: next.quarter, x: system.right } : last;
    const places = [...stops, end].map(({ quarter, x }) => ({ sec: secAt(this.#beats, quarter), x }));
    this.#first_sec = places[0]?.sec ?? 0;
    const length_sec = Math.max(0.001, secAt(this.#beats, end.quarter) - this.#first_sec);
    const frames = places.map(({ sec, x }, place) => ({
      offset: place < stops.length ? (sec - this.#first_sec) / length_sec : 1,
      transform: placeAt(x),
    }));
    this.#way?.cancel();
    this.#way = this.#carriage.animate(frames, { duration: length_sec * 1000, fill: "both" });
  }

  /** @param {number} at_ms on the way @param {number} pace */
  #move(at_ms, pace) {
    const way = /** @type {Animation} */ (this.#way);
    const end_ms = Number(way.effect?.getComputedTiming().endTime);
    if (pace > 0 && at_ms >= 0 && at_ms < end_ms) {
      const is_apart = Math.abs(Number(way.currentTime) - at_ms) > APART_MS;
      if (way.playState !== "paused" && way.playbackRate === pace && !is_apart) return;
      way.playbackRate = pace;
      way.startTime = Number(document.timeline.currentTime) - at_ms / pace;
    } else {
      const stand_ms = Math.min(Math.max(at_ms, 0), end_ms);
      if (way.playState !== "paused") way.pause();
      if (way.currentTime !== stand_ms) way.currentTime = stand_ms;
    }
  }

  /** @param {Element[]} elements */
  #mark(elements) {
    if (elements === this.#sounding) return;
    for (const element of this.#sounding) element.classList.remove("sounding");
    for (const element of elements) element.classList.add("sounding");
    this.#sounding = elements;
  }

  /** Whether nothing that sticks to the window lies over it: style sheets say how much that is. */
  #isSeen() {
    const { scrollPaddingTop, scrollPaddingBottom } = getComputedStyle(document.documentElement);
    const { top, bottom } = this.#line.getBoundingClientRect();
    const last = innerHeight - (Number.parseFloat(scrollPaddingBottom) || 0);
    return top >= (Number.parseFloat(scrollPaddingTop) || 0) && bottom <= last;
  }

  #follow() {
    if (performance.now() - this.#looked_ms < LOOKING_MS) return;
    if (this.#isSeen()) return;
    this.#line.scrollIntoView({ block: "center", behavior: CALM.matches ? "instant" : "smooth" });
  }
}

/** @param {number} x the share of the page's width that lies left of the line */
const placeAt = (x) => `translateX(${(x - 1) * 100}%)`;

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
