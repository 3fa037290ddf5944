/**
 * Engraving, away from the page: MusicXML in, one SVG a page out.
 *
 * Verovio's loadData gives false instead of raising. Each SVG carries a <style>, which the Content-Security-Policy
 * forbids as soon as it is parsed: it is taken out here and sent as text beside the SVG.
 */

import { drawGlyphs } from "./glyphs.js";
import { finishHeading } from "./heading.js";

/**
 * @typedef {{ id: number, musicxml: string, format: "paper" | "screen", page_width?: number, scale?: number,
 *   first?: number, is_file?: boolean }} EngraveRequest
 *   `page_width` (screen) in Verovio's units, of which `scale` hundredths are a CSS pixel; `id` comes back with every
 *   reply; `first` is the index of the page that is wanted before the others; a page that `is_file` is not for
 *   the document
 * @typedef {{ type: "page", id: number, index: number, n_pages: number, svg: string, css: string }
 *   | { type: "failed", id: number, detail: string }} EngraveReply
 */

// A page of the screen, not of paper: as many systems as come into the document and are drawn there in 100 ms at most
// (twice as many: 150; bench/page/interface.py, "longest task", November 2026).
const PAGE_HEIGHT = 1300;

const STYLE = /<style[^>]*>([\s\S]*?)<\/style>/g;
// One piano needs no name before each system; on a phone it would cost a fifth of the width.
const PART_NAME = /<part-(?:name|abbreviation)\b[^>]*>[^<]*<\/part-(?:name|abbreviation)>/g;

const OPTIONS = {
  bottomMarginHeader: 4, // room for the composer
  breaks: "auto",
  footer: "none",
  minLastJustification: 0.6,
  pageMarginLeft: 45, // room for the brace
  pageMarginRight: 10,
  svgViewBox: true,
};
const FORMATS = {
  screen: {
    adjustPageHeight: true,
    header: "none", // the page shows the title
    justifyVertically: false,
    pageHeight: PAGE_HEIGHT,
    pageMarginBottom: 30,
    pageMarginTop: 30,
    unit: 9,
  },
  // Tenths of a millimetre: what both A4 and Letter hold between margins of 12 mm (style.css). The command line's
  // pages.py engraves like this.
  paper: {
    adjustPageHeight: false,
    header: "auto", // title on the first page, numbers on the others
    justifyVertically: true,
    pageHeight: 2500,
    pageMarginBottom: 20,
    pageMarginTop: 10,
    pageWidth: 1860,
    scale: 100,
    unit: 8.75, // a staff is 7 mm high
  },
};

const toolkit = loadToolkit();
let loaded = { musicxml: "", format: "" };

self.addEventListener("message", async (/** @type {MessageEvent<EngraveRequest>} */ { data }) => {
  const { id } = data;
  try {
    await engrave(data);
  } catch (error) {
    loaded = { musicxml: "", format: "" };
    self.postMessage({ type: "failed", id, detail: String(error) });
  }
});

async function loadToolkit() {
  const vendor = new URL("vendor/verovio/", import.meta.url);
  const { default: createModule } = await import(`${vendor}verovio-module.mjs`);
  const { VerovioToolkit, enableLogToBuffer } = await import(`${vendor}verovio.mjs`);
  const module = await createModule();
  enableLogToBuffer(true, module); // else each tight line is a warning in the console
  return new VerovioToolkit(module);
}

/** @param {EngraveRequest} request */
async function engrave({ id, musicxml, format, page_width = 0, scale, first = 0, is_file = false }) {
  const verovio = await toolkit;
  const width = format === "screen" ? { pageWidth: Math.round(page_width), scale } : {};
  verovio.setOptions({ ...OPTIONS, ...FORMATS[format], ...width });
  // Verovio makes the heading when it loads.
  if (musicxml === loaded.musicxml && format === loaded.format) {
    verovio.redoLayout({ resetCache: false });
  } else if (!verovio.loadData(musicxml.replace(PART_NAME, "<part-name/>"))) {
    throw new Error(verovio.getLog() || "Verovio refused the score.");
  }
  loaded = { musicxml, format };
  const n_pages = verovio.getPageCount();
  const draw = is_file ? (/** @type {string} */ page) => page : drawGlyphs;
  for (let drawn = 0; drawn < n_pages; drawn++) {
    const index = (Math.min(first, n_pages - 1) + drawn) % n_pages;
    const page = verovio.renderToSVG(index + 1);
    const svg = format === "paper" && index === 0 ? finishHeading(page, musicxml) : page;
    const css = Array.from(svg.matchAll(STYLE), ([, rules]) => rules).join("\n");
    self.postMessage({ type: "page", id, index, n_pages, svg: draw(svg.replace(STYLE, "")), css });
  }
}
