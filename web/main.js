/** Wiring: files go in, the transcriber works, the views show. */

import { tellAbout } from "./about.js";
import { readAddress, replaceAddress } from "./address.js";
import { RecordingError } from "./audio.js";
import { keepAwake } from "./awake.js";
import { markPage } from "./elements.js";
import { nameTitle } from "./exports.js";
import { acceptFiles } from "./file-drop.js";
import { acceptHanded } from "./handed-files.js";
import { offerHelp } from "./help-view.js";
import { Keeping } from "./keeping.js";
import { fillLabels } from "./labels.js";
import { offerLanguages } from "./language-switch.js";
import { offerLibrary } from "./library.js";
import { LibraryView } from "./library-view.js";
import { Listening } from "./listening.js";
import { explain, makePiece, writePiece } from "./make-piece.js";
import { messages } from "./messages.js";
import { keepOffline } from "./offline.js";
import { ProgressView } from "./progress-view.js";
import { Queue } from "./queue.js";
import { QueueView } from "./queue-view.js";
import { find } from "./selection.js";
import { Transcriber } from "./transcriber.js";
import { readUnfinished } from "./unfinished.js";
import { offerUnfinished } from "./unfinished-view.js";
import { Writer } from "./writer.js";

/**
 * @import { Piece } from "./piece.js"
 * @import { Entry, Item } from "./queue.js"
 * @import { Unfinished } from "./unfinished.js"
 * @import { Views } from "./views.js"
 */

fillLabels();

const EXAMPLE = "examples/minuet.mp3";
const STATES = /** @type {const} */ (["welcome", "recording", "working", "result"]);

const byId = (/** @type {string} */ id) => find(`#${id}`, HTMLElement);

const progress = find("progress-view", ProgressView);
const queueView = find("queue-view", QueueView);
const libraryView = find("library-view", LibraryView);
const fileInput = find("#file", HTMLInputElement);

const transcriber = new Transcriber();
const queue = new Queue(make);
const writer = new Writer(transcriber, () => queue.isBusy);
const listening = new Listening(find("#setting", HTMLSelectElement), transcriber);
let current = new AbortController();
const keeping = new Keeping(byId("keeping"), find("#keep-recordings", HTMLInputElement));
let settle = () => {};
let has_agreed = false; // to losing what is under way
/** Once they are loaded. @type {Views | null} */
let views = null;
/** @type {Promise<Views> | null} */
let loading = null;

/** @throws {RecordingError} where they cannot be had: a browser asks for a module only once in the life of a page */
function loadViews() {
  loading ??= import("./views.js")
    .then(({ openViews }) => {
      views = openViews(showProblem);
      return views;
    })
    .catch(() => {
      throw new RecordingError(messages.viewsMissing);
    });
  return loading;
}

/** @param {typeof STATES[number]} state */
function show(state) {
  document.body.dataset.state = state;
  markPage("has-score", state === "result");
  for (const name of STATES) byId(name).hidden = name !== state;
  scrollTo(0, 0);
  if (state !== "recording") views?.recordView.close();
  queueView.unfold(state !== "result");
  showQueue();
  stayAwake();
  if (state === "welcome" && !queue.isNeeded) settle();
}

/** @param {string} sentence empty: no problem @param {string} detail */
function showProblem(sentence, detail = "") {
  byId("problem-text").textContent = sentence;
  byId("problem-detail").textContent = detail;
  byId("problem-details").hidden = detail === "";
  byId("problem-details").removeAttribute("open");
  const is_open = document.body.dataset.state === "result"; // it is the piece that goes on
  byId("try-another").hidden = is_open;
  byId("close-problem").hidden = !is_open;
  byId("problem").hidden = sentence === "";
}

function goHome() {
  reset();
  document.title = "Ottava";
  show("welcome");
  byId("choose").focus();
}

/** The list of pieces, where some are kept. */
function goToPieces() {
  goHome();
  libraryView.focusHeading();
}

/** Closes what is open. @param {string} [next_id] of the piece that follows */
function reset(next_id = "") {
  keeping.leave(next_id);
  current.abort();
  current = new AbortController();
  views?.workspace.close();
  showProblem("");
  byId("announcement").textContent = "";
}

/** Whoever reads a score meanwhile, or records, stays there. @param {Item[]} items */
function takeIn(items) {
  const stays = views?.recordView.isBusy || (queue.isBusy && document.body.dataset.state === "result");
  if (!stays) watch();
  queue.add(items);
  if (stays) queueView.reveal();
}

/** @param {Unfinished} unfinished a recording that was not heard to its end */
async function goOn(unfinished) {
  const kept = await readUnfinished(unfinished).catch(() => null);
  if (!kept) return showProblem(messages.unfinished.gone);
  takeIn([{ name: unfinished.name, load: () => kept.file, begun: { unfinished, checkpoints: kept.checkpoints } }]);
}

