/** Numbers from the server that the page comes from: whole tensors where they are small or shown, else single blocks. */

import { Source, gathered, sizesOf } from "./source.js";

/** @typedef {import("./source.js").TensorRead} TensorRead */

const ASKED_WHOLE = 1 << 16;

export class ServedSource extends Source {
  /** @param {any} contents */
  constructor(contents) {
    super(contents);
    /** @type {Map<number, Promise<Float32Array | null>>} */
    this.asked = new Map();
  }

  /** @param {number} _tensor */
  isWhole(_tensor) {
    return true;
  }

  /** @param {number} tensor */
  drop(tensor) {
    super.drop(tensor);
    this.asked.delete(tensor);
  }

  /** @param {number} tensor @returns {Promise<Float32Array | null>} */
  whole(tensor) {
    const held = this.own.get(tensor);
    if (held) return Promise.resolve(held);
    const known = this.asked.get(tensor);
    if (known) return known;
    const axes = this.shape(tensor).map((size) => /** @type {[number, number, number]} */ ([0, 1, size]));
    const answer = valuesOfRead({ tensor, axes, flat: false });
    this.asked.set(tensor, answer);
    answer.then((values) => values ?? this.asked.delete(tensor));
    return answer;
  }

  /** @param {TensorRead} read @returns {Promise<Float64Array | null>} */
  async values(read) {
    const shape = this.shape(read.tensor);
    const isNear = this.own.has(read.tensor) || this.asked.has(read.tensor);
    if (isNear || shape.reduce((product, size) => product * size, 1) <= ASKED_WHOLE) {
      const all = await this.whole(read.tensor);
      return all && gathered(all, sizesOf(read, shape), read.axes);
    }
    const block = await valuesOfRead(read);
    return block && Float64Array.from(block);
  }
}

/**
 * Null where the server has ended, or holds the input no longer.
 * @param {TensorRead} read
 * @returns {Promise<Float32Array | null>}
 */
async function valuesOfRead(read) {
  try {
    const answer = await asked("values", JSON.stringify({ reads: [read] }));
    return new Float32Array(await answer.arrayBuffer());
  } catch {
    return null;
  }
}

/** What the server answers; what it refuses becomes an Error with its words. @param {string} path @param {BodyInit} body */
export async function asked(path, body) {
  const answer = await fetch(path, { method: "POST", body });
  if (answer.ok) return answer;
  throw new Error((await answer.json()).error);
}
