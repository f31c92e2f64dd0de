// A short check that a person stands here, and not a picture of one: only where the scenario asks for it.

import { say } from "./language.js";
import { begin, end, hint, lookFor, photographer, show, watch } from "./look.js";
import { $, go, onShow, wake } from "./stage.js";

const calm = matchMedia("(prefers-reduced-motion: reduce)");

let wanted = null; // what the check is for, see prove()

onShow("prove", drawChoice);
$("prove-head").onclick = () => run("head");
$("prove-light").onclick = () => run("light");
$("prove-other").onclick = () => wanted.instead.act();
$("prove-back").onclick = () => go(wanted.back);

/**
 * Let a person show to be there.
 *
 * use: what for; level: what the scenario asks (active, either, both); back: the screen before; session: of the visit;
 * instead: {say, act}, the way without the camera; passed: gets the pass and, to enrol, pictures; to look, who it is.
 */
export function prove(what) {
  wanted = what;
  what.level === "active" ? run("head") : go("prove");
}

function drawChoice() {
  const both = wanted.level === "both";
  $("prove-head").hidden = both;
  $("prove-light").hidden = calm.matches;
  $("prove-light-title").textContent = say(both ? "live.both" : "live.light");
  $("prove-light-note").textContent = `${say(both ? "live.both.note" : "live.light.note")} ${say("live.flash")}`;
  $("prove-calm").hidden = !calm.matches;
  $("prove-other").textContent = say(wanted.instead.say);
}

async function run(challenge) {
  const { use, level, back, session, instead, passed } = wanted;
  const again = () => (level === "active" ? run("head") : go("prove"));
  begin({ back, instead, again, enrolling: use === "enrolment", hint: "live.straight" });
  const query = { mode: use === "rewards" ? "identify" : "live", use, challenge, calm: calm.matches };
  let number = -1;
  let after = null; // hears the replies once the check is passed
  await watch(
    query,
    (reply, here) => {
      const { live } = reply;
      if (reply.recognised) return passed(reply.recognised);
      if (live.state === "failed") return end("live.failed");
      if (live.state === "undecided") return end("live.undecided");
      if (live.state === "passed") {
        after ??= follow(reply, passed);
        return reply.pass ? undefined : after?.(reply, here);
      }
      if (live.number !== number) wake();
      number = live.number;
      show({ live });
      hint(words(reply.hint, live));
    },
    session,
  );
}

/** What hears the replies after the check, on the same camera: the person must stay in view. */
function follow(reply, passed) {
  switch (wanted.use) {
    case "enrolment":
      return photographer((photos) => passed(reply.pass, photos), true);
    case "rewards":
      return lookFor(passed, performance.now());
    default:
      passed(reply.pass);
      return null;
  }
}

function words(code, live) {
  if (!code) return live.colour ? "hint.hold_still" : "hint.looking";
  return code === "turned_away" ? "pose.less" : `hint.${code}`;
}
