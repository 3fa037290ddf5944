/** What the list of kept pieces says of each. */

import { nameTitle } from "./exports.js";

/**
 * @import { Piece } from "./piece.js"
 * @import { Result } from "./protocol.js"
 */

/**
 * @typedef {object} KeptFacts of a piece
 * @property {string} id
 * @property {string} name of the file it came from
 * @property {string} title
 * @property {string} composer
 * @property {number} duration_sec
 * @property {number} n_notes
 * @property {Result["score"]["keys"][0] | null} key the first
 * @property {Result["score"]["meters"][0] | null} meter the first
 * @property {string[]} warnings
 * @property {number} created_ms
 * @property {number} changed_ms
 * @property {number} bytes of its notes
 * @property {{ name: string, type: string, bytes: number } | null} recording
 * @property {number} deleted_ms 0: it is not deleted
 */

/** What never changes. @param {Piece} piece */
export function describePiece({ id, name, warnings, created_ms, duration_sec, performance }) {
  const bytes = JSON.stringify(performance).length;
  return { id, name, warnings, created_ms, duration_sec, bytes, changed_ms: created_ms, recording: null };
}

/** @param {Piece} piece */
export function nameChoices({ title, name, choices }) {
  return { title: title || nameTitle(name), composer: choices.composer ?? "" };
}

/** @param {Piece} piece */
export function describeScore({ transcription, performance }) {
  const { keys, meters } = transcription?.result.score ?? { keys: [], meters: [] };
  const { notes } = transcription ?? performance;
  return { n_notes: notes.filter(Boolean).length, key: keys[0] ?? null, meter: meters[0] ?? null };
}

/** @param {Blob} recording @param {string} name */
export function describeRecording(recording, name) {
  return { name: recording instanceof File ? recording.name : name, type: recording.type, bytes: recording.size };
}

/**
 * Whether an entry is one of ours and whole: another program of this address, or a fault, may have left others.
 * @param {any} facts
 * @returns {facts is KeptFacts}
 */
export function isSound(facts) {
  const has = (/** @type {string} */ type, /** @type {string[]} */ names) =>
    names.every((name) => typeof facts[name] === type && !Number.isNaN(facts[name]));
  return (
    facts instanceof Object &&
    has("string", ["id", "name", "title", "composer"]) &&
    has("number", ["duration_sec", "n_notes", "created_ms", "changed_ms", "bytes", "deleted_ms"]) &&
    Array.isArray(facts.warnings) &&
    (facts.key === null || Math.abs(facts.key?.fifths) <= 7) &&
    (facts.meter === null || Number.isInteger(facts.meter?.beats)) &&
    (facts.recording === null || Number.isFinite(facts.recording?.bytes))
  );
}
