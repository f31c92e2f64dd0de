// One decision on this screen, from decoded to gone, told truthfully.

import { uuid } from "./outbox.js";
import { offerScene, picture, speak, thank } from "./scenes.js";

export const ON_GLASS_MS = 1000;
const FORGIVE_MS = 350; // a finger that was on its way to the offer before
const THANKS_MS = 4000;
const THANKS_AT_LEAST_MS = 1500;

export class Play {
  #outbox;
  #path;
  #source;
  #leave;
  #language;
  #said = new Set();
  #glass;
  #leaving;
  #tapFrom = 0;
  #tappedAt = 0;
  #seen = () => this.#watchGlass();

  /** `leave` is called once the offer has had its time. */
  constructor(decision, { placement, outbox, language, leave }) {
    this.decision = decision;
    this.id = decision.decision_id;
    this.#path = `/v1/play/${encodeURIComponent(placement)}/stages`;
    this.#source = `/play/${placement}`;
    this.#outbox = outbox;
    this.#language = language;
    this.#leave = leave;
  }

  /** Ready to be put on the stage; rejects when the picture cannot be had. */
  async prepare() {
    const image = await picture(this.decision.item.art);
    this.scene = offerScene(this.decision.item, image, this.#language);
    this.scene.addEventListener("click", () => this.#tap());
  }

  /** The scene stands on the stage. `replaces`: another offer stood there a moment ago. */
  shown(replaces) {
    this.#tapFrom = performance.now() + (replaces ? FORGIVE_MS : 0);
    this.#stage("rendered");
    this.#leaving = setTimeout(this.#leave, this.decision.show_s * 1000);
    document.addEventListener("visibilitychange", this.#seen);
    this.#watchGlass();
  }

  /** Milliseconds that this offer may still claim before another replaces it. */
  get claim() {
    if (document.visibilityState !== "visible") return 0;
    const now = performance.now();
    if (this.#tappedAt) return Math.max(0, this.#tappedAt + THANKS_AT_LEAST_MS - now);
    return this.#said.has("on_glass") ? 0 : ON_GLASS_MS;
  }

  speak(language) {
    this.#language = language;
    speak(this.scene, this.decision.item, language);
  }

  /** Gone from the screen; saying so again changes nothing. */
  ended() {
    clearTimeout(this.#leaving);
    clearTimeout(this.#glass);
    document.removeEventListener("visibilitychange", this.#seen);
    if (this.#said.has("rendered")) this.#stage("ended");
  }

  #watchGlass() {
    clearTimeout(this.#glass);
    if (document.visibilityState === "visible") this.#glass = setTimeout(() => this.#stage("on_glass"), ON_GLASS_MS);
  }

  #tap() {
    const visible = document.visibilityState === "visible";
    if (this.#tappedAt || !visible || performance.now() < this.#tapFrom || this.#said.has("ended")) return;
    this.#tappedAt = performance.now();
    clearTimeout(this.#glass);
    this.#stage("on_glass");
    this.#outbox.put("/v1/events", {
      specversion: "1.0",
      id: uuid(),
      source: this.#source,
      type: "offer.tapped",
      time: this.#outbox.now(),
      data: { decision_id: this.id, item_id: this.decision.item.id },
    });
    thank(this.scene, this.#language);
    clearTimeout(this.#leaving);
    this.#leaving = setTimeout(this.#leave, THANKS_MS);
  }

  #stage(stage) {
    if (this.#said.has(stage)) return;
    this.#said.add(stage);
    this.#outbox.put(this.#path, { decision_id: this.id, stage, at: this.#outbox.now() });
  }
}
