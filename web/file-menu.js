/** The menu of files, printing and sharing: what takes a moment shows that it does. */

import { canShare, saveAs, share } from "./exports.js";
import { find } from "./selection.js";

/**
 * @import { Format } from "./exports.js"
 * @import { Piece } from "./piece.js"
 * @import { ScoreView } from "./score-view.js"
 */

/**
 * @param {ScoreView} score
 * @param {(make: (piece: Piece) => Promise<void>) => Promise<void>} run does it with the piece that is open
 */
export function offerFiles(score, run) {
  const menu = find("#save-menu", HTMLElement);
  for (const button of menu.querySelectorAll("button[data-format]")) {
    button.addEventListener("click", () => {
      menu.hidePopover();
      run((piece) => saveAs(piece, score, /** @type {Format} */ (button.getAttribute("data-format"))));
    });
  }
  find("#save-pdf", HTMLButtonElement).addEventListener("click", () => {
    menu.hidePopover();
    printScore(score);
  });
  const sharing = find("#share", HTMLButtonElement);
  sharing.hidden = !canShare();
  sharing.addEventListener("click", () => run((piece) => share(piece, score)));
  find("#print", HTMLButtonElement).addEventListener("click", () => printScore(score));
  const more = find("#more", HTMLElement); // a menu on small screens only
  more.addEventListener("click", () => more.hidePopover());
}

/** An hour takes ten seconds to engrave. @param {ScoreView} score */
export async function printScore(score) {
  const button = find("#print", HTMLButtonElement);
  const had_focus = document.activeElement === button;
  button.disabled = true;
  await score.print();
  button.disabled = false;
  if (had_focus) button.focus();
}
