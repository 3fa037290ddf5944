/** From a file to its piece with a score: a recording is listened to, a MIDI file or a saved project opened. */

import { SPEED } from "./about.js";
import { openRecording, RecordingError } from "./audio.js";
import { StorageError } from "./database.js";
import { nameTitle } from "./exports.js";
import { recogniseFile } from "./intake.js";
import { messages } from "./messages.js";
import { Piece } from "./piece.js";
import { remember } from "./remembered.js";
import { TranscriptionError } from "./transcriber.js";
import { keepUnfinished } from "./unfinished.js";
import { watchPeaks } from "./waveform.js";

/**
 * @import { Source } from "./piece.js"
 * @import { Checkpoint, Choices, Engine, Note, Pedal, Stage } from "./protocol.js"
 * @import { Recording } from "./audio.js"
 * @import { Transcriber } from "./transcriber.js"
 * @import { Unfinished } from "./unfinished.js"
 * @import { Writer } from "./writer.js"
 */

/** @typedef {{ unfinished: Unfinished, checkpoints: Checkpoint[] }} Begun a listening that was broken off */

/**
 * @typedef {object} Making
 * @property {AbortSignal} signal
 * @property {Transcriber} transcriber listens and opens
 * @property {Writer} writer of the piece's corrections
 * @property {{ setting: string, engine: Engine } | null} listening
 * @property {(duration_sec: number) => void} onOpened a recording is about to be listened to
 * @property {(stage: Stage, fraction: number) => void} onProgress
 * @property {(peaks: Uint8Array) => void} onPeaks of the waveform, as it is read
 * @property {(notes: Note[], pedals: Pedal[]) => void} onHeard
 * @property {Begun | null} begun where this was broken off before
 * @property {boolean} is_kept whether the recording may lie on the device meanwhile
 */

const MOST_BYTES = 60_000_000; // of a project, as result.py says: before it fills the memory

/**
 * @param {File} file
 * @param {Making} making
 * @returns {Promise<Piece>}
 */
export async function makePiece(file, making) {
  return (await recogniseFile(file)) === "recording" ? listen(file, making) : open(file, making);
}

/** @param {File} file @param {Making} making */
async function listen(file, making) {
  const { signal, begun, onPeaks } = making;
  /** @type {Uint8Array | null} */
  let waveform = null;
  const recording = watchPeaks(await openRecording(file, signal), (peaks) => {
    waveform = peaks;
    onPeaks(peaks);
  });
  const facts = { ...nameFacts(file), ...(begun && { id: begun.unfinished.id }) };
  const setting = begun ? begun.unfinished.setting : making.listening?.setting;
  const unfinished = { id: facts.id, name: file.name, type: file.type, setting, fraction: 0 };
  const keeping = making.is_kept ? keepUnfinished(unfinished, file, begun?.checkpoints ?? []) : null;
  try {
    const heard = await hear(recording, { title: nameTitle(file.name), setting }, making, keeping?.keep);
    const source = { ...facts, ...heard.source, recording: file, warnings: recording.findWarnings(), waveform };
    await keeping?.end(true); // until the piece is kept
    return new Piece(source, making.writer, heard.transcription);
  } catch (error) {
    keeping?.end(!signal.aborted && explain(error).detail !== "");
    throw error;
  } finally {
    recording.close();
  }
}

/**
 * @param {Recording} recording
 * @param {Choices} choices
 * @param {Making} making
 * @param {(checkpoint: Checkpoint) => void} [onCheckpoint]
 */
async function hear(recording, choices, making, onCheckpoint) {
  const { signal, transcriber, onHeard } = making;
  const { duration_sec } = recording;
  making.onOpened(duration_sec);
  const onProgress = measureSpeed(duration_sec, making.onProgress);
  const begun = making.begun?.checkpoints ?? [];
  const listeners = { signal, onProgress, onHeard, onCheckpoint };
  const options = { choices, engine: making.listening?.engine, begun, ...listeners };
  const transcription = await transcriber.transcribe(recording, options);
  const { title = "" } = choices;
  return { transcription, source: { title, duration_sec, performance: transcription.heard, choices } };
}

/** @param {File} file @param {Making} making */
async function open(file, { signal, transcriber, writer, onProgress }) {
  if (file.size === 0) throw new RecordingError(messages.empty);
  if (file.size > MOST_BYTES) throw new RecordingError(messages.tooLarge);
  await file.arrayBuffer().catch(() => {
    throw new RecordingError(messages.unreadable);
  });
  const opened = await transcriber.open(file, { signal });
  const { performance, duration_sec, choices } = opened;
  const title = opened.title || nameTitle(file.name);
  const named = { ...choices, title: choices.title || title };
  const transcription = await transcriber.notate(performance, duration_sec, { choices: named, signal, onProgress });
  const source = { ...nameFacts(file), ...opened, title, choices: named, recording: null, warnings: [] };
  return new Piece(source, writer, transcription);
}

/**
 * Remembers how many times as fast as it was played a recording is listened to, for "About this device".
 * @param {number} duration_sec
 * @param {Making["onProgress"]} onProgress
 * @returns {Making["onProgress"]}
 */
function measureSpeed(duration_sec, onProgress) {
  let begun_ms = 0;
  return (stage, fraction) => {
    if (stage === "listening") begun_ms ||= performance.now();
    if (stage === "notating" && begun_ms) {
      remember(SPEED, String((1000 * duration_sec) / (performance.now() - begun_ms)));
      begun_ms = 0;
    }
    onProgress(stage, fraction);
  };
}

/**
 * What is kept already, and needs no listening. A page that was closed before it could take back an impossible
 * correction has left it: the one before it holds then.
 * @param {Source} source
 * @param {Writer} writer
 * @param {AbortSignal} signal
 */
export async function writePiece(source, writer, signal) {
  const { performance, duration_sec, choices, steps, warnings } = source;
  try {
    return new Piece(source, writer, await writer.notate(performance, duration_sec, { choices, signal }));
  } catch (error) {
    const before = steps?.past.at(-1);
    if (signal.aborted || !before || explain(error).detail) throw error;
    const past = steps?.past.slice(0, -1) ?? [];
    const said = [...new Set([...warnings, messages.correctionTakenBack])];
    return writePiece({ ...source, choices: before, steps: { past, future: [] }, warnings: said }, writer, signal);
  }
}

/** @param {File} file */
const nameFacts = ({ name }) => ({ id: crypto.randomUUID(), name, created_ms: Date.now() });

/**
 * @param {unknown} error
 * @returns {{ sentence: string, detail: string }} why there is no piece; the detail is for whoever reports the fault
 */
export function explain(error) {
  if (error instanceof RecordingError || error instanceof StorageError) return { sentence: error.message, detail: "" };
  if (error instanceof TranscriptionError) return { sentence: error.message, detail: error.detail };
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { sentence: messages.wentWrong, detail };
}
