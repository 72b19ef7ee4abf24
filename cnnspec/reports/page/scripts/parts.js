/**
 * How a part of a formula is shown, by what is done there and the form of the block that is read. No layer is known
 * here: a kind that is still to come is shown by the same views.
 */

import { placeOf } from "./cell.js";
import { largestOf, paint, settings } from "./colours.js";
import { h } from "./dom.js";
import { count, figure, full } from "./figures.js";
import { bar, numberGrid } from "./grid.js";
import { language, t, term } from "./words.js";

/** @typedef {import("./cell.js").Cell} Cell */
/** @typedef {import("./cell.js").PartNumbers} PartNumbers */
/** @typedef {{network: import("./network.js").Network, choice: import("./choice.js").Choice}} Page */

const WIDEST = 11;
const LISTED = 12;
const CHANNELS = 20;
const OPEN = 2;

/**
 * @param {Page} page @param {Cell} cell @param {PartNumbers} part
 * @param {boolean} again whether a part before has shown the same values
 * @returns {Element | null}
 */
export function partView(page, cell, part, again) {
  if (part.how === "number") return line(part, h("span", { class: "soft" }, t("part.set")));
  if (part.how === "cell") return cellLine(page, cell, part);
  if (again) return outcome(page, part, part.how === "largest" ? part.values.indexOf(part.value) : -1);
  if (part.values.length === 0) return line(part, h("span", { class: "soft" }, t("part.empty")));
  if (part.how === "dot") return part.by && isWindow(part) ? channels(page, cell, part) : products(page, cell, part);
  if (isWindow(part) && part.dims[0] === 1) return windowView(page, cell, part);
  return many(page, cell, part);
}

/** A small block of rows and columns. @param {PartNumbers} part */
function isWindow({ dims }) {
  return dims.length === 3 && dims[1] * dims[2] > 1 && dims[1] <= WIDEST && dims[2] <= WIDEST;
}

/** @param {number} value */
const shown = (value) => h("span", { class: "number", title: full(value) }, figure(value, settings.digits));

/** The value of a part; what a field has set is told as it stands there. @param {PartNumbers} part */
export const said = (part) => (part.how === "number" ? full(part.value) : figure(part.value, settings.digits));

/** The part's name with its value, and what is said of it. @param {PartNumbers} part @param {...any} rest */
function line(part, ...rest) {
  const value = h("span", { class: "number", title: full(part.value) }, said(part));
  return h("p", { class: "part-line" }, h("span", { class: "name" }, term(part.name)), " = ", value, " ", rest);
}

/** A place in a layer, as a link to it. @param {Page} page @param {number} layer @param {number[]} place */
export function link({ network, choice }, layer, place) {
  const text = `${network.layers[layer].name} [${place.join(", ")}]`;
  return h("button", { type: "button", class: "link", onclick: () => choice.go(layer, place) }, text);
}

/** @param {Page} page @param {Cell} cell @param {PartNumbers} part */
function cellLine(page, cell, part) {
  const place = placeOf(page.network, part, 0);
  if (part.layer === null) {
    const { name } = page.network.layers[cell.layer];
    return line(part, h("code", null, `${name}.${part.read?.of} [${place.join(", ")}]`));
  }
  if (!part.inside[0]) return line(part, t("part.beside", { name: page.network.layers[part.layer].name }));
  return line(part, link(page, part.layer, place), " ", gate(page, cell, part));
}

/** A branch of one value for a whole channel. @param {Page} page @param {Cell} cell @param {PartNumbers} part */
function gate({ network }, cell, part) {
  const from = network.layers[/** @type {number} */ (part.layer)].shape;
  const to = network.layers[cell.layer].shape;
  const isGate = from.length === 3 && from[1] * from[2] === 1 && to[1] * to[2] > 1;
  return isGate ? h("span", { class: "soft" }, t("part.gate")) : null;
}

/**
 * A window under a filter: for each channel patch x filter = products.
 * @param {Page} page
 * @param {Cell} cell
 * @param {PartNumbers} part
 */
