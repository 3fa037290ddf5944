/**
 * The service worker: the whole site but the models' files, which model-store.js keeps, is kept on the device, and every
 * answer carries the headers that make the page cross-origin isolated (two threads need it) where the host sends none.
 *
 * One version of the site has one cache. The page registers `sw.js?version=...`, the version of files.json, so that another
 * version is another worker. The very first starts at once and fills its cache while the page is used; a later one fills
 * its cache before it is installed and then waits until the last tab is closed, so that two versions never mix.
 */

/**
 * @typedef {{ path: string, bytes: number, sha256: string, optional?: true }} SiteFile
 *   an optional one (of another setting or browser) is kept only once the page has asked for it, and then for good
 */

const worker = /** @type {any} */ (self); // the type checker knows the page's globals, not the service worker's
const version = new URL(worker.location.href).searchParams.get("version") ?? "";
const CACHE_PREFIX = "ottava-";
const CACHE_NAME = CACHE_PREFIX + version;
const MODELS = "ottava-models"; // the cache of model-store.js
const MODEL = /^models\/.+\.bin$/;
const LIST = "files.json";
const PARALLEL = 2;

/** What every answer says of the page: build/policy.py. */
const HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Content-Security-Policy":
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "Permissions-Policy":
    "autoplay=(self), cross-origin-isolated=(self), microphone=(self), screen-wake-lock=(self), accelerometer=(), browsing-topics=(), camera=(), clipboard-read=(), clipboard-write=(), compute-pressure=(), display-capture=(), encrypted-media=(), fullscreen=(), gamepad=(), geolocation=(), gyroscope=(), hid=(), identity-credentials-get=(), idle-detection=(), keyboard-map=(), local-fonts=(), magnetometer=(), midi=(), otp-credentials=(), payment=(), picture-in-picture=(), publickey-credentials-create=(), publickey-credentials-get=(), serial=(), storage-access=(), sync-xhr=(), usb=(), window-management=(), xr-spatial-tracking=()",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

const ACTIONS = /** @type {const} */ ({ install, activate, fetch: answer, message: fill });
for (const [name, action] of Object.entries(ACTIONS)) worker.addEventListener(name, action);

/** @param {any} event */
function install(event) {
  const is_first = !worker.registration.active;
  event.waitUntil(keepList().then((files) => (is_first ? worker.skipWaiting() : keepAll(files, () => {}))));
}

/** @param {any} event */
function activate(event) {
  event.waitUntil(Promise.all([dropOldCaches(), worker.clients.claim()]));
}

async function dropOldCaches() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(CACHE_PREFIX) && ![CACHE_NAME, MODELS].includes(name));
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** @type {Promise<void> | null} */
let filling = null;

/** The page asks at every visit to complete the cache; all pages are told how far that is. @param {any} event */
function fill(event) {
  filling ??= readList()
    .then((files) => keepAll(files, tell))
    .finally(() => {
      filling = null;
    });
  event.waitUntil(filling);
}

/** @param {number} fraction of the site that is kept */
async function tell(fraction) {
  for (const page of await worker.clients.matchAll()) page.postMessage({ type: "saved", fraction });
}

/** @param {any} event */
function answer(event) {
  const path = findPath(event.request);
  if (path !== null) event.respondWith(respond(event, path));
}

/** The file a request asks for; null where it is none of ours to answer. @param {Request} request */
function findPath(request) {
  const scope = worker.registration.scope;
  if (request.method !== "GET" || !request.url.startsWith(scope)) return null;
  const path = decodeURIComponent(new URL(request.url).pathname.slice(new URL(scope).pathname.length));
  return path === LIST || path === "sw.js" || MODEL.test(path) ? null : path || "index.html";
}

/** Kept files first; what is not kept yet streams through and is kept on its way. @param {any} event @param {string} path */
async function respond(event, path) {
  const cache = await caches.open(CACHE_NAME);
  const kept = await cache.match(path);
  if (kept) return kept;
  const response = await fetch(event.request);
  const files = await readList().catch(() => []);
  const file = files.find((/** @type {SiteFile} */ listed) => listed.path === path);
  if (file && response.status === 200) event.waitUntil(keepResponse(cache, file, response.clone()).catch(() => {}));
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

/** @returns {Promise<SiteFile[]>} the files of this version, fetched and kept */
async function keepList() {
  const response = await fetch(LIST, { cache: "no-store" });
  const list = await response.clone().json();
  if (list.version !== version) throw new Error("The server has moved on to another version.");
  await (await caches.open(CACHE_NAME)).put(LIST, response);
  return list.files;
}

/** @returns {Promise<SiteFile[]>} the files of this version, as kept */
async function readList() {
  const kept = await (await caches.open(CACHE_NAME)).match(LIST);
  return kept ? (await kept.json()).files : keepList();
}

/**
 * Fetches what is missing, a few at a time.
 * @param {SiteFile[]} all
 * @param {(fraction: number) => void} tell how much of all bytes is kept
 */
async function keepAll(all, tell) {
  const cache = await caches.open(CACHE_NAME);
  const files = await filterWanted(all);
  const kept = new Set((await cache.keys()).map(findPath));
  const missing = files.filter((file) => !kept.has(file.path));
  const n_bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  let n_left = missing.reduce((sum, file) => sum + file.bytes, 0);
  tell(1 - n_left / n_bytes);
  const queue = missing.values();
  const work = async () => {
    for (const file of queue) {
      await keepFile(cache, file);
      n_left -= file.bytes;
      tell(1 - n_left / n_bytes);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}

/** Those of a site that this device needs; an optional one that a former version has kept is one. @param {SiteFile[]} all */
async function filterWanted(all) {
  const wanted = await Promise.all(
    all.map(async ({ optional, path }) => !MODEL.test(path) && (!optional || Boolean(await caches.match(path)))),
  );
  return all.filter((_, i) => wanted[i]);
}

/** A file unchanged since the former version is taken from its cache. @param {Cache} cache @param {SiteFile} file */
async function keepFile(cache, file) {
  if (await cache.match(file.path)) return; // the page has asked for it meanwhile
  const former = await caches.match(file.path);
  if (former && (await keepResponse(cache, file, former).catch(() => false))) return;
  const checked = await fetch(file.path, { cache: "no-cache" });
  if (await keepResponse(cache, file, checked).catch(() => false)) return;
  // Dates of files count whole seconds, so that the browser's own copy may be the former file and look unchanged.
  await keepResponse(cache, file, await fetch(file.path, { cache: "reload" }));
}

/**
 * Keeps a file that is what the list says it is.
 * @param {Cache} cache
 * @param {SiteFile} file
 * @param {Response} response
 * @throws {Error} when the bytes are other bytes: the server has another version or the transfer failed
 */
async function keepResponse(cache, file, response) {
  const bytes = await response.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (sha256 !== file.sha256) throw new Error(`${file.path} is not the file of version ${version}.`);
  const type = response.headers.get("Content-Type") ?? "application/octet-stream";
  const headers = { ...HEADERS, "Content-Type": type, "Content-Length": String(bytes.byteLength) };
  await cache.put(file.path, new Response(bytes, { headers }));
  return true;
}
