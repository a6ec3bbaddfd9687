// One image and a few questions about it.

import { acknowledge, onPress } from "./answer.js";
import { element } from "./page.js";
import { GAP_MS, present, timeOf, vanish, wait } from "./timing.js";

const LONGEST_ROW = 24; // a longer scale is a number that one types
const KEYS = 9; // digits that choose an option
const DIGITS_MS = 1000; // "1" then "0" within this time is 10

export async function ratings(display, context) {
  const { experiment, next, interval } = context;
  const image = context.image(next.images[0]);
  image.alt = "image";
  const asked = experiment.questions.map(question);
  const hint = element("p", { className: "hint" }, "Keys: numbers choose, Enter goes on.");
  const missing = element("p", { className: "missing", role: "alert" });
  const button = element("button", { className: "jspsych-btn", type: "button" }, "Next");
  const feedback = element("p", { className: "feedback" });
  const form = element(
    "form",
    { className: "questions", noValidate: true },
    ...asked.map(({ fieldset }) => fieldset),
    element("div", { className: "end" }, button, missing, hint),
  );
  const picture = element("div", { className: "picture" }, image);
  const rating = element("div", { className: "rating waiting" }, picture, form);
  display.replaceChildren(element("h1", { className: "unseen" }, "Questions about one image"), rating, feedback);
  await wait(GAP_MS);
  const onset = await present(() => rating.classList.remove("waiting"));
  asked[0].inputs[0].focus({ preventScroll: true });
  const frames = vanish(() => rating.classList.add("gone"), onset, experiment.timing.image_ms, interval);
  const at = await completed(form, button, asked, missing);
  for (const { fieldset } of asked) fieldset.disabled = true;
  const answer = Object.fromEntries(asked.map(({ name, value }) => [name, value()]));
  await acknowledge(answer, { onset, at, frames }, context, { chosen: button, feedback });
}

// The question as a group of radio buttons: arrow keys, Tab and screen readers know those.
function question({ name, prompt, kind, options }) {
  if (options.length > LONGEST_ROW) return numberQuestion({ name, prompt, options });
  const inputs = options.map((option, place) =>
    element("input", { type: "radio", name: `question-${name}`, value: String(place) }),
  );
  const cap = (place) => (kind !== "scale" && place < KEYS ? [element("kbd", { "aria-hidden": "true" }, String(place + 1))] : []);
  const labels = options.map((option, place) =>
    element("label", {}, inputs[place], element("span", {}, ...cap(place), String(option))),
  );
  const row = element("div", { className: `options ${kind === "scale" ? "scale" : "words"}` }, ...labels);
  const fieldset = element("fieldset", {}, element("legend", {}, prompt), row);
  const chosen = () => inputs.findIndex((input) => input.checked);
  return { name, kind, options, inputs, fieldset, chosen, value: () => options[chosen()] };
}

function numberQuestion({ name, prompt, options }) {
  const [low, high] = [options[0], options.at(-1)];
  const input = element("input", { type: "number", min: low, max: high, step: 1, "aria-label": prompt });
  const row = element("div", { className: "options" }, input, element("span", { className: "range" }, `${low} to ${high}`));
  const fieldset = element("fieldset", {}, element("legend", {}, prompt), row);
  const chosen = () => (input.value === "" ? -1 : options.indexOf(Number(input.value)));
  return { name, kind: "number", options, inputs: [input], fieldset, chosen, value: () => options[chosen()] };
}

// Fulfilled with the time of the press that ended a form in which every question has an answer.
function completed(form, button, asked, missing) {
  return new Promise((done) => {
    const ending = new AbortController();
    const { signal } = ending;
    const typed = { digits: "", at: -Infinity, question: null };

    const goOn = (at) => {
      const open = asked.find(({ chosen }) => chosen() < 0);
      if (open) {
        open.inputs[0].focus();
        return false;
      }
      ending.abort();
      button.disabled = true;
      done(at);
      return true;
    };
    onPress(button, (at) => {
      if (!goOn(at)) missing.textContent = "Please answer every question.";
    }, signal); // prettier-ignore
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", () => {
      missing.textContent = "";
    }, { signal }); // prettier-ignore
    addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
      if (event.key === "Enter" && event.target !== button) {
        event.preventDefault();
        goOn(timeOf(event));
      } else if (/^[0-9]$/.test(event.key) && event.target.type !== "number") {
        event.preventDefault();
        const here = asked.find(({ fieldset }) => fieldset.contains(document.activeElement));
        choose(here ?? asked.find(({ chosen }) => chosen() < 0) ?? asked[0], event.key, typed);
      }
    }, { signal }); // prettier-ignore
  });
}

// A digit is a value of a scale, and the place (from 1) of an option elsewhere.
function choose(question, digit, typed) {
  const now = performance.now();
  const goesOn = typed.question === question && now - typed.at < DIGITS_MS;
  const find = (digits) =>
    question.kind === "scale" ? question.options.map(String).indexOf(digits) : Number(digits) - 1;
  for (const digits of goesOn ? [typed.digits + digit, digit] : [digit]) {
    const input = question.inputs[find(digits)];
    if (input) {
      Object.assign(typed, { digits, at: now, question });
      input.focus();
      input.click();
      return;
    }
  }
}
