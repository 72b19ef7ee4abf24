/** The head of the page: what the network is, what it makes of the input, and how numbers are shown. */

import { largestOf, paint, paintPicture, settings } from "./colours.js";
import { h } from "./dom.js";
import { languages, language, t } from "./words.js";

/** @typedef {import("./parts.js").Page} Page */

/** @param {Page} page @param {{repaint: () => void, rewrite: (language: string) => void}} actions @returns {HTMLElement} */
export function headSection(page, actions) {
  const { net, runs } = page.network;
  const run = runs[page.choice.now.run];
  return h(
    "header",
    { class: "head" },
    h(
      "div",
      { class: "title" },
      h("h1", null, net.name),
      net.weights && h("p", { class: "warning" }, t("head.random", { weights: net.weights })),
      net.about && h("p", { class: "soft" }, net.about),
      h(
        "p",
        { class: "totals" },
        net.facts.layers === 1 ? t("head.totals_of_one", net.facts) : t("head.totals", net.facts),
      ),
      tools(page, actions),
    ),
    result(page, run),
  );
}

/** The input as a picture, and the likeliest classes. @param {Page} page @param {any} run */
export function result(page, run) {
  const { network } = page;
  const shape = network.layers[0].shape;
  const canvas = /** @type {HTMLCanvasElement} */ (
    h("canvas", { role: "img", "aria-label": t("head.input", { name: run.name }) })
  );
  network.source.whole(network.made(page.choice.now.run, 0)).then((values) => {
    if (values && shape.length === 1) paint(canvas, values, Math.ceil(Math.sqrt(values.length)), largestOf(values));
    else if (values && shape[0] !== 2)
      paintPicture(canvas, values, [shape[0] >= 3 ? 3 : 1, shape[1], shape[2]], network.net.picture);
  });
  const classes = run.top?.classes.map((/** @type {[number, number | null]} */ [index, probability]) =>
    h(
      "li",
      null,
      h("span", { class: "class" }, network.net.classes[index] ?? t("head.class", { index })),
      h("span", { class: "bar above" }, h("span", { style: { width: `${100 * (probability ?? 0)}%` } })),
      h("span", { class: "number" }, probability === null ? "NaN" : `${(100 * probability).toFixed(1)} %`),
    ),
  );
  return h(
    "figure",
    { class: "result" },
    canvas,
    h("figcaption", null, h("span", { class: "soft" }, run.name), classes && h("ol", null, classes)),
  );
}

/**
 * Switches: input, digits, scale, colours, language.
 * @param {Page} page
 * @param {{repaint: () => void, rewrite: (language: string) => void}} actions
 */
function tools(page, { repaint, rewrite }) {
  const { runs } = page.network;
  const { choice } = page;
  const select = (
    /** @type {string} */ label,
    /** @type {[string | number, string][]} */ options,
    /** @type {string | number} */ now,
    /** @type {(value: string) => void} */ chosen,
  ) =>
    h(
      "label",
      null,
      h("span", null, label),
      h(
        "select",
        { onchange: (/** @type {Event} */ event) => chosen(/** @type {HTMLSelectElement} */ (event.target).value) },
        options.map(([value, text]) => h("option", { value, selected: value === now }, text)),
      ),
    );
  const set = (/** @type {Partial<typeof settings>} */ change) => {
    Object.assign(settings, change);
    repaint();
  };
  return h(
    "div",
    { class: "tools" },
    runs.length > 1 &&
      select(
        t("tool.input"),
        runs.map((/** @type {any} */ run, /** @type {number} */ i) => [i, run.name]),
        choice.now.run,
        (value) => choice.go(choice.now.layer, choice.now.place, Number(value)),
      ),
    select(
      t("tool.digits"),
      [
        [3, "3"],
        [4, "4"],
        [6, "6"],
        [9, "9"],
      ],
      settings.digits,
      (value) => set({ digits: Number(value) }),
    ),
    select(
      t("tool.scale"),
      [
        ["layer", t("tool.scale_layer")],
        ["map", t("tool.scale_map")],
      ],
      settings.alone ? "map" : "layer",
      (value) => set({ alone: value === "map" }),
    ),
    select(
      t("tool.colours"),
      [
        ["signed", t("tool.colours_signed")],
        ["gray", t("tool.colours_gray")],
      ],
      settings.gray ? "gray" : "signed",
      (value) => set({ gray: value === "gray" }),
    ),
    languages().length > 1 &&
      select(
        t("tool.language"),
        languages().map((each) => [each, t(`language.${each}`)]),
        language(),
        rewrite,
      ),
  );
}
