/** Tables of the guide: a piece of the input in numbers, and what of each layer is set and what learned. */

import { h } from "./dom.js";
import { count } from "./figures.js";
import { numberGrid } from "./grid.js";
import { mapOf } from "./guide_figure.js";
import { language, t } from "./words.js";

/** @typedef {import("./parts.js").Page} Page */

const PIECE = 7;
const PLANES = 3;
const ROWS_LISTED = 12;

/** The numbers around a place of the input, in each of its first channels; all of a vector. @param {Page} page @param {number[]} place */
export async function pieceOfInput(page, place) {
  const { network } = page;
  const [at, row, column] = place;
  if (place.length === 1)
    return h("div", { class: "figure piece" }, await mapOf(page, 0, place, [[at, 1, 1]], "to"));
  const [channels, rows, columns] = network.layers[0].shape;
  const values = await network.source.whole(network.made(page.choice.now.run, 0));
  if (!values) return null;
  const begin = (/** @type {number} */ middle, /** @type {number} */ size) =>
    Math.max(0, Math.min(middle - Math.floor(PIECE / 2), size - PIECE));
  const [top, left] = [begin(row, rows), begin(column, columns)];
  const [high, wide] = [Math.min(PIECE, rows), Math.min(PIECE, columns)];
  const piece = (/** @type {number} */ c) =>
    Array.from(
      { length: high * wide },
      (_, i) => values[c * rows * columns + (top + Math.floor(i / wide)) * columns + left + (i % wide)],
    );
  const winner = (row - top) * wide + column - left;
  const { name } = network.layers[0];
  return h(
    "div",
    { class: "figure piece" },
    await mapOf(
      page,
      0,
      [0, row, column],
      [
        [0, 1, 1],
        [top, 1, high],
        [left, 1, wide],
      ],
      "from",
    ),
    Array.from({ length: Math.min(channels, PLANES) }, (_, channel) =>
      numberGrid(piece(channel), {
        columns: wide,
        caption: t("part.channel", { channel, name }),
        winner: channel === at ? winner : undefined,
      }),
    ),
  );
}

/** The layers that learn or have fields: what is set and how much is learned. @param {Page} page */
export function learnedTable({ network }) {
  const layers = network.layers.filter(({ fields, params }) => fields || params);
  const row = (/** @type {import("./network.js").Layer} */ { name, kind, fields, params }) =>
    h(
      "tr",
      null,
      h("th", { scope: "row" }, name),
      h("td", null, `${kind} ${fields}`),
      h("td", { class: "number" }, count(params, language())),
    );
  const listed = layers.length > ROWS_LISTED + 1 ? layers.slice(0, ROWS_LISTED) : layers;
  const others = layers.slice(listed.length);
  const total = others.reduce((sum, { params }) => sum + params, 0);
  const head = ["layer", "set", "learned"].map((key) => h("th", { scope: "col" }, t(key, {}, "guide")));
  return h(
    "table",
    { class: "set" },
    h("thead", null, h("tr", null, head)),
    h(
      "tbody",
      null,
      listed.map(row),
      others.length > 0 &&
        h(
          "tr",
          null,
          h("th", { scope: "row" }, t("rest", { count: count(others.length, language()) }, "guide")),
          h("td"),
          h("td", { class: "number" }, count(total, language())),
        ),
    ),
  );
}
