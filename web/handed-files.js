/** Files that the system hands over: opened with the installed page, or shared with it (sw.js keeps these until now). */

/** @import { Item } from "./queue.js" */

const SHARED = "ottava-shared";
const ADDRESS = "#shared";

/**
 * @param {(items: Item[]) => void} onItems one or more
 * @param {() => void} onLost when what was shared could not be kept until now
 */
export async function acceptHanded(onItems, onLost) {
  // The type checker does not know it.
  /** @type {any} */ (globalThis).launchQueue?.setConsumer(
    (/** @type {{ files?: FileSystemFileHandle[] }} */ { files = [] }) => {
      if (files.length > 0) onItems(files.map((handle) => ({ name: handle.name, load: () => handle.getFile() })));
    },
  );
  if (location.hash !== ADDRESS) return;
  history.replaceState(null, "", location.pathname + location.search);
  const cache = await caches.open(SHARED);
  const files = [];
  for (const { url } of await cache.keys()) {
    const content = await (await cache.match(url))?.blob();
    const name = decodeURIComponent(url.slice(url.lastIndexOf("/") + 1));
    if (content) files.push(new File([content], name, { type: content.type }));
  }
  await caches.delete(SHARED);
  if (files.length === 0) return onLost();
  onItems(files.map((file) => ({ name: file.name, load: () => file })));
}
