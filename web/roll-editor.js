/**
 * What is selected in a piano roll and what a person does to it.
 *
 * An edit is seen at once and told; the score of it comes later, with `show`. Until then the notes here are as the
 * edits left them, so that five presses of an arrow go five steps. Notes are named by their numbers, and what is told
 * holds them as they are shown too: one that was just added has no number in the result yet.
 */

import { findBeatSec, joinNotes, makeNote, moveNotes, sortNotes, stretchNotes } from "./roll-notes.js";

/**
 * @import { AddedNote, Note, ScoreNote, ShownNote } from "./protocol.js"
 * @import { Beats, Place, RollNote } from "./roll-notes.js"
 */

/** @typedef {{ note: number, shown: RollNote }} Strike */
/** @typedef {{ note: AddedNote }} Addition */
/** @typedef {{ notes: number[], shown: RollNote[], fields: Partial<Place>[] }} Change */
/** @typedef {{ notes: number[], shown: RollNote[] }} Deletion */
/** @typedef {(type: "strike" | "add" | "change" | "delete" | "select", detail: object) => void} Tell */

/** What is the same note in the next result. @param {ShownNote} note */
const nameNote = ({ index, added }) => (index === undefined ? `added ${added}` : `heard ${index}`);

export class RollEditor {
  /** By number. @type {(RollNote | null)[]} */
  #all = [];
  #tell;

  /** @param {Tell} tell "strike", "add", "change", "delete", "select" (also with each other one but "strike") */
  constructor(tell) {
    this.#tell = tell;
    this.notes = sortNotes(this.#all);
    /** @type {Beats} */
    this.beats = [];
    /** @type {Set<number>} */
    this.selection = new Set();
    /** While something else is corrected, numbers may be about to change. */
    this.isWaiting = false;
  }

  /** @param {(ShownNote | null)[]} shown @param {(ScoreNote | null)[]} written @param {Beats} beats */
  show(shown, written, beats) {
    const { selected } = this;
    this.#all = joinNotes(shown, written);
    this.notes = sortNotes(this.#all);
    this.beats = beats;
    this.isWaiting = false;
    this.mark(selected);
  }

  /** Selects what was selected elsewhere, without telling. @param {ShownNote[]} notes */
  mark(notes) {
    const names = new Set(notes.map(nameNote));
    this.selection = new Set(this.notes.sorted.filter((note) => names.has(nameNote(note))).map(({ number }) => number));
  }

  /** More notes, as they are heard. @param {Note[]} notes */
  extend(notes) {
    for (const note of notes) {
      const number = this.#all.length;
      this.#all.push({ ...note, index: number, number, staff: 0, name: null });
    }
    this.notes = sortNotes(this.#all);
  }

  /** By time. */
  get selected() {
    return this.notes.sorted.filter(({ number }) => this.selection.has(number));
  }

  /** @param {number} number */
  find(number) {
    return this.#all[number] ?? null;
  }

  /** @param {Iterable<number>} numbers @param {boolean} [is_more] also what is selected */
  select(numbers, is_more = false) {
    this.selection = new Set([...(is_more ? this.selection : []), ...numbers]);
    this.#tell("select", { notes: [...this.selection] });
  }

  /** @param {number} number */
  toggle(number) {
    const others = [...this.selection].filter((other) => other !== number);
    this.select(others.length < this.selection.size ? others : [...others, number]);
  }

  /** @param {RollNote[]} notes */
  strike(...notes) {
    for (const shown of notes) this.#tell("strike", { note: shown.number, shown });
  }

  /**
   * To the next note by time, or the former; from nowhere to the first after a time.
   * @param {1 | -1} direction
   * @param {number} from_sec
   * @param {boolean} is_more
   */
  step(direction, from_sec, is_more) {
    const { sorted } = this.notes;
    const from = direction > 0 ? this.selected.at(-1) : this.selected[0];
    const here = sorted.findIndex((note) => (from ? note === from : note.onset_sec >= from_sec));
    const place = from ? here + direction : here;
    const note = sorted[Math.min(Math.max(place, 0), sorted.length - 1)];
    if (note) this.select([note.number], is_more);
  }

  /** The length of a quarter of a beat, where the selection begins. */
  get fraction_sec() {
    return (findBeatSec(this.beats, this.selected[0]?.onset_sec ?? 0) ?? 1) / 4;
  }

  /** @param {number} by_sec @param {number} by_pitch */
  move(by_sec, by_pitch) {
    this.#change(moveNotes(this.selected, by_sec, by_pitch));
  }

  /** @param {number} by_sec */
  stretch(by_sec) {
    this.#change(stretchNotes(this.selected, by_sec));
  }

  remove() {
    const shown = this.selected;
    if (this.isWaiting || shown.length === 0) return;
    const gone = shown.map(({ added }) => added ?? Number.POSITIVE_INFINITY);
    for (const { number } of shown) this.#all[number] = null;
    for (const note of this.#all) {
      if (note?.added === undefined) continue;
      const { added } = note;
      note.added = added - gone.filter((place) => place < added).length; // the list of those added closes up
    }
    this.notes = sortNotes(this.#all);
    this.select([]);
    this.#tell("delete", { notes: shown.map(({ number }) => number), shown });
  }

  /** A note as long as a beat, or as is given. @param {number} onset_sec @param {number} pitch @param {number} [offset_sec] */
  add(onset_sec, pitch, offset_sec) {
    if (this.isWaiting) return;
    const made = makeNote(onset_sec, pitch, this.notes.sorted, this.beats);
    const note = offset_sec === undefined ? made : { ...made, offset_sec };
    const number = this.#all.length;
    const added = this.#all.filter((other) => other?.added !== undefined).length;
    this.#all.push({ ...note, confidence: 1, added, number, staff: 0, name: null });
    this.notes = sortNotes(this.#all);
    this.#tell("add", { note });
    this.select([number]);
  }

  /** @param {Place[]} places of the selected notes */
  #change(places) {
    const shown = this.selected;
    if (this.isWaiting || shown.length === 0) return;
    for (const [place, note] of shown.entries()) {
      const name = note.pitch === places[place]?.pitch ? note.name : null; // not that of another pitch
      this.#all[note.number] = { ...note, ...places[place], confidence: 1, name }; // what was corrected is certain
    }
    this.notes = sortNotes(this.#all);
    this.#tell("change", { notes: shown.map(({ number }) => number), shown, fields: places });
    this.select(this.selection);
  }
}
