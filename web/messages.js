/** Every sentence the page says, in the language in use; each language is a table of its own. */

import { messages as english } from "./messages-en.js";

/** @typedef {typeof english} Messages */

/** English, unless another table took its place before any other module was run (speak-german.js). @type {Messages} */
export let messages = english;

/** @param {Messages} table */
export function speak(table) {
  messages = table;
}
