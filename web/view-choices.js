/** How the score is looked at: its size, as pages or on and on, doubtful notes tinted; remembered on this device. */

import { enable } from "./focus.js";
import { recall, remember } from "./remembered.js";
import { find } from "./selection.js";

/** @typedef {{ zoom: number, layout: "scroll" | "pages", is_tinted: boolean }} ViewChoices */

const ZOOMS = [0.5, 0.65, 0.8, 1, 1.25, 1.5, 2];

/** @param {(choices: ViewChoices) => void} onChange told at once, and whenever that changes */
export function offerViewChoices(onChange) {
  const smaller = find("#zoom-out", HTMLButtonElement);
  const larger = find("#zoom-in", HTMLButtonElement);
  const switches = { pages: find("#in-pages", HTMLButtonElement), tint: find("#tint", HTMLButtonElement) };

  const change = (step = 0) => {
    const place = ZOOMS.indexOf(Number(recall("zoom") || 1)) + step;
    const zoom = ZOOMS[Math.min(ZOOMS.length - 1, Math.max(0, place))] ?? 1;
    remember("zoom", String(zoom));
    enable([
      [smaller, zoom !== ZOOMS[0]],
      [larger, zoom !== ZOOMS.at(-1)],
    ]);
    for (const [name, button] of Object.entries(switches)) {
      button.setAttribute("aria-pressed", String(recall(name) !== ""));
    }
    onChange({ zoom, layout: recall("pages") ? "pages" : "scroll", is_tinted: recall("tint") !== "" });
  };
  smaller.addEventListener("click", () => change(-1));
  larger.addEventListener("click", () => change(1));
  for (const [name, button] of Object.entries(switches)) {
    button.addEventListener("click", () => {
      remember(name, recall(name) ? "" : "yes");
      change();
    });
  }
  change();
}
