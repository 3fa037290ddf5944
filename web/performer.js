/**
 * Plays music live: hands what sounds to the audio context a little ahead of a clock, so that no busy moment of the page
 * is heard, and takes back what has not begun when something changes.
 */

import { play } from "./sounds.js";

/**
 * @import { Mixer } from "./mixer.js"
 * @import { Voice } from "./sampler.js"
 * @import { Click } from "./metronome.js"
 * @import { Music, Stretch } from "./sounds.js"
 */

const AHEAD_SEC = 1.2; // a hidden page may be called only once a second

export class Performer {
  #context;
  #mixer;
  /** @type {Set<Voice>} */
  #voices = new Set();
  /** The count-in stays whatever changes. @type {Voice[]} */
  #count = [];
  /** Up to here of the music sounds were handed over. */
  #handed_sec = 0;

  /** @param {AudioContext} context @param {Mixer} mixer */
  constructor(context, mixer) {
    this.#context = context;
    this.#mixer = mixer;
  }

  /** Whatever sounds ends, and the next comes from here. @param {number} sec of the music */
  begin(sec) {
    for (const voice of [...this.#voices, ...this.#count]) voice.stop(this.#context.currentTime);
    this.#voices.clear();
    this.#count = [];
    this.#handed_sec = sec;
  }

  /** What comes from here on is played anew; what sounds, sounds on. @param {number} sec */
  revise(sec) {
    const now_sec = this.#context.currentTime;
    for (const voice of this.#voices) {
      if (voice.begin_sec <= now_sec) continue;
      voice.stop(now_sec);
      this.#voices.delete(voice);
    }
    this.#handed_sec = sec;
  }

  /**
   * To be called several times a second.
   * @param {Music} music
   * @param {number} sec what the clock says
   * @param {number} end_sec nothing from there on
   * @param {number} speed
   */
  advance(music, sec, end_sec, speed) {
    const last_sec = Math.min(sec + AHEAD_SEC * speed, end_sec);
    if (last_sec <= this.#handed_sec) return;
    const begin_sec = this.#context.currentTime + (this.#handed_sec - sec) / speed;
    const stretch = { first_sec: this.#handed_sec, last_sec, begin_sec, speed };
    for (const voice of play(this.#context, this.#mixer, music, stretch)) {
      this.#voices.add(voice);
      voice.source.addEventListener("ended", () => this.#voices.delete(voice));
    }
    this.#handed_sec = last_sec;
  }

  /** @param {Click[]} clicks @param {Omit<Stretch, "last_sec">} stretch */
  count(clicks, stretch) {
    const music = { piano: null, sounds: [], clicks };
    this.#count = play(this.#context, this.#mixer, music, { ...stretch, last_sec: Infinity });
  }
}
