/** Plays a take, or part of it, some seconds at a time, so that half an hour is not held at once. */

/** @import { Take } from "./take.js" */

const PIECE_SEC = 5;
const AHEAD_SEC = 2; // the next piece is ready so long before it is heard
const DELAY_SEC = 0.1; // until the first is heard
const TICK_MS = 50;

/**
 * @param {Take} take
 * @param {{ first_sec: number, last_sec: number }} range
 * @param {AbortSignal} signal
 * @param {(sec: number) => void} onTime where it is
 * @returns {Promise<void>} when it has ended or was stopped
 */
export async function playTake(take, { first_sec, last_sec }, signal, onTime) {
  const context = new AudioContext({ sampleRate: take.sample_rate });
  const wait = () => new Promise((resolve) => setTimeout(resolve, TICK_MS));
  try {
    await context.resume();
    const begin_sec = context.currentTime + DELAY_SEC;
    /** Where it is in the take. */
    const find = () => Math.max(first_sec, first_sec + context.currentTime - begin_sec);
    let planned_sec = first_sec;
    while (find() < last_sec && !signal.aborted) {
      if (planned_sec < last_sec && find() > planned_sec - AHEAD_SEC) {
        const end_sec = Math.min(planned_sec + PIECE_SEC, last_sec);
        const samples = await take.read(planned_sec, end_sec);
        if (samples.length > 0) plan(context, samples, begin_sec + planned_sec - first_sec);
        planned_sec = end_sec;
      }
      onTime(find());
      await wait();
    }
  } finally {
    context.close();
  }
}

/** @param {AudioContext} context @param {Float32Array<ArrayBuffer>} samples @param {number} at_sec */
function plan(context, samples, at_sec) {
  const buffer = context.createBuffer(1, samples.length, context.sampleRate);
  buffer.copyToChannel(samples, 0);
  const source = new AudioBufferSourceNode(context, { buffer });
  source.connect(context.destination);
  source.start(at_sec);
}
