/** Where recordings come in: dropped anywhere on the page, at any time, or chosen. */

/**
 * @param {HTMLInputElement} input the hidden file chooser
 * @param {(file: File) => void} onFile
 */
export function acceptFiles(input, onFile) {
  const accept = (/** @type {FileList | null | undefined} */ files) => files?.[0] && onFile(files[0]);
  input.addEventListener("change", () => {
    accept(input.files);
    input.value = ""; // the same file may be chosen again
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
    accept(event.dataTransfer?.files);
  });
}
