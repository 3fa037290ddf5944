/**
 * Engraving, away from the page: MusicXML in, one SVG a page out.
 *
 * Verovio's loadData gives false instead of raising. Each SVG carries a <style>, which the Content-Security-Policy
 * forbids as soon as it is parsed: it is taken out here and sent as text beside the SVG.
 */

/**
 * @typedef {{ id: number, musicxml: string, page_width: number, scale: number }} EngraveRequest
 *   `page_width` in Verovio's units, of which `scale` hundredths are a CSS pixel; `id` comes back with every reply
 * @typedef {{ type: "page", id: number, page: number, n_pages: number, svg: string, css: string }
 *   | { type: "failed", id: number, detail: string }} EngraveReply
 */

// A page of the screen, not of paper: as many systems as make one import into the document quick.
const PAGE_HEIGHT = 2600;

const STYLE = /<style[^>]*>([\s\S]*?)<\/style>/g;
// One piano needs no name before each system; on a phone it would cost a fifth of the width.
const PART_NAME = /<part-(?:name|abbreviation)\b[^>]*>[^<]*<\/part-(?:name|abbreviation)>/g;

const OPTIONS = {
  adjustPageHeight: true,
  breaks: "auto",
  footer: "none",
  header: "none", // the page shows the title
  minLastJustification: 0.6,
  pageMarginBottom: 30,
  pageMarginLeft: 45, // room for the brace
  pageMarginRight: 10,
  pageMarginTop: 30,
  svgViewBox: true,
};

const toolkit = loadToolkit();
let loaded = "";

self.addEventListener("message", async (/** @type {MessageEvent<EngraveRequest>} */ { data }) => {
  const { id } = data;
  try {
    await engrave(data);
  } catch (error) {
    loaded = "";
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
async function engrave({ id, musicxml, page_width, scale }) {
  const verovio = await toolkit;
  verovio.setOptions({ ...OPTIONS, pageWidth: Math.round(page_width), pageHeight: PAGE_HEIGHT, scale });
  if (musicxml === loaded) {
    verovio.redoLayout({ resetCache: false });
  } else if (!verovio.loadData(musicxml.replace(PART_NAME, "<part-name/>"))) {
    throw new Error(verovio.getLog() || "Verovio refused the score.");
  }
  loaded = musicxml;
  const n_pages = verovio.getPageCount();
  for (let page = 1; page <= n_pages; page++) {
    const svg = verovio.renderToSVG(page);
    const css = Array.from(svg.matchAll(STYLE), ([, rules]) => rules).join("\n");
    self.postMessage({ type: "page", id, page, n_pages, svg: svg.replace(STYLE, ""), css });
  }
}
