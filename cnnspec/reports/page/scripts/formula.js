/** Formulas of explanations: parsed to a tree, worked out, and written as MathML. */

import { math } from "./dom.js";

/** @typedef {{number: number} | {name: string} | {call: string, of: Tree[]} | {sign: string, of: Tree[]}} Tree */

/** @type {Record<string, (...of: number[]) => number>} */
const FUNCTIONS = {
  min: (...of) => Math.min(...of),
  max: (...of) => Math.max(...of),
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  tanh: Math.tanh,
  erf,
  above: (a, b) => Number(a > b),
};
/** @type {Record<string, number>} */
const CONSTANTS = { pi: Math.PI };
const TOKEN = /\s*(\d+\.?\d*(?:[eE][+-]?\d+)?|[A-Za-z_]\w*|\*\*|[-+*/(),])/y;

/** @param {string} formula @returns {Tree} */
export function parse(formula) {
  const words = tokens(formula);
  let at = 0;
  const take = (/** @type {string[]} */ ...wanted) => (wanted.includes(words[at]) ? words[at++] : null);

  /** Operators of one rank, from the left. @param {() => Tree} inner @param {string[]} signs @returns {Tree} */
  function row(inner, ...signs) {
    let left = inner();
    for (let sign = take(...signs); sign; sign = take(...signs)) left = { sign, of: [left, inner()] };
    return left;
  }
  /** @returns {Tree} */
  const sum = () => row(product, "+", "-");
  const product = () => row(signed, "*", "/");
  /** @returns {Tree} */
  const signed = () => (take("-") ? { sign: "-", of: [signed()] } : power());
  /** @returns {Tree} */
  function power() {
    const base = atom();
    return take("**") ? { sign: "**", of: [base, signed()] } : base;
  }
  /** @returns {Tree} */
  function atom() {
    if (take("(")) {
      const inner = sum();
      take(")");
      return inner;
    }
    const word = words[at++];
    if (/^\d/.test(word)) return { number: Number(word) };
    if (!take("(")) return { name: word };
    const of = [sum()];
    while (take(",")) of.push(sum());
    take(")");
    return { call: word, of };
  }
  return sum();
}

/** @param {string} formula */
function tokens(formula) {
  const words = [];
  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(formula); found; found = TOKEN.exec(formula)) words.push(found[1]);
  return words;
}

/** @param {Tree} tree @param {Record<string, number>} values @returns {number} */
export function valueOf(tree, values) {
  if ("number" in tree) return tree.number;
  if ("name" in tree) return tree.name in CONSTANTS ? CONSTANTS[tree.name] : values[tree.name];
  const of = tree.of.map((inner) => valueOf(inner, values));
  if ("call" in tree) return FUNCTIONS[tree.call](...of);
  const [a, b] = of;
  if (tree.sign === "+") return a + b;
  if (tree.sign === "-") return b === undefined ? -a : a - b;
  if (tree.sign === "*") return a * b;
  return tree.sign === "/" ? a / b : a ** b;
}

/**
 * The formula as MathML; each name is what `written` makes of it.
 * @param {Tree} tree
 * @param {(name: string) => Element} written
 * @param {number} rank of the operator around it: what binds less stands in brackets
 * @param {boolean} first whether it stands where no operator comes before it
 * @returns {Element}
 */
export function mathOf(tree, written, rank = 0, first = true) {
  if ("number" in tree) return math("mn", null, tree.number);
  if ("name" in tree) return tree.name === "pi" ? math("mi", null, "π") : bracketed(written(tree.name), rank, first);
  const [left, right] = tree.of;
  if ("call" in tree) {
    if (tree.call === "sqrt") return math("msqrt", null, mathOf(left, written));
    const inner = tree.of.flatMap((each, i) => [i ? math("mo", null, ",") : null, mathOf(each, written)]);
    return math("mrow", null, math("mi", null, tree.call), math("mo", null, "("), inner, math("mo", null, ")"));
  }
  if (tree.sign === "/") return math("mfrac", null, mathOf(left, written), mathOf(right, written));
  if (tree.sign === "**") return math("msup", null, mathOf(left, written, 4), mathOf(right, written));
  const own = tree.sign === "*" ? 2 : right ? 1 : 3;
  const sign = math("mo", null, tree.sign === "*" ? "×" : tree.sign === "-" ? "−" : "+");
  const parts = right
    ? [mathOf(left, written, own, first), sign, mathOf(right, written, tree.sign === "-" ? own + 1 : own, false)]
    : [sign, mathOf(left, written, own, false)];
  const bare = math("mrow", null, ...parts);
  return own < rank ? math("mrow", null, math("mo", null, "("), bare, math("mo", null, ")")) : bare;
}

/** A number below 0 stands in brackets where an operator comes before it. @param {Element} written */
function bracketed(written, /** @type {number} */ rank, /** @type {boolean} */ first) {
  const negative = /^[-−]/.test(written.textContent ?? "");
  if (!negative || (first && rank < 4)) return written;
  return math("mrow", null, math("mo", null, "("), written, math("mo", null, ")"));
}

/** The error function: a series of positive terms, to all digits. @param {number} x @returns {number} */
function erf(x) {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
