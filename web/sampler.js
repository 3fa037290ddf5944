/**
 * The piano: Salamander Grand by Alexander Holm, a sample every three semitones (build/samples.py), played faster or
 * slower for those between, and softer and darker the softer it is struck.
 */

import { messages } from "./messages.js";

/** @typedef {Map<number, AudioBuffer>} Buffers by pitch */

/**
 * A note or click that was handed to the audio context.
 * @typedef {{ begin_sec: number, source: AudioScheduledSourceNode, stop: (now_sec: number) => void }} Voice
 */

const [LOWEST, HIGHEST, STEP] = [21, 105, 3];
const PARALLEL = 4;

/** mp3 begins with silence that some browsers leave in: the attack is where the sound reaches this part of its peak. */
const ATTACK = 0.01;

/** The samples were struck with this velocity (88 to 94). */
const SAMPLED_VELOCITY = 91;
/** How much darker softer layers of the piano are, measured on three of them (velocities of 35, 48 and 77 to 104). */
const OPEN_HZ = 1000;
const [OPEN_VELOCITY, OCTAVE_VELOCITY] = [35, 13.5];

const HIGHEST_DAMPER = 89; // strings above F6 have none
const RELEASE_SEC = 0.08; // a damper takes about a quarter of a second to end a string's sound: three times this
const HUSH_SEC = 0.015;
const FADES = 6; // time constants until nothing is heard

/**
 * @param {(fraction: number) => void} [onProgress]
 * @returns {Promise<Buffers>}
 * @throws {Error} with a sentence for the reader, where a sample does not come
 */
export async function loadPiano(onProgress = () => {}) {
  const context = new OfflineAudioContext(1, 1, 44100);
  const pitches = Array.from({ length: (HIGHEST - LOWEST) / STEP + 1 }, (_, i) => LOWEST + i * STEP);
  /** @type {Buffers} */
  const buffers = new Map();
  const queue = pitches.values();
  const work = async () => {
    for (const pitch of queue) {
      const response = await fetch(`samples/${pitch}.mp3`).catch(() => null);
      if (!response?.ok) throw new Error(messages.pianoMissing);
      buffers.set(pitch, await context.decodeAudioData(await response.arrayBuffer()));
      onProgress(buffers.size / pitches.length);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return buffers;
}

/**
 * Plays one note.
 * @param {BaseAudioContext} context
 * @param {AudioNode} output
 * @param {Buffers} buffers
 * @param {{ onset_sec: number, offset_sec: number, pitch: number, velocity: number }} note in seconds of the context
 * @returns {Voice}
 */
export function strike(context, output, buffers, { onset_sec, offset_sec, pitch, velocity }) {
  const sampled = Math.min(HIGHEST, LOWEST + Math.round((pitch - LOWEST) / STEP) * STEP);
  const buffer = /** @type {AudioBuffer} */ (buffers.get(Math.max(LOWEST, sampled)));
  const source = new AudioBufferSourceNode(context, { buffer, detune: (pitch - Math.max(LOWEST, sampled)) * 100 });
  const level = new GainNode(context, { gain: computeGain(velocity) });
  source.connect(darken(context, pitch, velocity, level));
  level.connect(output);
  source.start(onset_sec, findAttack(buffer));
  source.addEventListener("ended", () => level.disconnect());
  /** @param {number} at_sec @param {number} constant_sec */
  const end = (at_sec, constant_sec) => {
    level.gain.cancelScheduledValues(0);
    level.gain.setTargetAtTime(0, at_sec, constant_sec);
    source.stop(at_sec + FADES * constant_sec);
  };
  if (pitch <= HIGHEST_DAMPER) end(offset_sec, RELEASE_SEC);
  return {
    begin_sec: onset_sec,
    source,
    stop: (now_sec) => (now_sec <= onset_sec ? source.stop(0) : end(now_sec, HUSH_SEC)),
  };
}

/** Dannenberg, "The interpretation of MIDI velocity", ICMC 2006: loudness as the square. @param {number} velocity */
function computeGain(velocity) {
  return (velocity / 127) ** 2;
}

/**
 * @param {BaseAudioContext} context
 * @param {number} pitch
 * @param {number} velocity
 * @param {AudioNode} output
 * @returns {AudioNode} where the sound goes in
 */
function darken(context, pitch, velocity, output) {
  if (velocity >= SAMPLED_VELOCITY) return output;
  const frequency = OPEN_HZ * 2 ** ((velocity - OPEN_VELOCITY) / OCTAVE_VELOCITY);
  const fundamental = 440 * 2 ** ((pitch - 69) / 12);
  const cutoff = Math.max(frequency, 2 * fundamental);
  const filter = new BiquadFilterNode(context, { type: "lowpass", frequency: cutoff, Q: -3 }); // dB: nothing is raised
  filter.connect(output);
  return filter;
}

/** @type {WeakMap<AudioBuffer, number>} */
const attacks = new WeakMap();

/** Seconds of silence at the beginning. @param {AudioBuffer} buffer */
function findAttack(buffer) {
  const known = attacks.get(buffer);
  if (known !== undefined) return known;
  const samples = buffer.getChannelData(0);
  const peak = samples.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 0);
  const attack_sec = samples.findIndex((sample) => Math.abs(sample) >= ATTACK * peak) / buffer.sampleRate;
  attacks.set(buffer, attack_sec);
  return attack_sec;
}
