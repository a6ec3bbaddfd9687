// Where two observers differ: how often each is right, and which answers stand against each other.

import { asked, changed, go } from "./address.js";
import { byId, el } from "./elements.js";
import { count, plural } from "./words.js";

export function showPair(pair) {
  const cell = (n, changes, text) => el("td", {}, el("button", {
    type: "button", "aria-label": `${text}: ${plural(n, "item")}`, textContent: count(n),
    onclick: () => go(changed({ at: null, differ: null, a_says: null, b_says: null, ...changes })),
  }));
  const both = (kind) => ({ right: kind === "right" ? pairOf("right") : rest("right"), wrong: kind === "wrong" ? pairOf("wrong") : rest("wrong") });
  const pairOf = (kind) => [...new Set([...asked().getAll(kind), pair.a, pair.b])];
  const rest = (kind) => asked().getAll(kind).filter((name) => name !== pair.a && name !== pair.b);
  const only = (who) => ({ right: rest("right"), wrong: rest("wrong"), differ: who });
  byId("pair").replaceChildren(
    el("h2", { textContent: "Where do these two differ?" }),
    el("div", { className: "pair-parts" },
      el("div", {},
        el("table", {},
          el("caption", {}, el("b", { textContent: "A" }), ` ${pair.a}`, el("br"), el("b", { textContent: "B" }), ` ${pair.b}`),
          el("thead", {}, el("tr", {}, el("td"), el("th", { scope: "col", textContent: "B right" }), el("th", { scope: "col", textContent: "B wrong" }))),
          el("tbody", {},
            el("tr", {}, el("th", { scope: "row", textContent: "A right" }), cell(pair.both, both("right"), "Both right"), cell(pair.only_a, only("a"), "Only A right")),
            el("tr", {}, el("th", { scope: "row", textContent: "A wrong" }), cell(pair.only_b, only("b"), "Only B right"), cell(pair.neither, both("wrong"), "Both wrong")))),
        el("p", { className: "hint", textContent: `Error consistency (kappa) ${pair.kappa === null ? "undefined" : pair.kappa.toFixed(3)} on ${plural(pair.items, "item")}`
          + (pair.answers === null ? "." : `; ${plural(pair.answers, "different answer")}.`) })),
      pair.confusions.length ? el("div", { className: "confusions" },
        el("h3", { textContent: "Answers that stand against each other" }),
        el("ol", {}, ...pair.confusions.map(({ a, b, items }) => el("li", {}, el("button", {
          type: "button", onclick: () => go(changed({ differ: "answer", a_says: a, b_says: b, at: null })),
        }, el("span", { textContent: `${a} / ${b}` }), el("span", { className: "count", textContent: count(items) })))))) : "",
    ),
  );
}
