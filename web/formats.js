/** What kind of file it is that the browser could not open, by its first bytes. */

const HEAD_BYTES = 1 << 16;
const TAIL_BYTES = 1 << 20; // an M4A file may say at its end what it holds; of an hour, half a megabyte
const ID_BYTES = 16;

/** @type {[name: string, at: number, bytes: string][]} */
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
  ["PDF", 0, "%PDF"],
  ["PNG", 0, "\x89PNG"],
  ["JPEG", 0, "\xff\xd8\xff"],
  ["ZIP/MXL", 0, "PK\x03\x04"],
  ["XML", 0, "<?xml"],
];

/** What an M4A or MP4 file may hold beside AAC. @type {Record<string, string>} */
const CODINGS = {
  alac: "Apple Lossless (ALAC)",
  "ac-3": "Dolby AC-3",
  "ec-3": "Dolby E-AC-3",
  drms: "copy-protected AAC",
};

/** @param {Blob} file @returns {Promise<string>} empty: not known */
export async function nameFormat(file) {
  const head = await readText(file.slice(0, HEAD_BYTES));
  const sign = SIGNS.find(([, at, bytes]) => head.startsWith(bytes, at));
  if (sign) return sign[0];
  if (head.slice(4, 8) !== "ftyp") return "";
  const tail = await readText(file.slice(-TAIL_BYTES));
  return findCoding(head) || findCoding(tail);
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
