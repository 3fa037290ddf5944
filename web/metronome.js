/** The metronome: clicks at the beats that were found, and one bar of them before the music begins. */

/**
 * @import { Beats } from "./sounds.js"
 * @import { Voice } from "./sampler.js"
 */

/** @typedef {{ sec: number, is_downbeat: boolean }} Click */

// A wood block's range, which a piano does not cover; the downbeat is a fifth higher.
const CLICK_HZ = 1000;
const DOWNBEAT_HZ = 1500;
const CLICK_SEC = 0.04;
const CLICK_GAIN = 0.5;
const ROUNDING_SEC = 0.001; // a start on a beat is on it

/** @param {Beats} beats @returns {Click[]} */
export function listClicks(beats) {
  return beats.map(({ time_sec, beat_in_bar }) => ({ sec: time_sec, is_downbeat: beat_in_bar === 1 }));
}

/**
 * One bar that leads up to a moment, in the tempo and the meter there, and goes on to the first beat after it.
 * @param {Beats} beats
 * @param {number} from_sec
 * @returns {{ bar_sec: number, clicks: Click[] }} seconds of the music, most of them before `from_sec`
 */
export function countIn(beats, from_sec) {
  if (beats.length < 2) return { bar_sec: 0, clicks: [] };
  const after = beats.findIndex(({ time_sec }) => time_sec >= from_sec - ROUNDING_SEC);
  const next = after < 0 ? beats.length - 1 : after;
  const pair = Math.min(next, beats.length - 2);
  const beat_sec = beats[pair + 1].time_sec - beats[pair].time_sec;
  const n_beats = countBeats(beats, beats[next].bar);
  const n_ahead = Math.floor((beats[next].time_sec - from_sec + ROUNDING_SEC) / beat_sec);
  const clicks = [];
  for (let n_before = n_ahead + n_beats; n_before > Math.min(0, n_ahead); n_before--) {
    const place = beats[next].beat_in_bar - 1 - n_before;
    clicks.push({ sec: beats[next].time_sec - n_before * beat_sec, is_downbeat: place % n_beats === 0 });
  }
  return { bar_sec: n_beats * beat_sec, clicks };
}

/** @param {BaseAudioContext} context @param {AudioNode} output @param {number} at_sec @param {boolean} is_downbeat */
export function click(context, output, at_sec, is_downbeat) {
  const source = new OscillatorNode(context, { frequency: is_downbeat ? DOWNBEAT_HZ : CLICK_HZ });
  const envelope = new GainNode(context, { gain: 0 });
  envelope.gain.setValueAtTime(CLICK_GAIN, at_sec);
  envelope.gain.exponentialRampToValueAtTime(0.001, at_sec + CLICK_SEC);
  source.connect(envelope).connect(output);
  source.start(at_sec);
  source.stop(at_sec + CLICK_SEC);
  /** @type {Voice} */
  const voice = { begin_sec: at_sec, source, stop: (now_sec) => source.stop(now_sec) };
  return voice;
}

/** The last bar may be cut off, and is taken to be like the one before. @param {Beats} beats @param {number} bar */
function countBeats(beats, bar) {
  const first = bar === beats[beats.length - 1].bar ? bar - 1 : bar;
  const places = beats.filter((beat) => beat.bar >= first && beat.bar <= bar).map(({ beat_in_bar }) => beat_in_bar);
  return Math.max(...places);
}
