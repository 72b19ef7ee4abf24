/**
 * Where the page gets numbers from: whole tensors that are in the file, or boxes of them. All numbers are asked for here,
 * as promises, so that another source, such as a server, can take its place.
 */

import { bytesOf, inflated, unshuffled } from "./blocks.js";

/** @typedef {[number, number, number]} Range first, step, length */
/**
 * Pictures of some channels, one behind another; shades from -127 to 127 are shares of the layer's largest size.
 * @typedef {{channels: number[], rows: number, columns: number, shades: Int8Array}} Picture
 */
/** @typedef {{tensor: number, axes: Range[], flat: boolean}} TensorRead */

export class Source {
  /** @param {any} contents what is where, as Python says it */
  constructor(contents) {
    this.contents = contents;
    this.bytes = bytesOf("values");
    /** @type {Map<number, Promise<Float32Array>>} */
    this.pieces = new Map();
    /** @type {Map<number, Float32Array>} tensors that were made in this page */
    this.own = new Map();
  }

  /** @param {number} tensor @returns {number[]} */
  shape(tensor) {
    return this.contents.tensors[tensor][0];
  }

  /** Whether every value of a tensor is there. @param {number} tensor */
  isWhole(tensor) {
    return this.own.has(tensor) || this.contents.tensors[tensor][1] >= 0;
  }

  /** All values of a tensor, null where they are not there. @param {number} tensor @returns {Promise<Float32Array | null>} */
  async whole(tensor) {
    const own = this.own.get(tensor);
    if (own) return own;
    return this.isWhole(tensor) ? this.piece(this.contents.tensors[tensor][1]) : null;
  }

  /** Forget what is held of a tensor, beside the file. @param {number} tensor */
  drop(tensor) {
    this.own.delete(tensor);
  }

  /** Whether `values` has an answer. @param {TensorRead} read */
  has(read) {
    return this.isWhole(read.tensor) || this.box(read) !== undefined;
  }

  /**
   * The cells of a block in C order; padding, which lies beside the tensor, is 0. Null where they are not there.
   * @param {TensorRead} read
   * @returns {Promise<Float64Array | null>}
   */
  async values(read) {
    const all = await this.whole(read.tensor);
    if (all) return gathered(all, sizesOf(read, this.shape(read.tensor)), read.axes);
    const start = this.box(read);
    if (start === undefined) return null;
    const count = read.axes.reduce((product, [, , length]) => product * length, 1);
    return Float64Array.from((await this.piece(this.contents.box_piece)).subarray(start, start + count));
  }

  /**
   * The maps of a tensor as small pictures, null where there are none.
   * @param {number} tensor
   * @returns {Promise<Picture | null>}
   */
  async picture(tensor) {
    const found = this.contents.pictures[tensor];
    if (!found) return null;
    const [piece, channels, rows, columns] = found;
    return { channels, rows, columns, shades: new Int8Array(await inflated(this.pieceBytes(piece))) };
  }

  /** Where a block begins in the boxes. @param {TensorRead} read @returns {number | undefined} */
  box(read) {
    const said = read.axes.map((axis) => axis.join(",")).join(";");
    return this.contents.boxes[read.tensor]?.[read.flat ? `flat ${said}` : said];
  }

  /** @param {number} number @returns {Promise<Float32Array>} */
  piece(number) {
    const found = this.pieces.get(number);
    if (found) return found;
    const made = inflated(this.pieceBytes(number)).then(unshuffled);
    this.pieces.set(number, made);
    return made;
  }

  /** @param {number} number */
  pieceBytes(number) {
    const { ends } = this.contents;
    return this.bytes.subarray(number ? ends[number - 1] : 0, ends[number]);
  }
}

/** The sizes of the axes that a read counts along. @param {{flat: boolean}} read @param {number[]} shape */
export function sizesOf(read, shape) {
  return read.flat ? [shape.reduce((product, size) => product * size, 1)] : shape;
}

/**
 * @param {Float32Array} all
 * @param {number[]} sizes
 * @param {Range[]} axes
 */
export function gathered(all, sizes, axes) {
  const values = new Float64Array(axes.reduce((product, [, , length]) => product * length, 1));
  let to = 0;
  /** @param {number} axis @param {number} base @param {boolean} inside */
  function along(axis, base, inside) {
    if (axis === axes.length) {
      values[to++] = inside ? all[base] : 0;
      return;
    }
    const [first, step, length] = axes[axis];
    for (let i = 0, at = first; i < length; i++, at += step) {
      along(axis + 1, base * sizes[axis] + at, inside && at >= 0 && at < sizes[axis]);
    }
  }
  along(0, 0, true);
  return values;
}
