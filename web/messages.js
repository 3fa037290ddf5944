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
  tooLong: (limit_min) => `This recording is too long: up to ${limit_min} minutes fit into the browser’s memory.`,
  /** @param {number} decoded_sec @param {number} declared_sec */
  cutOff: (decoded_sec, declared_sec) =>
    `The file is cut off: it holds ${formatDuration(decoded_sec)} of the ${formatDuration(declared_sec)} that it announces.`,
  exampleMissing: "The example could not be loaded.",

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
  /** @param {number} sec */
  timeLeft: (sec) => (sec < 90 ? `about ${sec} s left` : `about ${Math.round(sec / 60)} min left`),
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

  // Offline
  /** @param {number} fraction */
  savingOffline: (fraction) => `Saving for offline use, ${Math.floor(fraction * 100)} %`,
  offlineReady: "Works offline",
};
