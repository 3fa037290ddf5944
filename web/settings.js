/** How thoroughly to listen: one of the listening model's settings, chosen once and remembered on this device. */

import { messages } from "./messages.js";
import { recall, remember } from "./remembered.js";

/**
 * @typedef {{ default_setting: string, settings: Record<string, { core: string }>,
 *   graphs: Record<string, { bytes: number, sha256: string }> }} Model of models.json
 * @typedef {keyof typeof messages.settings} SettingName
 */

const REMEMBERED = "setting";
const MB = 1e6;

/**
 * Fills a choice with the settings of the default model.
 * @param {HTMLSelectElement} select
 * @param {(setting: string, core: string) => void} onChange what is chosen and the SHA-256 of the graph that does most of
 *   the work, at once and whenever that changes
 */
export async function offerSettings(select, onChange) {
  const response = await fetch("models/models.json").catch(() => null);
  if (!response?.ok) return; // the default does; whatever is wrong is told when the model is needed
  const { models, default: name } = await response.json();
  /** @type {Model} */
  const model = models.find((/** @type {{ name: string }} */ item) => item.name === name);
  const names = /** @type {SettingName[]} */ (Object.keys(messages.settings)).filter((item) => item in model.settings);
  select.replaceChildren(...names.map((item) => new Option(describe(model, item), item)));
  const remembered = recall(REMEMBERED);
  select.value = names.some((item) => item === remembered) ? remembered : model.default_setting;
  const tell = () => onChange(select.value, model.graphs[model.settings[select.value]?.core ?? ""]?.sha256 ?? "");
  select.addEventListener("change", () => {
    remember(REMEMBERED, select.value);
    tell();
  });
  tell();
}

/** @param {Model} model @param {SettingName} name */
function describe({ settings, default_setting, graphs }, name) {
  const core = settings[name]?.core ?? "";
  const is_extra = core !== settings[default_setting]?.core;
  return messages.settings[name] + (is_extra ? messages.download((graphs[core]?.bytes ?? 0) / MB) : "");
}
