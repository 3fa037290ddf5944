/** The screen stays on while Ottava records or listens, which a phone stops in the dark, and while a score is read or played. */

/** One change after the other, so that no lock is left behind. @type {Promise<WakeLockSentinel | null>} */
let held = Promise.resolve(null);
let is_wanted = false;

/** @param {boolean} is_needed */
export function keepAwake(is_needed) {
  is_wanted = is_needed;
  if ("wakeLock" in navigator) held = held.then(adapt);
}

/** @param {WakeLockSentinel | null} lock */
async function adapt(lock) {
  if (is_wanted) return lock && !lock.released ? lock : navigator.wakeLock.request("screen").catch(() => null);
  await lock?.release();
  return null;
}

// The browser lets go of it whenever the page is hidden, and gives none on a low battery.
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && keepAwake(is_wanted));
