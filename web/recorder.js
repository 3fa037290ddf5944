/** The microphone: opened with nothing that changes its sound, metered at once, recorded when asked. */

import { messages } from "./messages.js";
import { Take } from "./take.js";

/** The microphone cannot be used; the message is one sentence for the reader. */
export class MicrophoneError extends Error {}

/** @returns {Promise<MediaDeviceInfo[]>} nameless until a microphone was allowed */
export async function listMicrophones() {
  const devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
  return devices.filter(({ kind }) => kind === "audioinput");
}

/**
 * @param {string} device_id empty: the one that the browser proposes
 * @throws {MicrophoneError} with the sentence to show
 */
export async function openMicrophone(device_id) {
  if (!navigator.mediaDevices?.getUserMedia) throw new MicrophoneError(messages.microphoneMissing);
  // These are made for speech: they gate, pump and swallow held notes.
  const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const device = device_id ? { deviceId: { exact: device_id } } : {};
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { ...plain, ...device } });
    return await connect(stream);
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    if (name === "NotAllowedError") throw new MicrophoneError(messages.microphoneDenied);
    const is_missing = name === "NotFoundError" || name === "OverconstrainedError";
    throw new MicrophoneError(is_missing ? messages.microphoneMissing : messages.microphoneBusy);
  }
}

/** @param {MediaStream} stream */
async function connect(stream) {
  const context = new AudioContext();
  try {
    await context.audioWorklet.addModule(new URL("recorder-worklet.js", import.meta.url).href);
    const worklet = new AudioWorkletNode(context, "recorder-worklet");
    // It is silent, but what leads nowhere is not heard in every browser.
    context.createMediaStreamSource(stream).connect(worklet).connect(context.destination);
    await context.resume();
    return new Recorder(stream, context, worklet);
  } catch (error) {
    for (const track of stream.getTracks()) track.stop();
    context.close();
    throw error;
  }
}

export class Recorder extends EventTarget {
  #stream;
  #context;
  /** @type {Take | null} */
  take = null;
  is_recording = false;

  /**
   * Events: "level" (its `detail` is the peak of the last block), "lost" (the microphone has gone).
   * @param {MediaStream} stream
   * @param {AudioContext} context
   * @param {AudioWorkletNode} worklet
   */
  constructor(stream, context, worklet) {
    super();
    this.#stream = stream;
    this.#context = context;
    worklet.port.addEventListener("message", ({ data }) => this.#receive(data));
    worklet.port.start();
    for (const track of stream.getTracks()) {
      track.addEventListener("ended", () => this.dispatchEvent(new Event("lost")));
    }
  }

  get device_id() {
    return this.#stream.getTracks()[0]?.getSettings().deviceId ?? "";
  }

  /** Begins, or goes on after a pause. */
  record() {
    this.take ??= new Take(this.#context.sampleRate);
    this.is_recording = true;
  }

  pause() {
    this.is_recording = false;
  }

  /** Lets go of the microphone. */
  close() {
    this.is_recording = false;
    for (const track of this.#stream.getTracks()) track.stop();
    if (this.#context.state !== "closed") this.#context.close();
  }

  /** @param {Float32Array} samples */
  #receive(samples) {
    let peak = 0;
    for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
    if (this.is_recording) this.take?.append(samples, peak);
    this.dispatchEvent(new CustomEvent("level", { detail: peak }));
  }
}
