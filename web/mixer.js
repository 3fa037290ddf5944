/** The mixer: the recording and both hands of the transcription with levels of their own, and the metronome. */

/**
 * @typedef {object} Mixer
 * @property {GainNode} recording
 * @property {Record<1 | 2, GainNode>} hands by staff: 1 right, 2 left
 * @property {AudioNode} clicks
 * @property {GainNode} struck notes that a person presses
 * @property {GainNode} transcription both hands
 */

/** @typedef {{ balance: number, mutes: Record<1 | 2, boolean> }} Levels `balance` 0: only the recording */

const PIANO_GAIN = 0.7; // so that single notes are about as loud as in a recording that peaks at full scale
const RAMP_SEC = 0.01; // no click at a switch

/** @param {BaseAudioContext} context @returns {Mixer} */
export function createMixer(context) {
  // Chords with the pedal can pass full scale, and nothing else does.
  const limiter = new DynamicsCompressorNode(context, {
    threshold: -3,
    knee: 0,
    ratio: 20,
    attack: 0.001,
    release: 0.1,
  });
  limiter.connect(context.destination);
  /** @param {AudioNode} output */
  const addLevel = (output, gain = 1) => {
    const level = new GainNode(context, { gain });
    level.connect(output);
    return level;
  };
  const piano = addLevel(limiter, PIANO_GAIN);
  const transcription = addLevel(piano);
  return {
    recording: addLevel(context.destination),
    transcription,
    hands: { 1: addLevel(transcription), 2: addLevel(transcription) },
    clicks: context.destination,
    struck: addLevel(piano),
  };
}

/** In the middle both sound at full level. @param {Mixer} mixer @param {Levels} levels @param {number} now_sec */
export function setLevels(mixer, { balance, mutes }, now_sec) {
  /** @param {GainNode} node @param {number} gain */
  const set = ({ gain: level }, gain) => level.setTargetAtTime(gain, now_sec, RAMP_SEC);
  set(mixer.recording, Math.min(1, 2 - 2 * balance));
  set(mixer.transcription, Math.min(1, 2 * balance));
  set(mixer.hands[1], mutes[1] ? 0 : 1);
  set(mixer.hands[2], mutes[2] ? 0 : 1);
}
