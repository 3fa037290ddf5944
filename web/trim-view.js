/** <trim-view>: the waveform of a take between two handles, which say where the music begins and ends. */

import { messages } from "./messages.js";

const LEAST_SEC = 1; // shorter ones are not transcribed
const STEP_SEC = 0.1;
const COLUMN_PX = 3; // a bar of the waveform and the gap after it

export class TrimView extends HTMLElement {
  #canvas = document.createElement("canvas");
  #first = document.createElement("input");
  #last = document.createElement("input");
  #duration_sec = 0;
  /** @type {readonly number[]} */
  #peaks = [];
  #cursor_sec = 0;
  least_sec = LEAST_SEC;

  connectedCallback() {
    this.#canvas.setAttribute("aria-hidden", "true");
    for (const handle of [this.#first, this.#last]) {
      handle.type = "range";
      handle.min = "0";
      handle.step = String(STEP_SEC);
      handle.addEventListener("input", () => this.#move(handle));
    }
    this.#first.setAttribute("aria-label", messages.trimFirst);
    this.#last.setAttribute("aria-label", messages.trimLast);
    this.append(this.#canvas, this.#first, this.#last);
    new ResizeObserver(() => this.#draw()).observe(this);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw());
  }

  /** What is between the handles. */
  get range() {
    const last_sec = Math.min(this.#last.valueAsNumber, this.#duration_sec); // the last step may be beyond
    return { first_sec: this.#first.valueAsNumber, last_sec };
  }

  /** @param {readonly number[]} peaks 0..1, evenly @param {number} duration_sec */
  show(peaks, duration_sec) {
    this.#peaks = peaks;
    this.#duration_sec = duration_sec;
    this.#cursor_sec = 0;
    for (const handle of [this.#first, this.#last]) {
      handle.max = (Math.ceil(duration_sec / STEP_SEC) * STEP_SEC).toFixed(1);
    }
    this.#first.value = "0";
    this.#last.value = this.#last.max;
    this.#tell();
  }

  /** @param {number} sec what is heard now; 0: nothing */
  follow(sec) {
    this.#cursor_sec = sec;
    this.#draw();
  }

  /** One does not pass the other. @param {HTMLInputElement} handle */
  #move(handle) {
    const [first, last] = [this.#first, this.#last];
    if (handle === first) first.valueAsNumber = Math.min(first.valueAsNumber, last.valueAsNumber - LEAST_SEC);
    else last.valueAsNumber = Math.max(last.valueAsNumber, first.valueAsNumber + LEAST_SEC);
    this.#tell();
    this.dispatchEvent(new Event("trim"));
  }

  #tell() {
    for (const handle of [this.#first, this.#last]) {
      handle.setAttribute("aria-valuetext", messages.trimAt(handle.valueAsNumber));
    }
    this.#draw();
  }

  #draw() {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const context = this.#canvas.getContext("2d");
    if (!context || width === 0 || this.#peaks.length === 0) return;
    this.#canvas.width = Math.round(width * devicePixelRatio); // and all is wiped
    this.#canvas.height = Math.round(height * devicePixelRatio);
    context.scale(devicePixelRatio, devicePixelRatio);
    context.fillStyle = getComputedStyle(this).color;
    const { first_sec, last_sec } = this.range;
    for (let x = 0; x < width; x += COLUMN_PX) {
      const sec = (x / width) * this.#duration_sec;
      context.globalAlpha = sec >= first_sec && sec <= last_sec ? 1 : 0.25;
      const length = Math.max(1, this.#findPeak(x / width, (x + COLUMN_PX) / width) * height);
      context.fillRect(x, (height - length) / 2, COLUMN_PX - 1, length);
    }
    context.globalAlpha = 1;
    if (this.#cursor_sec > 0) context.fillRect((this.#cursor_sec / this.#duration_sec) * width, 0, 2, height);
  }

  /** Its root: soft music would be a line. @param {number} from @param {number} to of the take, 0..1 */
  #findPeak(from, to) {
    const [first, last] = [Math.floor(from * this.#peaks.length), Math.ceil(to * this.#peaks.length)];
    return Math.sqrt(
      this.#peaks.slice(first, Math.max(last, first + 1)).reduce((most, peak) => Math.max(most, peak), 0),
    );
  }
}

customElements.define("trim-view", TrimView);
