/** <queue-view>: several files and what has become of each; "open", "watch" and "remove" tell which one is meant. */

import { make, makeButton } from "./elements.js";
import { nameTitle } from "./exports.js";
import { messages } from "./messages.js";

/** @import { Entry } from "./queue.js" */

/** @typedef {{ item: HTMLLIElement, state: HTMLElement, bar: HTMLProgressElement, show: HTMLButtonElement, remove: HTMLButtonElement }} Row */

export class QueueView extends HTMLElement {
  #summary = make("summary");
  #list = make("ul");
  #fold = make("details", "", this.#summary, this.#list);
  #status = make("p", "unseen");
  /** @type {Map<Entry, Row>} rows stay, and the focus with them */
  #rows = new Map();

  connectedCallback() {
    this.#fold.open = true;
    this.#status.setAttribute("role", "status");
    this.append(this.#fold, this.#status);
  }

  /** Whether the list is seen, or only its summary. @param {boolean} is_open */
  unfold(is_open) {
    this.#fold.open = is_open;
  }

  /** What has just come is to be seen. */
  reveal() {
    this.unfold(true);
    this.scrollIntoView({ block: "nearest" });
  }

  /** @param {readonly Entry[]} entries */
  show(entries) {
    for (const [entry, { item }] of this.#rows) {
      if (entries.includes(entry)) continue;
      if (item.contains(document.activeElement)) this.#summary.focus();
      item.remove();
      this.#rows.delete(entry);
    }
    for (const entry of entries) {
      if (!this.#rows.has(entry)) this.#append(entry);
      this.update(entry);
    }
    this.#summary.textContent = messages.queue(countStates(entries));
  }

  /** @param {Entry} entry */
  update(entry) {
    const row = this.#rows.get(entry);
    if (!row) return;
    const title = nameTitle(entry.name);
    const is_working = entry.state === "working";
    row.item.dataset.state = entry.state;
    row.state.textContent = messages.queueState(entry);
    row.bar.hidden = !is_working || entry.stage !== "listening";
    row.bar.value = entry.fraction;
    row.show.hidden = !is_working && entry.state !== "done";
    row.show.textContent = is_working ? messages.watch : messages.open;
    row.show.setAttribute("aria-label", is_working ? messages.watchEntry(title) : messages.openEntry(title));
    const is_over = entry.state === "done" || entry.state === "failed";
    row.remove.textContent = is_over ? messages.remove : messages.cancel;
    row.remove.setAttribute("aria-label", is_over ? messages.removeEntry(title) : messages.cancelEntry(title));
  }

  /** Only ends are read out, not every step. @param {Entry} entry that is done or has failed */
  announce(entry) {
    this.#status.textContent = messages.queueEnd(nameTitle(entry.name), entry.problem?.sentence);
  }

  /** @param {Entry} entry */
  #append(entry) {
    const row = createRow(nameTitle(entry.name));
    const tell = (/** @type {string} */ type) => this.dispatchEvent(new CustomEvent(type, { detail: entry }));
    row.show.addEventListener("click", () => tell(entry.state === "done" ? "open" : "watch"));
    row.remove.addEventListener("click", () => tell("remove"));
    this.#rows.set(entry, row);
    this.#list.append(row.item);
  }
}

/** @param {string} title @returns {Row} */
function createRow(title) {
  const state = make("span", "queue-state");
  const bar = Object.assign(make("progress"), { ariaLabel: title });
  const [show, remove] = [makeButton(""), makeButton("")];
  const item = make("li", "", make("span", "queue-name", title), state, bar, show, remove);
  return { item, state, bar, show, remove };
}

/** @param {readonly Entry[]} entries */
function countStates(entries) {
  const count = { waiting: 0, working: 0, done: 0, failed: 0 };
  for (const { state } of entries) count[state]++;
  return { ...count, all: entries.length };
}

customElements.define("queue-view", QueueView);
