/** The network as Python has described it, with the source of its numbers. */

import { ServedSource } from "./served.js";
import { Source } from "./source.js";

/** @typedef {import("./laws.js").Read} Read */
/**
 * @typedef {{name: string, kind: string, fields: string, family: string, shape: number[], inputs: number[],
 *   own: Record<string, number[]>, params: number, macs: number, sees: [number, number] | null,
 *   fields_of_view: ([number[], number[], number] | null)[], law: number}} Layer
 */

export class Network {
  /** @param {any} net */
  constructor(net) {
    this.net = net;
    /** @type {Layer[]} */
    this.layers = net.layers;
    this.laws = net.laws;
    this.runs = net.runs;
    this.source = net.served ? new ServedSource(net.contents) : new Source(net.contents);
    this.numbers = new Map(this.layers.map((layer, i) => [layer.name, i]));
    /** @type {number[][]} the layers that each layer goes to */
    this.targets = this.layers.map(() => []);
    this.layers.forEach((layer, i) => layer.inputs.forEach((from) => this.targets[from].push(i)));
  }

  /** Take another input in: what is said of it, its number in `runs`. @param {any} said @param {number} run */
  take(said, run) {
    this.runs[run] = said;
    this.layers.forEach(({ shape }, layer) => {
      this.net.contents.tensors[this.made(run, layer)] = [shape, -1];
    });
  }

  /** Forget an input and all that was made of it. @param {number} run */
  drop(run) {
    delete this.runs[run];
    this.layers.forEach((_, layer) => this.source.drop(this.made(run, layer)));
  }

  /** The tensor that a layer made of an input. @param {number} run @param {number} layer */
  made(run, layer) {
    return Object.keys(this.net.contents.own).length + run * this.layers.length + layer;
  }

  /** A read of an explanation as one of a tensor. @param {number} run @param {number} layer @param {Read} read */
  tensorRead(run, layer, { of, axes, flat }) {
    const { name, inputs } = this.layers[layer];
    const tensor = typeof of === "number" ? this.made(run, inputs[of]) : this.net.contents.own[`${name}.${of}`];
    return { tensor, axes, flat };
  }

  /** Whether every cell of a layer can be worked out here. @param {number} run @param {number} layer */
  isWhole(run, layer) {
    const { name, own, inputs } = this.layers[layer];
    const made = [layer, ...inputs].map((i) => this.made(run, i));
    const held = Object.keys(own).map((key) => this.net.contents.own[`${name}.${key}`]);
    return [...made, ...held].every((tensor) => this.source.isWhole(tensor));
  }

  /**
   * The class that a value of an output stands for, "" where it stands for none.
   * @param {number} layer @param {number[]} place
   */
  className(layer, place) {
    const { classes, outputs } = this.net;
    const { shape } = this.layers[layer];
    const isClass =
      outputs.includes(layer) && shape[0] === classes.length && shape.slice(1).every((size) => size === 1);
    return isClass ? classes[place[0]] : "";
  }

  /**
   * The rows and columns of the input that a cell hangs on, [[first, last], [first, last]]; null where it has no place.
   * @param {number} layer @param {number[]} place
   */
  seen(layer, place) {
    const { fields_of_view: fields, shape } = this.layers[layer];
    if (layer === 0 || shape.length < 3 || !fields.every(Boolean)) return null;
    return fields.map((field, axis) => {
      const [starts, ends, stride] = /** @type {[number[], number[], number]} */ (field);
      const i = place[axis + 1];
      const shift = Math.floor(i / starts.length) * stride;
      const last = this.layers[0].shape[axis + 1] - 1;
      return [Math.max(0, starts[i % starts.length] + shift), Math.min(last, ends[i % starts.length] + shift)];
    });
  }
}
