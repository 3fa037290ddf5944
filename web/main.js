/** Wiring: files go in, the transcriber works, the views show. */

import { tellAbout } from "./about.js";
import { openRecording, RecordingError } from "./audio.js";
import { checkEngines, distrustWebgpu, isWorthChecking, recallEngine } from "./engine.js";
import { nameTitle, saveMidi, saveMusicxml } from "./exports.js";
import { acceptFiles } from "./file-drop.js";
import { messages } from "./messages.js";
import { keepOffline } from "./offline.js";
import { ProgressView } from "./progress-view.js";
import { RollView } from "./roll-view.js";
import { ScoreView } from "./score-view.js";
import { offerSettings } from "./settings.js";
import { Transcriber, TranscriptionError } from "./transcriber.js";

/**
 * @import { Engine } from "./protocol.js"
 * @import { Transcription } from "./transcriber.js"
 */

const EXAMPLE = "minuet.mp3";
const STATES = /** @type {const} */ (["welcome", "working", "result"]);

/**
 * The element of this selector, known to be of this class.
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} type
 */
function find(selector, type) {
  const element = document.querySelector(selector);
  if (!(element instanceof type)) throw new Error(`The page has no ${selector}.`);
  return element;
}
const byId = (/** @type {string} */ id) => find(`#${id}`, HTMLElement);

const roll = find("roll-view", RollView);
const progress = find("progress-view", ProgressView);
const score = find("score-view", ScoreView);
const fileInput = find("#file", HTMLInputElement);

const transcriber = new Transcriber();
/** How to listen. @type {{ setting: string, core: string, engine: Engine } | null} */
let listening = null;
let current = new AbortController();
/** @type {{ name: string, transcription: Transcription } | null} */
let finished = null;
let becomeIsolated = () => {};

/** @param {typeof STATES[number]} state */
function show(state) {
  document.body.dataset.state = state;
  for (const name of STATES) byId(name).hidden = name !== state;
  scrollTo(0, 0);
  if (state === "welcome") becomeIsolated();
}

/** @param {string} sentence empty: no problem @param {string} detail */
function showProblem(sentence, detail = "") {
  byId("problem-text").textContent = sentence;
  byId("problem-detail").textContent = detail;
  byId("problem-details").hidden = detail === "";
  byId("problem-details").removeAttribute("open");
  byId("problem").hidden = sentence === "";
}

function goHome() {
  reset();
  document.title = "Ottava";
  show("welcome");
  byId("choose").focus();
}

/** Ends whatever runs and forgets the last score. */
function reset() {
  current.abort();
  current = new AbortController();
  finished = null;
  progress.stop();
  score.clear();
  roll.start(1);
  showProblem("");
  byId("announcement").textContent = "";
}

/**
 * @param {string} name of the recording
 * @param {(signal: AbortSignal) => File | Promise<File>} load
 */
async function work(name, load) {
  reset();
  const { signal } = current;
  byId("working-name").textContent = nameTitle(name);
  progress.start();
  show("working");
  byId("working-name").focus();
  let recording = null;
  try {
    recording = await openRecording(await load(signal), signal);
    roll.start(recording.duration_sec);
    byId("working-name").textContent = messages.recording(nameTitle(name), recording.duration_sec);
    const transcription = await transcriber.transcribe(recording, {
      choices: { title: nameTitle(name), setting: listening?.setting },
      engine: listening?.engine,
      signal,
      onProgress(stage, fraction) {
        progress.update(stage, fraction);
        if (stage === "notating") score.prepare(); // not before: it takes 70 MB
      },
      onHeard: (notes, pedals) => {
        roll.add(notes, pedals);
        progress.count(notes.length);
      },
    });
    await showResult(name, transcription, recording.findWarnings());
    considerWebgpu(signal);
  } catch (error) {
    if (!signal.aborted) giveUp(error);
  } finally {
    recording?.close();
  }
}

