/**
 * Music signs drawn where they stand, for the document.
 *
 * Verovio's SVG has each sign once, as a path, and a <use> of it wherever it stands. A browser makes a hidden tree for
 * each <use>: of a page with 200 note heads that took more than half of the time to bring it into the document
 * (Chromium, November 2026), and more memory than the longer text.
 */

const GLYPH = /<g id="([^"]+)">\s*<path transform="scale\(1,-1\)" d="([^"]*)" \/>\s*<\/g>/g;
const USE = /<use xlink:href="#([^"]+)" transform="([^"]*)" \/>/g;

/** @param {string} svg of Verovio @returns {string} the same without <use>; one of another form stays, and what it shows */
export function drawGlyphs(svg) {
  const outlines = new Map(Array.from(svg.matchAll(GLYPH), ([, id = "", outline]) => [id, outline]));
  return svg.replace(USE, (use, id, place) =>
    outlines.has(id) ? `<path transform="${place} scale(1,-1)" d="${outlines.get(id)}"/>` : use,
  );
}
