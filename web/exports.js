/** Files to take away, and sharing them: the score in every form, the performance, the project. */

import { messages } from "./messages.js";
import { addPaper, drawPng, findPage } from "./pictures.js";

/**
 * @import { Piece } from "./piece.js"
 * @import { ScoreView } from "./score-view.js"
 * @typedef {"musicxml" | "mxl" | "midi" | "quantised_midi" | "svg" | "png" | "json"} Format
 */

const REVOKE_MS = 60_000; // the browser has begun to save long before

/**
 * @param {string} recording_name "My piece (take 2).mp3"
 * @returns {string} the same without its ending, fit for any file system
 */
export const nameFile = (recording_name) => cleanName(recording_name.replace(/\.[a-z0-9]{1,5}$/i, ""));

const NOT_IN_NAMES = /[\\/:*?"<>|\p{Cc}\p{Cs}\p{Bidi_Control}\s]+/gu; // of some file system, or that make a name look like another
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i; // Windows opens these instead of a file

/** @param {string} text of a person */
function cleanName(text) {
  const words = text.slice(0, 120).replace(NOT_IN_NAMES, " ");
  return words.replace(/^[ .]+|[ .]+$/g, "").replace(DEVICE, "_$&") || messages.files.untitled;
}

/**
 * @param {string} recording_name
 * @returns {string} a heading: the file's name without its ending and underscores
 */
export function nameTitle(recording_name) {
  const words = nameFile(recording_name)
    .replace(/[_\s]+/g, " ")
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A piece whose title was corrected is named after it. @param {Piece} piece */
function nameStem({ name, title }) {
  return title && title !== nameTitle(name) ? cleanName(title) : nameFile(name);
}

/**
 * Makes a file of the piece as it is now and hands it to the browser.
 * @param {Piece} piece with a score
 * @param {ScoreView} score that shows it
 * @param {Format} format
 */
export async function saveAs(piece, score, format) {
  save(await makeFile(piece, score, format));
}

/** Whether the browser can hand files to other programs at all: a picture is what all of them let pass. */
export function canShare() {
  return navigator.canShare?.({ files: [makeOne("page.png", "", "image/png")] }) ?? false;
}

/**
 * Offers the piece to other programs of the device, in the first form that the browser lets pass.
 * @param {Piece} piece with a score
 * @param {ScoreView} score that shows it
 */
export async function share(piece, score) {
  for (const formats of /** @type {Format[][]} */ ([["musicxml", "midi"], ["midi"], ["png"]])) {
    const files = await Promise.all(formats.map((format) => makeFile(piece, score, format)));
    const shared = { title: piece.title, files };
    if (!navigator.canShare?.(shared)) continue;
    await navigator.share(shared).catch((reason) => {
      if (reason.name !== "AbortError") throw reason; // a person may think better of it
    });
    return;
  }
}

/** @param {Piece} piece @param {ScoreView} score @param {Format} format @returns {Promise<File>} */
async function makeFile(piece, score, format) {
  const { transcription } = piece;
  if (!transcription) throw new Error("This piece has no score yet.");
  const stem = nameStem(piece);
  switch (format) {
    case "musicxml":
      return makeOne(`${stem}.musicxml`, transcription.musicxml, "application/vnd.recordare.musicxml+xml");
    case "mxl":
      return makeOne(`${stem}.mxl`, await piece.writeFile("mxl"), "application/vnd.recordare.musicxml");
    case "midi":
      return makeOne(`${stem}.mid`, await piece.writeFile("midi"), "audio/midi");
    case "quantised_midi":
      return makeOne(`${messages.files.asWritten(stem)}.mid`, await piece.writeFile("quantised_midi"), "audio/midi");
    case "json":
      return makeOne(`${stem}.json`, JSON.stringify(transcription.result), "application/json");
    case "svg":
      return makeSvg(stem, (await score.engraveFiles()).map(addPaper));
    case "png": {
      const pages = await score.engraveFiles();
      const page = findPage(pages, score.findNoteInView());
      const name = pages.length === 1 ? stem : messages.files.page(stem, page + 1);
      return makeOne(`${name}.png`, await drawPng(addPaper(pages[page] ?? "")), "image/png");
    }
    default: {
      /** @type {never} */
      const unknown = format;
      throw new Error(`Unknown format: ${unknown}`);
    }
  }
}

/** One page is a file, several are a zip of them. @param {string} stem @param {string[]} svgs */
async function makeSvg(stem, svgs) {
  const type = "image/svg+xml";
  if (svgs.length === 1) return makeOne(`${stem}.svg`, svgs[0] ?? "", type);
  const pages = svgs.map((svg, index) => makeOne(`${stem}-${index + 1}.svg`, svg, type));
  const { downloadZip } = await import("./vendor/client-zip/index.js");
  return makeOne(`${stem}-svg.zip`, await downloadZip(pages).blob(), "application/zip");
}

/** @param {string} name @param {BlobPart} content @param {string} type */
const makeOne = (name, content, type) => new File([content], name, { type });

/** @param {File} file */
export function save(file) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), REVOKE_MS);
}
