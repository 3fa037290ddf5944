/** Small things remembered on this device, or for this visit only where the browser forbids it. */

const PREFIX = "ottava-";
/** @type {Map<string, string>} */
const here = new Map();

/** @param {string} name @returns {string} empty where nothing is remembered */
export function recall(name) {
  try {
    return localStorage.getItem(PREFIX + name) ?? "";
  } catch {
    return here.get(name) ?? "";
  }
}

/** @param {string} name @param {string} value empty: to forget */
export function remember(name, value) {
  try {
    if (value) localStorage.setItem(PREFIX + name, value);
    else localStorage.removeItem(PREFIX + name);
  } catch {
    here.set(name, value);
  }
}
