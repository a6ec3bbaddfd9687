// Screens that jsPsych's own plugins show: text with buttons, and work that is waited for.

import { byId, escaped, say } from "./page.js";

const CallFunction = globalThis.jsPsychCallFunction;
const Buttons = globalThis.jsPsychHtmlButtonResponse;

// `html` is the server's or ours; `finished` is told which of the `choices` was taken. Enter takes an only one.
export function page(html, choices, finished = () => {}) {
  let ending = null;
  return {
    type: Buttons,
    stimulus: () => `<div class="page">${html()}</div>`,
    choices: () => choices().map(escaped),
    css_classes: ["reading"],
    on_load() {
      scrollTo(0, 0);
      say("");
      byId("stage").focus({ preventScroll: true });
      ending = new AbortController();
      const buttons = document.querySelectorAll("#stage .jspsych-btn");
      if (buttons.length === 1) addEventListener("keydown", enter(buttons[0]), { signal: ending.signal });
    },
    on_finish({ response }) {
      ending.abort();
      finished(response);
    },
  };
}

// Enter, where nothing else has the focus that it would act on.
export function enter(button) {
  return (event) => {
    const elsewhere = event.target instanceof Element && event.target.closest("a, button, summary");
    if (event.key === "Enter" && !event.repeat && !elsewhere) button.click();
  };
}

// A screen of jsPsych that waits for a promise.
export function during(work) {
  return { type: CallFunction, async: true, func: (done) => work().then(done) };
}
