// Square maps over the same things, side by side, zoomed and read together.

async function heatmap(part) {
  const data = blockData(part);
  const m = data.labels.length;
  const palette = fromBase64(data.palette);
  const matrices = await Promise.all(data.maps.map(unpack));
  const canvases = [...part.querySelectorAll(".map canvas")];
  const readout = part.querySelector(".readout");
  const view = new View(m, m, { square: true, least: 4 });
  let order = Object.values(data.orders)[0];
  const longest = widest(data.labels, labelFont(12));
  let images = [];
  let hovered = null;
  let plot = { left: 0, top: 0, width: 1, height: 1 };

  const at = (matrix, cell) => matrix[order[cell.row] * m + order[cell.column]];
  const text = (value) => (Number.isNaN(value) ? "undefined" : fixed(value, data.digits));

  function paint() {
    const [low, high] = data.limits;
    images = matrices.map((matrix) => offscreen(m, m, (pixels) => {
      for (let row = 0; row < m; row++) {
        for (let column = 0; column < m; column++) {
          const value = at(matrix, { row, column });
          const shade = Math.max(0, Math.min(255, Math.floor(((value - low) / (high - low)) * 256)));
          const colour = Number.isNaN(value) ? UNDEFINED : palette.subarray(3 * shade, 3 * shade + 3);
          pixels.set(colour, 4 * (row * m + column));
          pixels[4 * (row * m + column) + 3] = 255;
        }
      }
    }));
  }

  // Names stand beside the maps as soon as they can be read: for few things, or zoomed in.
  function layout() {
    const width = Math.floor(canvases[0].parentElement.clientWidth);
    const gutter = Math.min(Math.ceil(longest) + 8, Math.floor(width * 0.36));
    const margin = (width - gutter) / view.w >= 9 ? gutter : 0;
    plot = { left: margin, top: 0, width: width - margin, height: width - margin };
    return plot;
  }

  function draw() {
    layout();
    canvases.forEach((canvas, index) => {
      const context = sized(canvas, plot.left + plot.width, plot.height + plot.left);
      drawCells(context, images[index], matrices[index]);
      drawLabels(context);
      if (hovered) drawMark(context);
      canvas.dataset.plot = [plot.left, plot.top, plot.width, plot.height].join(" ");
      canvas.dataset.view = [view.x, view.y, view.w, view.h].join(" ");
    });
  }

  function drawCells(context, image, matrix) {
    const size = plot.width / view.w;
    context.imageSmoothingEnabled = size < 1;
    context.imageSmoothingQuality = "high";
    context.drawImage(image, view.x, view.y, view.w, view.h, plot.left, plot.top, plot.width, plot.height);
    if (size < 5) return;
    context.save();
    context.beginPath();
    context.rect(plot.left, plot.top, plot.width, plot.height);
    context.clip();
    context.beginPath();
    for (const row of seen(view.y, view.h)) {
      for (const column of seen(view.x, view.w)) {
        if (Number.isNaN(at(matrix, { row, column }))) context.rect(...corner(column, row), size, size);
      }
    }
    context.fillStyle = hatch(context);
    context.fill();
    context.restore();
  }

  function seen(start, count) {
    const first = Math.floor(start), last = Math.min(m, Math.ceil(start + count));
    return Array.from({ length: last - first }, (_, i) => first + i);
  }

  function corner(column, row) {
    const size = plot.width / view.w;
    return [plot.left + (column - view.x) * size, plot.top + (row - view.y) * size];
  }

  function labelFont(size) {
    return `${Math.max(8, Math.min(12, size - 0.5))}px system-ui, sans-serif`;
  }

  function drawLabels(context) {
    if (!plot.left) return;
    const size = plot.width / view.w;
    context.font = labelFont(size);
    context.fillStyle = INK;
    context.textAlign = "right";
    context.textBaseline = "middle";
    const write = (position, x, y, angle) => {
      context.save();
      context.translate(x, y);
      context.rotate(angle);
      context.fillText(shortened(context, data.labels[order[position]], plot.left - 6), 0, 0.5);
      context.restore();
    };
    for (const row of seen(view.y, view.h)) {
      const y = (row + 0.5 - view.y) * size;
      if (y > 0 && y < plot.height) write(row, plot.left - 5, y, 0);
    }
    for (const column of seen(view.x, view.w)) {
      const x = (column + 0.5 - view.x) * size;
      if (x > 0 && x < plot.width) write(column, plot.left + x, plot.height + 5, -Math.PI / 2);
    }
  }

  function drawMark(context) {
    const size = plot.width / view.w, [x, y] = corner(hovered.column, hovered.row);
    context.fillStyle = "rgb(255 255 255 / 0.3)";
    context.save();
    context.beginPath();
    context.rect(plot.left, plot.top, plot.width, plot.height);
    context.clip();
    for (const [from, far] of [[0, -plot.width], [size, plot.width]]) {
      context.fillRect(x + from, y, far, size);
      context.fillRect(x, y + from, size, far);
    }
    for (const [colour, line] of [["#fff", 4], ["#111", 1.5]]) {
      context.strokeStyle = colour;
      context.lineWidth = line;
      context.strokeRect(x, y, size, size);
    }
    context.restore();
  }

  function hover(index, cell, x, y) {
    hovered = cell;
    const row = data.labels[order[cell.row]], column = data.labels[order[cell.column]];
    showTip([
      [row, "name"],
      [column, "name"],
      [`${data.value} ${text(at(matrices[index], cell))}`, "value"],
    ], x, y);
    const values = data.titles.map((title, i) => `${title} ${text(at(matrices[i], cell))}`);
    readout.textContent = `${row} and ${column}: ${values.join("; ")}`;
    draw();
  }

  function leave() {
    hovered = null;
    hideTip();
    draw();
  }

  canvases.forEach((canvas, index) => attach(canvas, view, {
    layout,
    changed: draw,
    hover: (cell, x, y) => hover(index, cell, x, y),
    leave,
    step: () => 1,
  }));
  attachButtons(part, view, draw);

  const choices = [...part.querySelectorAll("[data-order]")];
  for (const button of choices) {
    button.addEventListener("click", () => {
      order = data.orders[button.dataset.order];
      for (const other of choices) other.setAttribute("aria-pressed", String(other === button));
      hovered = null;
      paint();
      draw();
    });
  }

  drawRamp(part.querySelector(".ramp"), palette);
  part.querySelector(".low").textContent = fixed(data.limits[0], 1);
  part.querySelector(".high").textContent = fixed(data.limits[1], 1);
  paint();
  draw();
  onResize(part, draw);
}
