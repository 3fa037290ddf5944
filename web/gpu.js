/** Graphics hardware as a place for numbers: a device, and the way there and back. */

/** @typedef {any} Device a GPUDevice; the type checker does not know WebGPU */

/** Of the adapter's limits those that large tensors need; a device has small ones unless asked. */
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxTextureDimension2D",
];
const [MAP_READ, COPY_SRC, COPY_DST, STORAGE] = [0x1, 0x4, 0x8, 0x80]; // GPUBufferUsage, and GPUMapMode.READ

/** @param {(error: string) => void} onError what goes wrong there is told later, if at all @returns {Promise<Device>} */
export async function openDevice(onError) {
  const gpu = /** @type {any} */ (navigator).gpu;
  const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new Error("There is no graphics hardware to use.");
  const device = await adapter.requestDevice({
    requiredFeatures: adapter.features.has("subgroups") ? ["subgroups"] : [],
    requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
  });
  device.addEventListener("uncapturederror", (/** @type {any} */ { error }) => onError(error.message));
  return device;
}

/** @param {Device} device @param {Float32Array} data */
export function upload(device, data) {
  const buffer = device.createBuffer({ size: data.byteLength, usage: COPY_SRC | COPY_DST | STORAGE });
  device.queue.writeBuffer(buffer, 0, data);
  return buffer;
}

/**
 * @template T
 * @param {Device} device
 * @param {any} source a GPUBuffer
 * @param {number} n_values
 * @param {(data: Float32Array) => T} use gets them in memory that is there until it returns
 * @returns {Promise<T>}
 */
export async function download(device, source, n_values, use) {
  const buffer = device.createBuffer({ size: source.size, usage: COPY_DST | MAP_READ });
  try {
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(source, 0, buffer, 0, source.size);
    device.queue.submit([encoder.finish()]);
    await buffer.mapAsync(MAP_READ);
    return use(new Float32Array(buffer.getMappedRange(), 0, n_values));
  } finally {
    buffer.destroy();
  }
}
