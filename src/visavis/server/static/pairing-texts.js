// One strict JSON object: the tests read it too. {name} is filled in.
export const TEXTS = {
  "en": {
    "title": "Pair this screen",
    "lead": "Type the code that our staff made for this place. It works once, for ten minutes.",
    "where": "This page is for",
    "label": "Pairing code, eight letters and digits",
    "keys": "Keys for the code",
    "delete": "Delete the last sign",
    "submit": "Pair",
    "busy": "Pairing …",
    "how.console": "No code? In the console, open “Devices” and press “Make a code”.",
    "how.command": "Or run on the machine: visavis devices pair --placement {placement}",
    "pairing-refused": "This code was not accepted. Ask for a new one: a code works once, for ten minutes, and only until it was mistyped too often.",
    "too-many-requests": "Too many attempts. Please wait a minute.",
    "elsewhere": "Paired, but for “{placement}”. Open the page of that place, or pair with a code for this one.",
    "insecure": "This page was not opened over HTTPS, so the browser cannot keep a key. Open it by its https address, or on the machine itself by http://localhost.",
    "storage": "This browser does not let the page store anything, so the screen would forget that it is paired. Allow storage for this page and leave private browsing.",
    "no-ed25519": "This browser is too old to prove which screen it is. Update it: Chrome or Edge 137, Firefox 130, Safari 17 or newer.",
    "offline": "There is no connection to the site. Check the network and try again.",
    "other": "That did not work. Please try again."
  },
  "zh-CN": {
    "title": "配对此屏幕",
    "lead": "请输入工作人员为此处生成的配对码。配对码十分钟内有效，只能使用一次。",
    "where": "本页面用于",
    "label": "配对码，八位字母和数字",
    "keys": "输入配对码的按键",
    "delete": "删除最后一位",
    "submit": "配对",
    "busy": "正在配对…",
    "how.console": "没有配对码？请在控制台打开“设备”，然后按“生成配对码”。",
    "how.command": "或在本机运行：visavis devices pair --placement {placement}",
    "pairing-refused": "未接受该配对码。请索取新的配对码：每个配对码十分钟内有效，只能使用一次，多次输错后失效。",
    "too-many-requests": "尝试次数过多，请等一分钟。",
    "elsewhere": "已配对，但用于“{placement}”。请打开该处的页面，或使用此处的配对码配对。",
    "insecure": "本页面未通过 HTTPS 打开，浏览器无法保存密钥。请用 https 地址打开，或在本机上用 http://localhost 打开。",
    "storage": "此浏览器不允许页面保存数据，屏幕会忘记已配对。请允许本页面保存数据，并退出无痕模式。",
    "no-ed25519": "此浏览器版本过旧，无法证明是哪块屏幕。请更新：Chrome 或 Edge 137、Firefox 130、Safari 17 及以上版本。",
    "offline": "无法连接到站点。请检查网络后重试。",
    "other": "操作未成功，请重试。"
  }
};
