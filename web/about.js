/** "About this device": how Ottava works here, in a list that is made when it is looked at. */

import { make } from "./elements.js";
import { messages } from "./messages.js";
import { recall } from "./remembered.js";
import { countThreads } from "./threads.js";

/** @import { Engine } from "./protocol.js" */

/** How many times as fast as it was played the last recording was listened to: remembered under this name. */
export const SPEED = "speed";

/**
 * @param {HTMLElement} fold the <details> with a <dl> in it
 * @param {() => { engine: Engine, setting: string, saved: string }} look
 */
export function tellAbout(fold, look) {
  fold.addEventListener("toggle", async () => {
    if (!(/** @type {HTMLDetailsElement} */ (fold).open)) return;
    const { engine, setting, saved } = look();
    const memory_gb = /** @type {{ deviceMemory?: number }} */ (navigator).deviceMemory;
    const n_threads = countThreads();
    const facts = [
      ...messages.about({ engine, n_threads, isolated: crossOriginIsolated, setting, memory_gb, saved }),
      ...messages.aboutMore({
        times_real: Number(recall(SPEED)),
        ...(await lookAtStorage()),
        parts: await readParts(),
      }),
    ];
    const rows = facts.flatMap(([name, value]) => [make("dt", "", name), make("dd", "", value)]);
    fold.querySelector("dl")?.replaceChildren(...rows);
  });
}

/** What all of Ottava takes on this device, in bytes. */
export async function lookAtStorage() {
  const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
  const is_persistent = (await navigator.storage?.persisted?.().catch(() => false)) ?? false;
  return { usage, available: Math.max(0, quota - usage), is_persistent };
}

/** @returns {Promise<{ name: string, version: string, licence: string, sha256: string }[]>} what the page is made of, Ottava first */
async function readParts() {
  const response = await fetch("parts.json").catch(() => null);
  return response?.ok ? response.json() : [];
}
