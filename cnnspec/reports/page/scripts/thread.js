/** From a value along the largest contribution to the input. */

import { cellAt, placeOf } from "./cell.js";

/** @typedef {import("./network.js").Network} Network */

/**
 * @param {Network} network
 * @param {number} run
 * @param {number} layer
 * @param {number[]} place
 * @returns {Promise<[number, number[]][]>}
 */
export async function threadFrom(network, run, layer, place) {
  /** @type {[number, number[]][]} */
  const way = [[layer, place]];
  while (layer > 0) {
    const cell = await cellAt(network, run, layer, place);
    const source = cell && strongestSource(network, cell);
    if (!source) break;
    [layer, place] = source;
    way.push(source);
  }
  return way;
}

/**
 * The arriving value that contributes most: the largest, or the largest product in size; null where none was read. What
 * a value is made of comes before what it is measured by: the cell of a norm, not the mean of all.
 * @param {Network} network @param {import("./cell.js").Cell} cell @returns {[number, number[]] | null}
 */
function strongestSource(network, { parts }) {
  const arriving = parts.filter((part) => part.layer !== null);
  const single = arriving.filter((part) => part.how === "cell");
  let best = null;
  let most = -Infinity;
  for (const part of single.length ? single : arriving) {
    const weight = (/** @type {number} */ i) => (part.how === "largest" ? part.terms[i] : Math.abs(part.terms[i]));
    let at = -1;
    part.inside.forEach((inside, i) => {
      if (inside && (at < 0 || weight(i) > weight(at))) at = i;
    });
    if (at >= 0 && Math.abs(part.terms[at]) > most) {
      most = Math.abs(part.terms[at]);
      best = /** @type {[number, number[]]} */ ([/** @type {number} */ (part.layer), placeOf(network, part, at)]);
    }
  }
  return best;
}
