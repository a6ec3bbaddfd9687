// One item: what it is, and what every observer answered, at every epoch.

import { addressOf, asked, changed, go, picked, togglePicked } from "./address.js";
import { byId, el } from "./elements.js";
import { drawStrip, epochAt } from "./strip.js";
import { count, mark, ownEpoch, plural, verdict } from "./words.js";

let page = null; // of the gallery, that the item shown is on

// Back to the gallery, where the item is.
export function leaveItem() {
  go(changed(page === null ? { item: null } : { item: null, at: page ? String(page) : null }));
}

export function showItem(item, about) {
  const section = byId("item");
  const held = section.contains(document.activeElement) ? document.activeElement.id : "";
  page = item.at < 0 ? null : item.at - (item.at % about.piece);
  const isPicked = picked().includes(item.index);
  const step = (index, text, name) => el("a", {
    className: "button", href: index === null ? null : addressOf(changed({ item: String(index) })), "aria-disabled": index === null ? "true" : null, id: `item-${name}`,
    textContent: text, onclick: (event) => { event.preventDefault(); if (index !== null) go(changed({ item: String(index) }), { replace: true }); },
  });
  section.replaceChildren(
    el("nav", { className: "tools", "aria-label": "Items" },
      el("a", { className: "button", id: "back", href: addressOf(changed({ item: null })), textContent: "Gallery", onclick: (event) => { event.preventDefault(); leaveItem(); } }),
      step(item.before, "← Previous", "before"), step(item.after, "Next →", "after"),
      el("span", { className: "hint", textContent: item.at < 0 ? "not among the items chosen" : `${count(item.at + 1)} of ${count(item.total)}` }),
      el("button", { type: "button", id: "pick-item", "aria-pressed": String(isPicked), textContent: isPicked ? "Picked ✓" : "Pick", onclick: () => togglePicked(item.index) })),
    el("h2", { textContent: item.item, tabIndex: -1, id: "item-title" }),
    el("div", { className: "item-parts" }, el("div", {}, ...face(item)), el("div", {}, facts(item, about), answers(item, about))),
    el("h3", { textContent: about.epochs.length > 1 ? "Every observer, every epoch" : "Every observer" }),
    about.epochs.length > 1 ? el("p", { className: "hint readout", id: "readout", role: "status", textContent: legend(about) }) : "",
    observers(item, about),
  );
  if (held) byId(held)?.focus({ preventScroll: true });
}

const legend = (about) => `Each stroke is an epoch, ${about.epochs[0]} to ${about.epochs.at(-1)}: blue right, orange wrong, gray not asked. Point at one to read it.`;

function face(item) {
  const parts = [];
  if (item.image) {
    const image = el("img", { className: "large", src: item.image.replace("/small?", "/large?"), alt: `Image of ${item.item}` });
    image.addEventListener("load", () => image.classList.toggle("tiny", Math.max(image.naturalWidth, image.naturalHeight) <= 64));
    parts.push(image);
  }
  if (item.text !== null) parts.push(el("pre", { className: "text", textContent: item.text || "(empty)", tabIndex: 0 }));
  return parts;
}

function facts(item, about) {
  const entries = [
    ...(item.target === null && !about.classes.length ? [] : [["Class", item.target ?? "unknown"]]),
    ["Difficulty", item.difficulty],
    ["Right", `${item.right} of ${plural(item.asked, "observer")}${about.epochs.length > 1 ? ` at epoch ${about.epoch}` : ""}`],
    ...(about.answers ? [["Different answers", String(item.answers)]] : []),
    ...(about.learned ? [["First learned", learnedText(item.first)], ["Learned for good", learnedText(item.final)],
      ["Forgotten", item.forgotten === null ? "–" : `${item.forgotten.toFixed(2)} times, on average of those ever right`]] : []),
    ...Object.entries(item.annotations).map(([name, value]) => [name, typeof value === "number" ? String(Number(value.toPrecision(6))) : value]),
  ];
  return el("dl", { className: "facts-list" }, ...entries.map(([name, value]) => el("div", {}, el("dt", { textContent: name }), el("dd", { textContent: value }))));
}

const learnedText = (epoch) => (typeof epoch === "number" ? `epoch ${epoch} (median)` : epoch === "never" ? "never, by half of the observers" : "unknown");

// How often each answer is given.
function answers(item, about) {
  if (!about.answers) return "";
  const given = new Map();
  for (const { says, now } of item.observers) if (says !== -1) given.set(says, { n: (given.get(says)?.n ?? 0) + 1, now });
  const most = Math.max(...[...given.values()].map(({ n }) => n), 1);
  const rows = [...given].sort((x, y) => y[1].n - x[1].n).slice(0, 12).map(([says, { n, now }]) => {
    const bar = el("span", { className: `bar-of ${verdict(now)}` });
    bar.style.width = `${(100 * n) / most}%`;
    return el("li", {}, el("span", { className: "answer", textContent: item.names[says] ?? String(says) }), el("span", { className: "track" }, bar), el("span", { className: "count", textContent: count(n) }));
  });
  return el("div", {}, el("h3", { textContent: "Answers" }), el("ul", { className: "answers" }, ...rows));
}

function observers(item, about) {
  const several = about.epochs.length > 1;
  const head = ["Observer", about.answers ? "Answer" : "", "", ...(several ? ["Epochs"] : []), ...(about.learned ? ["First", "For good"] : [])];
  const table = el("table", { className: "observers" },
    el("thead", {}, el("tr", {}, ...head.map((text, k) => (about.answers || k !== 1 ? el("th", { scope: "col" }, text || el("span", { className: "unseen", textContent: "Right" })) : "")))),
    el("tbody", {}, ...item.observers.map((own, m) => row(own, about.observers[m], item, about, several))));
  return el("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": "Observers" }, table);
}

function row(own, observer, item, about, several) {
  const canvas = several ? el("canvas", { className: "strip", role: "img", height: 14,
    "aria-label": `right at ${[...own.right].filter((c) => c === "1").length} of ${[...own.right].filter((c) => c !== "-").length} epochs` }) : null;
  if (canvas) {
    drawStrip(canvas, own.right);
    const read = (event) => {
      const k = epochAt(canvas, event, own.right.length);
      const says = own.answers ? item.names[own.answers[k]] : null;
      const right = own.right[k] === "-" ? -1 : Number(own.right[k]);
      byId("readout").textContent = `${observer.name}, epoch ${about.epochs[k]}: ${verdict(right)}${says && right >= 0 ? `, ${says}` : ""}`;
    };
    canvas.addEventListener("pointermove", read);
    canvas.addEventListener("pointerdown", read);
  }
  const who = ["a", "b"].filter((name) => asked().get(name) === observer.name).map((name) => el("b", { className: "who", textContent: name.toUpperCase() }));
  return el("tr", {},
    el("th", { scope: "row" }, ...who, observer.name),
    about.answers ? el("td", { textContent: own.says === -1 ? "–" : item.names[own.says] ?? String(own.says) }) : "",
    el("td", { className: `verdict ${verdict(own.now).replace(" ", "-")}`, title: verdict(own.now) }, el("span", { "aria-hidden": "true", textContent: mark(own.now) }), el("span", { className: "unseen", textContent: verdict(own.now) })),
    canvas ? el("td", {}, canvas) : "",
    ...(about.learned ? [el("td", { className: "number", textContent: ownEpoch(own.first) }), el("td", { className: "number", textContent: ownEpoch(own.final) })] : []));
}
