/**
 * What a pointer does in a piano roll: select, move, stretch, draw, seek.
 *
 * A finger scrolls; only after a long press it does what a mouse does, so that scrolling moves no note.
 */

import { findInside, findNote } from "./roll-geometry.js";
import { makeNote, moveNotes, stretchNotes } from "./roll-notes.js";

/**
 * @import { Place, RollNote } from "./roll-notes.js"
 * @import { RollEditor } from "./roll-editor.js"
 * @import { Box, Spot, View } from "./roll-geometry.js"
 */

/**
 * @typedef {object} Stage of a roll
 * @property {HTMLElement} element
 * @property {RollEditor} editor
 * @property {() => View} view
 * @property {(event: MouseEvent) => Spot | null} locate null: beside the notes, as on a scroll bar
 * @property {() => boolean} isDrawing whether a press on an empty place is a new note
 * @property {(sec: number) => void} seek
 * @property {(ghosts: Place[], frame: Box | null) => void} preview
 */

/** @typedef {{ move: (spot: Spot) => void, end: (spot: Spot) => void }} Gesture */

const SLOP_PX = 4; // a hand trembles: less is a press, no drag
const LONG_PRESS_MS = 400; // Android's is 400, that of iOS 500

/**
 * @param {Stage} stage
 * @returns {() => boolean} ends the gesture under way without effect; whether there was one
 */
export function followPointer(stage) {
  const { element, editor } = stage;
  /** @type {{ from: Spot, gesture: Gesture | null, isMoving: boolean, timer: number } | null} */
  let press = null;

  const cancel = () => {
    const was_under_way = press?.isMoving ?? false;
    clearTimeout(press?.timer);
    press = null;
    stage.preview([], null);
    return was_under_way;
  };

  element.addEventListener("pointerdown", (event) => {
    const from = event.isPrimary && event.button === 0 ? stage.locate(event) : null;
    cancel();
    if (!from) return;
    const is_more = event.shiftKey || event.ctrlKey || event.metaKey;
    const begin = () => chooseGesture(stage, from, is_more);
    if (event.pointerType !== "touch") {
      event.preventDefault(); // no text is selected by dragging
      element.focus({ preventScroll: true });
      element.setPointerCapture(event.pointerId);
      press = { from, gesture: begin(), isMoving: false, timer: 0 };
      return;
    }
    const timer = setTimeout(() => {
      if (!press) return;
      press.gesture = begin();
      press.isMoving = true;
      press.gesture.move(from);
    }, LONG_PRESS_MS);
    press = { from, gesture: null, isMoving: false, timer };
  });

  element.addEventListener("pointermove", (event) => {
    const spot = event.isPrimary ? stage.locate(event) : null;
    if (!press) element.dataset.over = spot ? nameSpot(stage, spot) : "";
    if (!press || !spot) return;
    if (!press.isMoving && Math.hypot(spot.x - press.from.x, spot.y - press.from.y) < SLOP_PX) return;
    if (!press.gesture) {
      cancel(); // a finger that scrolls
      return;
    }
    press.isMoving = true;
    press.gesture.move(spot);
  });

  element.addEventListener("pointerup", (event) => {
    if (!event.isPrimary || !press) return;
    const { from, gesture, isMoving } = press;
    const spot = stage.locate(event) ?? from;
    cancel();
    if (isMoving) gesture?.end(spot);
    else pressSpot(stage, from, event.shiftKey || event.ctrlKey || event.metaKey);
  });

  element.addEventListener("pointercancel", cancel);
  element.addEventListener("lostpointercapture", () => press?.isMoving && cancel());
  element.addEventListener("contextmenu", (event) => press && event.preventDefault()); // Android's, of a long press
  element.addEventListener("touchmove", (event) => press?.isMoving && event.preventDefault(), { passive: false });
  element.addEventListener("dblclick", (event) => {
    const spot = stage.locate(event);
    if (spot?.zone !== "notes" || findNote(stage.view(), editor.notes, spot) || stage.isDrawing()) return;
    editor.add(spot.sec, spot.pitch);
  });
  return cancel;
}

