/**
 * <corrections-panel>: what a person may decide about the whole piece, beside what Ottava thinks.
 *
 * Tells "correct" {change}, a function from choices to choices, and "tap" when beats are to be tapped along.
 */

import { changeTempo, choose, chooseKey, chooseMeter, forgetRhythm, readAgain } from "./corrections.js";
import { make, makeButton } from "./elements.js";
import { enable, hide } from "./focus.js";
import { messages } from "./messages.js";
import { find } from "./selection.js";
import { readTempoMark } from "./tempo-mark.js";

/**
 * @import { Choices } from "./protocol.js"
 * @import { Transcription } from "./transcriber.js"
 */

const AUTOMATIC = "";
const METERS = ["2/4", "3/4", "4/4", "2/2", "3/8", "6/8", "9/8", "12/8", "5/4", "6/4", "7/8"];
const MOST_FIFTHS = 7;
const GRIDS = /** @type {const} */ (["8", "16", "triplet"]);
const AS_HEARD = 0.5;

export class CorrectionsPanel extends HTMLElement {
  #title = makeInput("title");
  #composer = makeInput("composer");
  #meter = makeSelect(METERS.map((meter) => [meter, meter]));
  #key = makeSelect(listKeys());
  #grid = makeSelect(GRIDS.map((grid) => [grid, messages.grids[grid]]));
  #swing = makeSelect([
    ["yes", messages.swung],
    ["no", messages.straight],
  ]);
  #sensitivity = make("input");
  #slower = makeButton(messages.halfTempo, () => this.#tell((choices) => changeTempo(choices, 0.5)), {
    name: "slower",
  });
  #faster = makeButton(messages.doubleTempo, () => this.#tell((choices) => changeTempo(choices, 2)), {
    name: "faster",
  });
  #tempo = make("output");
  #tap = makeButton(messages.tapBeats, () => this.dispatchEvent(new Event("tap")), { name: "tap" });
  #forget = makeButton(messages.forgetRhythm, () => this.#tell(forgetRhythm), { name: "forget-rhythm" });

  #reread = makeButton(messages.readAgain, () => this.#tell(readAgain), { name: "reread" });
  #offer = makeGroup("", make("div", "rhythm", this.#reread));
  /** Where something is typed that is not told yet: a score written meanwhile leaves it. @type {EventTarget | null} */
  #held = null;

  connectedCallback() {
    this.#offer.hidden = true;
    Object.assign(this.#sensitivity, { type: "range", min: "0", max: "1", step: "0.05", id: "sensitivity" });
    this.append(
      makeField(messages.fields.title, this.#title),
      makeField(messages.fields.composer, this.#composer),
      makeField(messages.fields.meter, this.#meter),
      makeField(messages.fields.key, this.#key),
      makeGroup(messages.fields.tempo, make("div", "tempo", this.#slower, this.#tempo, this.#faster)),
      makeField(messages.fields.grid, this.#grid),
      makeField(messages.fields.swing, this.#swing),
      makeField(messages.fields.sensitivity, this.#sensitivity),
      makeGroup(messages.fields.beats, make("div", "rhythm", this.#tap, this.#forget), "field wide"),
      this.#offer,
    );
    this.addEventListener("input", ({ target }) => this.#hold(target));
    for (const type of ["change", "focusout"]) this.addEventListener(type, () => this.#hold(null), { capture: true });
    this.#onChange(this.#title, (choices) => choose(choices, "title", this.#title.value.trim() || undefined));
    this.#onChange(this.#composer, (choices) => choose(choices, "composer", this.#composer.value.trim() || undefined));
    this.#onChange(this.#meter, (choices) => chooseMeter(choices, readMeter(this.#meter.value)));
    this.#onChange(this.#key, (choices) => chooseKey(choices, readKey(this.#key.value)));
    this.#onChange(this.#grid, (choices) => choose(choices, "grid", readGrid(this.#grid.value)));
    this.#onChange(this.#swing, (choices) => choose(choices, "swing", readSwing(this.#swing.value)));
    this.#onChange(this.#sensitivity, (choices) => {
      const value = this.#sensitivity.valueAsNumber;
      return choose(choices, "sensitivity", value === AS_HEARD ? undefined : value);
    });
  }

  /** @param {Choices} choices @param {Transcription | null} transcription the last one written */
  show(choices, transcription) {
    const { result, musicxml = "" } = transcription ?? {};
    this.#fill(this.#title, choices.title ?? "");
    this.#fill(this.#composer, choices.composer ?? "");
    const [key, meter] = [result?.score.keys[0], result?.score.meters[0]];
    const chosen_meter = choices.meters?.[0];
    setValue(this.#meter, chosen_meter && `${chosen_meter.beats}/${chosen_meter.beat_type}`);
    setAutomatic(this.#meter, meter && `${meter.beats}/${meter.beat_type}`);
    const chosen_key = choices.keys?.[0];
    setValue(this.#key, chosen_key && `${chosen_key.fifths} ${chosen_key.mode}`);
    setAutomatic(this.#key, key && messages.nameKey(key));
    setValue(this.#grid, choices.grid === "auto" ? undefined : choices.grid);
    setValue(this.#swing, choices.swing === undefined ? undefined : choices.swing ? "yes" : "no");
    setAutomatic(this.#swing, result && (result.score.is_swung ? messages.swung : messages.straight));
    setAutomatic(this.#grid, undefined);
    this.#fill(this.#sensitivity, String(choices.sensitivity ?? AS_HEARD));
    this.#sensitivity.setAttribute("aria-valuetext", messages.nameSensitivity(choices.sensitivity ?? AS_HEARD));
    this.#tempo.textContent = readTempoMark(musicxml);
    enable([
      [this.#slower, changeTempo(choices, 0.5) !== choices],
      [this.#faster, changeTempo(choices, 2) !== choices],
    ]);
    enable([
      [this.#tap, true],
      [this.#forget, Object.keys(forgetRhythm(choices)).length < Object.keys(choices).length],
    ]);
  }

  /** Offers to read the piece again with the corrected notes. @param {number} n_bars that would change; 0: nothing to offer */
  offerReading(n_bars) {
    // The panel may be folded: the line that unfolds it says that there is something in it.
    find("#reread-offer", HTMLElement).textContent = n_bars ? messages.readAgainOffer : "";
    if (n_bars) {
      nameGroup(this.#offer, messages.countOtherBars(n_bars));
      this.#offer.hidden = false;
    } else hide(this.#offer, this.#title);
  }

  /** @param {EventTarget | null} control */
  #hold(control) {
    this.#held = control;
  }

  /** @param {HTMLInputElement} input @param {string} value */
  #fill(input, value) {
    if (input !== this.#held) input.value = value;
  }

  /** @param {HTMLInputElement | HTMLSelectElement} control @param {(choices: Choices) => Choices} change */
  #onChange(control, change) {
    control.addEventListener("change", () => this.#tell(change));
  }

  /** @param {(choices: Choices) => Choices} change */
  #tell(change) {
    this.dispatchEvent(new CustomEvent("correct", { detail: { change } }));
  }
}

/** @returns {[string, string][]} value and name, from seven flats to seven sharps */
function listKeys() {
  const fifths = Array.from({ length: 2 * MOST_FIFTHS + 1 }, (_, i) => i - MOST_FIFTHS);
  return /** @type {const} */ (["major", "minor"]).flatMap((mode) =>
    fifths.map((n) => /** @type {[string, string]} */ ([`${n} ${mode}`, messages.nameKey({ fifths: n, mode })])),
  );
}

/** @param {string} value */
function readMeter(value) {
  const [beats, beat_type] = value.split("/").map(Number);
  return beats && beat_type ? { beats, beat_type } : undefined;
}

/** @param {string} value */
function readKey(value) {
  const [fifths, mode] = value.split(" ");
  return mode ? { fifths: Number(fifths), mode: /** @type {"major" | "minor"} */ (mode) } : undefined;
}

/** @param {string} value */
const readGrid = (value) => GRIDS.find((grid) => grid === value);

/** @param {string} value */
const readSwing = (value) => (value === AUTOMATIC ? undefined : value === "yes");

/** @param {HTMLSelectElement} select @param {string | undefined} value that may not be among its options yet */
function setValue(select, value = AUTOMATIC) {
  if (!Array.from(select.options).some((option) => option.value === value)) select.add(new Option(value, value));
  select.value = value;
}

/** The first choice says what Ottava thinks. @param {HTMLSelectElement} select @param {string | undefined} thought */
function setAutomatic(select, thought) {
  const [option] = select.options;
  if (option && (select.value === AUTOMATIC || !option.text)) option.text = messages.automatic(thought);
}

/** @param {[string, string][]} options */
function makeSelect(options) {
  const others = options.map(([value, name]) => new Option(name, value));
  return make("select", "", new Option(messages.automatic(), AUTOMATIC), ...others);
}

/** @param {string} name */
function makeInput(name) {
  return Object.assign(make("input"), { type: "text", name, maxLength: 200, autocomplete: "off" });
}

/** @param {string} text @param {HTMLInputElement | HTMLSelectElement} control */
function makeField(text, control) {
  return make("label", "", make("span", "", text), control);
}

/** @param {string} text @param {HTMLElement} content of several controls @param {string} [classes] */
function makeGroup(text, content, classes = "field") {
  const group = make("div", classes, make("span"), content);
  nameGroup(group, text);
  return Object.assign(group, { role: "group" });
}

/** @param {HTMLElement} group @param {string} text */
function nameGroup(group, text) {
  group.ariaLabel = text;
  if (group.firstElementChild) group.firstElementChild.textContent = text;
}

customElements.define("corrections-panel", CorrectionsPanel);
