// The page: asks what there is, then shows what its address says.

import { addressOf, asked, changed, go, viewOf, whenChanged } from "./address.js";
import { byId, el, options } from "./elements.js";
import { makeFilters, showFilters } from "./filters.js";
import { showItem } from "./item.js";
import { listenToKeys } from "./keys.js";
import { showPair } from "./pair.js";
import { ask } from "./service.js";
import { focusItem, showTiles } from "./tiles.js";
import { SORTS } from "./words.js";

let about = null;
let opened = null; // the item last shown, to go back to its tile
let lastView = "";

function problem(text) {
  byId("problem").textContent = text;
  byId("problem").hidden = !text;
}

async function showGallery(view, back) {
  const parameters = changed({ at: asked().get("at") }, view);
  const both = view.get("a") && view.get("b");
  const [answer, pair] = await Promise.all([ask("items", "/api/items", parameters), both ? ask("pair", "/api/pair", view) : null]);
  if (answer.at && answer.at >= answer.total) return go(changed({ at: null }), { replace: true });
  showTiles(answer, about);
  if (pair) showPair(pair);
  byId("pair").hidden = !pair;
  showFilters(about, answer);
  if (back !== null) focusItem(back);
}

async function showOne(index, view) {
  const again = opened === index;
  const item = await ask("item", `/api/items/${encodeURIComponent(index)}`, view);
  showItem(item, about);
  showFilters(about, null);
  opened = index;
  document.title = `${item.item} · ${about.title}`;
  if (!again) byId("item-title").focus({ preventScroll: true });
}

async function show() {
  const index = asked().get("item");
  const view = viewOf();
  const old = opened;
  document.documentElement.dataset.busy = "true";
  try {
    if (index !== null) await showOne(index, view);
    else {
      opened = null;
      document.title = about.title || "Items";
      await showGallery(view, old === null ? null : Number(old));
    }
    for (const [id, hidden] of [["item", index === null], ["gallery", index !== null]]) byId(id).hidden = hidden;
    if (index !== null) byId("pair").hidden = true;
    if (index !== null && old !== index) scrollTo({ top: 0 });
    else if (index === null && old !== null) focusItem(Number(old));
    problem("");
  } catch (error) {
    if (error.name === "AbortError") return;
    problem(error.message);
  }
  if (byId("words") !== document.activeElement) byId("words").value = asked().get("q") ?? "";
  byId("sort").value = asked().get("sort") ?? "given";
  byId("direction").setAttribute("aria-pressed", String(asked().get("down") === "1"));
  if (String(view) !== lastView) for (const link of document.querySelectorAll("[data-kind]")) link.href = `/api/export/${link.dataset.kind}?${view}`;
  lastView = String(view);
  delete document.documentElement.dataset.busy;
  document.documentElement.dataset.ready = addressOf(asked());
}

function tools() {
  options(byId("sort"), [
    ...about.sorts.map((name) => [name, SORTS[name]]),
    ...about.annotations.map(({ name }) => [`note:${name}`, name]),
  ]);
  byId("sort").addEventListener("change", ({ target }) => go(changed({ sort: target.value === "given" ? null : target.value, at: null })));
  byId("direction").addEventListener("click", () => go(changed({ down: asked().get("down") === "1" ? null : "1", at: null })));
  let later = 0;
  const search = () => {
    clearTimeout(later);
    go(changed({ q: byId("words").value.trim() || null, at: null, item: null }), { replace: true });
  };
  byId("words").addEventListener("input", () => {
    clearTimeout(later);
    later = setTimeout(search, 150);
  });
  byId("search").addEventListener("submit", (event) => {
    event.preventDefault();
    search();
    byId("words").blur();
  });
}

async function start() {
  try {
    about = await ask("about", "/api/about");
  } catch (error) {
    return problem(error.message);
  }
  byId("title").textContent = about.title || "Items";
  byId("remarks").replaceChildren(...about.remarks.map((text) => el("li", { textContent: text })));
  byId("remarks").hidden = !about.remarks.length;
  const wide = matchMedia("(min-width: 900px)");
  const fold = () => { byId("filters").open = wide.matches; };
  wide.addEventListener("change", fold);
  fold();
  makeFilters(about);
  tools();
  listenToKeys(about);
  whenChanged(show);
  await show();
}

start();
