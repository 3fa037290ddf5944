/** Every sentence the page says, in one table; another language is another table. */

/** @import { Result } from "./protocol.js" */

/** @param {number} sec */
export function formatDuration(sec) {
  const whole = Math.round(sec);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

const MAJOR = ["C♭", "G♭", "D♭", "A♭", "E♭", "B♭", "F", "C", "G", "D", "A", "E", "B", "F♯", "C♯"];
const MINOR = ["A♭", "E♭", "B♭", "F", "C", "G", "D", "A", "E", "B", "F♯", "C♯", "G♯", "D♯", "A♯"];

const FORMATS = "WAV, MP3, FLAC, Ogg, Opus and M4A/AAC work";

export const messages = {
  // Opening a recording
  empty: "This file is empty.",
  unreadable: "This file could not be read: it may have moved, be a folder, or not be yours to open.",
  /** @param {string} name */
  unknownFormat: (name) => `“${name}” is not a recording this browser can open; ${FORMATS}.`,
  noAudio: "There is no sound in this file.",
  /** @param {number} limit_min */
  tooLong: (limit_min) => `This recording is too long: this browser can open up to ${limit_min} minutes.`,
  /** @param {number} decoded_sec @param {number} declared_sec */
  cutOff: (decoded_sec, declared_sec) =>
    `The file is cut off: it holds ${formatDuration(decoded_sec)} of the ${formatDuration(declared_sec)} that it announces.`,
  /** @param {number} first_sec */
  damaged: (first_sec) => `The file is damaged at ${formatDuration(first_sec)}: some music may be missing there.`,
  exampleMissing: "The example could not be loaded.",

  // How thoroughly to listen, in the order of the choice
  settings: {
    balanced: "Balanced",
    fast: "Fast: some notes may be missed",
    exact: "Exact: takes about twice as long",
  },
  /** @param {number} n_mb */
  download: (n_mb) => `, ${Math.ceil(n_mb)} MB to download once`,

  // Transcribing
  wentWrong: "Something went wrong.",
  stopped: "The transcription stopped unexpectedly, perhaps for lack of memory.",
  engraverFailed: "The score could not be drawn, but the downloads hold it.",

  // Progress
  stages: {
    opening: "Opening the recording",
    boot: "Getting ready",
    model: "Loading the listening model",
    listening: "Listening",
    notating: "Writing the score",
  },
  estimating: "estimating the time…",
  almostDone: "almost done",
  /** No finer than the estimate is. @param {number} sec */
  timeLeft(sec) {
    if (sec < 5) return this.almostDone;
    if (sec < 90) return `about ${Math.round(sec / 5) * 5} s left`;
    if (sec > 300) return `about ${Math.round(sec / 60)} min left`;
    const tens = Math.round(sec / 10);
    return `about ${Math.floor(tens / 6)} min ${(tens % 6) * 10} s left`.replace(" 0 s", "");
  },
  /** @param {string} name @param {number} duration_sec */
  recording: (name, duration_sec) => `${name}, ${formatDuration(duration_sec)}`,

  // The score
  /** One line: the number of notes, and the first key, meter and tempo. @param {Result} result */
  facts({ performance, score, duration_sec }) {
    const n_notes = performance.notes.length;
    const [key, meter, tempo] = [score.keys[0], score.meters[0], score.tempos[0]];
    const facts = [
      n_notes === 1 ? "1 note" : `${n_notes} notes`,
      key && `${(key.mode === "major" ? MAJOR : MINOR)[key.fifths + 7]} ${key.mode}`,
      meter && `${meter.beats}/${meter.beat_type}`,
      tempo && `♩ = ${Math.round(tempo.bpm)}`,
      formatDuration(duration_sec),
    ];
    return facts.filter(Boolean).join(" · ");
  },
  /** @param {number} page @param {number} n_pages */
  page: (page, n_pages) => (n_pages === 1 ? "Score" : `Score, part ${page} of ${n_pages}`),
  scoreReady: "The score is ready.",

  /**
   * @param {{ engine: "wasm" | "webgpu", n_threads: number, isolated: boolean, setting: string,
   *   memory_gb: number | undefined, saved: string }} device
   */
  about({ engine, n_threads, isolated, setting, memory_gb, saved }) {
    const threads = n_threads === 1 ? "1 thread" : `${n_threads} threads`;
    const name =
      setting in this.settings ? this.settings[/** @type {keyof typeof this.settings} */ (setting)] : setting;
    return [
      ["The network runs on", engine === "webgpu" ? "WebGPU" : `WebAssembly, ${threads}`],
      ["Cross-origin isolated", isolated ? "yes" : "no, hence one thread"],
      ["Listening", name],
      ["Memory of the device", memory_gb === undefined ? "not told by this browser" : `${memory_gb} GB or more`],
      ["Kept on this device", saved || "not yet"],
    ];
  },

  // Offline
  /** @param {number} fraction */
  savingOffline: (fraction) => `Saving for offline use, ${Math.floor(fraction * 100)} %`,
  offlineReady: "Works offline",
};
