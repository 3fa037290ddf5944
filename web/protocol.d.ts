/** Messages between the page and the transcription worker: one job at a time, hence no ids. */

export type Note = {
  onset_sec: number;
  offset_sec: number;
  pitch: number;
  velocity: number;
  confidence: number;
  /** The right or the left one, where a MIDI file has a track a hand. */
  hand?: 1 | 2;
};

export type Pedal = { onset_sec: number; offset_sec: number; kind: "sustain" | "soft" };

/** `choices` of the ottava-1 format; every field may be absent. */
export type Choices = {
  title?: string;
  composer?: string;
  tempo_bpm?: number;
  tempo_factor?: 0.5 | 2;
  meters?: { sec: number; beats: number; beat_type: number }[];
  keys?: { sec: number; fifths: number; mode: "major" | "minor" }[];
  downbeats_sec?: number[];
  beats_sec?: number[];
  swing?: boolean;
  beats?: "model" | "dp";
  grid?: "auto" | "8" | "16" | "triplet";
  split?: string;
  setting?: string;
  sensitivity?: number;
  notes?: NoteEdit[];
  added?: AddedNote[];
};

/**
 * How a note is written instead: the staff, or the name of its pitch (step, alter and octave together). `as_heard`: the
 * whole piece is read with the corrected note; else the correction changes its own staff in its own bar.
 */
type Written = { staff?: 1 | 2; step?: string; alter?: number; octave?: number; as_heard?: true };

/** A correction of the note `index`: of those heard, then of the possible ones, as `listen` gave them. */
export type NoteEdit = {
  index: number;
  deleted?: true;
  onset_sec?: number;
  offset_sec?: number;
  pitch?: number;
} & Written;

export type AddedNote = { onset_sec: number; offset_sec: number; pitch: number; velocity: number } & Written;

/**
 * A note of a result as corrected: `index` is what a NoteEdit calls it, or `added` its place in the choices' list of
 * added notes.
 */
export type ShownNote = Note & ({ index: number; added?: never } | { added: number; index?: never });

/** What is known of a piece before a score is written. */
export type Opened = { title: string; duration_sec: number; performance: Performance; choices: Choices };

/** What listening goes on from (py/ottava/listening/checkpoints.py), and how much was heard by then. */
export type Checkpoint = { fraction: number };

/** A file that Python writes: compressed MusicXML, MIDI as it was played, or with the times of the score. */
export type FileFormat = "mxl" | "midi" | "quantised_midi";

/**
 * `possible`: notes that were nearly heard, for a `sensitivity` above 0.5. `tuning_cents`: from A4 = 440 Hz. `remarks`:
 * what was left out of a file.
 */
export type Performance = {
  notes: Note[];
  pedals: Pedal[];
  model: string;
  possible: Note[];
  tuning_cents: number;
  remarks?: string[];
};

/** The parts of the ottava-1 result that the page reads; the whole is saved as it came. */
export type Result = {
  format: "ottava-1";
  title: string;
  duration_sec: number;
  performance: Performance;
  choices: Choices;
  score: {
    beats: { time_sec: number; quarter: number; beat_in_bar: number; bar: number }[];
    meters: { quarter: number; beats: number; beat_type: number }[];
    keys: { quarter: number; fifths: number; mode: "major" | "minor" }[];
    tempos: { quarter: number; bpm: number }[];
    notes: (ScoreNote | null)[];
    is_swung: boolean;
  };
  warnings: string[];
};

/** Quarters are written "n/d". */
export type ScoreNote = {
  onset_quarter: string;
  duration_quarter: string;
  grace: boolean;
  staff: 1 | 2;
  voice: number;
  step: string;
  alter: number;
  octave: number;
};

/** What runs the network (engine.js); WebAssembly where nothing is said. */
export type Engine = "wasm" | "webgpu";

/** Page to worker. `sample_rate` of every sample is the model's (models.json). */
export type Request =
  | { type: "prepare"; setting?: string; engine?: Engine }
  | { type: "listen"; n_samples: number; setting?: string; engine?: Engine; begun: Checkpoint[] }
  | { type: "samples"; first_sample: number; samples: Float32Array }
  | { type: "notate"; performance: Performance; duration_sec: number; choices: Choices }
  | { type: "compare"; performance: Performance; duration_sec: number; choices: Choices }
  | { type: "open"; name: string; bytes: Uint8Array }
  | { type: "write"; format: FileFormat; performance: Performance; duration_sec: number; choices: Choices };

export type Stage = "boot" | "model" | "listening" | "notating";

/** Worker to page. */
export type Reply =
  | { type: "ready" }
  | { type: "read"; first_sample: number; last_sample: number }
  | { type: "progress"; stage: Stage; fraction: number }
  | { type: "heard"; notes: Note[]; pedals: Pedal[] }
  | { type: "checkpoint"; checkpoint: Checkpoint }
  | { type: "performance"; performance: Performance }
  | {
      type: "result";
      result: Result;
      notes: (ShownNote | null)[]; // of result.performance.notes; null where one is deleted
      musicxml: string;
      unkept: string; // why a model could not be kept on this device; empty: it is
    }
  | { type: "compared"; n_bars: number } // that reading the piece again with its corrected notes would change elsewhere
  | ({ type: "opened" } & Opened)
  | { type: "written"; bytes: Uint8Array<ArrayBuffer> }
  | { type: "error"; message: string; detail: string };
