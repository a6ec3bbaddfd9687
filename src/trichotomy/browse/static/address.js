// The state of the page is its address: parameters, as the server reads them.

const listeners = [];
const MANY = new Set(["difficulty", "class", "right", "wrong", "where"]);

export const asked = () => new URLSearchParams(location.search);

// What the server needs to know the view: all but where in it one is.
export function viewOf(parameters = asked()) {
  const view = new URLSearchParams(parameters);
  for (const name of ["item", "at"]) view.delete(name);
  if (view.get("show") === "picked") view.set("only", view.get("picked") || "0");
  for (const name of ["show", "picked"]) view.delete(name);
  return view;
}

export function addressOf(parameters) {
  const text = parameters.toString();
  return text ? `?${text}` : location.pathname;
}

// Parameters with some changed: null removes, an array sets several.
export function changed(changes, parameters = asked()) {
  const next = new URLSearchParams(parameters);
  for (const [name, value] of Object.entries(changes)) {
    next.delete(name);
    for (const one of value === null ? [] : [value].flat()) if (one !== "") next.append(name, one);
  }
  return next;
}

export function without(name, value, parameters = asked()) {
  const kept = MANY.has(name) ? parameters.getAll(name).filter((other) => other !== value) : [];
  return changed({ [name]: kept.length ? kept : null, at: null }, parameters);
}

export function withValue(name, value, parameters = asked()) {
  const all = parameters.getAll(name);
  return changed({ [name]: all.includes(value) ? all : [...all, value], at: null }, parameters);
}

export function go(parameters, { replace = false } = {}) {
  const address = addressOf(parameters);
  if (address === addressOf(asked())) return;
  history[replace ? "replaceState" : "pushState"](null, "", address);
  for (const listener of listeners) listener();
}

export function whenChanged(listener) {
  listeners.push(listener);
  addEventListener("popstate", listener);
}

export const picked = (parameters = asked()) => (parameters.get("picked") || "").split(".").filter(Boolean).map(Number);

export const MOST_PICKED = 500;

export function togglePicked(index) {
  const now = picked();
  const next = now.includes(index) ? now.filter((k) => k !== index) : [...now, index];
  if (next.length > MOST_PICKED) return;
  go(changed({ picked: next.length ? next.join(".") : null, show: next.length ? asked().get("show") : null }), { replace: true });
}
