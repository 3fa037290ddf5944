/**
 * The texts of index.html in another language than its own, English: `data-text`, `data-label` (aria-label) and
 * `data-content` (of a <meta>) name an entry of `messages.labels`.
 */

import { messages } from "./messages.js";
import { messages as english } from "./messages-en.js";

/** @type {Record<string, (element: Element, text: string) => void>} */
const WAYS = {
  "data-text": (element, text) => {
    element.textContent = text;
  },
  "data-label": (element, text) => element.setAttribute("aria-label", text),
  "data-content": (element, text) => element.setAttribute("content", text),
};

export function fillLabels() {
  const root = document.documentElement;
  if (messages === english) root.lang = "en"; // also where another table could not be loaded
  if (root.lang !== "en") {
    for (const [attribute, fill] of Object.entries(WAYS)) {
      for (const element of document.querySelectorAll(`[${attribute}]`)) fill(element, findLabel(element, attribute));
    }
  }
  root.classList.remove("untranslated");
}

/** @param {Element} element @param {string} attribute */
function findLabel(element, attribute) {
  const name = element.getAttribute(attribute) ?? "";
  return messages.labels[/** @type {keyof typeof messages.labels} */ (name)];
}
