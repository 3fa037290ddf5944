/**
 * Two clocks of the music with one face: that of the recording as it is heard, and where there is none that of the audio
 * context. Both begin at a moment of the audio context that may lie ahead.
 */

/**
 * @typedef {object} Clock
 * @property {number} sec of the music; during a count-in before its beginning, or at it
 * @property {boolean} isRunning whether `sec` can be counted on
 * @property {boolean} isOver nothing more is to come
 * @property {number} speed
 * @property {(sec: number, begin_sec: number) => void} start at seconds of the context
 * @property {() => void} stop
 * @property {() => void} close
 */

/** @implements {Clock} */
export class ContextClock {
  #context;
  #sec = 0;
  #begin_sec = 0;
  #speed = 1;
  isRunning = false;
  isOver = false; // time has no end

  /** @param {BaseAudioContext} context */
  constructor(context) {
    this.#context = context;
  }

  get sec() {
    if (!this.isRunning) return this.#sec;
    return this.#sec + (this.#context.currentTime - this.#begin_sec) * this.#speed;
  }

  get speed() {
    return this.#speed;
  }

  set speed(speed) {
    this.#sec = this.sec;
    this.#begin_sec = this.#context.currentTime;
    this.#speed = speed;
  }

  /** @param {number} sec @param {number} begin_sec */
  start(sec, begin_sec) {
    this.#sec = sec;
    this.#begin_sec = begin_sec;
    this.isRunning = true;
  }

  stop() {
    this.#sec = this.sec;
    this.isRunning = false;
  }

  close() {
    this.stop();
  }
}

/** @implements {Clock} */
export class RecordingClock {
  #context;
  #address;
  #onFailure;
  #element = new Audio();
  /** Until the count-in is over. @type {ReturnType<typeof setTimeout> | undefined} */
  #waiting;
  #from_sec = 0;

  /**
   * @param {AudioContext} context
   * @param {AudioNode} output
   * @param {Blob} recording
   * @param {() => void} onFailure this browser cannot play it, or may not
   */
  constructor(context, output, recording, onFailure) {
    this.#context = context;
    this.#onFailure = onFailure;
    this.#address = URL.createObjectURL(recording);
    this.#element.preservesPitch = true;
    this.#element.addEventListener("error", onFailure);
    this.#element.src = this.#address;
    context.createMediaElementSource(this.#element).connect(output);
  }

  get sec() {
    return this.#waiting ? this.#from_sec : this.#element.currentTime;
  }

  /** The element's time moves only some moments after it was told to play. */
  get isRunning() {
    const { paused, seeking, currentTime } = this.#element;
    return !this.#waiting && !paused && !seeking && currentTime !== this.#from_sec;
  }

  get isOver() {
    return this.#element.ended;
  }

  get speed() {
    return this.#element.playbackRate;
  }

  set speed(speed) {
    this.#element.playbackRate = speed;
    this.#element.defaultPlaybackRate = speed; // loading sets the rate to it
  }

  /** @param {number} sec @param {number} begin_sec */
  start(sec, begin_sec) {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    this.#from_sec = sec;
    this.#element.currentTime = sec;
    const wait_sec = begin_sec - this.#context.currentTime;
    if (wait_sec <= 0) this.#play(false);
    else {
      this.#waiting = setTimeout(() => {
        this.#waiting = undefined;
        this.#element.currentTime = sec;
        this.#play(false);
      }, wait_sec * 1000);
      // Only what has begun at a person's press may begin again by itself: it begins unheard.
      this.#play(true).then(() => this.#waiting && this.#element.pause());
    }
  }

  stop() {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    this.#element.pause();
  }

  close() {
    this.stop();
    this.#element.removeEventListener("error", this.#onFailure);
    this.#element.removeAttribute("src");
    URL.revokeObjectURL(this.#address);
  }

  /** @param {boolean} muted */
  async #play(muted) {
    this.#element.muted = muted;
    try {
      await this.#element.play();
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) this.#onFailure(); // paused meanwhile
    }
  }
}
