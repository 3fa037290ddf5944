/**
 * Pieces kept on this device, in IndexedDB: what a list shows, what a person decided and what was heard lie in stores of
 * their own, so that a list reads little and a correction writes little. The score is not kept: it is made again.
 *
 * A piece that is deleted is only marked until it can no longer be undone. Its entry comes before its recording and goes
 * after it, so that none is ever left that nobody can find.
 */

import { isFull, STORES, StorageError, transact } from "./database.js";
import { describePiece, describeRecording, describeScore, isSound, nameChoices } from "./kept-facts.js";
import { readRecording, removeRecording, writeRecording } from "./kept-recordings.js";
import { messages } from "./messages.js";
import { addStep } from "./piece.js";

/**
 * @import { Piece, Source } from "./piece.js"
 * @import { Choices } from "./protocol.js"
 * @import { KeptFacts } from "./kept-facts.js"
 */

/** @typedef {{ id: string, is_correction: boolean, is_elsewhere: boolean }} Change `is_elsewhere`: in another tab */

/** Any change of a kept piece, in any tab. */
const channel = new BroadcastChannel("ottava-pieces");
/** @type {((change: Change) => void)[]} */
const listeners = [];
/** Recordings on their way, by the id of their piece. @type {Map<string, Promise<void>>} */
const on_their_way = new Map();
channel.addEventListener("message", ({ data }) => tell({ ...data, is_elsewhere: true }));

/** @param {(change: Change) => void} listener */
export function onChange(listener) {
  listeners.push(listener);
}

/**
 * Keeps a piece as it is now; without a correction only what is not kept yet, and what its score says, so that the last
 * correction holds in whatever tab it was made.
 * @param {Piece} piece with a score
 * @param {{ is_correction: boolean, with_recording: boolean }} options
 */
export async function keepPiece(piece, { is_correction, with_recording }) {
  const { id, recording, choices, performance, steps, waveform } = piece;
  const is_new_recording = await transact(async (stores) => {
    const [entry, heard] = await Promise.all([stores("facts").get(id), stores("performances").getKey(id)]);
    const old = isSound(entry) && heard === id ? entry : null;
    const is_new = is_correction || !old;
    if (!old) await stores("performances").put(performance, id);
    if (!old && waveform) await stores("waveforms").put(waveform, id);
    if (is_new) await stores("choices").put(choices, id);
    if (is_new) await stores("steps").put(steps, id);
    const facts = { ...(old ?? describePiece(piece)), ...(is_new && nameChoices(piece)), ...describeScore(piece) };
    const is_wanted = with_recording && recording !== null && !facts.recording;
    if (is_wanted) facts.recording = describeRecording(recording, piece.name);
    if (is_correction) facts.changed_ms = Date.now();
    await stores("facts").put({ ...facts, deleted_ms: 0 });
    return is_wanted;
  });
  announce(id, is_correction);
  if (is_new_recording && recording) {
    const kept = keepRecording(id, recording).finally(() => on_their_way.delete(id));
    on_their_way.set(id, kept);
  }
  await on_their_way.get(id); // whoever keeps the piece meanwhile is told, too
}

/** @param {string} id @param {Blob} recording */
async function keepRecording(id, recording) {
  try {
    await writeRecording(id, recording);
  } catch (error) {
    await changeFacts([id], (facts) => ({ ...facts, recording: null })).catch(() => {}); // it is missed when it is read
    throw new StorageError(isFull(error) ? messages.storageFullForRecording : messages.recordingNotKept);
  }
}

/** All that can be read, the newest first. @returns {Promise<{ pieces: KeptFacts[], n_damaged: number }>} */
export async function listPieces() {
  const entries = await transact((stores) => stores("facts").getAll(), "readonly");
  const sound = /** @type {unknown[]} */ (entries).filter(isSound);
  const pieces = sound.filter((facts) => !facts.deleted_ms).sort((one, other) => other.changed_ms - one.changed_ms);
  return { pieces, n_damaged: entries.length - sound.length };
}