function channels(page, cell, part) {
  const size = part.dims[1] * part.dims[2];
  const sums = Array.from({ length: part.dims[0] }, (_, c) =>
    part.terms.subarray(c * size, (c + 1) * size).reduce((total, term) => total + term, 0),
  );
  const largest = largestOf(sums);
  const order = sums.map((_, c) => c).sort((a, b) => Math.abs(sums[b]) - Math.abs(sums[a]));
  const listed = order.length > CHANNELS + 1 ? order.slice(0, CHANNELS) : order;
  const rest = order.slice(listed.length).reduce((total, c) => total + sums[c], 0);
  const from = page.network.layers[/** @type {number} */ (part.layer)].name;
  const rows = listed.map((c, rank) => {
    const title = t("part.channel", { channel: placeOf(page.network, part, c * size)[0], name: from });
    const inner = h("div");
    const open = rank < OPEN;
    const fillIn = () => inner.firstChild ?? inner.append(triple(page, part, c, size));
    if (open) fillIn();
    const head = h("summary", null, h("span", null, title), shown(sums[c]), bar(sums[c], largest));
    return h("details", { open, ontoggle: fillIn }, head, inner);
  });
  const others = listed.length < order.length && together(order.length - listed.length, rest);
  const total = order.length > 1 && line(part, t("part.all_channels"));
  return h("div", { class: "channels" }, rows, others, total || line(part));
}

/** @param {number} number @param {number} value */
function together(number, value) {
  return h("p", { class: "part-line" }, t("part.others", { count: count(number, language()) }), " ", shown(value));
}

/**
 * One channel's patch, filter and products.
 * @param {Page} page
 * @param {PartNumbers} part
 * @param {number} c
 * @param {number} size
 */
function triple(page, part, c, size) {
  const columns = part.dims[2];
  const of = (/** @type {any} */ array) => array.slice(c * size, (c + 1) * size);
  const inside = of(part.inside);
  const layer = /** @type {number} */ (part.layer);
  const go = (/** @type {number} */ i) => page.choice.go(layer, placeOf(page.network, part, c * size + i));
  const sign = (/** @type {string} */ text) => h("span", { class: "sign", "aria-hidden": "true" }, text);
  return h(
    "div",
    { class: columns > 5 ? "triple stacked" : "triple" },
    numberGrid(of(part.values), { columns, caption: t("grid.patch"), crowded: columns > 2, inside, go }),
    h(
      "div",
      { class: "joined" },
      sign("×"),
      numberGrid(of(part.factors), { columns, caption: t("grid.filter"), crowded: columns > 2 }),
    ),
    h(
      "div",
      { class: "joined" },
      sign("="),
      numberGrid(of(part.terms), { columns, caption: t("grid.products"), crowded: columns > 2, inside }),
    ),
  );
}

/** The largest products, a row each, and the others together. @param {Page} page @param {Cell} cell @param {PartNumbers} part */
function products(page, cell, part) {
  const { terms, values } = part;
  const factors = /** @type {Float64Array} */ (part.factors);
  const order = Array.from(terms.keys()).sort((a, b) => Math.abs(terms[b]) - Math.abs(terms[a]));
  const listed = order.length > LISTED + 1 ? order.slice(0, LISTED) : order;
  const largest = largestOf(terms);
  const rows = listed.map((i) =>
    h(
      "tr",
      null,
      h("td", null, shown(values[i])),
      h("td", null, "× "),
      h("td", null, shown(factors[i])),
      h("td", null, "= "),
      h("td", null, shown(terms[i])),
      h("td", null, bar(terms[i], largest)),
      h("td", null, source(page, part, i)),
    ),
  );
  const columns = ["value", "", part.by ? "weight" : "share", "", "product", "", "from"].map((key) =>
    key ? h("th", { scope: "col" }, t(`column.${key}`)) : h("td"),
  );
  const rest = order.slice(listed.length).reduce((total, i) => total + terms[i], 0);
  return h(
    "div",
    null,
    h(
      "table",
      { class: "products" },
      h("caption", null, t("part.largest_products")),
      h("thead", null, h("tr", null, columns)),
      h("tbody", null, rows),
    ),
    listed.length < order.length && [
      together(order.length - listed.length, rest),
      all(page, part, terms, t("part.all_products")),
    ],
    line(part),
  );
}

