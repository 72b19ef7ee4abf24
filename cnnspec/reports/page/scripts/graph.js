/** The network as a graph: a node leads to its layer. */

import { largestOf, paint, paintPicture } from "./colours.js";
import { fill, h, setStyle, svg } from "./dom.js";
import { count } from "./figures.js";
import { language, t } from "./words.js";

/** @typedef {import("./parts.js").Page} Page */

const MARGIN = 8;
const PADDING = 28;
const SMALLEST = 0.65;

/** @param {Page} page @param {(layer: number) => void} go @returns {HTMLElement} */
export function graphSection(page, go) {
  const { graphs } = page.network.net;
  const body = h("div", { class: "drawn" });
  let shown = 0;
  const draw = () => fill(body, drawn(page, graphs[shown], go));
  const toggle =
    graphs.length > 1 &&
    h(
      "button",
      {
        type: "button",
        onclick: () => {
          shown = 1 - shown;
          fill(/** @type {HTMLElement} */ (toggle), t(shown ? "graph.fold" : "graph.unfold"));
          draw();
          fit(element);
          drawThumbnails();
          markNode(page, element);
        },
      },
      t("graph.unfold"),
    );
  const element = h(
    "nav",
    { id: "graph", class: "graph", "aria-label": t("graph.label") },
    h("h2", null, t("graph.title")),
    toggle,
    body,
  );
  draw();
  new ResizeObserver(() => fit(element)).observe(element);
  return element;
}

/** Make a graph smaller that is a little too wide; one that is much too wide is scrolled. @param {HTMLElement} element */
function fit(element) {
  const canvas = /** @type {HTMLElement} */ (element.querySelector(".canvas"));
  const room = element.clientWidth - PADDING;
  setStyle(canvas, "zoom", Math.max(SMALLEST, Math.min(1, room / Number(canvas.dataset.wide))));
}

/**
 * Pictures in nodes that are still to be drawn, one after another, when the page itself is there.
 * @type {(() => Promise<void>)[]}
 */
const thumbnails = [];

export async function drawThumbnails() {
  for (let next = thumbnails.shift(); next; next = thumbnails.shift()) await next();
}

/** Mark the node of the layer that is looked at. @param {Page} page @param {HTMLElement} element */
export function markNode(page, element) {
  const { layer } = page.choice.now;
  for (const node of element.querySelectorAll(".node")) {
    const isChosen = /** @type {HTMLElement} */ (node).dataset.layers?.split(" ").includes(String(layer)) ?? false;
    node.toggleAttribute("aria-current", isChosen);
    node.classList.toggle("is-chosen", isChosen);
    if (isChosen) bringIntoView(element, /** @type {HTMLElement} */ (node));
  }
}

/** Scroll the graph, and nothing around it. @param {HTMLElement} element @param {HTMLElement} node */
function bringIntoView(element, node) {
  const [outer, inner] = [element.getBoundingClientRect(), node.getBoundingClientRect()];
  if (inner.top < outer.top || inner.bottom > outer.bottom) {
    element.scrollTop += inner.top - outer.top - outer.height / 3;
  }
  const beside = inner.left < outer.left || inner.right > outer.right;
  if (beside) element.scrollLeft += (inner.left + inner.right - outer.left - outer.right) / 2;
}

/** @param {Page} page @param {any} graph @param {(layer: number) => void} go */
function drawn(page, graph, go) {
  const [wide, high] = graph.size.map((/** @type {number} */ size) => size + 2 * MARGIN);
  const lines = graph.edges.map((/** @type {any} */ edge) => edgeOf(edge));
  const edges = svg(
    "svg",
    { width: wide, height: high, viewBox: `${-MARGIN} ${-MARGIN} ${wide} ${high}`, "aria-hidden": "true" },
    lines,
  );
  const nodes = graph.nodes.map((/** @type {any} */ node, /** @type {number} */ i) =>
    nodeOf(page, node, go, (on) => {
      graph.edges.forEach((/** @type {any} */ edge, /** @type {number} */ e) => {
        lines[e].classList.toggle("before", on && edge.to === i);
        lines[e].classList.toggle("after", on && edge.from === i);
      });
    }),
  );
  return h(
    "div",
    { class: "canvas", dataset: { wide }, style: { width: `${wide}px`, height: `${high}px` } },
    edges,
    nodes,
  );
}

/** @param {any} edge */
function edgeOf({ path, head: [x, y] }) {
  return svg("g", null, svg("path", { d: path }), svg("path", { class: "head", d: `M${x} ${y}l-3 -6h6z` }));
}

/** @param {Page} page @param {any} node @param {(layer: number) => void} go @param {(on: boolean) => void} light */
function nodeOf(page, { box, lines, family, counts, bars, layers }, go, light) {
  const [left, top, wide, high] = box;
  const [name, ...rest] = lines;
  const [params, macs] = counts.map((/** @type {number} */ n) => count(n, language()));
  const last = layers[layers.length - 1];
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas", { "aria-hidden": "true" }));
  thumbnails.push(() => thumbnail(page, canvas, last));
  const share = (/** @type {number} */ part, /** @type {string} */ of) =>
    h("span", { class: `share ${of}`, style: { width: `${100 * part}%` } });
  return h(
    "button",
    {
      type: "button",
      class: `node family-${family}`,
      title: `${name}: ${t("graph.counts", { params, macs })}`,
      dataset: { layers: layers.join(" ") },
      style: { left: `${left + MARGIN}px`, top: `${top + MARGIN}px`, width: `${wide}px`, height: `${high}px` },
      onclick: () => go(layers[0]),
      onpointerenter: () => light(true),
      onpointerleave: () => light(false),
    },
    canvas,
    h(
      "span",
      { class: "text" },
      h("b", null, name),
      rest.map((/** @type {string} */ line) => h("span", null, line)),
    ),
    h("span", { class: "shares", "aria-hidden": "true" }, share(bars[0], "params"), share(bars[1], "macs")),
  );
}

/** The strongest map of a layer, small. @param {Page} page @param {HTMLCanvasElement} canvas @param {number} layer */
async function thumbnail({ network, choice }, canvas, layer) {
  const { run } = choice.now;
  const { shape } = network.layers[layer];
  const tensor = network.made(run, layer);
  if (shape.length === 1) {
    const values = await network.source.whole(tensor);
    if (values) paint(canvas, values, Math.ceil(Math.sqrt(values.length)), largestOf(values));
    return;
  }
  if (layer === 0 && shape[0] % 2) {
    const values = await network.source.whole(tensor);
    if (values) paintPicture(canvas, values, [shape[0] > 1 ? 3 : 1, shape[1], shape[2]], network.net.picture);
    return;
  }
  const [, rows, columns] = shape;
  const channel = network.runs[run].stats[layer][5];
  /** @type {import("./source.js").Range[]} */
  const axes = [
    [channel, 1, 1],
    [0, 1, rows],
    [0, 1, columns],
  ];
  const own = await network.source.values({ tensor, axes, flat: false });
  if (own) {
    paint(canvas, own, columns, largestOf(own));
    return;
  }
  const picture = await network.source.picture(tensor);
  const strongest = picture?.shades.subarray(0, picture.rows * picture.columns);
  if (picture && strongest) paint(canvas, strongest, picture.columns, largestOf(strongest));
}
