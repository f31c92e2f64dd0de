// What a member may change: consents, also those that have to be asked again, nickname, language; and what they take home.

import * as api from "./api.js";
import { currentLanguage, local, say, sayDate } from "./language.js";
import { change, visit } from "./member.js";
import { element, wholeNotice } from "./notice.js";
import { $, attempt, current, go, onLeave, onShow, placement, redraw } from "./stage.js";

const LOOPBACK = /^(localhost|127\.|\[?::1)/;
const WANTS_SIGNATURE = new Set(["guardian-missing", "release-missing"]);

let site = null; // what GET /v1/edge/notices said
let data = null; // what GET /v1/edge/me said
let link = null; // where a phone finds the export, once
let asking = []; // purposes that are still to be asked, the first one now
let unsigned = false; // the server wanted a signature

onShow("data", drawData);
onShow("correct", drawCorrect);
onShow("take", drawTake);
onShow("ask", drawAsk);
onLeave((next) => {
  if (next !== "take") dropCode();
  if (next === "ask" && !asking.length) asking = [...visit().ask];
  if (next !== "attract") return;
  data = link = null;
  asking = [];
});

export function useNotices(found) {
  site = found;
}

// ------ my data

function showData(button) {
  attempt(button, () => api.me(visit().session), (found) => {
    data = found;
    current() === "data" ? drawData() : go("data");
  });
}

function drawData() {
  const since = { nickname: data.nickname, date: sayDate(data.enrolled_at) };
  $("data-who").textContent = say(data.held ? "data.held" : "data.who", since);
  const faces = site.camera_allowed || data.consents.some((consent) => consent.purpose === "recognise");
  const offered = site.notices.filter((notice) => faces || notice.purpose !== "recognise");
  $("data-consents").replaceChildren(...offered.map(consentRow));
}

/** One row a purpose: how it stands now, and the other choice. */
function consentRow(notice) {
  const given = data.consents.filter((consent) => consent.purpose === notice.purpose);
  const live = given.find((consent) => consent.live);
  const title = local(notice.title);
  const row = element("div", "consent", element("b", "", title), element("p", "small", standing(notice.purpose, given, live)));
  if (notice.purpose === "personalise") row.append(element("p", "small", say("data.without")));
  row.append(live ? withdrawButton(notice.purpose, title) : allowButton(notice.purpose, title));
  return row;
}

function standing(purpose, given, live) {
  if (live) return say("data.until", { date: sayDate(live.expires_at) });
  if (data.ask.includes(purpose)) return say("data.again");
  return say(given.length ? "data.ended" : "data.never");
}

function rowButton(key, testid, title) {
  const button = element("button", "button quiet", say(key));
  button.type = "button";
  button.ariaLabel = `${say(key)}: ${title}`;
  button.dataset.testid = testid;
  return button;
}

function withdrawButton(purpose, title) {
  const button = rowButton("data.withdraw", `withdraw-${purpose}`, title);
  button.onclick = () => change(button, (pass) => api.withdraw(visit().session, purpose, pass), () => showData(button));
  return button;
}

function allowButton(purpose, title) {
  const button = rowButton("data.allow", `allow-${purpose}`, title);
  button.onclick = () => {
    asking = [purpose];
    go("ask");
  };
  return button;
}

// ------ nickname and language

function drawCorrect() {
  if (!$("correct-nickname").value) $("correct-nickname").value = data.nickname;
  const chosen = document.querySelector('input[name="locale"]:checked');
  if (!chosen) document.querySelector(`input[name="locale"][value="${data.locale}"]`).checked = true;
}

function submitCorrect(event) {
  event.preventDefault();
  const wish = {
    nickname: $("correct-nickname").value.trim(),
    locale: document.querySelector('input[name="locale"]:checked').value,
  };
  change($("correct-submit"), (pass) => api.correct(visit().session, wish, pass), (found) => {
    data = found;
    $("correct-form").reset();
    go("data");
  });
}

// ------ taking it home

function take() {
  change($("data-take"), (pass) => api.exportLink(visit().session, pass), (found) => {
    link = found;
    go("take");
  });
}

function drawTake() {
  const local_only = LOOPBACK.test(location.hostname);
  $("take-lead").textContent = say(local_only ? "take.local" : "take.lead");
  $("take-code").hidden = local_only;
  $("take-code").alt = say("take.code");
  if (!$("take-code").src) $("take-code").src = URL.createObjectURL(new Blob([link.svg], { type: "image/svg+xml" }));
}

function dropCode() {
  if ($("take-code").src) URL.revokeObjectURL($("take-code").src);
  $("take-code").removeAttribute("src");
}

// ------ asked again

const asked = () => site.notices.find((notice) => notice.purpose === asking[0]);

function drawAsk() {
  const notice = asked();
  if (!notice) return;
  $("ask-lead").textContent = say(visit().ask?.includes(notice.purpose) ? "ask.lead" : "ask.more");
  $("ask-notice").replaceChildren(wholeNotice(notice));
  $("ask-signature-row").hidden = !unsigned && !(site.written_release && notice.purpose === "recognise");
}

/** The text as it is now: a page that stands open for weeks must not offer an old one. */
function freshNotice(button, answer) {
  attempt(button, () => api.notices(placement), (found) => {
    const before = asked();
    site = found;
    const now = asked();
    if (now.sha256[currentLanguage()] !== before.sha256[currentLanguage()]) return redraw();
    answer(now);
  });
}

function agree() {
  freshNotice($("ask-yes"), (notice) => {
    const readIn = currentLanguage();
    const ticked = { purpose: notice.purpose, notice_version: notice.version, notice_sha256: notice.sha256[readIn] };
    const wish = { locale: readIn, signature: $("ask-signature").value.trim(), consents: [ticked] };
    change($("ask-yes"), (pass) => signing(api.allow(visit().session, wish, pass)), next);
  });
}

/** A missing signature can be given here. */
async function signing(answer) {
  try {
    return await answer;
  } catch (problem) {
    unsigned = WANTS_SIGNATURE.has(problem.code);
    drawAsk();
    throw problem;
  }
}

function decline() {
  const purpose = asking[0];
  if (!visit().ask?.includes(purpose)) return next(); // nothing was allowed that could be taken back
  change($("ask-no"), (pass) => api.withdraw(visit().session, purpose, pass), next);
}

/** The next question, or on with the visit. */
function next() {
  const purpose = asking.shift();
  visit().ask = (visit().ask ?? []).filter((one) => one !== purpose);
  unsigned = false;
  $("ask-signature").value = "";
  if (asking.length) return go("ask");
  data ? showData($("ask-yes")) : go("welcome");
}

function later() {
  asking = [];
  data ? go("data") : go("welcome");
}

$("my-data").onclick = () => showData($("my-data"));
$("data-take").onclick = take;
$("correct-form").onsubmit = submitCorrect;
$("ask-yes").onclick = agree;
$("ask-no").onclick = decline;
$("ask-later").onclick = later;
