/** The database of kept pieces: transactions, and what to say when the browser has no room or no leave for them. */

import { messages } from "./messages.js";
import { openDB } from "./vendor/idb/build/index.js";

/** @import { IDBPDatabase, IDBPTransaction } from "./vendor/idb/build/index.js" */

const DATABASE = "ottava";
const VERSION = 2; // 1 had no steps and waveforms
export const STORES = ["facts", "choices", "performances", "steps", "waveforms"];
/** @type {Promise<IDBPDatabase> | null} */
let database = null;

/** `message` is one sentence for the reader. */
export class StorageError extends Error {}

/**
 * One transaction: all of it happens, or nothing.
 * @template T
 * @param {(stores: (name: string) => any) => Promise<T>} action awaits nothing but what it asks of the stores
 * @param {"readonly" | "readwrite"} mode
 */
export async function transact(action, mode = "readwrite") {
  try {
    const transaction = (await openDatabase()).transaction(STORES, mode);
    const outcome = action((name) => transaction.objectStore(name)).catch((error) => {
      abort(transaction);
      throw error;
    });
    const [value] = await Promise.all([outcome, transaction.done]);
    return value;
  } catch (error) {
    if (error instanceof StorageError) throw error;
    if (isFull(error)) throw new StorageError(messages.storageFull);
    const is_newer = error instanceof DOMException && error.name === "VersionError";
    throw new StorageError(is_newer ? messages.storageNewer : messages.storageForbidden, { cause: error });
  }
}

/** @param {IDBPTransaction<unknown, string[], "readonly" | "readwrite">} transaction */
function abort(transaction) {
  try {
    transaction.abort();
  } catch {
    // it has ended by itself
  }
}

function openDatabase() {
  const forget = () => {
    database = null;
  };
  database ??= openDB(DATABASE, VERSION, {
    upgrade(made) {
      for (const name of STORES) {
        if (made.objectStoreNames.contains(name)) continue;
        made.createObjectStore(name, name === "facts" ? { keyPath: "id" } : undefined);
      }
    },
    blocking(_old, _new, event) {
      // A newer Ottava in another tab waits for this one.
      /** @type {IDBDatabase} */ (event.target).close();
      forget();
    },
    terminated: forget,
  });
  database.catch(forget);
  return database;
}

/** @param {unknown} error */
export function isFull(error) {
  return error instanceof DOMException && error.name === "QuotaExceededError";
}
