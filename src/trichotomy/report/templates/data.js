"use strict";

// Data blocks: JSON in which arrays and long texts are base64 of gzip.

const THIN_SPACE = "\u202f", MINUS = "\u2212", DASH = "\u2013";

const unpackers = {
  json: (bytes) => JSON.parse(new TextDecoder().decode(bytes)),
  float32: (bytes) => new Float32Array(bytes.buffer),
  bits: (bytes) => bytes,
  text: (bytes) => bytes, // saved as it is
};

async function unpack(packed) {
  const zipped = fromBase64(packed.gzip);
  const stream = new Blob([zipped]).stream().pipeThrough(new DecompressionStream("gzip"));
  return unpackers[packed.type](new Uint8Array(await new Response(stream).arrayBuffer()));
}

function fromBase64(text) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

function blockData(part) {
  return JSON.parse(part.querySelector("script.data").textContent);
}

// Numbers as text, as cells.py writes them.

function fixed(value, digits) {
  return value.toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", MINUS);
}

function grouped(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",").replace("-", MINUS);
}

function percent(share, digits = 1) {
  return `${fixed(100 * share, digits)}${THIN_SPACE}%`;
}

// The tooltip: one for the whole page.

const tip = document.getElementById("tip");

function showTip(lines, x, y) {
  tip.replaceChildren(...lines.map(([text, kind]) => {
    const line = document.createElement("div");
    line.textContent = text;
    line.className = kind;
    return line;
  }));
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  const left = x + 16 + width > innerWidth - 8 ? x - 16 - width : x + 16;
  const top = y + 16 + height > innerHeight - 8 ? y - 12 - height : y + 16;
  tip.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  tip.style.top = `${Math.max(8, top)}px`;
}

function hideTip() {
  tip.hidden = true;
}

addEventListener("scroll", hideTip, { passive: true });
