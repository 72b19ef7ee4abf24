/** Numbers in a table with shaded cells. Those that lead on are buttons; arrows move among them. */

import { cellStyle, largestOf, settings } from "./colours.js";
import { h } from "./dom.js";
import { figures, full } from "./figures.js";
import { t } from "./words.js";

const SMALL = 4;

/**
 * @param {ArrayLike<number>} values rows one behind another
 * @param {{columns: number, caption: string, inside?: boolean[], winner?: number, go?: (i: number) => void,
 *   crowded?: boolean}} options
 *   which cells are no padding, which one is framed, what a click on one does, whether other grids stand beside it
 */
export function numberGrid(values, { columns, caption, inside, winner, go, crowded }) {
  const texts = figures(values, settings.digits);
  const largest = largestOf(values);
  const wide = Math.max(...texts.map((text) => text.length));
  /** @param {number} i */
  const cell = (i) => {
    const there = inside ? inside[i] : true;
    const text = there ? texts[i] : "0";
    const kind = [there ? "" : "padding", i === winner ? "winner" : ""].join(" ").trim();
    const leads = go && there;
    const inner = leads
      ? h("button", { type: "button", tabindex: i === first ? 0 : -1, dataset: { i }, onclick: () => go(i) }, text)
      : text;
    const title = there ? full(values[i]) : t("grid.padding");
    return h("td", { class: kind || null, title, style: there ? cellStyle(values[i] / largest) : {} }, inner);
  };
  const first = winner ?? (inside ? inside.indexOf(true) : 0);
  const rows = [];
  for (let start = 0; start < values.length; start += columns) {
    rows.push(
      h(
        "tr",
        null,
        Array.from({ length: Math.min(columns, values.length - start) }, (_, i) => cell(start + i)),
      ),
    );
  }
  const size = { "--letters": wide };
  const onkeydown = go ? (/** @type {KeyboardEvent} */ event) => moved(event, columns) : null;
  return h(
    "table",
    {
      class: columns <= SMALL && values.length <= SMALL * SMALL && !crowded ? "grid small" : "grid",
      style: size,
      onkeydown,
    },
    h("caption", null, caption),
    h("tbody", null, rows),
  );
}

const MOVES = /** @type {Record<string, [number, number]>} */ ({
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
});

/** Put the focus on the neighbour that an arrow points to. @param {KeyboardEvent} event @param {number} columns */
function moved(event, columns) {
  const step = MOVES[event.key];
  const from = /** @type {HTMLElement} */ (event.target);
  const table = /** @type {HTMLElement} */ (event.currentTarget);
  if (!step || from.dataset.i === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  const i = Number(from.dataset.i);
  const column = (i % columns) + step[1];
  if (column < 0 || column >= columns) return;
  const to = /** @type {HTMLElement | null} */ (table.querySelector(`[data-i="${i + step[0] * columns + step[1]}"]`));
  if (!to) return;
  from.tabIndex = -1;
  to.tabIndex = 0;
  to.focus();
}

/** A bar for a signed number beside the largest size. @param {number} value @param {number} largest */
export function bar(value, largest) {
  const share = Number.isFinite(value) ? Math.min(1, Math.abs(value) / (largest || 1)) : 0;
  const kind = value < 0 ? "below" : "above";
  return h("span", { class: `bar ${kind}`, "aria-hidden": "true" }, h("span", { style: { width: `${100 * share}%` } }));
}

/**
 * A bar that begins at 0, to the right of it or to the left; where there is a left, a line stands at 0.
 * @param {number} value @param {[number, number]} ends the least and the largest value, 0 between them
 */
export function scoreBar(value, [low, high]) {
  const at = (/** @type {number} */ x) => (100 * (x - low)) / (high - low || 1);
  const to = Number.isFinite(value) ? value : 0;
  const style = { "margin-left": `${at(Math.min(0, to))}%`, width: `${Math.abs(at(to) - at(0))}%` };
  return h(
    "span",
    { class: `bar ${to < 0 ? "below" : "above"}`, "aria-hidden": "true" },
    h("span", { style }),
    low < 0 && h("span", { class: "zero", style: { left: `${at(0)}%` } }),
  );
}
