/** The piece that is open is kept on this device, from its first score and at every correction. */

import { pushAddress } from "./address.js";
import { StorageError } from "./database.js";
import { messages } from "./messages.js";
import { recall, remember } from "./remembered.js";
import { correctPiece, keepPiece, onChange, readPiece } from "./store.js";
import { dropUnfinished } from "./unfinished.js";

/** @import { Piece } from "./piece.js" */

const WITHOUT_RECORDINGS = "without-recordings";
const UNSAVED = "unsaved";
const ASKED_TO_PERSIST = "asked-to-persist";

export class Keeping {
  #note;
  #with_recording;
  /** @type {Piece | null} */
  #piece = null;
  #leaving = new AbortController();
  /** Corrections on their way to the store. */
  #n_unsaved = 0;
  /** The piece whose last correction is on its way or could not be kept. @type {Piece | null} */
  #unsaved = null;
  /** Whether all of the open piece is kept. */
  #is_kept = false;

  /**
   * @param {HTMLElement} note says whether the piece is kept
   * @param {HTMLInputElement} with_recording the switch for recordings, remembered
   */
  constructor(note, with_recording) {
    this.#note = note;
    this.#with_recording = with_recording;
    restoreUnsaved();
    with_recording.checked = !recall(WITHOUT_RECORDINGS);
    with_recording.addEventListener("change", () => remember(WITHOUT_RECORDINGS, with_recording.checked ? "" : "yes"));
    addEventListener("pagehide", () => this.#putAside());
    onChange(({ id, is_correction, is_elsewhere }) => {
      if (is_elsewhere && is_correction && id === this.#piece?.id) note.textContent = messages.correctedElsewhere;
    });
  }

  /** @param {Piece} piece with a score */
  follow(piece) {
    this.leave(piece.id);
    this.#piece = piece;
    const { signal } = this.#leaving;
    piece.addEventListener("corrected", () => this.#keep(piece, true), { signal });
    piece.addEventListener("written", () => this.#keep(piece, false), { signal });
    this.#keep(piece, false);
  }

  get with_recordings() {
    return this.#with_recording.checked;
  }

  /** A piece that nobody has opened yet; what goes wrong is told when it is. @param {Piece} piece with a score */
  async keepUnopened(piece) {
    const with_recording = this.with_recordings;
    await keepPiece(piece, { is_correction: false, with_recording }).catch(() => {});
    await dropUnfinished(piece.id).catch(() => {});
  }

  /** @param {string} next_id of the piece that follows; empty: none */
  leave(next_id) {
    this.#leaving.abort();
    this.#leaving = new AbortController();
    this.#piece = null;
    this.#is_kept = false;
    this.#note.textContent = "";
    pushAddress(next_id);
  }

  /** Whether the open piece would come back as it is. */
  get isSafe() {
    return this.#is_kept && !this.#unsaved;
  }

  /** A kept piece, with what could not be saved before. @param {string} id */
  async read(id) {
    await restoreUnsaved();
    return readPiece(id);
  }

  /** A browser drops what is on its way to IndexedDB when the page is closed; this is written at once. */
  #putAside() {
    if (!this.#unsaved) return;
    const { id, choices } = this.#unsaved;
    remember(UNSAVED, JSON.stringify({ id, choices, corrected_ms: Date.now() }));
  }

  #forgetAside() {
    this.#unsaved = null;
    remember(UNSAVED, "");
  }

  /** The store keeps the order of the calls. @param {Piece} piece @param {boolean} is_corrected */
  async #keep(piece, is_corrected) {
    let sentence = messages.kept;
    const is_correction = is_corrected || piece === this.#unsaved; // what could not be kept is tried once more
    const with_recording = this.#with_recording.checked;
    if (is_correction) {
      this.#n_unsaved += 1;
      this.#unsaved = piece;
    }
    try {
      await keepPiece(piece, { is_correction, with_recording });
      askToPersist();
      if (piece === this.#piece) this.#is_kept = with_recording || !piece.recording;
      if (is_correction && this.#n_unsaved === 1) this.#forgetAside();
    } catch (error) {
      sentence = error instanceof Error ? error.message : messages.storageForbidden;
      if (is_correction && this.#is_kept && sentence === messages.storageFull) sentence = messages.correctionNotKept;
      if (is_correction) this.#putAside();
    }
    if (is_correction) this.#n_unsaved -= 1;
    if (piece === this.#piece) this.#note.textContent = sentence;
  }
}

async function restoreUnsaved() {
  const unsaved = recall(UNSAVED);
  if (!unsaved) return;
  try {
    const { id, choices, corrected_ms } = JSON.parse(unsaved);
    await correctPiece(id, () => choices, corrected_ms);
  } catch (error) {
    console.info("A correction was not restored:", error);
    if (error instanceof StorageError && error.message !== messages.pieceUnknown) return; // another time there may be room
  }
  if (recall(UNSAVED) === unsaved) remember(UNSAVED, "");
}

/** Once in a lifetime: some browsers ask the person. */
function askToPersist() {
  if (recall(ASKED_TO_PERSIST)) return;
  remember(ASKED_TO_PERSIST, "yes");
  navigator.storage?.persist?.().catch(() => {});
}
