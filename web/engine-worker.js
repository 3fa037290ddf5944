/** One engine measured: the core graph on the same input twice, the second time by the clock (engine.js). */

import { openModel } from "./inference.js";
import { fetchModels } from "./models.js";

/** @import { Engine } from "./protocol.js" */

self.addEventListener("message", async (/** @type {MessageEvent<{ engine: Engine, setting: string }>} */ { data }) => {
  try {
    const models = await fetchModels();
    const run = await openModel(models, data.setting, data.engine, () => {});
    const { models: all, default: chosen } = JSON.parse(models);
    const { settings, graphs } = all.find((/** @type {{ name: string }} */ model) => model.name === chosen);
    /** @type {{ name: string, shape: number[] }[]} */
    const wanted = graphs[settings[data.setting].core].inputs;
    const type = /** @type {const} */ ("float32");
    const inputs = Object.fromEntries(
      wanted.map(({ name, shape }) => [name, { type, dims: shape, data: makeFeatures(shape) }]),
    );
    await run("core", inputs); // shaders are compiled now
    const began_ms = performance.now();
    const [hidden] = await run("core", inputs);
    self.postMessage({ sec: (performance.now() - began_ms) / 1000, output: hidden?.data });
  } catch (error) {
    self.postMessage({ detail: String(error) });
  }
});

/**
 * Something like music: bands that sound for a while and fade, of the size of real features (0..1), the same everywhere.
 * @param {number[]} shape channels, frames and bands last
 */
function makeFeatures(shape) {
  const [n_frames = 1, n_bands = 1] = shape.slice(-2);
  return Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => {
    const [frame, band] = [Math.floor(i / n_bands) % n_frames, i % n_bands];
    const sounding = (band * 7) % 12 < 3 ? Math.exp(-((frame + 5 * band) % 43) / 20) : 0;
    return 0.3 + 0.5 * sounding + 0.05 * Math.sin(frame * 0.9 + band * 1.7);
  });
}
