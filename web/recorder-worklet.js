/** On the sound thread: what the microphone gives is mixed to mono and handed to the page block by block. */

const BLOCK_SAMPLES = 1024; // 21 ms at 48 kHz: a level meter asks for no more, and no more is lost at the end

class RecorderWorklet extends AudioWorkletProcessor {
  #block = new Float32Array(BLOCK_SAMPLES);
  #n_filled = 0;

  /** @param {Float32Array[][]} inputs */
  process([channels = []]) {
    const n_samples = channels[0]?.length ?? 0;
    for (let i = 0; i < n_samples; i++) {
      let sum = 0;
      for (const channel of channels) sum += /** @type {number} */ (channel[i]);
      this.#block[this.#n_filled++] = sum / channels.length;
      if (this.#n_filled === BLOCK_SAMPLES) this.#hand();
    }
    return true;
  }

  #hand() {
    this.port.postMessage(this.#block, [this.#block.buffer]);
    this.#block = new Float32Array(BLOCK_SAMPLES);
    this.#n_filled = 0;
  }
}

registerProcessor("recorder-worklet", RecorderWorklet);
