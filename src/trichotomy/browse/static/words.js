// Numbers and verdicts as words and marks.

export const count = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
export const percent = (share, digits = 1) => (share === null ? "–" : `${(100 * share).toFixed(digits)}\u202f%`);
export const plural = (n, noun) => `${count(n)} ${noun}${n === 1 ? "" : "s"}`;
export const verdict = (right) => (right === 1 ? "right" : right === 0 ? "wrong" : "not asked");
export const mark = (right) => (right === 1 ? "✓" : right === 0 ? "✗" : "–");
export const epochText = (value) => (value === null || value === undefined ? "unknown" : value === "never" ? "never" : String(value));
export const ownEpoch = (value) => (value === -1 ? "never" : value === -2 ? "–" : String(value));

export const SORTS = {
  given: "as given", item: "id", right: "share right", class: "class", answers: "different answers",
  first: "first learned", final: "learned for good", forgotten: "forgotten",
};
export const DIFFERENCES = {
  "": "all items", correctness: "one right, one wrong", answer: "different answers", a: "only A right", b: "only B right",
};
