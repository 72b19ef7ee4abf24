/** What is looked at: an input, a layer, a place in its output. It stands in the page's address. */

/** @typedef {import("./network.js").Network} Network */
/** @typedef {{run: number, layer: number, place: number[]}} Chosen */

export class Choice {
  /** @param {Network} network */
  constructor(network) {
    this.network = network;
    /** @type {Chosen} */
    this.now = this.read(location.hash) ?? this.first(0);
    /** @type {Chosen[]} */
    this.before = [];
    /** @type {((now: Chosen, last: Chosen) => void)[]} */
    this.listeners = [];
    addEventListener("popstate", () => {
      const named = location.hash ? this.read(location.hash) : this.first(0);
      if (named) this.tell(named);
    });
  }

  /** What is shown first: the cell of the thread in the first layer that multiplies. @param {number} run @returns {Chosen} */
  first(run) {
    const { thread } = this.network.runs[run];
    const found = [...thread].reverse().find((/** @type {any} */ [layer]) => layer > 0) ?? [0, [0, 0, 0]];
    return { run, layer: found[0], place: found[1] };
  }

  /** @param {(now: Chosen, last: Chosen) => void} listener */
  listen(listener) {
    this.listeners.push(listener);
  }

  /** @param {number} layer @param {number[]} place @param {number} [run] */
  go(layer, place, run = this.now.run) {
    const { now } = this;
    if (now.run === run && now.layer === layer && now.place.join() === place.join()) return;
    this.before.push(now);
    this.turn({ run, layer, place });
  }

  /** To the cell that was looked at before. */
  back() {
    const last = this.before.pop();
    if (last) this.turn(last);
  }

  /** To another cell, which the address names from now on. @param {Chosen} chosen */
  turn(chosen) {
    this.tell(chosen);
    try {
      history.pushState(null, "", this.address());
    } catch {
      // In a notebook's frame there is no address.
    }
  }

  /** @param {Chosen} chosen */
  tell(chosen) {
    const last = this.now;
    this.now = chosen;
    for (const listener of this.listeners) listener(chosen, last);
  }

  address({ run, layer, place } = this.now) {
    const name = encodeURIComponent(this.network.layers[layer].name);
    return `#${name}:${place.join(",")}${run ? `@${run + 1}` : ""}`;
  }

  /** The cell that an address names, null where there is none of that name. @param {string} hash @returns {Chosen | null} */
  read(hash) {
    const found = /^#(.+):([\d,]+)(?:@(\d+))?$/.exec(hash);
    if (!found) return null;
    const layer = this.network.numbers.get(decoded(found[1]));
    const run = Number(found[3] ?? 1) - 1;
    if (layer === undefined || !this.network.runs[run]) return null;
    const place = found[2].split(",").map(Number);
    const { shape } = this.network.layers[layer];
    return place.length === shape.length && place.every((at, axis) => at < shape[axis]) ? { run, layer, place } : null;
  }
}

/** A name as it stands in an address; what is no such text is left as it is. @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