/**
 * @param {string} id
 * @returns {Promise<Source>} what a Piece is made of
 */
export async function readPiece(id) {
  const [facts, choices, performance, steps, waveform] = await transact(
    (stores) => Promise.all(STORES.map((name) => stores(name).get(id))),
    "readonly",
  );
  if (!facts || facts.deleted_ms) throw new StorageError(messages.pieceUnknown);
  const is_whole = choices && Array.isArray(performance?.notes) && Array.isArray(performance?.pedals);
  if (!isSound(facts) || !is_whole) throw new StorageError(messages.pieceDamaged);
  const { name, title, created_ms, duration_sec } = facts;
  const recording = facts.recording && (await readRecording(id).catch(() => null));
  const warnings = facts.recording && !recording ? [...facts.warnings, messages.recordingGone] : facts.warnings;
  const file = recording && new File([recording], facts.recording?.name ?? name, { type: facts.recording?.type });
  const made = { performance, choices, steps, waveform };
  return { id, name, title, recording: file, warnings, created_ms, duration_sec, ...made };
}

/** Whether a kept piece, be it deleted a moment ago, has a recording. @param {string} id */
export async function hasRecording(id) {
  const facts = await transact((stores) => stores("facts").get(id), "readonly");
  return Boolean(facts?.recording);
}

/**
 * Corrects a piece that is not open.
 * @param {string} id
 * @param {(choices: Choices) => Choices} change
 * @param {number} [corrected_ms] what was corrected later holds
 */
export async function correctPiece(id, change, corrected_ms = Date.now()) {
  await transact(async (stores) => {
    const [facts, old, , steps] = await Promise.all(STORES.map((name) => stores(name).get(id)));
    if (!isSound(facts) || !old) throw new StorageError(messages.pieceUnknown);
    const choices = change(old);
    if (facts.changed_ms > corrected_ms || JSON.stringify(choices) === JSON.stringify(old)) return;
    const { title = facts.title, composer = "" } = choices;
    await stores("choices").put(choices, id);
    await stores("steps").put({ past: addStep(steps?.past ?? [], old), future: [] }, id);
    await stores("facts").put({ ...facts, title, composer, changed_ms: corrected_ms });
  });
  announce(id, true);
}

/** Takes pieces off the list, or puts them there again. @param {string[]} ids @param {boolean} is_deleted */
export async function markDeleted(ids, is_deleted) {
  await changeFacts(ids, (facts) => ({ ...facts, deleted_ms: is_deleted ? Date.now() : 0 }));
}

/** Deletes for good, of what was taken off the list, what is chosen. @param {(facts: KeptFacts) => boolean} is_chosen */
export async function purgePieces(is_chosen) {
  const is_due = (/** @type {unknown} */ facts) => isSound(facts) && facts.deleted_ms > 0 && is_chosen(facts);
  const entries = await transact((stores) => stores("facts").getAll(), "readonly");
  for (const { id, recording } of entries.filter(is_due)) {
    if (recording) await removeRecording(id);
    await transact(async (stores) => {
      if (is_due(await stores("facts").get(id))) await Promise.all(STORES.map((name) => stores(name).delete(id)));
    });
  }
}

/** @param {string[]} ids @param {(facts: KeptFacts) => KeptFacts} change */
async function changeFacts(ids, change) {
  await transact(async (stores) => {
    const entries = await Promise.all(ids.map((id) => stores("facts").get(id)));
    await Promise.all(
      /** @type {unknown[]} */ (entries).filter(isSound).map((facts) => stores("facts").put(change(facts))),
    );
  });
  for (const id of ids) announce(id, false);
}

/** @param {string} id @param {boolean} is_correction */
function announce(id, is_correction) {
  channel.postMessage({ id, is_correction });
  tell({ id, is_correction, is_elsewhere: false });
}

/** @param {Change} change */
function tell(change) {
  for (const listener of listeners) listener(change);
}
