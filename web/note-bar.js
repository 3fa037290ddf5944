/**
 * <note-bar>: the notes that are chosen, and what can be done with them.
 *
 * Tells "correct" {change}, a function from choices to choices; "release" when nothing is to be chosen any more.
 */

import { changeNote, deleteNotes, isDownbeat, respell, toggleDownbeat, transposeNotes } from "./corrections.js";
import { make, makeButton, markPage, tellHeight } from "./elements.js";
import { messages } from "./messages.js";

/**
 * @import { Choices, ScoreNote, ShownNote } from "./protocol.js"
 * @typedef {{ note: ShownNote, written: ScoreNote | null, bar: number }} Chosen
 */

export class NoteBar extends HTMLElement {
  #name = make("p");
  /** @type {Chosen[]} */
  #chosen = [];
  /** @type {Record<string, HTMLButtonElement>} */
  #buttons = {};

  connectedCallback() {
    this.#name.setAttribute("role", "status");
    const actions = make(
      "div",
      "actions",
      this.#make("delete-note", (choices) => deleteNotes(choices, this.#notes())),
      this.#make("lower", (choices) => this.#transpose(choices, -1)),
      this.#make("higher", (choices) => this.#transpose(choices, 1)),
      this.#make("other-hand", (choices) => this.#changeHands(choices)),
      this.#make("other-name", (choices) => this.#respell(choices)),
      this.#make("bar-here", (choices) => toggleDownbeat(choices, this.#notes()[0]?.onset_sec ?? 0)),
    );
    const fields = { name: "let-go", ariaLabel: messages.letGo, title: messages.letGo };
    const close = makeButton("✕", () => this.dispatchEvent(new CustomEvent("release")), fields);
    this.append(this.#name, actions, close);
    this.hidden = true;
    new ResizeObserver(() => tellHeight(this, "note")).observe(this);
  }

  /** @param {Chosen[]} chosen none: nothing is shown @param {Choices} choices */
  show(chosen, choices) {
    this.#chosen = chosen;
    this.hidden = chosen.length === 0;
    markPage("has-chosen", !this.hidden);
    this.#name.textContent = chosen[0] ? messages.nameNotes(chosen) : "";
    const first = chosen[0]?.note;
    const [bar_here, other_name] = [this.#buttons["bar-here"], this.#buttons["other-name"]];
    bar_here?.setAttribute("aria-pressed", String(first !== undefined && isDownbeat(choices, first.onset_sec)));
    if (other_name) other_name.disabled = chosen.every(({ written }) => written === null);
    tellHeight(this, "note"); // what is pressed is scrolled to before anybody observes
  }

  /** @param {Choices} choices @param {number} semitones */
  #transpose(choices, semitones) {
    return transposeNotes(choices, this.#notes(), semitones);
  }

  /** @param {Choices} choices */
  #changeHands(choices) {
    return this.#chosen.reduce((changed, { note, written }) => {
      return written ? changeNote(changed, note, { staff: written.staff === 1 ? 2 : 1 }) : changed;
    }, choices);
  }

  /** @param {Choices} choices */
  #respell(choices) {
    return this.#chosen.reduce(
      (changed, { note, written }) => (written ? respell(changed, note, written) : changed),
      choices,
    );
  }

  #notes() {
    return this.#chosen.map(({ note }) => note);
  }

  /** @param {keyof typeof messages.noteActions} name @param {(choices: Choices) => Choices} change */
  #make(name, change) {
    const tell = () => this.dispatchEvent(new CustomEvent("correct", { detail: { change } }));
    const button = makeButton(messages.noteActions[name], tell, { name });
    this.#buttons[name] = button;
    return button;
  }
}

customElements.define("note-bar", NoteBar);
