/** Where files come in: dropped anywhere on the page, pasted or chosen, at any time. */

import { takeOut } from "./intake.js";

/**
 * @param {HTMLInputElement} input the hidden file chooser
 * @param {(files: File[]) => void} onFiles one or more
 * @param {(sentence: string) => void} onProblem something else came
 */
export function acceptFiles(input, onFiles, onProblem) {
  const accept = (/** @type {DataTransfer | null} */ data) => {
    const { files, problem } = takeOut(data);
    if (files.length > 0) onFiles(files);
    else if (problem) onProblem(problem);
  };
  input.addEventListener("change", () => {
    const files = [...(input.files ?? [])];
    input.value = ""; // the same file may be chosen again
    if (files.length > 0) onFiles(files);
  });
  addEventListener("paste", (event) => {
    const is_for_field = event.target instanceof Element && event.target.closest("input, textarea, [contenteditable]");
    if (!is_for_field || event.clipboardData?.files.length) accept(event.clipboardData);
  });

  let n_entered = 0; // dragenter and dragleave come for every element passed
  const mark = (/** @type {number} */ n) => {
    n_entered = Math.max(0, n);
    document.body.classList.toggle("dragging", n_entered > 0);
  };
  addEventListener("dragenter", () => mark(n_entered + 1));
  addEventListener("dragleave", () => mark(n_entered - 1));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    mark(0);
    accept(event.dataTransfer);
  });
}
