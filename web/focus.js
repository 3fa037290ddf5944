/** The focus is handed on by what goes while it has it: once lost, it would begin again at the top of the page. */

/**
 * Switches buttons that belong together on and off.
 * @param {[button: HTMLButtonElement, is_on: boolean][]} buttons
 */
export function enable(buttons) {
  const focused = document.activeElement;
  for (const [button, is_on] of buttons) button.disabled = !is_on;
  const is_lost = buttons.some(([button, is_on]) => button === focused && !is_on);
  if (is_lost) buttons.find(([, is_on]) => is_on)?.[0].focus();
}

/** @param {HTMLElement} element is hidden @param {Pick<HTMLElement, "focus">} next has the focus if the element had it */
export function hide(element, next) {
  const had_focus = element.contains(document.activeElement);
  element.hidden = true;
  if (had_focus) next.focus({ preventScroll: true });
}
