/**
 * The view of the piece that is open: score, roll, player, corrections and files follow its events.
 *
 * The only place that knows them all: what one tells becomes a correction of the piece, or goes to the others.
 */

import { findFirstAfter, readQuarter } from "./beat-time.js";
import { addNote, changeNote, chooseBeats, deleteNotes, transposeNotes } from "./corrections.js";
import { CorrectionsPanel } from "./corrections-panel.js";
import { make, tellHeight } from "./elements.js";
import { offerFiles, printScore } from "./file-menu.js";
import { enable, hide } from "./focus.js";
import { messages } from "./messages.js";
import { NoteBar } from "./note-bar.js";
import { Player } from "./player.js";
import { recall, remember } from "./remembered.js";
import { RollView } from "./roll-view.js";
import { DOUBTFUL_CONFIDENCE, ScoreView } from "./score-view.js";
import { find } from "./selection.js";
import { TapView } from "./tap-view.js";
import { readTempoMark } from "./tempo-mark.js";
import { TransportBar } from "./transport-bar.js";
import { offerViewChoices } from "./view-choices.js";

/**
 * @import { Choices, Result, ScoreNote, ShownNote } from "./protocol.js"
 * @import { Piece } from "./piece.js"
 * @import { Change } from "./roll-editor.js"
 */

const PASSING_MS = 10_000; // a sentence that asks for nothing

export class Workspace {
  /** @type {Piece | null} */
  #piece = null;
  #closing = new AbortController();
  #player = new Player();
  #view = find("#result", HTMLElement);
  #score = find("score-view", ScoreView);
  #roll = find("#result roll-view", RollView);
  #roll_fold = find("#roll-fold", HTMLDetailsElement);
  #panel = find("corrections-panel", CorrectionsPanel);
  #tapping = find("tap-view", TapView);
  #note_bar = find("note-bar", NoteBar);
  #facts = find("#facts", HTMLElement);
  #warnings = find("#warnings", HTMLElement);
  #busy = find("#busy", HTMLElement);
  #undo = find("#undo", HTMLButtonElement);
  #redo = find("#redo", HTMLButtonElement);
  /** Notes that are chosen, as they were when they were. @type {ShownNote[]} */
  #chosen = [];
  /** The roll shows its own corrections before they are written. */
  #is_roll_edit = false;
  #onProblem;

