/** The sum: one value, where it lies, what it was made of, and the formula with its numbers. */

import { cellAt } from "./cell.js";
import { paintPicture, settings } from "./colours.js";
import { curve, variableOf } from "./curve.js";
import { fill, h, math } from "./dom.js";
import { figure, full } from "./figures.js";
import { mathOf, parse } from "./formula.js";
import { link, partView, said } from "./parts.js";
import { t, term } from "./words.js";

/** @typedef {import("./cell.js").Cell} Cell */
/** @typedef {import("./parts.js").Page} Page */

/** @param {Page} page @returns {{element: HTMLElement, show: () => Promise<Cell | null>}} */
export function panel(page) {
  const inner = h("div", { class: "inner" });
  const live = h("p", { class: "unseen", "aria-live": "polite" });
  const close = h(
    "button",
    { type: "button", class: "close", "aria-label": t("panel.close"), onclick: () => shut(element) },
    "×",
  );
  const element = h(
    "aside",
    { id: "sum", class: "sum", tabindex: -1, "aria-label": t("panel.label") },
    close,
    live,
    inner,
  );

  async function show() {
    const chosen = page.choice.now;
    const cell = await cellAt(page.network, chosen.run, chosen.layer, chosen.place);
    if (page.choice.now !== chosen) return null; // another one was chosen meanwhile
    const { name } = page.network.layers[chosen.layer];
    fill(inner, cell ? whole(page, cell) : absent(page));
    inner.scrollTop = 0;
    element.dataset.run = String(chosen.run);
    element.dataset.cell = `${name}:${chosen.place.join(",")}`;
    element.dataset.executed = cell ? String(cell.executed) : "";
    element.dataset.explained = cell ? String(cell.explained) : "";
    live.textContent = cell
      ? `${name} [${chosen.place.join(", ")}] = ${figure(cell.executed, settings.digits)}`
      : t("panel.absent");
    return cell;
  }
  return { element, show };
}

/** @param {HTMLElement} element */
export function shut(element) {
  element.classList.remove("open");
}

/** @param {Page} page */
function title({ network, choice }, /** @type {number | null} */ value) {
  const { layer, place } = choice.now;
  const { name } = network.layers[layer];
  const where = network.className(layer, place);
  const [c, row, column] = place;
  const words =
    place.length === 3 ? t(layer ? "panel.place" : "panel.pixel", { c, row, column }) : t("panel.value_of", { i: c });
  return [
    h(
      "h2",
      null,
      h("span", { class: "name" }, `${name} [${place.join(", ")}]`),
      value !== null && [" = ", h("span", { class: "number", title: full(value) }, figure(value, settings.digits))],
    ),
    h("p", { class: "soft" }, words, where && [", ", t("panel.class", { name: where })]),
  ];
}

/** @param {Page} page @param {Cell} cell */
function whole(page, cell) {
  const { network, choice } = page;
  return [
    title(page, cell.executed),
    choice.before.length > 0 &&
      h("button", { type: "button", class: "back", onclick: () => choice.back() }, `← ${t("panel.back")}`),
    seen(page, cell),
    cell.layer === 0 && h("p", null, t("panel.input")),
    working(page, cell),
    onward(page, cell),
    cell.layer > 0 && check(cell),
    command(page),
  ];
}

/** Whether a part before this one has shown the same values. @param {Cell} cell @param {number} i */
function isAgain({ parts }, i) {
  const key = (/** @type {any} */ part) => JSON.stringify(part.read);
  return parts[i].values.length > 1 && parts.slice(0, i).some((part) => key(part) === key(parts[i]));
}

/** How a value is worked out: what is read, what is done with it, the formula. @param {Page} page @param {Cell} cell */
export function working(page, cell) {
  const { network } = page;
  const isAlone = cell.parts.length === 1 && cell.formula === cell.parts[0].name;
  const copied = isAlone && cell.parts[0].how === "cell";
  const x = variableOf(cell);
  return [
    copied && h("p", null, t(cell.parts[0].inside[0] ? "panel.copied" : "panel.padded")),
    x &&
      curve(
        cell,
        x,
        network.runs[cell.run].stats[/** @type {number} */ (x.layer)]
          .slice(0, 3)
          .filter((/** @type {any} */ _, /** @type {number} */ i) => i !== 1),
      ),
    h(
      "div",
      { class: "parts" },
      cell.parts.map((part, i) => partView(page, cell, part, isAgain(cell, i))),
    ),
    cell.layer > 0 && !isAlone && formula(cell),
  ];
}

