// A notice as the person reads it.

import { local, say } from "./language.js";

const SHOWN_AT_ONCE = 2; // the choice, and what happens
const LEAD_IN = /^([^:：.。]{2,30}[:：])\s*/; // "What happens: ..."

export function element(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

function paragraph(text) {
  const [whole, lead] = LEAD_IN.exec(text) ?? ["", ""];
  return lead ? element("p", "", element("b", "", lead), ` ${text.slice(whole.length)}`) : element("p", "", text);
}

const paragraphs = (notice) => local(notice.text).trim().split(/\n\s*\n/).map(paragraph);

function facts(notice) {
  const need = element("span", "tag", say(notice.required ? "notices.required" : "notices.optional"));
  return element("p", "facts", need, element("span", "small", say("notices.version", { version: notice.version })));
}

/** To read only. */
export function wholeNotice(notice) {
  return element("article", "notice", element("h2", "", local(notice.title)), facts(notice), ...paragraphs(notice));
}

/** To tick, unticked unless the person has; `ticked` is told each change. */
export function noticeToTick(notice, checked, ticked) {
  const box = element("input", "");
  box.type = "checkbox";
  box.checked = checked;
  box.dataset.testid = `notice-${notice.purpose}`;
  box.onchange = () => ticked(box.checked);
  const all = paragraphs(notice);
  const rest = all.slice(SHOWN_AT_ONCE);
  const card = element("article", "notice", element("label", "tick", box, element("h2", "", local(notice.title))));
  card.append(facts(notice), ...all.slice(0, SHOWN_AT_ONCE));
  if (rest.length) card.append(element("details", "", element("summary", "", say("notices.more")), ...rest));
  return card;
}
