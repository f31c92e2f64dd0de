// In front of the camera: to be recognised, or for the pictures of enrolment. An oval and words guide; no picture shows.

import { Camera } from "./camera.js";
import { say } from "./language.js";
import { $, current, fail, go, onLeave, onShow, placement, staying, wake } from "./stage.js";

const UNKNOWN_MS = 10_000;
const POSES = ["straight", "left", "right"];
const POSE_MS = 1_300; // time to follow the instruction before a picture is taken

const camera = new Camera($("video"));
const view = { enrolling: false, light: "off", pose: "straight", hint: "", shots: 0, progress: 0, unknown: false };
let heard = "";
let unknownTimer = 0;

onShow("camera", draw);
onLeave(() => {
  clearTimeout(unknownTimer);
  camera.stop();
});
addEventListener("pagehide", () => camera.stop());
$("camera-stop").onclick = () => go(view.enrolling ? "details" : "choose");

function draw() {
  const off = view.light === "off";
  $("light").dataset.light = view.light;
  $("light-text").textContent = say(`camera.${view.light}`);
  $("camera-title").textContent = say(off ? "camera.failed" : view.enrolling ? "camera.enrol" : "camera.title");
  $("guide").hidden = off;
  $("guide").dataset.turn = view.pose;
  $("ring").style.setProperty("stroke-dasharray", `${view.progress * 100} 100`);
  $("hint").hidden = off;
  const hint = view.hint ? say(view.hint) : "";
  if ($("hint").textContent !== hint) $("hint").textContent = hint;
  $("shots").hidden = off || !view.enrolling;
  $("shots").textContent = say("camera.shots", { done: view.shots, all: POSES.length });
  $("camera-unknown").hidden = !view.unknown;
  $("camera-other").hidden = view.enrolling || !(view.unknown || off);
  $("enrol-other").hidden = !view.enrolling || !off;
  $("camera-stop").textContent = say(off ? "back" : "camera.stop");
}

function show(change) {
  Object.assign(view, change);
  if (current() === "camera") draw();
}

async function watch(mode, answered) {
  const here = staying();
  await camera.start(placement, mode, {
    on: () => show({ light: "on" }),
    answered: async (reply) => {
      if (here()) await answered(reply, here);
    },
    failed: (problem) => {
      if (!here()) return;
      clearTimeout(unknownTimer);
      show({ light: "off", unknown: false });
      fail(problem);
    },
  });
}

/** A hint shows when it has come twice: single odd frames do not make it flicker. */
function hint(key) {
  if (key === heard || !view.hint) show({ hint: key });
  heard = key;
}

function begin(change) {
  heard = "";
  Object.assign(view, { light: "starting", pose: "straight", hint: "", shots: 0, progress: 0, unknown: false }, change);
  go("camera");
}

/** Look for a member, by face or by a card held to the camera; `found` gets who it is. */
export async function look(found) {
  begin({ enrolling: false });
  const began = performance.now();
  unknownTimer = setTimeout(() => show({ unknown: true }), UNKNOWN_MS);
  await watch("identify", (reply) => {
    if (reply.recognised) return found(reply.recognised);
    hint(reply.hint ? `hint.${reply.hint}` : "hint.looking");
    show({ progress: Math.min(1, (performance.now() - began) / UNKNOWN_MS) });
  });
}

/** Take one picture a pose, each when the edge says that it is usable; `done` gets them. */
export async function takePhotos(done) {
  begin({ enrolling: true, hint: "pose.straight" });
  const photos = [];
  let asked = performance.now();
  const next = () => {
    const pose = POSES[photos.length];
    heard = `pose.${pose}`;
    show({ pose, hint: heard, shots: photos.length, progress: photos.length / POSES.length });
    asked = performance.now();
    wake();
  };
  await watch("enrol", async (reply, here) => {
    if (!reply.usable) {
      const tooFar = reply.hint === "turned_away" && view.pose !== "straight";
      return hint(tooFar ? "pose.less" : `hint.${reply.hint}`);
    }
    if (performance.now() - asked < POSE_MS) return hint(`pose.${view.pose}`);
    const photo = await camera.photo();
    if (!here() || !photo) return;
    photos.push(photo);
    if (photos.length < POSES.length) return next();
    show({ shots: photos.length, progress: 1 });
    done(photos);
  });
}
