// The filters at the side, and the chips that show which are in use.

import { addressOf, asked, changed, go, picked, withValue, without } from "./address.js";
import { byId, el, options } from "./elements.js";
import { DIFFERENCES, count } from "./words.js";

const NAMES = { difficulty: "", class: "class", right: "right:", wrong: "wrong:", number: "observers right", first: "first learned",
  final: "learned for good", q: "search", a: "A:", b: "B:", a_says: "A says", b_says: "B says" };

export function makeFilters(about) {
  const form = byId("filter-form");
  form.addEventListener("submit", (event) => event.preventDefault());
  form.replaceChildren(
    group("Difficulty", ...about.difficulties.map(difficulty)),
    about.classes.length > 1 ? group("Class", adder("class", about.classes, "Class")) : "",
    group("Observers", rightOrWrong(about)),
    group("Observers right", range("number")),
    ...(about.learned ? [group("First learned, epoch", range("first", true)), group("Learned for good, epoch", range("final", true))] : []),
    ...about.annotations.filter(({ kind }) => kind !== "text").map((note) => group(note.name, annotation(note))),
    about.observers.length > 1 ? group("Two observers", pairOf(about)) : "",
    group("Picked", el("p", { className: "hint", id: "picked-text" }),
      el("label", { className: "row" }, el("input", { type: "checkbox", id: "only-picked", onchange: ({ target }) => go(changed({ show: target.checked ? "picked" : null, at: null })) }), " show only these"),
      el("button", { type: "button", id: "unpick", textContent: "Forget them", onclick: () => go(changed({ picked: null, show: null, at: null })) })),
    group("Keys", el("p", { className: "hint" }, "Arrows move, Enter opens, Escape closes, / searches, x picks.")),
  );
}

const group = (title, ...content) => el("fieldset", {}, el("legend", { textContent: title }), ...content);

function difficulty(name) {
  return el("label", { className: "row" },
    el("input", { type: "checkbox", name: "difficulty", value: name, onchange: ({ target }) => go(target.checked ? withValue("difficulty", name) : without("difficulty", name)) }),
    el("i", { className: `swatch ${name.replace(" ", "-")}` }), ` ${name} `, el("span", { className: "count", "data-count": name }));
}

function listOf(id, names) {
  return el("datalist", { id }, ...names.map((name) => el("option", { value: name })));
}

// A field that adds a value to those asked for once it is one of the known names.
function adder(name, known, label) {
  const all = new Set(known);
  const input = el("input", {
    type: "text", list: `${name}-list`, placeholder: `${label} …`, "aria-label": label, autocomplete: "off",
    onchange: () => {
      if (!all.has(input.value)) return;
      go(withValue(name, input.value));
      input.value = "";
    },
  });
  return el("div", {}, input, listOf(`${name}-list`, known));
}

function rightOrWrong(about) {
  const names = about.observers.map(({ name }) => name);
  const input = el("input", { type: "text", list: "observer-list", placeholder: "Observer …", "aria-label": "Observer", autocomplete: "off" });
  const add = (kind) => el("button", { type: "button", textContent: `is ${kind}`, onclick: () => {
    if (!names.includes(input.value)) return input.focus();
    const other = kind === "right" ? "wrong" : "right";
    go(withValue(kind, input.value, without(other, input.value)));
    input.value = "";
  } });
  return el("div", {}, input, listOf("observer-list", names), el("div", { className: "pairs" }, add("right"), add("wrong")));
}

function range(name, never = false, key = name) {
  const [low, high] = ["from", "to"].map((word) => el("input", { type: "number", step: "any", placeholder: word, "aria-label": `${name} ${word}`, "data-range": key, onchange: change }));
  function change() {
    const text = low.value || high.value ? `${low.value}..${high.value}` : "";
    go(key === name ? changed({ [name]: text || null, at: null }) : annotated(key, text));
  }
  return el("div", { className: "range" }, low, high, never ? el("button", { type: "button", textContent: "never", title: "by half of the observers or more", onclick: () => go(changed({ [name]: "never", at: null })) }) : "");
}

