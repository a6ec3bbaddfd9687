// What may have disturbed a trial: the page out of focus, out of full screen, or of another size.

import { sinceEpoch } from "./timing.js";

const MOST = 100;
const QUIET_MS = 250;

export function watch() {
  let events = [];
  let resized = -Infinity;
  const note = (kind) => {
    if (events.length < MOST) events.push({ kind, at_ms: sinceEpoch(performance.now()) });
  };
  addEventListener("blur", () => note("blur"));
  addEventListener("focus", () => note("focus"));
  document.addEventListener("fullscreenchange", () => {
    note(document.fullscreenElement ? "fullscreen-enter" : "fullscreen-exit");
  });
  addEventListener("resize", () => {
    const now = performance.now();
    if (now - resized > QUIET_MS) note("resize");
    resized = now;
  });
  return {
    // Those since the last time.
    take() {
      const taken = events;
      events = [];
      return taken;
    },
  };
}

export async function enterFullScreen() {
  if (!document.documentElement.requestFullscreen || document.fullscreenElement) return;
  try {
    await document.documentElement.requestFullscreen();
  } catch {
    // A browser may say no: the events say that it was never entered.
  }
}

export async function leaveFullScreen() {
  if (document.fullscreenElement) await document.exitFullscreen().catch(() => {});
}
