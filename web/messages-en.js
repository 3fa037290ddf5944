/** What the page says in English; another language is another table with the same keys. */

import { formatDuration, makeAmounts } from "./amounts.js";

/**
 * @import { KeptFacts } from "./kept-facts.js"
 * @import { Result } from "./protocol.js"
 */

const { formatNumber, formatPercent, formatBytes, formatMoment, formatDate, compare } = makeAmounts("en-GB");

const MAJOR = ["C♭", "G♭", "D♭", "A♭", "E♭", "B♭", "F", "C", "G", "D", "A", "E", "B", "F♯", "C♯"];
const MINOR = ["A♭", "E♭", "B♭", "F", "C", "G", "D", "A", "E", "B", "F♯", "C♯", "G♯", "D♯", "A♯"];

/** @param {{ fifths: number, mode: "major" | "minor" }} key */
const nameKey = ({ fifths, mode }) => `${(mode === "major" ? MAJOR : MINOR)[fifths + 7]} ${mode}`;

const FORMATS = "WAV, AIFF, MP3, FLAC, Ogg, Opus, M4A/AAC and videos (MP4, MOV, WebM) work";

/** @type {Record<string, string>} */
const VALUES = { "16th": "sixteenth", "32nd": "thirty-second" };

/** @param {number} bar 0: what comes before the first */
const nameBar = (bar) => (bar === 0 ? "pickup" : `bar ${bar}`);

const STAGES = {
  opening: "Opening the recording",
  boot: "Getting ready",
  model: "Loading the listening model",
  listening: "Listening",
  notating: "Writing the score",
};

/** @param {number} n_notes */
const countNotes = (n_notes) => (n_notes === 1 ? "1 note" : `${formatNumber(n_notes)} notes`);

const ACCIDENTALS = ["♭♭", "♭", "", "♯", "𝄪"];
const SHARP_NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];

