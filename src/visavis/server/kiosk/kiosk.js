// One person at a time: attract -> choose -> camera or code or join -> welcome -> attract.

import * as api from "./api.js";
import { Camera } from "./camera.js";
import { currentLanguage, local, say, sayDate, sayPrice, sayProblem, speak } from "./texts.js";

const IDLE_MS = 45_000;
const UNKNOWN_MS = 10_000;
const POSES = ["straight", "left", "right"];
const POSE_MS = 1_300; // time to follow the instruction before a picture is taken
const CODE_DIGITS = 10;
const SHOWN_AT_ONCE = 2; // paragraphs of a notice: the choice, and what happens

const $ = (id) => document.getElementById(id);
const placement = new URLSearchParams(location.search).get("placement") ?? "entrance";
const camera = new Camera($("video"));

let site = null; // what GET /v1/edge/notices said
let ticked = new Map(); // purpose -> notice, for the person who is joining
let person = null; // { session, greeting, decision } after recognition
let state = "attract";
let idle = 0;
let run = 0; // changes whenever the camera is started or left: late replies of an earlier run do nothing

// ------ states

function go(next) {
  if (next !== state) leave();
  state = next;
  for (const section of document.querySelectorAll("[data-state]")) section.hidden = section.dataset.state !== next;
  for (const error of document.querySelectorAll("[data-error]")) error.hidden = true;
  const section = document.querySelector(`[data-state="${next}"]`);
  section.tabIndex = -1;
  section.focus({ preventScroll: true });
  scrollTo(0, 0);
  if (next === "attract") forgetPerson();
  if (next === "notices") showNotices();
  if (next === "code") $("pin").value = "";
  wake();
}

function leave() {
  run += 1;
  camera.stop();
}

function forgetPerson() {
  person = null;
  ticked = new Map();
  $("details-form").reset();
  $("codes").hidden = true;
  $("pin-value").textContent = "";
  if ($("card").src.startsWith("blob:")) URL.revokeObjectURL($("card").src);
  $("card").removeAttribute("src");
}

function wake() {
  clearTimeout(idle);
  if (state !== "attract" && state !== "broken") idle = setTimeout(() => go("attract"), IDLE_MS);
}

function fail(problem) {
  const place = document.querySelector(`[data-state="${state}"] [data-error]`);
  if (!place) return broken(problem);
  place.textContent = problem?.code === "camera" ? say("camera.denied") : sayProblem(problem);
  place.dataset.testid = "error";
  place.hidden = false;
}

function broken(problem) {
  $("broken-why").textContent = sayProblem(problem);
  go("broken");
}

async function load() {
  try {
    site = await api.notices(placement);
    $("place").textContent = local(site.title);
    go("attract");
  } catch (problem) {
    broken(problem);
  }
}

// ------ known by face or card

async function look() {
  go("camera");
  const mine = ++run;
  const began = performance.now();
  $("camera-other").hidden = true;
  $("shots").hidden = true;
  document.querySelector('[data-state="camera"] h1').textContent = say("camera.title");
  delete $("guide").dataset.turn;
  progress(0);
  const answered = (reply) => {
    if (mine !== run) return;
    if (reply.recognised) return welcome(reply.recognised);
    const waited = performance.now() - began;
    progress(Math.min(1, waited / UNKNOWN_MS));
    $("hint").textContent = reply.hint ? say(`hint.${reply.hint}`) : say("hint.looking");
    if (waited > UNKNOWN_MS) $("camera-other").hidden = false;
  };
  await watch("identify", mine, answered);
}

async function watch(mode, mine, answered) {
  const failed = (problem) => {
    if (mine !== run) return;
    camera.stop();
    $("camera-other").hidden = false;
    fail(problem);
  };
  try {
    await camera.start(placement, mode, answered, failed);
  } catch (problem) {
    failed(problem?.code ? problem : { code: "camera" });
  }
}

const progress = (share) => $("ring").style.setProperty("stroke-dasharray", `${share * 100} 100`);

async function byCode(event) {
  event.preventDefault();
  try {
    welcome(await api.identify(placement, $("pin").value.replace(/\D/g, "")));
  } catch (problem) {
    fail(problem);
  }
}

