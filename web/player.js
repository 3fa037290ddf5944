/**
 * The transport: one clock for the recording, the transcription and the metronome.
 *
 * What may be played is chosen here; how it comes to sound is the stage's (stage.js).
 */

import { messages } from "./messages.js";
import { listClicks } from "./metronome.js";
import { loadPiano } from "./sampler.js";
import { collectSounds } from "./sounds.js";
import { Stage } from "./stage.js";

/**
 * @import { Transcription } from "./transcriber.js"
 * @import { Levels } from "./mixer.js"
 * @import { Buffers } from "./sampler.js"
 * @import { Beats, Music } from "./sounds.js"
 */

/** @typedef {{ first_sec: number, last_sec: number }} Loop */
/** @typedef {"stopped" | "loading" | "playing"} State */
/** @typedef {{ speed: number, countsIn: boolean, clicks: boolean } & Levels} Settings `clicks`: the metronome */

const TICK_MS = 25;
const END_SEC = 0.05; // so near the end there is nothing to hear
const SILENT_MS = 5000; // without a loudspeaker some browsers never say that sound has begun

export class Player extends EventTarget {
  /** @type {Blob | null} */
  #recording = null;
  /** @type {Stage | null} */
  #stage = null;
  /** @type {Promise<unknown> | null} */
  #loading = null;
  /** @type {Buffers | null} */
  #piano = null;
  /** @type {Omit<Music, "piano">} */
  #music = { sounds: [], clicks: [] };
  /** @type {Settings} */
  #settings = { speed: 1, countsIn: false, clicks: false, balance: 1, mutes: { 1: false, 2: false } };
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #frame = 0;
  /** Where it stands still, or began to play. */
  #sec = 0;
  /** @type {Beats} */
  beats = [];
  duration_sec = 0;
  /** @type {Loop | null} */
  loop = null;
  /** @type {State} */
  state = "stopped";
  /** What to tell a person; empty where all is well. */
  notice = "";

  /**
   * Events: "time" (its `detail` is the second) about every frame while playing and at a jump; "state" when anything else
   * that a view may show is new.
   * @param {Blob | null} recording
   * @param {number} duration_sec
   */
  open(recording, duration_sec) {
    this.close();
    this.#recording = recording;
    this.duration_sec = duration_sec;
    this.set({ balance: recording ? 0 : 1 });
    this.#moveTo(0);
  }