  /** @param {(sentence: string, detail: string) => void} onProblem shows what went wrong; empty: nothing */
  constructor(onProblem) {
    this.#onProblem = onProblem;
    this.#followPlayer();
    this.#undo.addEventListener("click", () => this.#piece?.undo());
    this.#redo.addEventListener("click", () => this.#piece?.redo());
    this.#followScore();
    this.#followRoll();
    this.#followRelease();
    for (const view of [this.#panel, this.#note_bar]) on(view, "correct", ({ change }) => this.#correct(change));
    this.#followTaps();
    offerFiles(this.#score, (make) => this.#run(make));
    offerViewChoices(({ zoom, layout, is_tinted }) => {
      this.#score.arrange({ zoom, layout });
      this.#score.setTint(is_tinted);
      this.#roll.setTint(is_tinted);
    });
  }

  /** Starts the engraver, so that it is there when the score comes. */
  prepare() {
    this.#score.prepare();
  }

  /** An hour takes ten seconds to engrave. */
  print() {
    return printScore(this.#score);
  }

  /** Shows a piece and what becomes of it until another is opened. @param {Piece} piece with a score */
  async open(piece) {
    this.close();
    this.#roll.setPeaks(piece.waveform);
    this.#piece = piece;
    this.#closing = new AbortController();
    const { signal } = this.#closing;
    piece.addEventListener("corrected", () => this.#showChoices(piece), { signal });
    piece.addEventListener("written", () => this.#showScore(piece), { signal });
    piece.addEventListener("corrected", () => this.#announce(""), { signal });
    piece.addEventListener("written", () => this.#announce(messages.scoreWritten), { signal });
    piece.addEventListener("compared", () => this.#panel.offerReading(piece.n_other_bars), { signal });
    piece.addEventListener("failed", (failure) => this.#tell(/** @type {CustomEvent} */ (failure).detail), { signal });
    this.#player.open(piece.recording, piece.duration_sec);
    this.#showChoices(piece);
    await this.#showScore(piece);
  }

  close() {
    this.#closing.abort();
    this.#piece?.close();
    this.#piece = null;
    this.#chosen = [];
    this.#note_bar.show([], {});
    this.#player.close();
    this.#score.clear();
    this.#roll.start(1);
  }

  /** The page comes back to the music when it begins to play, or goes elsewhere in it. */
  #followPlayer() {
    const transport = find("transport-bar", TransportBar);
    transport.attach(this.#player);
    on(transport, "jump", () => this.#comeBack());
    this.#player.addEventListener("time", (time) => this.#showTime(/** @type {CustomEvent} */ (time).detail));
    let before = this.#player.state;
    this.#player.addEventListener("state", () => {
      const { state } = this.#player;
      if (state === "playing" && before !== "playing") this.#comeBack();
      before = state;
    });
  }

  #followScore() {
    on(this.#score, "strike", ({ note, adds }) => this.#press(note, adds));
    on(this.#score, "delete", () => this.#correct((choices) => deleteNotes(choices, this.#chosen)));
    on(this.#score, "transpose", ({ semitones }) =>
      this.#correct((choices) => transposeNotes(choices, this.#chosen, semitones)),
    );
  }

  /** What is done in the roll is a correction; it is seen there before the score of it is written. */
  #followRoll() {
    /** @param {(choices: Choices) => Choices} change */
    const correct = (change) => {
      this.#is_roll_edit = true;
      this.#correct(change);
      this.#is_roll_edit = false;
    };
    on(this.#roll, "strike", ({ shown }) => this.#player.strike(shown.pitch, shown.velocity));
    on(this.#roll, "seek", ({ sec }) => {
      this.#player.seek(sec);
      this.#comeBack();
    });
    on(this.#roll, "select", ({ notes: numbers }) => {
      const notes = this.#piece?.transcription?.notes ?? [];
      this.#choose(
        numbers.flatMap((/** @type {number} */ number) => notes[number] ?? []),
        this.#roll,
      );
    });
    on(this.#roll, "add", ({ note }) => correct((choices) => addNote(choices, note)));
    on(this.#roll, "delete", ({ shown }) => correct((choices) => deleteNotes(choices, shown)));
    on(this.#roll, "change", (/** @type {Change} */ { shown, fields }) =>
      correct((choices) => shown.reduce((made, note, place) => changeNote(made, note, fields[place] ?? {}), choices)),
    );
    const fold = this.#roll_fold;
    fold.open = recall("roll") === "open";
    fold.addEventListener("toggle", () => {
      remember("roll", fold.open ? "open" : "");
      tellHeight(fold, "fold");
      if (!fold.open) return;
      this.#roll.setTime(this.#player.sec);
      this.#roll.mark(this.#chosen);
      this.#comeBack();
    });
    new ResizeObserver(() => tellHeight(fold, "fold")).observe(fold);
  }

  /** What is chosen is let go by a press on empty paper, by the bar, and by Escape wherever notes are chosen or changed. */
  #followRelease() {
    const release = () => this.#roll.select([]); // which tells
    for (const view of [this.#score, this.#note_bar]) on(view, "release", release);
    for (const view of [this.#score, this.#note_bar, this.#roll]) {
      view.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || event.defaultPrevented || this.#chosen.length === 0) return;
        event.preventDefault();
        release();
      });
    }
  }

  /** Beats are tapped along with the music, from its beginning. */
  #followTaps() {
    let timer = 0;
    on(this.#panel, "tap", () => {
      this.#onProblem("", "");
      this.#player.seek(0);
      this.#player.play();
      this.#tapping.begin(() => this.#player.sec);
    });
    on(this.#tapping, "done", ({ beats_sec }) => {
      this.#player.pause();
      if (beats_sec.length) this.#correct((choices) => chooseBeats(choices, beats_sec));
      else {
        clearTimeout(timer);
        this.#onProblem(messages.tappedTooFew, "");
        timer = setTimeout(() => {
          if (find("#problem-text", HTMLElement).textContent === messages.tappedTooFew) this.#onProblem("", "");
        }, PASSING_MS);
      }
    });
    this.#player.addEventListener("state", () => this.#player.state === "stopped" && this.#tapping.end());
  }

  /** @param {(choices: Choices) => Choices} change */
  #correct(change) {
    this.#piece?.correct(change);
  }

  /** @param {Piece} piece */
  #showChoices(piece) {
    document.title = `${piece.title} – Ottava`;
    enable([
      [this.#undo, piece.canUndo],
      [this.#redo, piece.canRedo],
    ]);
    this.#panel.show(piece.choices, piece.transcription);
    this.#panel.offerReading(0);
    if (!this.#is_roll_edit) this.#roll.wait();
    this.#tellBusy(piece.isBusy ? messages.writingScore : "");
    this.#onProblem("", "");
  }

  /** @param {Piece} piece */
  async #showScore(piece) {
    const { transcription, warnings } = piece;
    if (!transcription) return;
    const { result, musicxml, notes, unkept } = transcription;
    this.#tellBusy(messages.writingScore); // the first score, too, is not there at once
    const drawn = this.#score.show(musicxml, result.title, transcription); // elsewhere, beside what follows
    this.#panel.show(piece.choices, transcription);
    this.#player.update(transcription);
    this.#roll.show(transcription);
    const left = notes.filter((note) => note !== null);
    this.#facts.textContent = messages.facts(result, left.length, readTempoMark(musicxml));
    const doubtful = left.filter((note) => note.confidence < DOUBTFUL_CONFIDENCE);
    find("#n-doubtful", HTMLElement).textContent = String(doubtful.length);
    const said = [...warnings, ...[...result.warnings, unkept].filter(Boolean).map(messages.translate)];
    const items = said.map((sentence) => make("li", "", sentence));
    this.#warnings.replaceChildren(...items);
    this.#warnings.hidden = items.length === 0;
    await drawn
      .then(() => this.#choose(this.#chosen))
      .catch((error) => this.#onProblem(messages.engraverFailed, error.message));
    this.#tellBusy(piece.isBusy ? messages.writingScore : "");
  }

  /** Where the music is. @param {number} sec */
  #showTime(sec) {
    this.#score.setTime(sec, this.#player.state === "playing", this.#player.pace);
    if (this.#roll_fold.open) this.#roll.setTime(sec); // it would be laid out in each frame
  }

  /** The page scrolls to where the music is. */
  #comeBack() {
    this.#showTime(this.#player.sec); // a piece that was just opened has no line yet
    this.#score.comeBack();
  }

  /** A note of the score is heard, chosen, and where the music goes on. @param {number} number @param {boolean} adds */
  #press(number, adds) {
    const note = this.#piece?.transcription?.notes[number];
    if (!note) return;
    this.#player.strike(note.pitch, note.velocity);
    this.#player.seek(note.onset_sec);
    const others = adds ? this.#chosen.filter((other) => !isSame(other, note)) : [];
    this.#choose(adds && others.length < this.#chosen.length ? others : [...others, note]);
    this.#roll.mark(this.#chosen);
  }

  /** @param {ShownNote[]} chosen @param {HTMLElement} view in which they were */
  #choose(chosen, view = this.#score) {
    const { choices, transcription } = this.#piece ?? {};
    if (!choices || !transcription) return;
    const { notes, result } = transcription;
    const numbers = chosen.flatMap((one) => {
      const number = notes.findIndex((other) => other && isSame(one, other));
      return number < 0 ? [] : [number];
    });
    this.#chosen = numbers.map((number) => /** @type {ShownNote} */ (notes[number]));
    this.#score.select(numbers);
    const shown = numbers.map((number) => {
      const [note, written] = [/** @type {ShownNote} */ (notes[number]), result.score.notes[number] ?? null];
      return { note, written, bar: findBar(result.score.beats, written) };
    });
    const { top } = view.getBoundingClientRect();
    if (shown.length === 0) hide(this.#note_bar, this.#score);
    this.#note_bar.show(shown, choices);
    const stay = () => scrollBy(0, view.getBoundingClientRect().top - top); // what was pressed stays under the pointer
    stay();
    stay(); // what stuck to the window may only have come loose
  }

  /** What is under way is said at once, wherever the page is scrolled. @param {string} sentence empty: nothing */
  #tellBusy(sentence) {
    this.#view.toggleAttribute("aria-busy", sentence !== "");
    if (this.#busy.textContent !== sentence) this.#busy.textContent = sentence; // else it would be read out again
  }

  /** To a screen reader: the same sentence is heard again only if it was gone. @param {string} sentence */
  #announce(sentence) {
    find("#announcement", HTMLElement).textContent = sentence;
  }

  /** @param {(piece: Piece) => Promise<void>} make a file */
  async #run(make) {
    if (!this.#piece) return;
    this.#tellBusy(messages.writingFile);
    await make(this.#piece).catch((error) => this.#onProblem(messages.fileFailed, String(error)));
    this.#tellBusy(this.#piece?.isBusy ? messages.writingScore : "");
  }

  /** @param {unknown} error */
  #tell(error) {
    const { transcription } = this.#piece ?? {};
    if (transcription) this.#roll.show(transcription);
    this.#tellBusy(this.#piece?.isWritten ? "" : messages.writingScore);
    const detail = error instanceof Error && "detail" in error ? String(error.detail) : "";
    this.#onProblem(error instanceof Error ? error.message : messages.wentWrong, detail);
  }
}

/** @param {EventTarget} view @param {string} name @param {(detail: any) => void} act */
function on(view, name, act) {
  view.addEventListener(name, (told) => act(/** @type {CustomEvent} */ (told).detail));
}

/** Whether two are the same note, before and after a correction. @param {ShownNote} one @param {ShownNote} other */
function isSame(one, other) {
  return one.index === undefined ? one.added === other.added : one.index === other.index;
}

/**
 * @param {Result["score"]["beats"]} beats
 * @param {ScoreNote | null} written
 * @returns {number} of the bar in which a note stands; 0 is a pickup
 */
function findBar(beats, written) {
  const quarter = written ? readQuarter(written.onset_quarter) : 0;
  return beats[Math.max(0, findFirstAfter(beats, (beat) => beat.quarter, quarter) - 1)]?.bar ?? 0;
}
