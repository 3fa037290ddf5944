/**
 * <score-view>: the engraved score, on the screen and for paper.
 *
 * On the screen it flows as wide as its container and is engraved anew when that changes, or lies in pages as on paper.
 * What is printed is engraved for paper (`print`). Whoever prints from the browser's menu before gets what is on the
 * screen, as many pages of it on a sheet as there is room for (score-view.css).
 *
 * Tells "strike" {note, adds} when a note is pressed, "delete" {notes} and "transpose" {notes, semitones} for keys, "release"
 * when empty paper is pressed while notes are chosen.
 */

import { Engraver } from "./engraver.js";
import { messages } from "./messages.js";
import { ScoreCursor } from "./score-cursor.js";
import { readLayout } from "./score-layout.js";

/**
 * @import { Transcription } from "./transcriber.js"
 * @import { Page } from "./score-cursor.js"
 * @import { Place } from "./score-layout.js"
 * @typedef {"scroll" | "pages"} Layout
 */

const RESIZE_MS = 150;
const NARROW_PX = 600;
const SCALE = { narrow: 34, wide: 42 }; // hundredths: a staff is 24 px high on a phone, 30 px elsewhere
const TOUCH_PX = 22; // from a note head: what a finger needs
export const DOUBTFUL_CONFIDENCE = 0.8; // as in confidence.py
const UNLIKELY_CONFIDENCE = 0.6;

export class ScoreView extends HTMLElement {
  #engraver = new Engraver();
  #cursor = new ScoreCursor();
  #musicxml = "";
  /** @type {Transcription | null} */
  #transcription = null;
  /** @type {Page[]} */
  #laid_out = [];
  /** Elements of each note, tied ones too. @type {Map<number, Element[]>} */
  #elements = new Map();
  /** @type {number[]} */
  #chosen = [];
  /** @type {Layout} */
  #layout = "scroll";
  #zoom = 1;
  #n_layouts = 0;
  #width = 0;
  #timer = 0;
  #sheets = document.createElement("div");
  #title = document.createElement("h1");
  #composer = document.createElement("p");
  #keys = document.createElement("p");
  #pages = document.createElement("div");
  /** @type {(n_pages: number) => void} */
  #drawn = () => {};
  /** @type {(reason: Error) => void} */
  #failed = () => {};

