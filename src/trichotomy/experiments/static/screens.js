// Screens that jsPsych's own plugins show: text with buttons, and work that is waited for.

import { byId, escaped } from "./page.js";

const CallFunction = globalThis.jsPsychCallFunction;
const Buttons = globalThis.jsPsychHtmlButtonResponse;

// `html` is the server's or ours; `finished` is told which of the `choices` was taken.
export function page(html, choices, finished = () => {}) {
  return {
    type: Buttons,
    stimulus: () => `<div class="page">${html()}</div>`,
    choices: () => choices().map(escaped),
    css_classes: ["reading"],
    on_load() {
      scrollTo(0, 0);
      byId("stage").focus({ preventScroll: true });
    },
    on_finish: ({ response }) => finished(response),
  };
}

// A screen of jsPsych that waits for a promise.
export function during(work) {
  return { type: CallFunction, async: true, func: (done) => work().then(done) };
}
