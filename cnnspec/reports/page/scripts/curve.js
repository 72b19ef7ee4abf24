/** A formula of one arriving value as a curve, with the point where this value is. */

import { svg, h } from "./dom.js";
import { parse, valueOf } from "./formula.js";
import { figure } from "./figures.js";
import { t } from "./words.js";

/** @typedef {import("./cell.js").Cell} Cell */

const WIDE = 300;
const HIGH = 150;
const EDGE = 18;
const POINTS = 120;

/**
 * The part that the curve goes over: the one arriving cell of a formula in which all else is the layer's own; null
 * where there is none. @param {Cell} cell
 */
export function variableOf({ parts, formula, explained }) {
  const arriving = parts.filter((part) => part.layer !== null);
  const [x] = arriving;
  const isCurve = arriving.length === 1 && x.how === "cell" && formula !== x.name;
  return isCurve && Number.isFinite(x.value) && Number.isFinite(explained) ? x : null;
}

/** @param {Cell} cell @param {import("./cell.js").PartNumbers} x @param {[number, number]} range of the layer that arrives */
export function curve(cell, x, [least, largest]) {
  const tree = parse(cell.formula);
  const values = Object.fromEntries(cell.parts.map((part) => [part.name, part.value]));
  const low = Math.min(least, x.value, 0);
  const high = Math.max(largest, x.value, 0);
  const room = (high - low || 1) * 0.05;
  const at = (/** @type {number} */ value) => valueOf(tree, { ...values, [x.name]: value });
  const xs = Array.from({ length: POINTS + 1 }, (_, i) => low - room + (i / POINTS) * (high - low + 2 * room));
  const ys = xs.map(at);
  const finite = [...ys.filter(Number.isFinite), 0];
  const bottom = Math.min(...finite);
  const top = Math.max(...finite);
  const across = (/** @type {number} */ value) => EDGE + ((value - xs[0]) / (xs[POINTS] - xs[0])) * (WIDE - 2 * EDGE);
  const up = (/** @type {number} */ value) =>
    HIGH - EDGE - ((value - bottom) / (top - bottom || 1)) * (HIGH - 2 * EDGE);
  const points = xs.map((value, i) =>
    Number.isFinite(ys[i]) ? `${across(value).toFixed(1)},${up(ys[i]).toFixed(1)}` : "",
  );
  const [px, py] = [across(x.value), up(cell.explained)];
  const label = t("curve.label", { x: figure(x.value, 4), y: figure(cell.explained, 4) });
  return h(
    "figure",
    { class: "curve" },
    svg(
      "svg",
      { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": label },
      svg("path", { class: "axis", d: `M${EDGE} ${up(0)}H${WIDE - EDGE}M${across(0)} ${EDGE}V${HIGH - EDGE}` }),
      svg("path", { class: "drop", d: `M${px} ${up(0)}V${py}H${across(0)}` }),
      svg("polyline", { class: "way", points: points.filter(Boolean).join(" ") }),
      svg("circle", { class: "point", cx: px, cy: py, r: 4.5 }),
    ),
  );
}
