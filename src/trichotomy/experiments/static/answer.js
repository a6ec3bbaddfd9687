// One answer to one trial: the first key or button counts, whatever follows.

import { timeOf, wait } from "./timing.js";

const FEEDBACK_MS = 1100;

// Call `act` with the time of each press of a button, until `signal`. A click counts when it ends on the button, but it was
// made when it began. Keys click without a pointer.
export function onPress(button, act, signal) {
  let began = null;
  button.addEventListener("pointerdown", (event) => {
    began = timeOf(event);
  }, { signal }); // prettier-ignore
  button.addEventListener("click", (event) => act(event.detail > 0 && began !== null ? began : timeOf(event)), { signal });
}

// Wait for a button of `buttons` (Map of value -> button) or a key of `keys` (Map of lower-case key -> value).
// Fulfilled with { value, at }; with { value: null, at } after `timeout` milliseconds, where that is given.
export function firstAnswer({ buttons, keys, timeout = null }) {
  return new Promise((done) => {
    const ending = new AbortController();
    const { signal } = ending;

    const end = (value, at) => {
      if (signal.aborted) return;
      ending.abort();
      clearTimeout(timer);
      for (const button of buttons.values()) button.disabled = true;
      done({ value, at });
    };

    for (const [value, button] of buttons) {
      button.disabled = false;
      onPress(button, (at) => end(value, at), signal);
    }
    addEventListener("keydown", (event) => {
      const value = keys.get(event.key.toLowerCase());
      if (value === undefined || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      end(value, timeOf(event));
    }, { signal }); // prettier-ignore
    const timer = timeout === null ? undefined : setTimeout(() => end(null, performance.now()), timeout);
  });
}

// Mark what was chosen, send it and, where the server says so in practice, show whether it was right.
export async function acknowledge(answer, given, { submit, say }, { chosen, feedback }) {
  chosen?.classList.add("chosen");
  const { correct } = await submit(answer, given);
  if (typeof correct !== "boolean") return;
  const text = correct ? "Right" : chosen ? "Not right" : "Too late";
  for (const place of [chosen, feedback]) place?.classList.add(correct ? "right" : "wrong");
  feedback.textContent = `${correct ? "✓" : "✗"} ${text}`;
  say(`${text}.`);
  await wait(FEEDBACK_MS);
}
