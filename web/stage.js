/**
 * Where sound is made: an audio context and in it a mixer, a clock and a performer. It comes to be at a person's press,
 * without which no browser plays, and goes with the piece.
 */

import { ContextClock, RecordingClock } from "./clocks.js";
import { countIn } from "./metronome.js";
import { createMixer, setLevels } from "./mixer.js";
import { Performer } from "./performer.js";
import { strike } from "./sampler.js";

/**
 * @import { Clock } from "./clocks.js"
 * @import { Levels } from "./mixer.js"
 * @import { Buffers } from "./sampler.js"
 * @import { Beats, Music } from "./sounds.js"
 */

const STRIKE_SEC = 0.8;

export class Stage {
  #context = new AudioContext();
  #mixer = createMixer(this.#context);
  #performer = new Performer(this.#context, this.#mixer);
  #speed = 1;
  /** @type {Clock} */
  clock;

  /** @param {Blob | null} recording @param {() => void} onUnplayable this browser may decode what it cannot play */
  constructor(recording, onUnplayable) {
    this.clock = recording
      ? new RecordingClock(this.#context, this.#mixer.recording, recording, onUnplayable)
      : new ContextClock(this.#context);
  }

  resume() {
    return this.#context.resume();
  }

  close() {
    this.clock.close();
    this.#context.close();
  }

  /** From now on the context tells the time. */
  leaveRecording() {
    this.clock.close();
    this.clock = new ContextClock(this.#context);
  }

  /** @param {Levels & { speed: number }} settings */
  set(settings) {
    this.#speed = settings.speed;
    this.clock.speed = settings.speed;
    setLevels(this.#mixer, settings, this.#context.currentTime);
  }

  /** @param {number} sec @param {Beats} beats of a bar that is counted before; none: at once */
  start(sec, beats) {
    const now_sec = this.#context.currentTime;
    const { bar_sec, clicks } = countIn(beats, sec);
    this.#performer.begin(sec);
    this.#performer.count(clicks, { first_sec: sec - bar_sec, begin_sec: now_sec, speed: this.#speed });
    this.clock.start(sec, now_sec + bar_sec / this.#speed);
  }

  halt() {
    this.clock.stop();
    this.#performer.begin(0);
  }

  /** @param {Music} music @param {number} end_sec nothing from there on */
  advance(music, end_sec) {
    this.#performer.advance(music, this.clock.sec, end_sec, this.#speed);
  }

  /** What comes is not what was to come. @param {number} sec from where on */
  revise(sec) {
    this.#performer.revise(sec);
  }

  /** @param {Buffers} piano @param {number} pitch @param {number} velocity */
  strike(piano, pitch, velocity) {
    const onset_sec = this.#context.currentTime;
    strike(this.#context, this.#mixer.struck, piano, {
      onset_sec,
      offset_sec: onset_sec + STRIKE_SEC,
      pitch,
      velocity,
    });
  }
}
