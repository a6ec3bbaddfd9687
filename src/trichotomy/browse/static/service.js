// Asking the server; a later question of a kind takes the place of an earlier one.

const waiting = new Map();

export class Refused extends Error {}

export async function ask(kind, path, parameters = new URLSearchParams()) {
  waiting.get(kind)?.abort();
  const controller = new AbortController();
  waiting.set(kind, controller);
  let answer;
  try {
    answer = await fetch(`${path}?${parameters}`, { signal: controller.signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused("The server does not answer. It may have been stopped; start it again and reload the page.");
  }
  const content = await answer.json();
  if (!answer.ok) throw new Refused(content.message);
  return content;
}
