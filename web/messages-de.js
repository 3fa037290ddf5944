/** Was die Seite auf Deutsch sagt: what the page says in German, with the keys of the English table. */

import { formatDuration, makeAmounts } from "./amounts.js";
import { translate } from "./sentences-de.js";

/** @import { Messages } from "./messages.js" */

const { formatNumber, formatPercent, formatBytes, formatMoment, formatDate, compare } = makeAmounts("de-DE");

const MAJOR = ["Ces", "Ges", "Des", "As", "Es", "B", "F", "C", "G", "D", "A", "E", "H", "Fis", "Cis"];
const MINOR = ["as", "es", "b", "f", "c", "g", "d", "a", "e", "h", "fis", "cis", "gis", "dis", "ais"];

/** @param {{ fifths: number, mode: "major" | "minor" }} key */
const nameKey = ({ fifths, mode }) => (mode === "major" ? `${MAJOR[fifths + 7]}-Dur` : `${MINOR[fifths + 7]}-Moll`);

/** From two flats to two sharps. @type {Record<string, string[]>} */
const NAMES = {
  C: ["Ceses", "Ces", "C", "Cis", "Cisis"],
  D: ["Deses", "Des", "D", "Dis", "Disis"],
  E: ["Eses", "Es", "E", "Eis", "Eisis"],
  F: ["Feses", "Fes", "F", "Fis", "Fisis"],
  G: ["Geses", "Ges", "G", "Gis", "Gisis"],
  A: ["Ases", "As", "A", "Ais", "Aisis"],
  B: ["Heses", "B", "H", "His", "Hisis"],
};
const SHARP_NAMES = ["C", "Cis", "D", "Dis", "E", "F", "Fis", "G", "Gis", "A", "Ais", "H"];
const OCTAVES_BELOW = ["₂", "₁", ""]; // Subkontra, Kontra, groß
const OCTAVES_ABOVE = ["", "¹", "²", "³", "⁴", "⁵"]; // klein, eingestrichen, ...

/** As a pianist writes it: middle C is c¹, the A two octaves lower is A. @param {string} name @param {number} octave */
const nameOctave = (name, octave) =>
  octave < 3 ? `${name}${OCTAVES_BELOW[octave] ?? ""}` : `${name.toLowerCase()}${OCTAVES_ABOVE[octave - 3] ?? ""}`;

/** @param {{ step: string, alter: number, octave: number }} name */
const nameNote = ({ step, alter, octave }) => nameOctave(NAMES[step]?.[alter + 2] ?? step, octave);

const FORMATS = "WAV, AIFF, MP3, FLAC, Ogg, Opus, M4A/AAC und Videos (MP4, MOV, WebM) gehen";

/** @type {Record<string, string>} */
const VALUES = { whole: "Ganze", half: "Halbe", "16th": "Sechzehntel", "32nd": "Zweiunddreißigstel" };

/** @param {number} bar 0: what comes before the first */
const nameBar = (bar) => (bar === 0 ? "Auftakt" : `Takt ${bar}`);

const STAGES = {
  opening: "Aufnahme wird geöffnet",
  boot: "Wird vorbereitet",
  model: "Hörmodell wird geladen",
  listening: "Hört zu",
  notating: "Noten werden geschrieben",
};

/** @param {number} n_notes */
const countNotes = (n_notes) => (n_notes === 1 ? "1 Note" : `${formatNumber(n_notes)} Noten`);