async function record() {
  const opened = await loadViews().catch((error) => showProblem(error.message));
  if (!opened) return;
  reset();
  show("recording");
  byId("record-headline").focus();
  opened.recordView.open();
}

/** Whoever records is told to end that first. */
function isRecording() {
  if (!views?.recordView.isBusy) return false;
  views.recordView.tell(messages.recordingFirst);
  return true;
}

/** Shows how far the recording is that is listened to. */
function watch() {
  if (isRecording()) return;
  reset();
  show("working");
  byId("working-name").focus();
}

/** @param {Pick<Entry, "name">} entry to work on */
function start({ name }) {
  byId("working-name").textContent = nameTitle(name);
  views?.roll.start(1);
  progress.start();
}

/** @param {File} file @param {Entry} entry */
async function make(file, entry) {
  const { roll, workspace } = await loadViews();
  return makePiece(file, {
    signal: entry.abort.signal,
    transcriber,
    writer,
    listening: listening.chosen,
    begun: entry.begun ?? null,
    is_kept: keeping.with_recordings,
    onOpened(duration_sec) {
      roll.start(duration_sec);
      byId("working-name").textContent = messages.recording(nameTitle(file.name), duration_sec);
    },
    onProgress(stage, fraction) {
      progress.update(stage, fraction);
      queue.advance(entry, stage, fraction);
      if (stage === "notating") workspace.prepare(); // not before: it takes 70 MB
    },
    onPeaks: (peaks) => roll.setPeaks(peaks),
    onHeard(notes, pedals) {
      roll.add(notes, pedals);
      progress.count(notes.length);
    },
  });
}

/** All have had their turn. */
async function finishQueue() {
  progress.stop();
  if (document.body.dataset.state === "working") {
    const [ready] = queue.entries.filter(({ state, isSeen }) => state === "done" && !isSeen);
    const failed = queue.entries.filter(({ state }) => state === "failed");
    if (ready) await openEntry(ready);
    else if (failed.length > 0) giveUp(failed);
    else goHome();
  }
  const is_heard = queue.entries.some(({ state }) => state === "done");
  if (is_heard && !queue.isBusy) listening.considerWebgpu(current.signal);
}

/** @param {Entry} entry that is done */
async function openEntry(entry) {
  if (isRecording()) return;
  entry.isSeen = true;
  showQueue();
  if (entry.piece) await showPiece(entry.piece);
}

/** The list is for several: a single file has the whole view. */
function showQueue() {
  const [first, ...others] = queue.entries;
  const { state } = document.body.dataset;
  const is_told = first?.isSeen || state === "working";
  queueView.hidden = !first || (others.length === 0 && is_told);
  queueView.show(queue.entries);
}

/** @param {Piece} piece */
async function showPiece(piece) {
  const { workspace } = await loadViews();
  reset(piece.id);
  show("result");
  byId("announcement").textContent = messages.scoreReady;
  byId("facts").focus();
  keeping.follow(piece);
  await workspace.open(piece);
  if (!piece.isWritten) piece.write(); // it was closed while a correction was under way
}

/** Opens a piece that is kept on this device; what is listened to meanwhile goes on. @param {string} id */
async function openKept(id) {
  if (isRecording()) return;
  reset(id);
  const { signal } = current;
  try {
    const [source, { roll, workspace }] = await Promise.all([keeping.read(id), loadViews()]);
    if (signal.aborted) return;
    if (!queue.isBusy) {
      start({ name: source.title });
      show("working");
      byId("working-name").textContent = messages.recording(source.title, source.duration_sec);
      byId("working-name").focus();
      roll.start(source.duration_sec);
      roll.setPeaks(source.waveform ?? null);
      roll.add(source.performance.notes, source.performance.pedals);
      progress.update("notating", 0);
    }
    workspace.prepare();
    await showPiece(await writePiece(source, writer, signal));
  } catch (error) {
    if (signal.aborted) return;
    replaceAddress("");
    show("welcome");
    const { sentence, detail } = explain(error);
    showProblem(sentence, detail);
    byId("try-another").focus();
  } finally {
    if (!queue.isBusy) progress.stop();
  }
}

/** @param {Entry[]} failed */
function giveUp(failed) {
  show("welcome");
  const [first, ...others] = failed;
  const problem = others.length === 0 ? first?.problem : null;
  if (first && problem) first.isSeen = true;
  showProblem(problem?.sentence ?? messages.noneWorked, problem?.detail);
  showQueue();
  byId("try-another").focus();
}

/** @param {AbortSignal} signal */
async function loadExample(signal) {
  const response = await fetch(EXAMPLE, { signal }).catch(() => null);
  if (!response?.ok) throw new RecordingError(messages.exampleMissing);
  return new File([await response.blob()], messages.exampleName);
}

