/** Where a piano roll has what: seconds and pitches to pixels and back. All pixels are of its stage, from the top left. */

import { findFirst } from "./roll-notes.js";

/** @import { Place, RollNote } from "./roll-notes.js" */

/**
 * @typedef {object} View
 * @property {number} width
 * @property {number} height
 * @property {number} left_px scrolled away on the left
 * @property {number} top_px scrolled away at the top
 * @property {number} px_per_sec
 * @property {number} row_px height of a semitone
 * @property {number} highest pitch, in the first row
 * @property {number} lowest pitch
 * @property {number} keys_px of the keyboard on the left
 * @property {number} ruler_px of the bars' numbers at the top
 * @property {number} foot_px of the pedals at the bottom
 */

/** @typedef {{ x: number, y: number, sec: number, pitch: number, zone: "ruler" | "notes" }} Spot on the stage */
/** @typedef {{ x: number, y: number, width: number, height: number }} Box */

const EDGE_PX = 6; // of a note's end that is dragged, and at most a third of it
const SLACK_PX = 2; // around a note: a semiquaver on a small screen is narrow
const NARROWEST_PX = 3;

/** @param {View} view @param {number} sec */
export const toX = (view, sec) => view.keys_px + sec * view.px_per_sec - view.left_px;

/** Of the upper edge of its row. @param {View} view @param {number} pitch */
export const toY = (view, pitch) => view.ruler_px + (view.highest - pitch) * view.row_px - view.top_px;

/** @param {View} view @param {number} x */
export const toSec = (view, x) => (x - view.keys_px + view.left_px) / view.px_per_sec;

/** @param {View} view @param {number} y */
export const toPitch = (view, y) => view.highest - Math.floor((y - view.ruler_px + view.top_px) / view.row_px);

/** @param {View} view @param {number} x @param {number} y @returns {Spot} */
export function toSpot(view, x, y) {
  const sec = Math.max(0, toSec(view, x));
  return { x, y, sec, pitch: toPitch(view, y), zone: y < view.ruler_px ? "ruler" : "notes" };
}

/** @param {View} view @param {Place} note @returns {Box} */
export function toBox(view, { onset_sec, offset_sec, pitch }) {
  const width = Math.max(NARROWEST_PX, (offset_sec - onset_sec) * view.px_per_sec - 1);
  return { x: toX(view, onset_sec), y: toY(view, pitch), width, height: Math.max(1.5, view.row_px - 1) };
}

/**
 * Places, first and last excluded, of the notes that may sound in a stretch of time.
 * @param {{ sorted: { onset_sec: number }[], latest: Float64Array }} notes
 * @param {number} first_sec
 * @param {number} last_sec
 */
export function findSounding({ sorted, latest }, first_sec, last_sec) {
  const first = findFirst(latest.length, (place) => Number(latest[place]) >= first_sec);
  const last = findFirst(sorted.length, (place) => Number(sorted[place]?.onset_sec) > last_sec);
  return [first, last];
}

/**
 * The notes in a rectangle, by time.
 * @param {View} view
 * @param {{ sorted: RollNote[], latest: Float64Array }} notes
 * @param {Box} box
 */
export function findInside(view, notes, { x, y, width, height }) {
  const [first, last] = findSounding(notes, toSec(view, x - NARROWEST_PX), toSec(view, x + width));
  return notes.sorted.slice(first, last).filter((note) => {
    const box = toBox(view, note);
    return box.x <= x + width && box.x + box.width >= x && box.y <= y + height && box.y + box.height >= y;
  });
}

/**
 * The note at a spot, the one that began last where several lie there, and whether the spot is its right edge.
 * @param {View} view
 * @param {{ sorted: RollNote[], latest: Float64Array }} notes
 * @param {Spot} spot
 */
export function findNote(view, notes, { x, y, zone }) {
  if (zone === "ruler") return null;
  const around = { x: x - SLACK_PX, y, width: 2 * SLACK_PX, height: 0 };
  const note = findInside(view, notes, around).at(-1);
  if (!note) return null;
  const box = toBox(view, note);
  return { note, isEdge: x > box.x + box.width - Math.min(EDGE_PX, box.width / 3) };
}

/**
 * How far to scroll so that a box is seen; zero where it is.
 * @param {View} view
 * @param {Box} box
 */
export function findScroll(view, { x, y, width, height }) {
  const right = view.width - Math.min(width, (view.width - view.keys_px) / 2); // of a long note its beginning
  const bottom = view.height - view.foot_px - height;
  const is_seen_x = x >= view.keys_px && x <= right;
  return {
    left: is_seen_x ? 0 : x - view.keys_px - (view.width - view.keys_px) / 3,
    top: y < view.ruler_px ? y - view.ruler_px : Math.max(0, y - bottom),
  };
}
