/**
 * The page's side of engrave-worker.js: MusicXML in, SVG elements out.
 *
 * The rules of Verovio's <style> move into one adopted style sheet, which the Content-Security-Policy allows; its music
 * font for text (the note in a tempo mark) is handed to the document as bytes.
 */

/**
 * @import { EngraveReply, EngraveRequest } from "./engrave-worker.js"
 * @typedef {Extract<EngraveReply, { type: "page" }>} PageReply
 * @typedef {object} Job
 * @property {EngraveRequest} request
 * @property {(page: PageReply) => void} take
 * @property {() => void} resolve
 * @property {(reason: Error) => void} reject
 * @property {number} n_pages that have come
 * @property {number} n_tries
 */

const MANY_PAGES = 20; // seven minutes; of fewer the engraver is kept for the next width
const MOST_TRIES = 2; // what fails for want of memory may not in a new worker
const FONT_FACE = /@font-face\s*\{[^}]*?font-family:\s*['"]?([\w ]+)['"]?;[^}]*?base64,([A-Za-z0-9+/=]+)[^}]*\}/g;

const sheet = new CSSStyleSheet();
document.adoptedStyleSheets.push(sheet);

export class Engraver {
  /** @type {Worker | null} */
  #worker = null;
  #n_requests = 0;
  /** @type {Map<number, Job>} */
  #jobs = new Map();

  /** Starts the worker, so that it is there when the score comes. */
  prepare() {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL("engrave-worker.js", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }) => this.#receive(data));
    worker.addEventListener("error", (event) => this.#fail(event.message ?? ""));
    this.#worker = worker;
    return worker;
  }

  /**
   * @param {Omit<EngraveRequest, "id">} request
   * @param {(svg: SVGSVGElement, index: number, n_pages: number) => void} [onPage] of each page, as it comes
   * @returns {Promise<SVGSVGElement[]>} the pages, in order
   */
  async engrave(request, onPage = () => {}) {
    /** @type {SVGSVGElement[]} */
    const svgs = [];
    await this.#run(request, (page) => {
      const svg = readPage(page);
      svgs[page.index] = svg;
      onPage(svg, page.index, page.n_pages);
    });
    return svgs;
  }

  /** @param {Omit<EngraveRequest, "id">} request @returns {Promise<string[]>} the pages as files of their own, in order */
  async engraveFiles(request) {
    /** @type {string[]} */
    const files = [];
    await this.#run({ ...request, is_file: true }, ({ index, svg, css }) => {
      files[index] = svg.replace(/<svg[^>]*>/, `$&<style>${css}</style>`);
    });
    return files;
  }

  /** @param {Omit<EngraveRequest, "id">} asked @param {(page: PageReply) => void} take each page as it comes */
  #run(asked, take) {
    const request = { ...asked, id: ++this.#n_requests };
    return new Promise((resolve, reject) => {
      this.#post({ request, take, resolve: () => resolve(undefined), reject, n_pages: 0, n_tries: 0 });
    });
  }

  /** @param {Job} job */
  #post(job) {
    this.#jobs.set(job.request.id, job);
    this.prepare().postMessage(job.request);
  }

  /** Ends the worker, whose memory of an hour is 300 MB; what it has not finished never comes. */
  rest() {
    this.#worker?.terminate();
    this.#worker = null;
    this.#jobs.clear();
  }

  /** @param {EngraveReply} reply */
  #receive(reply) {
    const job = this.#jobs.get(reply.id);
    if (!job) return;
    if (reply.type === "failed") {
      this.#fail(reply.detail);
      return;
    }
    job.take(reply);
    if (++job.n_pages < reply.n_pages) return;
    this.#jobs.delete(reply.id);
    if (reply.n_pages > MANY_PAGES && this.#jobs.size === 0) this.rest();
    job.resolve();
  }

  /** @param {string} detail */
  #fail(detail) {
    const jobs = [...this.#jobs.values()];
    this.rest();
    for (const job of jobs) {
      if (job.n_tries + 1 < MOST_TRIES) this.#post({ ...job, n_pages: 0, n_tries: job.n_tries + 1 });
      else job.reject(new Error(detail));
    }
  }
}

/** @param {PageReply} page */
function readPage({ svg: text, css }) {
  const { documentElement } = new DOMParser().parseFromString(text, "image/svg+xml");
  const svg = /** @type {SVGSVGElement} */ (/** @type {unknown} */ (document.importNode(documentElement, true)));
  adoptRules(css, svg.id);
  return svg;
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
