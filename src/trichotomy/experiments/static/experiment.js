// An experiment from consent to completion code. The server holds order and key; this page knows only what is next.

import { connect, Refusal } from "./connection.js";
import { categorise } from "./categorise.js";
import { gallery } from "./images.js";
import { memory } from "./memory.js";
import { byId, element, notify, say } from "./page.js";
import { pairs } from "./pairs.js";
import { ratings } from "./ratings.js";
import { during, enter, page } from "./screens.js";
import { frameInterval, sinceEpoch } from "./timing.js";
import { enterFullScreen, leaveFullScreen, watch } from "./watch.js";

const { initJsPsych } = globalThis;

const SCREENS = { pairs, ratings, categorise };
const PARAMETERS = 100; // the server keeps 20, and first what says who takes part
const LONGEST_NAME = 64;
const LONGEST_VALUE = 256;
const SLOW_MS = 700;
const ANEW = "Start as another participant";
const TAKEN_OVER = "This experiment was opened in another tab or window, and goes on there. Nothing is lost.";

const parameters = Object.fromEntries(
  [...new URLSearchParams(location.search)]
    .filter(([name, value]) => name.length <= LONGEST_NAME && !`${name}${value}`.includes("\0"))
    .slice(0, PARAMETERS)
    .map(([name, value]) => [name, value.slice(0, LONGEST_VALUE + 1)]), // seen to be too long
);
// Nobody sent this participant, so the next one may sit down at the same computer.
const unnamed = Object.keys(parameters).every((name) => name === "simulated");
const remembered = memory(parameters);
const connection = connect({
  lost(tries, busy) {
    const trouble = busy ? "The server is busy." : "Connection lost.";
    notify(tries > 1 ? `${trouble} No answer is lost: trying again …` : "Connecting …");
  },
  found: () => notify(""),
});
const images = gallery(connection);
const events = watch();
const jsPsych = initJsPsych?.({ display_element: "stage" });

let session = null; // what the server said of this participant
let experiment = null;
let position = null; // how many answers the server holds, and the trial that is next
let interval = 1000 / 60;
let practised = false; // the trial before this one was for practice
let told = false; // and practice has said what was right
let running = false;
let over = false;

// ---- From the server ----

// Send a request; an answer that says no ends the experiment with its sentence.
async function ask(what) {
  try {
    return await what();
  } catch (error) {
    if (over) return forever();
    if (error instanceof Refusal && error.code === "taken-over") finish("Opened elsewhere", TAKEN_OVER, again("Go on here"));
    else finish("This cannot go on", error.message, again("Reload"));
    return forever();
  }
}

const forever = () => new Promise(() => {});

async function begin(token) {
  const screen = { width: innerWidth, height: innerHeight, touch: navigator.maxTouchPoints > 0 };
  session = await ask(() => connection.post("api/sessions", { parameters, token, screen }));
  if (session.token) {
    connection.use(session.token);
    remembered.keep(session.token);
    if (!session.resumed) remembered.release(); // an answer that someone else left here
  }
}

async function whereWeAre() {
  const held = remembered.pending();
  move(await ask(() => connection.get("api/next")));
  if (held && held.trial === position.next?.trial) await send(held); // given before a crash, never acknowledged
  remembered.release();
}

function move(answer) {
  const { done, total, complete, next } = answer;
  position = { done, total, complete, next };
  const bar = byId("progress");
  Object.assign(bar, { max: total, value: done, hidden: false });
  byId("count").textContent = `${done} of ${total}`;
  if (next) images.block(next.block).catch(() => {}); // what fails is seen when the block is waited for
}

async function send(held) {
  if (over) return forever();
  remembered.hold(held);
  const slow = setTimeout(() => notify("Saving …"), SLOW_MS);
  const answer = await ask(async () => {
    try {
      return await connection.post(`api/trials/${held.trial}`, held.body);
    } catch (error) {
      // The server has this answer already: it says what comes next.
      if (error instanceof Refusal && error.status === 409 && "next" in error.answer) return connection.get("api/next");
      throw error;
    }
  });
  clearTimeout(slow);
  notify("");
  remembered.release();
  told ||= typeof answer.correct === "boolean";
  move(answer);
  return answer;
}

// ---- Screens ----

const when = (condition, ...timeline) => ({ timeline, conditional_function: () => !over && condition() });

function consent() {
  let agreed = false;
  return when(
    () => session.state === "consent",
    page(
      () => experiment.consent_html,
      () => ["I agree", "I do not agree"],
      (response) => {
        agreed = response === 0;
      },
    ),
    during(async () => {
      session = { ...session, ...(await ask(() => connection.post("api/consent", { agreed }))) };
      if (!agreed) finish("You do not take part", "You can close this window.", ...anew());
      else await whereWeAre();
    }),
  );
}

