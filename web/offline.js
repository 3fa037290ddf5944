/** The site on the device: the service worker keeps it, completes it when a person wants that, and changes its version. */

import { messages } from "./messages.js";
import { find } from "./selection.js";
import { nameBuild } from "./threads.js";

const RELOADED = "ottava-reloaded";
const ASK_MS = 60_000; // a browser ends a service worker that is busy for minutes

/**
 * @typedef {object} Leaving how the page is left for a new version
 * @property {() => boolean} may whether that loses nothing, or a person agrees
 * @property {() => void} reload without asking again
 */

/**
 * @param {Leaving} leaving
 * @returns {Promise<() => void>} to be called whenever the page is idle: reloads it, once, when it is not cross-origin
 *   isolated and the service worker can make it so
 */
export async function keepOffline(leaving) {
  if (!("serviceWorker" in navigator)) return () => {};
  const container = navigator.serviceWorker;
  await register(container);
  const registration = await container.ready;
  const measure = offerKeeping(container, registration);
  offerUpdate(container, registration, leaving);
  return () => {
    if (crossOriginIsolated || sessionStorage.getItem(RELOADED)) {
      measure();
      return;
    }
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

/**
 * The page is kept by itself; models and sounds are as they are used, or all at once when the button is pressed.
 * @param {ServiceWorkerContainer} container
 * @param {ServiceWorkerRegistration} registration
 * @returns {() => void} looks which models are here
 */
function offerKeeping(container, registration) {
  const line = find("#offline", HTMLElement);
  const text = find("#offline-text", HTMLElement);
  const button = find("#keep-offline", HTMLButtonElement);
  const missing = { files: Number.NaN, models: Number.NaN }; // bytes, once they are known
  let n_wanted = 0; // bytes that were missing when the button was pressed
  let problem = "";
  let timer = 0;

  const show = () => {
    const n_missing = missing.files + missing.models;
    if (n_missing === 0) {
      if (n_wanted) find("#announcement", HTMLElement).textContent = messages.offlineReady;
      n_wanted = 0;
      write(text, messages.offlineReady);
    } else write(text, n_wanted ? messages.savingOffline(1 - n_missing / n_wanted) : problem);
    write(button, n_missing > 0 && !n_wanted ? messages.makeOffline(n_missing) : "");
    button.hidden = !button.textContent;
    line.classList.toggle("ready", n_missing === 0);
  };
  const fail = () => {
    n_wanted = 0;
    problem = messages.offlineFailed;
    show();
  };
  /** Again and again, as long as that helps. @param {boolean} is_wanted */
  const ask = (is_wanted) => {
    const extras = ["samples/", `vendor/litert/${nameBuild()}.`];
    registration.active?.postMessage({ type: "fill", extras, is_wanted });
    const n_before = missing.files;
    clearTimeout(timer);
    timer = setTimeout(() => missing.files && missing.files !== n_before && ask(n_wanted > 0), ASK_MS);
  };
  container.addEventListener("message", ({ data }) => {
    if (data.type !== "saved") return;
    missing.files = data.n_missing;
    if (data.is_over && n_wanted && missing.files) fail();
    else show();
  });
  button.addEventListener("click", async () => {
    n_wanted = missing.files + missing.models;
    problem = "";
    show();
    line.focus();
    navigator.storage.persist?.(); // a browser may clear away what nobody asked it to keep
    ask(true);
    try {
      const { keepModels } = await import("./kept-models.js");
      await keepModels((n_here, n_bytes) => {
        missing.models = Math.max(1, n_bytes - n_here); // none is missing only when all are written
        show();
      });
      missing.models = 0;
      show();
    } catch {
      fail();
    }
  });
  ask(false);
  return async () => {
    const { measureMissing } = await import("./kept-models.js");
    const n_models = await measureMissing().catch(() => Number.NaN);
    if (!n_wanted) missing.models = n_models;
    show();
  };
}

/** A new frame only for a new text. @param {HTMLElement} element @param {string} text */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * A new version waits until the last tab of this one is closed, or until it is wanted.
 * @param {ServiceWorkerContainer} container
 * @param {ServiceWorkerRegistration} registration
 * @param {Leaving} leaving
 */
function offerUpdate(container, registration, leaving) {
  const note = find("#update", HTMLElement);
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = messages.useUpdate;
  const offer = () =>
    registration.waiting && registration.active && note.replaceChildren(messages.updateHere, " ", button);
  const watch = () => registration.installing?.addEventListener("statechange", offer);
  registration.addEventListener("updatefound", watch);
  watch();
  offer();
  container.addEventListener("message", ({ data }) => {
    if (data.type === "others") note.replaceChildren(messages.updateOthers, " ", button);
  });
  button.addEventListener("click", () => {
    if (!leaving.may()) return;
    container.addEventListener("controllerchange", leaving.reload, { once: true });
    registration.waiting?.postMessage({ type: "use" });
  });
}
