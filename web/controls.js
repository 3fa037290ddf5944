/** Controls with their labels, as elements: what a person chooses and nothing of what it means. */

import { make, makeButton } from "./elements.js";

let n_made = 0;

/** @param {string} label @param {string} path of a sign of 24 by 24 @param {() => unknown} onPress */
export function makeSignButton(label, path, onPress) {
  const sign = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  sign.setAttribute("viewBox", "0 0 24 24");
  sign.setAttribute("aria-hidden", "true");
  sign.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  const button = makeButton("", onPress, { className: "sign" });
  button.append(sign);
  setSign(button, label, path);
  return button;
}

/** @param {HTMLButtonElement} button @param {string} label @param {string} path */
export function setSign(button, label, path) {
  button.setAttribute("aria-label", label);
  button.title = label;
  button.querySelector("path")?.setAttribute("d", path);
}

/**
 * @param {string} label
 * @param {{ min: number, max: number, step: number }} range
 * @param {(value: number) => string} toText
 * @param {(value: number) => void} onChange
 */
export function makeSlider(label, { min, max, step }, toText, onChange) {
  const input = make("input");
  const output = make("output");
  Object.assign(input, { type: "range", id: `control-${++n_made}`, min, max, step });
  const caption = make("label", "", label);
  caption.htmlFor = input.id;
  /** @param {number} value */
  const show = (value) => {
    input.value = String(value);
    output.textContent = toText(value);
    input.setAttribute("aria-valuetext", toText(value));
  };
  input.addEventListener("input", () => onChange(input.valueAsNumber));
  return { element: make("div", "slider", caption, output, input), show };
}

/** @param {string} label @param {(is_on: boolean) => void} onChange */
export function makeSwitch(label, onChange) {
  const input = make("input");
  input.type = "checkbox";
  input.addEventListener("change", () => onChange(input.checked));
  return { element: make("label", "switch", input, label), input };
}

/** @param {string} label @param {() => void} onChange */
export function makeNumber(label, onChange) {
  const input = make("input");
  Object.assign(input, { type: "number", inputMode: "numeric", step: 1 });
  input.addEventListener("change", onChange);
  return { element: make("label", "number", label, input), input };
}

/** @param {string} legend @param {HTMLElement[]} content */
export function makeGroup(legend, content) {
  return make("fieldset", "", make("legend", "", legend), ...content);
}
