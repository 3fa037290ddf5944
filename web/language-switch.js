/**
 * The switch between languages. Texts are made where they are shown, so a new language needs a reload: at once where
 * nothing would be lost, else with the next one.
 */

import { messages } from "./messages.js";
import { remember } from "./remembered.js";
import { find } from "./selection.js";

const REMEMBERED = "language"; // language.js reads it

/** @param {() => boolean} isIdle whether a reload loses nothing */
export function offerLanguages(isIdle) {
  const group = find("#languages", HTMLElement);
  const note = find("#language-note", HTMLElement);
  const buttons = [...group.querySelectorAll("button")];
  const mark = (/** @type {string} */ language) => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.lang === language));
  };
  const now = document.documentElement.lang;
  mark(now);
  for (const { lang } of buttons) {
    const choose = () => {
      remember(REMEMBERED, lang);
      if (lang !== now && isIdle()) return location.reload();
      mark(lang);
      note.textContent = lang === now ? "" : messages.languageLater;
    };
    find(`#languages [lang="${lang}"]`, HTMLButtonElement).addEventListener("click", choose);
  }
}
