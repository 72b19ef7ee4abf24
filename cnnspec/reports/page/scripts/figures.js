/** Numbers as they are shown: so many significant digits, equal decimals within a grid. */

const LEAST = 1e-3;
const MOST = 1e6;
/** What is smaller has a power of ten, as in the terminal. */
const SMALLEST_PLAIN = 1e-4;

/** @param {number} value @param {number} digits @returns {string} */
export function figure(value, digits) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value < 0 ? "−∞" : "∞";
  if (Number.isInteger(value) && Math.abs(value) < MOST) return minus(String(value + 0));
  const small = Math.abs(value) < SMALLEST_PLAIN;
  return minus(small ? value.toExponential(digits - 1) : value.toPrecision(digits));
}

/** Texts for numbers that stand in one grid. @param {ArrayLike<number>} values @param {number} digits @returns {string[]} */
export function figures(values, digits) {
  const finite = Array.from(values).filter(Number.isFinite);
  const largest = finite.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const spread = largest && (largest < LEAST || largest >= MOST);
  const most = Math.max(0, digits - 1 - (largest >= 1 ? Math.floor(Math.log10(largest)) : 0));
  const decimals = finite.every(Number.isInteger) ? 0 : most;
  return Array.from(values, (value) => {
    if (!Number.isFinite(value)) return figure(value, digits);
    if (value === 0) return "0";
    const text = spread ? value.toExponential(digits - 1) : value.toFixed(decimals);
    return minus(Number(text) === 0 ? text.replace("-", "") : text);
  });
}

/** All digits that tell a number from others. @param {number} value */
export function full(value) {
  return minus(String(value));
}

/** @param {number} value @param {string} language */
export function count(value, language) {
  return value.toLocaleString(language);
}

/** @param {string} text */
function minus(text) {
  return text.replace(/-/g, "−");
}
