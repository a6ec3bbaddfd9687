// What of a map or raster is seen, and how pointer, wheel and keys change it.

class View {
  // Columns and rows [x, x + w) by [y, y + h) of `columns` by `rows`; `square` zooms both, otherwise x alone.
  constructor(columns, rows, { square, least }) {
    Object.assign(this, { columns, rows, square, least: Math.min(least, columns) });
    this.reset();
  }

  reset() {
    Object.assign(this, { x: 0, y: 0, w: this.columns, h: this.rows });
  }

  get whole() {
    return this.w >= this.columns;
  }

  // Shrink the view `factor` times, keeping in place what is at the fractions fx, fy of it.
  zoom(factor, fx = 0.5, fy = 0.5) {
    const w = Math.max(this.least, Math.min(this.columns, this.w / factor));
    this.x += fx * (this.w - w);
    if (this.square) {
      this.y += fy * (this.w - w);
      this.h = w;
    }
    this.w = w;
    this.clamp();
  }

  pan(columns, rows) {
    this.x += columns;
    if (this.square) this.y += rows;
    this.clamp();
  }

  // Move as little as needed so that a cell is seen.
  reveal(column, row) {
    this.x = Math.min(column, Math.max(this.x, column + 1 - this.w));
    this.y = Math.min(row, Math.max(this.y, row + 1 - this.h));
    this.clamp();
  }

  clamp() {
    this.x = Math.max(0, Math.min(this.x, this.columns - this.w));
    this.y = Math.max(0, Math.min(this.y, this.rows - this.h));
  }
}

// Wire a canvas. `layout()` is the rectangle {left, top, width, height} of the drawing in it, in CSS pixels;
// `changed()` redraws, `hover(cell, x, y)` shows {column, row} at a place of the window, `leave()` ends it;
// `step()` is how many columns an arrow key moves.
function attach(canvas, view, { layout, changed, hover, leave, step }) {
  const pointers = new Map();
  let focused = { column: 0, row: 0 };
  let pinch = 0;

  const fractions = (event) => {
    const box = canvas.getBoundingClientRect(), area = layout();
    return [
      (event.clientX - box.left - area.left) / area.width,
      (event.clientY - box.top - area.top) / area.height,
    ];
  };

  const redraw = () => {
    canvas.style.touchAction = view.whole ? "pan-y" : "none";
    changed();
  };

  const point = (event) => {
    const [fx, fy] = fractions(event);
    if (fx < 0 || fx >= 1 || fy < 0 || fy >= 1) return leave();
    focused = { column: Math.floor(view.x + fx * view.w), row: Math.floor(view.y + fy * view.h) };
    return hover(focused, event.clientX, event.clientY);
  };

  const show = () => {
    const box = canvas.getBoundingClientRect(), area = layout();
    const x = box.left + area.left + ((focused.column + 0.5 - view.x) / view.w) * area.width;
    const y = box.top + area.top + ((focused.row + 0.5 - view.y) / view.h) * area.height;
    hover(focused, x, y);
  };

  // The cell under the pointer stays there, even where zooming makes room for names and so moves the drawing.
  const zoom = (event, factor) => {
    const [fx, fy] = fractions(event);
    const column = view.x + fx * view.w, row = view.y + fy * view.h;
    view.zoom(factor, fx, fy);
    const [gx, gy] = fractions(event).map((f) => Math.max(0, Math.min(1, f)));
    view.pan(column - view.x - gx * view.w, row - view.y - gy * view.h);
    redraw();
  };

  const distance = () => {
    const [a, b] = [...pointers.values()];
    return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  };

  canvas.addEventListener("pointerdown", (event) => {
    pointers.set(event.pointerId, event);
    if (event.pointerType === "mouse") canvas.setPointerCapture(event.pointerId);
    if (pointers.size === 2) pinch = distance();
    else point(event);
  });

  canvas.addEventListener("pointermove", (event) => {
    const last = pointers.get(event.pointerId);
    if (last) pointers.set(event.pointerId, event);
    if (pointers.size === 2) {
      const now = distance();
      zoom(event, now / pinch);
      pinch = now;
      return undefined;
    }
    if (last && !view.whole) {
      const area = layout();
      view.pan(
        ((last.clientX - event.clientX) / area.width) * view.w,
        ((last.clientY - event.clientY) / area.height) * view.h,
      );
      redraw();
    }
    return point(event);
  });

  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, (event) => pointers.delete(event.pointerId));
  }
  canvas.addEventListener("pointerleave", (event) => {
    pointers.delete(event.pointerId);
    if (event.pointerType === "mouse") leave();
  });

  // The wheel scrolls the page until the canvas is in use.
  canvas.addEventListener("wheel", (event) => {
    if (document.activeElement !== canvas && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(event, Math.exp(-event.deltaY / 300));
    point(event);
  }, { passive: false });

  canvas.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const move = moves[event.key];
    if (move) {
      const within = (v, n) => Math.max(0, Math.min(n - 1, v));
      focused = {
        column: within(focused.column + move[0] * step(), view.columns),
        row: within(focused.row + move[1], view.rows),
      };
      view.reveal(focused.column, focused.row);
    } else if (event.key === "+" || event.key === "=") view.zoom(1.5);
    else if (event.key === "-") view.zoom(1 / 1.5);
    else if (event.key === "0") view.reset();
    else if (event.key === "Escape") return leave();
    else return undefined;
    event.preventDefault();
    redraw();
    return show();
  });

  canvas.addEventListener("focus", () => {
    if (canvas.matches(":focus-visible")) show();
  });
  canvas.addEventListener("blur", leave);
}

