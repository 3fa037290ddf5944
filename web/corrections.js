/**
 * Corrections: pure functions from choices to choices, one for each thing that a person may decide.
 *
 * What is undefined is left to Ottava again. A note is given as it is shown (protocol.d.ts, ShownNote), which says what a
 * correction calls it.
 */

/** @import { AddedNote, Choices, NoteEdit, ScoreNote, ShownNote } from "./protocol.js" */

const FASTEST_FACTOR = 2;
/** Two downbeats nearer than this are the same. */
const SAME_SEC = 0.05;
const [LOWEST_PITCH, HIGHEST_PITCH] = [21, 108];
const STEPS = /** @type {const} */ ({ C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 });

/**
 * Everything that is one value: title, composer, grid, swing, sensitivity.
 * @template {keyof Choices} Field
 * @param {Choices} choices
 * @param {Field} field
 * @param {Choices[Field]} value undefined: as Ottava thinks
 * @returns {Choices}
 */
export function choose(choices, field, value) {
  const { [field]: _, ...others } = choices;
  return value === undefined ? others : { ...others, [field]: value };
}

/** One meter for the whole piece. @param {Choices} choices @param {{ beats: number, beat_type: number } | undefined} meter */
export function chooseMeter(choices, meter) {
  return choose(choices, "meters", meter && [{ sec: 0, ...meter }]);
}

/** @param {Choices} choices @param {{ fifths: number, mode: "major" | "minor" } | undefined} key of the whole piece */
export function chooseKey(choices, key) {
  return choose(choices, "keys", key && [{ sec: 0, ...key }]);
}

/**
 * Twice or half as many beats. Beats that were tapped are halved, or get one more between two.
 * @param {Choices} choices
 * @param {0.5 | 2} factor
 * @returns {Choices}
 */
export function changeTempo(choices, factor) {
  if (choices.beats_sec) return choose(choices, "beats_sec", divideBeats(choices.beats_sec, factor));
  if (choices.tempo_bpm) return { ...choices, tempo_bpm: choices.tempo_bpm * factor };
  const changed = (choices.tempo_factor ?? 1) * factor;
  if (changed > FASTEST_FACTOR || changed < 1 / FASTEST_FACTOR) return choices;
  return choose(choices, "tempo_factor", changed === 1 ? undefined : factor);
}

/** @param {number[]} beats_sec @param {0.5 | 2} factor */
function divideBeats(beats_sec, factor) {
  if (factor === 2) return beats_sec.flatMap((sec, i) => (i ? [(sec + (beats_sec[i - 1] ?? sec)) / 2, sec] : [sec]));
  const halved = beats_sec.filter((_, i) => i % 2 === 0);
  return halved.length > 1 ? halved : beats_sec;
}

/** A bar begins here, or no longer has to. @param {Choices} choices @param {number} sec */
export function toggleDownbeat(choices, sec) {
  const before = choices.downbeats_sec ?? [];
  const others = before.filter((other) => Math.abs(other - sec) > SAME_SEC);
  const downbeats = others.length < before.length ? others : [...before, sec].sort((a, b) => a - b);
  return choose(choices, "downbeats_sec", downbeats.length ? downbeats : undefined);
}

/** Whether a person said that a bar begins here. @param {Choices} choices @param {number} sec */
export function isDownbeat(choices, sec) {
  return (choices.downbeats_sec ?? []).some((other) => Math.abs(other - sec) <= SAME_SEC);
}

/** Beats as tapped along; they take the place of what was said of the tempo. @param {Choices} choices @param {number[] | undefined} beats_sec */
export function chooseBeats(choices, beats_sec) {
  const { tempo_bpm, tempo_factor, ...others } = choices;
  return choose(others, "beats_sec", beats_sec);
}

/** All that was decided about beats and bars is left to Ottava again. @param {Choices} choices @returns {Choices} */
export function forgetRhythm(choices) {
  const { tempo_bpm, tempo_factor, beats_sec, downbeats_sec, meters, ...others } = choices;
  return others;
}

