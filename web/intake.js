/** What came in: which files a drop or the clipboard holds, and what a file is. */

import { messages } from "./messages.js";

const HEAD_BYTES = 64;
/** How files begin, a letter a byte. @type {[begin: RegExp, kind: Kind][]} */
const BEGINS = [
  [/^(MThd|RIFF....RMID)/s, "midi"],
  [/^(\xef\xbb\xbf)?\s*\{/, "project"],
  [/^(RIFF....WAVE|FORM....AIF|fLaC|OggS|ID3|....ftyp|.E\xdf\xa3)/s, "recording"],
];

/** @typedef {"recording" | "midi" | "project"} Kind a project is a saved result of Ottava */

/**
 * By its first bytes, where they tell, else by its name: names are wrong now and then.
 * @param {File} file
 * @returns {Promise<Kind>}
 */
export async function recogniseFile(file) {
  const bytes = await file
    .slice(0, HEAD_BYTES)
    .arrayBuffer()
    .catch(() => new ArrayBuffer(0)); // said when it is read
  const head = String.fromCharCode(...new Uint8Array(bytes));
  const { name, type } = file;
  const named = /\.json$/i.test(name) ? "project" : "recording";
  const is_midi = /\.(midi?|smf|kar|rmi)$/i.test(name) || /^audio\/(x-)?(midi?|rmi)$/.test(type);
  return BEGINS.find(([begin]) => begin.test(head))?.[1] ?? (is_midi ? "midi" : named);
}

/**
 * @param {DataTransfer | null} data
 * @returns {{ files: File[], problem: string }} the sentence says why there are no files; empty where there are some, or
 *   nothing at all
 */
export function takeOut(data) {
  const items = [...(data?.items ?? [])];
  const held = items.filter(({ kind }) => kind === "file");
  const files = held
    .filter((item) => !item.webkitGetAsEntry?.()?.isDirectory)
    .flatMap((item) => item.getAsFile() ?? []);
  if (files.length > 0) return { files, problem: "" };
  if (held.length > 0) return { files, problem: messages.folder };
  return { files, problem: items.length > 0 ? messages.text : "" };
}
