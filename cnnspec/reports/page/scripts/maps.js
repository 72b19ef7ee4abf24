/** The maps of a layer as pictures: each a button; a click on a cell chooses it. */

import { unravelled } from "./cell.js";
import { largestOf, paint, paintPicture, settings } from "./colours.js";
import { h, setStyle } from "./dom.js";
import { figure } from "./figures.js";
import { scoreBar } from "./grid.js";
import { t } from "./words.js";

/** @typedef {import("./parts.js").Page} Page */

const FIRST = 64;
const SIDE = 60;
const FEW = 24;
const ACROSS = 20;

/**
 * The pictures of a layer's output that is whole in the file.
 * @param {Page} page
 * @param {number} layer
 * @param {Float32Array} values
 */
export function wholeMaps(page, layer, values) {
  const { shape } = page.network.layers[layer];
  if (shape.length === 1 || shape[1] * shape[2] === 1)
    return shape[0] <= FEW ? bars(page, layer, values) : strip(page, layer, values);
  const [channels, rows, columns] = shape;
  if (layer === 0) return inputMaps(page, values, shape);
  const size = rows * columns;
  const largest = largestOf(values);
  const map = (/** @type {number} */ c) => {
    const own = values.subarray(c * size, (c + 1) * size);
    const canvas = /** @type {HTMLCanvasElement} */ (h("canvas"));
    paint(canvas, own, columns, settings.alone ? largestOf(own) : largest);
    return valuesButton(page, layer, c, own, columns, sideOf(rows, columns, channels), canvas);
  };
  return inPortions(channels, map);
}

/** The first maps, and a button for the others. @param {number} count @param {(c: number) => Element} map */
export function inPortions(count, map) {
  const first = count > FIRST + 8 ? FIRST : count;
  const box = h(
    "div",
    { class: "maps" },
    Array.from({ length: first }, (_, c) => map(c)),
  );
  if (first === count) return box;
  const more = h(
    "button",
    {
      type: "button",
      onclick: () => more.replaceWith(...Array.from({ length: count - first }, (_, i) => map(first + i))),
    },
    t("maps.more", { count: count - first }),
  );
  box.append(more);
  return box;
}

/** @param {number} rows @param {number} columns @param {number} channels */
export function sideOf(rows, columns, channels) {
  const most = Math.max(rows, columns);
  const wanted = channels === 1 ? 3 * SIDE : channels <= 8 ? 1.4 * SIDE : SIDE;
  return columns * (most >= wanted ? Math.max(wanted, Math.min(most, 96)) / most : Math.ceil(wanted / most));
}

/**
 * A picture as a button, of which a click chooses a cell.
 * @param {Page} page
 * @param {{layer: number, channel: number | null, rows: number, columns: number, wide: number, label: string,
 *   place: (i: number) => number[], strongest: () => number, value?: (i: number) => number}} map
 *   `wide` are pixels on the screen, `strongest` is the cell that Enter chooses, `value` what a cell's value is
 * @param {HTMLCanvasElement} canvas
 */
export function mapButton(page, { layer, channel, rows, columns, wide, label, place, strongest, value }, canvas) {
  const { shape } = page.network.layers[layer];
  const at = (/** @type {MouseEvent} */ event) => {
    const box = canvas.getBoundingClientRect();
    const row = Math.min(rows - 1, Math.max(0, Math.floor(((event.clientY - box.top) / box.height) * rows)));
    const column = Math.min(columns - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * columns)));
    return row * columns + column;
  };
  const click = (/** @type {MouseEvent} */ event) => {
    const byKey = event.detail === 0;
    if (byKey && button.querySelector(".chosen")) return;
    const chosen = place(byKey ? strongest() : at(event));
    if (chosen[0] < shape[0]) page.choice.go(layer, chosen);
  };
  const readout = (/** @type {PointerEvent} */ event) => {
    const i = at(event);
    const said = value ? ` ${figure(value(i), settings.digits)}` : "";
    button.title = `[${place(i).join(", ")}]${said}`;
  };
  const frame = { width: `${Math.round(wide)}px`, "aspect-ratio": `${columns} / ${rows}` };
  const button = h(
    "button",
    {
      type: "button",
      class: "map",
      "aria-label": label,
      dataset: { layer, channel: channel ?? 0 },
      onclick: click,
      onpointermove: readout,
    },
    h("span", { class: "frame", style: frame }, canvas),
    channel === null ? null : h("span", { class: "channel" }, channel),
  );
  return button;
}

/**
 * A map of which all values are there.
 * @param {Page} page
 * @param {number} layer
 * @param {number | null} channel
 * @param {Float32Array} values
 * @param {number} columns
 * @param {number} wide
 * @param {HTMLCanvasElement} canvas
 */
function valuesButton(page, layer, channel, values, columns, wide, canvas) {
  const name = channel === null ? t("maps.picture") : t("maps.map", { channel });
  const rows = values.length / columns;
  return mapButton(
    page,
    {
      layer,
      channel,
      rows,
      columns,
      wide,
      label: `${name}, ${ranged(values)}`,
      place: (i) => [channel ?? 0, ...unravelled(i, [rows, columns])],
      strongest: () => strongest(values),
      value: (i) => values[i],
    },
    canvas,
  );
}

/** @param {Float32Array} values */
function ranged(values) {
  let [low, high, sum] = [Infinity, -Infinity, 0];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
    sum += value;
  }
  const [least, largest, mean] = [low, high, sum / values.length].map((value) => figure(value, 3));
  return t("maps.range", { least, largest, mean });
}