/** @type {Messages} */
export const messages = {
  // Loading the page's own parts
  viewsMissing: "Ein Teil dieser Seite ließ sich nicht laden: Verbindung prüfen und die Seite neu laden.",

  labels: {
    description: "Aus der Aufnahme eines Klaviers werden Noten, auf dem eigenen Gerät.",
    language: "Sprache",
    help: "Hilfe",
    details: "Einzelheiten",
    tryAnother: "Andere Datei versuchen",
    headline: "Erst spielen, dann lesen.",
    lead: "Ottava hört die Aufnahme eines Klaviers an und schreibt die Noten dazu.",
    drop: "Aufnahme irgendwo auf diese Seite ziehen",
    choose: "Aufnahme auswählen",
    record: "Aufnehmen",
    example: "Beispiel ausprobieren",
    options: "Einstellungen",
    listening: "Hören",
    keepRecordings: "Aufnahmen bei meinen Stücken behalten",
    formats: "WAV, AIFF, MP3, FLAC, Ogg, Opus, M4A oder ein Video; auch MIDI und gespeicherte Ottava-Projekte",
    privacy: "Nichts verlässt dieses Gerät: Die Aufnahme wird nicht hochgeladen, und es gibt kein Konto.",
    recordHeadline: "Klavier aufnehmen",
    microphone: "Mikrofon",
    startRecording: "Aufnahme starten",
    stop: "Beenden",
    pause: "Anhalten",
    writeScore: "Noten schreiben",
    listen: "Anhören",
    tryAgain: "Noch einmal versuchen",
    discard: "Verwerfen",
    back: "Zurück",
    recording: "Aufnahme",
    cancel: "Abbrechen",
    score: "Noten",
    undo: "Rückgängig",
    redo: "Wiederholen",
    save: "Speichern",
    close: "Schließen",
    print: "Drucken",
    share: "Teilen",
    myPieces: "Meine Stücke",
    newRecording: "Neue Aufnahme",
    more: "Mehr",
    mxl: "MusicXML, gepackt",
    pdf: "PDF, über den Druckdialog",
    midi: "MIDI, wie gespielt",
    quantisedMidi: "MIDI, wie notiert",
    svg: "SVG-Seiten",
    png: "PNG dieser Seite",
    project: "Ottava-Projekt",
    corrections: "Korrekturen",
    view: "Ansicht",
    smaller: "Kleiner",
    larger: "Größer",
    pages: "Seiten",
    doubtful: "Unsichere Noten",
    roll: "Pianorolle",
    about: "Über dieses Gerät",
  },
  languageLater: "Die Sprache wechselt beim nächsten Neuladen: Jetzt ginge verloren, was hier offen ist.",

  // Hilfe
  help: {
    title: "Hilfe",
    close: "Schließen",
    lines: [
      "Eine Klavieraufnahme auf die Seite ziehen oder direkt ins Mikrofon spielen: Ottava hört zu und schreibt die Noten. Je klarer der Klang, desto besser die Noten.",
      "Zum Vergleichen abspielen: Die Linie in den Noten läuft mit. Unter „Klang und Wiederholung“ lässt sich das Tempo senken, eine Stelle wiederholen und eine Hand stumm schalten.",
      "Stimmen Takt, Tonart oder Tempo nicht? Unter „Korrekturen“ das Richtige wählen oder die Schläge zur Musik mitklopfen.",
      "Stimmt ein Ton nicht? In den Noten antippen, dann löschen, verschieben oder der anderen Hand geben. In der Pianorolle lassen sich fehlende Töne zeichnen und andere ziehen.",
      "„Unsichere Noten“ zeigt farbig, wo Ottava zweifelt. Jeder Schritt lässt sich rückgängig machen.",
      "Die Stücke bleiben unter „Meine Stücke“ auf diesem Gerät. Zum Mitnehmen speichern oder drucken.",
    ],
    keysTitle: "Tasten",
    keys: [
      [
        "Überall",
        [
          ["?", "Hilfe"],
          ["Leertaste", "abspielen oder anhalten"],
          ["Strg Z", "rückgängig, mit Umschalt wiederholen (am Mac ⌘)"],
          ["Strg P", "Noten drucken"],
          ["Strg V", "kopierte Datei öffnen"],
          ["Esc", "Zuhören abbrechen, Aufnehmen verlassen"],
        ],
      ],
      [
        "In den Noten",
        [
          ["← →", "Note davor oder danach"],
          ["↑ ↓", "einen Halbton höher oder tiefer, mit Umschalt eine Oktave"],
          ["Entf", "Note löschen"],
          ["Umschalt Klick", "mehrere Noten auswählen"],
          ["Esc", "loslassen"],
        ],
      ],
      [
        "In der Pianorolle",
        [
          ["N P", "nächste oder vorige Note, mit Umschalt mehrere auswählen"],
          ["Strg A", "alle Noten auswählen"],
          ["↑ ↓", "einen Halbton höher oder tiefer, mit Umschalt eine Oktave"],
          ["← →", "um 0,01 s verschieben, mit Umschalt um ein Viertel des Schlags"],
          ["L S", "länger oder kürzer, mit Umschalt um ein Viertel des Schlags"],
          ["A", "Note hinzufügen"],
          ["Eingabe", "Note anhören, mit Umschalt ab hier abspielen"],
          ["Entf", "Ausgewähltes löschen"],
          ["+ −", "vergrößern, verkleinern"],
          ["Esc", "loslassen"],
        ],
      ],
      [
        "Beim Mitklopfen",
        [
          ["Leertaste", "einen Schlag klopfen"],
          ["Esc", "fertig"],
        ],
      ],
    ],
  },

  // Namen von Dateien und des Beispiels
  exampleName: "Menuett.mp3",
  files: {
    untitled: "Noten",
    asWritten: (stem) => `${stem} (Noten)`,
    page: (stem, page) => `${stem} (Seite ${page})`,
  },

  translate,

  // Eine Aufnahme öffnen
  empty: "Diese Datei ist leer.",
  unreadable:
    "Diese Datei lässt sich nicht lesen: Vielleicht wurde sie verschoben, ist ein Ordner oder nicht freigegeben.",
  unknownFormat: (name) => `„${name}“ ist keine Aufnahme, die dieser Browser öffnen kann; ${FORMATS}.`,
  namedFormat: (name, format) => `„${name}“ ist ${format} und keine Aufnahme; ${FORMATS}.`,
  closedFormat: (name, format) =>
    `„${name}“ ist ${format}, das kann dieser Browser nicht öffnen; mit einem anderen Programm in WAV, FLAC oder MP3 umwandeln.`,
  brokenAiff: (name) => `„${name}“ ist eine beschädigte AIFF-Datei; ${FORMATS}.`,
  tooLarge: "Diese Datei ist zu groß: Sie enthält mehr, als Ottava aufschreiben kann.",
  noAudio: "In dieser Datei ist kein Ton.",
  tooLong: (limit_min) => `Diese Aufnahme ist zu lang: Dieser Browser öffnet höchstens ${limit_min} Minuten.`,
  cutOff: (decoded_sec, declared_sec) =>
    `Die Datei ist abgeschnitten: Sie enthält ${formatDuration(decoded_sec)} von angekündigten ${formatDuration(declared_sec)}.`,
  partMissing: (held_sec, declared_sec) =>
    `Ein Teil der Datei fehlt: Sie enthält ${formatDuration(held_sec)} von angekündigten ${formatDuration(declared_sec)}.`,
  damaged: (places, n_more) => {
    const named = places.map(([begin, end]) => `von ${formatDuration(begin)} bis ${formatDuration(end)}`);
    const listed = n_more > 0 ? [...named, `an ${n_more} weiteren Stellen`] : named;
    return `Die Aufnahme ist ${new Intl.ListFormat("de-DE").format(listed)} beschädigt oder hat dort eine Lücke: Dort war nichts zu lesen.`;
  },
  exampleMissing: "Das Beispiel ließ sich nicht laden.",
  sharedLost: "Das Geteilte ließ sich nicht aufbewahren: Speicherplatz freigeben oder die Datei hier wählen.",

  // Wie genau gehört wird
  settings: {
    balanced: "Ausgewogen",
    fast: "Schnell: einzelne Noten können fehlen",
    exact: "Genau: dauert etwa doppelt so lange",
  },
  download: (n_mb) => `, einmalig ${formatNumber(Math.ceil(n_mb))} MB zu laden`,

  // Transkribieren
  wentWrong: "Etwas ist schiefgegangen: noch einmal versuchen oder die Seite neu laden.",
  stopped:
    "Ottava wurde unerwartet beendet, vielleicht aus Speichermangel: andere Tabs schließen und noch einmal versuchen.",
  engraverFailed: "Die Noten ließen sich nicht zeichnen, aber als Datei speichern.",

  // Fortschritt
  stages: STAGES,
  estimating: "Dauer wird geschätzt …",
  almostDone: "gleich fertig",
  timeLeft(sec) {
    if (sec < 5) return this.almostDone;
    if (sec < 90) return `noch etwa ${Math.round(sec / 5) * 5} s`;
    if (sec > 300) return `noch etwa ${formatNumber(Math.round(sec / 60))} min`;
    const tens = Math.round(sec / 10);
    return `noch etwa ${Math.floor(tens / 6)} min ${(tens % 6) * 10} s`.replace(" 0 s", "");
  },
  recording: (name, duration_sec) => `${name}, ${formatDuration(duration_sec)}`,

  // Dateien annehmen
  folder: "Ein Ordner lässt sich nicht öffnen: die Dateien darin hierher ziehen.",
  text: "Das ist Text, keine Datei: eine Aufnahme, eine MIDI-Datei oder ein gespeichertes Ottava-Projekt hierher ziehen.",

  // Mehrere Dateien
  queue(n) {
    const states = [
      n.done && `${n.done} fertig`,
      n.working && `${n.working} in Arbeit`,
      n.waiting && `${n.waiting} warten`,
      n.failed && `${n.failed} fehlgeschlagen`,
    ];
    return `${n.all === 1 ? "1 Datei" : `${n.all} Dateien`}: ${states.filter(Boolean).join(", ")}`;
  },
  queueState({ state, stage, fraction, problem }) {
    if (state === "waiting") return "Wartet";
    if (state === "done") return "Fertig";
    if (state === "failed") return problem?.sentence ?? "";
    return stage === "listening" ? `Hört zu, ${formatPercent(Math.floor(fraction * 100))}` : STAGES[stage];
  },
  queueEnd: (title, sentence) => (sentence ? `${title}: ${sentence}` : `${title}: Die Noten sind fertig.`),
  noneWorked: "Aus keiner dieser Dateien wurden Noten; die Liste sagt, warum.",
  open: "Öffnen",
  watch: "Zusehen",
  cancel: "Abbrechen",
  remove: "Entfernen",
  openEntry: (title) => `Noten von ${title} öffnen`,
  watchEntry: (title) => `Fortschritt von ${title} ansehen, Zusehen`,
  cancelEntry: (title) => `${title} abbrechen`,
  removeEntry: (title) => `${title} aus der Liste entfernen`,

  // Aufnehmen mit dem Mikrofon
  askingMicrophone: "Der Browser fragt, ob Ottava das Mikrofon benutzen darf: bitte erlauben.",
  microphoneReady:
    "Die lauteste Stelle spielen: Der Pegel soll nahe an das rechte Ende kommen, es aber nicht erreichen.",
  microphoneDenied:
    "Das Mikrofon ist nicht erlaubt; in den Einstellungen des Browsers für diese Seite erlauben und noch einmal versuchen.",
  microphoneMissing: "Kein Mikrofon gefunden: eines anschließen und noch einmal versuchen.",
  microphoneBusy:
    "Das Mikrofon ließ sich nicht öffnen: andere Programme schließen, die es vielleicht benutzen, und noch einmal versuchen.",
  microphoneLost: "Das Mikrofon ist weg: anschließen und noch einmal versuchen.",
  microphoneLostKept: "Das Mikrofon ist weg; was bis dahin aufgenommen wurde, ist hier.",
  nothingRecorded: "Weniger als eine Sekunde aufgenommen: noch einmal versuchen.",
  recordingNow: "Aufnahme läuft.",
  recordingPaused: "Angehalten: Was jetzt gespielt wird, wird nicht aufgenommen.",
  recordingEnded: "An den Enden wegziehen, was zu viel ist, anhören und die Noten schreiben lassen.",
  recordingFirst: "Erst diese Aufnahme abschließen: Noten schreiben oder verwerfen.",
  discardQuestion: "Diese Aufnahme verwerfen? Sie lässt sich nicht zurückholen.",
  recordingName(now) {
    const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
    const date = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join("-");
    return `Aufnahme ${date} ${two(now.getHours())}-${two(now.getMinutes())}.wav`;
  },
  microphone: (number) => `Mikrofon ${number}`,
  level: "Pegel",
  clipping: "Zu laut: das Mikrofon weiter weg stellen oder leiser drehen.",
  trimFirst: "Anfang",
  trimLast: "Ende",
  trimAt: (sec) => `${formatNumber(sec, 1)} s`,
  listen: "Anhören",
  stopListening: "Nicht mehr anhören",
  pause: "Anhalten",
  goOn: "Weiter",

  // Die Noten
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
  nameValue: (value, is_dotted) => `${is_dotted ? "punktierte " : ""}${VALUES[value] ?? value}`,
  scoreLabel: "Noten",
  scoreKeys:
    "Links und rechts wählen eine Note, auf und ab verschieben sie um einen Halbton, mit Umschalt um eine Oktave, Entf löscht sie, Esc lässt sie los.",

  // Korrekturen
  fields: {
    title: "Titel",
    composer: "Komponist",
    meter: "Taktart",
    key: "Tonart",
    tempo: "Tempo",
    grid: "Kürzeste Noten",
    swing: "Spielweise der Achtel",
    sensitivity: "Empfindlichkeit",
    beats: "Schläge",
  },
  readAgain: "Neu lesen",
  readAgainOffer: "Neu lesen?",
  /** @param {number} n_bars in which nobody corrected a note */
  countOtherBars: (n_bars) =>
    n_bars === 1
      ? "Mit den korrigierten Noten neu gelesen, würde sich 1 anderer Takt ändern."
      : `Mit den korrigierten Noten neu gelesen, würden sich ${formatNumber(n_bars)} andere Takte ändern.`,
  grids: { 8: "Achtel", 16: "Sechzehntel", triplet: "Triolen" },
  swung: "Swing",
  straight: "Gerade",
  halfTempo: "Halb",
  doubleTempo: "Doppelt",
  tapBeats: "Mitklopfen",
  forgetRhythm: "Rhythmus zurücksetzen",
  automatic: (thought) => (thought ? `Automatisch: ${thought}` : "Automatisch"),
  nameKey,
  nameSensitivity: (sensitivity) =>
    sensitivity === 0.5 ? "normal" : sensitivity < 0.5 ? "nur sichere Noten" : "auch unsichere Noten",
  noteActions: {
    "delete-note": "Löschen",
    lower: "Tiefer",
    higher: "Höher",
    "other-hand": "Andere Hand",
    "other-name": "Enharmonisch wechseln",
    "bar-here": "Takt beginnt hier",
  },
  letGo: "Loslassen",
  nameNotes(chosen) {
    const [first] = chosen;
    if (!first || chosen.length > 1) return countNotes(chosen.length);
    const { note, written, bar } = first;
    if (!written) return "Eine Note, die nicht in den Noten steht";
    const hand = written.staff === 1 ? "rechte Hand" : "linke Hand";
    const name = `${nameNote(written)}, ${nameBar(bar)}, ${hand}`;
    return note.confidence < 0.995 ? `${name}, zu ${formatPercent(Math.round(note.confidence * 100))} sicher` : name;
  },
  fileFailed: "Diese Datei ließ sich nicht schreiben: ein anderes Format versuchen.",
  tapHelp: "Zur Musik bei jedem Schlag die Leertaste oder den Knopf drücken, am Ende „Fertig“.",
  tap: "Klopfen",
  tapDone: "Fertig",
  tapped: (n_beats) => `Geklopft: ${n_beats}`,
  tappedTooFew: "Zu wenige Schläge: mindestens vier im Takt der Musik klopfen.",

  page: (page, n_pages) => (n_pages === 1 ? "Noten" : `Noten, Teil ${page} von ${n_pages}`),
  writingScore: "Die Noten werden geschrieben …",
  writingFile: "Die Datei wird geschrieben …",
  scoreWritten: "Die Noten sind neu geschrieben.",
  scoreReady: "Die Noten sind fertig.",

  about({ engine, n_threads, isolated, setting, memory_gb, saved }) {
    const threads = n_threads === 1 ? "1 Thread" : `${n_threads} Threads`;
    const name =
      setting in this.settings ? this.settings[/** @type {keyof typeof this.settings} */ (setting)] : setting;
    return [
      ["Gerechnet wird mit", engine === "webgpu" ? "WebGPU" : `WebAssembly, ${threads}`],
      ["Mehrere Threads erlaubt", isolated ? "ja" : "nein"],
      ["Wie genau", name],
      ["Arbeitsspeicher", memory_gb === undefined ? "verrät dieser Browser nicht" : `${memory_gb} GB oder mehr`],
      ["Ohne Verbindung", saved || "noch nicht"],
    ];
  },

  aboutMore({ times_real, usage, available, is_persistent, parts }) {
    const speed = times_real > 0 ? `${formatNumber(times_real, 1)}-mal so schnell wie gespielt` : "noch nicht gemessen";
    const kept = is_persistent ? "bleibt bis zum Löschen" : "der Browser darf ihn leeren, wenn der Platz knapp wird";
    return [
      ["Tempo beim letzten Hören", speed],
      ["Speicher", `${formatBytes(usage)} belegt, ${kept}; ${formatBytes(available)} frei`],
      [
        "Nichts verlässt dieses Gerät",
        "Zum Nachprüfen: die Entwicklerwerkzeuge des Browsers öffnen (F12), Reiter „Netzwerk“, während Ottava hört. Oder die Verbindung trennen, sobald „Geht auch offline“ dasteht, und weiterarbeiten.",
      ],
      ...parts.map(({ name, version, licence, sha256 }) => [
        name,
        `${version}, ${licence}, SHA-256 ${sha256.slice(0, 16)} …`,
      ]),
    ];
  },

  // Meine Stücke
  library: {
    heading: "Meine Stücke",
    search: "Suchen",
    sort: "Sortieren nach",
    sorts: { date: "Neueste zuerst", title: "Titel", duration: "Längste zuerst" },
    rename: "Umbenennen",
    delete: "Löschen",
    undo: "Rückgängig",
    save: "Speichern",
    cancel: "Abbrechen",
    exportAll: "Alle exportieren",
    newTitle: "Neuer Titel",
    compare,
    act: (action, title) => `${action}: „${title}“`,
    deleted: (titles) =>
      titles.length === 1 ? `„${titles[0]}“ ist gelöscht.` : `${titles.length} Stücke sind gelöscht.`,
    restored: "Wieder da.",
    renamed: (title) => `Heißt jetzt „${title}“.`,
    exporting: "Die ZIP-Datei wird geschrieben …",
    exported: "Die ZIP-Datei ist geschrieben.",
    exportFailed: "Die Stücke ließen sich nicht exportieren.",
    exportName: "Ottava-Stücke",
    found: (n_found, n_pieces) => `${formatNumber(n_found)} von ${formatNumber(n_pieces)} Stücken`,
    damaged: (n_damaged) =>
      n_damaged === 1
        ? "Ein weiteres Stück liegt hier, ist aber beschädigt und lässt sich nicht anzeigen."
        : `${n_damaged} weitere Stücke liegen hier, sind aber beschädigt und lassen sich nicht anzeigen.`,
    facts({ composer, duration_sec, n_notes, key, meter }) {
      const first = [key && nameKey(key), meter && `${meter.beats}/${meter.beat_type}`];
      return [composer, formatDuration(duration_sec), countNotes(n_notes), ...first].filter(Boolean).join(" · ");
    },
    keeping({ changed_ms, bytes, recording }) {
      const size = formatBytes(bytes + (recording?.bytes ?? 0));
      return `${formatDate(changed_ms)} · ${size}${recording ? " mit der Aufnahme" : ""}`;
    },
    storage({ pieces_bytes, usage, available, is_persistent }) {
      const used = `Diese Stücke belegen ${formatBytes(pieces_bytes)}, Ottava insgesamt ${formatBytes(usage)}`;
      const kept = is_persistent
        ? "Der Browser behält sie bis zum Löschen."
        : "Der Browser darf sie entfernen, wenn der Platz knapp wird: Wichtiges exportieren.";
      return `${used}; ${formatBytes(available)} sind noch frei. ${kept}`;
    },
  },
  unfinished: {
    sentence: (title, fraction) =>
      `„${title}“ war zu ${formatPercent(100 * fraction)} gehört, als diese Seite geschlossen wurde oder stehen blieb.`,
    goOn: "Fortsetzen",
    discard: "Verwerfen",
    gone: "Diese Aufnahme ist nicht mehr auf diesem Gerät; bitte noch einmal auswählen.",
  },
  kept: "Auf diesem Gerät unter „Meine Stücke“.",
  correctedElsewhere:
    "Dieses Stück wurde in einem anderen Tab korrigiert: neu laden, um das zu sehen. Eine Korrektur hier träte an ihre Stelle.",
  pieceUnknown: "Dieses Stück ist auf diesem Gerät nicht (mehr) aufbewahrt.",
  pieceDamaged: "Dieses Stück ist beschädigt und lässt sich nicht öffnen.",
  recordingGone: "Die Aufnahme zu diesem Stück ist nicht mehr auf diesem Gerät; das Klavier spielt weiterhin.",
  recordingNotKept: "Das Stück ist aufbewahrt, die Aufnahme dazu aber nicht: die Datei selbst gut aufheben.",
  correctionNotKept:
    "Für diese Korrektur ist kein Platz mehr, und das Stück ist aufbewahrt, wie es vorher war: unter „Meine Stücke“ etwas löschen oder auf dem Gerät Platz schaffen.",
  correctionTakenBack: "Die letzte Korrektur ließ sich nicht schreiben und wurde zurückgenommen.",
  storageFull:
    "Für dieses Stück ist kein Platz mehr: unter „Meine Stücke“ etwas löschen oder auf dem Gerät Platz schaffen. Die Noten bleiben, solange diese Seite offen ist.",
  storageFullForRecording:
    "Das Stück ist aufbewahrt, aber für die Aufnahme ist kein Platz mehr: unter „Meine Stücke“ etwas löschen oder auf dem Gerät Platz schaffen.",
  storageForbidden:
    "Dieser Browser lässt Ottava keine Stücke aufbewahren, etwa in einem privaten Fenster: alles Nötige speichern, bevor diese Seite geschlossen wird.",
  storageNewer:
    "In einem anderen Tab läuft ein neueres Ottava: diesen schließen oder diese Seite neu laden, um Stücke aufzubewahren.",

  // Die Pianorolle
  roll: {
    label: "Pianorolle",
    draw: "Zeichnen",
    remove: "Löschen",
    zoomIn: "Vergrößern",
    zoomOut: "Verkleinern",
    nameC: (octave) => nameOctave("C", octave),
    legend: { right: "rechte Hand", left: "linke Hand", unsure: "unsicher" },
    help: "So lassen sich Noten bearbeiten",
    keys: [
      "Maus: Eine Note anklicken, um sie zu hören und auszuwählen, ziehen, um sie zu verschieben, am rechten Ende ziehen, um ihre Länge zu ändern.",
      "Ein Doppelklick auf eine freie Stelle fügt eine Note hinzu, Ziehen über eine freie Stelle wählt mehrere aus. Ein Klick auf eine Taktzahl springt dorthin.",
      "Finger: lange drücken, dann ziehen.",
      "Tasten: N und P gehen zur nächsten und zur vorigen Note, mit Umschalt werden mehrere ausgewählt.",
      "Die Pfeiltasten verschieben das Ausgewählte um einen Halbton oder eine Hundertstelsekunde, mit Umschalt um eine Oktave oder ein Viertel des Schlags.",
      "L macht länger, S kürzer. Eingabe spielt die Note, mit Umschalt die Aufnahme ab dort. Entf löscht. A fügt danach eine Note hinzu.",
      "Plus und Minus vergrößern und verkleinern. Esc lässt los.",
    ].join("\n"),
    selected: (n_notes) => `${countNotes(n_notes)} ausgewählt`,
    deleted: "Gelöscht",
    note({ pitch, onset_sec, confidence, staff, name }) {
      const parts = [
        name ? nameNote(name) : nameOctave(SHARP_NAMES[pitch % 12] ?? "", Math.floor(pitch / 12) - 1),
        `bei ${formatMoment(onset_sec, ",")}`,
        ["", "rechte Hand", "linke Hand"][staff],
        confidence < 0.8 && "unsicher", // confidence.py: doubtful
      ];
      return parts.filter(Boolean).join(", ");
    },
  },

  // Abspielen
  player: {
    region: "Wiedergabe",
    play: "Abspielen",
    pause: "Anhalten",
    toStart: "Zurück zum Anfang",
    position: "Stelle",
    positionText: (sec, duration_sec, bar) =>
      `${formatDuration(sec)} von ${formatDuration(duration_sec)}, ${nameBar(bar)}`,
    options: "Klang und Wiederholung",
    sound: "Was erklingt",
    balance: "Aufnahme oder Klavier",
    balanceText: (balance) =>
      balance === 0
        ? "nur die Aufnahme"
        : balance === 1
          ? "nur das Klavier"
          : `Aufnahme ${formatPercent(Math.round(Math.min(1, 2 - 2 * balance) * 100))}, Klavier ${formatPercent(Math.round(Math.min(1, 2 * balance) * 100))}`,
    speed: "Geschwindigkeit",
    percent: (speed) => formatPercent(Math.round(speed * 100)),
    rightHand: "Rechte Hand",
    leftHand: "Linke Hand",
    wholeRecording: "Eine Aufnahme lässt sich nicht in Hände trennen: den Regler zum Klavier hin schieben.",
    practice: "Üben",
    metronome: "Metronom",
    countIn: "Einen Takt vorzählen",
    loop: "Takte wiederholen",
    fromBar: "von",
    toBar: "bis",
    pickup: "(Auftakt)",
    loopFromHere: (n_bars) => `${n_bars} Takte ab hier wiederholen`,
    credit: "Klavierklang: Salamander Grand Piano von Alexander Holm,",
    licence: "CC BY 3.0",
  },
  loadingPiano: (fraction) => `Klavier wird geladen, ${formatPercent(Math.floor(fraction * 100))}`,
  noSound:
    "Dieses Gerät gibt gerade keinen Ton aus: Lautsprecher oder Kopfhörer anschließen und noch einmal „Abspielen“ drücken.",
  pianoMissing: "Das Klavier ließ sich nicht laden: die Verbindung prüfen und noch einmal abspielen.",
  recordingUnplayable: "Dieser Browser kann die Aufnahme nicht abspielen, darum spielt nur das Klavier.",

  // Ohne Verbindung
  savingOffline: (fraction) =>
    `Wird für die Nutzung ohne Verbindung gesichert, ${formatPercent(Math.floor(fraction * 100))}`,
  offlineReady: "Geht auch offline",
  makeOffline: (n_bytes) => `Offline verfügbar machen (${formatBytes(n_bytes)})`,
  offlineFailed: "Nicht alles ließ sich speichern: Verbindung und freien Speicherplatz prüfen.",

  // A new version
  updateHere: "Eine neue Version ist da.",
  useUpdate: "Jetzt verwenden",
  updateOthers: "Zuerst die anderen Tabs von Ottava schließen.",
  updateQuestion:
    "Was Ottava nicht beendet hat oder nicht behalten konnte, ginge verloren. Die neue Version jetzt verwenden?",
};
