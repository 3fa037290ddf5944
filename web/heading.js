/**
 * The heading of the first engraved page, as pages.py of the command line finishes it: Verovio writes any title in one
 * line of one size, and no composer.
 */

const TITLE_COLUMNS = 72; // letters of a common width in a line of Verovio's heading
const COMPOSER_BELOW = 560; // the title's line, in units of the page
const COMPOSER_SIZE = 393;
const HEADING = /(<g [^>]*class="pgHead[^>]*>\s*<text[^>]*>)([\s\S]*?)(<\/text>)/;
const COMPOSER = /<creator type="composer">([^<]+)<\/creator>/;
const LETTERS = />([^<]+)</g;
const BUBBLE = /<title\b[^>]*>[^<]*<\/title>/g; // says "title" under the mouse

/**
 * @param {string} svg of the first page
 * @param {string} musicxml that it shows
 * @returns {string} the SVG with its heading
 */
export function finishHeading(svg, musicxml) {
  const [, composer = ""] = COMPOSER.exec(musicxml) ?? []; // escaped, as it has to be here
  return svg.replace(HEADING, (_, begin, lines, end) => begin + fitTitle(lines) + writeComposer(lines, composer) + end);
}

/** @param {string} lines */
function fitTitle(lines) {
  const plain = lines.replaceAll(BUBBLE, "");
  const n_letters = Array.from(plain.matchAll(LETTERS), ([, text = ""]) => text.trim().length).reduce(
    (a, b) => a + b,
    0,
  );
  if (n_letters <= TITLE_COLUMNS) return plain;
  return plain.replace(/font-size="(\d+)px"/g, (_, size) => `font-size="${(size * TITLE_COLUMNS) / n_letters}px"`);
}

/** @param {string} lines @param {string} composer */
function writeComposer(lines, composer) {
  const [, x, y] = /\bx="(\d+)" y="(\d+)"/.exec(lines) ?? [];
  if (!composer || !x || !y) return "";
  const place = `x="${2 * Number(x)}" y="${Number(y) + COMPOSER_BELOW}"`;
  return `<tspan ${place} text-anchor="end" font-size="${COMPOSER_SIZE}px">${composer}</tspan>`;
}
