// Who takes part: live counts, progress, quick checks, exclusion with a reason, the answers as CSV.

import { connect, Refusal } from "./connection.js";
import { byId, element, notify, say } from "./page.js";

const EVERY_MS = 5000;
const KEPT = "trichotomy admin";

const connection = connect({
  lost: () => notify("Connection lost: trying again …"),
  found: () => notify(""),
});
let open = false;
let asking = null; // the participant that the dialog is about

const percent = (share) => (share === null ? "–" : `${(100 * share).toFixed(0)} %`);
const seconds = (ms) => (ms === null ? "–" : `${(ms / 1000).toFixed(ms < 10000 ? 2 : 1)} s`);
const time = (text) => {
  if (!text) return "–";
  const at = new Date(text);
  const today = at.toDateString() === new Date().toDateString();
  const date = today ? {} : { month: "short", day: "numeric" };
  return at.toLocaleString(undefined, { ...date, hour: "numeric", minute: "2-digit" });
};

const STATES = { consent: "asked for consent", running: "taking part", complete: "finished", refused: "declined", expired: "out of time" };

const COLUMNS = [
  ["Participant", (p) => p.participant],
  ["State", (p) => (STATES[p.state] ?? p.state) + (p.simulated ? ", simulated" : "")],
  ["Answers", progress],
  ["Right", (p) => percent(p.accuracy), "number"],
  ["Median time", (p) => seconds(p.median_rt_ms), "number"],
  ["Checks failed", (p) => (p.attention ? `${p.attention_failed} of ${p.attention}` : "–"), "number"],
  ["Window left", (p) => `${p.left}`, "number"],
  ["Last seen", (p) => time(p.seen_at)],
  ["To look at", (p) => (p.excluded ? `Excluded: ${p.excluded}` : (p.flags ?? []).join(", ")), "look"],
  [element("span", { className: "unseen" }, "Exclusion"), exclusion],
];

function progress(p) {
  const bar = element("progress", { max: p.trials, value: p.done, "aria-label": `Answers of ${p.participant}` });
  return element("span", {}, bar, `${p.done} of ${p.trials}`);
}

function exclusion(p) {
  const text = p.excluded ? "Take back" : "Exclude";
  const button = element("button", { type: "button", className: "quiet", "aria-label": `${text} ${p.participant}` }, text);
  button.dataset.participant = p.participant;
  button.addEventListener("click", () => (p.excluded ? exclude(p.participant, "") : askReason(p.participant)));
  return button;
}

// ---- What is shown ----

function showCounts(overview) {
  byId("title").textContent = overview.title;
  document.title = `Participants: ${overview.title}`;
  const { states = {} } = overview;
  const counts = {
    "Taking part": states.running ?? 0,
    Finished: states.complete ?? 0,
    "Asked for consent": states.consent ?? 0,
    Declined: states.refused ?? 0,
    "Run out of time": states.expired ?? 0,
    Excluded: overview.excluded,
    Answers: overview.answers,
    Simulated: overview.simulated,
  };
  byId("counts").replaceChildren(
    ...Object.entries(counts)
      .filter(([name, count]) => count > 0 || ["Taking part", "Finished", "Answers"].includes(name))
      .map(([name, count]) => element("div", {}, element("dt", {}, name), element("dd", {}, `${count}`))),
  );
  const last = overview.last_answer_at ? ` The last answer came at ${time(overview.last_answer_at)}.` : "";
  byId("fresh").textContent = `As of ${new Date().toLocaleTimeString()}; asked anew every ${EVERY_MS / 1000} seconds.${last}`;
}

function showPeople(people) {
  const focused = document.activeElement?.dataset?.participant;
  byId("nobody").hidden = people.length > 0;
  byId("people").replaceChildren(
    ...people.map((person) =>
      element(
        "tr",
        { className: person.excluded ? "out" : "" },
        ...COLUMNS.map(([, content, kind = ""], place) =>
          element(place ? "td" : "th", place ? { className: kind } : { scope: "row" }, content(person)),
        ),
      ),
    ),
  );
  if (focused) document.querySelector(`#people button[data-participant="${CSS.escape(focused)}"]`)?.focus();
}

async function refresh() {
  const overview = await connection.get("api/admin/overview");
  if (!open) return;
  showCounts(overview);
  showPeople(overview.participants);
}

// ---- What can be done ----

async function enter(token) {
  connection.use(token);
  open = true;
  try {
    await refresh();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    leave(error.status === 401 ? "This is not the token of this experiment." : error.message);
    return;
  }
  sessionStorage.setItem(KEPT, token);
  byId("enter").hidden = true;
  byId("board").hidden = false;
}

function leave(reason) {
  open = false;
  sessionStorage.removeItem(KEPT);
  connection.use(null);
  byId("board").hidden = true;
  byId("enter").hidden = false;
  byId("refused").textContent = reason;
  byId("people").replaceChildren();
  byId("token").value = "";
  byId("token").focus();
}

function askReason(participant) {
  asking = participant;
  byId("who").textContent = `Exclude ${participant}`;
  byId("reason").value = "";
  byId("needed").textContent = "";
  byId("exclusion").showModal();
  byId("reason").focus();
}

function confirmed() {
  const reason = byId("reason").value.trim();
  if (!reason) {
    byId("needed").textContent = "Please give a reason.";
    byId("reason").focus();
    return;
  }
  byId("exclusion").close();
  exclude(asking, reason);
}

async function exclude(participant, reason) {
  await attempt(() => connection.post("api/admin/exclude", { participant, reason }));
  say(reason ? `${participant} is excluded.` : `${participant} is no longer excluded.`);
  await attempt(refresh);
}

async function download() {
  await attempt(async () => {
    const url = URL.createObjectURL(await connection.bytes("api/admin/export.csv"));
    element("a", { href: url, download: "answers.csv" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60000);
  });
}

async function attempt(what) {
  try {
    await what();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.status === 401) leave("The token is no longer good; the experiment was started anew.");
    else notify(error.message);
  }
}

// ---- The page ----

byId("columns").replaceChildren(
  ...COLUMNS.map(([name, , kind = ""]) => element("th", { scope: "col", className: kind === "number" ? kind : "" }, name)),
);
byId("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  enter(byId("token").value.trim());
});
byId("export").addEventListener("click", download);
byId("leave").addEventListener("click", () => leave(""));
byId("confirm").addEventListener("click", confirmed);
byId("cancel").addEventListener("click", () => byId("exclusion").close());
byId("reason").addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  confirmed();
});
setInterval(() => {
  if (open && !document.hidden && !byId("exclusion").open) attempt(refresh);
}, EVERY_MS); // prettier-ignore

const kept = sessionStorage.getItem(KEPT);
if (kept) enter(kept);
else leave("");
