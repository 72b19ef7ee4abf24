/** Where the value at a place comes from, by the layer's laws: tables in which each number follows from the place. */

/** @typedef {number[]} Place */
/** @typedef {{of: number | string, axes: [number, number, number][], flat: boolean}} Read */
/** @typedef {{name: string, how: string, number: number, read: Read | null, by: Read | null, shares: number[][]}} Part */
/** @typedef {{formula: string, parts: Part[]}} Explanation */

/** @param {any} table @param {Place} place @returns {Explanation} */
export function explanationAt(table, place) {
  const parts = table.parts.map((/** @type {any[]} */ [name, how, number, read, by, shares]) => ({
    name,
    how,
    number: Number(told(number, place)),
    read: readAt(read, place),
    by: readAt(by, place),
    shares: shares.map((/** @type {any} */ law) => told(law, place)),
  }));
  return { formula: table.formula, parts };
}

/** @param {any} read @param {Place} place @returns {Read | null} */
function readAt(read, place) {
  if (!read) return null;
  const [of, axes, flat] = read;
  const ranges = axes.map((/** @type {any[]} */ axis) => axis.map((law) => told(law, place)));
  return { of: told(of, place), axes: ranges, flat: Boolean(flat) };
}

/** What a law says of a place. @param {any} law @param {Place} place @returns {any} */
export function told(law, place) {
  if (law === null || typeof law !== "object" || Array.isArray(law)) return law;
  if ("t" in law)
    return law.t.reduce((/** @type {number} */ sum, /** @type {any} */ each) => sum + told(each, place), law.c);
  const i = place[law.a];
  if ("b" in law) return law.b + i * law.d;
  return "v" in law ? law.v[i] : inRuns(law.r, i);
}

/** @param {[any, number][]} runs @param {number} i */
function inRuns(runs, i) {
  for (const [value, count] of runs) {
    if (i < count) return value;
    i -= count;
  }
  throw new RangeError("a place beyond the table");
}