/** @param {string} id @param {() => unknown} action */
const onPress = (id, action) => byId(id).addEventListener("click", action);
onPress("choose", () => fileInput.click());
onPress("try-another", () => fileInput.click());
onPress("example", () => takeIn([{ name: messages.exampleName, load: loadExample }]));
onPress("record", record);
onPress("cancel", cancel);
onPress("again", goHome);
onPress("to-pieces", goToPieces);
onPress("close-problem", () => {
  showProblem("");
  byId("facts").focus({ preventScroll: true });
});
addEventListener("keydown", (event) => {
  const { state } = document.body.dataset;
  if (event.key === "Escape" && state === "working") cancel();
  if (event.key === "Escape" && state === "recording" && !views?.recordView.isBusy) goHome();
  const is_typing = event.target instanceof HTMLInputElement && event.target.type === "text";
  if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && state === "result" && !is_typing) {
    event.preventDefault();
    byId(event.shiftKey ? "redo" : "undo").click();
  }
  if (event.key === "p" && (event.ctrlKey || event.metaKey) && state === "result") {
    event.preventDefault(); // the browser would not wait for the engraver
    views?.workspace.print();
  }
});
acceptFiles(fileInput, (files) => takeIn(files.map((file) => ({ name: file.name, load: () => file }))), showProblem);
acceptHanded(takeIn, () => showProblem(messages.sharedLost));

offerLibrary(libraryView, openKept);
const lookAtUnfinished = offerUnfinished(byId("unfinished"), goOn);
addEventListener("popstate", () => (readAddress() ? openKept(readAddress()) : goHome()));
if (readAddress()) openKept(readAddress());

/** @param {string} type @param {(entry: Entry) => unknown} action */
const onQueue = (type, action) => queue.addEventListener(type, (event) => action(detailOf(event)));
const detailOf = (/** @type {Event} */ event) => /** @type {CustomEvent<Entry>} */ (event).detail;
onQueue("changed", showQueue);
onQueue("started", start);
onQueue("progress", (entry) => queueView.update(entry));
onQueue("failed", ({ problem }) => problem?.detail && listening.doubtEngine());
onQueue("finished", ({ piece }) => piece && keeping.keepUnopened(piece));
onQueue("failed", lookAtUnfinished);
onQueue("idle", finishQueue);
for (const type of ["finished", "failed"]) onQueue(type, (entry) => !queueView.hidden && queueView.announce(entry));
queueView.addEventListener("open", (event) => openEntry(detailOf(event)));
queueView.addEventListener("watch", watch);
queueView.addEventListener("remove", (event) => queue.remove(detailOf(event)));
queue.addEventListener("changed", stayAwake);
const recordView = find("record-view", HTMLElement);
recordView.addEventListener("phase", stayAwake);
recordView.addEventListener("closed", goHome);
recordView.addEventListener("taken", (event) => {
  const { detail: file } = /** @type {CustomEvent<File>} */ (event);
  takeIn([{ name: file.name, load: () => file }]);
});
addEventListener("beforeunload", (event) => {
  if (!has_agreed && (queue.isBusy || views?.recordView.isBusy)) event.preventDefault();
});

/** The others that wait have their turn. */
function cancel() {
  if (queue.current) queue.remove(queue.current);
}

function stayAwake() {
  const is_reading = document.body.dataset.state === "result";
  keepAwake(is_reading || queue.isBusy || (views?.recordView.isRecording ?? false));
}

/** Nothing would be lost with the page. */
function isIdle() {
  const is_open = document.body.dataset.state === "result";
  return !queue.isNeeded && !views?.recordView.isBusy && (!is_open || keeping.isSafe);
}

offerLanguages(isIdle);
offerHelp();

/** Whoever points at a button or drags a file will soon need the model. */
const prepare = () => listening.prepare();
for (const id of ["choose", "example", "record-stop"])
  byId(id).addEventListener("pointerenter", prepare, { once: true });
addEventListener("dragenter", prepare, { once: true });

/** The views come already when somebody is about to press something. */
const approach = () => loadViews().catch(() => {}); // said when they are needed
for (const type of ["pointerover", "pointerdown", "focusin"])
  find("#welcome", HTMLElement).addEventListener(type, approach, { once: true });
addEventListener("dragenter", approach, { once: true });

tellAbout(byId("about"), () => ({
  engine: listening.chosen?.engine ?? "wasm",
  setting: listening.chosen?.setting ?? "",
  saved: byId("offline-text").textContent,
}));

const leaving = {
  may: () => isIdle() || confirm(messages.updateQuestion),
  reload() {
    has_agreed = true;
    location.reload();
  },
};
keepOffline(leaving).then((whenIdle) => {
  settle = whenIdle;
  if (document.body.dataset.state === "welcome" && !queue.isNeeded) settle();
});
