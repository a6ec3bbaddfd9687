// Two images side by side: which one?

import { acknowledge, firstAnswer } from "./answer.js";
import { cross, element } from "./page.js";
import { GAP_MS, present, vanish, wait } from "./timing.js";

const SIDES = ["left", "right"];
const KEYS = { left: ["arrowleft", "f"], right: ["arrowright", "j"] };
const CAPS = { arrowleft: "←", arrowright: "→" };

export async function pairs(display, context) {
  const { experiment, next, interval } = context;
  const { fixation_ms, image_ms } = experiment.timing;
  const buttons = new Map(
    SIDES.map((side, place) => {
      const image = context.image(next.images[place]);
      image.alt = `${side} image`;
      return [side, element("button", { type: "button", className: "picture", disabled: true }, image)];
    }),
  );
  const keys = new Map(SIDES.flatMap((side) => KEYS[side].map((key) => [key, side])));
  const pair = element("div", { className: "pair waiting" }, ...buttons.values(), ...(fixation_ms ? [cross()] : []));
  const feedback = element("p", { className: "feedback" });
  display.replaceChildren(
    element("h1", { className: "prompt" }, "Which image is easier for the program?"),
    pair,
    element("div", { className: "hints" }, ...SIDES.map((side) => element("span", {}, ...keycaps(KEYS[side])))),
    feedback,
  );
  context.focus();
  await wait(Math.max(GAP_MS, fixation_ms));
  const onset = await present(() => pair.classList.remove("waiting"));
  const frames = vanish(() => pair.classList.add("gone"), onset, image_ms, interval);
  const { value, at } = await firstAnswer({ buttons, keys });
  await acknowledge({ choice: value }, { onset, at, frames }, context, { chosen: buttons.get(value), feedback });
}

function keycaps(keys) {
  const caps = keys.map((key) => element("kbd", {}, CAPS[key] ?? key.toUpperCase()));
  return caps.flatMap((cap, place) => (place ? [" or ", cap] : [cap]));
}