// The buttons + − Reset above a map or raster.
function attachButtons(part, view, changed) {
  const actions = { in: () => view.zoom(2), out: () => view.zoom(0.5), reset: () => view.reset() };
  for (const [name, action] of Object.entries(actions)) {
    part.querySelector(`[data-do="${name}"]`).addEventListener("click", () => {
      action();
      hideTip();
      changed();
    });
  }
}

// Drawing that maps and rasters share.

const INK = "#22262b", UNDEFINED = [221, 221, 221], NOT_ASKED = [180, 180, 180];

// Size a canvas in CSS pixels, crisp on any screen, and return its cleared context.
function sized(canvas, width, height) {
  const ratio = Math.max(1, devicePixelRatio);
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.imageSmoothingEnabled = false;
  return context;
}

function offscreen(width, height, paint) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d"), image = context.createImageData(width, height);
  paint(image.data);
  context.putImageData(image, 0, 0);
  return canvas;
}

function drawRamp(canvas, palette) {
  canvas.getContext("2d").drawImage(offscreen(256, 1, (pixels) => {
    for (let i = 0; i < 256; i++) pixels.set([...palette.subarray(3 * i, 3 * i + 3), 255], 4 * i);
  }), 0, 0);
}

function hatch(context) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const pen = tile.getContext("2d");
  pen.strokeStyle = "#9a9a9a";
  for (const shift of [-6, 0, 6]) {
    pen.moveTo(shift, 6);
    pen.lineTo(shift + 6, 0);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}

function widest(names, font) {
  const context = document.createElement("canvas").getContext("2d");
  context.font = font;
  return Math.max(...names.map((name) => context.measureText(name).width));
}

function shortened(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let kept = text.length - 1;
  while (kept > 1 && context.measureText(`${text.slice(0, kept)}…`).width > width) kept--;
  return `${text.slice(0, kept)}…`;
}

// Call `draw` now and whenever the width of the element changes, once per frame.
function onResize(element, draw) {
  let width = 0;
  new ResizeObserver(() => {
    if (element.clientWidth === width) return;
    width = element.clientWidth;
    requestAnimationFrame(draw);
  }).observe(element);
}
