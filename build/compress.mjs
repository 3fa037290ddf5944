/**
 * Writes brotli and gzip beside each file of a site that gains from them, for hosts that send such files as they are:
 *
 *     node build/compress.mjs SITE CACHE
 *
 * Results are kept in CACHE by the SHA-256 of the file, so that only what has changed costs time. Each has the time of
 * its file: a later one is out of date.
 */

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

/** Compressed already. */
const DENSE = /\.(bin|mp3|png)$/;
/** Of its size a file must lose this part. */
const LEAST_GAIN = 0.05;

/**
 * Of 57 MB, processor seconds of one core: quality 5 gives 16.2 MB in 5 s, 9 gives 15.5 MB in 17 s, 10 gives 14.0 MB in
 * minutes.
 * @type {Record<string, (bytes: Buffer) => Promise<Buffer>>}
 */
const WAYS = {
  br: (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gz: (bytes) => promisify(gzip)(bytes, { level: 9 }),
};

/** @param {string} site @param {string} cache */
async function compressFiles(site, cache) {
  await mkdir(cache, { recursive: true });
  const known = new Set(await readdir(cache));
  const used = new Set();
  const entries = await readdir(site, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !DENSE.test(entry.name));
  const queue = files.map((entry) => join(entry.parentPath, entry.name)).values();
  const work = async () => {
    for (const path of queue) {
      const bytes = await readFile(path);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      const time_sec = Math.ceil((await stat(path)).mtimeMs) / 1000; // what is set loses the parts of a millisecond
      for (const [ending, compress] of Object.entries(WAYS)) {
        const name = `${sha256}.${ending}`;
        used.add(name);
        const compressed = known.has(name) ? await readFile(join(cache, name)) : await compress(bytes);
        if (!known.has(name)) await writeWhole(join(cache, name), compressed);
        if (compressed.length > bytes.length * (1 - LEAST_GAIN)) continue;
        await writeFile(`${path}.${ending}`, compressed);
        await utimes(`${path}.${ending}`, time_sec, time_sec);
      }
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  const unused = Array.from(known).filter((name) => !used.has(name));
  await Promise.all(unused.map((name) => rm(join(cache, name))));
}

/** Half a file would be taken for the whole the next time. @param {string} path @param {Buffer} bytes */
async function writeWhole(path, bytes) {
  await writeFile(`${path}.part`, bytes);
  await rename(`${path}.part`, path);
}

const [site = "", cache = ""] = process.argv.slice(2);
await compressFiles(site, cache);