/** @param {string} name @param {Transcription} transcription @param {string[]} warnings of the file */
async function showResult(name, transcription, warnings) {
  const { result, musicxml } = transcription;
  finished = { name, transcription };
  progress.stop();
  document.title = `${result.title} – Ottava`;
  byId("facts").textContent = messages.facts(result);
  const items = [...warnings, ...result.warnings].map((sentence) => {
    const item = document.createElement("li");
    item.textContent = sentence;
    return item;
  });
  byId("warnings").replaceChildren(...items);
  byId("warnings").hidden = items.length === 0;
  show("result");
  byId("announcement").textContent = messages.scoreReady;
  byId("facts").focus();
  await score.show(musicxml, result.title).catch((error) => showProblem(messages.engraverFailed, error.message));
}

/** Once the score is there and the machine idle. @param {AbortSignal} signal */
async function considerWebgpu(signal) {
  if (!listening || !(await isWorthChecking(listening.core))) return;
  transcriber.rest(); // a phone has no memory for two models
  await checkEngines(listening.core, listening.setting, signal);
  listening.engine = await recallEngine(listening.core);
}

/** @param {unknown} error */
function giveUp(error) {
  if (listening?.engine === "webgpu" && error instanceof TranscriptionError && error.detail) {
    distrustWebgpu(listening.core);
    listening.engine = "wasm";
  }
  progress.stop();
  show("welcome");
  if (error instanceof RecordingError) showProblem(error.message);
  else if (error instanceof TranscriptionError) showProblem(error.message, error.detail);
  else showProblem(messages.wentWrong, error instanceof Error ? (error.stack ?? error.message) : String(error));
  byId("try-another").focus();
}

/** @param {AbortSignal} signal */
async function loadExample(signal) {
  const response = await fetch(`examples/${EXAMPLE}`, { signal }).catch(() => null);
  if (!response?.ok) throw new RecordingError(messages.exampleMissing);
  return new File([await response.blob()], EXAMPLE);
}

/** An hour takes ten seconds to engrave. */
async function printScore() {
  byId("print").toggleAttribute("disabled", true);
  await score.print();
  byId("print").toggleAttribute("disabled", false);
}

/** @param {string} id @param {() => unknown} action */
const onPress = (id, action) => byId(id).addEventListener("click", action);
onPress("choose", () => fileInput.click());
onPress("try-another", () => fileInput.click());
onPress("example", () => work(EXAMPLE, loadExample));
onPress("cancel", goHome);
onPress("print", printScore);
onPress("again", goHome);
onPress("save-musicxml", () => finished && saveMusicxml(finished.name, finished.transcription.musicxml));
onPress("save-midi", () => finished && saveMidi(finished.name, finished.transcription.midi));
addEventListener("keydown", (event) => {
  const { state } = document.body.dataset;
  if (event.key === "Escape" && state === "working") goHome();
  if (event.key === "p" && (event.ctrlKey || event.metaKey) && state === "result") {
    event.preventDefault(); // the browser would not wait for the engraver
    printScore();
  }
});
acceptFiles(fileInput, (file) => work(file.name, () => file));

/** Whoever points at a button or drags a file will soon need the model. */
const prepare = () => listening && transcriber.prepare({ setting: listening.setting, engine: listening.engine });
for (const target of [byId("choose"), byId("example")]) {
  target.addEventListener("pointerenter", prepare, { once: true });
}
addEventListener("dragenter", prepare, { once: true });

offerSettings(find("#setting", HTMLSelectElement), async (setting, core) => {
  const is_chosen = listening !== null;
  listening = { setting, core, engine: await recallEngine(core) };
  if (is_chosen) prepare(); // who chooses will soon need it
});

tellAbout(byId("about"), () => ({
  engine: listening?.engine ?? "wasm",
  setting: listening?.setting ?? "",
  saved: byId("offline").textContent,
}));

/** @param {number} fraction of the site that is kept on the device */
function showSaved(fraction) {
  byId("offline").textContent = fraction < 1 ? messages.savingOffline(fraction) : messages.offlineReady;
  byId("offline").classList.toggle("ready", fraction >= 1);
}

keepOffline(showSaved).then((reload) => {
  becomeIsolated = reload;
  if (document.body.dataset.state === "welcome") becomeIsolated();
});
