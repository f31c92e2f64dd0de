// The screen of one placement: the house loop, and each decision as it is made.

import { mayRun } from "/static/shared/device.js";

import { Outbox } from "./outbox.js";
import { Play } from "./play.js";
import { houseScene, messageScene, picture, welcomeScene } from "./scenes.js";
import { chosenLanguages, say } from "./texts.js";

const HOUSE_MS = 9000;
const SPEAK_MS = 5000; // each language in turn
const FADE_MS = 900; // longer than the transition in the style sheet
const OFFLINE_AFTER_MS = 3000;
const RETRY_FIRST_MS = 1000;
const RETRY_LONGEST_MS = 30_000;

const stage = document.getElementById("stage");
const offline = document.getElementById("offline");
const placement = decodeURIComponent(location.pathname.split("/").filter(Boolean).pop());
const languages = chosenLanguages(location.search, navigator.languages);
const outbox = new Outbox(placement);

let turn = 0;
let house = [];
let houseTurn = 0;
let houseTimer;
let play = null;
let waiting = null; // the newest decision, while the one on the glass has its second
let waitTimer;

const language = () => languages[turn % languages.length];

// ------ the stage

function put(scene) {
  for (const old of stage.children) {
    old.classList.add("leaving");
    old.inert = true;
    delete old.dataset.testid;
    setTimeout(() => old.remove(), FADE_MS);
  }
  stage.append(scene);
}

async function showHouse() {
  clearTimeout(houseTimer);
  houseTimer = setTimeout(showHouse, HOUSE_MS);
  if (play || (house.length === 0 && stage.querySelector(".welcome:not(.leaving)"))) return;
  if (house.length === 0) return put(welcomeScene(language()));
  const item = house[houseTurn++ % house.length];
  try {
    const image = await picture(item.art);
    if (!play) put(houseScene(item, image, language()));
  } catch {
    // The picture cannot be had now: what stands on the stage stays there.
  }
}

// ------ decisions

async function show(decision) {
  clearTimeout(waitTimer);
  waiting = decision;
  const next = new Play(decision, { placement, outbox, language: language(), leave: () => leave(next) });
  try {
    await next.prepare();
  } catch {
    return; // without its picture it would not be what was decided; nothing is reported
  }
  enter(next);
}

function enter(next) {
  if (waiting?.decision_id !== next.id) return; // a newer one came, or it was taken back
  const claim = play?.claim ?? 0;
  if (claim > 0) {
    waitTimer = setTimeout(() => enter(next), Math.min(claim, 100));
    return;
  }
  waiting = null;
  const before = play;
  play = next;
  before?.ended();
  put(next.scene);
  next.shown(before !== null);
}

function leave(which) {
  if (which !== play) return;
  play = null;
  which.ended();
  showHouse();
}

function takeDown() {
  clearTimeout(waitTimer);
  waiting = null;
  if (play) leave(play);
}

// ------ the stream

let retryMs = RETRY_FIRST_MS;
let offlineTimer;

function connected(yes) {
  clearTimeout(offlineTimer);
  if (yes) offline.hidden = true;
  else offlineTimer = setTimeout(() => (offline.hidden = false), OFFLINE_AFTER_MS);
}

async function begin() {
  connected(false);
  await mayRun(placement);
  outbox.flush();
  listen();
}

function listen() {
  const stream = new EventSource(`/v1/play/${encodeURIComponent(placement)}/stream`);
  let first = true;
  stream.addEventListener("open", () => {
    first = true;
    retryMs = RETRY_FIRST_MS;
    connected(true);
    outbox.flush();
  });
  stream.addEventListener("house", (event) => {
    const begins = house.length === 0;
    house = JSON.parse(event.data).items;
    // The first of a connection is a greeting; any later one takes back what is shown (its member was forgotten).
    if (!first) takeDown();
    else if (begins) showHouse();
    first = false;
  });
  stream.addEventListener("decision", (event) => {
    const decision = JSON.parse(event.data);
    const known = [play?.id, waiting?.decision_id];
    if (!known.includes(decision.decision_id)) show(decision);
  });
  stream.addEventListener("error", () => {
    connected(false);
    if (stream.readyState === EventSource.CLOSED) refused();
  });
}

/** The browser reconnects a stream that broke by itself, but never one that was refused. */
async function refused() {
  if (await unknownPlacement()) {
    takeDown();
    clearTimeout(houseTimer);
    const title = say(language(), "unknown_title");
    put(messageScene(title, say(language(), "unknown_text", { placement }), language()));
    connected(true);
  }
  setTimeout(async () => {
    await mayRun(placement); // a screen whose pairing has ended asks for a code
    listen();
  }, retryMs * (0.5 + Math.random()));
  retryMs = Math.min(retryMs * 2, RETRY_LONGEST_MS);
}

async function unknownPlacement() {
  try {
    const answer = await fetch(`/v1/play/${encodeURIComponent(placement)}/stages`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "[]",
    });
    return answer.status === 404;
  } catch {
    return false;
  }
}

function speakNext() {
  turn++;
  document.documentElement.lang = language();
  offline.textContent = say(language(), "offline");
  play?.speak(language());
}

document.documentElement.lang = language();
offline.textContent = say(language(), "offline");
if (languages.length > 1) setInterval(speakNext, SPEAK_MS);
addEventListener("pagehide", () => play?.ended());
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // from the back-forward cache: the play before has ended
});
put(welcomeScene(language()));
begin();
