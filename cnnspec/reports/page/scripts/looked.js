/** Where the network looked: heat over the input, for the score of a class. */

import { paintPicture, paintPixels } from "./colours.js";
import { h } from "./dom.js";
import { figure } from "./figures.js";
import { link } from "./parts.js";
import { t } from "./words.js";

/** @typedef {import("./parts.js").Page} Page */
/** @typedef {{at: number, shape: number[], heat: number[], largest: number | null, against: boolean, lost: number}} Heat */

const SHADES = 255;
const HOTTEST = 0.85;
const HEAT_SIDE = 224;
/** For, in orange, and against, in blue. */
const HEAT_COLOURS = [
  [217, 95, 2],
  [33, 102, 172],
];

/** The section, null where the network has no classes. @param {Page} page @returns {HTMLElement | null} */
export function lookedSection(page) {
  const { network, choice } = page;
  const { run } = choice.now;
  const { looked } = network.runs[run];
  if (!looked?.kinds.length) return null;
  const name = network.net.classes[looked.class] ?? t("head.class", { index: looked.class });
  return h(
    "section",
    { class: "layer looked family-output", id: "looked" },
    h("header", null, h("h2", null, t("looked.title"))),
    h("p", { class: "about" }, t("looked.about", { name }), " ", link(page, looked.layer, looked.place)),
    h(
      "div",
      { class: "maps" },
      looked.kinds.map((/** @type {Heat} */ heat) => heatFigure(page, run, heat)),
    ),
    h("p", { class: "about" }, t("looked.how")),
  );
}

/** @param {Page} page @param {number} run @param {Heat} heat */
function heatFigure({ network }, run, heat) {
  const name = network.layers[heat.at].name;
  const title = heat.at === 0 ? t("looked.gradient") : t("looked.cam", { name });
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas", { role: "img", "aria-label": title }));
  network.source.whole(network.made(run, 0)).then((values) => values && paintHeat(canvas, values, network, heat));
  const said = heat.lost
    ? t("looked.lost")
    : heat.against
      ? t("looked.against")
      : heat.heat.some(Boolean)
        ? null
        : t("looked.nothing");
  const most = heat.largest === null ? null : t("looked.most", { value: figure(heat.largest, 3) });
  return h(
    "figure",
    null,
    canvas,
    h("figcaption", null, h("span", null, title), most && [", ", most], said && h("p", { class: "warning" }, said)),
  );
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array} values of the input
 * @param {import("./network.js").Network} network
 * @param {Heat} heat
 */
function paintHeat(canvas, values, network, heat) {
  const { shape } = network.layers[0];
  const [, rows, columns] = shape;
  const times = Math.max(1, Math.ceil(HEAT_SIDE / Math.max(rows, columns)));
  const under = grayOf(values, shape, network.net.picture);
  const [high, wide] = [rows * times, columns * times];
  const [down, along] = [neighbours(heat.shape[0], high), neighbours(heat.shape[1], wide)];
  const share = (/** @type {number} */ row, /** @type {number} */ column) => {
    const [top, bottom, lower] = down[row];
    const [left, right, later] = along[column];
    const at = (/** @type {number} */ i, /** @type {number} */ j) => heat.heat[i * heat.shape[1] + j];
    const upper = at(top, left) + later * (at(top, right) - at(top, left));
    return (upper + lower * (at(bottom, left) + later * (at(bottom, right) - at(bottom, left)) - upper)) / SHADES;
  };
  paintPixels(canvas, wide, high, wide * high, (i) => {
    const row = Math.floor(i / wide);
    const column = i % wide;
    const level = under[Math.floor(row / times) * columns + Math.floor(column / times)];
    const hot = share(row, column);
    const size = HOTTEST * Math.abs(hot);
    return HEAT_COLOURS[hot < 0 ? 1 : 0].map((shade) => size * shade + (1 - size) * level);
  });
}

/** The input in gray. @param {Float32Array} values @param {number[]} shape @param {any} made */
function grayOf(values, [channels, rows, columns], made) {
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas"));
  paintPicture(canvas, values, [channels < 3 ? 1 : 3, rows, columns], made);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const { data } = context.getImageData(0, 0, columns, rows);
  return Float32Array.from(
    { length: rows * columns },
    (_, i) => 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2],
  );
}

/**
 * For each of `many` pixels the two cells of `few` that it lies between, and the share of the second.
 * @param {number} few
 * @param {number} many
 * @returns {[number, number, number][]}
 */
function neighbours(few, many) {
  return Array.from({ length: many }, (_, i) => {
    const place = Math.min(few - 1, Math.max(0, ((i + 0.5) * few) / many - 0.5));
    const first = Math.floor(place);
    return [first, Math.min(few - 1, first + 1), place - first];
  });
}
