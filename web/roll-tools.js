/** What stands around an editable piano roll: its buttons, what the keys do, and what a screen reader is told. */

import { make, makeButton } from "./elements.js";
import { enable } from "./focus.js";
import { messages } from "./messages.js";

/** @import { RollNote } from "./roll-notes.js" */

/**
 * @param {{ zoom: (direction: 1 | -1) => void, remove: () => void }} actions
 */
export function makeTools({ zoom, remove }) {
  const isDrawing = () => draw.ariaPressed === "true";
  const press = () => Object.assign(draw, { ariaPressed: String(!isDrawing()) });
  const draw = makeButton(messages.roll.draw, press, { ariaPressed: "false" });
  const removal = makeButton(messages.roll.remove, remove);
  const nearer = makeButton("+", () => zoom(1), { ariaLabel: messages.roll.zoomIn });
  const farther = makeButton("−", () => zoom(-1), { ariaLabel: messages.roll.zoomOut });
  const parts = Object.entries(messages.roll.legend).map(([name, text]) => make("span", name, text));
  const legend = make("p", "roll-legend quiet", ...parts);
  const help = make("p", "", messages.roll.keys);
  help.id = "roll-help";
  const keys = make("details", "roll-keys quiet", make("summary", "", make("span", "", messages.roll.help)), help);
  const bar = make("div", "roll-tools", draw, removal, farther, nearer, legend, keys);
  const status = Object.assign(make("p", "unseen"), { role: "status" });

  const say = (/** @type {string} */ text) => {
    if (status.textContent !== text) status.textContent = text; // else it would be read out again
  };

  return {
    bar,
    status,
    say,
    /** What says how unsure notes look. */
    unsure: /** @type {HTMLElement} */ (parts.at(-1)),
    isDrawing,
    /** @param {RollNote[]} selected */
    tell(selected) {
      enable([
        [removal, selected.length > 0],
        [draw, true],
      ]);
      const [note] = selected;
      // The score of a deletion comes at once; who only hears the page is still told of it.
      if (!note && status.textContent === messages.roll.deleted) return;
      say(selected.length > 1 ? messages.roll.selected(selected.length) : note ? messages.roll.note(note) : "");
    },
  };
}
