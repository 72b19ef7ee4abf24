/** The page: a head, and beside each other the network, its layers, the sum of the chosen cell. */

import { anotherInput } from "./another.js";
import { dataOf } from "./blocks.js";
import { cellAt } from "./cell.js";
import { Choice } from "./choice.js";
import { onTheme } from "./colours.js";
import { fill, h } from "./dom.js";
import { Drawing } from "./drawing.js";
import { drawThumbnails, graphSection, markNode } from "./graph.js";
import { guideSection } from "./guide.js";
import { headSection, result } from "./head.js";
import { listenToKeys } from "./keys.js";
import { lookedSection } from "./looked.js";
import { ensureFilled, layersSection, refill } from "./layers.js";
import { frameCells } from "./maps.js";
import { Network } from "./network.js";
import { panel } from "./panel.js";
import { execute } from "./run.js";
import { trainingSection } from "./training.js";
import { speak, t } from "./words.js";

/** @typedef {import("./parts.js").Page} Page */

const FOLDED = "(max-width: 1249px)";

async function start() {
  const [net, texts] = await Promise.all([dataOf("net"), dataOf("words")]);
  speak(texts, net.language);
  const network = new Network(net);
  /** @type {Page} */
  const page = { network, choice: new Choice(network) };
  const root = /** @type {HTMLElement} */ (document.getElementById("page"));
  const drawing = new Drawing(page, async (run, isDone) => {
    const { now } = page.choice;
    if (now.run !== run) return page.choice.go(now.layer, now.place, run);
    parts.head.querySelector(".result")?.replaceWith(result(page, network.runs[run]));
    if (isDone) document.getElementById("guide")?.replaceWith(guideSection(page));
    await parts.repaint();
  });
  let parts = build(page, root);

  function build(/** @type {Page} */ { network: { net } }, /** @type {HTMLElement} */ root) {
    const repaint = async () => {
      await Promise.all([refill(page, layers), sum.show()]);
      await frames();
    };
    const rewrite = (/** @type {string} */ language) => {
      speak(texts, language);
      parts = build(page, root);
      parts.sum.show();
      drawThumbnails();
    };
    const frames = async () => {
      const { run, layer, place } = page.choice.now;
      frameCells(page, layers, await cellAt(network, run, layer, place));
    };
    const layers = layersSection(page, frames);
    layers.append(...[lookedSection(page), trainingSection(page)].filter((each) => each !== null));
    const sum = panel(page);
    const graph = graphSection(page, (layer) => goTo(page, layer));
    const menu = h(
      "details",
      { class: "menu", open: !matchMedia(FOLDED).matches },
      h("summary", null, t("graph.title")),
      graph,
    );
    const head = headSection(page, { repaint, rewrite });
    head.querySelector(".title")?.append(fill(h("div", { class: "yours" }), anotherInput(page), drawing.element()));
    fill(root, head, guideSection(page), h("div", { class: "columns" }, menu, layers, sum.element), foot());
    document.title = `${net.name} - cnnspec`;
    markNode(page, graph);
    return { head, layers, sum, graph, repaint, rewrite, frames };
  }

  page.choice.listen(async (now, last) => {
    if (now.run !== last.run) {
      parts = build(page, root);
      drawThumbnails();
    }
    parts.sum.element.classList.add("open");
    markNode(page, parts.graph);
    const cell = await parts.sum.show();
    await ensureFilled(page, now.layer);
    if (page.choice.now === now) frameCells(page, parts.layers, cell);
  });
  onTheme(() => parts.repaint());
  listenToKeys(page, () => parts.sum.element);
  await parts.sum.show();
  if (location.hash) {
    parts.sum.element.classList.add("open");
    (await ensureFilled(page, page.choice.now.layer))?.scrollIntoView();
    await parts.frames();
  }
  /** For the console: `await cnnspec.explain("conv1", [0, 1, 2])`, and every layer's values for others in its input. */
  const explain = (/** @type {string} */ name, /** @type {number[]} */ place, run = 0) =>
    cellAt(network, run, network.numbers.get(name) ?? -1, place);
  const execution = (/** @type {number[]} */ values) => execute(network, Float32Array.from(values));
  Object.assign(globalThis, { cnnspec: { network, explain, execute: execution } });
  document.documentElement.dataset.ready = "true";
  drawThumbnails();
}

/** @param {Page} page @param {number} layer */
async function goTo(page, layer) {
  const section = await ensureFilled(page, layer);
  section?.scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  const { thread } = page.network.runs[page.choice.now.run];
  const onThread = thread.find((/** @type {any} */ [of]) => of === layer);
  if (onThread) page.choice.go(layer, onThread[1]);
}

function foot() {
  return h(
    "footer",
    null,
    h("p", null, t("foot.rounded")),
    h("p", null, t("foot.values")),
    h("p", null, t("foot.keys")),
  );
}

start().catch((error) => {
  // What stands there until the page is ready says which browsers can show it.
  document.querySelector(".waiting")?.classList.add("failed");
  throw error;
});