/** The formula with names, with numbers, and its value. @param {Cell} cell */
function formula(cell) {
  const tree = parse(cell.formula);
  const values = Object.fromEntries(cell.parts.map((part) => [part.name, said(part)]));
  const name = (/** @type {string} */ text) => math("mi", { mathvariant: text.length > 1 ? "normal" : null }, term(text));
  const number = (/** @type {string} */ text) => math("mn", null, values[text]);
  const row = (/** @type {any[]} */ ...parts) =>
    h("div", { class: "row" }, math("math", { displaystyle: "true" }, math("mrow", null, ...parts)));
  const equals = () => math("mo", null, "=");
  return h(
    "div",
    { class: "formula", role: "group", "aria-label": t("panel.formula") },
    row(mathOf(tree, name)),
    row(equals(), mathOf(tree, number)),
    row(equals(), math("mn", null, figure(cell.explained, settings.digits))),
  );
}

/** The input with the receptive field outlined. @param {Page} page @param {Cell} cell */
function seen({ network }, cell) {
  const ranges = network.seen(cell.layer, cell.place);
  if (!ranges) return null;
  const shape = network.layers[0].shape;
  const [[top, bottom], [left, right]] = ranges;
  const isAll = top === 0 && left === 0 && bottom === shape[1] - 1 && right === shape[2] - 1;
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas"));
  network.source
    .whole(network.made(cell.run, 0))
    .then((values) => values && paintPicture(canvas, values, shape, network.net.picture));
  const share = (/** @type {number} */ cells, /** @type {number} */ size) => `${(100 * cells) / size}%`;
  const box = {
    left: share(left, shape[2]),
    top: share(top, shape[1]),
    width: share(right - left + 1, shape[2]),
    height: share(bottom - top + 1, shape[1]),
  };
  return h(
    "div",
    { class: "seen" },
    h("div", { class: "picture", "aria-hidden": "true" }, canvas, h("span", { class: "field", style: box })),
    h("p", null, isAll ? t("panel.sees_all") : t("panel.sees", { top, bottom, left, right })),
  );
}

/** Which layers read this one. @param {Page} page @param {Cell} cell */
function onward(page, cell) {
  const targets = page.network.targets[cell.layer];
  if (!targets.length) return null;
  const names = targets.map((to) => page.network.layers[to].name).join(", ");
  return h("p", { class: "soft" }, t("panel.goes_to", { names }));
}

/** @param {Cell} cell */
function check(cell) {
  const same = figure(cell.executed, settings.digits) === figure(cell.explained, settings.digits);
  if (!Number.isFinite(cell.explained)) return h("p", { class: "soft" }, t("panel.not_finite"));
  const values = {
    executed: full(cell.executed),
    explained: full(cell.explained),
    difference: figure(cell.explained - cell.executed, 2),
  };
  return h(
    "details",
    { class: "check" },
    h("summary", null, t(same ? "panel.agrees" : "panel.rounded")),
    h("p", null, t("panel.check", values)),
  );
}

/** What the terminal says of the same cell. @param {Page} page */
function command({ network, choice }) {
  const { layer, place } = choice.now;
  if (!network.runs[choice.now.run].command) return null;
  const text = `${network.runs[choice.now.run].command} --at ${network.layers[layer].name}:${place.join(",")}`;
  const copy = h(
    "button",
    {
      type: "button",
      onclick: () => navigator.clipboard?.writeText(text).then(() => fill(copy, t("panel.copied_text"))),
    },
    t("panel.copy"),
  );
  return h("div", { class: "command" }, h("code", null, text), copy);
}

/** A cell whose numbers are not in the file. @param {Page} page */
function absent(page) {
  const { run, layer } = page.choice.now;
  const marked = page.network.runs[run].marked.filter((/** @type {any} */ [of]) => of === layer);
  return [
    title(page, null),
    h("p", null, t("panel.absent")),
    command(page),
    marked.length > 0 &&
      h(
        "p",
        null,
        t("panel.marked"),
        " ",
        marked.map((/** @type {any} */ [of, place]) => [link(page, of, place), " "]),
      ),
  ];
}