function annotated(name, value) {
  const others = asked().getAll("where").filter((text) => !text.startsWith(`${name}=`));
  return changed({ where: value ? [...others, `${name}=${value}`] : others.length ? others : null, at: null });
}

function annotation({ name, kind, choices }) {
  if (kind === "number") return range(name, false, name === "number" ? "number " : name);
  const select = el("select", { "aria-label": name, "data-where": name, onchange: () => go(annotated(name, select.value)) });
  options(select, [["", "any"], ...choices.map((choice) => [choice, choice])]);
  return select;
}

function pairOf(about) {
  const names = about.observers.map(({ name }) => name);
  const choose = (who) => {
    const select = el("select", { id: `observer-${who}`, "aria-label": `Observer ${who.toUpperCase()}`, onchange: () => {
      const next = changed({ [who]: select.value || null, a_says: null, b_says: null, at: null });
      const both = next.get("a") && next.get("b");
      go(changed({ differ: both ? next.get("differ") || "correctness" : null }, next));
    } });
    options(select, [["", `${who.toUpperCase()} …`], ...names.map((name) => [name, name])]);
    return select;
  };
  const differ = el("select", { id: "differ", "aria-label": "How they differ", onchange: () => go(changed({ differ: differ.value || null, at: null })) });
  options(differ, Object.entries(DIFFERENCES).filter(([value]) => value !== "answer" || about.answers));
  return el("div", { className: "stack" }, choose("a"), choose("b"), differ);
}

export function showFilters(about, answer) {
  const now = asked();
  for (const box of document.querySelectorAll("[name=difficulty]")) box.checked = now.getAll("difficulty").includes(box.value);
  for (const place of document.querySelectorAll("[data-count]")) place.textContent = answer ? count(answer.difficulties[place.dataset.count] ?? 0) : "";
  for (const select of document.querySelectorAll("[data-where]")) {
    const found = now.getAll("where").find((text) => text.startsWith(`${select.dataset.where}=`));
    select.value = found ? found.slice(select.dataset.where.length + 1) : "";
  }
  const inputs = [...document.querySelectorAll("[data-range]")];
  inputs.forEach((input, k) => {
    if (input === document.activeElement) return;
    const key = input.dataset.range;
    const text = ["number", "first", "final"].includes(key) ? now.get(key)
      : now.getAll("where").find((each) => each.startsWith(`${key}=`))?.slice(key.length + 1);
    const [low, high] = !text || text === "never" ? ["", ""] : text.includes("..") ? text.split("..") : [text, text];
    input.value = k % 2 ? high : low;
  });
  for (const who of ["a", "b"]) if (byId(`observer-${who}`)) byId(`observer-${who}`).value = now.get(who) ?? "";
  if (byId("differ")) {
    byId("differ").value = now.get("differ") ?? "";
    byId("differ").disabled = !(now.get("a") && now.get("b"));
  }
  byId("picked-text").textContent = picked().length ? `${picked().length} picked` : "Nothing is picked: + on a tile, or x.";
  byId("only-picked").checked = now.get("show") === "picked";
  byId("only-picked").disabled = byId("unpick").disabled = !picked().length;
  chips(now);
}

function chips(now) {
  const entries = [...now].filter(([name, value]) => value && (name in NAMES || ["where", "differ"].includes(name) || (name === "show" && value === "picked")));
  const text = (name, value) => name === "differ" ? DIFFERENCES[value] ?? value : name === "show" ? "picked"
    : name === "where" ? value.replace("=", ": ") : `${NAMES[name]} ${value}`.trim();
  byId("chips").replaceChildren(...entries.map(([name, value]) => el("li", {}, el("a", {
    href: addressOf(without(name, value)), "aria-label": `Remove the filter ${text(name, value)}`,
    onclick: (event) => { event.preventDefault(); go(without(name, value)); },
  }, text(name, value), el("span", { "aria-hidden": "true", textContent: " ×" })))),
  ...(entries.length > 1 ? [el("li", {}, el("button", { type: "button", textContent: "Clear all", onclick: () => {
    const kept = changed(Object.fromEntries([...new Set(entries.map(([name]) => name))].map((name) => [name, null])));
    go(changed({ at: null }, kept));
  } }))] : []));
}