function instructions() {
  let resumed = false;
  return when(
    () => !position?.complete,
    page(
      () => {
        resumed = session.resumed && position.done > 0;
        const welcome = `<h1>Welcome back</h1><p>You have given ${position.done} of ${position.total} answers, and go on
          where you stopped.</p><details><summary>Read the instructions again</summary>`;
        return resumed ? `${welcome}${experiment.instructions_html}</details>` : experiment.instructions_html;
      },
      () => (resumed ? ["Go on", ...(unnamed ? [ANEW] : [])] : ["Start"]),
      (response) => {
        if (response === 1) restart();
        else if (experiment.fullscreen) enterFullScreen();
      },
    ),
  );
}

function restart() {
  over = true;
  remembered.forget();
  location.reload();
}

function pauses() {
  const text = () => {
    if (practised && position.next.phase !== "practice") {
      const rest = position.total - position.done;
      const rule = told ? " From now on you are not told whether you were right." : "";
      return `<h1>Practice is over</h1><p>The experiment begins: ${rest} answers.${rule}</p>`;
    }
    return `<h1>Time for a break</h1><p>${position.done} of ${position.total} answers are given and stored. Go on when
      you are ready.</p>`;
  };
  return when(
    () => position.next?.break_before || (practised && position.next?.phase !== "practice"),
    page(text, () => ["Go on"], () => {
      practised = false;
      if (experiment.fullscreen) enterFullScreen();
    }), // prettier-ignore
  );
}

function loading() {
  const show = (done, all) => {
    const line = byId("loading");
    if (line) line.textContent = `Loading images: ${done} of ${all}`;
  };
  return during(async () => {
    const ready = images.block(position.next.block, show);
    const shown = setTimeout(() => {
      jsPsych.getDisplayElement().replaceChildren(element("p", { id: "loading", className: "page" }, "Loading images …"));
    }, SLOW_MS); // prettier-ignore
    await ask(() => ready);
    clearTimeout(shown);
  });
}

function trial() {
  return during(async () => {
    const { next } = position;
    practised = next.phase === "practice";
    if (next.first_of_block) say("New block.");
    await SCREENS[next.kind](jsPsych.getDisplayElement(), {
      experiment,
      next,
      interval,
      image: images.image,
      say,
      focus: () => byId("stage").focus({ preventScroll: true }),
      submit: (answer, { onset, at, frames }) =>
        send({
          trial: next.trial,
          body: {
            answer,
            rt_ms: Object.values(answer).includes(null) ? null : at - onset, // none in time
            started_at_ms: sinceEpoch(onset),
            events: events.take(),
            frames: { interval_ms: interval, ...frames },
          },
        }),
    });
  });
}

// ---- The end ----

// The last screen; what runs is stopped.
function finish(title, text, ...more) {
  if (over) return;
  over = true;
  leaveFullScreen();
  notify("");
  const last = element("div", { className: "page" }, element("h1", {}, title), element("p", {}, text), ...more);
  const stage = byId("stage");
  if (running) jsPsych.abortExperiment();
  stage.replaceChildren(element("div", { className: "jspsych-content reading" }, last));
  stage.focus({ preventScroll: true });
  say(`${title}. ${text}`);
}

function again(name) {
  const button = element("button", { className: "jspsych-btn", onclick: () => location.reload() }, name);
  addEventListener("keydown", enter(button));
  return button;
}

function anew() {
  if (!unnamed) return [];
  return [element("p", { className: "aside" }, element("button", { className: "quiet", onclick: restart }, ANEW))];
}

async function completed() {
  const { code, link } = await ask(() => connection.get("api/completion"));
  const parts = [];
  if (code) {
    parts.push(element("p", {}, "Your completion code:"), element("p", { className: "code", id: "code" }, code));
  }
  if (link && /^https?:/i.test(link)) {
    parts.push(element("p", {}, element("a", { className: "jspsych-btn", href: link }, "Finish and return")));
  }
  finish("Thank you", "All your answers are stored.", ...parts, ...anew());
}

async function main() {
  if (!jsPsych) {
    return finish("This page is not complete", "jsPsych is missing. Who runs the experiment finds in its messages what to do.");
  }
  remembered.onTakenOver(() => finish("Opened elsewhere", TAKEN_OVER, again("Go on here")));
  await begin(remembered.token());
  if (session.state === "complete") return completed();
  if (session.state === "refused" || session.state === "expired") {
    const text = {
      refused: "You cannot take part in this experiment (again).",
      expired: "The time for this experiment is over.",
    }; // prettier-ignore
    return finish("This experiment is closed to you", text[session.state], ...anew());
  }
  experiment = await ask(() => connection.get("api/experiment"));
  document.title = experiment.title;
  frameInterval().then((measured) => {
    interval = measured;
  });
  if (session.state === "running") await whereWeAre();
  running = true;
  await jsPsych.run([
    consent(),
    instructions(),
    when(
      () => !position.complete,
      { timeline: [pauses(), loading(), trial()], loop_function: () => !over && !position.complete },
    ),
  ]); // prettier-ignore
  running = false;
  if (!over) await completed();
}

main();