  connectedCallback() {
    this.#sheets.className = "score-sheets";
    this.#title.className = "score-title";
    this.#pages.className = "score-pages";
    this.#pages.tabIndex = 0;
    this.#pages.setAttribute("role", "application");
    this.#pages.setAttribute("aria-label", messages.scoreLabel);
    this.#composer.className = "score-composer";
    this.#keys.id = "score-keys"; // not aria-description, which is too new
    this.#keys.hidden = true;
    this.#keys.textContent = messages.scoreKeys;
    this.#pages.setAttribute("aria-describedby", this.#keys.id);
    this.append(this.#sheets, this.#title, this.#composer, this.#keys, this.#pages);
    this.addEventListener("click", (event) => this.#press(event));
    this.#pages.addEventListener("keydown", (event) => this.#type(event));
    new ResizeObserver(() => this.#resize()).observe(this.#pages);
  }

  /** @override @param {FocusOptions} [options] */
  focus(options) {
    this.#pages.focus(options);
  }

  /** Starts the engraver, so that it is there when the score comes. */
  prepare() {
    this.#engraver.prepare();
  }

  /**
   * @param {string} musicxml
   * @param {string} title
   * @param {Transcription} [transcription] whose score it is
   * @returns {Promise<number>} the number of pages, once all are drawn
   */
  show(musicxml, title, transcription) {
    if (!transcription) this.#pages.replaceChildren();
    this.#sheets.replaceChildren();
    this.#title.textContent = title;
    this.#composer.textContent = transcription?.result.choices.composer ?? "";
    this.#musicxml = musicxml;
    this.#transcription = transcription ?? null;
    return new Promise((resolve, reject) => {
      this.#drawn = resolve;
      this.#failed = reject;
      this.#engrave({ is_gradual: true });
    });
  }

  /**
   * The line moves there, and on.
   * @param {number} sec of the recording
   * @param {boolean} follows whether the page scrolls along
   * @param {number} pace of the music; 0 while it stands
   */
  setTime(sec, follows = true, pace = 0) {
    this.#cursor.place(sec, follows, pace);
  }

  /** Scrolls to the line. */
  comeBack() {
    this.#cursor.comeBack();
  }

  /** Whether doubtful notes are tinted. @param {boolean} is_tinted */
  setTint(is_tinted) {
    this.classList.toggle("tinted", is_tinted);
  }

  /** Marks notes. @param {number[]} notes */
  select(notes) {
    for (const note of this.#chosen) for (const one of this.#elements.get(note) ?? []) one.classList.remove("chosen");
    for (const note of notes) for (const one of this.#elements.get(note) ?? []) one.classList.add("chosen");
    this.#chosen = notes;
  }

  /** @param {{ layout?: Layout, zoom?: number }} choice */
  arrange({ layout = this.#layout, zoom = this.#zoom }) {
    if (layout === this.#layout && zoom === this.#zoom) return;
    const is_only_larger = layout === "pages" && layout === this.#layout;
    this.#layout = layout;
    this.#zoom = zoom;
    this.style.setProperty("--zoom", String(zoom));
    this.classList.toggle("in-pages", layout === "pages");
    if (this.#musicxml && !is_only_larger) this.#engrave();
  }

  /** Opens the browser's dialog for printing, with the score laid out for paper. */
  async print() {
    await this.engravePaper();
    window.print();
  }

  /** @returns {Promise<string[]>} the printed pages as SVG files */
  engraveFiles() {
    return this.#engraver.engraveFiles({ musicxml: this.#musicxml, format: "paper" });
  }

  /** @returns {number} the note that is chosen, or the first one to be seen; -1 where there is none */
  findNoteInView() {
    const chosen = this.#chosen[0];
    if (chosen !== undefined) return chosen;
    for (const { element, places } of this.#laid_out) {
      const { top, height } = element.getBoundingClientRect();
      const seen = places.find(({ y }) => top + y * height >= 0);
      if (seen) return seen.note;
    }
    return -1;
  }

  /** @returns {Promise<SVGSVGElement[]>} the pages as they are printed; none where the engraver failed */
  async engravePaper() {
    const musicxml = this.#musicxml;
    if (this.#sheets.childElementCount === 0) {
      const svgs = await this.#engraver.engrave({ musicxml, format: "paper" }).catch(() => []);
      if (musicxml !== this.#musicxml) return [];
      this.#sheets.replaceChildren(...svgs);
    }
    return [...this.#sheets.querySelectorAll(":scope > svg")].map((svg) => /** @type {SVGSVGElement} */ (svg));
  }

  clear() {
    this.#engraver.rest();
    this.#musicxml = "";
    this.#transcription = null;
    this.#n_layouts++;
    this.#title.textContent = "";
    this.#composer.textContent = "";
    this.#setPages([]);
    this.#sheets.replaceChildren();
  }

  #resize() {
    if (matchMedia("print").matches) return; // it passes
    clearTimeout(this.#timer);
    const is_changed = this.#musicxml && this.#pages.clientWidth > 0 && this.#pages.clientWidth !== this.#width;
    if (is_changed && this.#layout === "scroll") this.#timer = setTimeout(() => this.#engrave(), RESIZE_MS);
  }

  /**
   * A new score replaces the former one page by page, that in view first; a new width all pages together, so that it does
   * not flicker.
   */
  async #engrave({ is_gradual = false } = {}) {
    const layout = ++this.#n_layouts;
    this.#width = this.#pages.clientWidth;
    const scale = Math.round((this.#width < NARROW_PX ? SCALE.narrow : SCALE.wide) * this.#zoom);
    const page_width = (this.#width * 100) / scale;
    const first = Math.max(0, this.#findPageInView());
    const asked = { musicxml: this.#musicxml, first };
    /** @type {Page[]} */
    const pages = [];
    try {
      await this.#engraver.engrave(
        this.#layout === "pages" ? { ...asked, format: "paper" } : { ...asked, format: "screen", page_width, scale },
        (svg, index, n_pages) => {
          if (layout !== this.#n_layouts) return;
          pages[index] = this.#layOut(svg, index, n_pages);
          if (is_gradual) this.#replacePage(index, pages[index]);
        },
      );
      await new Promise((resolve) => setTimeout(resolve)); // a task of its own
      if (layout !== this.#n_layouts) return;
      this.#setPages(pages, is_gradual);
      this.#drawn(pages.length);
    } catch (error) {
      if (layout === this.#n_layouts) this.#failed(/** @type {Error} */ (error));
    }
  }

  /** @param {SVGSVGElement} svg @param {number} index @param {number} n_pages @returns {Page} with its notes marked */
  #layOut(svg, index, n_pages) {
    const layout = readLayout(svg);
    const notes = this.#transcription?.notes ?? [];
    for (const { note, element } of layout.places) {
      element.classList.toggle("chosen", this.#chosen.includes(note));
      const confidence = notes[note]?.confidence ?? 1;
      if (confidence < DOUBTFUL_CONFIDENCE) element.classList.add("doubtful");
      if (confidence < UNLIKELY_CONFIDENCE) element.classList.add("unlikely");
    }
    return { ...layout, element: makePage(svg, index, n_pages) };
  }

  /** Those after it that are to come are appended in order. @param {number} index @param {Page} page */
  #replacePage(index, page) {
    const former = this.#pages.children[index];
    if (former) former.replaceWith(page.element);
    else this.#pages.append(page.element);
    this.#laid_out[index] = page;
  }

  /** From now on notes are found there. @param {Page[]} pages @param {boolean} are_there already, perhaps with more after them */
  #setPages(pages, are_there = false) {
    if (are_there) for (const page of [...this.#pages.children].slice(pages.length)) page.remove();
    else this.#pages.replaceChildren(...pages.map(({ element }) => element));
    this.#laid_out = pages;
    this.#elements = new Map();
    for (const { note, element } of pages.flatMap(({ places }) => places)) {
      const elements = this.#elements.get(note);
      if (elements) elements.push(element);
      else this.#elements.set(note, [element]);
    }
    const { score } = this.#transcription?.result ?? {};
    this.#cursor.setPages(pages, score?.notes ?? [], score?.beats ?? []);
    this.select(this.#chosen.filter((note) => this.#elements.has(note)));
    if (this.contains(document.activeElement))
      this.#elements.get(this.#chosen[0] ?? -1)?.[0]?.scrollIntoView({ block: "nearest" });
  }

  /** @returns {number} index of the first page that is not above the view; -1 where there is none */
  #findPageInView() {
    return this.#laid_out.findIndex(({ element }) => element.getBoundingClientRect().bottom > 0);
  }

  /** @param {MouseEvent} event */
  #press(event) {
    const place = this.#findPlace(event);
    if (place) this.#strike(place.note, place.element, event.shiftKey);
    else if (this.#chosen.length && !event.shiftKey) this.#tell("release", {});
  }

  /** The note head nearest to the pointer. @param {MouseEvent} event */
  #findPlace({ target, clientX, clientY }) {
    const page = this.#laid_out.find(({ element }) => target instanceof Node && element.contains(target));
    if (!page) return null;
    const { left, top, width, height } = page.element.getBoundingClientRect();
    const measure = (/** @type {Place} */ { x, y }) =>
      Math.hypot(left + x * width - clientX, top + y * height - clientY);
    let nearest = null;
    let nearest_px = TOUCH_PX;
    for (const place of page.places) {
      const distance_px = measure(place);
      if (distance_px < nearest_px) [nearest, nearest_px] = [place, distance_px];
    }
    return nearest;
  }

  /** What is chosen then may bring a bar that lies over it. @param {number} note @param {Element | undefined} element of it @param {boolean} adds */
  #strike(note, element, adds) {
    this.#tell("strike", { note, adds });
    element?.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  #type(event) {
    const { key, shiftKey } = event;
    const notes = this.#chosen;
    if (key === "ArrowRight" || key === "ArrowLeft") this.#step(key === "ArrowRight" ? 1 : -1);
    else if ((key === "ArrowUp" || key === "ArrowDown") && notes.length)
      this.#tell("transpose", { notes, semitones: (key === "ArrowUp" ? 1 : -1) * (shiftKey ? 12 : 1) });
    else if ((key === "Delete" || key === "Backspace") && notes.length) this.#tell("delete", { notes });
    else return;
    event.preventDefault();
  }

  /** The next note or the one before, as they were played. @param {1 | -1} step */
  #step(step) {
    const shown = [...this.#elements.keys()].sort((a, b) => a - b);
    const now = shown.indexOf(this.#chosen.at(-1) ?? -1);
    const note = shown[now < 0 ? (step > 0 ? 0 : shown.length - 1) : now + step];
    if (note !== undefined) this.#strike(note, this.#elements.get(note)?.[0], false);
  }

  /** @param {string} name @param {unknown} detail */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/**
 * A page that costs layout and paint only where it is looked at: the 84 pages of an hour took 12 s and 500 MB at once.
 * @param {SVGSVGElement} svg
 * @param {number} index
 * @param {number} n_pages
 */
function makePage(svg, index, n_pages) {
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", messages.page(index + 1, n_pages));
  const page = document.createElement("div");
  page.className = "score-page";
  const { width, height } = svg.viewBox.baseVal;
  page.style.setProperty("--ratio", `${width} / ${height}`);
  page.append(svg);
  return page;
}

customElements.define("score-view", ScoreView);
