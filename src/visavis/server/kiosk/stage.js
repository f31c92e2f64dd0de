// Which screen shows, what went wrong on it, and when it falls back to the start.

import { say, sayProblem } from "./language.js";

export const $ = (id) => document.getElementById(id);

const asked = new URLSearchParams(location.search);
export const placement = asked.get("placement") ?? "entrance";

const IDLE_S = Math.min(600, Math.max(10, Number(asked.get("idle_s")) || 45));
const ASK_S = Math.min(20, IDLE_S / 2); // the last seconds before: "are you still there?"
const READING = new Set(["notices", "privacy", "ask"]); // reading takes longer, and nothing personal stands there
const READING_TIMES = 4;
const UNWATCHED = new Set(["", "attract", "broken", "busy"]);

let state = "";
let step = 0;
let trouble = null;
let timer = 0;
const draws = new Map();
const leaving = [];

export const current = () => state;

/** What a screen writes into itself whenever it shows or the language changes. */
export const onShow = (name, draw) => draws.set(name, draw);

export const onLeave = (tidy) => leaving.push(tidy);

/** Show a screen. */
export function go(next) {
  step += 1;
  for (const tidy of leaving) tidy(next);
  state = next;
  trouble = null;
  document.body.dataset.at = next;
  for (const section of document.querySelectorAll("[data-state]")) section.hidden = section.dataset.state !== next;
  redraw();
  const section = document.querySelector(`[data-state="${next}"]`);
  const target = section.querySelector("[data-first]") ?? section;
  if (target === section) section.tabIndex = -1;
  target.focus({ preventScroll: true });
  scrollTo(0, 0);
  wake();
}

/** A check for answers that come late: true while the person is still where they asked. */
export function staying() {
  const mine = step;
  return () => mine === step;
}

export function redraw() {
  draws.get(state)?.();
  drawTrouble();
}

export function fail(problem) {
  trouble = problem;
  drawTrouble();
}

export const wentWrong = () => trouble;

function drawTrouble() {
  for (const place of document.querySelectorAll("[data-error]")) {
    const here = trouble !== null && place.closest("[data-state]").dataset.state === state;
    place.hidden = !here;
    place.textContent = here ? sayProblem(trouble) : "";
    if (here) {
      place.dataset.testid = "error";
      place.scrollIntoView({ block: "nearest" });
    } else delete place.dataset.testid;
  }
}

/** Do one thing that the server answers; its button rests meanwhile, and a late answer does nothing. */
export async function attempt(button, work, done, orElse) {
  const here = staying();
  button.disabled = true;
  try {
    const answer = await work();
    if (here()) done(answer);
  } catch (problem) {
    if (!here()) return;
    if (orElse) go(orElse);
    fail(problem);
  } finally {
    button.disabled = false;
  }
}

// ------ nobody there

export function wake() {
  clearTimeout(timer);
  if ($("idle").open) $("idle").close();
  if (UNWATCHED.has(state)) return;
  const quiet = IDLE_S * (READING.has(state) ? READING_TIMES : 1) - ASK_S;
  timer = setTimeout(() => stillThere(Math.round(ASK_S)), quiet * 1000);
}

function stillThere(seconds) {
  if (seconds <= 0) {
    $("idle").close();
    return go("attract");
  }
  $("idle-lead").textContent = say("idle.lead", { seconds });
  if (!$("idle").open) $("idle").showModal();
  timer = setTimeout(() => stillThere(seconds - 1), 1000);
}

document.addEventListener("input", () => fail(null)); // they are putting it right
for (const kind of ["pointerdown", "keydown", "wheel"]) document.addEventListener(kind, wake, { passive: true });
