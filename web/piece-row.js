/** <piece-row>: one kept piece in the list; it tells "open", "rename" {title} and "delete". */

import { make, makeButton } from "./elements.js";
import { messages } from "./messages.js";

/** @import { KeptFacts } from "./kept-facts.js" */

const TITLE_LETTERS = 200; // what a heading can hold

export class PieceRow extends HTMLElement {
  #title = "";
  #open = makeButton("", () => this.#tell("open"));
  #rename = makeButton(messages.library.rename, () => this.#edit());
  #delete = makeButton(messages.library.delete, () => this.#tell("delete"));
  #name = make("span", "piece-title");
  #facts = make("span", "quiet");
  #keeping = make("span", "quiet");
  #input = make("input");
  #form = make("form", "", this.#input, make("button", "", messages.library.save));

  constructor() {
    super();
    this.#open.className = "piece-open";
    this.#open.append(this.#name, this.#facts, this.#keeping);
    this.#form.append(makeButton(messages.library.cancel, () => this.#close()));
    this.#input.maxLength = TITLE_LETTERS;
    this.#input.setAttribute("aria-label", messages.library.newTitle);
    this.#form.hidden = true;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
    this.#form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#close();
    });
  }

  connectedCallback() {
    this.setAttribute("role", "listitem");
    if (!this.firstChild) this.append(this.#open, this.#form, this.#rename, this.#delete);
  }

  /** What is being typed stays. @param {KeptFacts} facts */
  show(facts) {
    const { library } = messages;
    this.#title = facts.title;
    this.#name.textContent = facts.title;
    this.#facts.textContent = library.facts(facts);
    this.#keeping.textContent = library.keeping(facts);
    this.#rename.setAttribute("aria-label", library.act(library.rename, facts.title));
    this.#delete.setAttribute("aria-label", library.act(library.delete, facts.title));
  }

  focusTitle() {
    this.#open.focus();
  }

  #edit() {
    this.#input.value = this.#title;
    this.#toggle(true);
    this.#input.select();
  }

  #save() {
    const title = this.#input.value.trim();
    if (title && title !== this.#title) this.#tell("rename", { title });
    this.#close();
  }

  #close() {
    this.#toggle(false);
    this.#rename.focus();
  }

  /** @param {boolean} is_editing */
  #toggle(is_editing) {
    this.#form.hidden = !is_editing;
    for (const button of [this.#open, this.#rename, this.#delete]) button.hidden = is_editing;
  }

  /** @param {string} type @param {object} [detail] */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

customElements.define("piece-row", PieceRow);
