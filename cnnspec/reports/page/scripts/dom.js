/** The only way in which elements are made: whatever is written becomes text, never markup. */

/** @typedef {Node | string | number | null | undefined | false | Children} Child */
/** @typedef {Child[]} Children */

const SVG = "http://www.w3.org/2000/svg";
const MATH = "http://www.w3.org/1998/Math/MathML";

/**
 * An HTML element. Functions among the properties are listeners, `style` is an object, `dataset` too; true is an
 * attribute without value, and null, undefined and false are none.
 * @param {string} tag
 * @param {Record<string, any> | null} [properties]
 * @param {...Child} children
 * @returns {HTMLElement}
 */
export function h(tag, properties, ...children) {
  return /** @type {HTMLElement} */ (fill(dressed(document.createElement(tag), properties), children));
}

/** An SVG element. @param {string} tag @param {Record<string, any> | null} [properties] @param {...Child} children */
export function svg(tag, properties, ...children) {
  return /** @type {SVGElement} */ (fill(dressed(document.createElementNS(SVG, tag), properties), children));
}

/** A MathML element. @param {string} tag @param {Record<string, any> | null} [properties] @param {...Child} children */
export function math(tag, properties, ...children) {
  return fill(dressed(document.createElementNS(MATH, tag), properties), children);
}

/**
 * Put children in place of those that an element has.
 * @template {Element} E
 * @param {E} element
 * @param {...Child} children
 * @returns {E}
 */
export function fill(element, ...children) {
  const kept = /** @type {any} */ (children)
    .flat(Infinity)
    .filter((/** @type {any} */ child) => child || child === 0 || child === "");
  element.replaceChildren(...kept.map((/** @type {any} */ child) => (child instanceof Node ? child : String(child))));
  return element;
}

/**
 * @param {Element} element
 * @param {Record<string, any> | null | undefined} properties
 */
function dressed(element, properties) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.replace(/^on/, ""), value);
    else if (name === "style") for (const [key, said] of Object.entries(value)) setStyle(element, key, said);
    else if (name === "dataset") Object.assign(/** @type {HTMLElement} */ (element).dataset, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  return element;
}

/** Styles are set one by one: the policy of the page refuses them in attributes. @param {any} element */
export function setStyle(element, /** @type {string} */ name, /** @type {string | number} */ value) {
  element.style.setProperty(name, String(value));
}
