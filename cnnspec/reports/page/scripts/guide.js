/** The guide, told with this network's numbers: chapter after chapter, each at a real cell that can be exchanged. */

import { figureOf, leadTo } from "./guide_figure.js";
import { learnedTable, pieceOfInput } from "./guide_tables.js";
import { fill, h } from "./dom.js";
import { count, figure } from "./figures.js";
import { language, t } from "./words.js";

/** @typedef {import("./parts.js").Page} Page */
/** @typedef {{key: string, sentences: [string, Record<string, any>][], cells: [number, number[]][]}} Chapter */

const PACE = 900;
const CLOSED = "cnnspec.guide.closed";
const reduced = matchMedia("(prefers-reduced-motion: reduce)");
/** Where one is; it stays when the page is written anew, in another language or for another input. */
const now = { chapter: 0, cell: 0, place: /** @type {number[] | null} */ (null) };
/** @type {ReturnType<typeof setInterval> | null} */
let playing = null;

/** The words of the guide. @param {string} key @param {Record<string, any>} [facts] */
const say = (key, facts) => t(key, facts, "guide");

/** @param {Page} page @returns {HTMLElement} */
export function guideSection(page) {
  stop();
  /** @type {Chapter[]} */
  const chapters = page.network.runs[page.choice.now.run].guide;
  now.chapter = Math.min(now.chapter, chapters.length - 1);
  if (now.cell >= chapters[now.chapter].cells.length) Object.assign(now, { cell: 0, place: null });
  const body = h("article", { class: "chapter" });
  const list = h(
    "ol",
    { class: "contents" },
    chapters.map(({ key }, i) =>
      h("li", null, h("button", { type: "button", onclick: () => turn(i) }, say(`${key}.title`))),
    ),
  );
  const folding = h(
    "details",
    {
      open: remembered(),
      ontoggle: () => {
        remember(folding.hasAttribute("open"));
        stop();
      },
    },
    h("summary", null, h("h2", null, say("title")), h("span", { class: "soft" }, say("about"))),
    h("div", { class: "pages" }, h("nav", { "aria-label": say("title") }, list), body),
  );

  /** @param {number} chapter */
  function turn(chapter) {
    stop();
    Object.assign(now, { chapter, cell: 0, place: null });
    show();
  }
  let shown = 0;
  async function show() {
    const mine = ++shown;
    list
      .querySelectorAll("button")
      .forEach((button, i) =>
        i === now.chapter ? button.setAttribute("aria-current", "step") : button.removeAttribute("aria-current"),
      );
    await fillChapter(page, body, chapters, { turn, show, isLast: () => mine === shown });
  }
  show();
  return h("section", { id: "guide", class: "guide", "aria-label": say("title") }, folding);
}

/**
 * @param {Page} page @param {HTMLElement} body @param {Chapter[]} chapters
 * @param {{turn: (chapter: number) => void, show: () => Promise<void>, isLast: () => boolean}} actions
 *   `isLast` says whether nothing else was to be shown while numbers were waited for
 */
async function fillChapter(page, body, chapters, { turn, show, isLast }) {
  const { key, sentences, cells } = chapters[now.chapter];
  const [layer, place] = cells.length ? [cells[now.cell][0], now.place ?? cells[now.cell][1]] : [-1, []];
  const drawn = layer >= 0 ? await figureOf(page, layer, place) : null;
  const seen = layer === 0 ? await pieceOfInput(page, place) : drawn?.element;
  if (!isLast()) return;
  const button = (
    /** @type {string} */ name,
    /** @type {() => void} */ onclick,
    /** @type {boolean} */ isOff = false,
  ) => h("button", { type: "button", class: name, disabled: isOff, onclick }, say(name));
  const another = () => {
    stop();
    Object.assign(now, { cell: (now.cell + 1) % cells.length, place: null });
    show();
  };
  fill(
    body,
    h("p", { class: "soft" }, say("step", { now: now.chapter + 1, all: chapters.length })),
    h("h3", null, say(`${key}.title`)),
    h(
      "div",
      { class: "said", "aria-live": playing ? "off" : "polite" },
      sentences.map(([of, facts]) => h("p", null, say(of, asTexts({ ...facts, ...drawn?.facts })))),
    ),
    seen,
    key === "learned" && learnedTable(page),
    h(
      "div",
      { class: "turning" },
      button("back", () => turn(now.chapter - 1), now.chapter === 0),
      button("next", () => turn(now.chapter + 1), now.chapter === chapters.length - 1),
      cells.length > 1 && button("other", another),
      drawn?.slides && slider(page, layer, place, show),
      layer >= 0 &&
        h("button", { type: "button", class: "look", onclick: () => leadTo(page, layer, place) }, say("look")),
    ),
  );
}

/**
 * Plays: the window slides from place to place. Who wants no motion moves it by hand.
 * @param {Page} page @param {number} layer @param {number[]} place @param {() => Promise<void>} show
 */
function slider(page, layer, place, show) {
  const { shape } = page.network.layers[layer];
  const step = () => {
    now.place = following(now.place ?? place, shape);
    return show();
  };
  if (reduced.matches)
    return h(
      "button",
      { type: "button", class: "play", onclick: () => step().then(() => focusOn(".play")) },
      say("move"),
    );
  const toggle = () => {
    if (playing) stop();
    else playing = setInterval(() => (document.querySelector("#guide .play") ? step() : stop()), PACE);
    show().then(() => focusOn(".play"));
  };
  return h(
    "button",
    { type: "button", class: "play", "aria-pressed": String(playing !== null), onclick: toggle },
    say(playing ? "pause" : "play"),
  );
}

/**
 * The place after this one in its map, row by row; behind the last one the first.
 * @param {number[]} place
 * @param {number[]} shape
 */
export function following(place, shape) {
  const next = [...place];
  for (let axis = shape.length - 1; axis > 0; axis--) {
    next[axis] = (next[axis] + 1) % shape[axis];
    if (next[axis]) break;
  }
  return next;
}

function stop() {
  if (playing) clearInterval(playing);
  playing = null;
}

/** A button that was made anew keeps the focus. @param {string} selector */
function focusOn(selector) {
  /** @type {HTMLElement | null} */ (document.querySelector(`#guide ${selector}`))?.focus();
}

/** Facts as texts. @param {Record<string, any>} facts */
function asTexts(facts) {
  /** @type {Record<string, string>} */
  const texts = {};
  for (const [name, fact] of Object.entries(facts)) {
    texts[name] =
      typeof fact !== "number" ? (fact ?? "–") : Number.isInteger(fact) ? count(fact, language()) : figure(fact, 4);
  }
  return texts;
}

function remembered() {
  try {
    return localStorage.getItem(CLOSED) === null;
  } catch {
    return true; // a notebook's frame has no storage
  }
}

/** @param {boolean} open */
function remember(open) {
  try {
    if (open) localStorage.removeItem(CLOSED);
    else localStorage.setItem(CLOSED, "");
  } catch {
    // As above.
  }
}
