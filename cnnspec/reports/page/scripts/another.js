/** Another input, an image's or an array's file: it is chosen or dropped on the page, and the server runs the network on it. */

import { h } from "./dom.js";
import { asked } from "./served.js";
import { t } from "./words.js";

/** @typedef {import("./parts.js").Page} Page */

const LARGEST = 20_000_000;

/**
 * A button and what was wrong with the last file, null where no server could run it.
 * @param {Page} page
 * @returns {HTMLElement | null}
 */
export function anotherInput(page) {
  if (!page.network.net.served) return null;
  const said = h("p", { class: "warning", role: "alert" });
  const take = async (/** @type {File | undefined} */ file) => {
    said.textContent = file ? t("another.running", { name: file.name }) : "";
    if (!file) return;
    try {
      if (file.size > LARGEST) throw new Error(t("another.large", { name: file.name }));
      await runOn(page, file, file.name);
      said.textContent = "";
    } catch (fault) {
      said.textContent = fault instanceof TypeError ? t("another.gone") : /** @type {Error} */ (fault).message;
    }
  };
  const choose = h("input", {
    type: "file",
    class: "unseen",
    tabindex: -1,
    "aria-hidden": "true",
    onchange: () => take(/** @type {HTMLInputElement} */ (choose).files?.[0]),
  });
  const button = h("button", { type: "button", onclick: () => choose.click() }, t("another.choose"));
  document.ondragover = (event) => event.preventDefault();
  document.ondrop = (event) => {
    event.preventDefault();
    take(event.dataTransfer?.files[0]);
  };
  return h("div", { class: "another" }, choose, button, h("span", null, t("another.drop")), said);
}

/** Let the server run the network on a file, and look at that. @param {Page} page @param {Blob} file @param {string} name */
export async function runOn({ network, choice }, file, name) {
  const answer = await asked(`input?name=${encodeURIComponent(name)}`, file);
  const { run, held, ...said } = await answer.json();
  network.take(said, run);
  network.runs.forEach((/** @type {any} */ _, /** @type {number} */ i) => held.includes(i) || network.drop(i));
  choice.go(choice.now.layer, choice.now.place, run);
  choice.before = choice.before.filter((chosen) => network.runs[chosen.run]);
}
