/** Makes the page speak German: language.js has it run before main.js, where that is wanted. */

import { speak } from "./messages.js";
import { messages } from "./messages-de.js";

speak(messages);
