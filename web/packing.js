/** Graphs as they are stored: weights in whole steps (training/packing.py describes the parts of a file). */

const LEAST_STEPS = -0x80800; // of a weight; that of models.py

/**
 * @param {Uint8Array<ArrayBuffer>} content of a file, a raw deflate stream
 * @returns {Promise<Uint8Array<ArrayBuffer>>} a LiteRT graph
 * @throws {TypeError} the stream is damaged or something follows its end
 */
export async function unpackGraph(content) {
  const stream = new Blob([content]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const data = await new Response(stream).arrayBuffer();
  const header = new DataView(data);
  const graph = new Uint8Array(header.getUint32(0, true));
  const tables = Array.from({ length: header.getUint32(4, true) }, (_, table) => {
    const entry = 8 + 12 * table;
    const n_weights = header.getUint32(entry + 4, true);
    return { first: header.getUint32(entry, true), n_weights, step: header.getFloat32(entry + 8, true) };
  });
  const n_weights = tables.reduce((sum, table) => sum + table.n_weights, 0);
  let rest_at = 8 + 12 * tables.length;
  const upper = new Uint8Array(data, rest_at + graph.length - 4 * n_weights, n_weights);
  const middle = new Uint8Array(data, upper.byteOffset + n_weights, n_weights);
  const lower = new Uint8Array(data, middle.byteOffset + n_weights);
  let [end, weight] = [0, 0];
  for (const table of [...tables, { first: graph.length, n_weights: 0, step: 0 }]) {
    graph.set(new Uint8Array(data, rest_at, table.first - end), end);
    rest_at += table.first - end;
    end = table.first + 4 * table.n_weights;
    const weights = new Float32Array(graph.buffer, table.first, table.n_weights);
    for (let i = 0; i < weights.length; i++, weight++) {
      const low = at(lower, weight >> 1) >> (weight & 1 ? 4 : 0);
      const place = (at(upper, weight) << 12) | (at(middle, weight) << 4) | (low & 15);
      weights[i] = (place + LEAST_STEPS) * table.step;
    }
  }
  return graph;
}

/** @param {Uint8Array} bytes @param {number} index one that is there */
const at = (bytes, index) => /** @type {number} */ (bytes[index]);
