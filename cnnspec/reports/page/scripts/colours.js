/** From numbers to colours: 0 has the paper's colour, what is below is blue, what is above orange. */

/** @typedef {[number, number, number]} Colour */

/** @type {{light: Colour[], dark: Colour[]}} least, zero, largest */
const PALETTES = {
  light: [
    [33, 102, 172],
    [255, 255, 255],
    [217, 95, 2],
  ],
  dark: [
    [88, 166, 255],
    [22, 27, 34],
    [255, 147, 51],
  ],
};
/** @type {Colour} */
const LOST = [128, 128, 128];

const dark = matchMedia("(prefers-color-scheme: dark)");
export const settings = { gray: false, alone: false, digits: 4 };

/** @param {() => void} repaint called when the page turns dark or light */
export function onTheme(repaint) {
  dark.addEventListener("change", repaint);
}

/** The colour of a share of the largest size, from -1 to 1. @param {number} share @returns {Colour} */
export function colourOf(share) {
  if (!Number.isFinite(share)) return LOST;
  const [least, zero, largest] = dark.matches ? PALETTES.dark : PALETTES.light;
  const bounded = Math.max(-1, Math.min(1, share));
  if (settings.gray) {
    const level = Math.round(127.5 * (1 + bounded));
    return [level, level, level];
  }
  const end = bounded < 0 ? least : largest;
  const size = Math.abs(bounded);
  return /** @type {Colour} */ (zero.map((from, i) => Math.round(from + size * (end[i] - from))));
}

/** Background and text colour of a cell with a number in it. @param {number} share */
export function cellStyle(share) {
  const colour = colourOf(share);
  const [r, g, b] = colour.map((level) =>
    level / 255 <= 0.04045 ? level / 3294.6 : ((level / 255 + 0.055) / 1.055) ** 2.4,
  );
  const bright = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return { "background-color": `rgb(${colour.join(" ")})`, color: bright > 0.179 ? "#000" : "#fff" };
}

/** The largest size among finite numbers, 1 where all are 0. @param {ArrayLike<number>} values */
export function largestOf(values) {
  let most = 0;
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) most = Math.max(most, Math.abs(values[i]));
  return most || 1;
}

/**
 * Draw numbers (rows, columns) on a canvas of as many pixels.
 * @param {HTMLCanvasElement} canvas @param {ArrayLike<number>} values @param {number} columns @param {number} largest
 */
export function paint(canvas, values, columns, largest) {
  const rows = Math.ceil(values.length / columns);
  paintPixels(canvas, columns, rows, values.length, (i) => colourOf(values[i] / largest));
}

/**
 * @param {HTMLCanvasElement} canvas @param {number} columns @param {number} rows @param {number} count
 * @param {(i: number) => ArrayLike<number>} colour
 */
export function paintPixels(canvas, columns, rows, count, colour) {
  canvas.width = columns;
  canvas.height = rows;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(columns, rows);
  for (let i = 0; i < count; i++) {
    image.data.set(colour(i), 4 * i);
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/**
 * The input as the picture that it was: its preparation undone; what nothing is known of goes from its least value to
 * its largest. @param {HTMLCanvasElement} canvas @param {Float32Array} values @param {number[]} shape @param {any} made
 */
export function paintPicture(canvas, values, [channels, rows, columns], made) {
  const size = rows * columns;
  const [low, high] = range(values);
  /** @param {number} c @param {number} i */
  const level = (c, i) => {
    const value = values[c * size + i];
    if (!made) return (255 * (value - low)) / (high - low || 1);
    const pixel = (value * made.std[c] + made.mean[c]) / made.scale;
    return made.invert ? 255 - pixel : pixel;
  };
  const order = channels < 3 ? [0, 0, 0] : made?.bgr ? [2, 1, 0] : [0, 1, 2];
  paintPixels(canvas, columns, rows, size, (i) => order.map((c) => level(c, i)));
}

/** @param {Float32Array} values @returns {[number, number]} */
function range(values) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
