/** Recordings kept on this device: files of the origin's own file system, or in IndexedDB where that cannot be written. */

import { openDB } from "./vendor/idb/build/index.js";

const FOLDER = "recordings";
const DATABASE = "ottava-recordings";
const STORE = "recordings";

/** One that is there already stays: a piece has one only. @param {string} id of the piece @param {Blob} recording */
export async function writeRecording(id, recording) {
  if ((await readRecording(id))?.size === recording.size) return;
  const folder = await openFolder();
  if (!folder) {
    const blobs = await openBlobs();
    return void (await blobs.put(STORE, recording, id).finally(() => blobs.close()));
  }
  try {
    const file = await folder.getFileHandle(id, { create: true });
    await recording.stream().pipeTo(await file.createWritable());
  } catch (error) {
    await folder.removeEntry(id).catch(() => {}); // an empty file is there from the beginning
    throw error;
  }
}

/** @param {string} id @returns {Promise<Blob | null>} null where there is none any more */
export async function readRecording(id) {
  const folder = await openFolder();
  if (folder) {
    const file = await folder.getFileHandle(id).catch(() => null);
    const recording = await file?.getFile();
    return recording?.size ? recording : null; // empty: the page was closed before it was written
  }
  const blobs = await openBlobs();
  const recording = await blobs.get(STORE, id).finally(() => blobs.close());
  return recording instanceof Blob ? recording : null;
}

/** @param {string} id */
export async function removeRecording(id) {
  const folder = await openFolder();
  if (folder) return void (await folder.removeEntry(id).catch(() => {})); // it may never have come so far
  const blobs = await openBlobs();
  await blobs.delete(STORE, id).finally(() => blobs.close());
}

/** @returns {Promise<FileSystemDirectoryHandle | null>} null where this browser, or a private window, has none */
async function openFolder() {
  if (!("createWritable" in (globalThis.FileSystemFileHandle?.prototype ?? {}))) return null;
  try {
    return await (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
  } catch {
    return null;
  }
}

function openBlobs() {
  return openDB(DATABASE, 1, { upgrade: (database) => void database.createObjectStore(STORE) });
}
