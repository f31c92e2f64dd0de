// One person at a time: attract -> choose -> camera or PIN or joining -> welcome -> attract.

import { mayRun } from "/static/shared/device.js";

import * as api from "./api.js";
import { useNotices as offerNotices } from "./choices.js";
import { freshNotices, useNotices as readNotices } from "./join.js";
import { currentLanguage, local, say, speak } from "./language.js";
import { prove } from "./live.js";
import { look } from "./look.js";
import { useNotices as nameNotices, welcome } from "./member.js";
import { $, attempt, current, fail, go, onLeave, onShow, placement, redraw } from "./stage.js";

const RETRY_MS = 5_000;
const PIN_DIGITS = 10;
const CARD = /[A-Z]/i; // a scanner types the card like a keyboard; a PIN has digits only

let site = null;
let retryTimer = 0;

// ------ the start

async function load() {
  clearTimeout(retryTimer);
  await mayRun(placement);
  try {
    site = await api.notices(placement);
  } catch (problem) {
    go("broken");
    fail(problem);
    retryTimer = setTimeout(load, RETRY_MS); // nobody may stand here to press the button
    return;
  }
  readNotices(site);
  nameNotices(site);
  offerNotices(site);
  useCamera(site.camera_allowed);
  $("start").disabled = false;
  go("attract");
}

/** Without a camera at this site nothing asks for one, and the words say so. */
function useCamera(allowed) {
  $("choose-camera").hidden = $("code-camera").hidden = !allowed;
  if (allowed) return;
  for (const element of document.querySelectorAll("[data-t-without]")) element.dataset.t = element.dataset.tWithout;
  speak(currentLanguage());
}

onLeave((next) => {
  if (next === "attract" && current()) speak(); // the next person is greeted in the language of the house
});
onShow("attract", nameThePlace);

function nameThePlace() {
  $("place").textContent = local(site?.title);
}

function relabel(language) {
  speak(language);
  nameThePlace();
  redraw();
}

onShow("choose", sayWhyNoFaces);

function sayWhyNoFaces() {
  $("choose-faces").hidden = site.camera_allowed;
  $("choose-faces").textContent = site.camera_allowed ? "" : say(`camera.faces_${site.faces}`);
}

// ------ PIN, or a card read by a scanner

onShow("code", groupDigits);
onLeave((next) => {
  if (next === "code" || next === "attract") $("pin").value = "";
});

function groupDigits() {
  if (CARD.test($("pin").value)) return;
  const digits = $("pin").value.replace(/\D/g, "").slice(0, PIN_DIGITS);
  $("pin").value = digits.replace(/^(\d{3})(\d{1,3})?(\d{1,4})?$/, (_, a, b, c) => [a, b, c].filter(Boolean).join(" "));
}

function press(key) {
  const typed = $("pin").value;
  $("pin").value = key === "delete" ? typed.trimEnd().slice(0, -1) : typed + key;
  groupDigits();
  fail(null);
}

function submitCode(event) {
  event.preventDefault();
  const typed = $("pin").value.trim();
  const credential = CARD.test(typed) ? { card: typed } : { pin: typed.replace(/\D/g, "") };
  attempt($("pin-submit"), () => api.identify(placement, credential), welcome);
}

// ------ the camera

function beLookedAt() {
  const level = site.liveness.rewards;
  if (level === "off") return look(welcome);
  prove({ use: "rewards", level, back: "choose", instead: { say: "live.pin", act: () => go("code") }, passed: welcome });
}

// ------ wiring

$("start").onclick = () => go("choose");
$("notice-link").onclick = () => freshNotices($("notice-link"), "privacy");
$("choose-camera").onclick = $("code-camera").onclick = beLookedAt;
$("choose-code").onclick = () => go("code");
$("choose-join").onclick = () => freshNotices($("choose-join"), "notices");
$("camera-join").onclick = () => freshNotices($("camera-join"), "notices");
$("code-form").onsubmit = submitCode;
$("pin").oninput = groupDigits;
for (const key of document.querySelectorAll("[data-key]")) key.onclick = () => press(key.dataset.key);
$("retry").onclick = load;
for (const button of document.querySelectorAll("[data-go]")) button.onclick = () => go(button.dataset.go);
for (const button of document.querySelectorAll("[data-language]")) {
  button.onclick = () => relabel(button.dataset.language);
}

speak();
load();
