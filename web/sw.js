/**
 * The service worker: the whole site but the models' files, which model-store.js keeps, is kept on the device, and every
 * answer carries the headers that make the page cross-origin isolated (two threads need it) where the host sends none.
 *
 * One version of the site has one cache, and what it gives is what the list of that version names, byte for byte. The page
 * registers `sw.js?version=...`, the version of files.json, so that another version is another worker. The very first
 * starts at once and fills its cache while the page is used; a later one fills its cache before it is installed and then
 * waits until the last tab is closed, or a person wants it now and has one tab, so that two versions never mix.
 */

/**
 * @typedef {{ path: string, bytes: number, sha256: string, optional?: true }} SiteFile
 *   an optional one (of another setting or browser) is kept only once the page has asked for it, and then for good
 * @typedef {{ type: "fill", extras: string[], is_wanted: boolean }} Fill
 *   extras: how the paths of those optional files begin that this device needs, kept where they are wanted
 */

const worker = /** @type {any} */ (self); // the type checker knows the page's globals, not the service worker's
const version = new URL(worker.location.href).searchParams.get("version") ?? "";
const CACHE_PREFIX = "ottava-";
const CACHE_NAME = CACHE_PREFIX + version;
const MODELS = "ottava-models"; // the cache of model-store.js
const SHARED = "ottava-shared"; // that of handed-files.js
const MODEL = /^models\/.+\.bin$/;
const LIST = "files.json";
const PARALLEL = 2;

/** Instead of a page that is lost where there is no network; as not-loaded.js, without the table of messages. */
const SPOILT = `Ottava’s copy on this device is damaged. Connect to the internet and open this page again; your pieces are kept.

Ottavas Kopie auf diesem Gerät ist beschädigt. Bitte mit dem Internet verbinden und diese Seite noch einmal öffnen; Ihre Stücke bleiben erhalten.`;

/** What every answer says of the page: build/policy.py. */
const HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Content-Security-Policy":
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "Permissions-Policy":
    "autoplay=(self), cross-origin-isolated=(self), fullscreen=(self), microphone=(self), screen-wake-lock=(self), accelerometer=(), browsing-topics=(), camera=(), captured-surface-control=(), clipboard-read=(), clipboard-write=(), compute-pressure=(), deferred-fetch=(), deferred-fetch-minimal=(), digital-credentials-create=(), digital-credentials-get=(), display-capture=(), encrypted-media=(), gamepad=(), geolocation=(), gyroscope=(), hid=(), identity-credentials-get=(), idle-detection=(), interest-cohort=(), keyboard-map=(), language-detector=(), language-model=(), local-fonts=(), local-network=(), local-network-access=(), loopback-network=(), magnetometer=(), midi=(), on-device-speech-recognition=(), otp-credentials=(), payment=(), picture-in-picture=(), private-state-token-issuance=(), private-state-token-redemption=(), publickey-credentials-create=(), publickey-credentials-get=(), serial=(), speaker-selection=(), storage-access=(), summarizer=(), sync-xhr=(), translator=(), usb=(), window-management=(), xr-spatial-tracking=()",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

const TEXT_HEADERS = { ...HEADERS, "Content-Type": "text/plain; charset=utf-8" };

const ACTIONS = /** @type {const} */ ({ install, activate, fetch: answer, message: obey });
for (const [name, action] of Object.entries(ACTIONS)) worker.addEventListener(name, action);

/** @param {any} event */
function install(event) {
  event.waitUntil(prepare());
}

async function prepare() {
  const is_first = !worker.registration.active;
  const files = await keepList();
  if (is_first) await worker.skipWaiting();
  else await keepFiles(await findMissing(files, []), () => {});
}

/** @param {any} event */
function activate(event) {
  event.waitUntil(Promise.all([dropOldCaches(), worker.clients.claim()]));
}

async function dropOldCaches() {
  const names = await caches.keys();
  const used = [CACHE_NAME, MODELS, SHARED];
  const old = names.filter((name) => name.startsWith(CACHE_PREFIX) && !used.includes(name));
  await Promise.all(old.map((name) => caches.delete(name)));
}

