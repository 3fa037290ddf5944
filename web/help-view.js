/** Help: a short overlay that says what Ottava does, how to correct it and what the keys do; made when it is asked for. */

import { make, makeButton } from "./elements.js";
import { messages } from "./messages.js";
import { find } from "./selection.js";

const FIELDS = "input:not([type='range'], [type='checkbox']), textarea, select, [contenteditable]";

/** By the button in the header, and by the key "?". */
export function offerHelp() {
  /** @type {HTMLDialogElement | null} */
  let dialog = null;
  const open = () => {
    dialog ??= makeDialog();
    if (!dialog.open) dialog.showModal();
  };
  find("#help", HTMLButtonElement).addEventListener("click", open);
  addEventListener(
    "keydown",
    (event) => {
      if (dialog?.open) return event.stopPropagation(); // what is behind it does not hear keys: Escape closes only this
      const is_typing = event.target instanceof Element && event.target.closest(FIELDS);
      if (event.key !== "?" || is_typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      open();
    },
    { capture: true },
  );
}

function makeDialog() {
  const { help } = messages;
  const title = make("h2", "", help.title);
  title.id = "help-title";
  const close = makeButton(help.close, () => dialog.close(), { className: "primary" });
  const lines = make("ul", "", ...help.lines.map((line) => make("li", "", line)));
  const keys = make("div", "keys", ...help.keys.map(makeKeys));
  const text = make("div", "help-text", lines, make("h3", "", help.keysTitle), keys);
  text.tabIndex = 0; // it scrolls by keys
  text.setAttribute("role", "group");
  text.setAttribute("aria-labelledby", title.id);
  const dialog = make("dialog", "help", make("div", "help-head", title, close), text);
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close()); // beside it
  document.body.append(dialog);
  return dialog;
}

/** @param {[heading: string, rows: [keys: string, effect: string][]]} group */
function makeKeys([heading, rows]) {
  const items = rows.flatMap(([keys, effect]) => {
    const caps = keys.split(" ").map((key) => make("kbd", "", key));
    return [make("dt", "", ...caps), make("dd", "", effect)];
  });
  return make("section", "", make("h4", "", heading), make("dl", "", ...items));
}
