/** Elements of the page, made with what is in them: text stays text, never markup. */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} [name] the class
 * @param {(Node | string)[]} content
 */
export function make(tag, name = "", ...content) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.append(...content);
  return element;
}

/**
 * @param {string} text
 * @param {() => unknown} [onPress]
 * @param {Partial<HTMLButtonElement>} [fields]
 */
export function makeButton(text, onPress = () => {}, fields = {}) {
  const button = Object.assign(make("button", "", text), { type: "button", ...fields });
  button.addEventListener("click", onPress);
  return button;
}

/**
 * Tells style sheets of the whole page by a class of its root. They do not ask with `:has`: at every change anywhere it
 * walks through all note heads (5 to 25 ms of 3,000 notes, November 2026).
 * @param {"has-score" | "has-chosen" | "has-notice"} name
 * @param {boolean} is_so
 */
export function markPage(name, is_so) {
  document.documentElement.classList.toggle(name, is_so);
}

/**
 * Tells style sheets of the whole page how high something is that sticks to the window; 0 while it is hidden.
 * @param {HTMLElement} element
 * @param {"fold" | "note"} name of the property, --fold-height or --note-height
 */
export function tellHeight(element, name) {
  document.documentElement.style.setProperty(`--${name}-height`, `${element.offsetHeight}px`);
}
