/** All words of the page, by their keys, in the language that is chosen. */

/** @type {{texts: Record<string, any>, language: string}} */
const chosen = { texts: {}, language: "en" };

/** @param {Record<string, any>} texts @param {string} language */
export function speak(texts, language) {
  chosen.texts = texts;
  chosen.language = language in texts ? language : "en";
  document.documentElement.lang = chosen.language;
}

/** @returns {string} */
export function language() {
  return chosen.language;
}

/** @returns {string[]} */
export function languages() {
  return Object.keys(chosen.texts);
}

/**
 * The words of a key in a part of the texts; `{name}` in them is replaced.
 * @param {string} key @param {Record<string, string | number>} [values] @param {string} [part]
 * @returns {string}
 */
export function t(key, values = {}, part = "page") {
  const words = chosen.texts[chosen.language]?.[part]?.[key] ?? key;
  return words.replace(/\{(\w+)\}/g, (/** @type {string} */ all, /** @type {string} */ name) =>
    String(values[name] ?? all),
  );
}

/** The name of a part of a formula; letters are the same in all languages. @param {string} name */
export function term(name) {
  const said = t(`term.${name}`);
  return said === `term.${name}` ? name : said;
}

/** A text that is there in several languages. @param {Record<string, string>} texts */
export function inLanguage(texts) {
  return texts[chosen.language] ?? texts.en ?? "";
}
