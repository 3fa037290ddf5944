/** Between seconds of the recording and quarters of the score, along the beats of a result. */

/** @typedef {{ time_sec: number, quarter: number, beat_in_bar: number, bar: number }} Beat */

/** @param {Beat[]} beats increasing @param {number} sec @returns {number} goes on at the pace of the first or last beat */
export const quarterAt = (beats, sec) => interpolate(beats, sec, "time_sec", "quarter");

/** @param {Beat[]} beats increasing @param {number} quarter */
export const secAt = (beats, quarter) => interpolate(beats, quarter, "quarter", "time_sec");

/** @param {string} ratio "n/d" */
export function readQuarter(ratio) {
  const [numerator = 0, denominator = 1] = ratio.split("/").map(Number);
  return numerator / denominator;
}

/**
 * @param {Beat[]} beats
 * @param {number} value
 * @param {"time_sec" | "quarter"} from
 * @param {"time_sec" | "quarter"} to
 */
function interpolate(beats, value, from, to) {
  const last = Math.max(1, beats.length - 1);
  const index = Math.min(
    last,
    Math.max(
      1,
      findFirstAfter(beats, (beat) => beat[from], value),
    ),
  );
  const [before, after] = [beats[index - 1], beats[index]];
  if (!before || !after) return before ? before[to] : 0;
  return before[to] + ((value - before[from]) * (after[to] - before[to])) / (after[from] - before[from]);
}

/**
 * The place of the first item above a value, in increasing order.
 * @template T
 * @param {T[]} items
 * @param {(item: T) => number} measure
 * @param {number} value
 */
export function findFirstAfter(items, measure, value) {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (measure(/** @type {T} */ (items[middle])) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
