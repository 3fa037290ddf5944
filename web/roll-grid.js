/** What a piano roll is drawn upon: rows, waveform, beats; and its rims: keyboard, numbers of bars, pedals. */

import { messages } from "./messages.js";
import { toSec, toX, toY } from "./roll-geometry.js";
import { findFirst } from "./roll-notes.js";
import { PEAKS_A_SEC } from "./waveform.js";

/**
 * @import { Pedal } from "./protocol.js"
 * @import { Palette } from "./roll-drawing.js"
 * @import { View } from "./roll-geometry.js"
 * @import { Beats } from "./roll-notes.js"
 */

/** @typedef {{ context: CanvasRenderingContext2D, view: View, palette: Palette }} Brush */

const PEDAL_PX = 4;
const BLACK_KEYS = new Set([1, 3, 6, 8, 10]);
const CLOSEST_BEATS_PX = 9; // nearer lines are a grey wash
const CLOSEST_BARS_PX = 34; // a number of three digits and air
const FONT = "11px system-ui, sans-serif";

/** @param {View} view */
function* listRows({ highest, lowest, row_px, top_px, height }) {
  const first = highest - Math.floor(top_px / row_px);
  const last = Math.max(lowest, first - Math.ceil(height / row_px));
  for (let pitch = first; pitch >= last; pitch--) yield pitch;
}

/** @param {number} pitch */
const isBlack = (pitch) => BLACK_KEYS.has(((pitch % 12) + 12) % 12);

/** @param {Brush} brush */
export function drawRows({ context, view, palette }) {
  context.fillStyle = palette.wash ?? "";
  for (const pitch of listRows(view)) {
    if (isBlack(pitch)) context.fillRect(view.keys_px, toY(view, pitch), view.width, view.row_px);
  }
  context.fillStyle = palette.line ?? "";
  for (const pitch of listRows(view)) {
    if (pitch % 12 === 0) context.fillRect(view.keys_px, toY(view, pitch - 1) - 0.5, view.width, 1);
  }
}

/** The loudest moment of the recording fills the height. @param {Brush} brush @param {Uint8Array} peaks @param {number} loudest */
export function drawWaveform({ context, view, palette }, peaks, loudest) {
  const height = view.height - view.ruler_px - view.foot_px;
  const middle = view.ruler_px + height / 2;
  context.fillStyle = palette.line ?? "";
  context.globalAlpha = 0.6;
  for (let x = view.keys_px; x < view.width; x++) {
    const first = Math.max(0, Math.floor(toSec(view, x) * PEAKS_A_SEC));
    const last = Math.max(first + 1, Math.floor(toSec(view, x + 1) * PEAKS_A_SEC));
    let peak = 0;
    for (let place = first; place < last && place < peaks.length; place++) peak = Math.max(peak, Number(peaks[place]));
    const half = (peak / loudest) * (height / 2);
    if (half > 0) context.fillRect(x, middle - half, 1, 2 * half);
  }
  context.globalAlpha = 1;
}

/** Beats to be seen, and whether there is room for all. @param {View} view @param {Beats} beats */
function listBeats(view, beats) {
  const first_sec = toSec(view, 0);
  const last_sec = toSec(view, view.width);
  const first = findFirst(beats.length, (place) => Number(beats[place]?.time_sec) >= first_sec);
  const last = findFirst(beats.length, (place) => Number(beats[place]?.time_sec) > last_sec);
  const seen = beats.slice(first, last);
  const beat_px = (view.width - view.keys_px) / Math.max(1, seen.length);
  return { seen, beat_px, bars: seen.filter(({ beat_in_bar }) => beat_in_bar === 1) };
}

/** @param {Brush} brush @param {Beats} beats */
export function drawBeats({ context, view, palette }, beats) {
  const { seen, beat_px, bars } = listBeats(view, beats);
  const bar_px = view.width / Math.max(1, bars.length);
  context.fillStyle = palette["ink-quiet"] ?? "";
  for (const { time_sec, beat_in_bar } of seen) {
    if (beat_in_bar === 1 ? bar_px < CLOSEST_BEATS_PX : beat_px < CLOSEST_BEATS_PX) continue;
    context.globalAlpha = beat_in_bar === 1 ? 0.7 : 0.25;
    context.fillRect(Math.round(toX(view, time_sec)), view.ruler_px, 1, view.height);
  }
  context.globalAlpha = 1;
}

/** Half as high where only the soft one is down. @param {Brush} brush @param {Pedal[]} pedals */
export function drawPedals({ context, view, palette }, pedals) {
  const foot = view.height - Math.max(view.foot_px, PEDAL_PX);
  if (view.keys_px > 0) {
    context.fillStyle = palette.paper ?? "";
    context.fillRect(0, foot, view.width, view.foot_px);
  }
  context.fillStyle = palette["ink-quiet"] ?? "";
  for (const { onset_sec, offset_sec, kind } of pedals) {
    const x = Math.max(view.keys_px, toX(view, onset_sec));
    const width = toX(view, offset_sec) - x;
    if (width <= 0 || x > view.width) continue;
    context.globalAlpha = kind === "soft" ? 0.35 : 0.7;
    context.fillRect(x, view.height - PEDAL_PX - 1, width, kind === "soft" ? PEDAL_PX / 2 : PEDAL_PX);
  }
  context.globalAlpha = 1;
}

/** @param {Brush} brush @param {Beats} beats */
export function drawRuler({ context, view, palette }, beats) {
  context.fillStyle = palette.paper ?? "";
  context.fillRect(0, 0, view.width, view.ruler_px);
  context.fillStyle = palette.line ?? "";
  context.fillRect(0, view.ruler_px - 1, view.width, 1);
  context.fillStyle = palette["ink-quiet"] ?? "";
  context.font = FONT;
  context.textBaseline = "middle";
  let free_x = view.keys_px;
  for (const { time_sec, bar } of listBeats(view, beats).bars) {
    const x = toX(view, time_sec);
    if (x < free_x) continue;
    context.fillRect(Math.round(x), view.ruler_px - 7, 1, 6);
    if (bar > 0) context.fillText(String(bar), x + 4, view.ruler_px / 2);
    free_x = x + CLOSEST_BARS_PX;
  }
}

/** @param {Brush} brush */
export function drawKeys({ context, view, palette }) {
  const { keys_px, ruler_px, height, foot_px, row_px } = view;
  context.save();
  context.beginPath();
  context.rect(0, ruler_px, keys_px, height - ruler_px - foot_px);
  context.clip();
  context.fillStyle = palette.paper ?? "";
  context.fillRect(0, ruler_px, keys_px, height);
  context.font = FONT;
  context.textBaseline = "middle";
  for (const pitch of listRows(view)) {
    const y = toY(view, pitch);
    context.fillStyle = palette["ink-quiet"] ?? "";
    if (isBlack(pitch)) context.fillRect(0, y, keys_px * 0.45, row_px - 1);
    if (pitch % 12 !== 0) continue;
    context.fillText(messages.roll.nameC(pitch / 12 - 1), keys_px * 0.5, y + row_px / 2);
  }
  context.fillStyle = palette.line ?? "";
  context.fillRect(keys_px - 1, ruler_px, 1, height);
  context.restore();
}
