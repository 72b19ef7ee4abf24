/** A picture drawn by hand as the input: the network runs on it while it is drawn, here by its laws, or on the server. */

import { runOn } from "./another.js";
import { fill, h } from "./dom.js";
import { execute } from "./run.js";
import { threadFrom } from "./thread.js";
import { t } from "./words.js";

/** @typedef {import("./parts.js").Page} Page */
/** @typedef {import("./network.js").Network} Network */

/** Multiply-accumulates of a network that runs in the page within a second or so. */
const LARGEST_RUN = 6e7;
const PEN = 0.08;
const PAPER = 168;
const TOP = 5;

/** Whether the page can run the network itself: it has all weights, and a law for each layer. @param {Network} network */
function runsHere(network) {
  const { contents, served } = network.net;
  const macs = network.layers.reduce((sum, layer) => sum + (layer.macs ?? 0), 0);
  const isComplete = network.layers.every(({ law }, layer) => layer === 0 || network.laws[law]);
  const own = /** @type {number[]} */ (Object.values(contents.own));
  return !served && macs <= LARGEST_RUN && isComplete && own.every((tensor) => network.source.isWhole(tensor));
}

export class Drawing {
  /**
   * @param {Page} page
   * @param {(run: number, isDone: boolean) => Promise<void>} show what the network has made of the picture, as the
   * input of this number, while it is drawn and when it is done
   */
  constructor(page, show) {
    this.page = page;
    this.show = show;
    const { layers, net, runs } = page.network;
    const [channels, rows = 1, columns = 1] = layers[0].shape;
    const isImage = layers[0].shape.length === 3;
    this.isHere = runsHere(page.network);
    this.canDraw = isImage && (channels === 1 || channels === 3) && (this.isHere || net.served);
    this.run = runs.length;
    this.ground = net.picture?.invert ? "#fff" : "#000";
    this.ink = net.picture?.invert ? "#000" : "#fff";
    this.canvas = /** @type {HTMLCanvasElement} */ (
      h("canvas", {
        width: columns,
        height: rows,
        role: "img",
        class: "paper",
        style: { width: `${Math.max(PAPER, columns)}px` },
      })
    );
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d", { willReadFrequently: true }));
    this.isOpen = false;
    this.isBusy = false;
    this.isStale = false;
    this.isDown = false;
    this.listen();
    this.wipe();
  }

  /** The paper with its tools, to unfold; null where nothing can be drawn. @returns {HTMLElement | null} */
  element() {
    if (!this.canDraw) return null;
    this.canvas.setAttribute("aria-label", t("draw.paper"));
    const clear = h(
      "button",
      {
        type: "button",
        class: "clear",
        onclick: () => {
          this.wipe();
          this.changed();
        },
      },
      t("draw.clear"),
    );
    const colour = h("input", {
      type: "color",
      value: "#ffffff",
      "aria-label": t("draw.colour"),
      oninput: () => {
        this.ink = /** @type {HTMLInputElement} */ (colour).value;
      },
    });
    const tools = h("div", { class: "pen" }, clear, this.page.network.layers[0].shape[0] === 3 && colour);
    const note = h("p", { class: "soft" }, t(this.isHere ? "draw.here" : "draw.there"));
    const element = h(
      "details",
      {
        class: "drawing",
        open: this.isOpen,
        ontoggle: () => {
          this.isOpen = /** @type {HTMLDetailsElement} */ (element).open;
        },
      },
      h("summary", null, t("draw.title")),
      this.canvas,
      tools,
      note,
    );
    return element;
  }

  listen() {
    /** @type {[number, number] | null} */
    let last = null;
    const at = (/** @type {PointerEvent} */ event) => {
      const box = this.canvas.getBoundingClientRect();
      return /** @type {[number, number]} */ ([
        ((event.clientX - box.left) / box.width) * this.canvas.width,
        ((event.clientY - box.top) / box.height) * this.canvas.height,
      ]);
    };
    const draw = (/** @type {PointerEvent} */ event) => {
      this.isDown = Boolean(event.buttons & 1);
      if (!this.isDown) {
        last = null;
        return;
      }
      event.preventDefault();
      const to = at(event);
      this.stroke(last ?? to, to);
      last = to;
      if (this.isHere) this.changed();
    };
    const end = () => {
      this.isDown = false;
      if (last) this.changed();
      last = null;
    };
    this.canvas.addEventListener("pointerdown", draw);
    this.canvas.addEventListener("pointermove", draw);
    for (const name of ["pointerup", "pointerleave", "pointercancel"]) this.canvas.addEventListener(name, end);
  }

  /** @param {[number, number]} from @param {[number, number]} to */
  stroke(from, to) {
    const { context, canvas } = this;
    context.strokeStyle = this.ink;
    context.lineCap = "round";
    context.lineWidth = Math.max(1, PEN * Math.max(canvas.width, canvas.height));
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(to[0] + 0.01, to[1]);
    context.stroke();
  }

