/** What stands around an editable piano roll: its buttons, what the keys do, and what a screen reader is told. */

import { messages } from "./messages.js";

/** @import { RollNote } from "./roll-notes.js" */

/**
 * @param {{ zoom: (direction: 1 | -1) => void, remove: () => void }} actions
 */
export function makeTools({ zoom, remove }) {
  const bar = document.createElement("div");
  bar.className = "roll-tools";
  const draw = makeButton(messages.roll.draw, () => {
    draw.setAttribute("aria-pressed", String(draw.getAttribute("aria-pressed") !== "true"));
  });
  draw.setAttribute("aria-pressed", "false");
  const removal = makeButton(messages.roll.remove, remove);
  const nearer = makeButton("+", () => zoom(1), messages.roll.zoomIn);
  const farther = makeButton("−", () => zoom(-1), messages.roll.zoomOut);
  const legend = document.createElement("p");
  legend.className = "roll-legend quiet";
  const parts = Object.entries(messages.roll.legend).map(([name, text]) => {
    const part = document.createElement("span");
    part.className = name;
    part.textContent = text;
    return part;
  });
  legend.append(...parts);
  bar.append(draw, removal, farther, nearer, legend);

  const keys = document.createElement("details");
  keys.className = "roll-keys quiet";
  const summary = document.createElement("summary");
  summary.textContent = messages.roll.help;
  const help = document.createElement("p");
  help.id = "roll-help";
  help.textContent = messages.roll.keys;
  keys.append(summary, help);

  const status = document.createElement("p");
  status.className = "unseen";
  status.setAttribute("role", "status");

  const say = (/** @type {string} */ text) => {
    if (status.textContent !== text) status.textContent = text; // else it would be read out again
  };

  return {
    bar,
    keys,
    status,
    say,
    /** What says how unsure notes look. */
    unsure: /** @type {HTMLElement} */ (parts.at(-1)),
    isDrawing: () => draw.getAttribute("aria-pressed") === "true",
    /** @param {RollNote[]} selected */
    tell(selected) {
      removal.disabled = selected.length === 0;
      const [note] = selected;
      say(selected.length > 1 ? messages.roll.selected(selected.length) : note ? messages.roll.note(note) : "");
    },
  };
}

/** @param {string} text @param {() => void} act @param {string} [label] where the text is a sign */
function makeButton(text, act, label) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  if (label) button.setAttribute("aria-label", label);
  button.addEventListener("click", act);
  return button;
}