function groupDigits() {
  const digits = $("pin").value.replace(/\D/g, "").slice(0, CODE_DIGITS);
  $("pin").value = digits.replace(/^(\d{3})(\d{1,3})?(\d{1,4})?$/, (_, a, b, c) => [a, b, c].filter(Boolean).join(" "));
}

// ------ welcome

function welcome(found) {
  person = found;
  go("welcome");
  $("greeting").textContent = local(found.greeting);
  const item = found.decision?.item;
  $("offer").hidden = !item;
  $("no-offer").hidden = Boolean(item);
  $("why").hidden = !item;
  $("why-text").hidden = true;
  $("why").setAttribute("aria-expanded", "false");
  if (!item) return;
  $("offer-art").src = item.art;
  $("offer-title").textContent = local(item.title);
  $("offer-text").textContent = local(item.text);
  $("offer-price").textContent = item.price === null ? "" : sayPrice(item.price, item.currency);
  $("offer-price").hidden = item.price === null;
  $("why-text").replaceChildren(...found.decision.reasons.map((reason) => paragraph(sayReason(reason, item))));
}

function sayReason(reason, item) {
  const same = reason.detail.category === item.category;
  const category = (same && local(item.category_title)) || say("reason.this_category");
  return say(`reason.${reason.code}`, { category });
}

function paragraph(text) {
  const p = document.createElement("p");
  p.textContent = text;
  return p;
}

function why() {
  const hidden = !$("why-text").hidden;
  $("why-text").hidden = hidden;
  $("why").setAttribute("aria-expanded", String(!hidden));
}

async function showData() {
  try {
    const data = await api.me(person.session);
    go("data");
    $("data-who").textContent = say("data.who", { nickname: data.nickname, date: sayDate(data.enrolled_at) });
    listConsents(data.consents);
  } catch (problem) {
    fail(problem);
  }
}

function listConsents(consents) {
  $("data-consents").replaceChildren(
    ...consents.map((consent) => {
      const row = document.createElement("div");
      row.className = "consent";
      const name = document.createElement("b");
      name.textContent = say(`purpose.${consent.purpose}`);
      const until = paragraph(consent.live ? say("data.until", { date: sayDate(consent.expires_at) }) : say("data.ended"));
      until.className = "small";
      row.append(name, until);
      if (consent.live) row.append(withdrawButton(consent.purpose));
      return row;
    }),
  );
}

function withdrawButton(purpose) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button quiet";
  button.textContent = say("data.withdraw");
  button.setAttribute("aria-label", `${say("data.withdraw")}: ${say(`purpose.${purpose}`)}`);
  button.dataset.testid = `withdraw-${purpose}`;
  button.onclick = async () => {
    try {
      listConsents((await api.withdraw(person.session, purpose)).consents);
    } catch (problem) {
      fail(problem);
    }
  };
  return button;
}

async function forget() {
  try {
    const { receipt } = await api.forget(person.session);
    go("forgotten");
    $("receipt").textContent = receipt.id;
  } catch (problem) {
    fail(problem);
  }
}

// ------ join

function showNotices() {
  $("notices").replaceChildren(...site.notices.map(noticeCard));
  checkRequired();
}

function noticeCard(notice) {
  const card = document.createElement("div");
  card.className = "notice";
  const label = document.createElement("label");
  label.className = "tick";
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = ticked.has(notice.purpose);
  box.dataset.testid = `notice-${notice.purpose}`;
  box.onchange = () => {
    box.checked ? ticked.set(notice.purpose, notice) : ticked.delete(notice.purpose);
    checkRequired();
  };
  const title = document.createElement("h3");
  const tag = document.createElement("span");
  tag.className = "tag";
  tag.textContent = say(notice.required ? "notices.required" : "notices.optional");
  title.append(local(notice.title), tag);
  label.append(box, title);
  const paragraphs = local(notice.text).trim().split(/\n\s*\n/);
  const opening = paragraphs.slice(0, SHOWN_AT_ONCE).map(paragraph);
  for (const p of opening) p.className = "first";
  const more = document.createElement("details");
  const summary = document.createElement("summary");
  summary.textContent = say("notices.more");
  const version = paragraph(say("notices.version", { version: notice.version }));
  version.className = "small";
  more.append(summary, ...paragraphs.slice(SHOWN_AT_ONCE).map(paragraph), version);
  card.append(label, ...opening, more);
  return card;
}

