/** What the welcome page does without: main.js loads it when a recording or a kept piece is near. */

import { RecordView } from "./record-view.js";
import { RollView } from "./roll-view.js";
import { find } from "./selection.js";
import { Workspace } from "./workspace.js";

/** @typedef {ReturnType<typeof openViews>} Views */

/** To be called once. @param {(sentence: string, detail: string) => void} onProblem as of Workspace */
export function openViews(onProblem) {
  return {
    roll: find("#working roll-view", RollView),
    recordView: find("record-view", RecordView),
    workspace: new Workspace(onProblem),
  };
}
