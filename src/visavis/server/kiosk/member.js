// Somebody is known: the greeting, the offer and why, and being forgotten.

import * as api from "./api.js";
import { local, say, sayMoment, sayPrice, sayReason } from "./language.js";
import { prove } from "./live.js";
import { element } from "./notice.js";
import { $, attempt, go, onLeave, onShow } from "./stage.js";

let person = null; // what the server said on recognition, or on joining
let receipt = null; // what is left after being forgotten
let camera = true; // whether this site has one
let level = "off"; // the liveness check before a membership changes that a face opened

onShow("welcome", drawWelcome);
onShow("forgotten", drawReceipt);
onLeave((next) => {
  if (next === "attract") forgetPerson();
});

export function useNotices(found) {
  camera = found.camera_allowed;
  level = found.liveness.consent_change;
}

function forgetPerson() {
  person = receipt = null;
  $("pin-value").textContent = "";
  if ($("card").src) URL.revokeObjectURL($("card").src);
  $("card").removeAttribute("src");
  explain(false);
}

export function welcome(found) {
  person = found;
  explain(false);
  if (found.pin) {
    $("pin-value").textContent = found.pin.replace(/^(\d{3})(\d{3})(\d{4})$/, "$1 $2 $3");
    $("card").src = URL.createObjectURL(new Blob([found.card_svg], { type: "image/svg+xml" }));
  }
  go(found.ask?.length ? "ask" : "welcome");
}

/** Whose visit it is, for those who ask in their name. */
export const visit = () => person;

function drawWelcome() {
  $("greeting").textContent = local(person.greeting);
  $("news").hidden = !person.news;
  $("news").textContent = person.news ? say(`news.${person.news}`) : "";
  $("withheld").hidden = !person.withheld;
  $("withheld").textContent = person.withheld ? say(`withheld.${person.withheld}`) : "";
  $("codes").hidden = !person.pin;
  $("not-me").hidden = person.method !== "face"; // only a face can be mistaken for another
  $("card").alt = say("joined.card");
  $("joined-next").textContent = say(joinedNext());
  const item = person.decision?.item;
  $("offer").hidden = !item;
  $("no-offer").hidden = Boolean(item);
  $("why").hidden = !item;
  if (!item) return;
  $("offer-art").src = item.art;
  $("offer-title").textContent = local(item.title);
  $("offer-text").textContent = local(item.text);
  $("offer-price").hidden = item.price === null;
  $("offer-price").textContent = item.price === null ? "" : sayPrice(item.price, item.currency);
  $("why-text").replaceChildren(...person.decision.reasons.map((reason) => element("p", "", sayReason(reason, item))));
}

function joinedNext() {
  if (!person.recognised_by_face) return camera ? "joined.noface" : "joined.nocamera";
  return person.card_needed ? "joined.cardface" : "joined.face";
}

function explain(open) {
  $("why-text").hidden = !open;
  $("why").setAttribute("aria-expanded", String(open));
}

/** Change a membership; where a face opened the visit and the scenario asks for it, the person first shows to be there. */
export function change(button, work, done) {
  if (level === "off" || person.method !== "face") return attempt(button, work, done);
  const passed = (pass) => {
    go("busy");
    attempt(button, () => work(pass), done, "welcome");
  };
  const instead = { say: "live.pin", act: () => go("code") };
  prove({ use: "consent_change", level, back: "welcome", session: person.session, instead, passed });
}

function forget() {
  change($("forget-confirm"), (pass) => api.forget(person.session, pass), (answer) => {
    person = null;
    receipt = answer.receipt;
    go("forgotten");
  });
}

function drawReceipt() {
  $("receipt").textContent = receipt.id;
  $("receipt-at").textContent = say("forgotten.at", { date: sayMoment(receipt.deleted_at) });
}

$("why").onclick = () => explain($("why-text").hidden);
$("not-me").onclick = () => attempt($("not-me"), () => api.notMe(person.session), () => go("choose"));
$("forget-confirm").onclick = forget;
$("print").onclick = () => print();
$("print").hidden = !new URLSearchParams(location.search).has("print"); // only where a printer stands
