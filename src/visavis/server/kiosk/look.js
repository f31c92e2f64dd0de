// In front of the camera: to be recognised, or for the pictures of enrolment. An oval and words guide; no picture shows.

import { Camera } from "./camera.js";
import { say } from "./language.js";
import { $, current, fail, go, onLeave, onShow, placement, staying, wake } from "./stage.js";

const UNKNOWN_MS = 10_000;
const POSES = ["straight", "left", "right"];
const POSE_MS = 1_300; // time to follow the instruction before a picture is taken
const CHANGE_MS = 400; // the screen's colour never changes sooner: at most three flashes a second (WCAG 2.3.1)

const STEPS = { straight: "live.straight", left: "live.left", right: "live.right", closer: "live.closer" };
const STEP_S = 8; // a full bar of time
const CLEAN = {
  enrolling: false, light: "starting", pose: "straight", hint: "", shots: 0, progress: 0, unknown: false,
  live: null, // what the edge said of a liveness check that runs
  said: "", // what became of it
  instead: null, // {say, act}: another way than the check
  again: null,
  back: "choose",
};

const camera = new Camera($("video"));
const view = { ...CLEAN, light: "off" };
let heard = "";
let unknownTimer = 0;
let glowTimer = 0;
let glowed = 0;
let heed = () => {};

onShow("camera", draw);
onLeave(() => {
  clearTimeout(unknownTimer);
  camera.stop();
  glow(null);
});
addEventListener("pagehide", () => camera.stop());
$("camera-stop").onclick = () => go(view.back);
$("live-instead").onclick = () => view.instead.act();
$("live-again").onclick = () => view.again();

function draw() {
  const off = view.light === "off";
  const { live } = view;
  $("light").dataset.light = view.light;
  $("light-text").textContent = say(`camera.${view.light}`);
  $("camera-title").textContent = title(off);
  $("guide").hidden = off;
  $("guide").dataset.turn = live?.pose ?? (live ? "straight" : view.pose);
  $("ring").style.setProperty("stroke-dasharray", `${(live ? live.number / live.of : view.progress) * 100} 100`);
  $("hint").hidden = off;
  const hint = view.hint ? say(view.hint) : "";
  if ($("hint").textContent !== hint) $("hint").textContent = hint;
  $("left").hidden = off || typeof live?.left_s !== "number" || !live.number;
  $("left-text").textContent = say("live.seconds", { seconds: Math.ceil(live?.left_s ?? 0) });
  $("left-bar").value = (live?.left_s ?? 0) / STEP_S;
  $("shots").hidden = off || Boolean(live) || !view.enrolling;
  $("shots").textContent = say("camera.shots", { done: view.shots, all: POSES.length });
  $("camera-unknown").hidden = !view.unknown;
  $("camera-other").hidden = view.enrolling || Boolean(view.instead) || !(view.unknown || off);
  $("live-said").hidden = !view.said;
  $("live-said").textContent = view.said ? say(view.said) : "";
  $("live-other").hidden = !view.instead;
  $("live-again").hidden = !(off && view.again);
  $("live-instead").textContent = view.instead ? say(view.instead.say) : "";
  $("enrol-other").hidden = !view.enrolling || !off || Boolean(view.instead);
  $("camera-stop").textContent = say(off ? "back" : "camera.stop");
  glow(off ? null : (live?.colour ?? null));
}

function title(off) {
  if (off) return say("camera.failed");
  if (view.live?.colour) return say("live.still");
  if (view.live) return say(STEPS[view.live.pose] ?? "live.passed");
  return say(view.enrolling ? "camera.enrol" : "camera.title");
}

/** The whole page shines in one colour; null ends that. */
function glow(colour) {
  clearTimeout(glowTimer);
  const wait = glowed + CHANGE_MS - performance.now();
  if (colour && colour !== document.body.dataset.glow && wait > 0) {
    glowTimer = setTimeout(() => glow(colour), wait);
    return;
  }
  if (colour === (document.body.dataset.glow ?? null)) return;
  glowed = performance.now();
  if (!colour) return delete document.body.dataset.glow;
  document.body.dataset.glow = colour;
  document.body.style.setProperty("--glow", colour);
}

export function show(change) {
  Object.assign(view, change);
  if (current() === "camera") draw();
}

/** The camera runs and each reply is heard by `handler`; what it gives back is sent next. */
export async function watch(query, handler, first) {
  const here = staying();
  heed = handler;
  await camera.start({ placement, ...query }, {
    first,
    on: () => show({ light: "on" }),
    answered: async (reply) => (here() ? heed(reply, here) : undefined),
    failed: (problem) => {
      if (!here()) return;
      clearTimeout(unknownTimer);
      show({ light: "off", unknown: false, live: null });
      fail(problem);
    },
  });
}

/** The camera goes off, and the person reads why. */
export function end(said) {
  clearTimeout(unknownTimer);
  camera.stop();
  show({ light: "off", live: null, unknown: false, said });
}

/** A hint shows when it has come twice: single odd frames do not make it flicker. */
export function hint(key) {
  if (key === heard || !view.hint) show({ hint: key });
  heard = key;
}

export function begin(change) {
  heard = "";
  Object.assign(view, CLEAN, change);
  go("camera");
}

/** Look for a member, by face or by a card held to the camera; `found` gets who it is. */
export async function look(found) {
  begin({});
  const began = performance.now();
  unknownTimer = setTimeout(() => show({ unknown: true }), UNKNOWN_MS);
  await watch({ mode: "identify" }, lookFor(found, began));
}

/** Hears replies until somebody is recognised. */
export function lookFor(found, began) {
  return (reply) => {
    if (reply.recognised) return found(reply.recognised);
    hint(reply.review ? "hint.review" : reply.hint ? `hint.${reply.hint}` : "hint.looking");
    const waited = performance.now() - began;
    show({ live: null, progress: Math.min(1, waited / UNKNOWN_MS), unknown: waited > UNKNOWN_MS });
  };
}

/** Take one picture a pose, each when the edge says that it is usable; `done` gets them. */
export async function takePhotos(done) {
  begin({ enrolling: true, hint: "pose.straight", back: "details" });
  await watch({ mode: "enrol" }, photographer(done, false));
}

/** Hears replies and takes the pictures; with `kept`, only those that the edge has seen of the person it follows. */
export function photographer(done, kept) {
  const photos = [];
  let waiting = null;
  let asked = performance.now();
  const next = () => {
    const pose = POSES[photos.length];
    heard = `pose.${pose}`;
    show({ live: null, pose, hint: heard, shots: photos.length, progress: photos.length / POSES.length });
    asked = performance.now();
    wake();
  };
  const take = (photo) => {
    photos.push(photo);
    if (photos.length < POSES.length) return next();
    show({ shots: photos.length, progress: 1 });
    done(photos);
  };
  next();
  return async (reply, here) => {
    const sent = waiting;
    waiting = null;
    if (sent && reply.kept) return take(sent);
    if (!reply.usable) {
      const tooFar = reply.hint === "turned_away" && view.pose !== "straight";
      return hint(tooFar ? "pose.less" : `hint.${reply.hint}`);
    }
    if (performance.now() - asked < POSE_MS) return hint(`pose.${view.pose}`);
    const photo = await camera.photo();
    if (!here() || !photo) return;
    if (!kept) return take(photo);
    waiting = photo;
    return photo;
  };
}
