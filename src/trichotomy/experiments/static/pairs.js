// Two images side by side: which one?

import { acknowledge, firstAnswer } from "./answer.js";
import { cross, element } from "./page.js";
import { present, vanish, wait } from "./timing.js";

const SIDES = ["left", "right"];
const KEYS = { left: ["f", "arrowleft"], right: ["j", "arrowright"] };
const GAP_MS = 350; // between an answer and the next pair: longer than a double click

const lower = (key) => key.toLowerCase();

export async function pairs(display, context) {
  const { experiment, next, interval } = context;
  const { fixation_ms = 0, image_ms = null } = experiment.timing ?? {};
  const names = SIDES.map((side) => [...new Set([experiment.keys?.[side] ?? [], KEYS[side]].flat().map(lower))]);
  const buttons = new Map(
    SIDES.map((side, place) => {
      const image = context.image(next.images[place]);
      image.alt = `${side} image`;
      return [side, element("button", { type: "button", className: "picture", disabled: true }, image)];
    }),
  );
  const keys = new Map(SIDES.flatMap((side, place) => names[place].map((key) => [key, side])));
  const pair = element("div", { className: "pair waiting" }, ...buttons.values(), ...(fixation_ms ? [cross()] : []));
  const feedback = element("p", { className: "feedback" });
  display.replaceChildren(
    element("h1", { className: "prompt" }, experiment.questions?.[0]?.prompt ?? "Which image is easier for the program?"),
    pair,
    element("div", { className: "hints" }, ...names.map((some) => element("span", {}, keycaps(some)))),
    feedback,
  );
  context.focus();
  await wait(Math.max(GAP_MS, fixation_ms));
  const onset = await present(() => pair.classList.remove("waiting"));
  const shown = {};
  vanish(() => pair.classList.add("gone"), onset, image_ms, interval).then((ms) => {
    if (ms !== null) shown.image_ms = ms;
  });
  const { value, at } = await firstAnswer({ buttons, keys });
  const given = { onset, at, frames: shown };
  await acknowledge({ choice: value }, given, context, { chosen: buttons.get(value), feedback });
}

const CAPS = { arrowleft: "←", arrowright: "→", arrowup: "↑", arrowdown: "↓", " ": "space" };

function keycaps(names) {
  const caps = document.createDocumentFragment();
  names.forEach((name, place) => {
    if (place) caps.append(" or ");
    caps.append(element("kbd", {}, CAPS[name] ?? name.toUpperCase()));
  });
  return caps;
}
