/**
 * Where models are kept on this device: by their SHA-256, in blocks, so that a download that was broken off goes on.
 *
 * A block is written whole or not at all, and under one name there are only ever the same bytes: who else reads or writes
 * it meanwhile does no harm. Shelves are the origin's own file system and, where a browser has none or cannot write it
 * from everywhere (WebKit before 26), Cache Storage; a private window may have neither.
 */

const BLOCK_BYTES = 2 ** 20;
const FOLDER = "models";
const CACHE_NAME = "ottava-models"; // sw.js leaves it alone

/**
 * @typedef {object} Shelf
 * @property {(name: string) => Promise<ArrayBuffer | undefined>} read
 * @property {(name: string, bytes: Uint8Array<ArrayBuffer>) => Promise<void>} write
 * @property {(name: string) => Promise<unknown>} remove
 * @property {() => Promise<[name: string, bytes: number][]>} list
 */

/**
 * Reads what is there from the beginning on.
 * @param {string} sha256
 * @param {Uint8Array} content is filled; as long as the file
 * @returns {Promise<number>} of bytes; nobody has checked them
 */
export async function readBlocks(sha256, content) {
  const shelves = await openShelves();
  /** @type {Promise<ArrayBuffer | undefined>[]} */
  const blocks = [];
  for (let at = 0; at < content.length; at += BLOCK_BYTES) {
    blocks.push(readBlock(shelves, nameBlock(sha256, at), Math.min(BLOCK_BYTES, content.length - at)));
  }
  let n_read = 0;
  for (const block of await Promise.all(blocks)) {
    if (!block) break;
    content.set(new Uint8Array(block), n_read);
    n_read += block.byteLength;
  }
  return n_read;
}

/** @param {Shelf[]} shelves @param {string} name @param {number} n_bytes */
async function readBlock(shelves, name, n_bytes) {
  for (const shelf of shelves) {
    const block = await shelf.read(name).catch(() => undefined);
    if (block?.byteLength === n_bytes) return block;
  }
  return undefined;
}

/**
 * Keeps those blocks that are complete with these bytes.
 * @param {string} sha256
 * @param {Uint8Array<ArrayBuffer>} content
 * @param {number} first of the bytes that have come @param {number} last
 * @throws {DOMException} there is no room, or nothing can be kept at all
 */
export async function writeBlocks(sha256, content, first, last) {
  for (let at = first - (first % BLOCK_BYTES); at < last; at += BLOCK_BYTES) {
    const end = Math.min(at + BLOCK_BYTES, content.length);
    if (end <= last) await writeBlock(nameBlock(sha256, at), content.subarray(at, end));
  }
}

/** The first shelf that takes it. @param {string} name @param {Uint8Array<ArrayBuffer>} bytes */
async function writeBlock(name, bytes) {
  let failure = new DOMException("No shelf", "NotSupportedError");
  for (const shelf of await openShelves()) {
    try {
      return await shelf.write(name, bytes);
    } catch (error) {
      await shelf.remove(name).catch(() => {}); // what it has of it is not whole
      failure = /** @type {DOMException} */ (error);
    }
  }
  throw failure;
}

/** @returns {Promise<Map<string, number>>} bytes that are there of each SHA-256 */
export async function measureKept() {
  /** @type {Map<string, number>} */
  const names = new Map();
  for (const shelf of await openShelves()) for (const [name, bytes] of await shelf.list()) names.set(name, bytes);
  /** @type {Map<string, number>} */
  const kept = new Map();
  for (const [name, bytes] of names) {
    const [sha256 = ""] = name.split("-");
    kept.set(sha256, (kept.get(sha256) ?? 0) + bytes);
  }
  return kept;
}

/** @param {(sha256: string) => boolean} isUnwanted */
export async function removeBlocks(isUnwanted) {
  for (const shelf of await openShelves()) {
    for (const [name] of await shelf.list()) if (isUnwanted(name.split("-")[0] ?? "")) await shelf.remove(name);
  }
}

/** @param {string} sha256 @param {number} at its first byte */
const nameBlock = (sha256, at) => `${sha256}-${at / BLOCK_BYTES}`;

/** Asked for each time: what a browser does not give now it may give later. */
async function openShelves() {
  const shelves = await Promise.all([openFolder().catch(() => null), openCache().catch(() => null)]);
  return shelves.filter((shelf) => shelf !== null);
}

/** @returns {Promise<Shelf | null>} */
async function openFolder() {
  if (!("createWritable" in (globalThis.FileSystemFileHandle?.prototype ?? {}))) return null;
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
  return {
    async read(name) {
      return (await (await folder.getFileHandle(name)).getFile()).arrayBuffer();
    },
    async write(name, bytes) {
      const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
      await writable.write(bytes);
      await writable.close();
    },
    remove: (name) => folder.removeEntry(name),
    async list() {
      /** @type {[string, number][]} */
      const listed = [];
      for await (const [name, handle] of /** @type {any} */ (folder).entries())
        listed.push([name, (await handle.getFile()).size]);
      return listed;
    },
  };
}

/** @returns {Promise<Shelf>} */
async function openCache() {
  const cache = await caches.open(CACHE_NAME);
  const root = new URL(`${FOLDER}/`, import.meta.url).href;
  return {
    read: async (name) => (await cache.match(root + name))?.arrayBuffer(),
    write: (name, bytes) =>
      cache.put(root + name, new Response(bytes, { headers: { "Content-Length": `${bytes.length}` } })),
    remove: (name) => cache.delete(root + name),
    async list() {
      const keys = await cache.keys();
      return Promise.all(
        keys.map(async ({ url }) => {
          const response = await cache.match(url);
          return /** @type {[string, number]} */ ([
            url.slice(root.length),
            Number(response?.headers.get("Content-Length")),
          ]);
        }),
      );
    },
  };
}
