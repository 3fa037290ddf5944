/** What the keys do in a piano roll. */

/** @import { RollEditor } from "./roll-editor.js" */

const NUDGE_SEC = 0.01; // the least that is heard as early or late
const OCTAVE = 12;

/**
 * @typedef {object} Stage of a roll
 * @property {HTMLElement} element that has the focus
 * @property {RollEditor} editor
 * @property {() => { time_sec: number, pitch: number }} middle where a note is drawn when none is selected
 * @property {() => boolean} cancel ends a gesture; whether there was one
 * @property {(direction: 1 | -1) => void} zoom
 * @property {(sec: number) => void} seek
 * @property {() => void} reveal scrolls to what is selected
 */

/** @param {Stage} stage */
export function followKeys(stage) {
  stage.element.addEventListener("keydown", (event) => {
    if (event.altKey) return;
    const act = chooseAction(stage, event);
    if (!act) return;
    event.preventDefault();
    act();
    stage.reveal();
  });
}

/** @param {Stage} stage @param {KeyboardEvent} event @returns {(() => void) | null} */
function chooseAction({ editor, middle, cancel, zoom, seek }, { key, shiftKey, ctrlKey, metaKey }) {
  const { selected } = editor;
  if (ctrlKey || metaKey) {
    const all = editor.notes.sorted.map(({ number }) => number);
    return key === "a" ? () => editor.select(all) : null; // the others are the browser's
  }
  const step_sec = shiftKey ? editor.fraction_sec : NUDGE_SEC;
  const step_pitch = shiftKey ? OCTAVE : 1;
  /** @type {Record<string, () => void>} */
  const always = {
    n: () => editor.step(1, middle().time_sec, shiftKey),
    p: () => editor.step(-1, middle().time_sec, shiftKey),
    a: () => addNote(editor, middle()),
    "+": () => zoom(1),
    "-": () => zoom(-1),
    escape: () => cancel() || editor.select([]),
  };
  /** @type {Record<string, () => void>} */
  const selection = {
    arrowleft: () => editor.move(-step_sec, 0),
    arrowright: () => editor.move(step_sec, 0),
    arrowup: () => editor.move(0, step_pitch),
    arrowdown: () => editor.move(0, -step_pitch),
    s: () => editor.stretch(-step_sec),
    l: () => editor.stretch(step_sec),
    delete: () => editor.remove(),
    backspace: () => editor.remove(),
    enter: () => (shiftKey ? seek(selected[0]?.onset_sec ?? 0) : editor.strike(...selected)),
  };
  const name = key.toLowerCase();
  return always[name] ?? (selected.length > 0 ? selection[name] : null) ?? null;
}

/** After the selected note and like it, to be moved from there. @param {RollEditor} editor @param {{ time_sec: number, pitch: number }} middle */
function addNote(editor, { time_sec, pitch }) {
  const last = editor.selected.at(-1);
  editor.add(last?.offset_sec ?? time_sec, last?.pitch ?? pitch);
}