export const messages = {
  // Loading the page's own parts
  viewsMissing: "A part of this page could not be loaded: check the connection and reload the page.",

  /** The texts of index.html (labels.js), which holds them too. */
  labels: {
    description: "A recording of a solo piano becomes sheet music, on your own device.",
    language: "Language",
    help: "Help",
    details: "Details",
    tryAnother: "Try another file",
    headline: "Play it. Read it.",
    lead: "Ottava listens to a recording of a solo piano and writes the sheet music.",
    drop: "Drop a recording anywhere on this page",
    choose: "Choose a recording",
    record: "Record",
    example: "Try an example",
    options: "Options",
    listening: "Listening",
    keepRecordings: "Keep recordings with my pieces",
    formats: "WAV, AIFF, MP3, FLAC, Ogg, Opus, M4A or a video; or a MIDI file or saved Ottava project",
    privacy: "Nothing leaves this device: the recording is not uploaded, and there is no account.",
    recordHeadline: "Record the piano",
    microphone: "Microphone",
    startRecording: "Start recording",
    stop: "Stop",
    pause: "Pause",
    writeScore: "Write the score",
    listen: "Listen",
    tryAgain: "Try again",
    discard: "Discard",
    back: "Back",
    recording: "Recording",
    cancel: "Cancel",
    score: "Score",
    undo: "Undo",
    redo: "Redo",
    save: "Save",
    close: "Close",
    print: "Print",
    share: "Share",
    myPieces: "My pieces",
    newRecording: "New recording",
    more: "More",
    mxl: "MusicXML, compressed",
    pdf: "PDF, from the print dialog",
    midi: "MIDI, as played",
    quantisedMidi: "MIDI, as written",
    svg: "SVG pages",
    png: "PNG of this page",
    project: "Ottava project",
    corrections: "Corrections",
    view: "View",
    smaller: "Smaller",
    larger: "Larger",
    pages: "Pages",
    doubtful: "Doubtful notes",
    roll: "Piano roll",
    about: "About this device",
  },
  languageLater: "The language changes with the next reload: reloading now would lose what is open here.",

  // Help
  help: {
    title: "Help",
    close: "Close",
    lines: [
      "Drop a recording of a solo piano, or play one to the microphone: Ottava listens and writes the score. The clearer the sound, the better the score.",
      "Press Play to compare: the line in the score follows the music. “Sound and loop” slows it down, repeats bars and mutes a hand.",
      "Bars, key or tempo wrong? Open Corrections and choose the right one, or tap the beats along with the music.",
      "A note wrong? Press it in the score: delete it, move it, or give it to the other hand. In the piano roll, draw missing notes and drag others.",
      "“Doubtful notes” shows in colour what Ottava is not sure of. Undo takes every step back.",
      "Pieces are kept in My pieces on this device. Save or print what you want to take away.",
    ],
    keysTitle: "Keys",
    /** Headings, and below each the keys and what they do. @type {[string, [keys: string, effect: string][]][]} */
    keys: [
      [
        "Anywhere",
        [
          ["?", "help"],
          ["Space", "play or pause"],
          ["Ctrl Z", "undo, with Shift redo (on a Mac ⌘)"],
          ["Ctrl P", "print the score"],
          ["Ctrl V", "open a copied file"],
          ["Esc", "cancel listening, leave the recorder"],
        ],
      ],
      [
        "In the score",
        [
          ["← →", "note before or after"],
          ["↑ ↓", "move the note by a semitone, with Shift by an octave"],
          ["Delete", "delete the note"],
          ["Shift click", "choose several notes"],
          ["Esc", "let go"],
        ],
      ],
      [
        "In the piano roll",
        [
          ["N P", "next or previous note, with Shift choose more"],
          ["Ctrl A", "choose all notes"],
          ["↑ ↓", "move by a semitone, with Shift by an octave"],
          ["← →", "move by 0.01 s, with Shift by a quarter of a beat"],
          ["L S", "make longer or shorter, with Shift by a quarter of a beat"],
          ["A", "add a note"],
          ["Enter", "hear the note, with Shift play from there"],
          ["Delete", "delete what is chosen"],
          ["+ −", "zoom"],
          ["Esc", "let go"],
        ],
      ],
      [
        "While tapping",
        [
          ["Space", "tap a beat"],
          ["Esc", "done"],
        ],
      ],
    ],
  },

  // Names of files and of the example
  exampleName: "minuet.mp3",
  files: {
    untitled: "score",
    /** @param {string} stem */
    asWritten: (stem) => `${stem} (score)`,
    /** @param {string} stem @param {number} page */
    page: (stem, page) => `${stem} (page ${page})`,
  },

  /** A sentence that Python or a worker said, in English. @param {string} sentence */
  translate: (sentence) => sentence,

  // Opening a recording
  empty: "This file is empty.",
  unreadable: "This file could not be read: it may have moved, be a folder, or not be yours to open.",
  /** @param {string} name */
  unknownFormat: (name) => `“${name}” is not a recording this browser can open; ${FORMATS}.`,
  /** @param {string} name @param {string} format */
  namedFormat: (name, format) => `“${name}” is ${format} and no recording; ${FORMATS}.`,
  /** @param {string} name @param {string} format */
  closedFormat: (name, format) =>
    `“${name}” is ${format}, which this browser cannot open; convert it to WAV, FLAC or MP3 with another program.`,
  /** @param {string} name */
  brokenAiff: (name) => `“${name}” is a damaged AIFF file; ${FORMATS}.`,
  tooLarge: "This file is too large: it holds more than Ottava can write down.",
  noAudio: "There is no sound in this file.",
  /** @param {number} limit_min */
  tooLong: (limit_min) => `This recording is too long: this browser can open up to ${limit_min} minutes.`,
  /** @param {number} decoded_sec @param {number} declared_sec */
  cutOff: (decoded_sec, declared_sec) =>
    `The file is cut off: it holds ${formatDuration(decoded_sec)} of the ${formatDuration(declared_sec)} that it announces.`,
  /** @param {number} held_sec @param {number} declared_sec */
  partMissing: (held_sec, declared_sec) =>
    `Some of the file is missing: it holds ${formatDuration(held_sec)} of the ${formatDuration(declared_sec)} that it announces.`,
  /** @param {[number, number][]} places begin and end in seconds @param {number} n_more places */
  damaged: (places, n_more) => {
    const named = places.map(([begin, end]) => `from ${formatDuration(begin)} to ${formatDuration(end)}`);
    const listed = n_more > 0 ? [...named, `in ${n_more} more places`] : named;
    return `The recording is damaged or has a gap ${new Intl.ListFormat("en-GB").format(listed)}: nothing could be read there.`;
  },
  exampleMissing: "The example could not be loaded.",
  sharedLost: "What was shared could not be kept: free some storage, or choose the file here.",

  // How thoroughly to listen, in the order of the choice
  settings: {
    balanced: "Balanced",
    fast: "Fast: some notes may be missed",
    exact: "Exact: takes about twice as long",
  },
  /** @param {number} n_mb */
  download: (n_mb) => `, ${Math.ceil(n_mb)} MB to download once`,

  // Transcribing
  wentWrong: "Something went wrong: try again, or reload the page.",
  stopped: "Ottava stopped unexpectedly, perhaps for lack of memory: close other tabs and try again.",
  engraverFailed: "The score could not be drawn, but you can save it as a file.",

  // Progress
  stages: STAGES,
  estimating: "estimating the time…",
  almostDone: "almost done",
  /** No finer than the estimate is. @param {number} sec */
  timeLeft(sec) {
    if (sec < 5) return this.almostDone;
    if (sec < 90) return `about ${Math.round(sec / 5) * 5} s left`;
    if (sec > 300) return `about ${Math.round(sec / 60)} min left`;
    const tens = Math.round(sec / 10);
    return `about ${Math.floor(tens / 6)} min ${(tens % 6) * 10} s left`.replace(" 0 s", "");
  },
  /** @param {string} name @param {number} duration_sec */
  recording: (name, duration_sec) => `${name}, ${formatDuration(duration_sec)}`,

  // Taking files in
  folder: "A folder cannot be opened: drop the files that are in it.",
  text: "That is text, not a file: drop a recording, a MIDI file or a saved Ottava project.",

  // Several files
  /** @param {{ all: number, waiting: number, working: number, done: number, failed: number }} n */
  queue(n) {
    const states = [
      n.done && `${n.done} ready`,
      n.working && `${n.working} in progress`,
      n.waiting && `${n.waiting} waiting`,
      n.failed && `${n.failed} failed`,
    ];
    return `${n.all === 1 ? "1 file" : `${n.all} files`}: ${states.filter(Boolean).join(", ")}`;
  },
  /**
   * @param {{ state: "waiting" | "working" | "done" | "failed", stage: keyof typeof STAGES, fraction: number,
   *   problem: { sentence: string } | null }} entry
   */
  queueState({ state, stage, fraction, problem }) {
    if (state === "waiting") return "Waiting";
    if (state === "done") return "Ready";
    if (state === "failed") return problem?.sentence ?? "";
    return stage === "listening" ? `Listening, ${formatPercent(Math.floor(fraction * 100))}` : STAGES[stage];
  },
  /** @param {string} title @param {string | undefined} sentence why it failed */
  queueEnd: (title, sentence) => (sentence ? `${title}: ${sentence}` : `${title}: the score is ready.`),
  noneWorked: "None of these files became a score; the list says why.",
  open: "Open",
  watch: "Watch",
  cancel: "Cancel",
  remove: "Remove",
  /** @param {string} title */
  openEntry: (title) => `Open the score of ${title}`,
  /** @param {string} title */
  watchEntry: (title) => `Watch the progress of ${title}`,
  /** @param {string} title */
  cancelEntry: (title) => `Cancel ${title}`,
  /** @param {string} title */
  removeEntry: (title) => `Remove ${title} from the list`,

  // Recording with the microphone
  askingMicrophone: "Your browser asks whether Ottava may use the microphone: allow it.",
  microphoneReady: "Play your loudest passage: the level should come near the right end, but not reach it.",
  microphoneDenied:
    "The microphone is not allowed; allow it for this page in the settings of your browser, then try again.",
  microphoneMissing: "No microphone was found; connect one and try again.",
  microphoneBusy: "The microphone could not be opened: close other programs that may use it, and try again.",
  microphoneLost: "The microphone has gone: connect it and try again.",
  microphoneLostKept: "The microphone has gone; what was recorded until then is here.",
  nothingRecorded: "Less than a second was recorded: try again.",
  recordingNow: "Recording.",
  recordingPaused: "Paused: what is played now is not recorded.",
  recordingEnded: "Drag the ends to cut off what you do not want, listen to it, then write the score.",
  recordingFirst: "Finish this recording first: write its score, or discard it.",
  discardQuestion: "Discard this recording? It cannot be brought back.",
  /** The name of its file: no colons, no point but the last. @param {Date} now */
  recordingName(now) {
    const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
    const date = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join("-");
    return `Recording ${date} ${two(now.getHours())}-${two(now.getMinutes())}.wav`;
  },
  /** One that has no name. @param {number} number */
  microphone: (number) => `Microphone ${number}`,
  level: "Level",
  clipping: "Too loud: move the microphone away or turn it down.",
  trimFirst: "Beginning",
  trimLast: "End",
  /** @param {number} sec */
  trimAt: (sec) => `${formatNumber(sec, 1)} s`,
  listen: "Listen",
  stopListening: "Stop listening",
  pause: "Pause",
  goOn: "Go on",

  // The score
  /**
   * One line: the number of notes, and the first key, meter and tempo.
   * @param {Result} result
   * @param {number} n_notes
   * @param {string} tempo as printed (tempo-mark.js)
   */
  facts({ score, duration_sec }, n_notes, tempo) {
    const [key, meter] = [score.keys[0], score.meters[0]];
    const facts = [
      countNotes(n_notes),
      key && nameKey(key),
      meter && `${meter.beats}/${meter.beat_type}`,
      tempo,
      formatDuration(duration_sec),
    ];
    return facts.filter(Boolean).join(" · ");
  },
  /** A note value that has no sign on every device. @param {string} value as MusicXML names it @param {boolean} is_dotted */
  nameValue: (value, is_dotted) => `${is_dotted ? "dotted " : ""}${VALUES[value] ?? value} note`,
  scoreLabel: "Score",
  scoreKeys:
    "Left and right choose a note, up and down move it by a semitone, with shift by an octave, delete removes it, escape lets go.",

  // Corrections
  fields: {
    title: "Title",
    composer: "Composer",
    meter: "Meter",
    key: "Key",
    tempo: "Tempo",
    grid: "Shortest notes",
    swing: "Swing",
    sensitivity: "Sensitivity",
    beats: "Beats",
  },
  readAgain: "Read again",
  readAgainOffer: "Read again?",
  /** @param {number} n_bars in which nobody corrected a note */
  countOtherBars: (n_bars) =>
    `Read again with your notes, ${n_bars === 1 ? "1 other bar" : `${formatNumber(n_bars)} other bars`} would change.`,
  grids: { 8: "Eighths", 16: "Sixteenths", triplet: "Triplets" },
  swung: "Swung",
  straight: "Straight",
  halfTempo: "Half",
  doubleTempo: "Double",
  tapBeats: "Tap along",
  forgetRhythm: "Reset rhythm",
  /** What Ottava decides by itself. @param {string} [thought] */
  automatic: (thought) => (thought ? `Automatic: ${thought}` : "Automatic"),
  nameKey,
  /** @param {number} sensitivity @returns {string} */
  nameSensitivity: (sensitivity) =>
    sensitivity === 0.5 ? "normal" : sensitivity < 0.5 ? "only sure notes" : "also doubtful notes",
  noteActions: {
    "delete-note": "Delete",
    lower: "Lower",
    higher: "Higher",
    "other-hand": "Other hand",
    "other-name": "Respell (♯/♭)",
    "bar-here": "Bar begins here",
  },
  letGo: "Let go",
  /**
   * @param {{ note: { pitch: number, confidence: number }, written: { step: string, alter: number, octave: number,
   *   staff: 1 | 2 } | null, bar: number }[]} chosen one at least
   */
  nameNotes(chosen) {
    const [first] = chosen;
    if (!first || chosen.length > 1) return countNotes(chosen.length);
    const { note, written, bar } = first;
    if (!written) return "A note that is not in the score";
    const accidental = ["♭♭", "♭", "", "♯", "♯♯"][written.alter + 2];
    const hand = written.staff === 1 ? "right hand" : "left hand";
    const name = `${written.step}${accidental}${written.octave}, ${nameBar(bar)}, ${hand}`;
    return note.confidence < 0.995 ? `${name}, ${formatPercent(Math.round(note.confidence * 100))} sure` : name;
  },
  fileFailed: "This file could not be written: try another format.",
  tapHelp: "Tap the space bar or the button on every beat while the music plays, then press Done.",
  tap: "Tap",
  tapDone: "Done",
  /** @param {number} n_beats */
  tapped: (n_beats) => `Tapped: ${n_beats}`,
  tappedTooFew: "Too few beats were tapped: tap at least four, in time with the music.",

  /** @param {number} page @param {number} n_pages */
  page: (page, n_pages) => (n_pages === 1 ? "Score" : `Score, part ${page} of ${n_pages}`),
  writingScore: "Writing the score…",
  writingFile: "Writing the file…",
  scoreWritten: "The score is written anew.",
  scoreReady: "The score is ready.",

  /**
   * @param {{ engine: "wasm" | "webgpu", n_threads: number, isolated: boolean, setting: string,
   *   memory_gb: number | undefined, saved: string }} device
   */
  about({ engine, n_threads, isolated, setting, memory_gb, saved }) {
    const threads = n_threads === 1 ? "1 thread" : `${n_threads} threads`;
    const name =
      setting in this.settings ? this.settings[/** @type {keyof typeof this.settings} */ (setting)] : setting;
    return [
      ["Listening runs on", engine === "webgpu" ? "WebGPU" : `WebAssembly, ${threads}`],
      ["May use several threads", isolated ? "yes" : "no"],
      ["How thoroughly", name],
      ["Memory of the device", memory_gb === undefined ? "this browser does not say" : `${memory_gb} GB or more`],
      ["Without a connection", saved || "not yet"],
    ];
  },

  /**
   * @param {{ times_real: number, usage: number, available: number, is_persistent: boolean,
   *   parts: { name: string, version: string, licence: string, sha256: string }[] }} device `times_real` is 0 before the first listening
   */
  aboutMore({ times_real, usage, available, is_persistent, parts }) {
    const speed = times_real > 0 ? `${formatNumber(times_real, 1)} times as fast as it was played` : "not measured yet";
    const kept = is_persistent ? "kept until you delete it" : "the browser may remove it when the disk is full";
    return [
      ["Speed of the last listening", speed],
      ["Storage", `${formatBytes(usage)} used, ${kept}; ${formatBytes(available)} free`],
      [
        "Nothing leaves this device",
        "See for yourself: open your browser’s developer tools (F12), tab “Network”, while Ottava listens. Or go offline once it says “Works offline”, and use it.",
      ],
      ...parts.map(({ name, version, licence, sha256 }) => [
        name,
        `${version}, ${licence}, SHA-256 ${sha256.slice(0, 16)} …`,
      ]),
    ];
  },

  // My pieces
  library: {
    heading: "My pieces",
    search: "Search",
    sort: "Sort by",
    sorts: { date: "Newest first", title: "Title", duration: "Longest first" },
    rename: "Rename",
    delete: "Delete",
    undo: "Undo",
    save: "Save",
    cancel: "Cancel",
    exportAll: "Export all",
    newTitle: "New title",
    compare,
    /** The whole of what a button does. @param {string} action @param {string} title */
    act: (action, title) => `${action} “${title}”`,
    /** @param {string[]} titles */
    deleted: (titles) => (titles.length === 1 ? `“${titles[0]}” is deleted.` : `${titles.length} pieces are deleted.`),
    restored: "Restored.",
    /** @param {string} title */
    renamed: (title) => `Renamed to “${title}”.`,
    exporting: "Writing the .zip file…",
    exported: "The .zip file is written.",
    exportFailed: "The pieces could not be exported.",
    exportName: "Ottava pieces",
    /** @param {number} n_found @param {number} n_pieces */
    found: (n_found, n_pieces) => `${formatNumber(n_found)} of ${formatNumber(n_pieces)} pieces`,
    /** @param {number} n_damaged */
    damaged: (n_damaged) =>
      n_damaged === 1
        ? "One more piece is kept here, but it is damaged and cannot be shown."
        : `${n_damaged} more pieces are kept here, but they are damaged and cannot be shown.`,
    /** @param {KeptFacts} facts */
    facts({ composer, duration_sec, n_notes, key, meter }) {
      const first = [key && nameKey(key), meter && `${meter.beats}/${meter.beat_type}`];
      return [composer, formatDuration(duration_sec), countNotes(n_notes), ...first].filter(Boolean).join(" · ");
    },
    /** @param {KeptFacts} facts */
    keeping({ changed_ms, bytes, recording }) {
      const size = formatBytes(bytes + (recording?.bytes ?? 0));
      return `${formatDate(changed_ms)} · ${size}${recording ? " with the recording" : ""}`;
    },
    /** @param {{ pieces_bytes: number, usage: number, available: number, is_persistent: boolean }} storage */
    storage({ pieces_bytes, usage, available, is_persistent }) {
      const used = `These pieces take ${formatBytes(pieces_bytes)}; Ottava as a whole ${formatBytes(usage)}`;
      const kept = is_persistent
        ? "The browser keeps them until you delete them."
        : "The browser may remove them when the disk is full: export those that matter.";
      return `${used}, and ${formatBytes(available)} are free for it. ${kept}`;
    },
  },
  // What was not heard to its end
  unfinished: {
    /** @param {string} title @param {number} fraction */
    sentence: (title, fraction) =>
      `“${title}” was heard to ${formatPercent(100 * fraction)} when this page was closed or stopped.`,
    goOn: "Go on",
    discard: "Discard",
    gone: "This recording is no longer on this device: choose it again.",
  },
  kept: "Kept in My pieces on this device.",
  correctedElsewhere:
    "This piece was corrected in another tab: reload to see that. A correction here would take its place.",
  pieceUnknown: "This piece is not kept on this device (any more).",
  pieceDamaged: "This piece is damaged and cannot be opened.",
  recordingGone: "The recording of this piece is no longer on this device; the piano still plays.",
  recordingNotKept: "The piece is kept, but its recording could not be: keep the file it came from.",
  correctionNotKept:
    "There is no room left for this correction, and the piece is kept as it was before: delete some of My pieces, or free space on this device.",
  correctionTakenBack: "The last correction could not be written and was taken back.",
  storageFull:
    "There is no room left to keep this piece: delete some of My pieces, or free space on this device. The score stays while this page is open.",
  storageFullForRecording:
    "The piece is kept, but there is no room left for its recording: delete some of My pieces, or free space on this device.",
  storageForbidden:
    "This browser does not let Ottava keep pieces, as in a private window: save the files you need before you close this page.",
  storageNewer: "Another tab runs a newer Ottava: close it or reload this page to keep pieces.",

  // The piano roll
  roll: {
    label: "Piano roll",
    draw: "Draw notes",
    remove: "Delete",
    zoomIn: "Zoom in",
    zoomOut: "Zoom out",
    /** At each octave of the keyboard. @param {number} octave */
    nameC: (octave) => `C${octave}`,
    /** What the colours mean, by class. */
    legend: { right: "right hand", left: "left hand", unsure: "unsure" },
    help: "How to edit notes",
    keys: [
      "Pointer: press a note to hear and select it, drag it to move it, drag its right end to change its length.",
      "Double-click an empty place to add a note, drag over one to select several. Press a bar number to go there.",
      "Touch: press long, then drag.",
      "Keys: N and P go to the next and the previous note, with Shift more are selected.",
      "The arrows move what is selected by a semitone or a hundredth of a second, with Shift by an octave or a quarter of a beat.",
      "L makes it longer, S shorter. Enter plays it, with Shift the recording from there. Delete removes it. A adds a note after it.",
      "Plus and minus zoom. Escape lets go.",
    ].join("\n"),
    /** @param {number} n_notes */
    selected: (n_notes) => `${countNotes(n_notes)} selected`,
    deleted: "Deleted",
    /**
     * @param {{ pitch: number, onset_sec: number, confidence: number, staff: 0 | 1 | 2,
     *   name: { step: string, alter: number, octave: number } | null }} note
     */
    note({ pitch, onset_sec, confidence, staff, name }) {
      const written = name && `${name.step}${ACCIDENTALS[name.alter + 2]}${name.octave}`;
      const parts = [
        written ?? `${SHARP_NAMES[pitch % 12]}${Math.floor(pitch / 12) - 1}`,
        `at ${formatMoment(onset_sec, ".")}`,
        ["", "right hand", "left hand"][staff],
        confidence < 0.8 && "unsure", // confidence.py: doubtful
      ];
      return parts.filter(Boolean).join(", ");
    },
  },

  // Playing
  player: {
    region: "Playback",
    play: "Play",
    pause: "Pause",
    toStart: "Back to the start",
    position: "Position",
    /** @param {number} sec @param {number} duration_sec @param {number} bar */
    positionText: (sec, duration_sec, bar) =>
      `${formatDuration(sec)} of ${formatDuration(duration_sec)}, ${nameBar(bar)}`,
    options: "Sound and loop",
    sound: "What sounds",
    balance: "Recording or piano",
    /** @param {number} balance */
    balanceText: (balance) =>
      balance === 0
        ? "recording only"
        : balance === 1
          ? "piano only"
          : `recording ${formatPercent(Math.round(Math.min(1, 2 - 2 * balance) * 100))}, piano ${formatPercent(Math.round(Math.min(1, 2 * balance) * 100))}`,
    speed: "Speed",
    /** @param {number} speed */
    percent: (speed) => formatPercent(Math.round(speed * 100)),
    rightHand: "Right hand",
    leftHand: "Left hand",
    wholeRecording: "A recording cannot be parted into hands: move the slider towards the piano.",
    practice: "Practice",
    metronome: "Metronome",
    countIn: "Count in one bar",
    loop: "Repeat bars",
    fromBar: "from",
    toBar: "to",
    pickup: "(pickup)",
    /** @param {number} n_bars */
    loopFromHere: (n_bars) => `Repeat ${n_bars} bars from here`,
    credit: "Piano sound: Salamander Grand Piano by Alexander Holm,",
    licence: "CC BY 3.0",
  },
  /** @param {number} fraction */
  loadingPiano: (fraction) => `Loading the piano, ${formatPercent(Math.floor(fraction * 100))}`,
  noSound: "This device plays no sound now: connect a speaker or headphones and press Play again.",
  pianoMissing: "The piano could not be loaded: check the connection and press Play again.",
  recordingUnplayable: "This browser cannot play the recording, so only the piano plays.",

  // Offline
  /** @param {number} fraction */
  savingOffline: (fraction) => `Saving for offline use, ${formatPercent(Math.floor(fraction * 100))}`,
  offlineReady: "Works offline",
  /** @param {number} n_bytes */
  makeOffline: (n_bytes) => `Make available offline (${formatBytes(n_bytes)})`,
  offlineFailed: "Not everything could be saved: check the connection and the free space.",

  // A new version
  updateHere: "A new version is here.",
  useUpdate: "Use it now",
  updateOthers: "Close Ottava’s other tabs first.",
  updateQuestion: "What Ottava has not finished or could not keep would be lost. Use the new version now?",
};
