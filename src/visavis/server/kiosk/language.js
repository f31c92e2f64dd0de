// Words, dates and prices in the language that is chosen now.

import { TEXTS } from "./texts.js";

const spoken = (tag) => (tag?.toLowerCase().startsWith("zh") ? "zh-CN" : "en");
const first = spoken(new URLSearchParams(location.search).get("lang") ?? navigator.language);
let language = first;

export const currentLanguage = () => language;

/** Relabel all that is written in the page itself; without an argument in the language of the house. */
export function speak(chosen = first) {
  language = chosen;
  document.documentElement.lang = chosen;
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = say(element.dataset.t);
  for (const element of document.querySelectorAll("[data-t-label]")) element.ariaLabel = say(element.dataset.tLabel);
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === chosen));
  }
}

export const say = (key, values = {}) => TEXTS[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

/** A text that the server sends in every language. */
export const local = (many) => many?.[language] ?? many?.en ?? "";

/** A problem of the server, or of the way to it, in words with the remedy. */
export function sayProblem(problem) {
  const key = `problem.${problem?.code}`;
  return say(key in TEXTS.en ? key : "problem.other", problem);
}

export function sayReason(reason, item) {
  const same = reason.detail.category === item.category;
  const category = (same && local(item.category_title)) || say("reason.this_category");
  const key = `reason.${reason.code}`;
  return say(key in TEXTS.en ? key : "reason.not_personalised", { category });
}

export const sayDate = (iso) => new Intl.DateTimeFormat(language, { dateStyle: "medium" }).format(new Date(iso));

export const sayMoment = (iso) =>
  new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));

export const sayPrice = (price, currency) =>
  new Intl.NumberFormat(language, currency ? { style: "currency", currency } : { minimumFractionDigits: 2 }).format(price);
