/** The address says which kept piece is open, so that reloading and the back button lead where one expects. */

const NAME = "piece";

/** @returns {string} the id of a piece; empty: none */
export function readAddress() {
  return new URLSearchParams(location.hash.slice(1)).get(NAME) ?? "";
}

/** A new step of the back button, where the address changes. @param {string} id */
export function pushAddress(id) {
  if (readAddress() !== id) history.pushState(null, "", format(id));
}

/** @param {string} id */
export function replaceAddress(id) {
  if (readAddress() !== id) history.replaceState(null, "", format(id));
}

/** @param {string} id */
function format(id) {
  const { pathname, search } = location;
  return pathname + search + (id && `#${new URLSearchParams({ [NAME]: id })}`);
}
