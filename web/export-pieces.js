/** All kept pieces in one .zip: a project (ottava-1) of each, and the recordings that are kept. */

import { nameFile } from "./exports.js";
import { readPiece } from "./store.js";

/** @import { KeptFacts } from "./kept-facts.js" */

/**
 * @param {KeptFacts[]} pieces
 * @returns {Promise<Blob>}
 */
export async function zipPieces(pieces) {
  const { downloadZip } = await import("./vendor/client-zip/index.js");
  return downloadZip(collectFiles(pieces)).blob();
}

/** One after the other, so that only one is in memory. @param {KeptFacts[]} pieces */
async function* collectFiles(pieces) {
  const taken = new Set();
  for (const facts of pieces) {
    const piece = await readPiece(facts.id).catch(() => null);
    if (!piece) continue; // damaged, or deleted meanwhile in another tab
    const stem = chooseName(nameFile(`${facts.title}.json`).replace(/\s+/g, " "), taken);
    const lastModified = new Date(facts.changed_ms);
    const { title, duration_sec, performance, choices, recording } = piece;
    const project = { format: "ottava-1", title, duration_sec, performance, choices };
    yield { name: `${stem}.json`, lastModified, input: JSON.stringify(project) };
    const ending = /\.[a-z0-9]{1,5}$/i.exec(facts.recording?.name ?? "")?.[0] ?? "";
    if (recording) yield { name: `${stem}${ending}`, lastModified, input: recording };
  }
}

/** Some file systems take large and small letters for the same. @param {string} stem @param {Set<string>} taken */
function chooseName(stem, taken) {
  let name = stem;
  for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${stem} (${n})`;
  taken.add(name.toLowerCase());
  return name;
}
