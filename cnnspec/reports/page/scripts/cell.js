/** One value with the numbers that it was made of, worked out in float64: fetch what is read, and do what is said. */

import { parse, valueOf } from "./formula.js";
import { explanationAt } from "./laws.js";
import { sizesOf } from "./source.js";

/** @typedef {import("./laws.js").Part} Part */
/** @typedef {import("./network.js").Network} Network */
/**
 * A part in numbers. `layer` is that of the tensor read, null for an own one; `dims` is the block's shape, `inside` says
 * which cells are no padding.
 * @typedef {Part & {layer: number | null, dims: number[], values: Float64Array, inside: boolean[],
 *   factors: Float64Array | null, terms: Float64Array, value: number}} PartNumbers
 */
/**
 * @typedef {{run: number, layer: number, place: number[], formula: string, parts: PartNumbers[], executed: number,
 *   explained: number}} Cell
 */

/** @type {Record<string, (terms: Float64Array) => number>} */
export const REDUCTIONS = {
  cell: sum,
  dot: sum,
  sum,
  mean: (terms) => sum(terms) / terms.length,
  variance: (terms) => {
    const mean = sum(terms) / terms.length;
    return sum(terms.map((term) => (term - mean) ** 2)) / terms.length;
  },
  largest: (terms) => terms.reduce((most, term) => (term > most || Number.isNaN(term) ? term : most), -Infinity),
  exp_sum: (terms) => {
    const largest = REDUCTIONS.largest(terms);
    return sum(terms.map((term) => Math.exp(term - largest)));
  },
  square_sum: (terms) => sum(terms.map((term) => term * term)),
};

/** @param {Float64Array} terms */
function sum(terms) {
  let total = 0;
  for (const term of terms) total += term;
  return total;
}

/**
 * The cell at a place of a layer's output, null where the file does not have its numbers. Of `input` it has no parts.
 * @param {Network} network @param {number} run @param {number} layer @param {number[]} place
 * @returns {Promise<Cell | null>}
 */
export async function cellAt(network, run, layer, place) {
  const { law } = network.layers[layer];
  const own = await network.source.values(single(network.made(run, layer), place));
  if (!own) return null;
  const executed = own[0];
  if (layer === 0) return { run, layer, place, formula: "", parts: [], executed, explained: executed };
  const table = network.laws[law];
  if (!table) return null;
  const { formula, parts } = explanationAt(table, place);
  const found = await Promise.all(parts.map((part) => numbersOf(network, run, layer, part)));
  const numbers = /** @type {PartNumbers[]} */ (found);
  if (found.some((part) => part === null)) return null;
  const explained = valueOf(parse(formula), Object.fromEntries(numbers.map((part) => [part.name, part.value])));
  return { run, layer, place, formula, parts: numbers, executed, explained };
}

/** @param {number} tensor @param {number[]} place */
export function single(tensor, place) {
  const axes = place.map((index) => /** @type {[number, number, number]} */ ([index, 1, 1]));
  return { tensor, axes, flat: false };
}

/**
 * @param {Network} network @param {number} run @param {number} layer @param {Part} part
 * @returns {Promise<PartNumbers | null>}
 */
async function numbersOf(network, run, layer, part) {
  const empty = new Float64Array();
  const none = { layer: null, dims: [], values: empty, inside: [], factors: null, terms: empty };
  if (!part.read) return { ...part, ...none, value: part.number };
  const read = network.tensorRead(run, layer, part.read);
  const by = part.by && network.source.values(network.tensorRead(run, layer, part.by));
  const values = await network.source.values(read);
  const factors = part.by ? await by : part.shares.length ? outer(part.shares) : null;
  if (!values || (part.by && !factors)) return null;
  const { of } = part.read;
  const from = typeof of === "number" ? network.layers[layer].inputs[of] : null;
  const terms = factors ? values.map((value, i) => value * factors[i]) : values;
  const dims = read.axes.map(([, , length]) => length);
  const inside = insideOf(part.read, network.source.shape(read.tensor));
  return {
    ...part,
    layer: from,
    dims,
    values,
    inside,
    factors: factors ?? null,
    terms,
    value: REDUCTIONS[part.how](terms),
  };
}

/** The products of the shares along each axis. @param {number[][]} shares */
function outer(shares) {
  return Float64Array.from(shares.reduce((done, along) => done.flatMap((a) => along.map((b) => a * b)), [1]));
}

/** Which cells of a block lie on the tensor. @param {import("./laws.js").Read} read @param {number[]} shape */
function insideOf(read, shape) {
  const sizes = sizesOf(read, shape);
  return read.axes.reduce(
    (done, [first, step, length], axis) =>
      done.flatMap((before) =>
        Array.from({ length }, (_, i) => before && first + i * step >= 0 && first + i * step < sizes[axis]),
      ),
    [true],
  );
}

/**
 * Where cell `i` of a part's block lies in the tensor that it is read from, in that layer's own axes.
 * @param {Network} network @param {PartNumbers} part @param {number} i
 * @returns {number[]}
 */
export function placeOf(network, part, i) {
  const { axes, flat } = /** @type {import("./laws.js").Read} */ (part.read);
  const place = unravelled(i, part.dims).map((index, axis) => axes[axis][0] + index * axes[axis][1]);
  return flat && part.layer !== null ? unravelled(place[0], network.layers[part.layer].shape) : place;
}

/** The place of the cell that has so many before it in C order. @param {number} i @param {number[]} shape */
export function unravelled(i, shape) {
  const place = new Array(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place[axis] = i % shape[axis];
    i = Math.floor(i / shape[axis]);
  }
  return place;
}

/** How many cells come before a place in C order. @param {number[]} place @param {number[]} shape */
export function ravelled(place, shape) {
  return place.reduce((index, at, axis) => index * shape[axis] + at, 0);
}
