/**
 * Where things stand on an engraved page, read from Verovio's SVG: numbers in its attributes, which cost no layout.
 *
 * Conventions: everything is a share of the page's width or height, 0..1.
 */

/**
 * @typedef {{ left: number, right: number, top: number, bottom: number }} System from the first staff's top line to the
 *   last one's bottom line
 * @typedef {{ note: number, element: Element, x: number, y: number, system: number, is_first: boolean }} Place of the
 *   middle of a note head; `is_first` where it is not tied to one before
 */

const HALF_HEAD = 106; // of a note head, 1.18 spaces of 180 units wide
const NOTE_ID = /^n(\d+)(-\d+)?$/;
const NUMBERS = /-?[\d.]+/g;

/**
 * @param {SVGSVGElement} svg of one page
 * @returns {{ systems: System[], places: Place[] }} notes in the order of the page
 */
export function readLayout(svg) {
  const inner = svg.querySelector("svg.definition-scale")?.getAttribute("viewBox") ?? svg.getAttribute("viewBox") ?? "";
  const [, , width = 1, height = 1] = readNumbers(inner);
  const [left = 0, top = 0] = readNumbers(svg.querySelector("g.page-margin")?.getAttribute("transform") ?? "");
  /** @type {System[]} */
  const systems = [];
  /** @type {Place[]} */
  const places = [];
  for (const [number, system] of svg.querySelectorAll("g.system").entries()) {
    const lines = Array.from(system.querySelectorAll("g.staff > path"), (path) =>
      readNumbers(path.getAttribute("d") ?? ""),
    );
    const [xs, ys] = [0, 1].map((axis) => lines.flatMap((line) => [line[axis] ?? 0, line[axis + 2] ?? 0]));
    systems.push({
      left: (left + Math.min(...(xs ?? []))) / width,
      right: (left + Math.max(...(xs ?? []))) / width,
      top: (top + Math.min(...(ys ?? []))) / height,
      bottom: (top + Math.max(...(ys ?? []))) / height,
    });
    for (const element of system.querySelectorAll("g.note")) {
      const match = NOTE_ID.exec(element.id);
      const head = element.querySelector("g.notehead > path");
      if (!match || !head) continue;
      const [x = 0, y = 0] = readNumbers(head.getAttribute("transform") ?? "");
      places.push({
        note: Number(match[1]),
        element,
        x: (left + x + HALF_HEAD) / width,
        y: (top + y) / height,
        system: number,
        is_first: !match[2],
      });
    }
  }
  return { systems, places };
}

/** @param {string} text */
function readNumbers(text) {
  return (text.match(NUMBERS) ?? []).map(Number);
}
