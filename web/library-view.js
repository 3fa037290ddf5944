/**
 * <library-view>: My pieces, hidden while there are none. It tells "open" {id}, "rename" {id, title},
 * "delete" {id, title}, "undo" and "export".
 */

import { make, makeButton } from "./elements.js";
import { messages } from "./messages.js";
import { PieceRow } from "./piece-row.js";

/** @import { KeptFacts } from "./kept-facts.js" */

const { library } = messages;
const SEARCH_FROM = 11; // fewer are seen at a glance

/** @type {Record<string, (one: KeptFacts, other: KeptFacts) => number>} */
const ORDERS = {
  date: (one, other) => other.created_ms - one.created_ms,
  title: (one, other) => library.compare(one.title, other.title),
  duration: (one, other) => other.duration_sec - one.duration_sec,
};

export class LibraryView extends HTMLElement {
  /** @type {KeptFacts[]} */
  #pieces = [];
  #n_damaged = 0;
  /** @type {Map<string, PieceRow>} */
  #rows = new Map();
  #heading = make("h2", "", library.heading);
  #tools = make("div", "library-tools");
  #search = make("input");
  #sort = make("select");
  #found = make("p", "quiet");
  #news = make("p");
  #undo = makeButton(library.undo, () => this.#tell("undo"));
  #list = make("div", "library-list");
  #damaged = make("p", "quiet");
  #export = makeButton(library.exportAll, () => this.#tell("export"));
  #storage = make("p", "quiet");

  connectedCallback() {
    if (this.firstChild) return;
    this.#heading.tabIndex = -1;
    this.#list.setAttribute("role", "list");
    this.#list.setAttribute("aria-label", library.heading);
    for (const status of [this.#found, this.#news]) status.setAttribute("role", "status");
    this.#search.type = "search";
    this.#search.setAttribute("aria-label", library.search);
    this.#search.placeholder = library.search;
    this.#search.addEventListener("input", () => this.#draw());
    this.#sort.append(...Object.entries(library.sorts).map(([name, text]) => new Option(text, name)));
    this.#sort.addEventListener("change", () => this.#draw());
    this.#tools.append(this.#search, make("label", "", library.sort, this.#sort), this.#found);
    this.#undo.hidden = true;
    const head = make("div", "library-head", this.#heading, this.#export);
    const news = make("div", "library-news", this.#news, this.#undo);
    this.append(head, news, this.#tools, this.#list, this.#damaged, this.#storage);
  }

  /** @param {KeptFacts[]} pieces @param {number} n_damaged entries that cannot be shown */
  show(pieces, n_damaged) {
    this.#pieces = pieces;
    this.#n_damaged = n_damaged;
    this.#draw();
  }

  /** Says what happened, until the next. @param {string} sentence @param {boolean} [can_undo] */
  say(sentence, can_undo = false) {
    const has_focus = document.activeElement === this.#undo;
    this.#news.textContent = sentence;
    this.#undo.hidden = !can_undo;
    this.#draw();
    if (can_undo) this.#undo.focus();
    else if (has_focus) this.#heading.focus();
  }

  /** @param {string} sentence about the room that they take */
  tellStorage(sentence) {
    this.#storage.textContent = sentence;
  }

  focusHeading() {
    if (this.hidden) return;
    this.#heading.focus({ preventScroll: true });
    this.#heading.scrollIntoView();
  }

  /** @param {string} id */
  focusPiece(id) {
    this.#rows.get(id)?.focusTitle();
  }

  #draw() {
    const n_pieces = this.#pieces.length;
    const is_long = n_pieces >= SEARCH_FROM;
    const shown = is_long ? findPieces(this.#pieces, this.#search.value) : [...this.#pieces];
    shown.sort(ORDERS[is_long ? this.#sort.value : "date"]);
    this.hidden = n_pieces + this.#n_damaged === 0 && this.#undo.hidden;
    this.#tools.hidden = !is_long;
    this.#found.textContent = shown.length < n_pieces ? library.found(shown.length, n_pieces) : "";
    this.#damaged.textContent = this.#n_damaged > 0 ? library.damaged(this.#n_damaged) : "";
    this.#export.hidden = n_pieces === 0;
    this.#arrange(shown);
  }

  /** Moves only what has to be moved: the focus stays where it is. @param {KeptFacts[]} shown */
  #arrange(shown) {
    const rows = shown.map((facts) => this.#fillRow(facts));
    const stay = new Set(rows);
    for (const [id, row] of this.#rows) {
      if (stay.has(row)) continue;
      row.remove();
      this.#rows.delete(id);
    }
    rows.forEach((row, place) => {
      const there = this.#list.children[place] ?? null;
      if (there !== row) this.#list.insertBefore(row, there);
    });
  }

  /** @param {KeptFacts} facts */
  #fillRow(facts) {
    const { id } = facts;
    const row = this.#rows.get(id) ?? this.#makeRow(id);
    row.show(facts);
    return row;
  }

  /** @param {string} id */
  #makeRow(id) {
    const row = new PieceRow();
    const titleOf = () => this.#pieces.find((piece) => piece.id === id)?.title;
    for (const type of ["open", "rename", "delete"]) {
      row.addEventListener(type, (event) => {
        this.#tell(type, { id, title: titleOf(), .../** @type {CustomEvent} */ (event).detail });
      });
    }
    this.#rows.set(id, row);
    return row;
  }

  /** @param {string} type @param {object} [detail] */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** Those with every word in their title, composer or file name. @param {KeptFacts[]} pieces @param {string} words */
function findPieces(pieces, words) {
  const wanted = plain(words).split(/\s+/);
  return pieces.filter(({ title, composer, name }) => {
    const text = plain(`${title} ${composer} ${name}`);
    return wanted.every((word) => text.includes(word));
  });
}

/** Prélude is found by prelude. @param {string} text */
function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

customElements.define("library-view", LibraryView);
