/**
 * What sounds when: notes as long as a piano would let them ring, clicks of the metronome, and all of it handed to the
 * instruments. Nothing here keeps state or looks at a clock, so that sound is rendered offline as it is live.
 */

import { findFirstAfter } from "./beat-time.js";
import { click } from "./metronome.js";
import { strike } from "./sampler.js";

/**
 * @import { Note, Pedal, Result, ScoreNote } from "./protocol.js"
 * @import { Mixer } from "./mixer.js"
 * @import { Buffers, Voice } from "./sampler.js"
 * @import { Click } from "./metronome.js"
 */

/** @typedef {{ onset_sec: number, offset_sec: number, pitch: number, velocity: number, staff: 1 | 2 }} Sound */
/** @typedef {Result["score"]["beats"]} Beats */
/** @typedef {{ piano: Buffers | null, sounds: Sound[], clicks: Click[] }} Music notes and clicks by time */

/**
 * A stretch of music and when it is played: `first_sec` sounds at `begin_sec` of the audio context.
 * @typedef {{ first_sec: number, last_sec: number, begin_sec: number, speed: number }} Stretch
 */

const EDGE_SEC = 0.001; // what falls on an edge, but for rounding, comes after it
const MIDDLE_C = 60; // parts the hands where the score says nothing of a note

/**
 * A note rings on while the sustain pedal is down, until its string is struck anew.
 * @param {(Note | null)[]} notes null: deleted
 * @param {(ScoreNote | null)[]} written
 * @param {Pedal[]} pedals
 * @returns {Sound[]} by onset
 */
export function collectSounds(notes, written, pedals) {
  const sustains = pedals.filter(({ kind }) => kind === "sustain").sort((a, b) => a.onset_sec - b.onset_sec);
  const sounds = notes.flatMap((note, i) => {
    if (!note) return [];
    const { onset_sec, offset_sec, pitch, velocity } = note;
    const staff = written[i]?.staff ?? (pitch < MIDDLE_C ? 2 : 1);
    const pedal = sustains[findFirstAfter(sustains, (sustain) => sustain.onset_sec, offset_sec) - 1];
    return [{ onset_sec, offset_sec: Math.max(offset_sec, pedal?.offset_sec ?? 0), pitch, velocity, staff }];
  });
  sounds.sort((a, b) => a.onset_sec - b.onset_sec);
  /** @type {Map<number, Sound>} */
  const ringing = new Map();
  for (const sound of sounds) {
    const before = ringing.get(sound.pitch);
    if (before) before.offset_sec = Math.min(before.offset_sec, sound.onset_sec);
    ringing.set(sound.pitch, sound);
  }
  return sounds;
}

/**
 * The time from the beginning of a bar to the end of another.
 * @param {Beats} beats
 * @param {number} first_bar
 * @param {number} last_bar
 * @param {number} duration_sec
 */
export function findBars(beats, first_bar, last_bar, duration_sec) {
  const first = beats.find(({ bar }) => bar >= first_bar);
  const after = beats.find(({ bar }) => bar > last_bar);
  return { first_sec: first?.time_sec ?? 0, last_sec: after?.time_sec ?? duration_sec };
}

/** The bar that is played at a time. @param {Beats} beats @param {number} sec */
export function findBar(beats, sec) {
  const i = findFirstAfter(beats, ({ time_sec }) => time_sec, sec + EDGE_SEC);
  return (beats[i - 1] ?? beats[0])?.bar ?? 1;
}

/**
 * Has a stretch played: what begins in it, from its first moment up to but not at its last.
 * @param {BaseAudioContext} context
 * @param {Mixer} mixer
 * @param {Music} music
 * @param {Stretch} stretch
 * @returns {Voice[]}
 */
export function play(context, mixer, { piano, sounds, clicks }, { first_sec, last_sec, begin_sec, speed }) {
  /** @param {number} sec */
  const toContext = (sec) => begin_sec + (sec - first_sec) / speed;
  /** @template T @param {T[]} items @param {(item: T) => number} measure */
  const select = (items, measure) =>
    items.slice(
      findFirstAfter(items, measure, first_sec - EDGE_SEC),
      findFirstAfter(items, measure, last_sec - EDGE_SEC),
    );
  const notes = piano ? select(sounds, ({ onset_sec }) => onset_sec) : [];
  const beats = select(clicks, ({ sec }) => sec);
  return [
    ...notes.map((sound) => {
      const [onset_sec, offset_sec] = [toContext(sound.onset_sec), toContext(sound.offset_sec)];
      return strike(context, mixer.hands[sound.staff], /** @type {Buffers} */ (piano), {
        ...sound,
        onset_sec,
        offset_sec,
      });
    }),
    ...beats.map(({ sec, is_downbeat }) => click(context, mixer.clicks, toContext(sec), is_downbeat)),
  ];
}
