"""What the page about privacy says, in English and 简体中文."""

from typing import Literal

Language = Literal["en", "zh-CN"]

TEXTS: dict[str, dict[Language, str]] = {
    "title": {"en": "Your privacy here", "zh-CN": "您在这里的隐私"},
    "lead": {
        "en": "What this place keeps about its members, for how long, and how you end it. Anybody may read this page.",
        "zh-CN": "本站点保存会员的哪些信息、保存多久，以及如何终止。任何人都可以阅读本页。",
    },
    "back": {"en": "Back to the kiosk", "zh-CN": "返回自助终端"},
    "contact": {"en": "Whom to call", "zh-CN": "联系人"},
    "contact.of": {"en": "{title}, site {site}", "zh-CN": "{title}，站点 {site}"},
    "contact.role": {"en": "About personal data: {role}", "zh-CN": "个人信息事宜：{role}"},
    "contact.phone": {"en": "Telephone", "zh-CN": "电话"},
    "contact.email": {"en": "E-mail", "zh-CN": "电子邮件"},
    "contact.nobody": {
        "en": "Nobody is named for this yet. Please ask the staff; they can do all that this page promises.",
        "zh-CN": "尚未指定联系人。请向工作人员咨询，本页承诺的一切都可由他们办理。",
    },
    "contact.mistaken": {
        "en": "If a camera did not know you, or took you for somebody else, a person looks into it. Nobody is refused "
        "anything because of a face alone.",
        "zh-CN": "如果摄像头没有认出您或认错了人，会由工作人员处理。任何人都不会仅因面部识别结果而被拒绝。",
    },
    "faces": {"en": "Faces, and how to do without", "zh-CN": "面部识别，以及不使用它的方式"},
    "faces.on": {
        "en": "Faces are compared here only for members who agreed to it, and only with their own consent still valid.",
        "zh-CN": "这里只为同意的会员比对面部，并且仅在其同意有效期间。",
    },
    "faces.strangers": {
        "en": "The faces of everybody else are not kept, not sent and not recognised. Nobody's age, gender, origin, health or "
        "mood is guessed.",
        "zh-CN": "其他人的面部不保存、不发送、不识别。不推测任何人的年龄、性别、族裔、健康或情绪。",
    },
    "faces.off": {
        "en": "No face is used here, and no camera looks for one.",
        "zh-CN": "这里不使用面部识别，也没有摄像头寻找面部。",
    },
    "faces.alternatives": {
        "en": "A member card or a PIN gives you the same offers and the same service, in no more steps.",
        "zh-CN": "会员卡或 PIN 码可享受同样的优惠和服务，步骤不会更多。",
    },
    "withdraw": {"en": "How to take your consent back", "zh-CN": "如何撤回同意"},
    "withdraw.kiosk": {
        "en": "At the kiosk: show your card, type your PIN or look at the camera, then press “My data” to take back one "
        "thing, or “Forget me” for everything.",
        "zh-CN": "在自助终端：出示会员卡、输入 PIN 码或看摄像头，然后按“我的数据”撤回其中一项，或按“忘记我”删除全部。",
    },
    "withdraw.kiosk.nocamera": {
        "en": "At the kiosk: show your card or type your PIN, then press “My data” to take back one thing, or “Forget me” "
        "for everything.",
        "zh-CN": "在自助终端：出示会员卡或输入 PIN 码，然后按“我的数据”撤回其中一项，或按“忘记我”删除全部。",
    },
    "withdraw.desk": {
        "en": "With a person: ask the staff, or whoever is named above. It costs nothing, and you keep your card and PIN unless "
        "you want to leave.",
        "zh-CN": "由工作人员办理：请向工作人员或上面的联系人提出。不收费；除非您要退出，会员卡和 PIN 码会保留。",
    },
    "withdraw.speed": {
        "en": "From that moment you are not recognised. The key to your data is destroyed within a minute, in every copy, "
        "and you get a signed receipt.",
        "zh-CN": "从那一刻起不再识别您。数据的密钥会在一分钟内在所有副本中销毁，您会得到签名的凭证。",
    },
    "rights": {"en": "What you can ask for", "zh-CN": "您可以要求"},
    "rights.copy": {
        "en": "A copy of everything that is kept about you, at the kiosk under “My data” or from the staff.",
        "zh-CN": "我们保存的关于您的全部信息的副本：在自助终端的“我的数据”中，或向工作人员索取。",
    },
    "rights.correct": {
        "en": "A correction: another nickname or language, and “This is not me” when you were taken for somebody else.",
        "zh-CN": "更正：更改昵称或语言；被认错时按“这不是我”。",
    },
    "rights.object": {
        "en": "Offers that are not chosen for you: take back that consent and stay a member.",
        "zh-CN": "不接受个性化推荐：撤回该项同意，仍可继续做会员。",
    },
    "rights.why": {
        "en": "Why you see an offer: press “Why this?”.",
        "zh-CN": "为什么看到某项优惠：按“为什么是这个？”。",
    },
    "rights.complain": {
        "en": "You can also complain to the data protection authority of this place.",
        "zh-CN": "您也可以向当地的个人信息保护主管部门投诉。",
    },
    "allow": {"en": "What you may allow", "zh-CN": "您可以同意的内容"},
    "allow.lead": {
        "en": "Nothing is ticked for you, each is separate, and each ends by itself after {days} days: then you are asked again.",
        "zh-CN": "我们不会替您勾选；每一项相互独立，{days} 天后自动到期，届时会再次征求您的意见。",
    },
    "allow.required": {"en": "needed for membership", "zh-CN": "会员必需"},
    "allow.optional": {"en": "your choice", "zh-CN": "自愿选择"},
    "allow.version": {"en": "Version {version}", "zh-CN": "版本 {version}"},
    "age": {
        "en": "From {age} years on you decide for yourself. You are asked whether you are that old, and nothing else: no age is "
        "guessed or kept.",
        "zh-CN": "年满 {age} 周岁由您自己决定。我们只询问您是否已到这个年龄，不推测也不保存年龄。",
    },
    "age.guardian": {
        "en": "Below that age a parent or guardian decides, and signs.",
        "zh-CN": "未到这个年龄的，由父母或监护人决定并签名。",
    },
    "age.nobody": {"en": "Below that age there is no membership.", "zh-CN": "未到这个年龄不能入会。"},
    "kept": {"en": "How long things are kept", "zh-CN": "保存多久"},
    "kept.lead": {
        "en": "Whatever is older is deleted by itself. The last look is the proof.",
        "zh-CN": "超过期限的内容会自动删除。最近一次检查即为证明。",
    },
    "kept.what": {"en": "What", "zh-CN": "内容"},
    "kept.long": {"en": "Kept for", "zh-CN": "保存"},
    "kept.last": {"en": "Last look", "zh-CN": "最近检查"},
    "kept.never": {"en": "not yet", "zh-CN": "尚未"},
    "kept.removed": {"en": "{removed} deleted", "zh-CN": "删除 {removed} 条"},
    "kept.none": {"en": "nothing was due", "zh-CN": "无到期内容"},
    "kept.days.last_visit": {"en": "{days} days after your last visit", "zh-CN": "最后一次到访后 {days} 天"},
    "kept.days.consent_end": {"en": "{days} days after your consent ended", "zh-CN": "同意结束后 {days} 天"},
    "kept.days.made": {"en": "{days} days", "zh-CN": "{days} 天"},
    "kept.days.departure": {"en": "{days} days after the last consent ended", "zh-CN": "最后一项同意结束后 {days} 天"},
    "biometric": {"en": "Face template, encrypted", "zh-CN": "面部模板（加密）"},
    "membership": {"en": "Membership: nickname, card, PIN", "zh-CN": "会员资料：昵称、会员卡、PIN 码"},
    "lapsed": {"en": "Your history, once you no longer allow to use it", "zh-CN": "您不再允许使用之后的历史记录"},
    "event": {"en": "What you did here", "zh-CN": "您在这里的行为"},
    "decision": {"en": "What was offered to you, and what came of it", "zh-CN": "向您推荐的内容及其结果"},
    "allowance": {"en": "How often you saw an offer on a day", "zh-CN": "每天看到某项优惠的次数"},
    "review": {
        "en": "Notes of staff about a doubtful match, without pictures",
        "zh-CN": "工作人员对存疑识别的记录（无图片）",
    },
    "consent": {"en": "Receipts of your consents, after you left", "zh-CN": "离开后的同意凭证"},
    "audit": {"en": "Log of what was done, without names", "zh-CN": "操作日志（不含姓名）"},
    "erasure": {"en": "List of who was forgotten, without names", "zh-CN": "已删除名单（不含姓名）"},
    "log": {"en": "Technical log, without persons", "zh-CN": "技术日志（不含个人信息）"},
    "why.audit": {"en": "as long as this place runs: it proves the rest", "zh-CN": "站点运行期间：用于证明其余内容"},
    "why.erasure": {
        "en": "as long as this place runs: so that no backup brings anybody back",
        "zh-CN": "站点运行期间：确保备份不会恢复任何人",
    },
    "why.log": {"en": "as the operator of this place decides", "zh-CN": "由站点运营者决定"},
    "law": {"en": "The rules that are followed: {law}", "zh-CN": "遵循的规则：{law}"},
    "json": {"en": "This page for programs", "zh-CN": "供程序读取的版本"},
    "other": {"en": "简体中文", "zh-CN": "English"},
}


def say(key: str, language: Language, **values: object) -> str:
    """The text, with its values filled in."""
    return TEXTS[key][language].format(**values)