  wipe() {
    this.context.fillStyle = this.ground;
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /** Run the network on what is drawn, once more if it has changed meanwhile. */
  async changed() {
    this.isStale = true;
    if (this.isBusy) return;
    this.isBusy = true;
    while (this.isStale) {
      this.isStale = false;
      await (this.isHere ? this.work() : this.ask());
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    this.isBusy = false;
  }

  /** In this page. */
  async work() {
    const { network } = this.page;
    const made = await execute(network, this.values());
    const [stats, top] = [made.map(statsOf), likeliestOf(network, made)];
    const said = { name: t("draw.name"), stats, top, guide: guideOf(network, stats, top), command: "" };
    network.take({ ...said, thread: [], marked: [], looked: null }, this.run);
    made.forEach((values, layer) => network.source.own.set(network.made(this.run, layer), values));
    if (top) network.runs[this.run].thread = await threadFrom(network, this.run, top.layer, top.place);
    await this.show(this.run, !this.isDown);
  }

  /** On the server, as numbers: what was drawn is not prepared once more. */
  async ask() {
    try {
      await runOn(
        this.page,
        new Blob([npyOf(this.values(), this.page.network.layers[0].shape)]),
        `${t("draw.name")}.npy`,
      );
    } catch {
      // The server has ended; the picture stays.
    }
  }

  /** The picture as the network's input: prepared as pixels of an image are. @returns {Float32Array} */
  values() {
    const { layers, net } = this.page.network;
    const [channels, rows, columns] = layers[0].shape;
    const { data } = this.context.getImageData(0, 0, columns, rows);
    const made = net.picture;
    const values = new Float32Array(channels * rows * columns);
    for (let i = 0; i < values.length; i++) {
      const c = Math.floor(i / (rows * columns));
      const pixel = data[4 * (i % (rows * columns)) + (made?.bgr ? 2 - c : c)];
      if (!made) values[i] = pixel / 255;
      else values[i] = ((made.invert ? 255 - pixel : pixel) * made.scale - made.mean[c]) / made.std[c];
    }
    return values;
  }
}

/**
 * Least, mean and largest of the finite values, the shares of zeros and of what is not finite, the strongest map.
 * @param {Float32Array} values
 */
function statsOf(values) {
  let [least, largest, sum, zeros, finite] = [Infinity, -Infinity, 0, 0, 0];
  for (const value of values) {
    if (value === 0) zeros++;
    if (!Number.isFinite(value)) continue;
    finite++;
    sum += value;
    least = Math.min(least, value);
    largest = Math.max(largest, value);
  }
  const size = values.length;
  return finite ? [least, sum / finite, largest, zeros / size, 1 - finite / size, 0] : [null, null, null, 0, 1, 0];
}

/** The likeliest classes, read as those of the first input are. @param {Network} network @param {Float32Array[]} made */
function likeliestOf(network, made) {
  const { top } = network.runs[0];
  if (!top) return null;
  const layer = /** @type {number} */ (network.numbers.get(top.output));
  const values = Array.from(made[layer]);
  const largest = values.reduce((most, value) => Math.max(most, value), -Infinity);
  const powers = values.map((value) => Math.exp(top.kind === "scores" ? value - largest : value));
  const total = top.kind === "scores" ? powers.reduce((sum, power) => sum + power, 0) : 1;
  const shares = top.kind === "probabilities" ? values : powers.map((power) => power / total);
  const order = shares.map((_, i) => i).sort((a, b) => shares[b] - shares[a]);
  const classes = order.slice(0, TOP).map((i) => [i, Number.isFinite(shares[i]) ? shares[i] : null]);
  return { ...top, layer, classes, place: network.layers[layer].shape.map((_, axis) => (axis ? 0 : order[0])) };
}

/**
 * The guide of the first input, told of this one: only its answer and the share of zeros behind a curve are others.
 * @param {Network} network @param {any[]} stats @param {any} top
 */
function guideOf(network, stats, top) {
  const [index, share] = top?.classes[0] ?? [0, null];
  const answer = { class: network.net.classes[index] ?? String(index), percent: (100 * (share ?? NaN)).toFixed(1) };
  const zeros = (/** @type {any} */ cells) => ({ percent: Math.round(100 * stats[cells[0][0]][3]) });
  return network.runs[0].guide.map((/** @type {any} */ { sentences, ...chapter }) => ({
    ...chapter,
    sentences: sentences.map((/** @type {[string, any]} */ [key, facts]) => [
      key,
      "percent" in facts ? { ...facts, ...("class" in facts ? answer : zeros(chapter.cells)) } : facts,
    ]),
  }));
}

/** Numbers as NumPy's file format has them. @param {Float32Array} values @param {number[]} shape */
function npyOf(values, shape) {
  const said = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")}), }`;
  const header = `${said.padEnd(117)}\n`;
  const start = new TextEncoder().encode(`NUMPY\x01\x00v\x00${header}`);
  const bytes = new Uint8Array(1 + start.length + values.byteLength);
  bytes[0] = 0x93;
  bytes.set(start, 1);
  bytes.set(new Uint8Array(values.buffer), 1 + start.length);
  return bytes;
}