let filling = Promise.resolve();

/** @param {any} event */
function obey(event) {
  if (event.data.type === "use") return event.waitUntil(replaceFormer(event.source));
  filling = filling.then(() => fill(event.data)).catch(() => {});
  event.waitUntil(filling);
}

/** The page asks at every visit to complete the cache; all pages are told how much is missing. @param {Fill} wish */
async function fill({ extras, is_wanted }) {
  const missing = await findMissing(await readList(), extras);
  const due = is_wanted ? missing : missing.filter((file) => !file.optional);
  let n_bytes = countBytes(missing);
  const work = keepFiles(due, (file) => {
    n_bytes -= file.bytes;
    tell({ type: "saved", n_missing: n_bytes, is_over: false });
  });
  tell({ type: "saved", n_missing: n_bytes, is_over: false });
  await work.finally(() => tell({ type: "saved", n_missing: n_bytes, is_over: true }));
}

/** @param {object} message */
async function tell(message) {
  for (const page of await worker.clients.matchAll()) page.postMessage(message);
}

/** Another page of the former version would go on with files of this one. @param {any} page that wants this version */
async function replaceFormer(page) {
  const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const own = pages.filter((/** @type {any} */ { url }) => url.startsWith(worker.registration.scope));
  if (own.length > 1) page.postMessage({ type: "others" });
  else await worker.skipWaiting();
}

/** @param {any} event */
function answer(event) {
  const { request } = event;
  if (request.method === "POST" && request.url === `${worker.registration.scope}share`) {
    event.respondWith(takeShared(request));
    return;
  }
  const path = findPath(request);
  if (path !== null) event.respondWith(respond(event, path));
}

/** Files that another program shares with the installed page are kept until it takes them. @param {Request} request */
async function takeShared(request) {
  try {
    const files = /** @type {File[]} */ ((await request.formData()).getAll("files"));
    const cache = await caches.open(SHARED);
    for (const [i, file] of files.entries()) {
      await cache.put(`shared/${Date.now()}-${i}/${encodeURIComponent(file.name)}`, new Response(file));
    }
  } catch {
    await caches.delete(SHARED).catch(() => {}); // no room: the page finds none and says so
  }
  return Response.redirect(`${worker.registration.scope}#shared`, 303);
}

/** The file a request asks for; null where it is none of ours to answer. @param {Request} request */
function findPath(request) {
  const scope = worker.registration.scope;
  if (request.method !== "GET" || !request.url.startsWith(scope)) return null;
  const path = decodeURIComponent(new URL(request.url).pathname.slice(new URL(scope).pathname.length));
  return path === LIST || path === "sw.js" || MODEL.test(path) ? null : path || "index.html";
}

/**
 * Kept files first; what is not kept yet, or was spoilt on the disk, is kept on its way.
 * @param {any} event
 * @param {string} path
 */
async function respond(event, path) {
  const is_page = event.request.mode === "navigate";
  if (is_page) await dropHalf().catch(() => {}); // without a network half is better than none
  const cache = await caches.open(CACHE_NAME);
  const kept = await cache.match(path);
  const files = has_gone ? [] : await readList().catch(() => /** @type {SiteFile[]} */ ([]));
  const file = files.find((one) => one.path === path);
  if (!file) return kept ?? addHeaders(await fetch(event.request));
  // The kept one itself is given: beside that the browser keeps what it compiled.
  if (kept && (await check(kept.clone(), file).catch(() => null))) return kept;
  if (kept) await cache.delete(path); // so that nobody counts it among what is kept
  try {
    const response = await fetchFile(file);
    event.waitUntil(cache.put(path, response.clone()).catch(() => {}));
    return response;
  } catch (error) {
    if (is_page) return new Response(SPOILT, { status: 503, headers: TEXT_HEADERS });
    throw error;
  }
}

/** Whether the host has another version, and we have not all of this one. */
let has_gone = false;

