// When an image was on the screen, and when an answer was given, on one clock: that of performance.now().

// Between an answer and the next trial: longer than a double click.
export const GAP_MS = 350;
const MEASURED = 40;

export const frame = () => new Promise((done) => requestAnimationFrame(done));

export const sinceEpoch = (time) => performance.timeOrigin + time;

// What was changed in this frame is drawn in it, and on the screen when the next one begins. On a busy machine that one
// may bear the time when it should have begun, before the change was even made.
export async function onScreen() {
  const changed = performance.now();
  return Math.max(changed, await frame());
}

export async function present(show) {
  await frame();
  show();
  return onScreen();
}

// Wait until what was presented at `onset` has been there for so many milliseconds, to the nearest frame.
export async function hold(onset, milliseconds, interval) {
  const last = onset + milliseconds - 1.5 * interval; // what hides it is seen one frame later than it is called
  for (let now = onset; now < last; now = await frame());
}

// The same beside an answer that may come at any time; where it does not stay (null), the object that is returned gets
// `image_ms`, how long it was there, once it has gone.
export function vanish(hide, onset, milliseconds, interval) {
  const shown = {};
  const go = async () => {
    await hold(onset, milliseconds, interval);
    hide();
    shown.image_ms = (await onScreen()) - onset;
  };
  if (milliseconds !== null) go();
  return shown;
}

// The time between frames of this screen: the median of some.
export async function frameInterval() {
  const gaps = [];
  let before = await frame();
  while (gaps.length < MEASURED) {
    const now = await frame();
    gaps.push(now - before);
    before = now;
  }
  return gaps.sort((a, b) => a - b)[MEASURED / 2];
}

// The browser stamps an event when it happens, not when the page gets to it.
export function timeOf(event) {
  const now = performance.now();
  const stamp = event.timeStamp;
  return stamp > 0 && stamp <= now ? stamp : now;
}

export const wait = (milliseconds) =>
  new Promise((done) => {
    setTimeout(done, milliseconds);
  });
