/**
 * <roll-view>: a piano roll over the recording's waveform. It fills while the recording is listened to; with the
 * attribute `editable` it shows a result, scrolls, zooms, and is where notes are corrected.
 *
 * Tells, by events that do not bubble: "seek" {sec}; and what roll-editor.js tells.
 */

import { messages } from "./messages.js";
import { RollEditor } from "./roll-editor.js";
import { followPointer } from "./roll-gestures.js";
import { followKeys } from "./roll-keys.js";
import { RollStage } from "./roll-stage.js";
import { makeTools } from "./roll-tools.js";
import { followZoom } from "./roll-zoom.js";

/**
 * @import { Content } from "./roll-drawing.js"
 * @import { Note, Pedal, ShownNote } from "./protocol.js"
 * @import { Transcription } from "./transcriber.js"
 */

const ZOOM_STEP = 1.5;

export class RollView extends HTMLElement {
  #editor = new RollEditor((type, detail) => this.#tell(type, detail));
  /** @type {Content} */
  #content = {
    ...{ notes: this.#editor.notes, selection: this.#editor.selection, ghosts: [], frame: null },
    ...{ pedals: [], beats: [], peaks: null, loudest: 1, time_sec: null, isTinted: true },
  };
  #isEditable = this.hasAttribute("editable");
  #stage = new RollStage(this.#content, this.#isEditable);
  #duration_sec = 1;
  #isEmpty = true;
  #tools = makeTools({
    zoom: (direction) => this.#stage.zoom(ZOOM_STEP ** direction),
    remove: () => {
      this.#editor.remove();
      this.#stage.scroller.focus({ preventScroll: true }); // the button is off now
    },
  });

  connectedCallback() {
    this.append(this.#stage.element);
    if (!this.#isEditable) return;
    this.prepend(this.#tools.bar);
    this.append(this.#tools.status);
    this.#tools.tell([]);
    this.#offerEditing();
  }

  /** Begins to fill anew. @param {number} duration_sec of the recording: the width of the roll */
  start(duration_sec) {
    this.#editor.show([], [], []);
    Object.assign(this.#content, { pedals: [], beats: [], time_sec: null });
    this.setPeaks(null);
    this.#isEmpty = true;
    this.#take(duration_sec);
  }

  /** @param {Note[]} notes @param {Pedal[]} pedals heard since the last call */
  add(notes, pedals) {
    this.#editor.extend(notes);
    this.#content.pedals = [...this.#content.pedals, ...pedals];
    this.#take(this.#duration_sec);
  }

  /** Of the same piece as before, or of the one that `start` was called for. @param {Transcription} transcription */
  show({ result, notes }) {
    this.#editor.show(notes, result.score.notes, result.score.beats);
    Object.assign(this.#content, { pedals: result.performance.pedals, beats: result.score.beats });
    this.#stage.scroller.removeAttribute("aria-busy");
    this.#take(result.duration_sec);
    this.#tools.tell(this.#editor.selected);
  }

  /** Nothing is edited until the next `show`: what is corrected elsewhere may change the numbers of notes. */
  wait() {
    this.#editor.isWaiting = true;
    this.#stage.scroller.setAttribute("aria-busy", "true");
  }

  /** @param {Uint8Array | null} peaks of the recording (waveform.js), also when they have become more */
  setPeaks(peaks) {
    const loudest = peaks?.reduce((most, peak) => Math.max(most, peak), 1) ?? 1;
    Object.assign(this.#content, { peaks, loudest });
    this.#stage.draw();
  }

  /** The playhead, which the roll follows when it leaves the view. @param {number | null} time_sec null: none */
  setTime(time_sec) {
    if (time_sec !== null) this.#stage.follow(this.#content.time_sec, time_sec);
    this.#content.time_sec = time_sec;
    this.#stage.draw();
  }

  /** @param {boolean} is_tinted whether doubtful notes have a colour of their own */
  setTint(is_tinted) {
    this.#content.isTinted = is_tinted;
    this.#tools.unsure.hidden = !is_tinted;
    this.#stage.draw();
  }

  /** Selects notes and scrolls to them. @param {number[]} numbers */
  select(numbers) {
    this.#editor.select(numbers);
    this.#reveal();
  }

  /** Selects notes that were chosen in the score, which has the page's scroll. @param {ShownNote[]} notes */
  mark(notes) {
    this.#editor.mark(notes);
    this.#showSelection();
    const [first] = this.#editor.selected;
    if (first) this.#stage.reveal(first);
  }

  /** Where a note is in the window; null where there is none. @param {number} number */
  findBox(number) {
    const note = this.#editor.find(number);
    return note && this.#stage.findBox(note);
  }

  #offerEditing() {
    const [editor, stage, { scroller }] = [this.#editor, this.#stage, this.#stage];
    scroller.tabIndex = 0;
    scroller.setAttribute("role", "application"); // arrows and letters are the roll's, not a screen reader's
    scroller.setAttribute("aria-label", messages.roll.label);
    scroller.setAttribute("aria-describedby", "roll-help");
    const seek = (/** @type {number} */ sec) => this.#tell("seek", { sec });
    const cancel = followPointer({
      element: scroller,
      editor,
      view: () => stage.view,
      locate: (event) => stage.locate(event),
      isDrawing: this.#tools.isDrawing,
      seek,
      preview: (ghosts, frame) => {
        Object.assign(this.#content, { ghosts, frame });
        stage.draw();
      },
    });
    const middle = () => ({ ...stage.middle, ...(this.#content.time_sec && { time_sec: this.#content.time_sec }) });
    const reveal = () => this.#reveal();
    const zoom = (/** @type {number} */ direction) => stage.zoom(ZOOM_STEP ** direction);
    followKeys({ element: scroller, editor, middle, cancel, zoom, seek, reveal });
    followZoom(scroller, (factor, client_x) => stage.zoom(factor, client_x));
  }

  /** Of many, the first; the bar that comes with what is selected may lie over the stage. */
  #reveal() {
    const [first] = this.#editor.selected;
    if (!first) return;
    this.#stage.reveal(first);
    const { x, y, height } = this.#stage.findBox(first);
    const is_seen = [y, y + height].every((edge) => this.contains(document.elementFromPoint(x + 1, edge)));
    if (!is_seen) this.#stage.element.scrollIntoView({ block: "nearest" });
  }

  /** @param {string} type @param {object} detail */
  #tell(type, detail) {
    if (type === "add" || type === "change" || type === "delete") this.#take(this.#duration_sec);
    if (type === "delete") this.#tools.say(messages.roll.deleted);
    if (type === "select") this.#showSelection();
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #showSelection() {
    this.#content.selection = this.#editor.selection;
    this.#tools.tell(this.#editor.selected);
    this.#stage.draw();
  }

  /** Draws what the editor has. @param {number} duration_sec */
  #take(duration_sec) {
    const { notes, selection } = this.#editor;
    Object.assign(this.#content, { notes, selection });
    this.#duration_sec = duration_sec;
    this.dataset.notes = String(notes.sorted.length);
    const is_new = this.#isEmpty;
    this.#isEmpty = notes.sorted.length === 0;
    this.#stage.measure(notes.sorted, Math.max(duration_sec, notes.latest.at(-1) ?? 0), is_new);
  }
}

customElements.define("roll-view", RollView);
