/**
 * <score-view>: the engraved score, as wide as its container, engraved anew when that changes.
 *
 * The rules of Verovio's <style> move into one adopted style sheet, which the Content-Security-Policy allows; its music
 * font for text (the note in a tempo mark) is handed to the document as bytes.
 */

import { messages } from "./messages.js";

/** @import { EngraveReply, EngraveRequest } from "./engrave-worker.js" */

const RESIZE_MS = 150;
const MANY_PAGES = 10; // seven minutes; of fewer the engraver is kept for the next width
const NARROW_PX = 600;
const SCALE = { narrow: 34, wide: 42 }; // hundredths: a staff is 24 px high on a phone, 30 px elsewhere
const FONT_FACE = /@font-face\s*\{[^}]*?font-family:\s*['"]?([\w ]+)['"]?;[^}]*?base64,([A-Za-z0-9+/=]+)[^}]*\}/g;

const sheet = new CSSStyleSheet();
document.adoptedStyleSheets.push(sheet);

export class ScoreView extends HTMLElement {
  /** @type {Worker | null} */
  #worker = null;
  #musicxml = "";
  #id = 0;
  #width = 0;
  #timer = 0;
  #title = document.createElement("h2");
  #pages = document.createElement("div");
  /** @type {Element[]} */
  #arrived = [];
  /** @type {(n_pages: number) => void} */
  #drawn = () => {};
  /** @type {(reason: Error) => void} */
  #failed = () => {};

  connectedCallback() {
    this.#title.className = "score-title";
    this.#pages.className = "score-pages";
    this.append(this.#title, this.#pages);
    new ResizeObserver(() => this.#resize()).observe(this.#pages);
  }

  /** Starts the engraver, so that it is there when the score comes. */
  prepare() {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL("engrave-worker.js", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }) => this.#receive(data));
    worker.addEventListener("error", (event) => this.#fail(event.message ?? ""));
    this.#worker = worker;
    return worker;
  }

  /**
   * @param {string} musicxml
   * @param {string} title
   * @returns {Promise<number>} the number of pages, once all are drawn
   */
  show(musicxml, title) {
    this.#pages.replaceChildren();
    this.#title.textContent = title;
    this.#musicxml = musicxml;
    return new Promise((resolve, reject) => {
      this.#drawn = resolve;
      this.#failed = reject;
      this.#engrave();
    });
  }

  clear() {
    this.#endEngraver();
    this.#musicxml = "";
    this.#id++;
    this.#title.textContent = "";
    this.#pages.replaceChildren();
  }

  /** That of an hour holds 300 MB. */
  #endEngraver() {
    this.#worker?.terminate();
    this.#worker = null;
  }

  #resize() {
    clearTimeout(this.#timer);
    const is_changed = this.#musicxml && this.#pages.clientWidth > 0 && this.#pages.clientWidth !== this.#width;
    if (is_changed) this.#timer = setTimeout(() => this.#engrave(), RESIZE_MS);
  }

  #engrave() {
    this.#arrived = [];
    this.#width = this.#pages.clientWidth;
    const scale = this.#width < NARROW_PX ? SCALE.narrow : SCALE.wide;
    /** @type {EngraveRequest} */
    const request = { id: ++this.#id, musicxml: this.#musicxml, page_width: (this.#width * 100) / scale, scale };
    this.prepare().postMessage(request);
  }

  /** The pages replace the former ones together, so that a new width does not flicker. @param {EngraveReply} reply */
  #receive(reply) {
    if (reply.id !== this.#id) return;
    if (reply.type === "failed") {
      this.#fail(reply.detail);
      return;
    }
    const { documentElement } = new DOMParser().parseFromString(reply.svg, "image/svg+xml");
    const svg = /** @type {SVGSVGElement} */ (/** @type {unknown} */ (document.importNode(documentElement, true)));
    adoptRules(reply.css, svg.id);
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", messages.page(reply.page, reply.n_pages));
    this.#arrived.push(makePage(svg));
    if (reply.page < reply.n_pages) return;
    if (reply.n_pages > MANY_PAGES) this.#endEngraver();
    this.#pages.replaceChildren(...this.#arrived);
    this.#drawn(reply.n_pages);
  }

  /** @param {string} detail */
  #fail(detail) {
    this.#endEngraver();
    this.#failed(new Error(detail));
  }
}

/**
 * A page that costs layout and paint only where it is looked at: the 84 pages of an hour took 12 s and 500 MB at once.
 * @param {SVGSVGElement} svg
 */
function makePage(svg) {
  const page = document.createElement("div");
  page.className = "score-page";
  const { width, height } = svg.viewBox.baseVal;
  page.style.aspectRatio = `${width} / ${height}`;
  page.append(svg);
  return page;
}

const adopted = new Set();

/** Rules and fonts are the same on every page but for the page's id. @param {string} css @param {string} id */
function adoptRules(css, id) {
  for (const [, family = "", base64 = ""] of css.matchAll(FONT_FACE)) {
    if (adopted.has(family)) continue;
    adopted.add(family);
    document.fonts.add(
      new FontFace(
        family,
        Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)),
      ),
    );
  }
  const rules = css.replaceAll(FONT_FACE, "").replaceAll(`#${id}`, "score-view svg").trim();
  if (!rules || adopted.has(rules)) return;
  adopted.add(rules);
  sheet.replaceSync([...sheet.cssRules].map((rule) => rule.cssText).join("\n") + rules);
}

customElements.define("score-view", ScoreView);