/** Where the largest value is. @param {Float32Array} values */
function strongest(values) {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/**
 * The input as a picture, and its planes of numbers where there are several.
 * @param {Page} page
 * @param {Float32Array} values
 * @param {number[]} shape
 */
function inputMaps(page, values, shape) {
  const [channels, rows, columns] = shape;
  const size = rows * columns;
  const wide = sideOf(rows, columns, 1);
  const box = h("div", { class: "maps" });
  if (channels === 1 || channels === 3) {
    const canvas = /** @type {HTMLCanvasElement} */ (h("canvas"));
    paintPicture(canvas, values, shape, page.network.net.picture);
    box.append(valuesButton(page, 0, channels === 1 ? 0 : null, values.subarray(0, size), columns, wide, canvas));
  }
  if (channels === 1) return box;
  const largest = largestOf(values);
  for (let c = 0; c < channels; c++) {
    const canvas = /** @type {HTMLCanvasElement} */ (h("canvas"));
    const own = values.subarray(c * size, (c + 1) * size);
    paint(canvas, own, columns, largest);
    box.append(valuesButton(page, 0, c, own, columns, wide / 2.5, canvas));
  }
  return box;
}

/**
 * A long vector in rows of cells.
 * @param {Page} page
 * @param {number} layer
 * @param {Float32Array} values
 */
function strip(page, layer, values) {
  const columns = values.length > 10 * ACROSS ? 2 * ACROSS : ACROSS;
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas"));
  paint(canvas, values, columns, largestOf(values));
  const { shape } = page.network.layers[layer];
  const map = {
    layer,
    channel: null,
    rows: Math.ceil(values.length / columns),
    columns,
    wide: 13 * columns,
    label: `${t("maps.vector", { count: shape[0] })}, ${ranged(values)}`,
    place: (/** @type {number} */ i) => shape.map((_, axis) => (axis ? 0 : i)),
    strongest: () => strongest(values),
    value: (/** @type {number} */ i) => values[i] ?? NaN,
  };
  return h("div", { class: "maps strip" }, mapButton(page, map, canvas));
}

/** @param {Float32Array} values */
function finite(values) {
  return values.filter(Number.isFinite);
}

/** A short vector, each value by itself with its class. @param {Page} page @param {number} layer @param {Float32Array} values */
function bars(page, layer, values) {
  const { shape } = page.network.layers[layer];
  const ends = /** @type {[number, number]} */ ([Math.min(0, ...finite(values)), Math.max(0, ...finite(values))]);
  const rows = Array.from(values, (value, i) => {
    const place = [i, ...shape.slice(1).map(() => 0)];
    return h(
      "button",
      {
        type: "button",
        class: "value",
        dataset: { layer, channel: 0, i },
        onclick: () => page.choice.go(layer, place),
      },
      h("span", { class: "index" }, page.network.className(layer, place) || i),
      h("span", { class: "number" }, figure(value, settings.digits)),
      scoreBar(value, ends),
    );
  });
  return h("div", { class: "values" }, rows);
}

/**
 * Frame the chosen cell in its map, and the cells that it was made of in theirs.
 * @param {Page} page
 * @param {HTMLElement} root
 * @param {import("./cell.js").Cell | null} cell
 */
export function frameCells(page, root, cell) {
  root.querySelectorAll(".chosen, .read").forEach((frame) => frame.remove());
  root.querySelectorAll(".value.is-chosen").forEach((button) => button.classList.remove("is-chosen"));
  const { layer, place } = page.choice.now;
  frame(
    page,
    root,
    layer,
    place.map((at) => [at, 1, 1]),
    "chosen",
  );
  for (const part of cell?.parts ?? []) {
    if (part.layer !== null && part.read && !part.read.flat && part.values.length)
      frame(page, root, part.layer, part.read.axes, "read");
  }
}

/** @param {Page} page @param {HTMLElement} root @param {number} layer @param {number[][]} axes @param {string} kind */
function frame(page, root, layer, axes, kind) {
  const { shape } = page.network.layers[layer];
  const section = root.querySelector(`[data-section="${layer}"]`);
  if (!section) return;
  if (section.querySelector(".values, .strip")) {
    if (axes[0][2] !== 1) return;
    section.querySelector(`.value[data-i="${axes[0][0]}"]`)?.classList.toggle("is-chosen", kind === "chosen");
    const canvas = /** @type {HTMLCanvasElement | null} */ (section.querySelector(".map canvas"));
    if (canvas && canvas.width)
      outline(canvas, [Math.floor(axes[0][0] / canvas.width), 1, 1], [axes[0][0] % canvas.width, 1, 1], kind);
    return;
  }
  const [channels, rows, columns] = axes;
  const most = kind === "read" ? Math.min(channels[2], FIRST) : 1;
  for (let c = 0; c < most; c++) {
    const canvas = section.querySelector(`.map[data-channel="${channels[0] + c * channels[1]}"] canvas`);
    if (canvas) outline(/** @type {HTMLCanvasElement} */ (canvas), rows, columns, kind, shape);
  }
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number[]} rows
 * @param {number[]} columns
 * @param {string} kind
 * @param {number[]} [shape]
 */
export function outline(canvas, rows, columns, kind, shape) {
  const [high, wide] = shape ? shape.slice(1) : [canvas.height, canvas.width];
  const span = h("span", { class: kind });
  const put = (
    /** @type {string[]} */ [start, size],
    /** @type {number[]} */ [first, step, length],
    /** @type {number} */ of,
  ) => {
    const [from, to] = [first, first + (length - 1) * step].sort((a, b) => a - b);
    const begin = Math.max(0, from);
    setStyle(span, start, `${(100 * begin) / of}%`);
    setStyle(span, size, `${(100 * (Math.min(of - 1, to) - begin + 1)) / of}%`);
  };
  put(["top", "height"], rows, high);
  put(["left", "width"], columns, wide);
  canvas.parentElement?.append(span);
}
