// Fixation, one image for a set time, a mask, then: which class was it?

import { acknowledge, firstAnswer } from "./answer.js";
import { cross, element } from "./page.js";
import { GAP_MS, frame, hold, onScreen, present, wait } from "./timing.js";

const DIGITS = "1234567890";
const MASK_MS = 200;
const MASK_SIDE = 256;

export async function categorise(display, context) {
  const { experiment, next, interval } = context;
  const { timing } = experiment;
  const letters = shortcuts(experiment.choices);
  const buttons = new Map(experiment.choices.map((choice) => [choice, option(choice, letters.get(choice))]));
  const keys = new Map([...letters].map(([choice, letter]) => [letter, choice]));
  const image = context.image(next.images[0]);
  image.alt = "image";
  const mask = timing.mask ? noise() : null;
  const stays = timing.image_ms === null;
  const grid = element("div", { className: "choices", role: "group", "aria-label": "Classes" }, ...buttons.values());
  grid.style.setProperty("--columns", Math.ceil(Math.sqrt(buttons.size)));
  arrows(grid, [...buttons.values()]);
  const box = element("div", { className: "picture" });
  const screen = element("div", { className: `category ${stays ? "stays" : "passes"}` }, box, grid);
  const prompt = element("h1", { className: "prompt" }, "What was in the image?");
  const feedback = element("p", { className: "feedback" });
  display.replaceChildren(prompt, screen, feedback);
  context.focus();
  await wait(GAP_MS);

  if (timing.fixation_ms) {
    const fixated = await present(() => box.replaceChildren(cross()));
    await hold(fixated, timing.fixation_ms, interval);
  } else {
    await frame();
  }
  box.replaceChildren(image); // drawn in this frame
  if (stays) screen.classList.add("open");
  const onset = await onScreen();
  const frames = {};
  if (!stays) {
    await hold(onset, timing.image_ms, interval);
    if (mask) box.replaceChildren(mask);
    else screen.classList.add("open");
    const gone = await onScreen();
    frames.image_ms = gone - onset;
    if (mask) {
      await hold(gone, MASK_MS, interval);
      screen.classList.add("open");
      frames.mask_ms = (await onScreen()) - gone;
    }
  }
  const { value, at } = await firstAnswer({ buttons, keys, timeout: timing.timeout_ms });
  await acknowledge({ choice: value }, { onset, at, frames }, context, { chosen: buttons.get(value), feedback });
}

function option(choice, letter) {
  const cap = letter ? [element("kbd", { "aria-hidden": "true" }, letter.toUpperCase())] : [];
  const shortcut = letter ? { "aria-keyshortcuts": letter } : {};
  return element("button", { type: "button", className: "choice", disabled: true, ...shortcut }, ...cap, choice);
}

// A digit for each class, or where they are more, a letter: the first of its name that no other class has, given out in
// order.
function shortcuts(choices) {
  if (choices.length <= DIGITS.length) return new Map(choices.map((choice, place) => [choice, DIGITS[place]]));
  const letters = new Map();
  const taken = new Set();
  for (const choice of choices) {
    const letter = [...choice.toLowerCase(), ...DIGITS].find((key) => /^[a-z0-9]$/.test(key) && !taken.has(key));
    if (!letter) continue;
    taken.add(letter);
    letters.set(choice, letter);
  }
  return letters;
}

// Arrow keys move among the classes, Enter and the space bar choose.
function arrows(grid, buttons) {
  const move = (event) => {
    const columns = buttons.filter((button) => button.offsetTop === buttons[0].offsetTop).length;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (!grid.isConnected) removeEventListener("keydown", move);
    if (step === undefined || buttons[0].disabled) return;
    event.preventDefault();
    const here = buttons.indexOf(document.activeElement);
    (here < 0 ? buttons[0] : buttons[here + step])?.focus();
  };
  addEventListener("keydown", move);
}

// Random patches of every size on top of each other: about the spectrum of photographs.
function noise() {
  const canvas = element("canvas", { width: MASK_SIDE, height: MASK_SIDE, className: "mask" });
  canvas.setAttribute("aria-hidden", "true");
  const context = canvas.getContext("2d");
  let layer = 1;
  for (let side = 4; side <= MASK_SIDE; side *= 2) {
    const small = element("canvas", { width: side, height: side });
    const drawing = small.getContext("2d");
    const data = drawing.createImageData(side, side);
    for (let place = 0; place < data.data.length; place += 1) {
      data.data[place] = place % 4 === 3 ? 255 : 256 * Math.random();
    }
    drawing.putImageData(data, 0, 0);
    context.globalAlpha = 1 / layer;
    context.drawImage(small, 0, 0, MASK_SIDE, MASK_SIDE);
    layer += 0.6;
  }
  return canvas;
}
