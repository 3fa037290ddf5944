/** Files to take away: the score as MusicXML, the performance as MIDI. */

const REVOKE_MS = 60_000; // the browser has begun to save long before

/**
 * @param {string} recording_name "My piece (take 2).mp3"
 * @returns {string} the same without its ending, fit for any file system
 */
export function nameFile(recording_name) {
  const stem = recording_name.replace(/\.[a-z0-9]{1,5}$/i, "");
  return (
    stem
      .replace(/[\\/:*?"<>|\p{Cc}]+/gu, " ")
      .trim()
      .slice(0, 120) || "score"
  );
}

/**
 * @param {string} recording_name
 * @returns {string} a heading: the file's name without its ending and underscores
 */
export function nameTitle(recording_name) {
  const words = nameFile(recording_name)
    .replace(/[_\s]+/g, " ")
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** @param {string} recording_name @param {string} musicxml */
export function saveMusicxml(recording_name, musicxml) {
  save(
    `${nameFile(recording_name)}.musicxml`,
    new Blob([musicxml], { type: "application/vnd.recordare.musicxml+xml" }),
  );
}

/** @param {string} recording_name @param {Uint8Array<ArrayBuffer>} midi */
export function saveMidi(recording_name, midi) {
  save(`${nameFile(recording_name)}.mid`, new Blob([midi], { type: "audio/midi" }));
}

/** @param {string} name @param {Blob} blob */
function save(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), REVOKE_MS);
}
