/** What the filters that look at the picture itself have learned, as pictures of their own. */

import { largestOf, paint, paintPixels } from "./colours.js";
import { h } from "./dom.js";
import { t } from "./words.js";

/** @typedef {import("./parts.js").Page} Page */

const FILTERS = 64;
const FILTER_SIDE = 48;

/**
 * The filters of a layer, null where it has none that go over the input's rows and columns, or the page holds them not.
 * @param {Page} page @param {number} layer
 * @returns {Promise<HTMLElement | null>}
 */
export async function filterPictures({ network }, layer) {
  if (!seesPicture(network, layer)) return null;
  const { name, own } = network.layers[layer];
  const [channels] = network.layers[0].shape;
  const found = Object.entries(own).find(([, [, depth, rows, columns]]) => depth === channels && rows * columns > 1);
  if (!found) return null;
  const [key, [count, , rows, columns]] = found;
  const values = await network.source.whole(network.net.contents.own[`${name}.${key}`]);
  if (!values) return null;
  const largest = largestOf(values);
  const size = rows * columns;
  const pictures = Array.from({ length: Math.min(count, FILTERS) }, (_, k) => {
    const filter = values.subarray(k * channels * size, (k + 1) * channels * size);
    const canvas = /** @type {HTMLCanvasElement} */ (h("canvas", { style: { width: `${FILTER_SIDE}px` } }));
    if (channels === 3)
      paintPixels(canvas, columns, rows, size, (i) =>
        [0, 1, 2].map((c) => 127.5 * (1 + filter[(network.net.picture?.bgr ? 2 - c : c) * size + i] / largest)),
      );
    else paint(canvas, filter, columns, largest);
    return canvas;
  });
  return h(
    "figure",
    { class: "filters", role: "img", "aria-label": t("filters.label", { count, name: `${name}.${key}` }) },
    pictures,
    h("figcaption", null, t(channels === 3 ? "filters.colour" : "filters.signed")),
  );
}

/** Whether what arrives is the input, or the input moved: padded, cut. @param {Page["network"]} network @param {number} layer */
function seesPicture({ layers }, layer) {
  for (let from = layer; from > 0; [from] = layers[from].inputs) {
    const { inputs, own, shape } = layers[from];
    const isMoved = Object.keys(own).length === 0 && shape[0] === layers[0].shape[0];
    if (inputs.length !== 1 || (from !== layer && !isMoved)) return false;
  }
  return layer > 0;
}
