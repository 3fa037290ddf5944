/** What was not heard to its end, on the welcome view: to go on with, or to discard. */

import { nameTitle } from "./exports.js";
import { messages } from "./messages.js";
import { dropUnfinished, listUnfinished } from "./unfinished.js";

/** @import { Unfinished } from "./unfinished.js" */

/**
 * @param {HTMLElement} list
 * @param {(unfinished: Unfinished) => void} goOn
 * @returns {() => Promise<void>} looks again
 */
export function offerUnfinished(list, goOn) {
  const look = async () => {
    const all = await listUnfinished().catch(() => []); // where nothing can be kept, nothing is
    list.replaceChildren(...all.map((unfinished) => makeRow(unfinished)));
    list.hidden = all.length === 0;
  };
  look();
  return look;

  /** @param {Unfinished} unfinished */
  function makeRow(unfinished) {
    const row = document.createElement("li");
    const sentence = document.createElement("p");
    const title = nameTitle(unfinished.name);
    sentence.textContent = messages.unfinished.sentence(title, unfinished.fraction);
    const go_on = makeButton(messages.unfinished.goOn, title, () => {
      goOn(unfinished);
      leave();
    });
    const discard = makeButton(messages.unfinished.discard, title, () => {
      dropUnfinished(unfinished.id).catch(() => {}); // another visit may
      leave();
    });
    const leave = () => {
      row.remove();
      list.hidden = !list.firstChild;
    };
    row.append(sentence, go_on, discard);
    return row;
  }
}

/** @param {string} text @param {string} title @param {() => void} act */
function makeButton(text, title, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  button.setAttribute("aria-label", messages.library.act(text, title));
  button.addEventListener("click", act);
  return button;
}
