// The page of a kiosk or a screen that is not paired: a field and keys for the code that staff made.

import { TEXTS } from "./pairing-texts.js";

const SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"; // as the server makes codes: nothing that is read as something else
const LENGTH = 8;

const spoken = (tag) => (tag?.trim().toLowerCase().startsWith("zh") ? "zh-CN" : "en");

/** Show the page in place of all else; `pair` gets the code, and the page begins anew once it has worked. */
export function askForCode(placement, { trouble, pair }) {
  document.body.className = "unpaired";
  delete document.body.dataset.at;
  for (const other of document.body.children) other.hidden = true;
  const page = new PairingPage(placement, trouble, pair);
  document.body.append(page.element);
  page.focus();
  return new Promise(() => {});
}

class PairingPage {
  element = made("main", "pairing");
  #language = spoken(new URLSearchParams(location.search).get("lang") ?? navigator.language);
  #placement;
  #pair;
  #typed = "";
  #resting;
  #said;
  #values = {};
  #field;
  #error;
  #submit;

  constructor(placement, trouble, pair) {
    this.#placement = placement;
    this.#pair = pair;
    this.#said = trouble;
    this.#resting = Boolean(trouble);
    this.#build();
  }

  focus() {
    this.#field.focus({ preventScroll: true });
  }

  #say(key, values = {}) {
    const texts = TEXTS[this.#language];
    return (texts[key] ?? texts.other).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  }

  /** All of it, in the language that is chosen now. */
  #build() {
    document.documentElement.lang = this.#language;
    const form = made("form", "card");
    form.noValidate = true;
    form.onsubmit = (event) => {
      event.preventDefault();
      this.#send();
    };
    const where = made("p", "where", `${this.#say("where")} `);
    where.append(made("b", "", this.#placement));
    this.#field = this.#makeField();
    this.#error = made("p", "error");
    this.#error.setAttribute("role", "alert");
    this.#error.dataset.testid = "pairing-error";
    this.#submit = made("button", "button");
    this.#submit.dataset.testid = "pairing-submit";
    const how = made("div", "how");
    how.append(made("p", "", this.#say("how.console")), made("p", "", this.#say("how.command", { placement: this.#placement })));
    const words = made("div", "words");
    words.append(made("h1", "", this.#say("title")), made("p", "lead", this.#say("lead")), where, this.#error);
    const entry = made("div", "entry");
    entry.append(this.#field, this.#makeKeys(), this.#submit);
    form.append(words, entry, how);
    this.element.replaceChildren(this.#otherLanguage(), form);
    this.#update();
  }

  #update() {
    this.#field.disabled = this.#resting;
    const value = this.#typed.replace(/^(.{4})(.+)$/, "$1 $2");
    if (this.#field.value !== value) this.#field.value = value;
    for (const key of this.element.querySelectorAll(".key")) key.disabled = this.#resting;
    this.#submit.disabled = this.#resting || this.#typed.length !== LENGTH;
    this.#submit.textContent = this.#say(this.#resting && !this.#said ? "busy" : "submit");
    this.#error.hidden = !this.#said;
    this.#error.textContent = this.#said ? this.#say(this.#said, this.#values) : "";
  }

  #type(value) {
    this.#typed = [...value.toUpperCase()].filter((sign) => SIGNS.includes(sign)).slice(0, LENGTH).join("");
    this.#said = null;
    this.#update();
  }

  async #send() {
    if (this.#typed.length !== LENGTH || this.#resting) return;
    this.#resting = true;
    this.#said = null;
    this.#update();
    try {
      const bound = await this.#pair(this.#typed);
      if (bound === this.#placement) return location.reload();
      this.#said = "elsewhere";
      this.#values = { placement: bound };
    } catch (problem) {
      this.#said = problem?.code in TEXTS.en ? problem.code : "other";
    }
    this.#typed = "";
    this.#resting = false;
    this.#update();
    this.focus();
  }

  #makeField() {
    const field = made("input", "code");
    Object.assign(field, { type: "text", autocomplete: "off", spellcheck: false, ariaLabel: this.#say("label") });
    field.autocapitalize = "characters";
    field.placeholder = "···· ····";
    field.dataset.testid = "pairing-code";
    field.oninput = (event) => event.isComposing || this.#type(field.value);
    field.addEventListener("compositionend", () => this.#type(field.value));
    return field;
  }

  #makeKeys() {
    const board = made("div", "keys");
    board.setAttribute("role", "group");
    board.ariaLabel = this.#say("keys");
    const key = (label, press) => {
      const button = made("button", "key", label);
      button.type = "button";
      button.onclick = press;
      board.append(button);
      return button;
    };
    for (const sign of SIGNS) key(sign, () => this.#type(this.#typed + sign));
    const back = key("⌫", () => this.#type(this.#typed.slice(0, -1)));
    back.ariaLabel = this.#say("delete");
    back.classList.add("back");
    return board;
  }

  #otherLanguage() {
    const next = this.#language === "en" ? "zh-CN" : "en";
    const button = made("button", "language", next === "en" ? "English" : "简体中文");
    button.type = "button";
    button.lang = next;
    button.dataset.testid = "pairing-language";
    button.onclick = () => {
      this.#language = next;
      this.#build();
    };
    return button;
  }
}

function made(name, className, words) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (words !== undefined) element.textContent = words;
  return element;
}
