/** The whole network on an input, worked out by the laws of its cells: what Python's plain execution does. */

import { REDUCTIONS } from "./cell.js";
import { parse, valueOf } from "./formula.js";
import { told } from "./laws.js";

/** @typedef {import("./network.js").Network} Network */
/** @typedef {number[]} Place */
/** @typedef {{values: Float32Array, shape: number[]}} Tensor */

const TURN = 40;

/**
 * What every layer makes of an input, `input` first, in float32. The page is let go on in between.
 * @param {Network} network @param {Float32Array} input
 * @returns {Promise<Float32Array[]>}
 */
export async function execute(network, input) {
  const made = [input];
  let since = performance.now();
  for (let layer = 1; layer < network.layers.length; layer++) {
    made.push(layerValues(network, layer, made, await ownOf(network, layer)));
    if (performance.now() - since > TURN) {
      await new Promise((resolve) => setTimeout(resolve));
      since = performance.now();
    }
  }
  return made;
}

/**
 * The layer's own tensors by their keys.
 * @param {Network} network
 * @param {number} layer
 * @returns {Promise<Record<string, Tensor>>}
 */
async function ownOf(network, layer) {
  const { name, own } = network.layers[layer];
  const held = Object.entries(own).map(async ([key, shape]) => {
    const values = /** @type {Float32Array} */ (await network.source.whole(network.net.contents.own[`${name}.${key}`]));
    return [key, { values, shape }];
  });
  return Object.fromEntries(await Promise.all(held));
}

/** @param {Network} network @param {number} layer @param {Float32Array[]} made @param {Record<string, Tensor>} own */
function layerValues(network, layer, made, own) {
  const { law, shape, inputs } = network.layers[layer];
  const { formula, parts } = network.laws[law];
  const tensor = (/** @type {number | string} */ of) =>
    typeof of === "number" ? { values: made[inputs[of]], shape: network.layers[inputs[of]].shape } : own[of];
  const worked = parts.map((/** @type {any[]} */ part) => /** @type {const} */ ([part[0], partOf(part, tensor)]));
  const tree = parse(formula);
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  const place = shape.map(() => 0);
  /** @type {Record<string, number>} */
  const numbers = {};
  for (let i = 0; i < values.length; i++) {
    for (const [name, value] of worked) numbers[name] = value(place);
    values[i] = "name" in tree && tree.name in numbers ? numbers[tree.name] : valueOf(tree, numbers);
    for (let axis = shape.length - 1; axis >= 0 && ++place[axis] === shape[axis]; axis--) place[axis] = 0;
  }
  return values;
}

/**
 * The value of a part at a place. It is worked out anew only where it reads something else than at the last place.
 * @param {any[]} part @param {(of: number | string) => Tensor} tensor
 * @returns {(place: Place) => number}
 */
function partOf([, how, number, read, by, shares], tensor) {
  if (!read) return (place) => Number(told(number, place));
  const block = new Block(read, tensor);
  const weights = by && new Block(by, tensor);
  let value = NaN;
  return (place) => {
    const isNew = block.go(place);
    const isOther = weights?.go(place);
    if (shares.length) value = weighted(block.values, sharesAt(shares, place));
    else if (!isNew && !isOther) return value;
    else value = weights ? weighted(block.values, weights.values) : REDUCTIONS[how](block.values);
    return value;
  };
}

/** @param {Float64Array} values @param {ArrayLike<number>} factors */
function weighted(values, factors) {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] * factors[i];
  return total;
}

/** The products of the shares along each axis. @param {any[]} shares @param {Place} place @returns {number[]} */
function sharesAt(shares, place) {
  return shares.reduce(
    (done, law) => {
      const along = told(law, place);
      return done.flatMap((/** @type {number} */ a) => along.map((/** @type {number} */ b) => a * b));
    },
    [1],
  );
}

/** The cells that a part reads, 0 beside the tensor. */
class Block {
  /** @param {any[]} read @param {(of: number | string) => Tensor} tensor */
  constructor([of, axes, flat], tensor) {
    this.of = of;
    this.tensor = tensor;
    this.flat = Boolean(flat);
    this.laws = axes.flat();
    this.ranges = this.laws.map(() => NaN);
    /** @type {number | string | null} */
    this.whose = null;
    this.values = new Float64Array();
    this.to = 0;
  }

  /** Fetch the cells of a place; whether they are others than before. @param {Place} place */
  go(place) {
    const whose = told(this.of, place);
    let isNew = whose !== this.whose;
    this.whose = whose;
    for (let i = 0; i < this.laws.length; i++) {
      const number = told(this.laws[i], place);
      if (number !== this.ranges[i]) isNew = true;
      this.ranges[i] = number;
    }
    if (isNew) this.read();
    return isNew;
  }

  read() {
    const { values, shape } = this.tensor(/** @type {number | string} */ (this.whose));
    this.from = values;
    this.sizes = this.flat ? [values.length] : shape;
    let count = 1;
    for (let i = 2; i < this.ranges.length; i += 3) count *= this.ranges[i];
    if (count !== this.values.length) this.values = new Float64Array(count);
    this.to = 0;
    this.along(0, 0, true);
  }

  /** @param {number} axis @param {number} base @param {boolean} inside */
  along(axis, base, inside) {
    const sizes = /** @type {number[]} */ (this.sizes);
    const from = /** @type {Float32Array} */ (this.from);
    if (axis === sizes.length) {
      this.values[this.to++] = inside ? from[base] : 0;
      return;
    }
    const size = sizes[axis];
    const step = this.ranges[3 * axis + 1];
    const length = this.ranges[3 * axis + 2];
    let at = this.ranges[3 * axis];
    const start = base * size;
    if (axis < sizes.length - 1) {
      for (let i = 0; i < length; i++, at += step) this.along(axis + 1, start + at, inside && at >= 0 && at < size);
      return;
    }
    for (let i = 0; i < length; i++, at += step)
      this.values[this.to++] = inside && at >= 0 && at < size ? from[start + at] : 0;
  }
}
