/** What Python and the workers say, in German: they speak English, whoever listens. */

const LOADED = { "listening model": "Hörmodell", "rhythm model": "Rhythmusmodell" };

/** Parts in brackets of the pattern are $1, $2 ... of the translation. @type {[pattern: RegExp, german: string][]} */
const SENTENCES = [
  // audio.py
  [/^The recording is empty: there is no sound in the file\.$/, "Die Aufnahme ist leer: In der Datei ist kein Ton."],
  [
    /^The recording is too short \((.+) s\): at least (.+) seconds are needed to hear a note\.$/,
    "Die Aufnahme ist zu kurz ($1 s): Um eine Note zu hören, braucht es mindestens $2 Sekunden.",
  ],
  [
    /^The recording is damaged: some of its samples are not numbers; export it again\.$/,
    "Die Aufnahme ist beschädigt: ein Teil des Tons ist unlesbar; bitte neu exportieren.",
  ],
  [
    /^The recording is silent: check the microphone or the file, and try again\.$/,
    "Die Aufnahme ist stumm: Mikrofon oder Datei prüfen und noch einmal versuchen.",
  ],
  // confidence.py
  [
    /^No piano notes were found in this recording; Ottava hears a piano alone\.$/,
    "In dieser Aufnahme wurden keine Klaviertöne gefunden; Ottava hört nur ein Klavier allein.",
  ],
  [
    /^This may not be a piano alone, or the recording is poor: (.+) of (.+) notes are doubtful\. Check the notes; Ottava hears only a solo piano well\.$/,
    "Vielleicht ist hier nicht nur ein Klavier zu hören, oder die Aufnahme ist schlecht: $1 von $2 Noten sind unsicher. Die Noten bitte prüfen; gut hört Ottava nur ein Klavier allein.",
  ],
  // tuning.py
  [
    /^The piano is tuned (\S+) cents below A4 = 440 Hz; this was corrected\.$/,
    "Das Klavier ist $1 Cent tiefer gestimmt als a¹ = 440 Hz; das ist ausgeglichen.",
  ],
  [
    /^The piano is tuned (\S+) cents above A4 = 440 Hz; this was corrected\.$/,
    "Das Klavier ist $1 Cent höher gestimmt als a¹ = 440 Hz; das ist ausgeglichen.",
  ],
  [
    /^The piano is tuned (\S+) cents below A4 = 440 Hz; this was corrected\. If all notes are a semitone too high, it is (\S+) cents off the other way\.$/,
    "Das Klavier ist $1 Cent tiefer gestimmt als a¹ = 440 Hz; das ist ausgeglichen. Stehen alle Noten einen Halbton zu hoch, ist es $2 Cent höher gestimmt.",
  ],
  [
    /^The piano is tuned (\S+) cents above A4 = 440 Hz; this was corrected\. If all notes are a semitone too low, it is (\S+) cents off the other way\.$/,
    "Das Klavier ist $1 Cent höher gestimmt als a¹ = 440 Hz; das ist ausgeglichen. Stehen alle Noten einen Halbton zu tief, ist es $2 Cent tiefer gestimmt.",
  ],
  // pipeline.py
  [
    /^No note is this certain; choose a higher sensitivity\.$/,
    "So sicher ist keine Note; eine höhere Empfindlichkeit wählen.",
  ],
  [
    /^Every note is deleted; take one of the corrections back\.$/,
    "Alle Noten sind gelöscht; eine der Korrekturen rückgängig machen.",
  ],
  // __init__.py
  [
    /^There is no downbeat at (.+) s: the piece ends at (.+) s\.$/,
    "Bei $1 s gibt es keinen Taktanfang: Das Stück endet bei $2 s.",
  ],
  // midi.py, midi_parts.py, midi_messages.py, result.py
  [/^Left out of this MIDI file: (.+)\.$/, "Aus dieser MIDI-Datei ist nicht dabei: $1."],
  [
    /^This MIDI file has no part of a piano; written down was: (.+)\.$/,
    "In dieser MIDI-Datei ist keine Klavierstimme; aufgeschrieben ist: $1.",
  ],
  [
    /^All notes of this MIDI file are on the channel of drums; they were written down as a piano's\.$/,
    "Alle Noten dieser MIDI-Datei stehen auf dem Kanal des Schlagzeugs; sie sind als Klaviernoten aufgeschrieben.",
  ],
  [
    /^This MIDI file is cut off: what is still there was written down\.$/,
    "Diese MIDI-Datei ist abgeschnitten: aufgeschrieben ist, was noch da ist.",
  ],
  [/^This MIDI file holds no notes of a piano\.$/, "In dieser MIDI-Datei sind keine Klaviernoten."],
  [/^This MIDI file is damaged and cannot be read\.$/, "Diese MIDI-Datei ist beschädigt und lässt sich nicht lesen."],
  [
    /^This file is not valid JSON; save it again from Ottava\.$/,
    "Diese Datei ist kein gültiges JSON; bitte noch einmal aus Ottava speichern.",
  ],
  [
    /^This JSON file is not an Ottava project \(format ottava-1\)\.$/,
    "Diese JSON-Datei ist kein Ottava-Projekt (Format ottava-1).",
  ],
  [
    /^This file is too large: it holds more than Ottava can write down\.$/,
    "Diese Datei ist zu groß: Sie enthält mehr, als Ottava aufschreiben kann.",
  ],
  [/^The notes of this Ottava project are damaged\.$/, "Die Noten dieses Ottava-Projekts sind beschädigt."],
  [/^This Ottava project holds no notes\.$/, "Dieses Ottava-Projekt enthält keine Noten."],
  [/^The choices of this Ottava project are damaged\.$/, "Die Korrekturen dieses Ottava-Projekts sind beschädigt."],
  // models.py
  [
    /^models\.json cannot be read \((.*)\): install Ottava's models anew\.$/,
    "models.json lässt sich nicht lesen ($1): die Seite neu laden.",
  ],
  [
    /^models\.json has the format (.+), but this version of Ottava reads (.+): install models and program of the same version\.$/,
    "models.json hat das Format $1, dieses Ottava liest aber $2: die Seite neu laden.",
  ],
  [/^There is no model (.+); choose one of (.+)\.$/, "Das Modell $1 gibt es nicht; zur Wahl stehen $2."],
  [/^There is no setting (.+); choose one of (.+)\.$/, "Die Einstellung $1 gibt es nicht; zur Wahl stehen $2."],
  [
    /^The listening model is missing: install Ottava again with its models\.$/,
    "Das Hörmodell fehlt: die Seite neu laden.",
  ],
  // worker.js, model-files.js, kept-models.js
  [
    /^Ottava could not start; check the connection and reload the page\.$/,
    "Ottava ließ sich nicht starten; die Verbindung prüfen und die Seite neu laden.",
  ],
  [
    /^This device ran out of memory; close other tabs or programs and try again\.$/,
    "Der Arbeitsspeicher reicht nicht; andere Tabs oder Programme schließen und noch einmal versuchen.",
  ],
  [
    /^Something went wrong: try again, or reload the page\.$/,
    "Etwas ist schiefgegangen: noch einmal versuchen oder die Seite neu laden.",
  ],
  [
    /^The (.+) could not be loaded; check the connection and try again\.$/,
    "Das $1 ließ sich nicht laden; die Verbindung prüfen und noch einmal versuchen.",
  ],
  [
    /^The (.+) did not arrive completely; check the connection and try again\.$/,
    "Das $1 kam nicht vollständig an; die Verbindung prüfen und noch einmal versuchen.",
  ],
  [
    /^The (.+) arrived damaged; reload the page and try again\.$/,
    "Das $1 kam beschädigt an; die Seite neu laden und noch einmal versuchen.",
  ],
  [
    /^The (.+) on this device is damaged; connect to the network once and try again\.$/,
    "Das $1 auf diesem Gerät ist beschädigt; einmal mit dem Netz verbinden und noch einmal versuchen.",
  ],
  [
    /^The (.+) could not be kept on this device and will be downloaded again: delete some of My pieces \(the list says what they take\), or free space on this device\.$/,
    "Das $1 ließ sich auf diesem Gerät nicht aufbewahren und wird das nächste Mal neu geladen: einige Stücke unter „Meine Stücke“ löschen (die Liste sagt, wie viel sie belegen) oder Platz auf dem Gerät schaffen.",
  ],
  [
    /^This browser does not let Ottava keep the models on this device, as in a private window\.$/,
    "Dieser Browser erlaubt Ottava nicht, die Modelle auf diesem Gerät aufzubewahren, wie in einem privaten Fenster.",
  ],
];

