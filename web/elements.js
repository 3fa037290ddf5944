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