/**
 * Where a cell that was read lies: a link, or that it is padding.
 * @param {Page} page
 * @param {PartNumbers} part
 * @param {number} i
 */
function source(page, part, i) {
  if (!part.inside[i]) return h("span", { class: "soft" }, t("grid.padding"));
  return part.layer === null ? null : link(page, part.layer, placeOf(page.network, part, i));
}

/** A window of which something is taken. @param {Page} page @param {Cell} cell @param {PartNumbers} part */
function windowView(page, cell, part) {
  const winner = part.how === "largest" ? part.values.indexOf(part.value) : -1;
  const layer = /** @type {number} */ (part.layer);
  const go = (/** @type {number} */ i) => page.choice.go(layer, placeOf(page.network, part, i));
  const channel = placeOf(page.network, part, 0)[0];
  const caption = t("part.channel", { channel, name: page.network.layers[layer].name });
  const options = { columns: part.dims[2], caption, inside: part.inside, winner: winner < 0 ? undefined : winner, go };
  return h("div", null, numberGrid(part.values, options), outcome(page, part, winner));
}

/** What comes of the cells, in words. @param {Page} page @param {PartNumbers} part @param {number} winner */
function outcome(page, part, winner) {
  const words = t(`how.${part.how}`, { count: count(part.values.length, language()) });
  return line(part, h("span", { class: "soft" }, words), " ", winner >= 0 ? source(page, part, winner) : null);
}

/**
 * Many cells together: the largest of them as bars, all of them as a picture.
 * @param {Page} page
 * @param {Cell} cell
 * @param {PartNumbers} part
 */
function many(page, cell, part) {
  const { values } = part;
  const winner = part.how === "largest" ? values.indexOf(part.value) : -1;
  if (part.dims.slice(1).some((size) => size > 1)) {
    return h("div", null, all(page, part, values, t("part.all_values")), outcome(page, part, winner));
  }
  const order = Array.from(values.keys())
    .sort((a, b) => values[b] - values[a])
    .slice(0, LISTED);
  const largest = largestOf(values);
  const rows = order.map((i) =>
    h(
      "tr",
      null,
      h("td", null, source(page, part, i)),
      h("td", null, shown(values[i])),
      h("td", null, bar(values[i], largest)),
      h("td", null, page.network.className(cell.layer, placeOf(page.network, part, i))),
    ),
  );
  return h(
    "div",
    null,
    h("table", { class: "products listed" }, h("caption", null, t("part.largest_values")), h("tbody", null, rows)),
    values.length > order.length && all(page, part, values, t("part.all_values")),
    outcome(page, part, winner),
  );
}

/**
 * All numbers of a block as a picture whose cells lead on.
 * @param {Page} page
 * @param {PartNumbers} part
 * @param {Float64Array} numbers
 * @param {string} caption
 */
function all(page, part, numbers, caption) {
  const wide = part.dims.length === 3 && part.dims[2] > 1 ? part.dims[2] : Math.min(40, numbers.length);
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas", { class: "all", "aria-hidden": "true" }));
  paint(canvas, numbers, wide, largestOf(numbers));
  canvas.addEventListener("click", (event) => {
    const i =
      Math.floor((event.offsetY / canvas.clientHeight) * canvas.height) * wide +
      Math.floor((event.offsetX / canvas.clientWidth) * wide);
    if (i < numbers.length && part.inside[i] && part.layer !== null)
      page.choice.go(part.layer, placeOf(page.network, part, i));
  });
  canvas.addEventListener("pointermove", (event) => {
    const i =
      Math.floor((event.offsetY / canvas.clientHeight) * canvas.height) * wide +
      Math.floor((event.offsetX / canvas.clientWidth) * wide);
    if (i < numbers.length) canvas.title = `[${placeOf(page.network, part, i).join(", ")}] ${full(numbers[i])}`;
  });
  return h("details", { class: "every" }, h("summary", null, caption), canvas);
}
