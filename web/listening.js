/** How to listen on this device: the setting that was chosen, and the engine that has proved itself. */

import { checkEngines, distrustWebgpu, isWorthChecking, recallEngine } from "./engine.js";
import { offerSettings } from "./settings.js";

/**
 * @import { Engine } from "./protocol.js"
 * @import { Transcriber } from "./transcriber.js"
 */

export class Listening {
  /** Null until the models are known: the defaults do. @type {{ setting: string, core: string, engine: Engine } | null} */
  chosen = null;
  #transcriber;

  /** @param {HTMLSelectElement} select of the settings @param {Transcriber} transcriber */
  constructor(select, transcriber) {
    this.#transcriber = transcriber;
    offerSettings(select, async (setting, core) => {
      const is_chosen = this.chosen !== null;
      this.chosen = { setting, core, engine: await recallEngine(core) };
      if (is_chosen) this.prepare(); // who chooses will soon need it
    });
  }

  /** A recording is near: the model is loaded. */
  prepare() {
    if (this.chosen) this.#transcriber.prepare({ setting: this.chosen.setting, engine: this.chosen.engine });
  }

  /** Once a score is there and the machine idle. @param {AbortSignal} signal */
  async considerWebgpu(signal) {
    const { chosen } = this;
    if (!chosen || !(await isWorthChecking(chosen.core))) return;
    this.#transcriber.rest(); // a phone has no memory for two models
    await checkEngines(chosen.core, chosen.setting, signal);
    chosen.engine = await recallEngine(chosen.core);
  }

  /** After a fault of the program. */
  doubtEngine() {
    if (this.chosen?.engine !== "webgpu") return;
    distrustWebgpu(this.chosen.core);
    this.chosen.engine = "wasm";
  }
}
