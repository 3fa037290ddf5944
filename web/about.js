/** "About this device": how Ottava works here, in a list that is made when it is looked at. */

import { messages } from "./messages.js";
import { countThreads } from "./threads.js";

/** @import { Engine } from "./protocol.js" */

/**
 * @param {HTMLElement} fold the <details> with a <dl> in it
 * @param {() => { engine: Engine, setting: string, saved: string }} look
 */
export function tellAbout(fold, look) {
  fold.addEventListener("toggle", () => {
    const { engine, setting, saved } = look();
    const memory_gb = /** @type {{ deviceMemory?: number }} */ (navigator).deviceMemory;
    const n_threads = countThreads();
    const facts = messages.about({ engine, n_threads, isolated: crossOriginIsolated, setting, memory_gb, saved });
    const rows = facts.flatMap(([name, value]) => [make("dt", name), make("dd", value)]);
    fold.querySelector("dl")?.replaceChildren(...rows);
  });
}

/** @param {string} tag @param {string} text */
function make(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
