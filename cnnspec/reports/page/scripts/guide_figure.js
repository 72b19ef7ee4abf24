/** The picture of a chapter: the map that is read, what is worked out, and the map that comes of it. */

import { cellAt, placeOf } from "./cell.js";
import { largestOf, paint, paintPicture } from "./colours.js";
import { h } from "./dom.js";
import { ensureFilled } from "./layers.js";
import { outline } from "./maps.js";
import { working } from "./panel.js";
import { t } from "./words.js";

/** @typedef {import("./parts.js").Page} Page */

const LINE_OF_CELLS = 20;

/**
 * What is seen at a cell, and the facts of it that sentences fill in; null where its numbers are not in the file.
 * `slides` says whether there are neighbours that can be looked at.
 * @param {Page} page @param {number} layer @param {number[]} place
 */
export async function figureOf(page, layer, place) {
  const { network } = page;
  const { run } = page.choice.now;
  const cell = await cellAt(network, run, layer, place);
  if (!cell) return null;
  const { shape } = network.layers[layer];
  const read = cell.parts.find((part) => part.layer !== null);
  const from = read ? placeOf(network, read, 0) : null;
  const [channel, row, column] = place;
  const facts = {
    value: cell.executed,
    channel,
    row,
    column,
    index: channel,
    before: read?.values[0] ?? null,
    source: read ? network.layers[/** @type {number} */ (read.layer)].name : "",
    place: from ? from.join(", ") : "",
  };
  const element = h(
    "div",
    { class: "figure" },
    read &&
      from &&
      (await mapOf(
        page,
        /** @type {number} */ (read.layer),
        from,
        read.read?.flat ? from.map((at) => [at, 1, 1]) : read.read?.axes,
        "from",
      )),
    h("div", { class: "worked" }, working(page, cell)),
    layer > 0 &&
      (await mapOf(
        page,
        layer,
        place,
        place.map((at) => [at, 1, 1]),
        "to",
      )),
  );
  return {
    element,
    facts,
    slides: layer > 0 && shape.length === 3 && shape[1] * shape[2] > 1 && network.isWhole(run, layer),
  };
}

/**
 * One map with some of its cells framed; all of it where all are read.
 * @param {Page} page @param {number} layer @param {number[]} place @param {number[][] | undefined} axes
 * @param {"from" | "to"} kind
 */
export async function mapOf(page, layer, place, axes, kind) {
  const { network } = page;
  const { name, shape } = network.layers[layer];
  const values = await network.source.whole(network.made(page.choice.now.run, layer));
  if (!values || !axes) return null;
  const canvas = /** @type {HTMLCanvasElement} */ (
    h("canvas", { role: "img", "aria-label": t(kind, { name }, "guide") })
  );
  const frame = h("span", { class: "frame" }, canvas);
  const framed = kind === "from" ? "read" : "chosen";
  if (shape.length === 1) {
    const across = Math.min(LINE_OF_CELLS, shape[0]);
    paint(canvas, values, across, largestOf(values));
    const [first, , length] = axes[0];
    if (length === 1) outline(canvas, [Math.floor(first / across), 1, 1], [first % across, 1, 1], framed);
  } else {
    const [channels, rows, columns] = shape;
    const size = rows * columns;
    if (layer === 0 && (channels === 1 || channels === 3)) paintPicture(canvas, values, shape, network.net.picture);
    else paint(canvas, values.subarray(place[0] * size, (place[0] + 1) * size), columns, largestOf(values));
    outline(canvas, axes[1], axes[2], framed, shape);
  }
  return h(
    "figure",
    null,
    frame,
    h("figcaption", { class: "name" }, kind === "to" ? `${name} [${place.join(", ")}]` : name),
  );
}

/** To the cell in the page, with its sum. @param {Page} page @param {number} layer @param {number[]} place */
export async function leadTo(page, layer, place) {
  const section = await ensureFilled(page, layer);
  section?.scrollIntoView();
  page.choice.go(layer, place);
}
