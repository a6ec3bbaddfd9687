// The gallery: tiles in a grid, one of them in the order of tabs, the others by arrow keys.

import { addressOf, asked, changed, go, picked, togglePicked } from "./address.js";
import { byId, el } from "./elements.js";
import { count, epochText, mark, plural, verdict } from "./words.js";

let shown = { at: 0, total: 0, items: [] };
let wanted = null; // which tile gets the focus once the next page is there

export function showTiles(answer, about) {
  shown = answer;
  const list = byId("tiles");
  const chosen = new Set(picked());
  const held = list.contains(document.activeElement) ? document.activeElement.closest("li")?.querySelector(".tile")?.dataset.index : undefined;
  list.className = `tiles ${about.images ? "of-images" : about.texts ? "of-texts" : "of-ids"}`;
  list.replaceChildren(...answer.items.map((item, k) => tile(item, k, chosen.has(item.index), about)));
  byId("summary").textContent =
    answer.total === answer.of ? plural(answer.of, "item") : `${count(answer.total)} of ${plural(answer.of, "item")}`;
  if (!answer.total) list.append(el("li", { className: "nothing", textContent: "No item is like this. Take a filter away." }));
  pages(answer, about.piece);
  if (held !== undefined && wanted === null) focusItem(Number(held));
  if (wanted !== null) focusTile(wanted === "last" ? answer.items.length - 1 : 0);
  wanted = null;
}

function tile(item, k, isPicked, about) {
  const share = item.asked ? item.right / item.asked : 0;
  const bar = el("span", { className: `share ${item.difficulty.replace(" ", "-")}` }, el("i"));
  bar.firstChild.style.width = `${100 * share}%`;
  const facts = [`${item.right}/${item.asked} right`, item.target && !about.named ? `class ${item.target}` : item.target].filter(Boolean).join(" · ");
  const link = el("a", {
    href: addressOf(changed({ item: String(item.index) })), className: "tile", tabIndex: k ? -1 : 0, "data-index": item.index,
    "aria-label": `${item.item}, ${facts}, ${item.difficulty}${isPicked ? ", picked" : ""}`,
    onclick: (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      go(changed({ item: String(item.index) }));
    },
  }, face(item, about), bar, el("span", { className: "name", textContent: item.item.split("/").at(-1) || item.item, title: item.item }),
  el("span", { className: "facts", textContent: facts }), ...pairFacts(item), ...learned(item));
  const pick = el("button", {
    type: "button", className: "pick", tabIndex: -1, "aria-pressed": String(isPicked), "aria-label": `Pick ${item.item}`,
    textContent: isPicked ? "✓" : "+", onclick: () => togglePicked(item.index),
  });
  return el("li", { className: isPicked ? "picked" : "" }, link, pick);
}

function face(item, about) {
  if (item.image) {
    const image = el("img", { src: item.image, alt: "", loading: "lazy", decoding: "async", width: 160, height: 160 });
    image.addEventListener("load", () => image.classList.toggle("tiny", Math.max(image.naturalWidth, image.naturalHeight) <= 64));
    image.addEventListener("error", () => image.replaceWith(el("span", { className: "no-image", textContent: "no image" })));
    return image;
  }
  if (item.snippet !== null) return el("span", { className: "snippet", textContent: item.snippet || "(empty)" });
  return about.images ? el("span", { className: "no-image", textContent: "no image" }) : null;
}

function pairFacts(item) {
  return ["a", "b"].filter((who) => item[who]).map((who) => el("span", { className: `says ${verdict(item[who].right).replace(" ", "-")}` },
    el("b", { textContent: `${who.toUpperCase()} ${mark(item[who].right)}` }), ` ${item[who].says ?? verdict(item[who].right)}`));
}

function learned(item) {
  const words = { first: `first learned ${epochText(item.first)}`, final: `for good ${epochText(item.final)}` }[asked().get("sort")];
  return words ? [el("span", { className: "facts", textContent: words })] : [];
}

function pages({ at, total, items }, piece) {
  const to = (place, text, disabled) => el("button", {
    type: "button", textContent: text, disabled, onclick: () => turn(place),
  });
  byId("pages").replaceChildren(...(total > items.length || at ? [
    to(Math.max(0, at - piece), "← Previous", at === 0),
    el("span", { textContent: total ? `${count(at + 1)}–${count(at + items.length)} of ${count(total)}` : "" }),
    to(at + piece, "Next →", at + items.length >= total),
  ] : []));
}

function turn(place, focus = "first") {
  wanted = focus;
  go(changed({ at: place ? String(place) : null }));
  scrollTo({ top: 0 });
}

export function focusTile(k) {
  const links = [...document.querySelectorAll(".tile")];
  const link = links[Math.max(0, Math.min(k, links.length - 1))];
  if (!link) return;
  for (const other of links) other.tabIndex = other === link ? 0 : -1;
  link.focus();
}

export function focusItem(index) {
  const k = [...document.querySelectorAll(".tile")].findIndex((link) => Number(link.dataset.index) === index);
  if (k >= 0) focusTile(k);
}

// Arrow keys: to the neighbours, and over the edges of a page to the next one.
export function arrow(key, piece) {
  const links = [...document.querySelectorAll(".tile")];
  const here = links.indexOf(document.activeElement);
  if (!links.length) return false;
  if (here < 0) {
    focusTile(Math.max(0, links.findIndex((link) => link.tabIndex === 0)));
    return true;
  }
  const top = links[here].getBoundingClientRect().top;
  const inRow = links.filter((link) => Math.abs(link.getBoundingClientRect().top - top) < 2).length;
  const columns = Math.max(inRow, links.filter((link) => Math.abs(link.getBoundingClientRect().top - links[0].getBoundingClientRect().top) < 2).length);
  const next = here + { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[key];
  if (next >= 0 && next < links.length) focusTile(next);
  else if (key === "ArrowRight" && shown.at + links.length < shown.total) turn(shown.at + piece);
  else if (key === "ArrowLeft" && shown.at > 0) turn(Math.max(0, shown.at - piece), "last");
  return true;
}
