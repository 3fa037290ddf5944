/** Joins My pieces to the store: what a person does in the list is done, and the list shows it. */

import { lookAtStorage } from "./about.js";
import { StorageError } from "./database.js";
import { save } from "./exports.js";
import { messages } from "./messages.js";
import { correctPiece, listPieces, markDeleted, onChange, purgePieces } from "./store.js";

/**
 * @import { KeptFacts } from "./kept-facts.js"
 * @import { LibraryView } from "./library-view.js"
 */

const { library } = messages;
const UNDO_MS = 10_000;
const REFRESH_MS = 50; // a correction makes several changes

/** @param {LibraryView} view @param {(id: string) => void} openPiece */
export function offerLibrary(view, openPiece) {
  /** @type {Record<string, (detail: { id: string, title: string }) => unknown>} */
  const actions = {
    open: ({ id }) => openPiece(id),
    rename: async ({ id, title }) => {
      await correctPiece(id, (choices) => ({ ...choices, title }));
      await refresh(view);
      view.say(library.renamed(title));
    },
    export: () => exportPieces(view),
    ...offerDeletion(view),
  };
  for (const [type, action] of Object.entries(actions)) {
    view.addEventListener(type, async (event) => {
      try {
        await action(/** @type {CustomEvent} */ (event).detail);
      } catch (error) {
        view.say(error instanceof StorageError ? error.message : messages.wentWrong);
      }
    });
  }
  let timer = 0;
  onChange(() => {
    clearTimeout(timer);
    timer = setTimeout(() => refresh(view), REFRESH_MS);
  });
  refresh(view);
}

/** Where nothing can be kept, nothing is: the list stays hidden. @param {LibraryView} view */
async function refresh(view) {
  const { pieces, n_damaged } = await listPieces().catch(() => ({ pieces: [], n_damaged: 0 }));
  view.show(pieces, n_damaged);
  if (pieces.length > 0) view.tellStorage(await describeStorage(pieces));
}

/** @param {KeptFacts[]} pieces */
async function describeStorage(pieces) {
  const pieces_bytes = pieces.reduce((sum, { bytes, recording }) => sum + bytes + (recording?.bytes ?? 0), 0);
  return library.storage({ pieces_bytes, ...(await lookAtStorage()) });
}

/** Deletion can be undone for a while; what a page that was closed meanwhile has left goes with the next visit. @param {LibraryView} view */
function offerDeletion(view) {
  /** By id. @type {Map<string, string>} */
  const titles = new Map();
  let timer = 0;
  const purge = async () => {
    const ids = new Set(titles.keys());
    titles.clear();
    if (ids.size > 0) await purgePieces(({ id }) => ids.has(id));
  };
  const finish = () => {
    view.say("");
    purge().catch(() => {}); // the next visit tries again
  };
  const purgeOld = () => purgePieces(({ deleted_ms }) => deleted_ms <= Date.now() - UNDO_MS).catch(() => {});
  purgeOld();
  setTimeout(purgeOld, UNDO_MS);
  return {
    delete: async (/** @type {{ id: string, title: string }} */ { id, title }) => {
      titles.set(id, title);
      await markDeleted([...titles.keys()], true); // all can be undone for as long as the last
      clearTimeout(timer);
      timer = setTimeout(finish, UNDO_MS);
      await refresh(view);
      view.say(library.deleted([...titles.values()]), true);
    },
    undo: async () => {
      clearTimeout(timer);
      const ids = [...titles.keys()];
      titles.clear();
      await markDeleted(ids, false);
      await refresh(view);
      view.say(library.restored);
      view.focusPiece(ids[0] ?? "");
    },
  };
}

/** @param {LibraryView} view */
async function exportPieces(view) {
  view.say(library.exporting);
  const { pieces } = await listPieces();
  const { zipPieces } = await import("./export-pieces.js");
  const zip = await zipPieces(pieces).catch(() => null);
  if (zip) save(new File([zip], `${library.exportName}.zip`, { type: zip.type }));
  view.say(zip ? library.exported : library.exportFailed);
}
