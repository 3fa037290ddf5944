/** Zooming with the wheel and Ctrl, which is also a trackpad's pinch, and with two fingers. */

const WHEEL_PX = 300; // of turning that double the size: three notches of a mouse

/**
 * @param {HTMLElement} element
 * @param {(factor: number, client_x: number) => void} zoom around a place, which keeps its time
 */
export function followZoom(element, zoom) {
  element.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault(); // the browser would zoom the page
      zoom(2 ** (-event.deltaY / WHEEL_PX), event.clientX);
    },
    { passive: false },
  );

  let apart_px = 0;
  element.addEventListener("touchstart", ({ touches }) => {
    apart_px = measureTouches(touches).apart_px;
  });
  element.addEventListener(
    "touchmove",
    (event) => {
      const now = measureTouches(event.touches);
      if (now.apart_px === 0) return;
      event.preventDefault();
      if (apart_px > 0) zoom(now.apart_px / apart_px, now.middle_px);
      apart_px = now.apart_px;
    },
    { passive: false },
  );
}

/** Of two fingers; nothing of one. @param {TouchList} touches */
function measureTouches(touches) {
  const [first, second] = touches;
  if (!first || !second) return { apart_px: 0, middle_px: 0 };
  const apart_px = Math.hypot(first.clientX - second.clientX, first.clientY - second.clientY);
  return { apart_px, middle_px: (first.clientX + second.clientX) / 2 };
}
