/** The tempo as the score prints it, read from its MusicXML: one figure on the whole page, whatever wrote it. */

import { messages } from "./messages.js";

/** Signs that every device has; other values are named by words. */
const SIGNS = new Map([
  ["quarter", "♩"],
  ["eighth", "♪"],
]);
const MARK = /<metronome\b[^>]*>([\s\S]*?)<\/metronome>/;
const UNIT = /<beat-unit>([^<]+)<\/beat-unit>/;
const DOT = /<beat-unit-dot\s*\/>/;
const FIGURE = /<per-minute>([^<]+)<\/per-minute>/;

/** @param {string} musicxml @returns {string} the first mark, "♩. = 63"; empty where there is none */
export function readTempoMark(musicxml) {
  const [, mark = ""] = MARK.exec(musicxml) ?? [];
  const [, unit = ""] = UNIT.exec(mark) ?? [];
  const [, figure = ""] = FIGURE.exec(mark) ?? [];
  if (!unit || !figure) return "";
  const sign = SIGNS.get(unit);
  const is_dotted = DOT.test(mark);
  return `${sign ? sign + (is_dotted ? "." : "") : messages.nameValue(unit, is_dotted)} = ${figure}`;
}