/** For the shape of the pointer. @param {Stage} stage @param {Spot} spot */
function nameSpot({ view, editor, isDrawing }, spot) {
  const found = findNote(view(), editor.notes, spot);
  if (found) return found.isEdge ? "edge" : "note";
  return spot.zone === "notes" && isDrawing() ? "draw" : spot.zone;
}

/** A press that is no drag. @param {Stage} stage @param {Spot} spot @param {boolean} is_more */
function pressSpot({ editor, seek, view, isDrawing }, spot, is_more) {
  const found = findNote(view(), editor.notes, spot);
  if (spot.zone === "ruler") seek(spot.sec);
  else if (found && is_more) editor.toggle(found.note.number);
  else if (found) {
    editor.select([found.note.number]);
    editor.strike(found.note);
  } else if (isDrawing()) editor.add(spot.sec, spot.pitch);
  else if (!is_more) editor.select([]);
}

/** @param {Stage} stage @param {Spot} from @param {boolean} is_more @returns {Gesture} */
function chooseGesture(stage, from, is_more) {
  const found = findNote(stage.view(), stage.editor.notes, from);
  if (from.zone === "ruler") return { move() {}, end: ({ sec }) => stage.seek(sec) };
  if (found?.isEdge) return stretchNote(stage, from, found.note);
  if (found) return dragNotes(stage, from, found.note);
  return stage.isDrawing() ? drawNote(stage, from) : frameNotes(stage, from, is_more);
}

/**
 * All that is selected, if the note is. Numbers may change under the hand, when a score is written: the selection knows.
 * @param {Stage} stage @param {Spot} from @param {RollNote} note @returns {Gesture}
 */
function dragNotes({ editor, preview }, from, note) {
  const hold = once(() => editor.selection.has(note.number) || editor.select([note.number]));
  /** @param {Spot} spot @returns {[number, number]} */
  const measure = (spot) => [spot.sec - from.sec, spot.pitch - from.pitch];
  return {
    move(spot) {
      hold();
      preview(moveNotes(editor.selected, ...measure(spot)), null);
    },
    end: (spot) => editor.move(...measure(spot)),
  };
}

/** @param {Stage} stage @param {Spot} from @param {RollNote} note @returns {Gesture} */
function stretchNote({ editor, preview }, from, note) {
  const hold = once(() => editor.select([note.number]));
  return {
    move({ sec }) {
      hold();
      preview(stretchNotes(editor.selected, sec - from.sec), null);
    },
    end: ({ sec }) => editor.stretch(sec - from.sec),
  };
}

/** @param {() => void} act */
function once(act) {
  let is_done = false;
  return () => {
    if (!is_done) act();
    is_done = true;
  };
}

/** @param {Stage} stage @param {Spot} from @returns {Gesture} */
function drawNote({ editor, preview }, from) {
  const { notes, beats } = editor;
  /** @param {Spot} spot */
  const draw = (spot) => {
    const note = makeNote(from.sec, from.pitch, notes.sorted, beats);
    const by_sec = spot.sec - note.offset_sec;
    return Math.abs(spot.x - from.x) < SLOP_PX ? note : { ...note, ...stretchNotes([note], by_sec)[0] };
  };
  return {
    move: (spot) => preview([draw(spot)], null),
    end: (spot) => editor.add(from.sec, from.pitch, draw(spot).offset_sec),
  };
}

/** @param {Stage} stage @param {Spot} from @param {boolean} is_more @returns {Gesture} */
function frameNotes({ editor, preview, view }, from, is_more) {
  /** @param {Spot} spot */
  const frame = ({ x, y }) => ({
    x: Math.min(x, from.x),
    y: Math.min(y, from.y),
    width: Math.abs(x - from.x),
    height: Math.abs(y - from.y),
  });
  return {
    move: (spot) => preview([], frame(spot)),
    end(spot) {
      const inside = findInside(view(), editor.notes, frame(spot));
      editor.select(
        inside.map(({ number }) => number),
        is_more,
      );
    },
  };
}