function checkRequired() {
  $("notices-next").disabled = site.notices.some((notice) => notice.required && !ticked.has(notice.purpose));
}

function details() {
  go("details");
  $("age-text").textContent = say("details.age", { age: site.minimum_age });
  $("details-camera").hidden = !ticked.has("recognise");
}

async function submitDetails(event) {
  event.preventDefault();
  ticked.has("recognise") ? await takePhotos() : await join([]);
}

async function takePhotos() {
  go("camera");
  const mine = ++run;
  const photos = [];
  let asked = performance.now();
  $("camera-other").hidden = true;
  $("shots").hidden = false;
  document.querySelector('[data-state="camera"] h1').textContent = say("camera.enrol");
  const showPose = () => {
    const pose = POSES[photos.length];
    $("guide").dataset.turn = pose;
    $("hint").textContent = say(`pose.${pose}`);
    $("shots").textContent = say("camera.shots", { done: photos.length, all: POSES.length });
    progress(photos.length / POSES.length);
    asked = performance.now();
  };
  showPose();
  const answered = async (reply) => {
    if (mine !== run) return;
    wake();
    if (!reply.usable) {
      $("hint").textContent = say(`hint.${reply.hint}`);
      return;
    }
    if (performance.now() - asked < POSE_MS) {
      $("hint").textContent = say(`pose.${POSES[photos.length]}`);
      return;
    }
    const photo = await camera.photo();
    if (mine !== run || !photo) return;
    photos.push(photo);
    if (photos.length < POSES.length) return showPose();
    progress(1);
    await join(photos);
  };
  await watch("enrol", mine, answered);
}

async function join(photos) {
  const consents = [...ticked.values()].map((notice) => ({
    purpose: notice.purpose,
    notice_version: notice.version,
    notice_sha256: notice.sha256[currentLanguage()],
  }));
  const enrolment = {
    placement,
    nickname: $("nickname").value,
    locale: currentLanguage(),
    age_confirmed: $("age").checked,
    consents,
  };
  go("busy");
  try {
    const joined = await api.join(enrolment, photos);
    welcome(joined);
    $("pin-value").textContent = joined.pin.replace(/^(\d{3})(\d{3})(\d{4})$/, "$1 $2 $3");
    $("card").src = URL.createObjectURL(new Blob([joined.card_svg], { type: "image/svg+xml" }));
    $("card").alt = say("joined.card");
    $("codes").hidden = false;
  } catch (problem) {
    go("details");
    fail(problem);
  }
}

// ------ wiring

function relabel(language) {
  speak(language);
  if (site) $("place").textContent = local(site.title);
  if (state === "notices") showNotices();
  if (state === "details") details();
  if (state === "welcome" && person) redrawWelcome();
}

function redrawWelcome() {
  const codes = $("codes").hidden;
  welcome(person);
  $("codes").hidden = codes;
}

$("start").onclick = () => go("choose");
$("choose-camera").onclick = look;
$("choose-code").onclick = () => go("code");
$("choose-join").onclick = () => go("notices");
$("code-camera").onclick = look;
$("camera-stop").onclick = () => go("choose");
$("code-form").onsubmit = byCode;
$("pin").oninput = groupDigits;
$("notices-next").onclick = details;
$("details-form").onsubmit = submitDetails;
$("why").onclick = why;
$("my-data").onclick = showData;
$("forget-confirm").onclick = forget;
$("retry").onclick = load;
for (const button of document.querySelectorAll("[data-go]")) {
  button.onclick = () => (button.dataset.go === "welcome" && !person ? go("attract") : go(button.dataset.go));
}
for (const button of document.querySelectorAll("[data-language]")) {
  button.onclick = () => relabel(button.dataset.language);
}
for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, wake);
addEventListener("pagehide", () => camera.stop());

relabel(currentLanguage());
load();