  /** Takes new notes and beats, while it plays too. @param {Transcription} transcription */
  update({ result, notes }) {
    const { performance, score } = result;
    this.beats = score.beats;
    this.#music = {
      sounds: collectSounds(notes, score.notes, performance.pedals),
      clicks: listClicks(score.beats),
    };
    this.#revise();
  }

  close() {
    this.#halt();
    this.#stage?.close();
    this.#stage = null;
    this.#recording = null;
    this.#music = { sounds: [], clicks: [] };
    this.beats = [];
    this.loop = null;
    this.notice = "";
  }

  get hasRecording() {
    return this.#recording !== null;
  }

  get sec() {
    const sec = this.state === "playing" && this.#stage ? this.#stage.clock.sec : 0;
    return Math.min(Math.max(sec, this.#sec), this.duration_sec); // a count-in stands where the music begins
  }

  /** Seconds of the music that pass in one: 0 while it stands, also before it has begun to sound. */
  get pace() {
    const clock = this.#stage?.clock;
    const is_moving = this.state === "playing" && clock?.isRunning && clock.sec >= this.#sec;
    return is_moving ? this.#settings.speed : 0;
  }

  get settings() {
    return this.#settings;
  }

  /** @param {Partial<Settings>} settings those that change */
  set(settings) {
    const { sec } = this;
    this.#settings = { ...this.#settings, ...settings };
    this.#stage?.set(this.#settings);
    if (this.state === "playing" && this.#settings.balance > 0) this.#load();
    this.#revise(sec);
  }

  /** From one second to another, again and again; null: no longer. @param {number | null} first_sec @param {number} [last_sec] */
  setLoop(first_sec, last_sec = this.duration_sec) {
    this.loop = first_sec === null ? null : { first_sec, last_sec };
    this.#revise();
  }

  toggle() {
    if (this.state === "stopped") return this.play();
    this.pause();
  }

  async play() {
    if (this.state !== "stopped") return;
    this.#tell("loading");
    const piano = this.#settings.balance > 0 ? this.#load() : null;
    const [stage] = await Promise.all([this.#wake(), this.#recording ? null : piano]); // the recording waits for no piano
    if (/** @type {State} */ (this.state) !== "loading" || stage !== this.#stage) return; // paused or closed meanwhile
    if (stage && (this.#recording || this.#piano)) this.#start(this.#findStart(), this.#settings.countsIn);
    else this.#tell("stopped");
  }

  pause() {
    const { sec } = this;
    this.#halt();
    this.#moveTo(sec);
  }

  /** Back to the beginning. */
  stop() {
    this.#halt();
    this.#moveTo(this.loop?.first_sec ?? 0);
  }

  /** @param {number} sec */
  seek(sec) {
    const target_sec = Math.min(Math.max(sec, 0), this.duration_sec);
    if (this.state === "playing") this.#start(target_sec);
    else this.#moveTo(target_sec);
  }

  /** Sounds one note. @param {number} pitch @param {number} [velocity] */
  async strike(pitch, velocity = 80) {
    const [stage] = await Promise.all([this.#wake(), this.#load()]);
    if (this.#piano && stage && stage === this.#stage) stage.strike(this.#piano, pitch, velocity);
  }

  /** @returns {Promise<Stage | null>} null where this device makes no sound */
  async #wake() {
    /** @type {Stage | null} */
    let stage = null;
    try {
      stage = this.#open();
      const silence = new Promise((_, reject) => setTimeout(reject, SILENT_MS));
      await Promise.race([stage.resume(), silence]);
      if (this.notice === messages.noSound) this.notice = "";
      return stage;
    } catch {
      if (stage !== this.#stage) return stage; // closed meanwhile
      stage?.close();
      this.#stage = null;
      this.notice = messages.noSound;
      this.#tell();
      return null;
    }
  }

  #open() {
    if (this.#stage) return this.#stage;
    this.#stage = new Stage(this.#recording, () => this.#doWithoutRecording());
    this.#stage.set(this.#settings);
    return this.#stage;
  }

  #doWithoutRecording() {
    const { sec } = this;
    this.#halt();
    this.#stage?.leaveRecording();
    this.#recording = null;
    this.notice = messages.recordingUnplayable;
    this.set({ balance: 1 });
    this.#moveTo(sec);
  }

  /** What has failed is tried again when it is next needed. */
  #load() {
    if (this.#piano) return null;
    /** @param {string} notice */
    const tell = (notice) => {
      this.notice = notice;
      this.#tell();
    };
    this.#loading ??= loadPiano((fraction) => tell(messages.loadingPiano(fraction)))
      .then((piano) => {
        this.#piano = piano;
        this.#revise();
        tell("");
      })
      .catch((error) => tell(error.message))
      .finally(() => {
        this.#loading = null;
      });
    return this.#loading;
  }

  /** Where it stands; at the end, or ahead of the loop, from the beginning. */
  #findStart() {
    const { first_sec, last_sec } = this.loop ?? { first_sec: 0, last_sec: this.duration_sec };
    return this.#sec < last_sec - END_SEC && (!this.loop || this.#sec >= first_sec) ? this.#sec : first_sec;
  }

  /** @param {number} sec @param {boolean} [counts] one bar before */
  #start(sec, counts = false) {
    this.#open().start(sec, counts ? this.beats : []);
    this.#moveTo(sec);
    this.#tell("playing");
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(this.#show);
  }

  #tick() {
    const stage = this.#open();
    const { clock } = stage;
    const end_sec = this.loop?.last_sec ?? this.duration_sec;
    if (clock.isOver || (clock.isRunning && clock.sec >= end_sec)) {
      if (this.loop) this.#start(this.loop.first_sec);
      else this.stop();
    } else if (clock.isRunning) {
      const clicks = this.#settings.clicks ? this.#music.clicks : [];
      stage.advance({ sounds: this.#music.sounds, piano: this.#piano, clicks }, end_sec);
    }
  }

  #show = () => {
    this.dispatchEvent(new CustomEvent("time", { detail: this.sec }));
    this.#frame = requestAnimationFrame(this.#show);
  };

  /** What comes is not what was to come. */
  #revise(sec = this.sec) {
    if (this.state === "playing") this.#stage?.revise(sec);
    this.#tell();
  }

  #halt() {
    clearInterval(this.#timer);
    cancelAnimationFrame(this.#frame);
    this.#stage?.halt();
    this.state = "stopped";
  }

  /** @param {number} sec */
  #moveTo(sec) {
    this.#sec = sec;
    this.dispatchEvent(new CustomEvent("time", { detail: sec }));
    this.#tell();
  }

  #tell(state = this.state) {
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}
