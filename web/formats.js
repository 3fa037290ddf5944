/** What kind of file it is that the browser could not open, by its first bytes. */

const HEAD_BYTES = 1 << 16;
const TAIL_BYTES = 1 << 20; // an M4A file may say at its end what it holds; of an hour, half a megabyte
const ID_BYTES = 16;

/** Of recordings. @type {[name: string, at: number, bytes: string][]} */
const SIGNS = [
  ["WMA", 0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11"],
  ["AMR", 0, "#!AMR"],
  ["Monkey’s Audio", 0, "MAC "],
  ["WavPack", 0, "wvpk"],
  ["Musepack", 0, "MPCK"],
  ["Musepack", 0, "MP+"],
  ["True Audio", 0, "TTA1"],
  ["TAK", 0, "tBaK"],
  ["DSD", 0, "DSD "],
  ["DSD", 0, "FRM8"],
  ["RealAudio", 0, ".RMF"],
  ["RealAudio", 0, ".ra\xfd"],
  ["CAF", 0, "caff"],
  ["AU", 0, ".snd"],
  ["Wave64", 0, "riff\x2e\x91\xcf\x11"],
  ["AVI", 8, "AVI "],
  ["Flash video (FLV)", 0, "FLV\x01"],
  ["MPEG-PS", 0, "\0\0\x01\xba"],
  ["Speex", 28, "Speex   "],
  ["DTS", 0, "\x7f\xfe\x80\x01"],
  ["MPEG Layer 2", 0, "\xff\xfd"],
  ["MPEG Layer 2", 0, "\xff\xfc"],
  ["MPEG Layer 2", 0, "\xff\xf5"],
  ["MPEG Layer 2", 0, "\xff\xf4"],
];

/** Of what is no recording. @type {typeof SIGNS} */
const OTHER_SIGNS = [
  ["PDF", 0, "%PDF"],
  ["PNG", 0, "\x89PNG"],
  ["JPEG", 0, "\xff\xd8\xff"],
  ["ZIP/MXL", 0, "PK\x03\x04"],
  ["XML", 0, "<?xml"],
];

/** What an M4A, MP4 or MOV file may hold beside AAC. @type {Record<string, string>} */
const CODINGS = {
  alac: "Apple Lossless (ALAC)",
  "ac-3": "Dolby AC-3",
  "ec-3": "Dolby E-AC-3",
  drms: "copy-protected AAC",
  ima4: "QuickTime IMA 4:1",
  dtsc: "DTS",
  samr: "AMR",
};

/** What a Matroska file may hold beside what browsers open. @type {[name: string, id: string][]} */
const MATROSKA = [
  ["Dolby E-AC-3", "A_EAC3"],
  ["Dolby AC-3", "A_AC3"],
  ["Dolby TrueHD", "A_TRUEHD"],
  ["DTS", "A_DTS"],
  ["Apple Lossless (ALAC)", "A_ALAC"],
  ["WavPack", "A_WAVPACK4"],
  ["True Audio", "A_TTA1"],
  ["MPEG Layer 2", "A_MPEG/L2"],
  ["RealAudio", "A_REAL"],
  ["WMA", "A_MS/ACM"],
];

/** Codings of WAV files (RFC 2361). @type {Record<number, string>} */
const WAV_CODINGS = {
  2: "WAV (ADPCM)",
  17: "WAV (IMA ADPCM)",
  32: "WAV (Yamaha ADPCM)",
  49: "WAV (GSM)",
  8192: "Dolby AC-3",
  8193: "DTS",
};
const WAV_CODING_AT = 20;
const WAV_BITS_AT = 34;

/** Frame lengths of AC-3 vary; E-AC-3 has the same beginning and another number of its syntax (ETSI TS 102 366). */
const DOLBY_BEGIN = "\x0b\x77";
const DOLBY_VERSION_AT = 5;
const LAST_AC3_VERSION = 10;

const TS_PACKET_BYTES = 188;

/** @param {Blob} file @returns {Promise<{ format: string, is_recording: boolean }>} an empty format is not known */
export async function nameFormat(file) {
  const head = await readText(file.slice(0, HEAD_BYTES));
  const startsWith = (/** @type {(typeof SIGNS)[number]} */ [, at, bytes]) => head.startsWith(bytes, at);
  const other = OTHER_SIGNS.find(startsWith);
  if (other) return { format: other[0], is_recording: false };
  const format = SIGNS.find(startsWith)?.[0] ?? (await nameCoding(file, head));
  return { format, is_recording: true };
}

/** @param {Blob} file @param {string} head */
async function nameCoding(file, head) {
  const byte = (/** @type {number} */ at) => head.charCodeAt(at);
  if (head.startsWith(DOLBY_BEGIN))
    return byte(DOLBY_VERSION_AT) >> 3 > LAST_AC3_VERSION ? "Dolby E-AC-3" : "Dolby AC-3";
  if (head[0] === "G" && head[TS_PACKET_BYTES] === "G") return "MPEG-TS";
  if (head.startsWith("RIFF") && head.startsWith("WAVEfmt ", 8)) {
    if (byte(WAV_BITS_AT) === 64) return "WAV (64 bit)";
    return WAV_CODINGS[byte(WAV_CODING_AT) + 256 * byte(WAV_CODING_AT + 1)] ?? "";
  }
  if (head.startsWith("\x1a\x45\xdf\xa3")) return MATROSKA.find(([, id]) => head.includes(id))?.[0] ?? "";
  if (!/^(ftyp|moov|mdat|wide|free|skip)$/.test(head.slice(4, 8))) return "";
  return findCoding(head) || findCoding(await readText(file.slice(-TAIL_BYTES)));
}

/** The first entry of a table of sample descriptions (ISO/IEC 14496-12, 8.5.2) names the coding. @param {string} text */
function findCoding(text) {
  for (let at = text.indexOf("stsd"); at >= 0; at = text.indexOf("stsd", at + 1)) {
    const name = CODINGS[text.slice(at + ID_BYTES, at + ID_BYTES + 4)];
    if (name) return name;
  }
  return "";
}

/** A character a byte. @param {Blob} blob */
async function readText(blob) {
  return new TextDecoder("x-user-defined")
    .decode(await blob.arrayBuffer())
    .replace(/[\uf780-\uf7ff]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) & 0xff));
}
