/** The layers one below another: what each does, its figures, its maps. A section is filled when it comes near. */

import { fill, h } from "./dom.js";
import { count, figure } from "./figures.js";
import { filterPictures } from "./filters.js";
import { wholeMaps } from "./maps.js";
import { pictureMaps } from "./pictures.js";
import { inLanguage, language, t } from "./words.js";

/** @typedef {import("./parts.js").Page} Page */

const NEAR = "600px";
const FEW_LAYERS = 60;
const IDLE = 60;

/** @param {Page} page @param {() => void} onFilled called when maps have been drawn @returns {HTMLElement} */
export function layersSection(page, onFilled) {
  const sections = page.network.layers.map((_, layer) => section(page, layer));
  const element = h("main", { id: "layers", class: "layers", "aria-label": t("layers.label") }, sections);
  const watch = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        watch.unobserve(target);
        fillSection(page, /** @type {HTMLElement} */ (target)).then(onFilled);
      }
    },
    { rootMargin: NEAR },
  );
  sections.forEach((each) => watch.observe(each));
  if (sections.length <= FEW_LAYERS) fillWhenIdle(page, sections, onFilled);
  return element;
}

/** Fill the sections of a small network one by one while nothing else is to be done, so that all of it can be printed. */
async function fillWhenIdle(
  /** @type {Page} */ page,
  /** @type {HTMLElement[]} */ sections,
  /** @type {() => void} */ onFilled,
) {
  for (const section of sections) {
    await new Promise((done) => setTimeout(done, IDLE));
    if (section.isConnected && !section.classList.contains("filled")) await fillSection(page, section);
  }
  onFilled();
}

/**
 * Fill every section that is filled already anew: another input, another scale.
 * @param {Page} page
 * @param {HTMLElement} element
 */
export async function refill(page, element) {
  const filled = [...element.querySelectorAll(".layer.filled")];
  await Promise.all(filled.map((each) => fillSection(page, /** @type {HTMLElement} */ (each))));
}

/** Fill a layer's section now, before one goes there. @param {Page} page @param {number} layer */
export async function ensureFilled(page, layer) {
  const element = /** @type {HTMLElement | null} */ (document.querySelector(`[data-section="${layer}"]`));
  if (element && !element.classList.contains("filled")) await fillSection(page, element);
  return element;
}

/** @param {Page} page @param {number} layer */
function section({ network }, layer) {
  const { name, kind, fields, family, shape } = network.layers[layer];
  const size = shape.join("×");
  const from = network.layers[layer].inputs.map((i) => network.layers[i].shape.join("×")).join(", ");
  return h(
    "section",
    { class: `layer family-${family}`, dataset: { section: layer }, id: `layer-${layer}`, "aria-label": name },
    h(
      "header",
      null,
      h("h2", { class: "name" }, name),
      h("span", { class: "kind" }, kind && `${kind} ${fields}`),
      h("span", { class: "shape" }, from ? `${from} → ${size}` : size),
    ),
    h("p", { class: "about" }, kind ? inLanguage(network.net.about_kinds[kind]) : t("layers.input")),
    h("div", { class: "content" }),
  );
}

/** @param {Page} page @param {HTMLElement} element */
async function fillSection(page, element) {
  element.classList.add("filled");
  const layer = Number(element.dataset.section);
  const content = /** @type {HTMLElement} */ (element.querySelector(".content"));
  const { network, choice } = page;
  const tensor = network.made(choice.now.run, layer);
  const values = await network.source.whole(tensor);
  const picture = values ? null : await network.source.picture(tensor);
  const maps = values ? wholeMaps(page, layer, values) : picture && pictureMaps(page, layer, picture);
  fill(content, facts(page, layer), maps, await filterPictures(page, layer));
}

/** @param {Page} page @param {number} layer */
function facts({ network, choice }, layer) {
  const { params, macs, sees } = network.layers[layer];
  const [least, mean, largest, zeros, lost] = network.runs[choice.now.run].stats[layer];
  const number = (/** @type {number | null} */ value) => (value === null ? "–" : figure(value, 4));
  const said = [
    [t("fact.range"), t("fact.from_to", { least: number(least), largest: number(largest) })],
    [t("fact.mean"), number(mean)],
    zeros > 0 && [t("fact.zeros"), `${(100 * zeros).toFixed(zeros < 0.1 ? 1 : 0)} %`],
    params > 0 && [t("fact.params"), count(params, language())],
    macs > 0 && [t("fact.macs"), count(macs, language())],
    sees && layer > 0 && [t("fact.sees"), sees[0] === sees[1] ? `${sees[0]}×${sees[0]}` : sees.join("×")],
  ].filter(Boolean);
  return [
    h(
      "dl",
      { class: "facts" },
      said.map((/** @type {any} */ [label, value]) => h("div", null, h("dt", null, label), h("dd", null, value))),
    ),
    zeros === 1 && h("p", { class: "warning" }, t("layers.dead")),
    lost > 0 && h("p", { class: "warning" }, t("layers.lost", { share: `${(100 * lost).toPrecision(3)} %` })),
  ];
}
