/** Pages as pictures: each SVG a file of its own, and PNG drawn from it by the browser. */

const WIDTH_PX = 2480; // A4 at 300 dots an inch
const PAPER = { width: 210, height: 297, margin: 12 }; // mm: the engraver leaves the margins to the printer

/**
 * A page with the margins of its paper, on white, in millimetres.
 * @param {string} svg as Verovio draws it
 */
export function addPaper(svg) {
  const { width, height, margin } = PAPER;
  const [, box = ""] = /viewBox="([^"]*)"/.exec(svg) ?? [];
  const [, , drawn_width = 1, drawn_height = 1] = box.split(" ").map(Number);
  const inner = width - 2 * margin;
  const size = `x="${margin}" y="${margin}" width="${inner}" height="${(inner * drawn_height) / drawn_width}"`;
  const page = svg.replace(/<\?xml[^>]*>\s*/, "").replace("<svg", `<svg ${size}`);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}mm" height="${height}mm" viewBox="0 0 ${width} ${height}">` +
    `<rect width="100%" height="100%" fill="#fff"/>${page}</svg>\n`
  );
}

/**
 * @param {string} svg a page with its paper
 * @returns {Promise<Blob>} the same as PNG
 */
export async function drawPng(svg) {
  const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = WIDTH_PX;
    canvas.height = Math.round((WIDTH_PX * PAPER.height) / PAPER.width);
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    if (!blob) throw new Error("The browser drew no picture.");
    return blob;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** The first of the pages that shows a note, or the first one. @param {string[]} svgs @param {number} note */
export function findPage(svgs, note) {
  return Math.max(
    0,
    svgs.findIndex((svg) => svg.includes(`id="n${note}"`)),
  );
}
