/** <record-view>: a recording with the microphone, and what is kept of it. "taken" gives the file, "closed" gives none. */

import { formatDuration } from "./amounts.js";
import { LevelMeter } from "./level-meter.js";
import { messages } from "./messages.js";
import { listMicrophones, MicrophoneError, openMicrophone } from "./recorder.js";
import { find } from "./selection.js";
import { playTake } from "./take-player.js";
import { TrimView } from "./trim-view.js";

/**
 * @import { Recorder } from "./recorder.js"
 * @import { Take } from "./take.js"
 */

/** @typedef {"closed" | "asking" | "failed" | "ready" | "recording" | "paused" | "taken"} Phase */

const part = (/** @type {string} */ name) => find(`#record-${name}`, HTMLElement);

export class RecordView extends HTMLElement {
  /** @type {Phase} */
  #phase = "closed";
  /** @type {Recorder | null} */
  #recorder = null;
  /** @type {Take | null} */
  #take = null;
  /** @type {AbortController | null} */
  #playing = null;
  #n_asked = 0; // answers to an older question for the microphone are not wanted

  connectedCallback() {
    /** @param {string} name @param {() => unknown} action */
    const onPress = (name, action) => part(name).addEventListener("click", action);
    onPress("start", () => this.#record());
    onPress("pause", () => (this.#phase === "paused" ? this.#record() : this.#pause()));
    onPress("stop", () => this.#stop(messages.recordingEnded));
    onPress("listen", () => this.#listen());
    onPress("write", () => this.#hand());
    onPress("retry", () => this.open());
    onPress("back", () => this.#leave());
    onPress("discard", () => confirm(messages.discardQuestion) && this.#leave());
    const select = find("#record-device", HTMLSelectElement);
    select.addEventListener("change", () => this.open(select.value));
    this.#trim.addEventListener("trim", () => this.#showRange());
    navigator.mediaDevices?.addEventListener("devicechange", () => this.#recorder && this.#offerDevices());
  }

  get #trim() {
    return find("trim-view", TrimView);
  }

  /** Whether something would be lost with the page. */
  get isBusy() {
    return ["recording", "paused", "taken"].includes(this.#phase);
  }

  get isRecording() {
    return this.#phase === "recording";
  }

  /** Asks for the microphone. @param {string} [device_id] */
  async open(device_id = "") {
    const number = this.#release();
    this.#showTime(0);
    this.#enter("asking", messages.askingMicrophone);
    try {
      const recorder = await openMicrophone(device_id);
      if (number !== this.#n_asked) return recorder.close();
      this.#recorder = recorder;
      recorder.addEventListener("level", (event) => this.#meter(/** @type {CustomEvent<number>} */ (event).detail));
      recorder.addEventListener("lost", () => this.#lose());
      await this.#offerDevices();
      if (number === this.#n_asked) this.#enter("ready", messages.microphoneReady);
    } catch (error) {
      if (number !== this.#n_asked) return;
      this.#enter("failed", error instanceof MicrophoneError ? error.message : messages.microphoneBusy);
    }
  }

  /** Keeps nothing. */
  close() {
    if (this.#phase === "closed") return;
    this.#release();
    this.#enter("closed", "");
  }

  #leave() {
    this.close();
    this.dispatchEvent(new Event("closed"));
  }

  /** @param {string} sentence */
  tell(sentence) {
    part("note").textContent = sentence;
  }

  /** Lets go of the microphone and of what was recorded. @returns {number} of the next question for it */
  #release() {
    this.#playing?.abort();
    this.#recorder?.close();
    this.#recorder = null;
    this.#take = null;
    return ++this.#n_asked;
  }

  #record() {
    this.#recorder?.record();
    this.#enter("recording", messages.recordingNow);
  }

  #pause() {
    this.#recorder?.pause();
    this.#enter("paused", messages.recordingPaused);
  }

  /** @param {string} sentence */
  #stop(sentence) {
    const take = this.#recorder?.take;
    this.#release();
    if (!take || take.duration_sec < this.#trim.least_sec) return this.#enter("failed", messages.nothingRecorded);
    this.#take = take;
    this.#enter("taken", sentence);
    this.#trim.show(take.peaks, take.duration_sec);
    this.#showRange();
  }

  #lose() {
    if (this.isBusy) return this.#stop(messages.microphoneLostKept);
    this.#release();
    this.#enter("failed", messages.microphoneLost);
  }

  async #listen() {
    if (this.#playing) return this.#playing.abort();
    if (!this.#take) return;
    this.#playing = new AbortController();
    part("listen").textContent = messages.stopListening;
    await playTake(this.#take, this.#trim.range, this.#playing.signal, (sec) => this.#trim.follow(sec));
    this.#playing = null;
    this.#trim.follow(0);
    part("listen").textContent = messages.listen;
  }

  #hand() {
    const { first_sec, last_sec } = this.#trim.range;
    const file = this.#take?.writeWav(messages.recordingName(new Date()), first_sec, last_sec);
    this.close();
    this.dispatchEvent(new CustomEvent("taken", { detail: file }));
  }

  /** @param {number} peak */
  #meter(peak) {
    find("level-meter", LevelMeter).show(peak);
    this.#showTime(this.#recorder?.take?.duration_sec ?? 0);
  }

  #showRange() {
    this.#playing?.abort();
    const { first_sec, last_sec } = this.#trim.range;
    this.#showTime(last_sec - first_sec);
  }

  /** @param {number} sec */
  #showTime(sec) {
    const text = formatDuration(sec);
    if (part("time").textContent !== text) part("time").textContent = text;
  }

  /** A choice only where there is one. */
  async #offerDevices() {
    const devices = await listMicrophones();
    const select = find("#record-device", HTMLSelectElement);
    const options = devices.map(({ label, deviceId }, i) => new Option(label || messages.microphone(i + 1), deviceId));
    select.replaceChildren(...options);
    select.value = this.#recorder?.device_id ?? "";
    this.#showDevices();
  }

  #showDevices() {
    const { options } = find("#record-device", HTMLSelectElement);
    part("devices").hidden = this.#phase !== "ready" || options.length < 2;
  }

  /** Shows what can be done now; the first of it has the focus. @param {Phase} phase @param {string} note */
  #enter(phase, note) {
    const had_focus = this.contains(document.activeElement);
    this.#phase = phase;
    this.dataset.phase = phase;
    this.tell(note);
    for (const element of this.querySelectorAll("[data-in]")) {
      if (element instanceof HTMLElement) element.hidden = !element.dataset.in?.split(" ").includes(phase);
    }
    this.#showDevices();
    part("pause").textContent = phase === "paused" ? messages.goOn : messages.pause;
    const first = this.querySelector("button:not([hidden])");
    if (had_focus && first instanceof HTMLElement) first.focus();
    this.dispatchEvent(new Event("phase"));
  }
}

customElements.define("record-view", RecordView);
