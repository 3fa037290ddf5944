/** Keeping the site on the device: registers the service worker, and reloads once where it must add the headers. */

const RELOADED = "ottava-reloaded";
const ASK_MS = 60_000; // a browser ends a service worker that is busy for minutes

/**
 * @param {(fraction: number) => void} onSaved how much of the site is kept
 * @returns {Promise<() => void>} to be called whenever the page is idle: reloads it, once, when it is not cross-origin
 *   isolated and the service worker can make it so
 */
export async function keepOffline(onSaved) {
  if (!("serviceWorker" in navigator)) return () => {};
  const container = navigator.serviceWorker;
  let saved = 0;
  container.addEventListener("message", ({ data }) => {
    if (data.type !== "saved") return;
    saved = data.fraction;
    onSaved(saved);
  });
  await register(container);
  const { active } = await container.ready;
  active?.postMessage({ type: "fill" });
  let asked_at = 0;
  const timer = setInterval(() => {
    // Where nothing has moved, the network or the device's memory is at its end: the next visit may try again.
    if (saved === 1 || saved === asked_at) clearInterval(timer);
    else active?.postMessage({ type: "fill" });
    asked_at = saved;
  }, ASK_MS);
  return () => {
    if (crossOriginIsolated || sessionStorage.getItem(RELOADED)) return;
    sessionStorage.setItem(RELOADED, "yes");
    location.reload();
  };
}

/** Without the server the worker of the last visit serves on. @param {ServiceWorkerContainer} container */
async function register(container) {
  try {
    const { version } = await (await fetch("files.json", { cache: "no-store" })).json();
    await container.register(`sw.js?version=${version}`, { updateViaCache: "none" });
  } catch (error) {
    console.info("No service worker from the server:", error);
  }
}