/** What may be left out of a file, between semicolons in its sentence. @type {[pattern: RegExp, german: string][]} */
const LEFT_OUT = [
  [/^1 note of other instruments \((.+)\)$/, "1 Note anderer Instrumente ($1)"],
  [/^(\d+) notes of other instruments \((.+)\)$/, "$1 Noten anderer Instrumente ($2)"],
  [/^1 note beyond the keys of a piano$/, "1 Note außerhalb der Klaviatur"],
  [/^(\d+) notes beyond the keys of a piano$/, "$1 Noten außerhalb der Klaviatur"],
  [/^1 note after a pause of more than (\d+) quarters$/, "1 Note nach einer Pause von mehr als $1 Vierteln"],
  [/^(\d+) notes after a pause of more than (\d+) quarters$/, "$1 Noten nach einer Pause von mehr als $2 Vierteln"],
  [/^a tempo, meter or key that cannot be$/, "ein Tempo, eine Taktart oder Tonart, die es nicht gibt"],
];

/** @type {Record<string, string>} */
const INSTRUMENTS = {
  bells: "Glocken",
  organ: "Orgel",
  guitar: "Gitarre",
  bass: "Bass",
  strings: "Streicher",
  "strings or voices": "Streicher oder Stimmen",
  brass: "Blechbläser",
  reeds: "Rohrblattinstrumente",
  flutes: "Flöten",
  synthesizer: "Synthesizer",
  "folk instruments": "Volksinstrumente",
  percussion: "Schlaginstrumente",
  effects: "Effekte",
  drums: "Schlagzeug",
};

/** @param {string} sentence @returns {string} as it is where there is no German for it */
export function translate(sentence) {
  return translateBy(SENTENCES, sentence);
}

/** @param {[pattern: RegExp, german: string][]} table @param {string} english */
function translateBy(table, english) {
  for (const [pattern, german] of table) {
    const found = pattern.exec(english);
    if (found) return german.replace(/\$(\d)/g, (_, place) => translatePart(found[Number(place)] ?? ""));
  }
  return english;
}

/** A name, a number or a list in a sentence. @param {string} part @returns {string} */
function translatePart(part) {
  const items = part.split("; ").map((item) => translateBy(LEFT_OUT, item));
  if (items.join("; ") !== part) return items.join("; ");
  const names = part.split(", ");
  if (names.some((name) => name in INSTRUMENTS)) return names.map((name) => INSTRUMENTS[name] ?? name).join(", ");
  if (/^\d+\.\d+$/.test(part)) return part.replace(".", ",");
  return LOADED[/** @type {keyof typeof LOADED} */ (part)] ?? part;
}
