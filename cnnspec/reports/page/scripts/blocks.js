/** The data blocks of the page: base64 of deflated bytes. */

/** @param {string} name @returns {Uint8Array} the bytes of a block */
export function bytesOf(name) {
  const text = document.getElementById(name)?.textContent ?? "";
  const quick = /** @type {any} */ (Uint8Array).fromBase64;
  if (quick) return quick.call(Uint8Array, text);
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

/** @param {Uint8Array} bytes @returns {Promise<ArrayBuffer>} */
export function inflated(bytes) {
  const stream = new Blob([/** @type {BlobPart} */ (bytes)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

/** @param {string} name @returns {Promise<any>} */
export async function dataOf(name) {
  return JSON.parse(new TextDecoder().decode(await inflated(bytesOf(name))));
}

/** Bytes of equal weight stand together; put each number's own together again. @param {ArrayBuffer} buffer */
export function unshuffled(buffer) {
  const from = new Uint8Array(buffer);
  const count = from.length / 4;
  const bytes = new Uint8Array(from.length);
  for (let byte = 0; byte < 4; byte++) {
    const start = byte * count;
    for (let i = 0, to = byte; i < count; i++, to += 4) bytes[to] = from[start + i];
  }
  return new Float32Array(bytes.buffer);
}
