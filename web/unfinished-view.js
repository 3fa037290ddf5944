/** What was not heard to its end, on the welcome view: to go on with, or to discard. */

import { make, makeButton } from "./elements.js";
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
    const { sentence, goOn: go_on, discard } = messages.unfinished;
    const title = nameTitle(unfinished.name);
    /** @param {string} text @param {() => void} act */
    const makeAction = (text, act) => {
      const onPress = () => {
        act();
        row.remove();
        list.hidden = !list.firstChild;
      };
      return makeButton(text, onPress, { ariaLabel: messages.library.act(text, title) });
    };
    const row = make(
      "li",
      "",
      make("p", "", sentence(title, unfinished.fraction)),
      makeAction(go_on, () => goOn(unfinished)),
      makeAction(discard, () => dropUnfinished(unfinished.id).catch(() => {})), // another visit may
    );
    return row;
  }
}