/** What the host no longer has can never be completed: all comes from the host then, until its version is kept. */
async function dropHalf() {
  if (has_gone || (await findMissing(await readList(), [])).length === 0) return;
  const { version: newest } = await (await fetch(LIST, { cache: "no-store" })).json();
  has_gone = newest !== version;
  if (!has_gone) return;
  listed = null; // or the rest of the former version would be kept again beside the new one
  await caches.delete(CACHE_NAME);
}

/** @returns {Promise<SiteFile[]>} the files of this version, fetched and kept */
async function keepList() {
  const response = await fetch(LIST, { cache: "no-store" });
  const list = await response.clone().json();
  if (list.version !== version) throw new Error("The server has moved on to another version.");
  await (await caches.open(CACHE_NAME)).put(LIST, response);
  return list.files;
}

/** @type {SiteFile[] | null} */
let listed = null;

/** @returns {Promise<SiteFile[]>} the files of this version, as kept */
async function readList() {
  if (listed) return listed;
  const kept = await (await caches.open(CACHE_NAME)).match(LIST);
  const list = await kept?.json().catch(() => null);
  listed = /** @type {SiteFile[]} */ (list?.files ?? (await keepList()));
  return listed;
}

/**
 * What this device needs and does not have: an optional file that a former version has kept is needed.
 * @param {SiteFile[]} files
 * @param {string[]} extras as in `Fill`
 * @returns {Promise<SiteFile[]>}
 */
async function findMissing(files, extras) {
  const kept = new Set((await (await caches.open(CACHE_NAME)).keys()).map(findPath));
  const missing = files.filter(({ path }) => !kept.has(path) && !MODEL.test(path));
  const needed = await Promise.all(
    missing.map(
      async ({ optional, path }) =>
        !optional || extras.some((beginning) => path.startsWith(beginning)) || Boolean(await caches.match(path)),
    ),
  );
  return missing.filter((_, i) => needed[i]);
}

/** @param {SiteFile[]} files */
const countBytes = (files) => files.reduce((sum, { bytes }) => sum + bytes, 0);

/** A few at a time. @param {SiteFile[]} files @param {(file: SiteFile) => void} onKept */
async function keepFiles(files, onKept) {
  const cache = await caches.open(CACHE_NAME);
  const queue = files.values();
  const work = async () => {
    for (const file of queue) {
      if (!(await cache.match(file.path))) await cache.put(file.path, await fetchFile(file));
      onKept(file);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}

/** On their way: the page and the cache may want the same at a time. @type {Map<string, Promise<Response>>} */
const coming = new Map();

/** @param {SiteFile} file @returns {Promise<Response>} of the bytes that the list names */
async function fetchFile(file) {
  const fetching = coming.get(file.path) ?? findFile(file).finally(() => coming.delete(file.path));
  coming.set(file.path, fetching);
  return (await fetching).clone();
}

/** A file unchanged since the former version is taken from its cache. @param {SiteFile} file */
async function findFile(file) {
  const former = await caches.match(file.path);
  const unchanged = former && (await check(former, file).catch(() => null));
  if (unchanged) return unchanged;
  const answered = await fetch(file.path, { cache: "no-cache" });
  // Dates of files count whole seconds, so that the browser's own copy may be the former file and look unchanged.
  return check(answered, file).catch(async () => check(await fetch(file.path, { cache: "reload" }), file));
}

/**
 * @param {Response} response
 * @param {SiteFile} file
 * @returns {Promise<Response>} the same with our headers
 * @throws {Error} when the bytes are other bytes: the server has another version or the transfer failed
 */
async function check(response, { path, sha256 }) {
  const bytes = await response.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (found !== sha256) throw new Error(`${path} is not the file of version ${version}.`);
  const type = response.headers.get("Content-Type") ?? "application/octet-stream";
  const headers = { ...HEADERS, "Content-Type": type, "Content-Length": String(bytes.byteLength) };
  return new Response(bytes, { headers });
}

/** @param {Response} response */
function addHeaders({ body, headers: sent, status, statusText }) {
  const headers = new Headers(sent);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  return new Response(body, { status, statusText, headers });
}
