/** How training went and how good the network is: learning curves, confusion, the most confident mistakes. */

import { h } from "./dom.js";
import { count, figure } from "./figures.js";
import { language, t } from "./words.js";

/** @typedef {import("./parts.js").Page} Page */

/** The section, null where nothing is known of it. @param {Page} page @returns {HTMLElement | null} */
export function trainingSection({ network: { net } }) {
  const { training } = net;
  if (!training) return null;
  return h(
    "section",
    { class: "layer training family-input", id: "training" },
    h("header", null, h("h2", null, t("training.title"))),
    training.curves && h("img", { src: training.curves, alt: t("training.curves") }),
    training.examples && trainingFacts(training),
    training.confusion && h("img", { src: training.confusion, alt: t("training.confusion") }),
    training.mistakes?.length > 0 && mistakesTable(training.mistakes),
  );
}

/** @param {any} training */
function trainingFacts({ examples, loss, accuracy }) {
  const said = [
    [t("training.examples"), count(examples, language())],
    loss !== null && [t("training.loss"), figure(loss, 4)],
    accuracy !== null && [t("training.accuracy"), `${(100 * accuracy).toFixed(2)} %`],
  ].filter(Boolean);
  return h(
    "dl",
    { class: "facts" },
    said.map((/** @type {any} */ [label, value]) => h("div", null, h("dt", null, label), h("dd", null, value))),
  );
}

/** @param {[number, string, string, string, number | null][]} mistakes */
function mistakesTable(mistakes) {
  const columns = ["example", "right", "said", "score"].map((key) => h("th", { scope: "col" }, t(`mistake.${key}`)));
  const rows = mistakes.map(([example, file, right, said, score]) =>
    h(
      "tr",
      null,
      h("td", null, file || example),
      h("td", null, right),
      h("td", null, said),
      h("td", null, score === null ? "NaN" : figure(score, 4)),
    ),
  );
  return h(
    "table",
    { class: "products mistakes" },
    h("caption", null, t("mistake.title")),
    h("thead", null, h("tr", null, columns)),
    h("tbody", null, rows),
  );
}
