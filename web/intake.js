/** What came in: which files a drop or the clipboard holds, and what a file is. */

import { messages } from "./messages.js";

/**
 * @param {{ name: string, type: string }} file
 * @returns {"recording" | "midi" | "project"} a project is a saved result of Ottava
 */
export function recogniseFile({ name, type }) {
  if (/\.json$/i.test(name)) return "project";
  return /\.(midi?|smf|kar)$/i.test(name) || /^audio\/(x-)?midi?$/.test(type) ? "midi" : "recording";
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
