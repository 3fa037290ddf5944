/** How many threads the network gets, and which build of LiteRT that needs. */

// (module (func (result v128) (i8x16.relaxed_swizzle (i8x16.splat (i32.const 0)) (i8x16.splat (i32.const 0)))))
const RELAXED_SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 0, 253, 15, 65, 0, 253, 15,
  253, 128, 2, 11,
]);
// The tested machines gain nothing from more, and each takes memory.
const MOST_THREADS = 4;

/** LiteRT is built with threads only for browsers that have this. */
const hasRelaxedSimd = () => WebAssembly.validate(RELAXED_SIMD);

/** Without cross-origin isolation there is no shared memory, hence no second thread. */
export function countThreads() {
  if (!globalThis.crossOriginIsolated || !hasRelaxedSimd()) return 1;
  return Math.min(navigator.hardwareConcurrency || 2, MOST_THREADS);
}

/** As its files are called, without ending. */
export function nameBuild() {
  if (!hasRelaxedSimd()) return "litert_wasm_compat_internal";
  return countThreads() > 1 ? "litert_wasm_threaded_internal" : "litert_wasm_internal";
}
