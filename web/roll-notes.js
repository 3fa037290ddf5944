/** The notes of a piano roll: in order of time, as they would be after an edit, and what a new one is like. */

/** @import { AddedNote, Note, Result, ScoreNote, ShownNote } from "./protocol.js" */

/** @typedef {{ step: string, alter: number, octave: number }} Name */
/**
 * @typedef {ShownNote & { number: number, staff: 0 | 1 | 2, name: Name | null }} RollNote `number` in the result's
 *   performance, `staff` and `name` in the score (0 and null: not there, or not yet)
 */
/** @typedef {{ onset_sec: number, offset_sec: number, pitch: number }} Place of a note */
/** @typedef {Result["score"]["beats"]} Beats */

const LOWEST_PITCH = 21; // of a piano
const HIGHEST_PITCH = 108;
const SHORTEST_SEC = 0.01; // as in corrections.py
const BEATLESS_SEC = 0.3; // of a new note where no beats are known: an eighth at 100 a minute
const N_NEIGHBOURS = 4; // whose loudness a new note has: a chord and what is beside it
const BEATLESS_VELOCITY = 64; // the middle

/** @param {(ShownNote | null)[]} shown @param {(ScoreNote | null)[]} written @returns {(RollNote | null)[]} */
export function joinNotes(shown, written) {
  return shown.map((note, number) => {
    const name = written[number] ?? null;
    return note && { ...note, number, staff: name?.staff ?? 0, name };
  });
}

/**
 * Notes by onset, and for each the latest end so far, by which those that sound in a stretch of time are found.
 * @template {Note} T
 * @param {(T | null)[]} notes
 */
export function sortNotes(notes) {
  const sorted = notes.filter((note) => note !== null).sort((a, b) => a.onset_sec - b.onset_sec || a.pitch - b.pitch);
  const latest = new Float64Array(sorted.length);
  let end_sec = 0;
  for (const [place, { offset_sec }] of sorted.entries()) {
    end_sec = Math.max(end_sec, offset_sec);
    latest[place] = end_sec;
  }
  return { sorted, latest };
}

/**
 * First place in an increasing list where `is_there` holds, by halving; the length where it never does.
 * @param {number} length
 * @param {(place: number) => boolean} is_there
 */
export function findFirst(length, is_there) {
  let [first, last] = [0, length];
  while (first < last) {
    const middle = (first + last) >> 1;
    if (is_there(middle)) last = middle;
    else first = middle + 1;
  }
  return first;
}

/**
 * Where notes are when they are moved together: none before the beginning, none off the keyboard.
 * @param {Place[]} notes
 * @param {number} by_sec
 * @param {number} by_pitch
 * @returns {Place[]}
 */
export function moveNotes(notes, by_sec, by_pitch) {
  const pitches = notes.map(({ pitch }) => pitch);
  const sec = Math.max(by_sec, -Math.min(...notes.map(({ onset_sec }) => onset_sec)));
  const highest = HIGHEST_PITCH - Math.max(...pitches);
  const steps = Math.max(LOWEST_PITCH - Math.min(...pitches), Math.min(highest, by_pitch));
  return notes.map(({ onset_sec, offset_sec, pitch }) => ({
    onset_sec: onset_sec + sec,
    offset_sec: offset_sec + sec,
    pitch: pitch + steps,
  }));
}

/** @param {Place[]} notes @param {number} by_sec longer @returns {Place[]} */
export function stretchNotes(notes, by_sec) {
  return notes.map(({ onset_sec, offset_sec, pitch }) => ({
    onset_sec,
    offset_sec: Math.max(onset_sec + SHORTEST_SEC, offset_sec + by_sec),
    pitch,
  }));
}

/**
 * A note that a person draws: a beat long, as loud as those around it.
 * @param {number} onset_sec
 * @param {number} pitch
 * @param {RollNote[]} sorted
 * @param {Beats} beats
 * @returns {AddedNote}
 */
export function makeNote(onset_sec, pitch, sorted, beats) {
  const start_sec = Math.max(0, onset_sec);
  return {
    onset_sec: start_sec,
    offset_sec: start_sec + (findBeatSec(beats, start_sec) ?? BEATLESS_SEC),
    pitch: Math.min(HIGHEST_PITCH, Math.max(LOWEST_PITCH, pitch)),
    velocity: findVelocity(sorted, start_sec),
  };
}

/** Length of the beat at a time, or of the nearest; none where there are no two. @param {Beats} beats @param {number} sec */
export function findBeatSec(beats, sec) {
  const next = findFirst(beats.length, (place) => /** @type {Beats[0]} */ (beats[place]).time_sec > sec);
  const last = Math.min(Math.max(next, 1), beats.length - 1);
  const [start, end] = [beats[last - 1], beats[last]];
  return start && end ? end.time_sec - start.time_sec : null;
}

/** @param {RollNote[]} sorted @param {number} sec */
function findVelocity(sorted, sec) {
  const next = findFirst(sorted.length, (place) => /** @type {RollNote} */ (sorted[place]).onset_sec >= sec);
  const around = sorted.slice(Math.max(0, next - N_NEIGHBOURS / 2), next + N_NEIGHBOURS / 2);
  const sum = around.reduce((total, { velocity }) => total + velocity, 0);
  return around.length > 0 ? Math.round(sum / around.length) : BEATLESS_VELOCITY;
}
