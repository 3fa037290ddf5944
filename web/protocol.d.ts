/** Messages between the page and the transcription worker: one job at a time, hence no ids. */

export type Note = {
  onset_sec: number;
  offset_sec: number;
  pitch: number;
  velocity: number;
  confidence: number;
};

export type Pedal = { onset_sec: number; offset_sec: number; kind: "sustain" | "soft" };

/** `choices` of the ottava-1 format; every field may be absent. */
export type Choices = {
  title?: string;
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
};

/** `possible`: notes that were nearly heard, for a `sensitivity` above 0.5. `tuning_cents`: from A4 = 440 Hz. */
export type Performance = { notes: Note[]; pedals: Pedal[]; model: string; possible: Note[]; tuning_cents: number };

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
  };
  warnings: string[];
};

/** What runs the network (engine.js); WebAssembly where nothing is said. */
export type Engine = "wasm" | "webgpu";

/** Page to worker. `sample_rate` of every sample is the model's (models.json). */
export type Request =
  | { type: "prepare"; setting?: string; engine?: Engine }
  | { type: "listen"; n_samples: number; setting?: string; engine?: Engine }
  | { type: "samples"; first_sample: number; samples: Float32Array }
  | { type: "notate"; performance: Performance; duration_sec: number; choices: Choices };

export type Stage = "boot" | "model" | "listening" | "notating";

/** Worker to page. */
export type Reply =
  | { type: "ready" }
  | { type: "read"; first_sample: number; last_sample: number }
  | { type: "progress"; stage: Stage; fraction: number }
  | { type: "heard"; notes: Note[]; pedals: Pedal[] }
  | { type: "performance"; performance: Performance }
  | { type: "result"; result: Result; musicxml: string; midi: Uint8Array<ArrayBuffer> }
  | { type: "error"; message: string; detail: string };
