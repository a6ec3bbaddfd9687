// Decisions, one row per observer or epoch, one column per item. Where a pixel is narrower than an item's share of the
// width, a column is the mean of `bin` neighbouring items: drawing single ones would alias into false stripes.

async function raster(part) {
  const data = blockData(part);
  const { n, rows } = data;
  const stride = Math.ceil(n / 8);
  const palette = fromBase64(data.palette);
  const right = await unpack(data.right);
  const missing = data.missing && (await unpack(data.missing));
  const ids = data.items && (await unpack(data.items));
  const canvas = part.querySelector("canvas");
  const readout = part.querySelector(".readout");
  const binning = part.querySelector(".binning");
  const view = new View(n, rows.length, { square: false, least: 16 });
  const strip = data.bands.length ? 20 : 0;
  let plot = { left: 0, top: 0, width: 1, height: 1 };
  let bin = 1;
  let hovered = null;
  const longest = widest(rows, labelFont());
  let drawn = { key: "" };

  const bit = (plane, row, item) => (plane[row * stride + (item >> 3)] >> (7 - (item & 7))) & 1;

  // Number right and number answered of the items [start, stop).
  function tally(row, start, stop) {
    let hits = 0, answered = stop - start;
    for (let item = start; item < stop; item++) {
      hits += bit(right, row, item);
      if (missing) answered -= bit(missing, row, item);
    }
    return { hits, answered };
  }

  function binOf(column) {
    const start = Math.floor(column / bin) * bin;
    return [start, Math.min(n, start + bin)];
  }

  function rowHeight() {
    if (rows.length > 90) return Math.max(1, 480 / rows.length);
    return Math.max(9, Math.min(24, 400 / rows.length));
  }

  function layout() {
    const card = canvas.parentElement, style = getComputedStyle(card);
    const width = Math.floor(card.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight));
    const height = Math.round(rowHeight() * rows.length);
    const left = rowHeight() < 9 ? 0 : Math.min(Math.ceil(longest) + 8, Math.floor(width * 0.3));
    plot = { left, top: 0, width: width - left, height };
    bin = Math.max(1, Math.ceil(view.w / plot.width));
    return plot;
  }

  function labelFont() {
    return `${Math.min(12, rowHeight() - 0.5)}px system-ui, sans-serif`;
  }

  function draw() {
    layout();
    const context = sized(canvas, plot.left + plot.width, plot.height + strip);
    drawDecisions(context);
    drawRows(context);
    drawBands(context);
    if (hovered) drawMark(context);
    canvas.dataset.plot = [plot.left, plot.top, plot.width, plot.height].join(" ");
    canvas.dataset.view = [view.x, view.y, view.w, view.h].join(" ");
    canvas.dataset.bin = bin;
    binning.textContent = bin > 1
      ? `Each column is the mean of ${bin} neighbouring items; zoom in to see single ones.`
      : "Each column is one item.";
  }

  // One pixel per row and bin, kept until the bins in view change.
  function binned(first, last) {
    const key = `${bin} ${first} ${last}`;
    if (drawn.key === key) return drawn.image;
    const image = offscreen(last - first, rows.length, (pixels) => {
      let at = 0;
      for (let row = 0; row < rows.length; row++) {
        for (let k = first; k < last; k++, at += 4) {
          const { hits, answered } = tally(row, k * bin, Math.min(n, (k + 1) * bin));
          const shade = 3 * Math.round((255 * hits) / Math.max(1, answered));
          pixels.set(answered ? palette.subarray(shade, shade + 3) : NOT_ASKED, at);
          pixels[at + 3] = 255;
        }
      }
    });
    drawn = { key, image };
    return image;
  }

  function drawDecisions(context) {
    const first = Math.floor(view.x / bin), last = Math.ceil(Math.min(n, view.x + view.w) / bin);
    const image = binned(first, last);
    const scale = plot.width / view.w;
    clipped(context, 0, () => {
      context.drawImage(
        image, plot.left + (first * bin - view.x) * scale, 0, (last - first) * bin * scale, plot.height,
      );
    });
  }

  function clipped(context, extra, paint) {
    context.save();
    context.beginPath();
    context.rect(plot.left, 0, plot.width, plot.height + extra);
    context.clip();
    paint();
    context.restore();
  }

  function drawRows(context) {
    if (!plot.left) return;
    context.font = labelFont();
    context.fillStyle = INK;
    context.textAlign = "right";
    context.textBaseline = "middle";
    rows.forEach((row, i) => {
      context.fillText(shortened(context, row, plot.left - 8), plot.left - 5, (i + 0.5) * rowHeight() + 0.5);
    });
  }

  function drawBands(context) {
    const scale = plot.width / view.w;
    context.font = "12px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    const end = plot.left + plot.width, names = [];
    let start = 0;
    for (const { label, count } of data.bands) {
      const from = Math.max(plot.left, plot.left + (start - view.x) * scale);
      const to = Math.min(end, plot.left + (start + count - view.x) * scale);
      start += count;
      if (to <= from) continue;
      context.fillStyle = INK;
      context.fillRect(from + 0.5, plot.height + 3, Math.max(1, to - from - 1), 1.5);
      if (to < end - 1) {
        context.fillStyle = "#fff";
        context.fillRect(to - 1.5, 0, 3, plot.height);
        context.fillStyle = INK;
        context.fillRect(to - 0.5, 0, 1, plot.height);
      }
      const text = `${label} ${percent(count / n)}`, half = context.measureText(text).width / 2;
      names.push({ text, half, room: to - from, x: Math.max(plot.left + half, Math.min((from + to) / 2, end - half)) });
    }
    // Wide bands are named first; a narrow one only where its name meets no other.
    const written = [];
    context.fillStyle = INK;
    for (const name of names.sort((a, b) => b.room - a.room)) {
      if (written.some((other) => Math.abs(other.x - name.x) < other.half + name.half + 8)) continue;
      written.push(name);
      context.fillText(name.text, name.x, plot.height + 13);
    }
  }

  function drawMark(context) {
    const scale = plot.width / view.w, [start, stop] = binOf(hovered.column);
    const x = plot.left + (start - view.x) * scale, width = Math.max(2, (stop - start) * scale);
    const y = hovered.row * rowHeight(), height = Math.max(2, rowHeight());
    clipped(context, 0, () => {
      for (const [colour, line] of [["#fff", 4], ["#111", 1.5]]) {
        context.strokeStyle = colour;
        context.lineWidth = line;
        context.strokeRect(x, y, width, height);
      }
    });
  }

  const nameOf = (item) => (ids ? ids[item] : `item ${grouped(item + 1)}`);

  function bandOf(item) {
    let stop = 0;
    return data.bands.find(({ count }) => item < (stop += count))?.label;
  }

  function answer(row, start, stop) {
    const { hits, answered } = tally(row, start, stop);
    if (!answered) return "missing";
    if (stop - start === 1) return hits ? "right" : "wrong";
    const left = answered < stop - start ? `, ${stop - start - answered} missing` : "";
    return `${percent(hits / answered)} right${left}`;
  }

  function hover(cell, x, y) {
    hovered = cell;
    const [start, stop] = binOf(cell.column);
    const what = stop - start === 1
      ? nameOf(start)
      : `${stop - start} items, ${nameOf(start)} to ${nameOf(stop - 1)}`;
    const found = answer(cell.row, start, stop);
    const bands = [...new Set([bandOf(start), bandOf(stop - 1)])].filter(Boolean).join(" and ");
    const name = `${data.rowNoun} ${rows[cell.row]}`;
    showTip([[name, "name"], [what, ""], [found, "value"], ...(bands ? [[bands, ""]] : [])], x, y);
    readout.textContent = `${name}, ${what}: ${found}${bands ? `; ${bands}` : ""}`;
    draw();
  }

  function leave() {
    hovered = null;
    hideTip();
    draw();
  }

  attach(canvas, view, { layout, changed: draw, hover, leave, step: () => bin });
  attachButtons(part, view, draw);
  drawRamp(part.querySelector(".ramp"), palette);
  part.querySelector(".missing").hidden = !missing;
  draw();
  onResize(part, draw);
}
