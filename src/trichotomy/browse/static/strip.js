// A strip of epochs: one stroke each, right, wrong or not asked.

const COLOURS = { 1: "#0072b2", 0: "#d55e00", "-": "#9aa2ab55" };

export function drawStrip(canvas, right) {
  const each = Math.max(2, Math.min(14, Math.floor(360 / right.length)));
  canvas.width = each * right.length;
  canvas.height = 14;
  const pen = canvas.getContext("2d");
  [...right].forEach((code, k) => {
    pen.fillStyle = COLOURS[code];
    const low = code === "0"; // right is told by height too, for those who do not see the colours
    pen.fillRect(k * each, low ? 7 : 1, each > 3 ? each - 1 : each, low ? 6 : 12);
  });
}

export function epochAt(canvas, event, epochs) {
  const box = canvas.getBoundingClientRect();
  return Math.max(0, Math.min(epochs - 1, Math.floor(((event.clientX - box.left) / box.width) * epochs)));
}
