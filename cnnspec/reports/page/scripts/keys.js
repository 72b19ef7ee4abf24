/** The keyboard: arrows move the chosen cell, [ and ] go to the map before and after, Escape closes the sum. */

import { shut } from "./panel.js";

/** @typedef {import("./parts.js").Page} Page */

/** @type {Record<string, [number, number]>} axis from the end, and by how much */
const STEPS = {
  ArrowLeft: [1, -1],
  ArrowRight: [1, 1],
  ArrowUp: [2, -1],
  ArrowDown: [2, 1],
  "[": [3, -1],
  "]": [3, 1],
};

/** @param {Page} page @param {() => HTMLElement | null} sum */
export function listenToKeys(page, sum) {
  addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest("select, input, textarea")) return;
    if (event.key === "Escape") {
      const panel = sum();
      const { layer, place } = page.choice.now;
      if (panel) shut(panel);
      /** @type {HTMLElement | null} */ (
        document.querySelector(`[data-section="${layer}"] [data-channel="${place.length > 1 ? place[0] : 0}"]`)
      )?.focus();
      return;
    }
    const isHere = target === document.body || target.closest(".map, .value, .sum");
    if (!isHere || !STEPS[event.key]) return;
    const moved = step(page, event.key);
    if (!moved) return;
    event.preventDefault();
    page.choice.go(page.choice.now.layer, moved);
  });
}

/** @param {Page} page @param {string} key @returns {number[] | null} */
function step({ network, choice }, key) {
  const { layer, place } = choice.now;
  const { shape } = network.layers[layer];
  const [fromEnd, by] = STEPS[key];
  const axis = shape.length === 1 ? 0 : shape.length - fromEnd;
  const to = place[axis] + by;
  return to < 0 || to >= shape[axis] ? null : place.map((at, i) => (i === axis ? to : at));
}
