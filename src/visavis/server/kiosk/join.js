// To become a member: what you allow, your nickname, and your face if you allow that.

import * as api from "./api.js";
import { currentLanguage, say } from "./language.js";
import { prove } from "./live.js";
import { takePhotos } from "./look.js";
import { welcome } from "./member.js";
import { noticeToTick, wholeNotice } from "./notice.js";
import { $, attempt, fail, go, onLeave, onShow, placement, redraw, staying, wentWrong } from "./stage.js";

const FACE_PROBLEMS = new Set(["no-face-found", "several-faces-found", "quality-too-low", "image-refused"]);

let site = null; // what GET /v1/edge/notices said
let ticked = new Map(); // purpose -> notice
let readIn = ""; // the language in which they were ticked: consent holds for the text that was on the screen

onShow("privacy", drawPrivacy);
onShow("notices", drawNotices);
onShow("details", drawDetails);
onLeave((next) => {
  if (next !== "attract" && next !== "welcome") return;
  ticked = new Map();
  $("details-form").reset();
});

export function useNotices(found) {
  site = found;
}

/** The notices as they are now: a page that stands open for weeks must not offer old ones. */
export function freshNotices(button, name) {
  return attempt(button, () => api.notices(placement), (found) => {
    site = found;
    go(name);
  });
}

const offered = () => site.notices.filter((notice) => site.camera_allowed || notice.purpose !== "recognise");

function drawPrivacy() {
  $("privacy-lead").textContent = say("privacy.lead", { age: site.minimum_age });
  $("privacy-page").href = `/privacy?${new URLSearchParams({ placement, lang: currentLanguage() })}`;
  $("privacy-notices").replaceChildren(...offered().map(wholeNotice));
}

function drawNotices() {
  if (readIn !== currentLanguage()) ticked = new Map();
  readIn = currentLanguage();
  $("notices").replaceChildren(...offered().map(tickBox));
  stepOf("notices-step", 1);
  checkRequired();
}

const tickBox = (notice) =>
  noticeToTick(notice, ticked.has(notice.purpose), (yes) => {
    yes ? ticked.set(notice.purpose, notice) : ticked.delete(notice.purpose);
    stepOf("notices-step", 1);
    checkRequired();
  });

function checkRequired() {
  const missing = offered().some((notice) => notice.required && !ticked.has(notice.purpose));
  $("notices-next").disabled = missing;
  $("notices-missing").hidden = !missing;
}

function stepOf(id, number) {
  $(id).textContent = say("step", { number, all: ticked.has("recognise") ? 3 : 2 });
}

function drawDetails() {
  const face = ticked.has("recognise");
  stepOf("details-step", 2);
  $("age-text").textContent = say("details.age", { age: site.minimum_age });
  $("guardian-row").hidden = !site.guardian_consents;
  drawSignature();
  $("details-camera").hidden = !face;
  $("join-submit").textContent = say(face ? "details.take" : "details.submit");
  $("details-without").hidden = !FACE_PROBLEMS.has(wentWrong()?.code);
}

/** Who signs, and what for: a guardian for a child, or anybody where the law asks for it before a picture. */
function drawSignature() {
  const guardian = $("guardian").checked;
  const released = site.written_release && ticked.has("recognise");
  $("signature-row").hidden = !guardian && !released;
  $("signature-text").textContent = say(guardian ? "details.sign.guardian" : "details.sign");
}

/** One of both: old enough, or with a guardian. */
function declare(event) {
  const other = event.target.id === "age" ? "guardian" : "age";
  if (event.target.checked) $(other).checked = false;
  drawSignature();
}

function suggest() {
  const names = say("details.suggestions").split(", ").filter((name) => name !== $("nickname").value);
  $("nickname").value = names[Math.floor(Math.random() * names.length)];
  fail(null);
}

function submitDetails(event) {
  event.preventDefault();
  if (!$("nickname").value.trim()) return fail({ code: "nickname-missing" });
  if (!$("age").checked && !$("guardian").checked) return fail({ code: "age-missing", age: site.minimum_age });
  if (!$("signature-row").hidden && !$("signature").value.trim()) return fail({ code: "signature-missing" });
  ticked.has("recognise") ? photograph() : join([]);
}

function photograph() {
  const level = site.liveness.enrolment;
  if (level === "off") return takePhotos(join);
  const instead = { say: "camera.without", act: withoutFace };
  prove({ use: "enrolment", level, back: "details", instead, passed: (pass, photos) => join(photos, pass) });
}

function withoutFace() {
  ticked.delete("recognise");
  drawSignature();
  join([]);
}

const signature = () => ($("signature-row").hidden ? "" : $("signature").value.trim());

async function join(photos, pass) {
  const consents = [...ticked.values()].map((notice) => ({
    purpose: notice.purpose,
    notice_version: notice.version,
    notice_sha256: notice.sha256[readIn],
  }));
  const nickname = $("nickname").value.trim();
  go("busy");
  const here = staying();
  try {
    const declared = { age_confirmed: $("age").checked, guardian: $("guardian").checked, signature: signature() };
    const joined = await api.join({ placement, nickname, locale: readIn, ...declared, consents }, photos, pass);
    if (here()) welcome(joined);
  } catch (problem) {
    if (!here()) return;
    go("details");
    fail(problem);
    redraw();
  }
}

$("notices-next").onclick = () => go("details");
$("suggest").onclick = suggest;
$("age").onchange = $("guardian").onchange = declare;
$("details-form").onsubmit = submitDetails;
$("details-without").onclick = withoutFace;
$("enrol-again").onclick = photograph;
$("enrol-without").onclick = withoutFace;
