/**
 * Recordings that are being listened to: each lies on the device with what was heard of it so far, so that listening can
 * go on where a page was closed or a browser gave up. A lock says which of them a page is busy with.
 */

import { readRecording, removeRecording, writeRecording } from "./kept-recordings.js";
import { hasRecording, listPieces } from "./store.js";
import { openDB } from "./vendor/idb/build/index.js";

/**
 * @import { Checkpoint } from "./protocol.js"
 * @import { IDBPDatabase } from "./vendor/idb/build/index.js"
 */

const DATABASE = "ottava-unfinished";
const FACTS = "facts";
const CHECKPOINTS = "checkpoints";
const LOCK = "ottava-unfinished ";

/** @typedef {{ id: string, name: string, type: string, setting?: string, fraction: number }} Unfinished */

/**
 * Begins to keep a recording, or goes on with one; where nothing can be kept, listening goes on all the same.
 * @param {Unfinished} facts
 * @param {Blob} recording
 * @param {Checkpoint[]} checkpoints that are kept already
 */
export function keepUnfinished(facts, recording, checkpoints) {
  const { id } = facts;
  const letGo = hold(LOCK + id);
  let n_kept = checkpoints.length;
  let kept = n_kept > 0 ? Promise.resolve() : begin(facts, recording);
  kept.catch(() => {});
  return {
    /** What is known after a segment. @param {Checkpoint} checkpoint */
    keep(checkpoint) {
      const { fraction } = checkpoint;
      const key = [id, n_kept++];
      kept = kept.then(() => change((put) => [put(CHECKPOINTS, checkpoint, key), put(FACTS, { ...facts, fraction })]));
      kept.catch(() => {}); // one that is missing: none after it is of use
    },
    /** @param {boolean} is_wanted to be gone on with some time */
    async end(is_wanted) {
      await kept.catch(() => {});
      if (!is_wanted) await dropUnfinished(id).catch(() => {});
      letGo();
    },
  };
}

/** @param {Unfinished} facts @param {Blob} recording */
async function begin(facts, recording) {
  await change((put) => [put(FACTS, facts)]); // first: a recording that nothing names would stay for ever
  await writeRecording(facts.id, recording);
}

/**
 * Those that no page is busy with. Where a page was closed too soon after the end, the piece is kept already; where too
 * soon after the beginning, the recording was not written yet: both are forgotten.
 * @returns {Promise<Unfinished[]>}
 */
export async function listUnfinished() {
  const all = await withDatabase((database) => database.getAll(FACTS));
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  const left = all.filter(({ id }) => !held.some(({ name }) => name === LOCK + id));
  if (left.length === 0) return [];
  const kept = new Set((await listPieces()).pieces.map(({ id }) => id));
  const is_wanted = await Promise.all(left.map(async ({ id }) => !kept.has(id) && (await readRecording(id)) !== null));
  const unwanted = left.filter((_, i) => !is_wanted[i]);
  await Promise.all(unwanted.map(({ id }) => dropUnfinished(id)));
  return left.filter((_, i) => is_wanted[i]);
}

/** @param {Unfinished} unfinished @returns {Promise<{ file: File, checkpoints: Checkpoint[] } | null>} null: it is gone */
export async function readUnfinished({ id, name, type }) {
  const checkpoints = await withDatabase((database) => database.getAll(CHECKPOINTS, rangeOf(id)));
  const recording = await readRecording(id);
  return recording && { file: new File([recording], name, { type }), checkpoints };
}

/** The recording goes first, so that none is left that nothing names, unless a piece has it now. @param {string} id */
export async function dropUnfinished(id) {
  if (!(await hasRecording(id))) await removeRecording(id);
  await withDatabase(async (database) => {
    await database.delete(FACTS, id);
    await database.delete(CHECKPOINTS, rangeOf(id));
  });
}

/** @param {string} id */
const rangeOf = (id) => IDBKeyRange.bound([id], [id, []]);

/** @param {(put: (store: string, value: unknown, key?: IDBValidKey) => Promise<unknown>) => Promise<unknown>[]} action */
function change(action) {
  return withDatabase(async (database) => {
    const transaction = database.transaction([FACTS, CHECKPOINTS], "readwrite");
    const puts = action((store, value, key) => transaction.objectStore(store).put(value, key));
    await Promise.all([...puts, transaction.done]);
  });
}

/** @template T @param {(database: IDBPDatabase) => Promise<T>} action */
async function withDatabase(action) {
  const database = await openDB(DATABASE, 1, {
    upgrade(made) {
      made.createObjectStore(FACTS, { keyPath: "id" });
      made.createObjectStore(CHECKPOINTS);
    },
  });
  return action(database).finally(() => database.close());
}

/** @param {string} name of a lock @returns {() => void} gives it back; the end of the page does, too */
function hold(name) {
  let letGo = () => {};
  const held = new Promise((/** @type {(value: void) => void} */ resolve) => {
    letGo = resolve;
  });
  navigator.locks?.request(name, () => held);
  return letGo;
}