/** @param {Choices} choices @param {ShownNote[]} notes @returns {Choices} */
export function deleteNotes(choices, notes) {
  const indices = notes.flatMap(({ index }) => (index === undefined ? [] : [index]));
  const places = new Set(notes.map(({ added }) => added));
  const edits = indices.reduce((list, index) => merge(list, { index, deleted: true }), choices.notes ?? []);
  const added = (choices.added ?? []).filter((_, place) => !places.has(place));
  return chooseLists(choices, edits, added);
}

/**
 * @param {Choices} choices
 * @param {ShownNote} note
 * @param {Omit<NoteEdit, "index" | "deleted">} fields what is new
 * @returns {Choices}
 */
export function changeNote(choices, { index, added: place, onset_sec, offset_sec }, fields) {
  const moved = fields.onset_sec !== undefined && fields.offset_sec === undefined;
  // Moved in time a note keeps its length, also when its end was moved before.
  const whole = moved ? { ...fields, offset_sec: (fields.onset_sec ?? 0) + offset_sec - onset_sec } : fields;
  if (index !== undefined) return chooseLists(choices, merge(choices.notes ?? [], { index, ...whole }), choices.added);
  const added = (choices.added ?? []).map((one, i) => (i === place ? dropName({ ...one, ...whole }, whole) : one));
  return chooseLists(choices, choices.notes, added);
}

/**
 * Those that would leave the keyboard stay.
 * @param {Choices} choices
 * @param {ShownNote[]} notes
 * @param {number} semitones
 */
export function transposeNotes(choices, notes, semitones) {
  return notes.reduce((changed, note) => {
    const pitch = note.pitch + semitones;
    return pitch < LOWEST_PITCH || pitch > HIGHEST_PITCH ? changed : changeNote(changed, note, { pitch });
  }, choices);
}

/** @param {Choices} choices @param {AddedNote} note */
export function addNote(choices, note) {
  return chooseLists(choices, choices.notes, [...(choices.added ?? []), note]);
}

/**
 * The note under another of its names: C sharp, D flat, and what has two accidentals where there is nothing else.
 * @param {Choices} choices
 * @param {ShownNote} note
 * @param {ScoreNote} written
 */
export function respell(choices, note, written) {
  const names = nameAll(note.pitch);
  const now = names.findIndex(({ step }) => step === written.step);
  const next = names[(now + 1) % names.length];
  return next ? changeNote(choices, note, next) : choices;
}

/** Names of a pitch with as few accidentals as it has two of. @param {number} pitch */
function nameAll(pitch) {
  const names = Object.entries(STEPS).flatMap(([step, pitch_class]) => {
    const alter = ((((pitch - pitch_class) % 12) + 18) % 12) - 6;
    return Math.abs(alter) > 2 ? [] : [{ step, alter, octave: (pitch - alter - pitch_class) / 12 - 1 }];
  });
  const simple = names.filter(({ alter }) => Math.abs(alter) < 2);
  return (simple.length > 1 ? simple : names).sort((a, b) => b.alter - a.alter);
}

/** The whole piece is read again, as if the corrected notes had been heard so. @param {Choices} choices */
export function readAgain(choices) {
  const take = (/** @type {any} */ one) => ({ ...one, as_heard: true });
  return chooseLists(choices, choices.notes?.map(take), choices.added?.map(take));
}

/** @param {NoteEdit[]} edits @param {NoteEdit} edit @returns {NoteEdit[]} */
function merge(edits, edit) {
  const before = edits.find(({ index }) => index === edit.index);
  const others = edits.filter(({ index }) => index !== edit.index);
  return [...others, dropName({ ...before, ...edit }, edit)].sort((a, b) => a.index - b.index);
}

/**
 * A name belongs to one pitch: with another pitch it goes.
 * @template {Partial<NoteEdit>} T
 * @param {T} note
 * @param {Partial<NoteEdit>} fields what is new of it
 * @returns {T}
 */
function dropName(note, fields) {
  if (fields.pitch === undefined || fields.step !== undefined) return note;
  const { step, alter, octave, ...others } = note;
  return /** @type {T} */ (/** @type {unknown} */ (others));
}

/** @param {Choices} choices @param {NoteEdit[] | undefined} notes @param {AddedNote[] | undefined} added */
function chooseLists(choices, notes, added) {
  return choose(
    choose(choices, "notes", notes?.length ? notes : undefined),
    "added",
    added?.length ? added : undefined,
  );
}
