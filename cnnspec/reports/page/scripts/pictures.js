/** The maps of a layer whose values are not in the file: small pictures, with points where cells can be looked into. */

import { unravelled } from "./cell.js";
import { largestOf, paint, settings } from "./colours.js";
import { h } from "./dom.js";
import { inPortions, mapButton, sideOf } from "./maps.js";
import { t } from "./words.js";

/** @typedef {import("./parts.js").Page} Page */

const SHADES_OF_PICTURES = 127;
/** How near to a point a click means it, of the map's side. */
const NEAR_A_POINT = 0.06;

/** @param {Page} page @param {number} layer @param {import("./source.js").Picture} picture */
export function pictureMaps(page, layer, picture) {
  const { network, choice } = page;
  const [channels, rows, columns] = network.layers[layer].shape;
  const { marked } = network.runs[choice.now.run];
  const points = marked.filter((/** @type {any} */ [of]) => of === layer).map((/** @type {any} */ [, place]) => place);
  const map = (/** @type {number} */ i) => pictureButton(page, layer, picture, i, points, [rows, columns]);
  const left = channels - picture.channels.length;
  return [
    h("p", { class: "soft" }, t("maps.marked"), left > 0 && ` ${t("maps.strongest", { count: left })}`),
    inPortions(picture.channels.length, map),
  ];
}

/**
 * @param {Page} page
 * @param {number} layer
 * @param {import("./source.js").Picture} picture
 * @param {number} i which of its maps
 * @param {number[][]} points the places of the layer's marked cells
 * @param {[number, number]} size rows and columns of the map itself
 */
function pictureButton(page, layer, { channels, rows, columns, shades }, i, points, size) {
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas"));
  const own = shades.subarray(i * rows * columns, (i + 1) * rows * columns);
  paint(canvas, own, columns, settings.alone ? largestOf(own) : SHADES_OF_PICTURES);
  const channel = channels[i];
  const here = points.filter(([c]) => c === channel);
  const flat = here.map(([, row, column]) => row * size[1] + column);
  const map = {
    layer,
    channel,
    rows: size[0],
    columns: size[1],
    wide: sideOf(...size, channels.length),
    label: `${t("maps.map", { channel })}, ${t("maps.points", { count: here.length })}`,
    place: (/** @type {number} */ at) =>
      nearest(here, unravelled(at, size), Math.max(...size)) ?? [channel, ...unravelled(at, size)],
    strongest: () => flat[0] ?? 0,
  };
  const button = mapButton(page, map, canvas);
  for (const [, row, column] of here) {
    const style = { left: `${(100 * (column + 0.5)) / size[1]}%`, top: `${(100 * (row + 0.5)) / size[0]}%` };
    canvas.parentElement?.append(h("span", { class: "point-mark", style }));
  }
  return button;
}

/**
 * The marked cell that a place is near to, null where there is none.
 * @param {number[][]} points
 * @param {number[]} place row and column
 * @param {number} side
 */
function nearest(points, [row, column], side) {
  const away = (/** @type {number[]} */ [, r, c]) => Math.hypot(r - row, c - column);
  const best = [...points].sort((a, b) => away(a) - away(b))[0];
  return best && away(best) <= Math.max(1, NEAR_A_POINT * side) ? best : null;
}
