/**
 * <score-view>: the engraved score, as wide as its container, engraved anew when that changes; and for paper.
 *
 * What is printed is engraved for paper (`print`). Whoever prints from the browser's menu before gets what is on the
 * screen, a page of it on each sheet (style.css).
 */

import { Engraver } from "./engraver.js";
import { messages } from "./messages.js";

const RESIZE_MS = 150;
const NARROW_PX = 600;
const SCALE = { narrow: 34, wide: 42 }; // hundredths: a staff is 24 px high on a phone, 30 px elsewhere
const TITLE_COLUMNS = 72; // letters that fit in a line of Verovio's heading, as in pages.py

export class ScoreView extends HTMLElement {
  #engraver = new Engraver();
  #musicxml = "";
  #n_layouts = 0;
  #width = 0;
  #timer = 0;
  #sheets = document.createElement("div");
  #title = document.createElement("h2");
  #pages = document.createElement("div");
  /** @type {(n_pages: number) => void} */
  #drawn = () => {};
  /** @type {(reason: Error) => void} */
  #failed = () => {};

  connectedCallback() {
    this.#sheets.className = "score-sheets";
    this.#title.className = "score-title";
    this.#pages.className = "score-pages";
    this.append(this.#sheets, this.#title, this.#pages);
    new ResizeObserver(() => this.#resize()).observe(this.#pages);
  }

  /** Starts the engraver, so that it is there when the score comes. */
  prepare() {
    this.#engraver.prepare();
  }

  /**
   * @param {string} musicxml
   * @param {string} title
   * @returns {Promise<number>} the number of pages, once all are drawn
   */
  show(musicxml, title) {
    this.#pages.replaceChildren();
    this.#sheets.replaceChildren();
    this.#title.textContent = title;
    this.#musicxml = musicxml;
    return new Promise((resolve, reject) => {
      this.#drawn = resolve;
      this.#failed = reject;
      this.#engrave();
    });
  }

  /** Opens the browser's dialog for printing, with the score laid out for paper. */
  async print() {
    const musicxml = this.#musicxml;
    if (this.#sheets.childElementCount === 0) {
      const svgs = await this.#engraver.engrave({ musicxml, format: "paper" }).catch(() => []);
      if (musicxml !== this.#musicxml) return;
      if (svgs[0]) fitTitle(svgs[0]);
      this.#sheets.replaceChildren(...svgs);
    }
    window.print();
  }

  clear() {
    this.#engraver.rest();
    this.#musicxml = "";
    this.#n_layouts++;
    this.#title.textContent = "";
    this.#pages.replaceChildren();
    this.#sheets.replaceChildren();
  }

  #resize() {
    if (matchMedia("print").matches) return; // it passes
    clearTimeout(this.#timer);
    const is_changed = this.#musicxml && this.#pages.clientWidth > 0 && this.#pages.clientWidth !== this.#width;
    if (is_changed) this.#timer = setTimeout(() => this.#engrave(), RESIZE_MS);
  }

  /** The pages replace the former ones together, so that a new width does not flicker. */
  async #engrave() {
    const layout = ++this.#n_layouts;
    this.#width = this.#pages.clientWidth;
    const scale = this.#width < NARROW_PX ? SCALE.narrow : SCALE.wide;
    const page_width = (this.#width * 100) / scale;
    try {
      const svgs = await this.#engraver.engrave({ musicxml: this.#musicxml, format: "screen", page_width, scale });
      if (layout !== this.#n_layouts) return;
      this.#pages.replaceChildren(...svgs.map(makePage));
      this.#drawn(svgs.length);
    } catch (error) {
      if (layout === this.#n_layouts) this.#failed(/** @type {Error} */ (error));
    }
  }
}

/**
 * A page that costs layout and paint only where it is looked at: the 84 pages of an hour took 12 s and 500 MB at once.
 * @param {SVGSVGElement} svg
 * @param {number} index
 * @param {SVGSVGElement[]} svgs
 */
function makePage(svg, index, svgs) {
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", messages.page(index + 1, svgs.length));
  const page = document.createElement("div");
  page.className = "score-page";
  const { width, height } = svg.viewBox.baseVal;
  page.style.setProperty("--ratio", `${width} / ${height}`);
  page.append(svg);
  return page;
}

/** Verovio writes any title in one line of one size. @param {SVGSVGElement} svg the first page */
function fitTitle(svg) {
  const parts = svg.querySelectorAll(".pgHead tspan[font-size]");
  const n_letters = Array.from(parts, (part) => part.textContent ?? "").join("").length;
  if (n_letters <= TITLE_COLUMNS) return;
  for (const part of parts) {
    const size = Number.parseFloat(part.getAttribute("font-size") ?? "");
    part.setAttribute("font-size", `${(size * TITLE_COLUMNS) / n_letters}px`);
  }
}

customElements.define("score-view", ScoreView);
