/** Draws a piano roll on a canvas: only what is to be seen, so that an hour scrolls as smoothly as a minute. */

import { findSounding, toBox, toPitch, toSec, toX } from "./roll-geometry.js";
import { drawBeats, drawKeys, drawPedals, drawRows, drawRuler, drawWaveform } from "./roll-grid.js";

/**
 * @import { Pedal } from "./protocol.js"
 * @import { Beats, Place, RollNote } from "./roll-notes.js"
 * @import { Box, View } from "./roll-geometry.js"
 * @import { Brush } from "./roll-grid.js"
 */

/**
 * @typedef {object} Content
 * @property {{ sorted: RollNote[], latest: Float64Array }} notes
 * @property {Set<number>} selection numbers of notes
 * @property {Place[]} ghosts notes where they would be
 * @property {Box | null} frame of a selection
 * @property {Pedal[]} pedals
 * @property {Beats} beats
 * @property {Uint8Array | null} peaks of the recording
 * @property {number} loudest of them
 * @property {number | null} time_sec of the playhead
 * @property {boolean} isTinted whether doubtful notes are
 */

const FAINTEST = 0.3; // opacity of velocity 0
const N_LEVELS = 8; // of loudness and N_DOUBTS of doubt: as many as the eye tells apart, and one path for each
const N_DOUBTS = 4;
const SURE = 0.95; // confidence.py: a certain note
const DOUBTFUL = 0.5; // confidence.py: no surer than a note that was not heard
const ROUND_PX = 2;

const COLOURS = /** @type {const} */ ([
  ...["paper", "wash", "line", "ink", "ink-quiet", "accent"],
  ...["roll-unwritten", "roll-right", "roll-left", "roll-unsure"],
]);

/** @typedef {Record<string, string>} Palette colours as #rrggbb */

/** @param {Element} element @returns {Palette} */
export function readPalette(element) {
  const style = getComputedStyle(element);
  return Object.fromEntries(COLOURS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {View} view
 * @param {Content} content
 * @param {Palette} palette
 */
export function drawRoll(context, view, content, palette) {
  const { width, height, keys_px, ruler_px, foot_px } = view;
  const brush = { context, view, palette };
  context.clearRect(0, 0, width, height);
  context.save();
  context.beginPath();
  context.rect(keys_px, ruler_px, width - keys_px, height - ruler_px - foot_px);
  context.clip();
  if (keys_px > 0) drawRows(brush);
  if (content.peaks) drawWaveform(brush, content.peaks, content.loudest);
  drawBeats(brush, content.beats);
  drawNotes(brush, content);
  drawEdit(brush, content);
  context.restore();
  drawPedals(brush, content.pedals);
  if (ruler_px > 0) drawRuler(brush, content.beats);
  if (keys_px > 0) drawKeys(brush);
  if (content.time_sec !== null) drawPlayhead(brush, content.time_sec);
}

/** Notes of one look together: to change the colour costs more than to fill a note. @param {Brush} brush @param {Content} content */
function drawNotes({ context, view, palette }, { notes, isTinted }) {
  const [first, last] = findSounding(notes, toSec(view, view.keys_px), toSec(view, view.width));
  const [highest, lowest] = [toPitch(view, view.ruler_px), toPitch(view, view.height)];
  /** @type {Map<number, RollNote[]>} */
  const looks = new Map();
  for (let place = Number(first); place < Number(last); place++) {
    const note = /** @type {RollNote} */ (notes.sorted[place]);
    if (note.pitch > highest || note.pitch < lowest) continue;
    const look = findLook(note, isTinted);
    const alike = looks.get(look);
    if (alike) alike.push(note);
    else looks.set(look, [note]);
  }
  const hands = [palette["roll-unwritten"], palette["roll-right"], palette["roll-left"]];
  for (const [look, alike] of looks) {
    const doubts = Math.floor(look / N_LEVELS) % N_DOUBTS;
    const hand = hands[Math.floor(look / N_LEVELS / N_DOUBTS)] ?? "";
    context.globalAlpha = FAINTEST + (1 - FAINTEST) * ((look % N_LEVELS) / (N_LEVELS - 1));
    context.fillStyle = mix(hand, palette["roll-unsure"] ?? "", doubts / (N_DOUBTS - 1));
    context.beginPath();
    for (const note of alike) {
      const { x, y, width, height } = toBox(view, note);
      if (width > 3 * ROUND_PX && height > 2 * ROUND_PX) context.roundRect(x, y, width, height, ROUND_PX);
      else context.fillRect(x, y, width, height); // of these there may be thousands
    }
    context.fill();
  }
  context.globalAlpha = 1;
}

/** Hand, doubt and loudness as one number. @param {RollNote} note @param {boolean} is_tinted */
function findLook({ staff, velocity, confidence }, is_tinted) {
  const level = Math.round((velocity / 127) * (N_LEVELS - 1));
  const doubt = is_tinted ? Math.min(1, Math.max(0, (SURE - confidence) / (SURE - DOUBTFUL))) : 0;
  return (staff * N_DOUBTS + Math.round(doubt * (N_DOUBTS - 1))) * N_LEVELS + level;
}

/** @param {string} first #rrggbb @param {string} second @param {number} share of the second */
function mix(first, second, share) {
  if (share === 0) return first;
  const [from, to] = [first, second].map((colour) =>
    [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)),
  );
  const parts = from?.map((part, place) => Math.round(part + (Number(to?.[place]) - part) * share));
  return `rgb(${parts?.join(" ")})`;
}

/** What is selected, and what a gesture would make of it. @param {Brush} brush @param {Content} content */
function drawEdit({ context, view, palette }, { notes, selection, ghosts, frame }) {
  context.strokeStyle = palette.ink ?? "";
  context.lineWidth = 2;
  const [first, last] = selection.size > 0 ? findSounding(notes, toSec(view, 0), toSec(view, view.width)) : [0, 0];
  for (const note of notes.sorted.slice(first, last)) {
    if (!selection.has(note.number)) continue;
    const { x, y, width, height } = toBox(view, note);
    context.strokeRect(x - 1, y - 1, width + 2, height + 2);
  }
  context.setLineDash([4, 3]);
  for (const ghost of ghosts) {
    const { x, y, width, height } = toBox(view, ghost);
    context.fillStyle = palette.accent ?? "";
    context.globalAlpha = 0.5;
    context.fillRect(x, y, width, height);
    context.globalAlpha = 1;
    context.strokeRect(x, y, width, height);
  }
  context.lineWidth = 1;
  if (frame) context.strokeRect(frame.x, frame.y, frame.width, frame.height);
  context.setLineDash([]);
}

/** @param {Brush} brush @param {number} time_sec */
function drawPlayhead({ context, view, palette }, time_sec) {
  const x = toX(view, time_sec);
  if (x < view.keys_px - 1) return;
  context.fillStyle = palette.accent ?? "";
  context.fillRect(x - 1, 0, 2, view.height);
}
