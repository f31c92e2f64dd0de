// One strict JSON object: the tests read it too.
export const TEXTS = {
  "en": {
    "welcome": "Welcome",
    "tap": "Tap if you like it",
    "thanks": "Thank you!",
    "thanks_more": "We have noted that you like this.",
    "offline": "Offline",
    "unknown_title": "This screen has no place yet",
    "unknown_text": "No placement is called “{placement}”. Check the address of this page against the scenario's placements."
  },
  "zh-CN": {
    "welcome": "欢迎光临",
    "tap": "喜欢就点一下",
    "thanks": "谢谢！",
    "thanks_more": "已记下您喜欢这一项。",
    "offline": "离线",
    "unknown_title": "此屏幕尚未分配位置",
    "unknown_text": "没有名为“{placement}”的投放位。请对照场景中的投放位，检查本页地址。"
  }
};

export const LANGUAGES = Object.keys(TEXTS);

const spoken = (tag) => LANGUAGES.find((known) => known.split("-")[0] === tag.trim().toLowerCase().split("-")[0]);

/** Languages to show in turn: `?lang=en`, `?lang=en,zh-CN` (alternating), or the first of the browser's that we speak. */
export function chosenLanguages(search, browser) {
  const asked = (new URLSearchParams(search).get("lang") ?? "").split(",").map(spoken).filter(Boolean);
  return asked.length ? [...new Set(asked)] : [browser.map(spoken).find(Boolean) ?? "en"];
}

export const say = (language, key, values = {}) =>
  TEXTS[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

export const price = (language, amount, currency) =>
  new Intl.NumberFormat(language, currency ? { style: "currency", currency } : { minimumFractionDigits: 2 }).format(amount);
