"""What the export says, in English and 简体中文."""

from collections.abc import Mapping

LOCALES: Mapping[str, str] = {"en": "English", "zh-CN": "简体中文"}

TEXTS: Mapping[str, Mapping[str, str]] = {
    "title": {"en": "What we hold about you", "zh-CN": "我们保存的关于您的数据"},
    "site": {"en": "Site", "zh-CN": "站点"},
    "scenario": {"en": "Place", "zh-CN": "场所"},
    "made_at": {"en": "Made on", "zh-CN": "生成时间"},
    "contact": {"en": "Whom to ask", "zh-CN": "联系人"},
    "jurisdiction": {"en": "Rules of", "zh-CN": "适用规则"},
    "profile": {"en": "You", "zh-CN": "您"},
    "nickname": {"en": "Nickname", "zh-CN": "昵称"},
    "language": {"en": "Language", "zh-CN": "语言"},
    "member_since": {"en": "Member since", "zh-CN": "入会时间"},
    "known_by": {"en": "We know you by", "zh-CN": "识别方式"},
    "by.card": {"en": "card", "zh-CN": "卡片"},
    "by.pin": {"en": "PIN", "zh-CN": "PIN 码"},
    "by.face": {"en": "face", "zh-CN": "人脸"},
    "templates": {"en": "Face templates", "zh-CN": "人脸模板数量"},
    "pseudonym": {"en": "Your pseudonym here", "zh-CN": "您在此处的化名"},
    "consents": {"en": "What you allowed", "zh-CN": "您同意的内容"},
    "consents.note": {
        "en": "Each consent has a receipt that the site signed; anybody checks it with the site's public key.",
        "zh-CN": "每项同意都有站点签名的凭证，任何人都可用站点公钥核验。",
    },
    "state": {"en": "State", "zh-CN": "状态"},
    "state.live": {"en": "holds", "zh-CN": "有效"},
    "state.not_begun": {"en": "begins in a moment", "zh-CN": "即将生效"},
    "state.outdated": {"en": "the text has changed: we ask again", "zh-CN": "文本已更新：将再次询问"},
    "state.expired": {"en": "has run out: we ask again", "zh-CN": "已到期：将再次询问"},
    "state.withdrawn": {"en": "taken back", "zh-CN": "已撤回"},
    "given_at": {"en": "Given on", "zh-CN": "同意时间"},
    "expires_at": {"en": "Until", "zh-CN": "有效期至"},
    "withdrawn_at": {"en": "Taken back on", "zh-CN": "撤回时间"},
    "notice": {"en": "Version of the text", "zh-CN": "文本版本"},
    "method": {"en": "How", "zh-CN": "方式"},
    "receipt": {"en": "Signed receipt", "zh-CN": "签名凭证"},
    "interests": {"en": "What we think you like", "zh-CN": "我们认为您喜欢的内容"},
    "interests.note": {
        "en": "Counted from what you did here, and nothing else. It fades by half each month.",
        "zh-CN": "仅根据您在这里的行为统计，每月衰减一半。",
    },
    "category": {"en": "Category", "zh-CN": "类别"},
    "share": {"en": "Share", "zh-CN": "占比"},
    "decisions": {"en": "What was chosen for you, and why", "zh-CN": "为您选择的内容及原因"},
    "events": {"en": "What you did here", "zh-CN": "您在这里的行为"},
    "when": {"en": "When", "zh-CN": "时间"},
    "place": {"en": "Where", "zh-CN": "地点"},
    "offer": {"en": "Offer", "zh-CN": "内容"},
    "why": {"en": "Why", "zh-CN": "原因"},
    "what": {"en": "What", "zh-CN": "内容"},
    "value": {"en": "Value", "zh-CN": "数值"},
    "places": {"en": "Where your data rests", "zh-CN": "您的数据存放在哪里"},
    "where": {"en": "Where", "zh-CN": "位置"},
    "form": {"en": "As what", "zh-CN": "形式"},
    "kept": {"en": "How long", "zh-CN": "保留时间"},
    "rights": {"en": "What you can do", "zh-CN": "您可以做什么"},
    "rights.1": {
        "en": "Correct: nickname and language, at the kiosk under “My data”.",
        "zh-CN": "更正：在终端的“我的数据”中修改昵称和语言。",
    },
    "rights.2": {
        "en": "Object: take back “Choose offers by what I did here”. You stay a member, your offers are drawn by lot, "
        "and what was kept for it is erased.",
        "zh-CN": "反对：撤回“根据我的行为挑选优惠”。您仍是会员，优惠随机抽取，为此保存的数据会被删除。",
    },
    "rights.3": {
        "en": "Take back any consent at any time; nothing gets worse for it.",
        "zh-CN": "随时撤回任何一项同意，不会因此受到任何影响。",
    },
    "rights.4": {
        "en": "“Forget me”: the key to your data is destroyed at once, and you get a signed receipt.",
        "zh-CN": "“忘记我”：您数据的密钥立即销毁，您会得到签名凭证。",
    },
    "rights.5": {
        "en": "Complain: to whom is named above, or to the supervisory authority of your place.",
        "zh-CN": "投诉：联系上面的联系人，或您所在地的监管机构。",
    },
    "rows": {"en": "Every row, as it is stored", "zh-CN": "逐行原始记录"},
    "nothing": {"en": "Nothing.", "zh-CN": "无。"},
}
